//! The event catalog over HTTP.

use serde_json::json;

use crate::house::House;

#[tokio::test]
async fn a_workspace_defines_event_types_beside_the_built_in_ones() {
    let house = House::new().await;
    let schema = json!({"type": "object", "required": ["amount"]});
    let form = json!({"name": "order.paid", "description": "d", "schema": schema, "example": {"amount": 1}});
    let made = house.post("/api/v1/event-types", &form).await;
    assert_eq!(
        (made.status.as_u16(), &made.headers["location"]),
        (201, &"/api/v1/event-types/order.paid".parse().unwrap())
    );
    assert_eq!(house.get("/api/v1/event-types/order.paid").await.json(), made.json());
    let listed = house.get("/api/v1/event-types").await.json()["data"].as_array().unwrap().clone();
    assert_eq!(listed.first().unwrap()["origin"], "built_in");
    assert_eq!(*listed.last().unwrap(), made.json());
    assert_eq!(house.post("/api/v1/event-types", &form).await.code(), "conflict");

    let cleared = house.patch("/api/v1/event-types/order.paid", json!({"schema": null, "description": null})).await;
    assert_eq!((&cleared.json()["schema"], &cleared.json()["description"]), (&json!(null), &json!("")));
    assert_eq!(cleared.json()["example"], json!({"amount": 1}), "absent keeps");
    assert_eq!(house.delete("/api/v1/event-types/order.paid").await.status, 204);
    assert_eq!(house.get("/api/v1/event-types/order.paid").await.code(), "not_found");
}

#[tokio::test]
async fn built_in_event_types_are_read_only() {
    let house = House::new().await;
    let path = "/api/v1/event-types/contact.visited";
    assert_eq!(house.get(path).await.status, 200);
    assert_eq!(house.patch(path, json!({"description": "x"})).await.code(), "conflict");
    assert_eq!(house.delete(path).await.code(), "conflict");
    assert_eq!(house.post("/api/v1/event-types", json!({"name": "contact.won"})).await.fields(), ["name"]);
}

#[tokio::test]
async fn a_schema_that_is_none_and_an_example_that_violates_it_are_refused() {
    let house = House::new().await;
    let bad = house.post("/api/v1/event-types", json!({"name": "order.paid", "schema": {"type": "nonsense"}})).await;
    assert_eq!(bad.status, 422, "{}", bad.text);
    assert!(bad.fields()[0].starts_with("schema"), "{}", bad.text);
    let schema = json!({"type": "object", "properties": {"amount": {"type": "number"}}});
    let example = house
        .post("/api/v1/event-types", json!({"name": "order.paid", "schema": schema, "example": {"amount": "x"}}))
        .await;
    assert_eq!(example.fields(), ["example/amount"]);
}

#[tokio::test]
async fn an_event_type_that_a_webhook_lists_stays() {
    let house = House::new().await;
    house.post("/api/v1/event-types", json!({"name": "order.paid"})).await;
    let webhook = json!({"url": "https://a.example/", "event_types": ["order.paid"]});
    let webhook = house.post("/api/v1/webhooks", webhook).await.id();
    assert_eq!(house.delete("/api/v1/event-types/order.paid").await.code(), "conflict");
    house.delete(&format!("/api/v1/webhooks/{webhook}")).await;
    assert_eq!(house.delete("/api/v1/event-types/order.paid").await.status, 204);
}
