//! Behaviours F: what a long backlog costs.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use beckon_testkit::receiver::{Receiver, Reply};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::beckon::Beckon;
use crate::http::Http;

const BACKLOG: usize = 200_000;
const BATCH: usize = 100;
const CALLERS: usize = 8;
/// How many deliveries must come through of the backlog once the receiver is back.
const DRAINED: usize = 2_000;
/// What the process may need with all that waiting.
const MEMORY_MAX: u64 = 150 * 1024 * 1024;

// behaviour F4
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_thousand_deliveries_wait_on_disk_and_drain_when_the_receiver_is_back() {
    let beckon = Beckon::start().await;
    let receiver = Receiver::start().await;
    receiver.always(500);
    beckon.event_type("invoice.paid").await;
    let webhook = beckon.webhook(&receiver.url("/"), &["invoice.paid"]).await;

    publish(&beckon.api, BACKLOG).await;
    let waiting = beckon.peak_memory();
    assert!(waiting < MEMORY_MAX, "{} MiB with {BACKLOG} waiting", waiting >> 20);
    let requests = receiver.count();
    assert!(requests < BACKLOG / 100, "a receiver that is down is probed, not hammered: {requests} requests");

    // Who presses "retry now" need not wait for the end of the pause.
    receiver.reply_with(|_| Reply::status(200));
    let path = format!("/api/v1/deliveries?webhook_id={}&status=pending&limit=1", webhook["id"].as_str().unwrap());
    let next = beckon.api.get(&path).await.expect(200).json();
    let next = next["data"][0]["id"].as_str().unwrap();
    beckon.api.post(&format!("/api/v1/deliveries/{next}/retry"), json!({})).await.expect(202);
    receiver.received(requests + DRAINED).await;
    let draining = beckon.peak_memory();
    assert!(draining < MEMORY_MAX, "{} MiB while draining", draining >> 20);
}

/// Publishes `count` events, all of which must be taken.
async fn publish(api: &Http, count: usize) {
    let begun = Arc::new(AtomicUsize::new(0));
    let mut callers = JoinSet::new();
    for _ in 0..CALLERS {
        let (api, begun) = (api.clone(), begun.clone());
        callers.spawn(async move {
            while begun.fetch_add(BATCH, Ordering::Relaxed) < count {
                let event = json!({ "type": "invoice.paid", "payload": { "note": "n".repeat(250) } });
                let answer = api.post("/api/v1/events/batch", json!({ "events": vec![event; BATCH] })).await;
                let answer = answer.expect(200).json();
                let ids = answer["events"].as_array().unwrap().iter().filter(|event| event["id"].is_string()).count();
                assert_eq!(
                    ids,
                    BATCH,
                    "{}",
                    answer["events"].as_array().and_then(|all| all.first()).unwrap_or(&Value::Null)
                );
            }
        });
    }
    let all = tokio::time::timeout(Duration::from_secs(300), callers.join_all()).await;
    all.expect("publishing does not depend on receivers");
}
