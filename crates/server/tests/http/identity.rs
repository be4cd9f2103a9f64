//! Who is taken for whom, and why: over the tracking API, the JSON API and the pages.

#![expect(clippy::unwrap_used, reason = "a panic here is a failed test")]

use axum::body::Body;
use beckon_domain::member::Role;
use http::Request;
use serde_json::{Value, json};

use crate::house::{Answer, House};

async fn key(house: &House, kind: &str) -> String {
    let made = house.post("/api/v1/write-keys", json!({"name": kind, "kind": kind})).await;
    assert_eq!((made.status.as_u16(), &made.json()["kind"]), (201, &json!(kind)));
    made.json()["key"].as_str().unwrap().to_owned()
}

/// A call of the tracking API, as a browser makes it or as a server does.
async fn call(house: &House, key: &str, from_browser: bool, kind: &str, item: Value) -> Answer {
    let mut request = Request::post(format!("/v1/{kind}?writeKey={key}"));
    if from_browser {
        request = request.header("origin", "https://acme.test").header("user-agent", "Mozilla/5.0 Firefox/130.0");
    }
    let answer = house.send(request.body(Body::from(item.to_string())).unwrap()).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["accepted"]), (200, &json!(1)), "{}", answer.text);
    answer
}

async fn contacts(house: &House) -> Vec<Value> {
    house.get("/api/v1/contacts").await.json()["data"].as_array().unwrap().clone()
}

