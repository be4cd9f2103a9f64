//! Behaviours T and L: what a webhook gets that fails, and what one gets that wants little.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use beckon_testkit::receiver::{Receiver, Reply};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::beckon::Beckon;

/// After so many deliveries that fail, a webhook gets one request at a time.
const TRIP_AFTER: usize = 10;
/// How many are sent again and again.
const BACKLOG: usize = 30;

fn path_of(webhook: &Value) -> String {
    format!("/api/v1/webhooks/{}", webhook["id"].as_str().unwrap())
}

/// Makes the receiver succeed from now on, and note when.
fn succeed_and_note(receiver: &Receiver) -> Arc<Mutex<Vec<Instant>>> {
    let times: Arc<Mutex<Vec<Instant>>> = Arc::default();
    let noted = times.clone();
    receiver.reply_with(move |_| {
        noted.lock().unwrap().push(Instant::now());
        Reply::status(200)
    });
    times
}

// behaviour T13
#[tokio::test]
async fn a_webhook_that_fails_everything_is_probed_one_by_one_and_its_backlog_does_not_burst() {
    let beckon = Beckon::start().await;
    let (sick, well) = (Receiver::start().await, Receiver::start().await);
    sick.always(500);
    for name in ["sick.event", "well.event"] {
        beckon.event_type(name).await;
    }
    let body = json!({ "url": sick.url("/"), "event_types": ["sick.event"], "retry_schedule": [] });
    let webhook = beckon.webhook_with(body).await;
    beckon.webhook(&well.url("/"), &["well.event"]).await;
    beckon.publish_many("sick.event", TRIP_AFTER).await;
    beckon.value_once(&path_of(&webhook), |webhook| webhook["health"]["state"] == "paused").await;

    // The next request is a probe. While it is under way, nothing else is sent.
    let before = sick.count();
    let (probe, release) = Reply::status(500).held();
    sick.script([probe]);
    beckon.publish_many("sick.event", BACKLOG).await;
    sick.received(before + 1).await;
    beckon.publish("well.event", json!({})).await;
    well.received(1).await;
    assert_eq!(sick.count(), before + 1, "one request at a time");
    let times = succeed_and_note(&sick);
    release.send(()).unwrap();

    // One that failed as the probe is lost: its schedule was empty.
    sick.until("the rest of the backlog has arrived", |all| all.len() >= before + BACKLOG).await;
    let times = times.lock().unwrap().clone();
    let whole = times.last().unwrap().duration_since(times[0]);
    assert!(whole >= Duration::from_secs(1), "the backlog came within {whole:?}");
    assert_eq!(sick.count(), before + BACKLOG, "each came once");
}

// behaviour T6 (in part)
#[tokio::test]
async fn an_answer_of_429_slows_the_whole_webhook_down() {
    let beckon = Beckon::start().await;
    let receiver = Receiver::start().await;
    receiver.script([Reply::status(429).with_header("retry-after", "30")]);
    beckon.event_type("invoice.paid").await;
    let webhook = beckon.webhook(&receiver.url("/"), &["invoice.paid"]).await;
    beckon.publish("invoice.paid", json!({})).await;
    let paused = beckon.value_once(&path_of(&webhook), |webhook| webhook["health"]["state"] == "paused").await;
    let until: Timestamp = paused["health"]["paused_until"].as_str().unwrap().parse().unwrap();
    assert!(until > Timestamp::now() + SignedDuration::from_secs(15), "{paused}");
    let second = beckon.publish("invoice.paid", json!({})).await;
    beckon.deliveries_once(&second, |delivery| delivery["status"] == "pending").await;
    assert_eq!(receiver.count(), 1);
}

