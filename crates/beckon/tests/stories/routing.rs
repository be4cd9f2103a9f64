//! Behaviours R: which webhooks get an event.

use beckon_testkit::receiver::Receiver;
use serde_json::json;

use crate::beckon::Beckon;

// behaviour R1
#[tokio::test]
async fn each_routing_condition_alone_keeps_an_event_away() {
    let beckon = Beckon::start().await;
    let receiver = Receiver::start().await;
    let everyone = json!({ "all": [] });
    let fits = beckon.segment("Everyone", everyone.clone()).await;
    let disabled = beckon.segment("Disabled", everyone.clone()).await;
    let silent = beckon.segment("No webhook action", everyone).await;
    let path = |segment: &serde_json::Value| format!("/api/v1/segments/{}", segment["id"].as_str().unwrap());
    beckon.api.patch(&path(&disabled), json!({ "enabled": false })).await.expect(200);
    beckon.api.patch(&path(&silent), json!({ "actions": [] })).await.expect(200);

    let visited = ["contact.visited"];
    beckon.webhook(&receiver.url("/fits"), &visited).await;
    beckon.webhook(&receiver.url("/other-type"), &["contact.intent"]).await;
    let other_channel =
        json!({ "url": receiver.url("/other-channel"), "event_types": visited, "channels": [disabled["id"]] });
    beckon.webhook_with(other_channel).await;
    beckon.webhook_with(json!({ "url": receiver.url("/disabled"), "event_types": visited, "enabled": false })).await;

    beckon.contact(json!({ "email": "jane@acme.test", "user_id": "u1" })).await;
    beckon.track("page", json!({ "userId": "u1", "properties": { "path": "/" } })).await;
    receiver.received(1).await;
    let events = beckon.api.list("/api/v1/events", 250).await;
    assert_eq!(events.len(), 1, "one segment announces: {events:?}");
    assert_eq!(events[0]["channels"], json!([fits["channel"]]));
    assert_eq!(events[0]["delivery_count"], 1, "one webhook fits");
    let paths: Vec<_> = receiver.received(1).await.into_iter().map(|request| request.path).collect();
    assert_eq!(paths, ["/fits"]);
}

// behaviour R2
#[tokio::test]
async fn a_webhook_with_channels_gets_only_what_is_labelled_with_one_of_them() {
    let beckon = Beckon::start().await;
    let receiver = Receiver::start().await;
    beckon.event_type("invoice.paid").await;
    let one = beckon.segment("One", json!({ "all": [] })).await;
    let two = beckon.segment("Two", json!({ "all": [] })).await;
    let limited =
        json!({ "url": receiver.url("/limited"), "event_types": ["invoice.paid"], "channels": [one["channel"]] });
    beckon.webhook_with(limited).await;
    beckon.webhook(&receiver.url("/open"), &["invoice.paid"]).await;

    let publish = async |channels: serde_json::Value| {
        let body = json!({ "type": "invoice.paid", "payload": {}, "channels": channels });
        beckon.api.post("/api/v1/events", body).await.expect(201).json()["delivery_count"].clone()
    };
    assert_eq!(publish(json!([])).await, 1, "an unlabelled event skips the limited webhook");
    assert_eq!(publish(json!([two["channel"]])).await, 1);
    assert_eq!(publish(json!([two["channel"], one["channel"]])).await, 2);
}

// behaviour R3
#[tokio::test]
async fn channels_are_typed_as_people_type_them_and_unknown_tokens_are_named() {
    let beckon = Beckon::start().await;
    let one = beckon.segment("One", json!({ "all": [] })).await["id"].as_str().unwrap().to_owned();
    let two = beckon.segment("Two", json!({ "all": [] })).await["id"].as_str().unwrap().to_owned();
    let make = async |channels: serde_json::Value| {
        let body = json!({ "url": "https://example.com/", "event_types": ["contact.visited"], "channels": channels });
        beckon.api.post("/api/v1/webhooks", body).await
    };
    let both = json!([format!("segment_{one}"), format!("segment_{two}")]);
    for typed in [
        json!(format!("segment_{one} segment_{two}")),
        json!(format!("{one},{two}\n")),
        json!([format!("segment_{one}"), two]),
    ] {
        assert_eq!(make(typed.clone()).await.expect(201).json()["channels"], both, "{typed}");
    }
    let refused = make(json!(format!("segment_{one} nginx segment_999999999"))).await.expect(422);
    let reasons = refused.json()["errors"].to_string();
    assert!(reasons.contains("nginx") && reasons.contains("segment_999999999"), "{reasons}");
    assert_eq!(refused.fields(), ["channels", "channels"]);
}

// behaviour R4
#[tokio::test]
async fn deleting_or_disabling_a_segment_never_widens_a_webhook() {
    let beckon = Beckon::start().await;
    beckon.event_type("invoice.paid").await;
    let one = beckon.segment("One", json!({ "all": [] })).await;
    let body = json!({ "url": "https://example.com/", "event_types": ["invoice.paid"], "channels": [one["id"]] });
    let webhook = beckon.webhook_with(body).await;
    beckon.api.delete(&format!("/api/v1/segments/{}", one["id"].as_str().unwrap())).await.expect(204);

    let body = json!({ "type": "invoice.paid", "payload": {} });
    let event = beckon.api.post("/api/v1/events", body).await.expect(201).json();
    assert_eq!(event["delivery_count"], 0);
    let kept =
        beckon.api.get(&format!("/api/v1/webhooks/{}", webhook["id"].as_str().unwrap())).await.expect(200).json();
    assert_eq!(kept["channels"], json!([one["channel"]]), "the limit stays");
}

