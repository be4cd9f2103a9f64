//! What is asked for through the handle.

use std::time::Duration;

use beckon_delivery::{Error, Options};
use beckon_domain::delivery::{DeliveryStatus, FailureKind, Outcome, Trigger};
use beckon_domain::secret::SecretText;
use beckon_domain::webhook::{Auth, ClientAuth, OAuth2, Webhook};
use beckon_store::{StoreError, WebhookStore};
use beckon_testkit::builders::an_event;
use beckon_testkit::{Receiver, Reply};

use crate::engine::{Engine, options, workspace};

#[tokio::test]
async fn a_test_is_answered_with_its_recorded_attempt() {
    let engine = Engine::start().await;
    let receiver = Receiver::start().await;
    receiver.script([Reply::status(202).with_body("thanks"), Reply::status(500)]);
    let webhook = engine.webhook(&receiver).await;
    let event = an_event(&engine.ambient, &[&webhook]);
    let attempt = engine.handle.send_test(event.clone()).await.unwrap();
    assert_eq!((attempt.trigger, attempt.number, &attempt.outcome), (Trigger::Test, 1, &Outcome::Delivered));
    assert_eq!(attempt.exchange.response_body, "thanks");
    assert_eq!(engine.attempts(event.deliveries[0].id).await, [attempt]);

    let failing = an_event(&engine.ambient, &[&webhook]);
    let attempt = engine.handle.send_test(failing.clone()).await.unwrap();
    let Outcome::Failed { kind, .. } = attempt.outcome else { panic!("delivered") };
    assert_eq!((kind, attempt.next_attempt_at), (FailureKind::Status, None));
    assert_eq!(engine.delivery(failing.deliveries[0].id).await.status, DeliveryStatus::Failed);
    assert_eq!(engine.events("delivery.exhausted").await, []);
    assert_eq!(receiver.count(), 2);
}

#[tokio::test]
async fn a_test_does_not_wait_behind_a_backlog() {
    let engine = Engine::with(Options { in_flight_max: 4, in_flight_per_webhook_max: 2, ..options() }).await;
    let receiver = Receiver::start().await;
    receiver.reply_with(|request| match request.header("webhook-id") {
        Some("test") => Reply::status(200),
        _ => Reply::hang(),
    });
    let webhook = engine.webhook(&receiver).await;
    for _ in 0..20 {
        engine.announce(&[&webhook]).await;
    }
    receiver.received(1).await;
    let mut event = an_event(&engine.ambient, &[&webhook]);
    event.id = beckon_domain::event::EventId::parse("test").unwrap();
    assert!(engine.handle.send_test(event).await.unwrap().outcome.is_delivered());
}

// behaviour T11
#[tokio::test]
async fn a_test_of_a_disabled_webhook_says_so() {
    let engine = Engine::start().await;
    let receiver = Receiver::start().await;
    let webhook = engine.webhook_with(&receiver, |webhook| webhook.enabled = false).await;
    let refused = engine.handle.send_test(an_event(&engine.ambient, &[&webhook])).await;
    assert!(matches!(refused, Err(Error::Store(StoreError::Refused(_)))), "{refused:?}");
    engine.store.delete_webhook(workspace(), webhook.id, engine.ambient.now()).await.unwrap();
    let refused = engine.handle.send_test(an_event(&engine.ambient, &[&webhook])).await;
    assert!(matches!(refused, Err(Error::Store(_))), "{refused:?}");
    assert_eq!(receiver.count(), 0);
}

// behaviour T12
#[tokio::test]
async fn a_canceled_delivery_is_attempted_no_more() {
    let engine = Engine::start().await;
    let receiver = Receiver::start().await;
    receiver.always(500);
    let webhook = engine.webhook(&receiver).await;
    let id = engine.announce(&[&webhook]).await.deliveries[0].id;
    engine.status_is(id, DeliveryStatus::Retrying).await;
    let canceled = engine.handle.cancel(workspace(), id).await.unwrap();
    assert_eq!((canceled.status, canceled.next_attempt_at), (DeliveryStatus::Canceled, None));
    engine.advance(1_000_000);
    let next = engine.announce(&[&webhook]).await;
    engine.status_is(next.deliveries[0].id, DeliveryStatus::Retrying).await;
    assert_eq!(receiver.count(), 2);
    let again = engine.handle.cancel(workspace(), id).await;
    assert!(matches!(again, Err(Error::Store(StoreError::Refused(_)))), "{again:?}");
}

// behaviour T12
#[tokio::test]
async fn a_delivery_that_waits_in_memory_can_be_canceled() {
    let engine = Engine::with(Options { in_flight_max: 1, in_flight_per_webhook_max: 1, ..options() }).await;
    let receiver = Receiver::start().await;
    let (reply, release) = Reply::status(200).held();
    receiver.script([reply]);
    let webhook = engine.webhook(&receiver).await;
    let mut ids = Vec::new();
    for _ in 0..10 {
        ids.push(engine.announce(&[&webhook]).await);
    }
    receiver.received(1).await;
    for event in &ids[1..9] {
        engine.handle.cancel(workspace(), event.deliveries[0].id).await.unwrap();
    }
    release.send(()).unwrap();
    engine.status_is(ids[9].deliveries[0].id, DeliveryStatus::Delivered).await;
    engine.is_quiet().await;
    assert_eq!(receiver.count(), 2, "{:?}", receiver.ids());
}

#[tokio::test]
async fn a_stopped_engine_says_so() {
    let mut engine = Engine::start().await;
    engine.ask_to_stop();
    engine.stopped().await;
    let id = engine.ambient.new_id();
    assert!(matches!(engine.handle.cancel(workspace(), id).await, Err(Error::Stopped)));
    assert_eq!((engine.handle.health().running, engine.handle.health().in_flight), (false, 0));
}

#[tokio::test]
async fn a_test_that_is_overtaken_before_it_is_written_says_so() {
    let engine = Engine::start().await;
    let (receiver, authority) = (Receiver::start().await, Receiver::start().await);
    let webhook = engine
        .webhook_with(&receiver, |webhook| {
            webhook.auth = Some(Auth::OAuth2(OAuth2 {
                token_url: authority.url("/token").parse().unwrap(),
                client_id: "beckon".to_owned(),
                client_secret: SecretText::new("s"),
                scope: None,
                client_auth: ClientAuth::Basic,
            }));
        })
        .await;
    for (n, by_canceling) in [(1, true), (2, false)] {
        let (token, release) = Reply::status(200).with_body(r#"{"access_token": "t", "expires_in": 0}"#).held();
        authority.script([token]);
        let event = an_event(&engine.ambient, &[&webhook]);
        let delivery = event.deliveries[0].id;
        let waiting = tokio::spawn({
            let handle = engine.handle.clone();
            async move { handle.send_test(event).await }
        });
        authority.received(n).await;
        if by_canceling {
            engine.handle.cancel(workspace(), delivery).await.unwrap();
        } else {
            engine.store.update_webhook(&Webhook { enabled: false, ..webhook.clone() }).await.unwrap();
        }
        release.send(()).unwrap();
        let answer = tokio::time::timeout(Duration::from_secs(20), waiting).await.unwrap().unwrap();
        assert!(matches!(answer, Err(Error::Withdrawn)), "{by_canceling}: {answer:?}");
    }
    assert_eq!(receiver.count(), 0);
}
