//! Webhooks whose receivers fail: paused, probed, disabled, and back again.

use beckon_delivery::Options;
use beckon_domain::delivery::DeliveryStatus;
use beckon_domain::health::{HealthState, TRIP_AFTER};
use beckon_domain::webhook::Webhook;
use beckon_store::WebhookStore;
use beckon_testkit::{Receiver, Reply};
use jiff::SignedDuration;

use crate::engine::{Engine, distinct_ids, options, retries, workspace};

/// A webhook that has just been paused: [`TRIP_AFTER`] deliveries have failed.
async fn tripped(engine: &Engine, receiver: &Receiver) -> Webhook {
    receiver.always(500);
    let webhook = engine.webhook_with(receiver, |webhook| webhook.retry_schedule = Some(retries(&[100_000]))).await;
    for _ in 0..TRIP_AFTER {
        let event = engine.announce(&[&webhook]).await;
        engine.status_is(event.deliveries[0].id, DeliveryStatus::Retrying).await;
    }
    assert!(matches!(state(engine, &webhook).await, HealthState::Tripped { .. }));
    webhook
}

async fn state(engine: &Engine, webhook: &Webhook) -> HealthState {
    engine.handle.webhook_health(workspace(), webhook.id).await.unwrap().state
}

// behaviour T13
#[tokio::test]
async fn a_webhook_that_fails_everything_is_probed_by_one_request_at_a_time_until_it_recovers() {
    let engine = Engine::start().await;
    let receiver = Receiver::start().await;
    let webhook = tripped(&engine, &receiver).await;
    for _ in 0..40 {
        engine.announce(&[&webhook]).await;
    }
    engine.all_had_their_turn().await;
    assert_eq!(receiver.count(), TRIP_AFTER, "the backlog uses no attempts");
    for (probes, pause) in [(1, 2), (2, 3), (3, 6)] {
        engine.advance(pause);
        receiver.received(TRIP_AFTER + probes).await;
        engine.all_had_their_turn().await;
        assert_eq!(receiver.count(), TRIP_AFTER + probes, "one at a time");
    }

    receiver.always(200);
    engine.advance(10);
    receiver.received(TRIP_AFTER + 4).await;
    engine.all_had_their_turn().await;
    assert!(matches!(state(&engine, &webhook).await, HealthState::Ramping { .. }));
    let ramped = receiver.count();
    assert!(ramped < TRIP_AFTER + 25, "{ramped}: its backlog bursts");
    for _ in 0..12 {
        engine.advance(1);
        engine.all_had_their_turn().await;
    }
    receiver
        .until("all but those that wait for their retry arrive", |received| distinct_ids(received) == TRIP_AFTER + 40)
        .await;
}

// behaviour T6
#[tokio::test]
async fn a_receiver_that_says_it_is_too_much_is_left_alone_as_a_whole() {
    let engine = Engine::start().await;
    for status in [429, 503] {
        let receiver = Receiver::start().await;
        receiver.script([Reply::status(status).with_header("retry-after", "120")]);
        let webhook = engine.webhook(&receiver).await;
        let event = engine.announce(&[&webhook]).await;
        engine.status_is(event.deliveries[0].id, DeliveryStatus::Retrying).await;
        for _ in 0..5 {
            engine.announce(&[&webhook]).await;
        }
        engine.advance(119);
        engine.all_had_their_turn().await;
        assert_eq!(receiver.count(), 1, "{status}");
        engine.advance(10);
        receiver.received(2).await;
    }
}

// behaviour T14
#[tokio::test]
async fn nothing_but_failures_disable_it_once_with_notices_and_a_restart_does_not_reset_the_clock() {
    let options = Options { disable_after: SignedDuration::from_secs(1_000), ..options() };
    let mut engine = Engine::with(options).await;
    let (receiver, notices) = (Receiver::start().await, Receiver::start().await);
    receiver.always(500);
    let webhook = engine.webhook_with(&receiver, |webhook| webhook.retry_schedule = Some(retries(&[]))).await;
    let told = ["webhook.failing", "webhook.disabled"].map(str::to_owned).to_vec();
    engine.webhook_with(&notices, |webhook| webhook.event_types = told).await;
    for step in 0..=5 {
        if step == 3 {
            engine.crash_and_start_again().await;
        }
        let event = engine.announce(&[&webhook]).await;
        engine.status_is(event.deliveries[0].id, DeliveryStatus::Failed).await;
        engine.advance(200);
    }
    let disabled = engine.store.get_webhook(workspace(), webhook.id).await.unwrap();
    assert!(!disabled.enabled);
    let reason = "Nothing but failures since 2024-04-15T14:32:00Z.";
    assert_eq!(disabled.disabled_reason.as_deref(), Some(reason));
    let notices: Vec<_> = notices.received(4).await.iter().map(|notice| notice.json()).collect();
    let mut stages: Vec<_> = notices.iter().filter_map(|notice| notice["stage"].as_u64()).collect();
    stages.sort_unstable();
    assert_eq!(stages, [1, 2, 3]);
    let last = notices.iter().find(|notice| notice["event"] == "webhook.disabled").unwrap();
    assert_eq!(last["reason"], reason);
    assert_eq!(engine.events("webhook.disabled").await.len(), 1);
    engine.all_had_their_turn().await;
    assert_eq!(receiver.count(), 6);
}