// behaviour R5
#[tokio::test]
async fn unknown_or_no_event_types_are_refused_each_named() {
    let beckon = Beckon::start().await;
    let make = async |event_types: serde_json::Value| {
        let body = json!({ "url": "https://example.com/", "event_types": event_types });
        beckon.api.post("/api/v1/webhooks", body).await.expect(422)
    };
    assert_eq!(make(json!([])).await.fields(), ["event_types"]);
    let answer = make(json!(["contact.visited", "contact.vanished", "invoice.paid"])).await;
    assert_eq!(answer.fields(), ["event_types/1", "event_types/2"]);
    assert!(answer.json()["errors"].to_string().contains("contact.vanished"));
}

// behaviour R6
#[tokio::test]
async fn an_event_that_violates_its_schema_is_refused_with_the_pointer() {
    let beckon = Beckon::start().await;
    let schema = json!({
        "type": "object",
        "required": ["amount"],
        "properties": { "amount": { "type": "number" }, "lines": { "type": "array", "items": { "type": "string" } } },
    });
    let body = json!({ "name": "invoice.paid", "description": "Paid.", "schema": schema, "example": { "amount": 1 } });
    beckon.api.post("/api/v1/event-types", body).await.expect(201);

    let body = json!({ "type": "invoice.paid", "payload": { "amount": "12", "lines": ["a", 2] } });
    let answer = beckon.api.post("/api/v1/events", body).await.expect(422);
    assert_eq!(answer.fields(), ["payload/amount", "payload/lines/1"]);
    assert!(beckon.api.list("/api/v1/events", 250).await.is_empty(), "nothing was stored");
    beckon.publish("invoice.paid", json!({ "amount": 12 })).await;
}

// behaviour R7
#[tokio::test]
async fn a_disabled_or_deleted_webhook_gets_nothing_more_pending_retries_included() {
    let beckon = Beckon::start().await;
    let receiver = Receiver::start().await;
    receiver.always(500);
    beckon.event_type("invoice.paid").await;
    for end in ["disable", "delete"] {
        let body = json!({ "url": receiver.url("/"), "event_types": ["invoice.paid"], "retry_schedule": [0, 3600] });
        let webhook = beckon.webhook_with(body).await;
        let path = format!("/api/v1/webhooks/{}", webhook["id"].as_str().unwrap());
        let event = beckon.publish("invoice.paid", json!({})).await;
        beckon.deliveries_once(&event, |delivery| delivery["attempt_count"] == 2).await;
        if end == "disable" {
            beckon.api.patch(&path, json!({ "enabled": false })).await.expect(200);
        } else {
            beckon.api.delete(&path).await.expect(204);
        }
        let deliveries = beckon.api.list(&format!("/api/v1/events/{event}/deliveries"), 250).await;
        assert_eq!(deliveries[0]["status"], "canceled", "at once, after {end}");
        assert_eq!(deliveries[0]["next_attempt_at"], json!(null));
        let later =
            beckon.api.post("/api/v1/events", json!({ "type": "invoice.paid", "payload": {} })).await.expect(201);
        assert_eq!(later.json()["delivery_count"], 0, "after {end}");
    }
}

// behaviour R10
#[tokio::test]
async fn an_event_nobody_takes_shows_as_such() {
    let beckon = Beckon::start().await;
    beckon.event_type("invoice.paid").await;
    let event =
        beckon.api.post("/api/v1/events", json!({ "type": "invoice.paid", "payload": {} })).await.expect(201).json();
    assert_eq!(event["delivery_count"], 0);
    let path = format!("/api/v1/events/{}", event["id"].as_str().unwrap());
    assert_eq!(beckon.api.get(&path).await.expect(200).json()["delivery_count"], 0);
    assert!(beckon.api.list(&format!("{path}/deliveries"), 250).await.is_empty());
    assert!(beckon.api.list("/api/v1/deliveries", 250).await.is_empty());
}

// behaviour R8 (in part)
#[tokio::test]
async fn a_changed_url_header_and_secret_apply_to_the_next_attempt() {
    let beckon = Beckon::start().await;
    let (old, new) = (Receiver::start().await, Receiver::start().await);
    old.always(500);
    beckon.event_type("invoice.paid").await;
    let body = json!({
        "url": old.url("/"), "event_types": ["invoice.paid"], "headers": { "X-Team": "old" }, "retry_schedule": [1],
    });
    let webhook = beckon.webhook_with(body).await;
    let path = format!("/api/v1/webhooks/{}", webhook["id"].as_str().unwrap());
    let event = beckon.publish("invoice.paid", json!({})).await;
    beckon.deliveries_once(&event, |delivery| delivery["status"] == "retrying").await;
    beckon.api.patch(&path, json!({ "url": new.url("/"), "headers": { "X-Team": "new" } })).await.expect(200);
    let rotate = json!({ "grace_seconds": 0 });
    let secret = beckon.api.post(&format!("{path}/secret/rotate"), rotate).await.expect(200).json()["secret"].clone();

    let retried = new.received(1).await.remove(0);
    assert_eq!(retried.header("webhook-id"), Some(event.as_str()));
    assert_eq!(retried.header("x-team"), Some("new"));
    let verifier = standardwebhooks::Webhook::new(secret.as_str().unwrap()).unwrap();
    assert!(verifier.verify(&retried.body, &retried.headers).is_ok(), "signed with the new secret");
    assert_eq!(old.count(), 1);
}
