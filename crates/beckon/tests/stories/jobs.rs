//! Behaviour V10: what was missed is sent in the background, also across a crash.

use std::collections::{BTreeMap, HashSet};

use beckon_testkit::receiver::{Received, Receiver, Reply};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::beckon::Beckon;

const EVENTS: usize = 1_500;
/// Requests to one webhook that can have no record, and so be made once more after a crash: on the way, or answered and
/// not yet recorded (8 times 32).
const IN_FLIGHT_MAX: usize = 256;

fn an_hour_ago() -> String {
    (Timestamp::now() - SignedDuration::from_hours(1)).to_string()
}

/// Asks for a job, kills the process once some of it has arrived, and sees it through to its end.
async fn through_a_crash(beckon: &mut Beckon, receiver: &Receiver, path: &str, events: &[String]) -> Value {
    let asked = beckon.api.post(path, json!({ "since": an_hour_ago(), "dry_run": true })).await.expect(200).json();
    assert_eq!(asked["replayed"].as_u64(), Some(events.len() as u64), "{asked}");
    let before = receiver.count();
    let job = beckon.api.post(path, json!({ "since": an_hour_ago() })).await.expect(202).json();
    receiver.received(before + 10).await;
    beckon.kill();
    beckon.start_again().await;

    let path = format!("/api/v1/jobs/{}", job["id"].as_str().unwrap());
    let done = beckon.value_once(&path, |job| job["status"] == "done").await;
    assert_eq!(done["examined"], done["total"], "{done}");
    assert_eq!(done["replayed"].as_u64(), Some(events.len() as u64), "{done}");
    let all_there = |received: &[Received]| {
        let ids: HashSet<_> = received[before..].iter().filter_map(|request| request.header("webhook-id")).collect();
        events.iter().all(|id| ids.contains(id.as_str()))
    };
    receiver.until("everything has arrived", all_there).await;
    let rows = beckon.rows_once("/api/v1/deliveries?status=delivered", |rows| rows.len() >= events.len()).await;
    assert_eq!(rows.len(), events.len(), "one delivery per event");
    done
}

/// How often each of `events` came, beside once.
fn repeated(receiver: &Receiver, events: &[String]) -> BTreeMap<String, usize> {
    receiver.ids().into_iter().filter(|(id, times)| events.contains(id) && *times > 1).collect()
}

// behaviour V10 (in part)
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn recover_sends_what_failed_once_each_although_the_process_is_killed() {
    let mut beckon = Beckon::start().await;
    let receiver = Receiver::start().await;
    receiver.reply_with(|_| Reply::hang());
    beckon.event_type("invoice.paid").await;
    let webhook = beckon.webhook(&receiver.url("/"), &["invoice.paid"]).await;
    let path = format!("/api/v1/webhooks/{}", webhook["id"].as_str().unwrap());
    let events = beckon.publish_many("invoice.paid", EVENTS).await;
    // Everything that waits is canceled with the webhook; so is what hangs, once it is killed.
    beckon.kill();
    receiver.always(503);
    beckon.start_again().await;
    beckon.api.patch(&path, json!({ "enabled": false })).await.expect(200);
    beckon.rows_once("/api/v1/deliveries", |rows| rows.iter().all(|row| row["status"] == "canceled")).await;
    beckon.api.patch(&path, json!({ "enabled": true })).await.expect(200);
    let before = receiver.ids();

    receiver.always(200);
    through_a_crash(&mut beckon, &receiver, &format!("{path}/recover"), &events).await;
    let since = receiver.ids().into_iter().map(|(id, times)| (times - before.get(&id).copied().unwrap_or(0), id));
    let again: Vec<_> = since.filter(|(times, _)| *times > 1).collect();
    assert!(again.len() <= IN_FLIGHT_MAX && again.iter().all(|(times, _)| *times == 2), "{again:?}");
}

// behaviour V10 (in part)
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replay_missing_sends_what_a_new_webhook_never_had_once_each_although_the_process_is_killed() {
    let mut beckon = Beckon::start().await;
    let receiver = Receiver::start().await;
    beckon.event_type("invoice.paid").await;
    beckon.event_type("invoice.sent").await;
    let events = beckon.publish_many("invoice.paid", EVENTS).await;
    beckon.publish_many("invoice.sent", 10).await;
    let webhook = beckon.webhook(&receiver.url("/"), &["invoice.paid"]).await;
    let path = format!("/api/v1/webhooks/{}/replay-missing", webhook["id"].as_str().unwrap());
    through_a_crash(&mut beckon, &receiver, &path, &events).await;
    let repeated = repeated(&receiver, &events);
    assert!(repeated.len() <= IN_FLIGHT_MAX && repeated.values().all(|times| *times == 2), "{repeated:?}");
    assert_eq!(receiver.ids().len(), EVENTS, "nothing came that the webhook does not want");
}