// behaviour T14
#[tokio::test]
async fn one_success_resets_the_clock_and_is_announced_if_the_failing_was() {
    let options = Options { disable_after: SignedDuration::from_secs(1_000), ..options() };
    let engine = Engine::with(options).await;
    let (receiver, notices) = (Receiver::start().await, Receiver::start().await);
    let webhook = engine.webhook_with(&receiver, |webhook| webhook.retry_schedule = Some(retries(&[]))).await;
    engine.webhook_with(&notices, |webhook| webhook.event_types = vec!["webhook.recovered".to_owned()]).await;
    for status in [500, 500, 500, 200, 500, 500, 500, 500] {
        receiver.always(status);
        let event = engine.announce(&[&webhook]).await;
        engine.delivery_is(event.deliveries[0].id, |delivery| !delivery.status.is_open()).await;
        engine.advance(300);
    }
    assert!(
        engine.store.get_webhook(workspace(), webhook.id).await.unwrap().enabled,
        "it failed for 900 s at a stretch"
    );
    let recovered = notices.received(1).await.remove(0).json();
    assert_eq!(recovered["failing_since"], "2024-04-15T14:32:00Z");
}

// behaviour T13 (in part)
#[tokio::test]
async fn a_restart_does_not_forget_a_pause() {
    let mut engine = Engine::start().await;
    let receiver = Receiver::start().await;
    let webhook = tripped(&engine, &receiver).await;
    engine.crash_and_start_again().await;
    engine.announce(&[&webhook]).await;
    engine.all_had_their_turn().await;
    assert_eq!(receiver.count(), TRIP_AFTER);
    engine.advance(2);
    receiver.received(TRIP_AFTER + 1).await;
}

#[tokio::test]
async fn a_webhook_that_is_disabled_and_enabled_again_begins_anew() {
    let engine = Engine::start().await;
    let receiver = Receiver::start().await;
    let webhook = tripped(&engine, &receiver).await;
    for enabled in [false, true] {
        let mut changed = engine.store.get_webhook(workspace(), webhook.id).await.unwrap();
        changed.enabled = enabled;
        engine.store.update_webhook(&changed).await.unwrap();
    }
    receiver.always(200);
    let event = engine.announce(&[&webhook]).await;
    engine.status_is(event.deliveries[0].id, DeliveryStatus::Delivered).await;
    assert!(engine.handle.webhook_health(workspace(), webhook.id).await.unwrap().is_well());
}

#[tokio::test]
async fn somebody_who_resends_or_retries_ends_the_pause() {
    let engine = Engine::start().await;
    let receiver = Receiver::start().await;
    let webhook = tripped(&engine, &receiver).await;
    let waiting = engine.announce(&[&webhook]).await.deliveries[0].id;
    engine.all_had_their_turn().await;
    assert_eq!(receiver.count(), TRIP_AFTER);
    receiver.always(200);
    engine.handle.resend(workspace(), waiting).await.unwrap();
    engine.status_is(waiting, DeliveryStatus::Delivered).await;

    let other = Receiver::start().await;
    let webhook = tripped(&engine, &other).await;
    let waiting = engine.announce(&[&webhook]).await.deliveries[0].id;
    other.always(200);
    engine.handle.retry_now(workspace(), waiting).await.unwrap();
    engine.status_is(waiting, DeliveryStatus::Delivered).await;
}

#[tokio::test]
async fn a_retry_that_somebody_wants_now_does_not_wait_for_its_time() {
    let engine = Engine::start().await;
    let receiver = Receiver::start().await;
    receiver.script([Reply::status(500)]);
    let webhook = engine.webhook(&receiver).await;
    let id = engine.announce(&[&webhook]).await.deliveries[0].id;
    engine.status_is(id, DeliveryStatus::Retrying).await;
    engine.handle.retry_now(workspace(), id).await.unwrap();
    engine.status_is(id, DeliveryStatus::Delivered).await;
    assert!(engine.handle.retry_now(workspace(), id).await.is_err(), "it has ended");
}

// behaviour D7
#[tokio::test]
async fn a_clock_that_is_set_back_or_forth_neither_loses_nor_storms() {
    let engine = Engine::start().await;
    let (receiver, failing) = (Receiver::start().await, Receiver::start().await);
    let webhook = engine.webhook(&receiver).await;
    let paused = tripped(&engine, &failing).await;
    engine.announce(&[&paused]).await;
    engine.advance(-86_400);
    let event = engine.announce(&[&webhook]).await;
    engine.status_is(event.deliveries[0].id, DeliveryStatus::Delivered).await;
    engine.all_had_their_turn().await;
    assert_eq!(failing.count(), TRIP_AFTER, "the pause is kept");
    engine.advance(2);
    failing.received(TRIP_AFTER + 1).await;
    engine.all_had_their_turn().await;

    engine.advance(4 * 86_400);
    failing.received(TRIP_AFTER + 2).await;
    engine.all_had_their_turn().await;
    assert_eq!(failing.count(), TRIP_AFTER + 2, "one at a time, however much is due");
}
