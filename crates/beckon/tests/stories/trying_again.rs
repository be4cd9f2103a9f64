//! Behaviours T: what happens when a receiver does not take it.

use beckon_testkit::receiver::{Receiver, Reply};
use serde_json::{Value, json};

use crate::beckon::Beckon;

async fn a_webhook(beckon: &Beckon, receiver: &Receiver, retry_schedule: Value) -> Value {
    beckon.event_type("invoice.paid").await;
    let body = json!({ "url": receiver.url("/"), "event_types": ["invoice.paid"], "retry_schedule": retry_schedule });
    beckon.webhook_with(body).await
}

// behaviour T1
#[tokio::test]
async fn a_redirect_is_a_failure_and_is_not_followed() {
    let beckon = Beckon::start().await;
    let elsewhere = Receiver::start().await;
    let statuses = [301, 302, 303, 307, 308];
    let receiver = Receiver::start().await;
    receiver.script(statuses.map(|status| Reply::status(status).with_header("location", &elsewhere.url("/"))));
    a_webhook(&beckon, &receiver, json!([])).await;
    for _ in statuses {
        let event = beckon.publish("invoice.paid", json!({})).await;
        let deliveries = beckon.deliveries_once(&event, |delivery| delivery["status"] == "failed").await;
        let path = format!("/api/v1/deliveries/{}/attempts", deliveries[0]["id"].as_str().unwrap());
        assert_eq!(beckon.api.list(&path, 250).await[0]["failure_kind"], "redirect");
    }
    assert_eq!(receiver.count(), statuses.len());
    assert_eq!(elsewhere.count(), 0, "nobody followed");
}

// behaviour T4
#[tokio::test]
async fn an_empty_schedule_is_one_attempt() {
    let beckon = Beckon::start().await;
    let receiver = Receiver::start().await;
    receiver.always(503);
    a_webhook(&beckon, &receiver, json!([])).await;
    let event = beckon.publish("invoice.paid", json!({})).await;
    let deliveries = beckon.deliveries_once(&event, |delivery| delivery["status"] == "failed").await;
    assert_eq!(deliveries[0]["attempt_count"], 1);
}

// behaviour T7
#[tokio::test]
async fn gone_stops_at_once_and_disables_the_webhook_with_the_reason() {
    let beckon = Beckon::start().await;
    let receiver = Receiver::start().await;
    receiver.always(410);
    let webhook = a_webhook(&beckon, &receiver, json!([0, 0])).await;
    let event = beckon.publish("invoice.paid", json!({})).await;
    let deliveries = beckon.deliveries_once(&event, |delivery| delivery["status"] == "failed").await;
    assert_eq!(deliveries[0]["attempt_count"], 1);
    let path = format!("/api/v1/webhooks/{}", webhook["id"].as_str().unwrap());
    let webhook = beckon.api.get(&path).await.expect(200).json();
    assert_eq!(webhook["enabled"], false);
    assert!(webhook["disabled_reason"].as_str().unwrap().contains("410"), "{webhook}");
}

// behaviour T8
#[tokio::test]
async fn an_exhausted_delivery_is_failed_and_announced_once() {
    let beckon = Beckon::start().await;
    let receiver = Receiver::start().await;
    receiver.always(500);
    let notices = Receiver::start().await;
    a_webhook(&beckon, &receiver, json!([0, 0])).await;
    beckon.webhook(&notices.url("/"), &["delivery.exhausted"]).await;
    let event = beckon.publish("invoice.paid", json!({})).await;
    let deliveries = beckon.deliveries_once(&event, |delivery| delivery["status"] == "failed").await;
    assert_eq!(deliveries[0]["attempt_count"], 3, "one attempt and two retries");
    assert_eq!(deliveries[0]["next_attempt_at"], json!(null));

    let notice = notices.received(1).await[0].json();
    assert_eq!(notice["event"], "delivery.exhausted");
    assert_eq!(notice["delivery"]["event_id"], event.as_str());
    assert_eq!(notice["delivery"]["attempts"], 3);
    let announced = beckon.api.list("/api/v1/events?type=delivery.exhausted", 250).await;
    assert_eq!(announced.len(), 1);
    assert_eq!(receiver.count(), 3);
}