// behaviour T14
#[tokio::test]
async fn nothing_but_failures_disables_a_webhook_once_and_neither_a_restart_nor_a_success_is_forgotten() {
    let mut beckon = Beckon::start_with(&[("BECKON_DISABLE_AFTER", "4s")]).await;
    let (sick, notices) = (Receiver::start().await, Receiver::start().await);
    beckon.event_type("invoice.paid").await;
    beckon.webhook(&notices.url("/"), &["webhook.disabled", "webhook.failing", "webhook.recovered"]).await;
    let schedule = vec![1; 20];
    let body = json!({ "url": sick.url("/"), "event_types": ["invoice.paid"], "retry_schedule": schedule });
    let webhook = beckon.webhook_with(body).await;
    let path = path_of(&webhook);

    sick.script([Reply::status(500), Reply::status(200)]);
    let first = beckon.publish("invoice.paid", json!({})).await;
    beckon.deliveries_once(&first, |delivery| delivery["status"] == "delivered").await;
    beckon.value_once(&path, |webhook| webhook["health"]["failing_since"].is_null()).await;

    sick.always(500);
    let second = beckon.publish("invoice.paid", json!({})).await;
    let failing = |webhook: &Value| webhook["health"]["failing_since"].is_string();
    let before = beckon.value_once(&path, failing).await;
    beckon.kill();
    beckon.start_again().await;
    let after = beckon.api.get(&path).await.expect(200).json();
    assert_eq!(after["health"]["failing_since"], before["health"]["failing_since"], "a restart begins nothing anew");

    let disabled = beckon.value_once(&path, |webhook| webhook["enabled"] == false).await;
    assert!(disabled["disabled_reason"].is_string(), "{disabled}");
    beckon.deliveries_once(&second, |delivery| delivery["status"] != "retrying").await;
    let told = |all: &[beckon_testkit::Received]| all.iter().any(|one| one.json()["event"] == "webhook.disabled");
    notices.until("webhook.disabled is announced", told).await;
    let announced = beckon.api.list("/api/v1/events?type=webhook.disabled", 250).await;
    assert_eq!(announced.len(), 1, "once: {announced:?}");
    let requests = sick.count();
    beckon.publish("invoice.paid", json!({})).await;
    assert_eq!(sick.count(), requests, "it gets nothing any more");
}

// behaviour T15
#[tokio::test]
async fn what_a_disabled_webhook_missed_is_sent_with_one_call() {
    let beckon = Beckon::start().await;
    let receiver = Receiver::start().await;
    receiver.script([Reply::status(500), Reply::status(410)]);
    beckon.event_type("invoice.paid").await;
    let body = json!({ "url": receiver.url("/"), "event_types": ["invoice.paid"], "retry_schedule": [3600] });
    let path = path_of(&beckon.webhook_with(body).await);
    // The first waits for its retry when the second has the webhook disabled, which cancels it.
    let first = beckon.publish("invoice.paid", json!({})).await;
    beckon.deliveries_once(&first, |delivery| delivery["status"] == "retrying").await;
    let second = beckon.publish("invoice.paid", json!({})).await;
    beckon.deliveries_once(&second, |delivery| delivery["status"] == "failed").await;
    beckon.deliveries_once(&first, |delivery| delivery["status"] == "canceled").await;

    let since = (Timestamp::now() - SignedDuration::from_hours(1)).to_string();
    let recover = format!("{path}/recover");
    beckon.api.post(&recover, json!({ "since": since })).await.expect(409);
    beckon.api.patch(&path, json!({ "enabled": true })).await.expect(200);
    let job = beckon.api.post(&recover, json!({ "since": since })).await.expect(202).json();
    assert_eq!(job["total"], 2, "{job}");
    for event in [&first, &second] {
        beckon.deliveries_once(event, |delivery| delivery["status"] == "delivered").await;
    }
    assert_eq!(receiver.ids().into_values().collect::<Vec<_>>(), [2, 2], "each was tried, and then sent once more");
}

// behaviour L10
#[tokio::test]
async fn a_webhook_with_a_rate_limit_gets_no_more_than_that_and_everything_in_the_end() {
    const PER_SECOND: usize = 10;
    const EVENTS: usize = 35;
    let beckon = Beckon::start().await;
    let receiver = Receiver::start().await;
    let times = succeed_and_note(&receiver);
    beckon.event_type("invoice.paid").await;
    let limit = json!({ "requests": PER_SECOND, "per": "second" });
    let body = json!({ "url": receiver.url("/"), "event_types": ["invoice.paid"], "rate_limit": limit });
    beckon.webhook_with(body).await;
    let events = beckon.publish_many("invoice.paid", EVENTS).await;
    receiver.received(EVENTS).await;
    let ids = receiver.ids();
    assert!(events.iter().all(|id| ids.get(id) == Some(&1)), "everything came, and once: {ids:?}");

    let times = times.lock().unwrap().clone();
    // Requests of one tenth of a second may be late and come with those of the next.
    let most = PER_SECOND + 1 + PER_SECOND / 5;
    for (n, from) in times.iter().enumerate() {
        let within = times[n..].iter().take_while(|at| at.duration_since(*from) < Duration::from_secs(1)).count();
        assert!(within <= most, "{within} in a second");
    }
}
