//! Trying again when a person says so, over HTTP.

#![expect(clippy::unwrap_used, reason = "a panic here is a failed test")]

use beckon_testkit::Receiver;
use beckon_testkit::receiver::Reply;
use serde_json::{Value, json};

use crate::house::House;

/// A house, a receiver, and the path of a webhook that tries again after an hour.
async fn a_webhook() -> (House, Receiver, String) {
    let house = House::new().await;
    house.post("/api/v1/event-types", json!({"name": "order.paid"})).await;
    let receiver = Receiver::start().await;
    let form = json!({"url": receiver.url("/"), "event_types": ["order.paid"], "retry_schedule": [3600, 3600]});
    let webhook = house.post("/api/v1/webhooks", form).await;
    let path = format!("/api/v1/webhooks/{}", webhook.id());
    (house, receiver, path)
}

/// Publishes an event, and gives the path of its delivery once that stands so.
async fn a_delivery(house: &House, status: &str) -> String {
    let event = house.post("/api/v1/events", json!({"type": "order.paid", "payload": {}})).await.id();
    let deliveries = format!("/api/v1/events/{event}/deliveries");
    let rows = house.once(&deliveries, |rows| rows["data"][0]["status"] == status).await;
    format!("/api/v1/deliveries/{}", rows["data"][0]["id"].as_str().unwrap())
}

// behaviour T10
#[tokio::test]
async fn a_retry_now_is_the_schedules_next_request_and_a_resend_is_one_beside_it() {
    let (house, receiver, _) = a_webhook().await;
    receiver.always(500);
    let delivery = a_delivery(&house, "retrying").await;
    let before = house.get(&delivery).await.json();
    let resent = house.post(&format!("{delivery}/resend"), "").await;
    assert_eq!(resent.status, 202, "{}", resent.text);
    receiver.received(2).await;
    let after = house.once(&delivery, |delivery| delivery["attempt_count"] == 2).await;
    assert_eq!(after["next_attempt_at"], before["next_attempt_at"], "the schedule goes on as it was");

    let retried = house.post(&format!("{delivery}/retry"), "").await;
    assert_eq!(retried.status, 202, "{}", retried.text);
    receiver.received(3).await;
    let after = house.once(&delivery, |delivery| delivery["attempt_count"] == 3).await;
    assert_eq!(after["status"], "retrying", "one request of the schedule is left");
    house.post(&format!("{delivery}/retry"), "").await;
    let after = house.once(&delivery, |delivery| delivery["attempt_count"] == 4).await;
    assert_eq!((&after["status"], &after["next_attempt_at"]), (&json!("failed"), &Value::Null));
    let attempts = house.get(&format!("{delivery}/attempts")).await.json();
    let triggers: Vec<_> =
        attempts["data"].as_array().unwrap().iter().map(|attempt| attempt["trigger"].clone()).collect();
    assert_eq!(triggers, ["schedule", "resend", "schedule", "schedule"]);
}

// behaviour T12
#[tokio::test]
async fn what_has_ended_is_not_retried() {
    let (house, receiver, _) = a_webhook().await;
    receiver.always(500);
    let delivery = a_delivery(&house, "retrying").await;
    house.post(&format!("{delivery}/cancel"), "").await;
    let refused = house.post(&format!("{delivery}/retry"), "").await;
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (409, "conflict"));
    assert_eq!(house.post("/api/v1/deliveries/dlv_00000000000000000000000000/retry", "").await.code(), "not_found");
    assert_eq!(receiver.count(), 1);
}

// behaviour T6 (in part)
#[tokio::test]
async fn a_webhook_shows_that_it_is_paused_and_a_resend_ends_the_pause() {
    let (house, receiver, webhook) = a_webhook().await;
    receiver.reply_with(|_| Reply::status(503).with_header("retry-after", "1800"));
    let delivery = a_delivery(&house, "retrying").await;
    let paused = house.once(&webhook, |webhook| webhook["health"]["state"] != "healthy").await;
    assert_eq!(paused["health"]["state"], "paused");
    assert!(paused["health"]["failing_since"].is_string());
    let until: jiff::Timestamp = paused["health"]["paused_until"].as_str().unwrap().parse().unwrap();
    assert!(until.duration_since(house.ambient.now()).as_secs() > 1000, "{until}");
    let listed = house.get("/api/v1/webhooks").await.json();
    assert_eq!(listed["data"][0]["health"], paused["health"]);

    receiver.always(200);
    assert_eq!(house.post(&format!("{delivery}/resend"), "").await.status, 202);
    house.once(&delivery, |delivery| delivery["status"] == "delivered").await;
    let health = house.get(&webhook).await.json()["health"].clone();
    assert_eq!((&health["paused_until"], &health["failing_since"]), (&Value::Null, &Value::Null));
    assert_eq!(health["state"], "recovering");
}

