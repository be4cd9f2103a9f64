//! An engine with nothing to do.

use std::time::Duration;

use beckon_domain::delivery::DeliveryStatus;
use beckon_testkit::Receiver;
use beckon_testkit::receiver::Reply;
use tokio::time::Instant;

use crate::engine::Engine;

/// Sweeps of an hour, one a minute.
const SWEEPS: u64 = 60;

// behaviour F6
#[tokio::test]
async fn an_idle_engine_sleeps_and_is_woken_by_the_bell() {
    let engine = Engine::start().await;
    let receiver = Receiver::start().await;
    let webhook = engine.webhook(&receiver).await;
    let event = engine.announce(&[&webhook]).await;
    engine.status_is(event.deliveries[0].id, DeliveryStatus::Delivered).await;
    engine.is_quiet().await;
    let before = engine.handle.health();

    tokio::time::pause();
    tokio::time::sleep(Duration::from_secs(3_600)).await;
    tokio::time::resume();
    let after = engine.handle.health();
    let (wakes, looks) = (after.wakes - before.wakes, after.looks - before.looks);
    assert!((SWEEPS - 5..=SWEEPS + 5).contains(&looks), "{looks} looks into the store");
    assert!(wakes <= 3 * looks, "{wakes} wake-ups");
    assert_eq!(after.stalled, None);

    let announced = Instant::now();
    let event = engine.announce(&[&webhook]).await;
    engine.status_is(event.deliveries[0].id, DeliveryStatus::Delivered).await;
    assert!(announced.elapsed() < Duration::from_secs(10), "it waited for a sweep");
}

// behaviour V8 (in part)
#[tokio::test]
async fn work_that_waits_for_its_time_is_no_stall() {
    let engine = Engine::start().await;
    let receiver = Receiver::start().await;
    receiver.always(503);
    let paused = engine.webhook(&receiver).await;
    let strict = engine.webhook_with(&receiver, |webhook| webhook.fifo = true).await;
    for _ in 0..3 {
        let event = engine.announce(&[&paused, &strict]).await;
        engine.delivery_is(event.deliveries[0].id, |delivery| delivery.attempt_count <= 1).await;
    }
    receiver.received(2).await;
    engine.is_quiet().await;
    tokio::time::pause();
    tokio::time::sleep(Duration::from_secs(3_600)).await;
    tokio::time::resume();
    assert_eq!(engine.handle.health().stalled, None);
    assert!(engine.handle.health().running);
}

// behaviour V8
#[tokio::test]
async fn an_engine_whose_store_takes_nothing_any_more_is_stalled() {
    let engine = Engine::start().await;
    let receiver = Receiver::start().await;
    let (reply, go_on) = Reply::status(200).held();
    receiver.script([reply]);
    let webhook = engine.webhook(&receiver).await;
    engine.announce(&[&webhook]).await;
    receiver.received(1).await;
    assert_eq!(engine.handle.health().stalled, None);

    // The request is made; that it was made can be written down nowhere.
    engine.store.close().await;
    go_on.send(()).unwrap();
    tokio::time::pause();
    tokio::time::sleep(Duration::from_secs(120)).await;
    let stalled = engine.handle.health().stalled;
    tokio::time::resume();
    assert!(stalled.is_some_and(|stalled| stalled >= Duration::from_secs(30)), "{stalled:?}");
}
