//! Behaviours S: what a receiver gets.

use beckon_testkit::receiver::{Receiver, Reply};
use serde_json::json;

use crate::beckon::Beckon;

// behaviour S1
#[tokio::test]
async fn an_acknowledged_event_is_on_disk_before_any_delivery() {
    let mut beckon = Beckon::start().await;
    beckon.event_type("invoice.paid").await;
    let id = beckon.publish("invoice.paid", json!({ "a": 1 })).await;
    beckon.kill();
    beckon.start_again().await;
    let event = beckon.api.get(&format!("/api/v1/events/{id}")).await.expect(200).json();
    assert_eq!(event["payload"], json!({ "a": 1 }));
}

/// JSON that another program would write another way: most of it parses, and would come out changed.
const ODD_PAYLOADS: [&str; 9] = [
    r#"{"a":1,"a":2}"#,
    r#"{ "a" : 1 ,"b":[ ] }"#,
    r#"{"z":1,"a":2}"#,
    r#"{"u":"\u00e9é\ud83d\ude00\/"}"#,
    r#"{"n":[1.0,1E2,-0.0,12345678901234567890123]}"#,
    r#"{"big":1e400}"#,
    r#"{"half":"\ud83d"}"#,
    r#"{"s":" "  }"#,
    r#""just text""#,
];

// behaviour S2
#[tokio::test]
async fn the_receiver_gets_the_exact_bytes_published() {
    let beckon = Beckon::start().await;
    let receiver = Receiver::start().await;
    beckon.event_type("invoice.paid").await;
    beckon.webhook(&receiver.url("/"), &["invoice.paid"]).await;
    let api = beckon.api.with("content-type", "application/json");
    for (n, payload) in ODD_PAYLOADS.iter().enumerate() {
        let body = format!("{{\"type\":\"invoice.paid\",\"payload\":{payload}}}");
        let event = api.send(hyper::Method::POST, "/api/v1/events", body).await.expect(201).json();
        let got = receiver.received(n + 1).await;
        assert_eq!(String::from_utf8_lossy(&got[n].body), *payload);
        let read = beckon.api.get(&format!("/api/v1/events/{}", event["id"].as_str().unwrap())).await.expect(200);
        let read = String::from_utf8_lossy(&read.body).into_owned();
        assert!(read.contains(&format!(":{payload}")), "reading it back shows the same bytes: {read}");
    }
}

// behaviour S5
#[tokio::test]
async fn retries_and_resends_carry_the_same_id_and_a_fresh_signature() {
    let beckon = Beckon::start().await;
    let receiver = Receiver::start().await;
    receiver.script([Reply::status(500), Reply::status(200), Reply::status(200)]);
    beckon.event_type("invoice.paid").await;
    let url = receiver.url("/");
    let body = json!({ "url": url, "event_types": ["invoice.paid"], "retry_schedule": [2] });
    beckon.webhook_with(body).await;

    let event = beckon.publish("invoice.paid", json!({})).await;
    receiver.received(2).await;
    let deliveries = beckon.deliveries_once(&event, |delivery| delivery["status"] == "delivered").await;
    let delivery = deliveries[0]["id"].as_str().unwrap();
    // The retry waited for more than a second, jitter taken off, so its timestamp differs; the resend waits for none.
    beckon.api.post(&format!("/api/v1/deliveries/{delivery}/resend"), json!({})).await.expect(202);
    let got = receiver.received(3).await;

    assert!(got.iter().all(|request| request.header("webhook-id") == Some(event.as_str())));
    let stamp = |n: usize| got[n].header("webhook-timestamp").unwrap().parse::<i64>().unwrap();
    assert!(stamp(0) < stamp(1), "the retry has a timestamp of its own");
    assert!(stamp(1) <= stamp(2));
    assert_ne!(got[0].header("webhook-signature"), got[1].header("webhook-signature"));
    assert!(got.iter().all(|request| request.body == got[0].body));
}

// behaviour S6
#[tokio::test]
async fn one_event_to_two_webhooks_has_one_id_and_two_signatures() {
    let beckon = Beckon::start().await;
    let receiver = Receiver::start().await;
    beckon.event_type("invoice.paid").await;
    for path in ["/one", "/two"] {
        beckon.webhook(&receiver.url(path), &["invoice.paid"]).await;
    }
    let event = beckon.publish("invoice.paid", json!({ "a": 1 })).await;
    let got = receiver.received(2).await;
    assert!(got.iter().all(|request| request.header("webhook-id") == Some(event.as_str())));
    assert_ne!(got[0].header("webhook-signature"), got[1].header("webhook-signature"));
}

// behaviour S9
#[tokio::test]
async fn a_secret_of_the_wrong_form_is_refused_by_field() {
    let beckon = Beckon::start().await;
    let body = json!({ "url": "https://example.com/", "event_types": ["contact.visited"], "secret": "whsec_short" });
    let answer = beckon.api.post("/api/v1/webhooks", body).await.expect(422);
    assert_eq!(answer.fields(), ["secret"]);
    assert!(!String::from_utf8_lossy(&answer.body).contains("whsec_short"), "the secret is not repeated");
}

#[tokio::test]
async fn a_test_event_answers_with_its_attempt() {
    let beckon = Beckon::start().await;
    let receiver = Receiver::start().await;
    receiver.script([Reply::status(202).with_body("thanks"), Reply::status(500).with_body("oh no")]);
    let webhook = beckon.webhook(&receiver.url("/"), &["contact.visited"]).await;
    let path = format!("/api/v1/webhooks/{}/test", webhook["id"].as_str().unwrap());

    let attempt = beckon.api.post(&path, json!({ "event_type": "contact.visited" })).await.expect(200).json();
    assert_eq!(attempt["status_code"], 202, "{attempt}");
    assert_eq!(attempt["outcome"], "delivered");
    assert_eq!(attempt["trigger"], "test");
    assert_eq!(attempt["response_body"], "thanks");
    let catalog = beckon.api.get("/api/v1/event-types/contact.visited").await.expect(200).json();
    assert_eq!(receiver.received(1).await[0].json(), catalog["example"], "the catalog's example was sent");

    let failed = beckon.api.post(&path, json!({ "event_type": "contact.intent" })).await.expect(200).json();
    assert_eq!(failed["outcome"], "failed", "{failed}");
    assert_eq!(failed["failure_kind"], "status");
    assert_eq!(failed["next_attempt_at"], json!(null), "a test is not repeated");
}
