//! Publishing events and following their deliveries over HTTP.

use beckon_testkit::Receiver;
use serde_json::json;

use crate::house::House;

/// A house with an event type that takes any payload.
async fn house_with_a_type() -> House {
    let house = House::new().await;
    let made = house.post("/api/v1/event-types", json!({"name": "order.paid", "description": "d"})).await;
    assert_eq!(made.status, 201, "{}", made.text);
    house
}

// behaviour S2
#[tokio::test]
async fn a_payload_is_stored_and_shown_byte_for_byte() {
    let house = house_with_a_type().await;
    let payload = r#"{"b" : 1e400, "b":1.0 ,"u":"\u00e9\ud83d é", "n":12345678901234567890123 }"#;
    let made = house.post("/api/v1/events", format!(r#"{{"type":"order.paid","payload": {payload}  }}"#)).await;
    assert_eq!(made.status, 201, "{}", made.text);
    assert_eq!(made.json()["delivery_count"], 0);
    let shown = house.get(made.headers["location"].to_str().unwrap()).await;
    assert!(shown.text.contains(payload), "{}", shown.text);
}

// behaviour A2
#[tokio::test]
async fn the_same_id_again_is_the_first_event_or_a_conflict() {
    let house = house_with_a_type().await;
    let event = json!({"type": "order.paid", "id": "order-1", "payload": {"a": 1}, "channels": ["eu"]});
    let first = house.post("/api/v1/events", &event).await;
    let again = house.post("/api/v1/events", &event).await;
    assert_eq!((first.status.as_u16(), again.status.as_u16()), (201, 200));
    assert_eq!(first.json(), again.json());
    let other = house.post("/api/v1/events", json!({"type": "order.paid", "id": "order-1", "payload": {}})).await;
    assert_eq!((other.status.as_u16(), other.code().as_str()), (409, "event_id_taken"));
    assert!(other.json()["detail"].as_str().unwrap().contains("order-1"));
}

#[tokio::test]
async fn what_cannot_be_published_is_named() {
    let house = house_with_a_type().await;
    let unknown = house.post("/api/v1/events", json!({"type": "no.such", "payload": {}})).await;
    assert_eq!((unknown.status.as_u16(), unknown.fields()), (422, vec!["type".to_owned()]));
    let shape = house.post("/api/v1/events", json!({"id": "a.b", "channels": ["x y"], "note": 1})).await;
    assert_eq!(shape.fields(), ["channels/0", "id", "note", "payload", "type"]);
}

// behaviour R6
#[tokio::test]
async fn a_payload_that_violates_its_schema_is_refused_by_place() {
    let house = House::new().await;
    let schema = json!({"type": "object", "properties": {"amount": {"type": "number"}}});
    house.post("/api/v1/event-types", json!({"name": "order.paid", "schema": schema})).await;
    let answer = house.post("/api/v1/events", json!({"type": "order.paid", "payload": {"amount": "five"}})).await;
    assert_eq!((answer.status.as_u16(), answer.fields()), (422, vec!["payload/amount".to_owned()]));
}

// behaviour L9
#[tokio::test]
async fn a_payload_over_the_limit_is_refused() {
    let house = house_with_a_type().await;
    let answer = house.post("/api/v1/events", json!({"type": "order.paid", "payload": "x".repeat(300 * 1024)})).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (413, "payload_too_large"));
}

#[tokio::test]
async fn each_event_of_a_batch_stands_for_itself_in_its_place() {
    let house = house_with_a_type().await;
    let good = |id: &str| json!({"type": "order.paid", "payload": {}, "id": id});
    let answer = house
        .post("/api/v1/events/batch", json!({"events": [good("a"), {"type": "no.such", "payload": 1}, good("b")]}))
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let events = answer.json()["events"].clone();
    assert_eq!((&events[0]["id"], &events[2]["id"]), (&json!("a"), &json!("b")));
    assert_eq!(events[1]["error"]["code"], "invalid_request");
    assert_eq!(events[1]["error"]["errors"][0]["field"], "type");
    let none = house.post("/api/v1/events/batch", json!({"events": []})).await;
    assert_eq!(none.fields(), ["events"]);
    let shape = house.post("/api/v1/events/batch", json!({"events": [good("c"), {"payload": 1}]})).await;
    assert_eq!(shape.fields(), ["events/1/type"]);
    let odd = json!({"type": "t".repeat(129), "payload": 1, "id": "no id"});
    let shape = house.post("/api/v1/events/batch", json!({"events": [good("c"), odd]})).await;
    assert_eq!(shape.fields(), ["events/1/id", "events/1/type"]);
    assert_eq!(house.get("/api/v1/events").await.json()["data"].as_array().unwrap().len(), 2);
}

// behaviour A5
#[tokio::test]
async fn events_are_listed_by_what_is_asked_for() {
    let house = house_with_a_type().await;
    house.post("/api/v1/event-types", json!({"name": "order.lost"})).await;
    for (id, kind, channel) in [("a", "order.paid", "eu"), ("b", "order.paid", "us"), ("c", "order.lost", "eu")] {
        house.post("/api/v1/events", json!({"type": kind, "id": id, "payload": 1, "channels": [channel]})).await;
    }
    let listed = async |query: &str| {
        let answer = house.get(&format!("/api/v1/events?{query}")).await.json();
        let rows = answer["data"].as_array().unwrap().clone();
        rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(listed("").await, ["c", "b", "a"]);
    assert_eq!(listed("type=order.paid&channel=eu").await, ["a"]);
    assert_eq!(listed("type=order.paid&since=2020-01-01T00:00:00Z").await, ["b", "a"]);
    assert!(listed("until=2020-01-01T00:00:00Z").await.is_empty());
    assert_eq!(house.get("/api/v1/events?since=yesterday&kind=x").await.fields(), ["kind", "since"]);
}

// behaviour T11
#[tokio::test]
async fn a_delivery_can_be_followed_sent_again_and_ended() {
    let house = house_with_a_type().await;
    let receiver = Receiver::start().await;
    let form = json!({"url": receiver.url("/"), "event_types": ["order.paid"]});
    let webhook = house.post("/api/v1/webhooks", form).await.id();
    let event = house.post("/api/v1/events", json!({"type": "order.paid", "payload": {"n": 1}})).await;
    assert_eq!(event.json()["delivery_count"], 1);
    receiver.received(1).await;
    let listed = format!("/api/v1/events/{}/deliveries", event.id());
    let delivery = loop {
        let delivery = house.get(&listed).await.json()["data"][0].clone();
        if delivery["status"] == "delivered" {
            break delivery;
        }
        tokio::task::yield_now().await;
    };
    let path = format!("/api/v1/deliveries/{}", delivery["id"].as_str().unwrap());
    assert_eq!(house.get(&path).await.json(), delivery);
    let query = format!("webhook_id={webhook}&event_id={}&status=delivered&event_type=order.paid", event.id());
    assert_eq!(house.get(&format!("/api/v1/deliveries?{query}")).await.json()["data"], json!([delivery]));

    let ended = house.post(&format!("{path}/cancel"), "").await;
    assert_eq!((ended.status.as_u16(), ended.code().as_str()), (409, "conflict"));
    assert_eq!(house.post(&format!("{path}/resend"), "").await.status, 202);
    assert_eq!(receiver.received(2).await[1].body, b"{\"n\":1}".as_slice());

    house.delete(&format!("/api/v1/webhooks/{webhook}")).await;
    let refused = house.post(&format!("{path}/resend"), "").await;
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (409, "webhook_disabled"));
}
