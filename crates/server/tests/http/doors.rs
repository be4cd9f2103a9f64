//! Who gets in, and what is said to those at the wrong door.

use axum::body::Body;
use beckon_domain::member::Role;
use http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE};
use http::{Method, Request};
use serde_json::json;
use tower::ServiceExt as _;

use crate::house::{House, KEY};

// behaviour A10
#[tokio::test]
async fn a_refused_key_is_told_why() {
    let house = House::new().await;
    let bare = house.send(Request::get("/api/v1/webhooks").body(Body::empty()).unwrap()).await;
    assert_eq!((bare.status.as_u16(), bare.code().as_str()), (401, "unauthorized_missing"));
    assert_eq!(bare.headers["www-authenticate"], "Bearer");
    let odd = house.call_with(Method::GET, "/api/v1/webhooks", "", &[("authorization", "Basic x")]).await;
    assert_eq!(odd.code(), "unauthorized_malformed");
    let unknown = house.call_as("bk_nobody_has_this_one", Method::GET, "/api/v1/webhooks", "").await;
    assert_eq!(unknown.code(), "unauthorized_unknown");
    assert_eq!(house.get("/api/v1/webhooks").await.status, 200);
}

#[tokio::test]
async fn a_key_that_is_revoked_opens_nothing_at_once() {
    let house = House::new().await;
    let made = house.post("/api/v1/api-keys", json!({"name": "second"})).await;
    let key = made.json()["key"].as_str().unwrap().to_owned();
    assert_eq!(house.call_as(&key, Method::GET, "/api/v1/webhooks", "").await.status, 200);
    house.delete(&format!("/api/v1/api-keys/{}", made.id())).await;
    let refused = house.call_as(&key, Method::GET, "/api/v1/webhooks", "").await;
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (401, "unauthorized_revoked"));
}

#[tokio::test]
async fn what_changes_something_is_done_and_noted_although_the_caller_hangs_up() {
    let house = House::new().await;
    let form = json!({"url": "https://a.example/", "event_types": ["contact.visited"]});
    let id = house.post("/api/v1/webhooks", form).await.id();
    let owner = house.signed_in(Role::Owner).await;
    for n in 0..20 {
        let name = format!("number {n}");
        let of_page = n % 2 == 0;
        let request = match of_page {
            true => Request::post(format!("/webhooks/{id}/disable"))
                .header(COOKIE, owner.cookie())
                .header("sec-fetch-site", "same-origin")
                .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(Body::from(format!("disabled_reason={}", name.replace(' ', "+")))),
            false => Request::patch(format!("/api/v1/webhooks/{id}"))
                .header(AUTHORIZATION, format!("Bearer {KEY}"))
                .header(CONTENT_TYPE, "application/json")
                .body(Body::from(json!({"enabled": true, "description": name}).to_string())),
        };
        let mut answer = Box::pin(house.router.clone().oneshot(request.unwrap()));
        // It hangs up sooner or later.
        for _ in 0..=n {
            if futures_util::poll!(&mut answer).is_ready() {
                break;
            }
            tokio::task::yield_now().await;
        }
        drop(answer);
        let path = format!("/api/v1/audit-log?subject={id}&limit=1");
        house.once(&path, |log| log.to_string().contains(&name)).await;
        assert!(house.get(&format!("/api/v1/webhooks/{id}")).await.text.contains(&name));
    }
}

// behaviour A6
#[tokio::test]
async fn what_is_not_there_is_a_problem_too() {
    let house = House::new().await;
    for path in ["/api/v1/nothing", "/nothing", "/api/v1/webhooks/", "/api/v1/webhooks/wh_7", "/api/v1/events/a.b"] {
        let answer = house.get(path).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (404, "not_found"), "{path}");
    }
    let keyed = house.call_with(Method::POST, "/api/v1/nothing", "{}", &[("idempotency-key", "a")]).await;
    assert_eq!((keyed.status.as_u16(), keyed.code().as_str()), (404, "not_found"));
    let body = r#"{ "name": "order.placed", "description": "Bought." }"#;
    let there = house.call_with(Method::POST, "/api/v1/event-types", body, &[("idempotency-key", "a")]).await;
    assert_eq!(there.status, 201, "a mistaken path uses up no key");
    let answer = house.call_as(KEY, Method::PUT, "/api/v1/webhooks", "{}").await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (405, "method_not_allowed"));
    let allow = answer.headers["allow"].to_str().unwrap();
    assert!(allow.contains("GET") && allow.contains("POST"), "{allow}");
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_and_one_of_another_type_too() {
    let house = House::new().await;
    let body = "x".repeat(1024 * 1024 + 1);
    let large = house.post("/api/v1/webhooks", &body).await;
    assert_eq!((large.status.as_u16(), large.code().as_str()), (413, "payload_too_large"));
    let keyed = house.call_with(Method::POST, "/api/v1/webhooks", &body, &[("idempotency-key", "a")]);
    assert_eq!(keyed.await.code(), "payload_too_large");
    let typed = house.call_with(Method::POST, "/api/v1/webhooks", "", &[("content-type", "text/plain")]).await;
    assert_eq!((typed.status.as_u16(), typed.code().as_str()), (415, "unsupported_media_type"));
}

#[tokio::test]
async fn every_answer_has_a_request_id_and_is_not_sniffed() {
    let house = House::new().await;
    let given = house.call_with(Method::GET, "/healthz", "", &[("x-request-id", "abc-1")]).await;
    assert_eq!(given.headers["x-request-id"], "abc-1");
    assert_eq!(given.headers["x-content-type-options"], "nosniff");
    let made = house.call_with(Method::GET, "/nothing", "", &[("x-request-id", "jane@example.com")]).await;
    assert_eq!(made.headers["x-request-id"].len(), 32);
}

#[tokio::test]
async fn alive_and_ready() {
    let house = House::new().await;
    assert_eq!(house.get("/healthz").await.json(), json!({"status": "ok"}));
    // The services say that they run once they had their first turn.
    let ready = loop {
        let answer = house.get("/readyz").await;
        if answer.status == 200 {
            break answer;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(ready.json(), json!({"status": "ready", "reasons": []}));
    house.store.close().await;
    let closed = house.get("/readyz").await;
    assert_eq!(closed.status, 503);
    assert!(closed.json()["reasons"][0].as_str().unwrap().starts_with("store: "), "{}", closed.text);
}

// behaviour A7
#[tokio::test]
async fn the_document_and_its_page_need_no_key_and_no_other_host() {
    let house = House::new().await;
    let document = house.send(Request::get("/api/v1/openapi.json").body(Body::empty()).unwrap()).await;
    assert_eq!(document.json(), beckon_server::openapi());
    let page = house.send(Request::get("/api/docs").body(Body::empty()).unwrap()).await;
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'; script-src 'sha256-"), "{policy}");
}
