//! The pages of signals, and why a signal did not make something happen.

#![expect(clippy::unwrap_used, reason = "a panic here is a failed test")]

use axum::body::Body;
use beckon_domain::member::Role;
use http::Request;
use serde_json::{Value, json};

use crate::house::House;

/// Jane is known by her browser and looks at the prices; nobody knows who looks at the jobs.
async fn with_signals() -> (House, Value) {
    let house = House::new().await;
    let segment = json!({"name": "Pricing", "rule": {"visited": {"path": "/pricing", "match": "exactly"}}});
    let segment = house.post("/api/v1/segments", segment).await.json();
    let key = house.post("/api/v1/write-keys", json!({"name": "site"})).await.json();
    let key = key["key"].as_str().unwrap();
    let traits =
        json!({"email": "jane@acme.test", "firstName": "Jane", "lastName": "<i>Doe</i>", "title": "Sales rep"});
    for (path, body) in [
        ("identify", json!({"anonymousId": "a1", "traits": traits})),
        ("page", json!({"anonymousId": "a1", "properties": {"url": "https://acme.test/pricing"}})),
        ("page", json!({"anonymousId": "a2", "properties": {"url": "https://acme.test/jobs?<x>"}})),
    ] {
        let request = Request::post(format!("/v1/{path}?writeKey={key}")).body(Body::from(body.to_string()));
        assert_eq!(house.send(request.unwrap()).await.status, 200);
    }
    (house, segment)
}

async fn signals(house: &House) -> Vec<Value> {
    house.get("/api/v1/signals").await.json()["data"].as_array().unwrap().clone()
}

#[tokio::test]
async fn signals_show_who_it_was_why_and_what_it_made_happen() {
    let (house, _) = with_signals().await;
    let browser = house.signed_in(Role::Viewer).await;
    let list = browser.page("/signals").await;
    list.shows(&["/pricing", "Jane &lt;i&gt;Doe", "by a browser known from before", "by the address in the signal"]);
    list.shows(&["Anonymous visitor", "Page view", "Pricing", "data-live"]);
    assert!(!list.text.contains("<i>Doe"), "names are escaped");
    let fired = signals(&house).await[1]["fired"][0]["event_id"].as_str().unwrap().to_owned();
    list.shows(&[&format!("/events/{fired}")]);
    let identified = browser.page("/signals?kind=identify").await;
    assert!(identified.text.contains("jane@acme.test") && !identified.text.contains("Page view</span>"));
    browser.page("/signals?kind=group").await.shows(&["No such signals"]);
}

#[tokio::test]
async fn one_signal_and_one_segment_are_explained() {
    let (house, segment) = with_signals().await;
    let browser = house.signed_in(Role::Viewer).await;
    let all = signals(&house).await;
    let (jobs, prices, identify) = (&all[0]["id"], &all[1]["id"], &all[2]["id"]);
    let id = |value: &Value| value.as_str().unwrap().to_owned();
    let explained = async |signal: &Value, segment: &Value| {
        house.get(&format!("/api/v1/signals/{}/explain?segment={}", id(signal), id(segment))).await.json()
    };

    let announced = explained(prices, &segment["id"]).await;
    assert_eq!(announced["event_id"], all[1]["fired"][0]["event_id"]);
    assert!(announced["answer"].as_str().unwrap().starts_with("Yes"), "{announced}");
    assert_eq!(
        explained(jobs, &segment["id"]).await["answer"],
        "No: nobody is known behind this visitor, and no company either."
    );
    assert_eq!(explained(identify, &segment["id"]).await["conditions"][2]["holds"], false, "on no visit");

    let heads =
        json!({"name": "Heads", "rule": {"prop": "contact.title", "op": "contains_any", "value": ["vp", "head"]}});
    let heads = house.post("/api/v1/segments", heads).await.json();
    let why = explained(prices, &heads["id"]).await;
    assert_eq!(why["answer"], "No: title is “Sales rep”; wanted was: title contains any of vp, head.");
    assert_eq!(why["rule"]["holds"], false);
    let page = browser.page(&format!("/signals/{}?segment={}", id(prices), id(&heads["id"]))).await;
    page.shows(&["Why not?", "title is “Sales rep”", "The rule holds", "There are none.", "https://acme.test/pricing"]);
    page.shows(&["No:", "selected"]);
    let missing = house.get(&format!("/api/v1/signals/{}/explain", id(prices))).await;
    assert_eq!(missing.fields(), ["segment"]);
}

#[tokio::test]
async fn what_was_announced_in_the_visit_is_not_announced_again_and_that_is_said() {
    let (house, segment) = with_signals().await;
    let key = house.post("/api/v1/write-keys", json!({"name": "site"})).await.json();
    let again = json!({"anonymousId": "a1", "properties": {"url": "https://acme.test/pricing"}});
    let request = Request::post(format!("/v1/page?writeKey={}", key["key"].as_str().unwrap()))
        .body(Body::from(again.to_string()));
    assert_eq!(house.send(request.unwrap()).await.status, 200);
    let latest = signals(&house).await[0]["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/signals/{latest}/explain?segment={}", segment["id"].as_str().unwrap());
    let answer = house.get(&path).await.json()["answer"].as_str().unwrap().to_owned();
    assert!(answer.starts_with("No: it was announced in this visit already"), "{answer}");
}

#[tokio::test]
async fn a_signal_of_another_workspace_is_not_there() {
    let (house, segment) = with_signals().await;
    let id = signals(&house).await[0]["id"].as_str().unwrap().to_owned();
    let other = house.add_workspace("bk_other_0123456789").await;
    let stranger = house.signed_in_to(other, Role::Owner).await;
    assert_eq!(stranger.page(&format!("/signals/{id}")).await.status, 404);
    stranger.page("/signals").await.shows(&["No signals yet"]);
    let own = house.signed_in(Role::Viewer).await;
    assert_eq!(own.page(&format!("/signals/{id}?segment=9")).await.status, 404, "no such segment");
    assert_eq!(own.page(&format!("/signals/{id}?segment={}", segment["id"].as_str().unwrap())).await.status, 200);
}

// behaviour Q12 (in part)
#[tokio::test]
async fn what_bots_send_has_a_badge_with_the_reason_and_is_counted_at_home() {
    let (house, segment) = with_signals().await;
    let key = house.post("/api/v1/write-keys", json!({"name": "other"})).await.json();
    let request = Request::post(format!("/v1/page?writeKey={}", key["key"].as_str().unwrap()))
        .header("origin", "https://acme.test")
        .header("user-agent", "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)")
        .body(Body::from(json!({"anonymousId": "a1", "properties": {"url": "https://acme.test/pricing"}}).to_string()));
    assert_eq!(house.send(request.unwrap()).await.status, 200);
    let browser = house.signed_in(Role::Viewer).await;
    browser.page("/signals").await.shows(&["Taken for a bot: its user agent is a known crawler", ">Bot<"]);
    let signal = signals(&house).await[0].clone();
    assert_eq!((&signal["bot"], &signal["fired"]), (&json!("user_agent"), &json!([])));
    let path = format!("/signals/{}?segment={}", signal["id"].as_str().unwrap(), segment["id"].as_str().unwrap());
    browser.page(&path).await.shows(&["No: it was taken for a bot", "It is no bot"]);
    browser.page("/").await.shows(&["1 of bots"]);
    assert_eq!(house.get("/api/v1/stats").await.json()["totals"]["bot_signals"], 1);
}
