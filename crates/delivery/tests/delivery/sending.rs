//! What the receiver sees, and what is recorded of it.

use beckon_delivery::headers::{WEBHOOK_ID, WEBHOOK_SIGNATURE, WEBHOOK_TIMESTAMP};
use beckon_delivery::sign::{PublicKey, verify, verify_public};
use beckon_domain::delivery::{DeliveryStatus, FailureKind, Outcome, Trigger};
use beckon_domain::event::{EventId, NewEvent};
use beckon_domain::signing::{GRACE_DEFAULT, KeyMaterial, SigningKey, SigningScheme, rotate};
use beckon_domain::webhook::Webhook;
use beckon_store::{DeliveryStore, WebhookStore};
use beckon_testkit::ambient::FakeClock;
use beckon_testkit::builders::{A_SECRET, an_event};
use beckon_testkit::{Received, Receiver, Reply};
use bytes::Bytes;
use jiff::Timestamp;

use crate::engine::{Engine, options, workspace};

fn verifies(webhook: &Webhook, request: &Received) -> bool {
    fits(&webhook.signing_keys[0].material, request)
}

/// Whether a receiver that knows only that key, or its public half, takes the request for ours.
fn fits(key: &KeyMaterial, request: &Received) -> bool {
    let header = |name| request.header(name).unwrap();
    let (id, at) = (header(WEBHOOK_ID), header(WEBHOOK_TIMESTAMP).parse().unwrap());
    let (body, signature) = (&request.body, header(WEBHOOK_SIGNATURE));
    match key {
        KeyMaterial::Hmac(secret) => verify(secret, id, at, body, signature),
        KeyMaterial::Ed25519(private) => {
            verify_public(&PublicKey::parse(&private.public_key()).unwrap(), id, at, body, signature)
        }
    }
}