// behaviour T9
#[tokio::test]
async fn success_after_failure_ends_it() {
    let beckon = Beckon::start().await;
    let receiver = Receiver::start().await;
    receiver.script([Reply::status(500), Reply::status(503), Reply::status(204)]);
    a_webhook(&beckon, &receiver, json!([0, 0, 0, 0])).await;
    let event = beckon.publish("invoice.paid", json!({})).await;
    let deliveries = beckon.deliveries_once(&event, |delivery| delivery["status"] == "delivered").await;
    assert_eq!(deliveries[0]["attempt_count"], 3);
    assert_eq!(deliveries[0]["next_attempt_at"], json!(null));
    let path = format!("/api/v1/deliveries/{}/attempts", deliveries[0]["id"].as_str().unwrap());
    let attempts = beckon.api.list(&path, 250).await;
    let codes: Vec<_> = attempts.iter().map(|attempt| attempt["status_code"].as_u64().unwrap()).collect();
    assert_eq!(codes, [500, 503, 204]);
    assert!(attempts[0]["next_attempt_at"].is_string(), "each failed attempt says when the next was due");
}

// behaviour T10
#[tokio::test]
async fn a_failed_resend_adds_one_attempt_and_leaves_the_schedule_alone() {
    let beckon = Beckon::start().await;
    let receiver = Receiver::start().await;
    receiver.always(500);
    a_webhook(&beckon, &receiver, json!([3600])).await;
    let event = beckon.publish("invoice.paid", json!({})).await;
    let before = beckon.deliveries_once(&event, |delivery| delivery["status"] == "retrying").await;
    let id = before[0]["id"].as_str().unwrap();
    beckon.api.post(&format!("/api/v1/deliveries/{id}/resend"), json!({})).await.expect(202);
    let after = beckon.deliveries_once(&event, |delivery| delivery["attempt_count"] == 2).await;
    assert_eq!(after[0]["status"], "retrying");
    assert_eq!(after[0]["next_attempt_at"], before[0]["next_attempt_at"], "the retry is due when it was");
    assert_eq!(receiver.count(), 2);
}

// behaviour T11
#[tokio::test]
async fn a_resend_to_a_disabled_webhook_says_so() {
    let beckon = Beckon::start().await;
    let receiver = Receiver::start().await;
    let webhook = a_webhook(&beckon, &receiver, json!([])).await;
    let event = beckon.publish("invoice.paid", json!({})).await;
    let deliveries = beckon.deliveries_once(&event, |delivery| delivery["status"] == "delivered").await;
    let path = format!("/api/v1/webhooks/{}", webhook["id"].as_str().unwrap());
    let resend = format!("/api/v1/deliveries/{}/resend", deliveries[0]["id"].as_str().unwrap());
    beckon.api.patch(&path, json!({ "enabled": false })).await.expect(200);
    beckon.api.post(&resend, json!({})).await.expect(409);
    beckon.api.delete(&path).await.expect(204);
    beckon.api.post(&resend, json!({})).await.expect(409);
}

// behaviour T12
#[tokio::test]
async fn cancel_ends_all_attempts_to_come() {
    let beckon = Beckon::start().await;
    let receiver = Receiver::start().await;
    receiver.always(500);
    a_webhook(&beckon, &receiver, json!([3600])).await;
    let event = beckon.publish("invoice.paid", json!({})).await;
    let deliveries = beckon.deliveries_once(&event, |delivery| delivery["status"] == "retrying").await;
    let path = format!("/api/v1/deliveries/{}/cancel", deliveries[0]["id"].as_str().unwrap());
    let canceled = beckon.api.post(&path, json!({})).await.expect(200).json();
    assert_eq!(canceled["status"], "canceled");
    assert_eq!(canceled["next_attempt_at"], json!(null));
    beckon.api.post(&path, json!({})).await.expect(409);
}
