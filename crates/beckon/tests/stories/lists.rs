//! Lists and the ideal customer profile: people come from a file onto a list, rules ask for both.

use hyper::Method;
use serde_json::{Value, json};

use crate::beckon::Beckon;

/// Imports a file onto a list, and gives back the list's id.
async fn import(beckon: &Beckon, path: &str, csv: &'static str) -> String {
    let api = beckon.api.with("content-type", "text/csv");
    let report = api.send(Method::POST, path, csv).await.expect(200).json();
    assert_eq!(report["failed"], 0, "{report}");
    report["list_id"].as_str().expect("a list").to_owned()
}

/// A page view of a contact; gives back the names of the segments of all events so far, sorted.
async fn visit(beckon: &Beckon, user: &str) -> Vec<String> {
    beckon.track("page", json!({ "userId": user, "properties": { "path": "/" } })).await;
    announced(beckon).await
}

async fn announced(beckon: &Beckon) -> Vec<String> {
    let mut names = Vec::new();
    for event in beckon.api.list("/api/v1/events", 250).await {
        let path = format!("/api/v1/events/{}", event["id"].as_str().expect("an id"));
        let payload = beckon.api.get(&path).await.expect(200).json()["payload"].clone();
        names.push(payload["segment"]["name"].as_str().expect("a name").to_owned());
    }
    names.sort();
    names
}

// behaviour Q8 (in part)
#[tokio::test]
async fn whoever_is_on_an_imported_list_qualifies_and_others_do_not() {
    let beckon = Beckon::start().await;
    let csv = "email,user_id,title\njane@acme.test,jane,VP Sales\njoe@kestrel.test,joe,Developer\n";
    let guests = import(&beckon, "/api/v1/contacts/import?list=Guests", csv).await;
    let accounts = import(&beckon, "/api/v1/companies/import?list=Target%20accounts", "domain\nacme.test\n").await;
    beckon.contact(json!({ "email": "cy@acme.test", "user_id": "cy" })).await;
    beckon.contact(json!({ "email": "dee@other.test", "user_id": "dee" })).await;
    beckon.segment("Guest", json!({ "list": guests })).await;
    beckon.segment("Of a target account", json!({ "list": accounts })).await;
    beckon
        .segment("Guest of no target account", json!({ "all": [{ "list": guests }, { "not": { "list": accounts } }] }))
        .await;
    assert_eq!(visit(&beckon, "dee").await, [""; 0], "who is on no list");
    assert_eq!(visit(&beckon, "cy").await, ["Of a target account"]);
    let (guest, target, only) = ("Guest", "Of a target account", "Guest of no target account");
    assert_eq!(visit(&beckon, "jane").await, [guest, target, target]);
    assert_eq!(visit(&beckon, "joe").await, [guest, guest, only, target, target]);

    // Of an unknown visitor, the account is asked for.
    let rule = json!({ "list": accounts });
    let form = json!({ "name": "Account", "subject": "company", "rule": rule });
    beckon.api.post("/api/v1/segments", form).await.expect(201);
    for (visitor, domain) in [("a1", "acme.test"), ("a2", "kestrel.test")] {
        let group = json!({ "anonymousId": visitor, "groupId": domain, "traits": { "domain": domain } });
        beckon.track("group", group).await;
        beckon.track("page", json!({ "anonymousId": visitor, "properties": { "path": "/" } })).await;
    }
    let accounts_told = announced(&beckon).await.into_iter().filter(|name| name == "Account").count();
    assert_eq!(accounts_told, 1);
}

// behaviour Q8 (in part)
#[tokio::test]
async fn who_is_put_on_a_list_or_taken_off_counts_from_the_next_signal_on() {
    let beckon = Beckon::start().await;
    let list = beckon.api.post("/api/v1/lists", json!({ "name": "Guests" })).await.expect(201).json();
    let list = list["id"].as_str().expect("an id").to_owned();
    beckon.segment("Guest", json!({ "list": list })).await;
    let jane = beckon.contact(json!({ "email": "jane@acme.test", "user_id": "jane" })).await;
    let member = format!("/api/v1/lists/{list}/members/{}", jane["id"].as_str().expect("an id"));
    assert!(visit(&beckon, "jane").await.is_empty());
    beckon.api.send(Method::PUT, &member, "").await.expect(204);
    assert_eq!(visit(&beckon, "jane").await, ["Guest"]);
    beckon.api.send(Method::DELETE, &member, "").await.expect(204);
    let intent = json!({ "contact": { "email": "jane@acme.test" }, "topic": "crm" });
    beckon.api.post("/api/v1/intent-signals", intent).await.expect(202);
    assert_eq!(announced(&beckon).await, ["Guest"], "she is on it no more");
}

// behaviour Q8 (in part)
#[tokio::test]
async fn a_change_of_the_ideal_customer_profile_counts_from_the_next_signal_on() {
    let beckon = Beckon::start().await;
    let csv = "email,user_id,title\njane@acme.test,jane,VP Sales\njoe@acme.test,joe,Development Lead\n";
    let guests = import(&beckon, "/api/v1/contacts/import?list=Guests", csv).await;
    let fits = beckon.segment("Fits", json!({ "all": [{ "list": guests }, { "icp": true }] })).await;
    assert!(visit(&beckon, "jane").await.is_empty(), "an empty profile fits nobody");
    let profile = async |icp: Value| {
        beckon.api.patch("/api/v1/settings", json!({ "icp": icp })).await.expect(200);
    };
    profile(json!({ "titles": ["vp"], "domains": ["acme.test"] })).await;
    assert!(visit(&beckon, "joe").await.is_empty(), "Development has no VP in it");
    assert_eq!(visit(&beckon, "jane").await, ["Fits"]);

    let joe = &beckon.api.list("/api/v1/contacts?email=joe@acme.test", 1).await[0];
    let path = format!("/api/v1/signals?contact_id={}", joe["id"].as_str().expect("an id"));
    let signal = beckon.api.list(&path, 250).await.remove(0);
    let (signal, segment) = (signal["id"].as_str().expect("an id"), fits["id"].as_str().expect("an id"));
    let why = beckon.api.get(&format!("/api/v1/signals/{signal}/explain?segment={segment}")).await.expect(200).json();
    assert_eq!(why["rule"]["parts"][0]["found"], "the contact is on it", "{why}");
    let found = "title is “Development Lead”, and the profile asks for other words in it";
    assert_eq!(why["rule"]["parts"][1]["found"], found, "{why}");

    profile(json!({ "titles": ["lead"] })).await;
    assert_eq!(visit(&beckon, "joe").await, ["Fits", "Fits"]);
}