// behaviour S4
#[tokio::test]
async fn the_known_answer_arrives_at_the_receiver() {
    let engine = Engine::start().await;
    let receiver = Receiver::start().await;
    let key = SigningKey::new(KeyMaterial::parse(A_SECRET).unwrap(), engine.ambient.now());
    let webhook = engine.webhook_with(&receiver, |webhook| webhook.signing_keys = vec![key]).await;
    engine.clock.set(Timestamp::from_second(1_614_265_330).unwrap());
    let event = NewEvent {
        id: EventId::parse("msg_p5jXN8AQM9LWM0D4loKWxJek").unwrap(),
        payload: Bytes::from_static(br#"{"test": 2432232314}"#),
        ..an_event(&engine.ambient, &[&webhook])
    };
    engine.announce_event(event).await;
    let got = receiver.received(1).await.remove(0);
    assert_eq!(got.header("webhook-signature"), Some("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="));
    assert_eq!(got.header("webhook-timestamp"), Some("1614265330"));
}

// behaviour S2
#[tokio::test]
async fn the_payload_arrives_byte_for_byte() {
    let engine = Engine::start().await;
    let receiver = Receiver::start().await;
    let webhook = engine.webhook(&receiver).await;
    let payload = Bytes::from_static("{ \"a\":1e400,\"a\": \"é\\u00e9\"}  \n".as_bytes());
    engine.announce_event(NewEvent { payload: payload.clone(), ..an_event(&engine.ambient, &[&webhook]) }).await;
    assert_eq!(receiver.received(1).await[0].body, payload);
}

// behaviour S5
#[tokio::test]
async fn retries_and_resends_carry_the_same_id_and_a_fresh_timestamp_and_signature() {
    let engine = Engine::start().await;
    let receiver = Receiver::start().await;
    receiver.script([Reply::status(500)]);
    let webhook = engine.webhook(&receiver).await;
    let event = engine.announce(&[&webhook]).await;
    let delivery = event.deliveries[0].id;
    engine.status_is(delivery, DeliveryStatus::Retrying).await;
    engine.advance(10);
    engine.status_is(delivery, DeliveryStatus::Delivered).await;
    engine.advance(10);
    engine.store.resend_delivery(workspace(), delivery, engine.ambient.now()).await.unwrap();

    let got = receiver.received(3).await;
    assert!(got.iter().all(|request| request.header("webhook-id") == Some(event.id.as_str())));
    assert!(got.iter().all(|request| verifies(&webhook, request)));
    for pair in got.windows(2) {
        assert_ne!(pair[0].header("webhook-timestamp"), pair[1].header("webhook-timestamp"));
        assert_ne!(pair[0].header("webhook-signature"), pair[1].header("webhook-signature"));
    }
    engine.is_quiet().await;
    let triggers: Vec<_> =
        engine.attempts(delivery).await.iter().map(|attempt| (attempt.number, attempt.trigger)).collect();
    assert_eq!(triggers, [(1, Trigger::Schedule), (2, Trigger::Schedule), (3, Trigger::Resend)]);
}

// behaviour S6
#[tokio::test]
async fn one_event_to_two_webhooks_has_one_id_and_two_signatures() {
    let engine = Engine::start().await;
    let receivers = [Receiver::start().await, Receiver::start().await];
    let webhooks = [engine.webhook(&receivers[0]).await, engine.webhook(&receivers[1]).await];
    engine.announce(&[&webhooks[0], &webhooks[1]]).await;
    let got = [receivers[0].received(1).await.remove(0), receivers[1].received(1).await.remove(0)];
    assert_eq!(got[0].header("webhook-id"), got[1].header("webhook-id"));
    assert_ne!(got[0].header("webhook-signature"), got[1].header("webhook-signature"));
    assert!(verifies(&webhooks[0], &got[0]) && verifies(&webhooks[1], &got[1]));
    assert!(!verifies(&webhooks[0], &got[1]));
}

// behaviour S7
#[tokio::test]
async fn an_ed25519_signature_verifies_with_the_public_key_alone() {
    let engine = Engine::start().await;
    let receiver = Receiver::start().await;
    let key = KeyMaterial::generate(SigningScheme::Ed25519, &engine.ambient);
    let keys = vec![SigningKey::new(key.clone(), engine.ambient.now())];
    let webhook = engine.webhook_with(&receiver, |webhook| webhook.signing_keys = keys).await;
    engine.announce(&[&webhook]).await;
    let got = receiver.received(1).await.remove(0);
    assert!(got.header(WEBHOOK_SIGNATURE).unwrap().starts_with("v1a,"));
    assert!(fits(&key, &got));
    assert!(!fits(&KeyMaterial::generate(SigningScheme::Ed25519, &engine.ambient), &got));
}

// behaviour S8
#[tokio::test]
async fn after_a_rotation_both_keys_verify_until_the_grace_ends_and_then_only_the_new() {
    let engine = Engine::start().await;
    let receiver = Receiver::start().await;
    let webhook = engine.webhook(&receiver).await;
    let old = webhook.signing_keys[0].material.clone();
    let new = KeyMaterial::generate(SigningScheme::Ed25519, &engine.ambient);
    let mut rotated = engine.store.get_webhook(workspace(), webhook.id).await.unwrap();
    rotated.signing_keys = rotate(&rotated.signing_keys, new.clone(), GRACE_DEFAULT, engine.ambient.now()).unwrap();
    let rotated = engine.store.update_webhook(&rotated).await.unwrap();
    let grace = GRACE_DEFAULT.as_secs();
    for (n, (seconds, old_fits)) in [(0, true), (grace - 1, true), (1, false)].into_iter().enumerate() {
        engine.advance(seconds);
        engine.announce(&[&rotated]).await;
        let got = receiver.received(n + 1).await.remove(n);
        assert!(fits(&new, &got), "after {seconds} more seconds");
        assert_eq!(fits(&old, &got), old_fits, "after {seconds} more seconds");
    }
}

// behaviour S12 (in part)
#[tokio::test]
async fn user_info_of_a_url_is_shown_in_no_failure() {
    let engine = Engine::with(beckon_delivery::Options { allow_nets: vec![], ..options() }).await;
    let receiver = Receiver::start().await;
    let webhook = engine
        .webhook_with(&receiver, |webhook| {
            webhook.url.set_username("someone").unwrap();
            webhook.url.set_password(Some("hush")).unwrap();
        })
        .await;
    let event = engine.announce(&[&webhook]).await;
    let delivery = engine.status_is(event.deliveries[0].id, DeliveryStatus::Retrying).await;
    let shown = format!("{:?}", engine.attempts(delivery.id).await);
    assert!(shown.contains("address not allowed") && !shown.contains("hush") && !shown.contains("someone"), "{shown}");
}

// behaviour S13 (in part)
#[tokio::test]
async fn in_https_only_mode_an_http_url_is_refused_with_the_reason() {
    let engine = Engine::with(beckon_delivery::Options { https_only: true, ..options() }).await;
    let receiver = Receiver::start().await;
    let webhook = engine.webhook(&receiver).await;
    let event = engine.announce(&[&webhook]).await;
    let delivery = engine.status_is(event.deliveries[0].id, DeliveryStatus::Retrying).await;
    let Outcome::Failed { kind, message } = engine.attempts(delivery.id).await.remove(0).outcome else { panic!() };
    assert_eq!(kind, FailureKind::AddressNotAllowed);
    assert!(message.contains("https URLs only"), "{message}");
    assert_eq!(receiver.count(), 0);
}

// behaviour R8 (in part)
#[tokio::test]
async fn a_retry_goes_where_the_webhook_leads_by_then() {
    let engine = Engine::start().await;
    let (old, new) = (Receiver::start().await, Receiver::start().await);
    old.always(500);
    let webhook = engine.webhook(&old).await;
    let event = engine.announce(&[&webhook]).await;
    engine.status_is(event.deliveries[0].id, DeliveryStatus::Retrying).await;

    let mut moved = engine.store.get_webhook(workspace(), webhook.id).await.unwrap();
    moved.url = new.url("/moved").parse().unwrap();
    moved.headers.insert("X-Team".to_owned(), "sales".to_owned());
    let key = KeyMaterial::generate(SigningScheme::HmacSha256, &engine.ambient);
    moved.signing_keys = vec![SigningKey::new(key, engine.ambient.now())];
    let moved = engine.store.update_webhook(&moved).await.unwrap();
    engine.advance(10);
    let got = new.received(1).await.remove(0);
    assert_eq!((got.path.as_str(), got.header("x-team")), ("/moved", Some("sales")));
    assert!(verifies(&moved, &got) && !verifies(&webhook, &got));
    assert_eq!(old.count(), 1);
}

// behaviour T1
#[tokio::test]
async fn a_redirect_is_a_failure_and_is_not_followed() {
    let engine = Engine::start().await;
    let (receiver, target) = (Receiver::start().await, Receiver::start().await);
    let codes = [301, 302, 303, 307, 308];
    for code in codes {
        receiver.script([Reply::status(code).with_header("location", &target.url("/"))]);
        let webhook = engine.webhook(&receiver).await;
        let event = engine.announce(&[&webhook]).await;
        let delivery = engine.status_is(event.deliveries[0].id, DeliveryStatus::Retrying).await;
        let attempt = engine.attempts(delivery.id).await.remove(0);
        let Outcome::Failed { kind, message } = &attempt.outcome else { panic!("delivered") };
        assert_eq!((*kind, attempt.exchange.status), (FailureKind::Redirect, Some(code)));
        assert!(message.contains("not followed"), "{message}");
    }
    assert_eq!((receiver.count(), target.count()), (codes.len(), 0));
}

// behaviour V1
#[tokio::test]
async fn an_attempt_shows_what_was_sent_and_what_came_back() {
    let engine = Engine::start().await;
    let receiver = Receiver::start().await;
    receiver.script([Reply::status(503).with_header("x-trace", "abc").with_body("busy\0")]);
    let webhook = engine
        .webhook_with(&receiver, |webhook| {
            webhook.url.set_username("user").unwrap();
            webhook.url.set_password(Some("pass")).unwrap();
            webhook.headers.insert("X-Api-Key".to_owned(), "hush".to_owned());
        })
        .await;
    let event = engine.announce(&[&webhook]).await;
    let delivery = engine.status_is(event.deliveries[0].id, DeliveryStatus::Retrying).await;
    let attempt = engine.attempts(delivery.id).await.remove(0);
    let exchange = &attempt.exchange;
    assert_eq!(exchange.url, receiver.url("/hook"));
    assert_eq!(
        (exchange.request_headers["x-api-key"].as_str(), exchange.request_headers["authorization"].as_str()),
        ("***", "***")
    );
    assert_eq!((exchange.status, exchange.response_body.as_str()), (Some(503), "busy\u{fffd}"));
    assert!(exchange.response_headers.contains(&("x-trace".to_owned(), "abc".to_owned())));
    assert!(exchange.timings.total_us > 0);
    assert_eq!(attempt.next_attempt_at, delivery.next_attempt_at);
    let got = receiver.received(1).await.remove(0);
    assert_eq!((got.header("x-api-key"), got.header("authorization")), (Some("hush"), Some("Basic dXNlcjpwYXNz")));
    assert!(!format!("{attempt:?}").contains("pass"));
}

// behaviour L7
#[tokio::test]
async fn a_private_address_is_refused_unless_it_is_allowed() {
    let engine = Engine::with(beckon_delivery::Options { allow_nets: vec![], ..options() }).await;
    let receiver = Receiver::start().await;
    let webhook = engine.webhook(&receiver).await;
    let event = engine.announce(&[&webhook]).await;
    let delivery = engine.status_is(event.deliveries[0].id, DeliveryStatus::Retrying).await;
    let Outcome::Failed { kind, message } = engine.attempts(delivery.id).await.remove(0).outcome else { panic!() };
    assert_eq!(kind, FailureKind::AddressNotAllowed);
    assert!(message.contains("address not allowed"), "{message}");
    assert_eq!(receiver.count(), 0);
}

// behaviour D7
#[tokio::test]
async fn a_clock_that_is_set_back_neither_loses_nor_repeats() {
    let engine = Engine::start().await;
    let receiver = Receiver::start().await;
    let webhook = engine.webhook(&receiver).await;
    engine.announce(&[&webhook]).await;
    receiver.received(1).await;
    let clock: &FakeClock = &engine.clock;
    clock.set(Timestamp::from_second(1_700_000_000).unwrap());
    let event = engine.announce(&[&webhook]).await;
    engine.status_is(event.deliveries[0].id, DeliveryStatus::Delivered).await;
    assert_eq!(receiver.count(), 2);
}
