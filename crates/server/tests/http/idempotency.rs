//! `Idempotency-Key` over HTTP.

use std::sync::Arc;

use beckon_server::Options;
use beckon_store::{IdempotencyStore, KeyStore, PageRequest};
use beckon_testkit::FakeClock;
use beckon_testkit::ambient::ambient_with;
use http::Method;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::house::{Answer, House};

async fn publish(house: &House, key: &str, payload: &str) -> Answer {
    let body = format!(r#"{{"type":"contact.visited","payload":{payload}}}"#);
    house.call_with(Method::POST, "/api/v1/events", &body, &[("idempotency-key", key)]).await
}

async fn an_example(house: &House) -> String {
    house.get("/api/v1/event-types/contact.visited").await.json()["example"].to_string()
}

// behaviour A1
#[tokio::test]
async fn the_same_key_and_body_is_answered_the_same_and_stored_once() {
    let house = House::new().await;
    let payload = an_example(&house).await;
    let first = publish(&house, "order-1", &payload).await;
    assert_eq!(first.status, 201, "{}", first.text);
    assert!(!first.headers.contains_key("idempotent-replayed"));
    let again = publish(&house, "order-1", &payload).await;
    assert_eq!((again.status, &again.text), (first.status, &first.text));
    assert_eq!(again.headers["idempotent-replayed"], "true");
    assert_eq!(again.headers["location"], format!("/api/v1/events/{}", first.id()));
    assert_eq!(again.headers["location"], first.headers["location"]);
    assert_eq!(house.get("/api/v1/events").await.json()["data"].as_array().unwrap().len(), 1);

    let other = publish(&house, "order-1", "{}").await;
    assert_eq!((other.status.as_u16(), other.code().as_str()), (409, "idempotency_mismatch"));
    let elsewhere =
        house.call_with(Method::POST, "/api/v1/events/batch", "{}", &[("idempotency-key", "order-1")]).await;
    assert_eq!(elsewhere.code(), "idempotency_mismatch");
}

// behaviour A1
#[tokio::test]
async fn calls_at_the_same_time_are_one() {
    let house = House::new().await;
    let payload = an_example(&house).await;
    let calls = (0..8).map(|_| publish(&house, "k", &payload));
    let answers = futures_util::future::join_all(calls).await;
    assert!(answers.iter().all(|answer| answer.status == 201 && answer.text == answers[0].text));
    assert_eq!(answers.iter().filter(|answer| answer.headers.contains_key("idempotent-replayed")).count(), 7);
    assert_eq!(house.get("/api/v1/events").await.json()["data"].as_array().unwrap().len(), 1);
}

// behaviour A1
#[tokio::test]
async fn an_event_whose_answer_is_gone_is_still_published_once() {
    let clock = Arc::new(FakeClock::default());
    let house = House::over(Options::default(), ambient_with(clock.clone())).await;
    let payload = an_example(&house).await;
    let first = publish(&house, "k", &payload).await;
    // As after a crash between storing the event and keeping the answer: there is no answer any more.
    clock.advance(SignedDuration::from_hours(25));
    let again = publish(&house, "k", &payload).await;
    assert_eq!((again.status.as_u16(), again.id()), (200, first.id()));
    assert!(!again.headers.contains_key("idempotent-replayed"));
    let other = publish(&house, "another", &payload).await;
    assert_ne!(other.id(), first.id(), "another key is another event");
    assert_eq!(house.get("/api/v1/events").await.json()["data"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn keys_belong_to_a_workspace_and_have_a_form() {
    let house = House::new().await;
    let payload = an_example(&house).await;
    let first = publish(&house, "k", &payload).await;
    let other = "bk_other_0123456789";
    house.add_workspace(other).await;
    let body = format!(r#"{{"type":"contact.visited","payload":{payload}}}"#);
    let bearer = format!("Bearer {other}");
    let theirs = house
        .call_with(Method::POST, "/api/v1/events", &body, &[("idempotency-key", "k"), ("authorization", &bearer)])
        .await;
    assert_eq!(theirs.status, 201);
    assert_ne!(theirs.id(), first.id());
    for odd in ["two words", &"k".repeat(256)] {
        assert_eq!(publish(&house, odd, &payload).await.fields(), ["Idempotency-Key"]);
    }
    let nobody = [("idempotency-key", "k"), ("authorization", "Bearer bk_nobody_has_this_one")];
    assert_eq!(house.call_with(Method::POST, "/api/v1/events", &body, &nobody).await.code(), "unauthorized_unknown");
}

#[tokio::test]
async fn a_refusal_is_kept_and_an_answer_with_a_secret_is_not() {
    let house = House::new().await;
    let refused = publish(&house, "bad", "{}").await;
    assert_eq!(refused.status, 422);
    let again = publish(&house, "bad", "{}").await;
    assert_eq!((again.status, &again.text), (refused.status, &refused.text));
    assert_eq!(again.headers["content-type"], "application/problem+json");

    let body = json!({"name": "n"}).to_string();
    let made = house.call_with(Method::POST, "/api/v1/api-keys", &body, &[("idempotency-key", "s")]).await;
    assert_eq!(made.status, 201, "{}", made.text);
    assert_eq!(house.store.find_answer(house.workspace, "s", Timestamp::MIN).await.unwrap(), None);
    assert_eq!(house.store.list_api_keys(house.workspace, PageRequest::default()).await.unwrap().rows.len(), 2);
}
