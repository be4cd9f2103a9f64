//! How a delivery ends: delivered, exhausted, gone, or not yet.

use beckon_domain::delivery::{DeliveryStatus, Trigger};
use beckon_domain::event::NewEvent;
use beckon_domain::webhook::Webhook;
use beckon_store::{DeliveryStore, WebhookStore};
use beckon_testkit::builders::an_event;
use beckon_testkit::{Receiver, Reply};
use jiff::SignedDuration;

use crate::engine::{Engine, distinct_ids, retries, workspace};

// behaviour T3
#[tokio::test]
async fn retries_come_when_the_schedule_says_and_not_before() {
    let engine = Engine::start().await;
    let receiver = Receiver::start().await;
    receiver.always(500);
    let webhook = engine.webhook_with(&receiver, |webhook| webhook.retry_schedule = Some(retries(&[100, 1000]))).await;
    let id = engine.announce(&[&webhook]).await.deliveries[0].id;
    for (made, delay) in [(1, 100_i64), (2, 1000)] {
        let delivery = engine.delivery_is(id, |delivery| delivery.attempt_count == made).await;
        let wait = delivery.next_attempt_at.unwrap().duration_since(engine.ambient.now());
        let seconds = wait.as_secs_f64();
        assert!((0.8 * delay as f64..=1.2 * delay as f64).contains(&seconds), "{seconds} s instead of {delay} s");

        engine.clock.set(delivery.next_attempt_at.unwrap() - SignedDuration::from_millis(1));
        engine.advance(0);
        // Whatever is due for anyone is sent before this test delivery's answer is here.
        let elsewhere = Receiver::start().await;
        let other = engine.webhook(&elsewhere).await;
        engine.handle.send_test(an_event(&engine.ambient, &[&other])).await.unwrap();
        assert_eq!(receiver.count(), made as usize, "it came too early");

        engine.clock.set(delivery.next_attempt_at.unwrap());
        engine.advance(0);
        receiver.received(made as usize + 1).await;
    }
    engine.status_is(id, DeliveryStatus::Failed).await;
}

// behaviour T3
#[tokio::test]
async fn what_fails_together_is_tried_again_at_different_times() {
    let engine = Engine::start().await;
    let receiver = Receiver::start().await;
    receiver.always(500);
    let mut waits = Vec::new();
    for _ in 0..30 {
        // One each: a webhook that only fails is paused.
        let webhook = engine.webhook_with(&receiver, |webhook| webhook.retry_schedule = Some(retries(&[1000]))).await;
        let id = engine.announce(&[&webhook]).await.deliveries[0].id;
        let delivery = engine.delivery_is(id, |delivery| delivery.attempt_count == 1).await;
        waits.push(delivery.next_attempt_at.unwrap().duration_since(engine.ambient.now()));
    }
    let delay = SignedDuration::from_secs(1000);
    assert!(waits.iter().any(|wait| *wait < delay) && waits.iter().any(|wait| *wait > delay), "{waits:?}");
    waits.sort();
    waits.dedup();
    assert!(waits.len() > 20, "they come in a bunch: {waits:?}");
}

// behaviour T8
#[tokio::test]
async fn an_exhausted_delivery_is_failed_announced_once_and_attempted_no_more() {
    let engine = Engine::start().await;
    let (receiver, notices) = (Receiver::start().await, Receiver::start().await);
    receiver.always(500);
    let webhook = engine.webhook_with(&receiver, |webhook| webhook.retry_schedule = Some(retries(&[1]))).await;
    let listening = |webhook: &mut Webhook| webhook.event_types = vec!["delivery.exhausted".to_owned()];
    engine.webhook_with(&notices, listening).await;

    let event = engine.announce(&[&webhook]).await;
    let id = event.deliveries[0].id;
    engine.status_is(id, DeliveryStatus::Retrying).await;
    assert_eq!(engine.events("delivery.exhausted").await.len(), 0);
    engine.advance(2);
    let delivery = engine.status_is(id, DeliveryStatus::Failed).await;
    assert_eq!((delivery.attempt_count, delivery.next_attempt_at), (2, None));

    let notice = notices.received(1).await.remove(0).json();
    assert_eq!(notice["event"], "delivery.exhausted");
    assert_eq!(notice["delivery"]["id"], id.to_string());
    assert_eq!(notice["delivery"]["attempts"], 2);
    engine.advance(100_000);
    engine.announce(&[&webhook]).await;
    receiver.received(3).await;
    assert_eq!((receiver.count(), engine.events("delivery.exhausted").await.len()), (3, 1));
}