// behaviour T6 (in part)
#[tokio::test]
async fn a_retry_now_ends_the_pause_too() {
    let (house, receiver, webhook) = a_webhook().await;
    receiver.reply_with(|_| Reply::status(503).with_header("retry-after", "1800"));
    let delivery = a_delivery(&house, "retrying").await;
    house.once(&webhook, |webhook| webhook["health"]["state"] == "paused").await;
    receiver.always(200);
    assert_eq!(house.post(&format!("{delivery}/retry"), "").await.status, 202);
    house.once(&delivery, |delivery| delivery["status"] == "delivered").await;
}

// behaviour T12
#[tokio::test]
async fn canceling_what_holds_up_a_fifo_webhook_lets_the_next_one_go() {
    let (house, receiver, webhook) = a_webhook().await;
    assert_eq!(house.patch(&webhook, json!({"fifo": true})).await.json()["fifo"], true);
    receiver.always(500);
    let first = a_delivery(&house, "retrying").await;
    let shown = house.get(&first).await.json();
    let next: jiff::Timestamp = shown["next_attempt_at"].as_str().unwrap().parse().unwrap();
    assert!(next.duration_since(house.ambient.now()).as_secs() > 1000, "it is held until then: {next}");
    receiver.always(200);
    let second = a_delivery(&house, "pending").await;
    assert_eq!(receiver.count(), 1, "nothing passes the first");
    assert_eq!(house.post(&format!("{first}/cancel"), "").await.json()["status"], "canceled");
    house.once(&second, |delivery| delivery["status"] == "delivered").await;
}

// behaviour V1
#[tokio::test]
async fn an_attempt_shows_all_of_it() {
    let house = House::new().await;
    house.post("/api/v1/event-types", json!({"name": "order.paid"})).await;
    let receiver = Receiver::start().await;
    receiver.reply_with(|_| Reply::status(418).with_header("x-pot", "short").with_body("no coffee here"));
    let form = json!({"url": receiver.url("/in"), "event_types": ["order.paid"], "retry_schedule": [3600],
                      "headers": {"X-Team": "sales"}, "auth": {"kind": "bearer", "token": "s3cret"}});
    assert_eq!(house.post("/api/v1/webhooks", form).await.status, 201);
    let delivery = a_delivery(&house, "retrying").await;
    let attempts = house.get(&format!("{delivery}/attempts")).await;
    assert!(!attempts.text.contains("s3cret"), "{}", attempts.text);
    let attempt = attempts.json()["data"][0].clone();
    assert_eq!((&attempt["status_code"], &attempt["outcome"]), (&json!(418), &json!("failed")));
    assert_eq!((&attempt["failure_kind"], &attempt["trigger"]), (&json!("status"), &json!("schedule")));
    assert_eq!(attempt["url"], receiver.url("/in"));
    assert_eq!((&attempt["number"], &attempt["response_body"]), (&json!(1), &json!("no coffee here")));
    let headers = attempt["response_headers"].as_array().unwrap();
    assert!(headers.contains(&json!({"name": "x-pot", "value": "short"})), "{attempt}");
    let sent = attempt["request_headers"].as_object().unwrap();
    assert_eq!(sent.iter().find(|(name, _)| name.eq_ignore_ascii_case("x-team")).unwrap().1, "sales");
    assert_eq!(sent.iter().find(|(name, _)| name.eq_ignore_ascii_case("authorization")).unwrap().1, "***");
    assert!(attempt["timings"]["total_us"].as_u64().unwrap() > 0, "{attempt}");
    assert!(attempt["timings"]["connect_us"].is_u64() && attempt["timings"]["first_byte_us"].is_u64(), "{attempt}");
    assert_eq!(attempt["next_attempt_at"], house.get(&delivery).await.json()["next_attempt_at"]);
    assert!(attempt["message"].as_str().unwrap().contains("418"), "{attempt}");
}
