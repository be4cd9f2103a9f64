//! Home: figures, troubles, and the first steps.

#![expect(clippy::unwrap_used, reason = "a panic here is a failed test")]

use axum::body::Body;
use beckon_domain::member::Role;
use beckon_testkit::Receiver;
use http::Request;
use serde_json::json;

use crate::house::House;

/// The script's address and the key in the lines that the page shows.
fn lines_of(page: &str) -> [String; 2] {
    let shown = page.replace("&quot;", "\"").replace("&amp;", "&");
    ["async src=\"", "data-key=\""].map(|before| {
        let (_, behind) = shown.split_once(before).unwrap();
        behind.split('"').next().unwrap().to_owned()
    })
}

#[tokio::test]
async fn an_empty_workspace_is_told_the_first_steps_and_each_is_ticked_when_it_is_done() {
    let house = House::new().await;
    let browser = house.signed_in(Role::Member).await;
    let bare = browser.page("/").await;
    bare.shows(&[
        "First steps",
        "0 of 4 done",
        "Waiting for your first page view",
        "Make a write key",
        "No events yet",
    ]);

    let key =
        house.post("/api/v1/write-keys", json!({"name": "site"})).await.json()["key"].as_str().unwrap().to_owned();
    let page = browser.page("/").await;
    page.shows(&["Install the pixel", "&lt;script&gt;", "Or try it from a terminal"]);
    let [address, shown_key] = lines_of(&page.text);
    assert_eq!((address.as_str(), &shown_key), ("http://localhost/beckon.js", &key));
    let script = address.strip_prefix("http://localhost").unwrap();
    assert_eq!(house.send(Request::get(script).body(Body::empty()).unwrap()).await.status, 200);

    // What the script sends, the way it sends it.
    let view = json!({"sentAt": "2024-04-15T14:32:00.000Z", "batch": [{"type": "page", "anonymousId": "a1", "messageId": "m1",
        "context": {"page": {"url": "https://acme.com/pricing", "path": "/pricing", "title": "Pricing", "referrer": ""}}}]});
    let sent = Request::post(format!("{script}?k={key}"))
        .header("content-type", "text/plain;charset=UTF-8")
        .header("origin", "https://acme.com")
        .body(Body::from(view.to_string()));
    assert_eq!(house.send(sent.unwrap()).await.json()["accepted"], 1);
    browser.page("/").await.shows(&["1 of 4 done", "We saw your first page view", "/pricing"]);

    house.post("/api/v1/contacts", json!({"email": "jane@acme.com"})).await;
    let rule = json!({"prop": "contact.title", "op": "exists"});
    let made = house.post("/api/v1/segments", json!({"name": "S", "subject": "contact", "rule": rule})).await;
    assert_eq!(made.status, 201, "{}", made.text);
    browser.page("/").await.shows(&["3 of 4 done"]);
    house.post("/api/v1/webhooks", json!({"url": "https://a.example/", "event_types": ["contact.visited"]})).await;
    let done = browser.page("/").await;
    assert!(!done.text.contains("Install the pixel"));
    done.shows(&["Show the first steps again"]);
    browser.page("/first-steps").await.shows(&["4 of 4 done", "Install the pixel"]);
}

// behaviour U9 (in part)
#[tokio::test]
async fn the_last_hours_are_shown_and_what_fails_comes_first() {
    let house = House::new().await;
    let browser = house.signed_in(Role::Viewer).await;
    let (good, bad) = (Receiver::start().await, Receiver::start().await);
    bad.always(500);
    let mut ids = vec![];
    for (name, url) in [("Good", good.url("/")), ("<Bad>", bad.url("/"))] {
        let webhook = json!({"url": url, "event_types": ["deal.won"], "description": name, "retry_schedule": [3600]});
        ids.push(webhook);
    }
    house.post("/api/v1/event-types", json!({"name": "deal.won", "description": "A deal was won."})).await;
    let mut made = vec![];
    for webhook in ids {
        made.push(house.post("/api/v1/webhooks", webhook).await.id());
    }
    let event = house.post("/api/v1/events", json!({"type": "deal.won", "payload": {"a": 1}})).await;
    assert!(event.status.is_success(), "{}", event.text);
    house
        .once("/api/v1/stats", |stats| stats["totals"]["attempts_failed"] == 1 && stats["totals"]["delivered"] == 1)
        .await;

    let page = browser.page("/").await;
    page.shows(&["&lt;Bad&gt; is failing", "1 of 1 requests failed (100 %)", "50 %", "of 2 requests", "deal.won"]);
    page.shows(&[&format!("href=\"/webhooks/{}\"", made[1]), "Deliveries and failed requests by hour"]);
    assert!(!page.text.contains("Good is failing") && !page.text.contains("<Bad>"));

    house.patch(&format!("/api/v1/webhooks/{}", made[0]), json!({"enabled": false})).await;
    browser.page("/").await.shows(&["Good is switched off", "By a person"]);
}

#[tokio::test]
async fn who_is_not_signed_in_signs_in_first() {
    let house = House::new().await;
    for path in ["/", "/contacts", "/companies", "/settings", "/settings/keys", "/contacts/import"] {
        let answer = house.send(Request::get(path).body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, 303, "{path}");
        assert!(answer.headers["location"].to_str().unwrap().starts_with("/sign-in?next="), "{path}");
    }
}