#[tokio::test]
async fn the_exhaustion_of_a_notice_is_not_announced() {
    let engine = Engine::start().await;
    let receiver = Receiver::start().await;
    receiver.always(500);
    let webhook = engine
        .webhook_with(&receiver, |webhook| {
            webhook.event_types.push("delivery.exhausted".to_owned());
            webhook.retry_schedule = Some(retries(&[]));
        })
        .await;
    let event = engine.announce(&[&webhook]).await;
    engine.status_is(event.deliveries[0].id, DeliveryStatus::Failed).await;
    let notice = engine.events("delivery.exhausted").await.remove(0);
    let owed = engine.delivery_of(&notice, &webhook).await.unwrap();
    engine.status_is(owed.id, DeliveryStatus::Failed).await;
    assert_eq!(engine.events("delivery.exhausted").await, [notice]);
}

// behaviour T9
#[tokio::test]
async fn a_success_after_failures_ends_it() {
    let engine = Engine::start().await;
    let receiver = Receiver::start().await;
    receiver.script([Reply::status(500), Reply::drop_connection(), Reply::status(204)]);
    let webhook = engine.webhook_with(&receiver, |webhook| webhook.retry_schedule = Some(retries(&[0, 0, 0, 0]))).await;
    let event = engine.announce(&[&webhook]).await;
    let delivery = engine.status_is(event.deliveries[0].id, DeliveryStatus::Delivered).await;
    assert_eq!((delivery.attempt_count, delivery.next_attempt_at), (3, None));
    engine.advance(1_000_000);
    engine.announce(&[&webhook]).await;
    receiver.received(4).await;
    assert_eq!(receiver.ids()[event.id.as_str()], 3);
}

// behaviour T7
#[tokio::test]
async fn gone_stops_at_once_and_disables_the_webhook_with_the_reason() {
    let engine = Engine::start().await;
    let (receiver, notices) = (Receiver::start().await, Receiver::start().await);
    receiver.script([Reply::status(500), Reply::status(410)]);
    let webhook =
        engine.webhook_with(&receiver, |webhook| webhook.event_types.push("webhook.disabled".to_owned())).await;
    let listening = |webhook: &mut Webhook| webhook.event_types = vec!["webhook.disabled".to_owned()];
    engine.webhook_with(&notices, listening).await;

    let waiting = engine.announce(&[&webhook]).await.deliveries[0].id;
    engine.status_is(waiting, DeliveryStatus::Retrying).await;
    let gone = engine.announce(&[&webhook]).await.deliveries[0].id;
    engine.status_is(gone, DeliveryStatus::Failed).await;
    engine.status_is(waiting, DeliveryStatus::Canceled).await;
    let disabled = engine.store.get_webhook(workspace(), webhook.id).await.unwrap();
    assert!(!disabled.enabled && disabled.disabled_reason.unwrap().contains("410 Gone"));

    let notice = notices.received(1).await.remove(0).json();
    assert_eq!(
        (&notice["event"], &notice["webhook"]["id"]),
        (&"webhook.disabled".into(), &webhook.id.to_string().into())
    );
    assert_eq!(engine.events("delivery.exhausted").await, []);
    engine.advance(1_000_000);
    engine.is_quiet().await;
    assert_eq!(receiver.count(), 2);
}

// behaviour T10
#[tokio::test]
async fn a_failed_resend_leaves_the_schedule_as_it_was() {
    let engine = Engine::start().await;
    let receiver = Receiver::start().await;
    receiver.always(500);
    let webhook = engine.webhook(&receiver).await;
    let id = engine.announce(&[&webhook]).await.deliveries[0].id;
    let before = engine.status_is(id, DeliveryStatus::Retrying).await;
    engine.store.resend_delivery(workspace(), id, engine.ambient.now()).await.unwrap();
    let after = engine.delivery_is(id, |delivery| delivery.attempt_count == 2).await;
    assert_eq!((after.status, after.next_attempt_at), (before.status, before.next_attempt_at));
    engine.advance(10);
    engine.delivery_is(id, |delivery| delivery.attempt_count == 3).await;
    let triggers: Vec<_> = engine.attempts(id).await.iter().map(|attempt| attempt.trigger).collect();
    assert_eq!(triggers, [Trigger::Schedule, Trigger::Resend, Trigger::Schedule]);
}

// behaviour T5
#[tokio::test]
async fn a_receiver_that_asks_for_time_gets_it() {
    let engine = Engine::start().await;
    let receiver = Receiver::start().await;
    receiver.script([Reply::status(429).with_header("retry-after", "3600")]);
    let webhook = engine.webhook(&receiver).await;
    let id = engine.announce(&[&webhook]).await.deliveries[0].id;
    let delivery = engine.status_is(id, DeliveryStatus::Retrying).await;
    assert_eq!(delivery.next_attempt_at, Some(engine.ambient.now() + SignedDuration::from_secs(3600)));
}

