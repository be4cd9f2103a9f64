//! A bad receiver costs only its own deliveries.

use beckon_delivery::Options;
use beckon_domain::delivery::DeliveryStatus;
use beckon_testkit::{Receiver, Reply};

use crate::engine::{Engine, distinct_ids, options};

// behaviour F1 (in part)
#[tokio::test]
async fn a_webhook_that_hangs_does_not_delay_another() {
    let engine = Engine::with(Options { in_flight_max: 16, in_flight_per_webhook_max: 4, ..options() }).await;
    let (hanging, healthy) = (Receiver::start().await, Receiver::start().await);
    hanging.reply_with(|_| Reply::hang());
    let mut black_holes = Vec::new();
    for _ in 0..8 {
        black_holes.push(engine.webhook(&hanging).await);
    }
    for _ in 0..10 {
        engine.announce(&black_holes.iter().collect::<Vec<_>>()).await;
    }
    hanging.received(8).await;
    let webhook = engine.webhook(&healthy).await;
    for _ in 0..50 {
        let event = engine.announce(&[&webhook]).await;
        engine.status_is(event.deliveries[0].id, DeliveryStatus::Delivered).await;
    }
    assert!(engine.handle.health().in_flight < 16);
}

#[tokio::test]
async fn a_burst_arrives_whole_and_once() {
    let engine = Engine::start().await;
    let receiver = Receiver::start().await;
    let webhook = engine.webhook(&receiver).await;
    for _ in 0..300 {
        engine.announce(&[&webhook]).await;
    }
    receiver.until("each of 300 events arrives", |received| distinct_ids(received) == 300).await;
    engine.is_quiet().await;
    assert_eq!(receiver.count(), 300);
}