async fn visitor_of_last_signal(house: &House) -> String {
    house.get("/api/v1/signals").await.json()["data"][0]["visitor_id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_key_for_servers_verifies_unless_a_browser_sends_it() {
    let house = House::new().await;
    let (site, backend) = (key(&house, "browser").await, key(&house, "server").await);
    let say =
        |title: &str| json!({"userId": "u1", "anonymousId": "b", "traits": {"email": "ann@acme.com", "title": title}});
    call(&house, &backend, false, "identify", say("VP")).await;
    for (key, from_browser) in [(&site, true), (&site, false), (&backend, true)] {
        call(&house, key, from_browser, "identify", say("Intern")).await;
        assert_eq!(contacts(&house).await[0]["title"], "VP");
    }
    call(&house, &backend, false, "identify", say("CEO")).await;
    assert_eq!(contacts(&house).await[0]["title"], "CEO");
}

#[tokio::test]
async fn a_visitor_is_explained_whether_known_or_not() {
    let house = House::new().await;
    let site = key(&house, "browser").await;
    let page = json!({"anonymousId": "b", "properties": {"url": "https://acme.test/"}});
    call(&house, &site, true, "page", page).await;
    let visitor = visitor_of_last_signal(&house).await;
    let path = format!("/api/v1/visitors/{visitor}");
    let anonymous = house.get(&format!("{path}/identity")).await.json();
    assert!(anonymous["why"].as_str().unwrap().starts_with("Anonymous: nothing it sent"), "{anonymous}");
    assert_eq!(house.get(&path).await.json()["anonymous_id"], "b");

    call(&house, &site, true, "identify", json!({"anonymousId": "b", "traits": {"email": "ann@acme.com"}})).await;
    let known = house.get(&format!("{path}/identity")).await.json();
    assert!(known["why"].as_str().unwrap().contains("the browser gave their address (as a browser says)"), "{known}");
    let identifier = json!({"kind": "email", "value": "ann@acme.com", "standing": "claimed"});
    assert_eq!(known["identifiers"], json!([identifier]));
    let changes: Vec<_> =
        known["log"].as_array().unwrap().iter().map(|note| note["change"].as_str().unwrap()).collect();
    assert_eq!(changes, ["linked", "made"]);

    house.add_workspace("bk_other_0123456789").await;
    assert_eq!(
        house.call_as("bk_other_0123456789", http::Method::GET, &format!("{path}/identity"), "").await.status,
        404
    );
    let browser = house.signed_in(Role::Viewer).await;
    browser.page(&format!("/visitors/{visitor}")).await.shows(&["A known visitor", "the browser gave their address"]);
}

#[tokio::test]
async fn two_who_turn_out_to_be_one_are_one_until_somebody_says_otherwise() {
    let house = House::new().await;
    let (site, backend) = (key(&house, "browser").await, key(&house, "server").await);
    call(
        &house,
        &site,
        true,
        "identify",
        json!({"anonymousId": "b", "traits": {"email": "ann@acme.com", "plan": "pro"}}),
    )
    .await;
    let by_address = contacts(&house).await[0]["id"].as_str().unwrap().to_owned();
    call(&house, &backend, false, "track", json!({"userId": "u1", "event": "Signed in"})).await;
    assert_eq!(contacts(&house).await.len(), 2);
    call(&house, &backend, false, "identify", json!({"userId": "u1", "traits": {"email": "ann@acme.com"}})).await;
    let one = contacts(&house).await;
    assert_eq!((one.len(), &one[0]["email"], &one[0]["traits"]["plan"]), (1, &json!("ann@acme.com"), &json!("pro")));
    let survivor = one[0]["id"].as_str().unwrap();

    let by_old_id = house.get(&format!("/api/v1/contacts/{by_address}")).await;
    assert_eq!(by_old_id.json()["id"], survivor, "an id once given leads to who they are now");
    let known = house.get(&format!("/api/v1/contacts/{by_address}/identity")).await.json();
    assert_eq!((&known["contact_id"], &known["merges"][0]["contact_id"]), (&json!(survivor), &json!(by_address)));
    assert_eq!(known["visitors"].as_array().unwrap().len(), 2);
    let merge = known["merges"][0]["id"].as_str().unwrap();

    let browser = house.signed_in(Role::Member).await;
    let page = browser.page(&format!("/contacts/{survivor}/identity")).await;
    page.shows(&["Merged with", "Undo", "turned out to be the same person", "Verified"]);
    assert_eq!(browser.page(&format!("/contacts/{by_address}")).await.leads_to(), format!("/contacts/{survivor}"));
    let undo = format!("/contacts/{survivor}/merges/{merge}/undo");
    assert_eq!(browser.submit(&undo, &[]).await.leads_to(), format!("/contacts/{survivor}/identity"));
    assert_eq!(contacts(&house).await.len(), 2);
    let back = house.get(&format!("/api/v1/contacts/{by_address}")).await.json();
    assert_eq!((&back["id"], &back["email"]), (&json!(by_address), &json!("ann@acme.com")));
    browser.page(&format!("/contacts/{survivor}/identity")).await.shows(&["Was merged with"]);

    let again = house.post(&format!("/api/v1{undo}"), "").await;
    assert_eq!((again.status.as_u16(), again.code().as_str()), (409, "conflict"));
    let of_another = house.post(&format!("/api/v1/contacts/{by_address}/merges/{merge}/undo"), "").await;
    assert_eq!(of_another.status, 404);
    let log = house.get("/api/v1/audit-log").await.json();
    assert_eq!(log["data"][0]["action"], "contact.split");

    call(&house, &backend, false, "identify", json!({"userId": "u1", "traits": {"email": "ann@acme.com"}})).await;
    assert_eq!(contacts(&house).await.len(), 2, "they are not merged again");
}

#[tokio::test]
async fn the_hash_of_an_address_waits_for_the_address() {
    let house = House::new().await;
    let site = key(&house, "browser").await;
    // printf 'ann@acme.com' | sha256sum
    let hash = beckon_domain::identity::EmailHash::of(&beckon_domain::email::Email::parse("ann@acme.com").unwrap());
    for (browser, traits) in
        [("b1", json!({"hem": hash.as_str()})), ("b2", json!({"email": hash.as_str().to_uppercase()}))]
    {
        call(&house, &site, true, "identify", json!({"anonymousId": browser, "traits": traits})).await;
        let visitor = visitor_of_last_signal(&house).await;
        let known = house.get(&format!("/api/v1/visitors/{visitor}")).await.json();
        assert_eq!((&known["waits_for_email_sha256"], &known["contact_id"]), (&json!(hash.as_str()), &json!(null)));
    }
    assert_eq!(contacts(&house).await.len(), 0);
    let ann = house.post("/api/v1/contacts", json!({"email": "ann@acme.com"})).await.id();
    let known = house.get(&format!("/api/v1/contacts/{ann}/identity")).await.json();
    let browsers: Vec<_> = known["visitors"].as_array().unwrap().iter().map(|v| v["anonymous_id"].clone()).collect();
    assert_eq!(browsers.len(), 2, "{known}");
}

#[tokio::test]
async fn what_the_workspace_blocks_names_nobody_and_is_set_on_a_page() {
    let house = House::new().await;
    let site = key(&house, "browser").await;
    let browser = house.signed_in(Role::Admin).await;
    let path = "/settings/identity";
    browser.page(path).await.shows(&["Blocked values"]);
    let long = "x".repeat(256);
    let wrong = browser.submit(path, &[("identity/blocked_values", &long)]).await;
    assert_eq!(wrong.status, 422);
    assert_eq!(browser.submit(path, &[("identity/blocked_values", "Demo@acme.com\r\n")]).await.leads_to(), path);
    call(&house, &site, true, "identify", json!({"anonymousId": "b", "traits": {"email": "demo@acme.com"}})).await;
    assert_eq!(contacts(&house).await.len(), 0);
    let visitor = visitor_of_last_signal(&house).await;
    let known = house.get(&format!("/api/v1/visitors/{visitor}/identity")).await.json();
    assert!(known["why"].as_str().unwrap().contains("demo@acme.com was not believed"), "{known}");
}

// behaviour Q14
#[tokio::test]
async fn who_is_put_on_the_suppression_list_is_silent_and_once_erased_never_known_again() {
    let house = House::new().await;
    let site = key(&house, "browser").await;
    let ann = house.post("/api/v1/contacts", json!({"email": "ann@acme.com", "user_id": "u1"})).await.id();
    let wrong = house.post("/api/v1/suppressions", json!({"emails": ["nobody"], "user_ids": ["x".repeat(256)]})).await;
    assert_eq!((wrong.status.as_u16(), wrong.fields()), (422, vec!["emails/0".to_owned(), "user_ids/0".to_owned()]));
    assert_eq!(house.post("/api/v1/suppressions", json!({})).await.fields(), ["emails"]);
    let put = json!({"emails": ["Ann@acme.com", "bob@acme.com"], "keep_values": true});
    let added = house.post("/api/v1/suppressions", put.clone()).await.json();
    assert_eq!(added, json!({"added": 2, "contacts_suppressed": 1}));
    assert_eq!(house.post("/api/v1/suppressions", put).await.json()["added"], 0);
    assert!(house.get(&format!("/api/v1/contacts/{ann}")).await.json()["suppressed_at"].is_string());
    let refused = house.post("/api/v1/contacts", json!({"email": "bob@acme.com"})).await;
    assert_eq!((refused.status.as_u16(), refused.fields()), (422, vec!["email".to_owned()]));

    assert_eq!(house.delete(&format!("/api/v1/contacts/{ann}?suppress=true")).await.status, 204);
    for said in
        [json!({"userId": "u1", "anonymousId": "b"}), json!({"anonymousId": "b", "traits": {"email": "ann@acme.com"}})]
    {
        call(&house, &site, true, "identify", said).await;
    }
    assert_eq!(contacts(&house).await.len(), 0);
    let listed = house.get("/api/v1/suppressions").await.json()["data"].as_array().unwrap().clone();
    let values: Vec<_> =
        listed.iter().map(|entry| (entry["kind"].as_str().unwrap(), entry["value"].as_str())).collect();
    assert_eq!(values.len(), 3);
    assert_eq!(values[0], ("user_id", None), "what was kept of the erased is a hash");

    let browser = house.signed_in(Role::Admin).await;
    let path = "/settings/suppressions";
    browser.page(path).await.shows(&["bob@acme.com", "Kept as a hash", "Take off"]);
    assert_eq!(browser.submit(path, &[("emails", "carl@acme.com"), ("user_ids", "")]).await.leads_to(), path);
    assert_eq!(browser.submit(path, &[("emails", "x")]).await.status, 422);
    let entry = listed[0]["id"].as_str().unwrap();
    assert_eq!(browser.submit(&format!("{path}/{entry}/remove"), &[]).await.leads_to(), path);
    call(&house, &site, true, "identify", json!({"userId": "u1", "anonymousId": "b"})).await;
    assert_eq!(contacts(&house).await.len(), 1);
    house.add_workspace("bk_other_0123456789").await;
    let elsewhere = house.call_as("bk_other_0123456789", http::Method::GET, "/api/v1/suppressions", "").await;
    assert_eq!(elsewhere.json()["data"], json!([]));
}