// behaviour R7
#[tokio::test]
async fn a_disabled_webhook_gets_nothing_from_then_on() {
    let engine = Engine::start().await;
    let receiver = Receiver::start().await;
    receiver.always(500);
    let webhook = engine.webhook(&receiver).await;
    let id = engine.announce(&[&webhook]).await.deliveries[0].id;
    engine.status_is(id, DeliveryStatus::Retrying).await;
    let mut disabled = engine.store.get_webhook(workspace(), webhook.id).await.unwrap();
    disabled.enabled = false;
    engine.store.update_webhook(&disabled).await.unwrap();
    engine.advance(1_000_000);

    let elsewhere = Receiver::start().await;
    let other = engine.webhook(&elsewhere).await;
    engine.announce(&[&other]).await;
    elsewhere.received(1).await;
    engine.is_quiet().await;
    assert_eq!(receiver.count(), 1);
    assert_eq!(engine.delivery(id).await.status, DeliveryStatus::Canceled);
}

// behaviour R7
#[tokio::test]
async fn what_was_written_before_its_webhook_was_disabled_is_not_sent_when_it_is_enabled_again() {
    let mut engine = Engine::start().await;
    let receiver = Receiver::start().await;
    let webhook = engine.webhook(&receiver).await;
    engine.crash().await;
    // The bell carries it, and nobody hears.
    let written = engine.announce(&[&webhook]).await.deliveries[0].id;
    for enabled in [false, true] {
        let stored = engine.store.get_webhook(workspace(), webhook.id).await.unwrap();
        engine.store.update_webhook(&Webhook { enabled, ..stored }).await.unwrap();
    }
    let config = crate::engine::no_config_yet(&engine.store);
    config.get(workspace()).await.unwrap();
    engine.start_again_with(config);

    let later = engine.announce(&[&webhook]).await.deliveries[0].id;
    engine.status_is(later, DeliveryStatus::Delivered).await;
    engine.is_quiet().await;
    assert_eq!((receiver.count(), engine.delivery(written).await.status), (1, DeliveryStatus::Canceled));
}

// behaviour D1
#[tokio::test]
async fn what_a_crash_cut_off_is_sent_again_and_what_was_recorded_is_not() {
    let mut engine = Engine::start().await;
    let receiver = Receiver::start().await;
    let webhook = engine.webhook(&receiver).await;
    let recorded = engine.announce(&[&webhook]).await;
    engine.status_is(recorded.deliveries[0].id, DeliveryStatus::Delivered).await;

    receiver.script([Reply::hang()]);
    let cut_off = engine.announce(&[&webhook]).await;
    receiver.received(2).await;
    engine.crash_and_start_again().await;
    engine.status_is(cut_off.deliveries[0].id, DeliveryStatus::Delivered).await;
    let ids = receiver.ids();
    assert_eq!((ids[recorded.id.as_str()], ids[cut_off.id.as_str()]), (1, 2));
}

// behaviour D1
#[tokio::test]
async fn what_was_announced_while_no_engine_ran_is_sent_at_the_next_start() {
    let mut engine = Engine::start().await;
    engine.ask_to_stop();
    engine.stopped().await;
    let receiver = Receiver::start().await;
    let webhook = engine.webhook(&receiver).await;
    let events: Vec<NewEvent> = (0..100).map(|_| an_event(&engine.ambient, &[&webhook])).collect();
    for event in events {
        engine.announce_event(event).await;
    }
    engine.store.due_bell().heard().await; // Whoever listened before heard it, and died.
    engine.start_again();
    receiver.until("each of 100 events arrives", |received| distinct_ids(received) == 100).await;
    engine.is_quiet().await;
    assert_eq!(receiver.count(), 100);
}

// behaviour D6
#[tokio::test]
async fn a_shutdown_starts_nothing_and_finishes_what_is_in_flight() {
    let mut engine = Engine::start().await;
    let receiver = Receiver::start().await;
    let (reply, release) = Reply::status(200).held();
    receiver.script([reply]);
    let webhook = engine.webhook(&receiver).await;
    let in_flight = engine.announce(&[&webhook]).await.deliveries[0].id;
    receiver.received(1).await;
    engine.ask_to_stop();
    while engine.handle.health().running {
        tokio::task::yield_now().await;
    }
    let too_late = engine.announce(&[&webhook]).await.deliveries[0].id;
    release.send(()).unwrap();
    engine.stopped().await;
    assert_eq!(engine.delivery(in_flight).await.status, DeliveryStatus::Delivered);
    assert_eq!(engine.delivery(too_late).await.status, DeliveryStatus::Pending);
    assert_eq!(receiver.count(), 1);
}
