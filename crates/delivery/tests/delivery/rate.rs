//! Webhooks with a rate limit.

use beckon_domain::delivery::DeliveryStatus;
use beckon_domain::rate::{Period, RateLimit};
use beckon_domain::webhook::Webhook;
use beckon_store::WebhookStore;
use beckon_testkit::Receiver;
use beckon_testkit::builders::an_event;
use jiff::SignedDuration;

use crate::engine::{Engine, distinct_ids, workspace};

fn ten_a_second(webhook: &mut Webhook) {
    webhook.rate_limit = Some(RateLimit { requests: 10, per: Period::Second });
}

// behaviour L10
#[tokio::test]
async fn a_receiver_never_sees_more_than_its_rate_and_gets_everything() {
    let engine = Engine::start().await;
    let receiver = Receiver::start().await;
    let webhook = engine.webhook_with(&receiver, ten_a_second).await;
    for _ in 0..12 {
        engine.announce(&[&webhook]).await;
    }
    for tenths in 0..12 {
        receiver.received(tenths + 1).await;
        engine.all_had_their_turn().await;
        assert_eq!(receiver.count(), tenths + 1, "after {tenths} tenths of a second");
        engine.advance_by(SignedDuration::from_millis(100));
    }
    assert_eq!(distinct_ids(&receiver.received_so_far()), 12);
}

// behaviour L10 (in part)
#[tokio::test]
async fn a_test_does_not_wait_for_the_rate_but_counts() {
    let engine = Engine::start().await;
    let receiver = Receiver::start().await;
    let webhook = engine.webhook_with(&receiver, ten_a_second).await;
    for _ in 0..2 {
        let test = engine.handle.send_test(an_event(&engine.ambient, &[&webhook])).await.unwrap();
        assert!(test.outcome.is_delivered());
    }
    let event = engine.announce(&[&webhook]).await;
    engine.advance_by(SignedDuration::from_millis(100));
    engine.all_had_their_turn().await;
    assert_eq!(receiver.count(), 2);
    engine.advance_by(SignedDuration::from_millis(100));
    engine.status_is(event.deliveries[0].id, DeliveryStatus::Delivered).await;
}

// behaviour R8 (in part)
#[tokio::test]
async fn a_rate_limit_that_is_lifted_holds_nothing_back_any_more() {
    let engine = Engine::start().await;
    let receiver = Receiver::start().await;
    let webhook = engine.webhook_with(&receiver, ten_a_second).await;
    for _ in 0..5 {
        engine.announce(&[&webhook]).await;
    }
    receiver.received(1).await;
    let mut changed = engine.store.get_webhook(workspace(), webhook.id).await.unwrap();
    changed.rate_limit = None;
    engine.store.update_webhook(&changed).await.unwrap();
    // The next one finds out.
    engine.advance_by(SignedDuration::from_millis(100));
    receiver.received(5).await;
}
