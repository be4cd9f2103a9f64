//! The tracking API, as client libraries use it.

#![expect(clippy::unwrap_used, reason = "a panic here is a failed test")]

use std::io::Write;

use axum::body::Body;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::Request;
use serde_json::json;

use crate::house::{Answer, House};

async fn house_with_a_key() -> (House, String) {
    let house = House::new().await;
    let made = house.post("/api/v1/write-keys", json!({"name": "site"})).await;
    let key = made.json()["key"].as_str().unwrap().to_owned();
    (house, key)
}

async fn send(house: &House, path: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Answer {
    let mut request = Request::post(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    house.send(request.body(body.into()).unwrap()).await
}

fn basic(key: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{key}:")))
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn page(message_id: &str) -> String {
    json!({"anonymousId": "a1", "messageId": message_id, "properties": {"url": "https://x.test/pricing"}}).to_string()
}

// behaviour W2
#[tokio::test]
async fn the_key_is_taken_from_wherever_clients_put_it() {
    let (house, key) = house_with_a_key().await;
    let with_key = json!({"anonymousId": "a1", "event": "E", "writeKey": key}).to_string();
    let in_item = json!({"batch": [{"type": "track", "anonymousId": "a1", "event": "E", "writeKey": key}]}).to_string();
    let masked = json!({"anonymousId": "a1", "event": "E", "writeKey": "kid:***"}).to_string();
    let answers = [
        send(&house, "/v1/track", &[("authorization", &basic(&key))], masked.clone()).await,
        send(&house, "/v1/t", &[("x-write-key", &key)], masked.clone()).await,
        send(&house, &format!("/v1/track?writeKey={key}"), &[("content-type", "text/plain")], masked.clone()).await,
        send(&house, "/v1/track", &[], with_key).await,
        send(&house, "/v1/b", &[], in_item).await,
    ];
    for answer in answers {
        let expected = json!({"success": true, "accepted": 1, "duplicates": 0, "rejected": []});
        assert_eq!((answer.status.as_u16(), answer.json()), (200, expected));
    }
    assert_eq!(send(&house, "/v1/track", &[], masked).await.json()["code"], "write_key_unknown");
}

// behaviour W4
#[tokio::test]
async fn a_key_that_is_missing_unknown_or_revoked_is_told_so() {
    let (house, key) = house_with_a_key().await;
    let refused = |answer: Answer| {
        let json = answer.json();
        assert_eq!((answer.status.as_u16(), &json["success"]), (401, &json!(false)));
        json["code"].as_str().unwrap().to_owned()
    };
    assert_eq!(refused(send(&house, "/v1/page", &[], page("m")).await), "write_key_missing");
    assert_eq!(refused(send(&house, "/v1/page", &[("x-write-key", "nobody's")], page("m")).await), "write_key_unknown");
    let id = house.get("/api/v1/write-keys").await.json()["data"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(house.delete(&format!("/api/v1/write-keys/{id}")).await.status, 204);
    assert_eq!(refused(send(&house, "/v1/page", &[("x-write-key", &key)], page("m")).await), "write_key_revoked");
    assert_eq!(house.get("/api/v1/signals").await.json()["data"], json!([]));
}

// behaviour W6
#[tokio::test]
async fn a_write_key_reads_nothing() {
    let (house, key) = house_with_a_key().await;
    for path in ["/api/v1/signals", "/api/v1/contacts", "/api/v1/write-keys"] {
        assert_eq!(house.call_as(&key, http::Method::GET, path, "").await.status, 401, "{path}");
    }
}

// behaviour W2
#[tokio::test]
async fn gzip_is_taken_with_any_label_or_none() {
    let (house, key) = house_with_a_key().await;
    let labels: [&[(&str, &str)]; 4] = [
        &[],
        &[("content-encoding", "gzip"), ("content-type", "application/json")],
        &[("content-type", "application/x-www-form-urlencoded")],
        &[("content-type", "text/plain")],
    ];
    for (n, label) in labels.into_iter().enumerate() {
        let path = format!("/v1/p?writeKey={key}");
        let answer = send(&house, &path, label, gzip(&page(&format!("m{n}")))).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["accepted"]), (200, &json!(1)), "{label:?}");
    }
    let path = format!("/v1/p?writeKey={key}");
    let plain = send(&house, &path, &[("content-encoding", "gzip")], page("m9")).await;
    assert_eq!(plain.status, 200, "unpacked on the way");
}

// behaviour Q11
#[tokio::test]
async fn the_same_message_id_is_one_signal() {
    let (house, key) = house_with_a_key().await;
    let counts = |answer: Answer| (answer.json()["accepted"].clone(), answer.json()["duplicates"].clone());
    let headers = [("x-write-key", key.as_str())];
    assert_eq!(counts(send(&house, "/v1/page", &headers, page("m1")).await), (json!(1), json!(0)));
    assert_eq!(counts(send(&house, "/v1/page", &headers, page("m1")).await), (json!(0), json!(1)));
    assert_eq!(house.get("/api/v1/signals").await.json()["data"].as_array().unwrap().len(), 1);
}

// behaviour W4
#[tokio::test]
async fn one_bad_item_does_not_fail_its_batch() {
    let (house, key) = house_with_a_key().await;
    let batch = json!({"batch": [
        {"type": "identify", "userId": "u1", "traits": {"email": "jane@acme.com"}},
        {"type": "dance", "userId": "u1", "messageId": "m1"},
        7,
        {"type": "track", "event": "E", "userId": "u1"},
    ]});
    let answer = send(&house, "/v1/batch", &[("x-write-key", &key)], batch.to_string()).await;
    let json = answer.json();
    assert_eq!((answer.status.as_u16(), &json["success"], &json["accepted"]), (200, &json!(true), &json!(2)));
    assert_eq!((&json["rejected"][0]["index"], &json["rejected"][0]["messageId"]), (&json!(1), &json!("m1")));
    assert_eq!((&json["rejected"][1]["index"], &json["rejected"][1]["code"]), (&json!(2), &json!("not_an_object")));
    assert_eq!(house.get("/api/v1/contacts?email=jane@acme.com").await.json()["data"][0]["user_id"], "u1");
}

// behaviour W4
#[tokio::test]
async fn what_cannot_be_read_or_is_too_large_is_refused_whole() {
    let (house, key) = house_with_a_key().await;
    let headers = [("x-write-key", key.as_str())];
    // What a batch shares is written into each of its items: a small call must not become a huge one.
    let shared = json!({"context": {"x": "y".repeat(10_000)}, "batch": vec![json!({}); 500]}).to_string();
    let answers = [
        (send(&house, "/v1/batch", &headers, "{\"batch\":[").await, 400, "unreadable"),
        (send(&house, "/v1/batch", &headers, "{\"batch\":7}").await, 400, "unreadable"),
        (send(&house, "/v1/page", &headers, " ".repeat(4 * 1024 * 1024 + 1)).await, 413, "too_large"),
        (send(&house, "/v1/page", &headers, gzip(&" ".repeat(4 * 1024 * 1024 + 1))).await, 413, "too_large"),
        (
            send(&house, "/v1/batch", &headers, json!({"batch": vec![0; 2_501]}).to_string()).await,
            413,
            "too_many_items",
        ),
        (send(&house, "/v1/batch", &headers, shared).await, 413, "too_large"),
    ];
    for (answer, status, code) in answers {
        assert_eq!((answer.status.as_u16(), &answer.json()["code"]), (status, &json!(code)));
        assert_eq!(answer.json()["success"], false);
    }
}

// behaviour W3 (in part)
#[tokio::test]
async fn pages_of_any_site_may_send_and_read_the_answer() {
    let (house, key) = house_with_a_key().await;
    let preflight = Request::options("/v1/p")
        .header("origin", "https://a.test")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization,x-retry-count");
    let answer = house.send(preflight.body(Body::empty()).unwrap()).await;
    assert_eq!((answer.status.as_u16(), answer.text.as_str()), (204, ""));
    assert_eq!(answer.headers["access-control-allow-origin"], "https://a.test");
    assert_eq!(answer.headers["access-control-allow-headers"], "authorization,x-retry-count");
    assert_eq!(answer.headers["access-control-max-age"], "86400");

    let sent =
        send(&house, "/v1/p", &[("origin", "https://a.test"), ("authorization", &basic(&key))], page("m1")).await;
    let refused = send(&house, "/v1/p", &[("origin", "https://a.test")], page("m1")).await;
    let wrong = house.send(Request::get("/v1/p").header("origin", "https://a.test").body(Body::empty()).unwrap()).await;
    assert_eq!((sent.status.as_u16(), refused.status.as_u16(), wrong.status.as_u16()), (200, 401, 405));
    for answer in [sent, refused, wrong] {
        assert_eq!(answer.headers["access-control-allow-origin"], "https://a.test");
        assert_eq!(answer.headers["access-control-expose-headers"], "Retry-After");
    }
}

// behaviour W1 (in part)
#[tokio::test]
async fn a_browser_library_learns_to_send_to_the_host_it_asked() {
    let (house, key) = house_with_a_key().await;
    let ask = |key: &str| {
        Request::get(format!("/v1/projects/{key}/settings")).header("host", "b.test:8420").body(Body::empty())
    };
    let answer = house.send(ask(&key).unwrap()).await;
    let expected = json!({"apiKey": key, "apiHost": "b.test:8420/v1", "protocol": "http"});
    assert_eq!((answer.status.as_u16(), &answer.json()["integrations"]["Segment.io"]), (200, &expected));
    assert_eq!(answer.headers["cache-control"], "public, max-age=300");
    for nobody in ["nobody", "%ff"] {
        let refused = house.send(ask(nobody).unwrap()).await;
        assert_eq!((refused.status.as_u16(), &refused.json()["code"]), (404, &json!("not_found")), "{nobody}");
    }
}

// behaviour W1 (in part)
#[tokio::test]
async fn the_paths_of_other_libraries_take_the_same_calls() {
    let (house, key) = house_with_a_key().await;
    let taken = json!({"success": true, "accepted": 1, "duplicates": 0, "rejected": []});
    let mut n = 0;
    let mut message_id = || {
        n += 1;
        format!("m{n}")
    };
    // Jitsu puts half of the key, masked, into the body.
    let jitsu = |kind: &str, message_id: &str| {
        let call = json!({"type": kind, "anonymousId": "a1", "userId": "u1", "messageId": message_id, "event": "E",
                          "groupId": "g1", "previousId": "u0", "writeKey": "kid:***",
                          "properties": {"url": "https://x.test/pricing"}});
        call.to_string()
    };
    for prefix in ["/api/s", "/api/s/s2s"] {
        for kind in ["page", "identify", "track", "group", "alias", "screen", "p"] {
            let body = jitsu(kind, &message_id());
            let answer = send(&house, &format!("{prefix}/{kind}"), &[("x-write-key", &key)], body).await;
            assert_eq!((answer.status.as_u16(), answer.json()), (200, taken.clone()), "{prefix}/{kind}");
        }
    }
    let batch = json!({"batch": [{"type": "page", "anonymousId": "a1", "messageId": message_id(),
                                  "properties": {"url": "https://x.test/pricing"}}]});
    for path in [format!("/beacon/v1/batch?writeKey={key}"), "/api/s/s2s/batch".to_owned()] {
        let mut batch = batch.clone();
        batch["batch"][0]["messageId"] = json!(message_id());
        let answer =
            send(&house, &path, &[("x-write-key", &key), ("origin", "https://x.test")], batch.to_string()).await;
        assert_eq!((answer.status.as_u16(), answer.json()), (200, taken.clone()), "{path}");
        assert_eq!(answer.headers["access-control-allow-origin"], "https://x.test");
    }
    let preflight = Request::options("/beacon/v1/batch").header("origin", "https://x.test");
    assert_eq!(house.send(preflight.body(Body::empty()).unwrap()).await.status, 204);
    assert_eq!(send(&house, "/api/s/page", &[], page("m0")).await.status, 401);
    assert_eq!(send(&house, "/api/s/nothing", &[("x-write-key", &key)], page("m0")).await.status, 404);
}

// behaviour W1 (in part)
#[tokio::test]
async fn other_browser_libraries_find_the_documents_they_begin_with() {
    let (house, key) = house_with_a_key().await;
    let get = async |path: &str, authorization: &str| {
        let request = Request::get(path).header("host", "b.test").header("authorization", authorization);
        house.send(request.body(Body::empty()).unwrap()).await
    };
    let settings = get(&format!("/projects/{key}/settings"), "").await;
    assert_eq!(settings.json()["integrations"]["Segment.io"]["apiHost"], "b.test/v1");
    for (path, authorization) in
        [("/sourceConfig/?p=npm&v=3".to_owned(), basic(&key)), (format!("/sourceConfig?writeKey={key}"), String::new())]
    {
        let config = get(&path, &authorization).await;
        let source = &config.json()["source"];
        assert_eq!(
            (&source["writeKey"], &source["enabled"], &source["destinations"]),
            (&json!(key), &json!(true), &json!([]))
        );
        assert_eq!(config.headers["cache-control"], "public, max-age=300");
    }
    let (nobody, missing) = (get("/sourceConfig/", &basic("nobody")).await, get("/sourceConfig/", "").await);
    assert_eq!((nobody.status.as_u16(), missing.status.as_u16()), (401, 401));
}

// behaviour F5
#[tokio::test]
async fn a_store_that_is_shut_is_answered_503_with_retry_after() {
    let (house, key) = house_with_a_key().await;
    house.store.close().await;
    let answer = send(&house, "/v1/page", &[("x-write-key", &key)], page("m1")).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["code"]), (503, &json!("unavailable")));
    assert_eq!(answer.headers["retry-after"], "5");
}
