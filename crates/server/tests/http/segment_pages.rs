//! The pages of segments, and the preview behind them.

use beckon_domain::member::Role;
use beckon_store::audit::AuditFilter;
use beckon_store::{AuditStore, PageRequest};
use serde_json::{Value, json};

use crate::house::House;

const SEGMENTS: &str = "/api/v1/segments";

/// Two VPs and an intern; one of the VPs is interested in a CRM.
async fn with_people() -> House {
    let house = House::new().await;
    for (email, name, title) in [
        ("ann@acme.test", "Ann", "VP Sales"),
        ("bob@acme.test", "Bob", "VP <b>Marketing</b>"),
        ("cy@x.test", "Cy", "Intern"),
    ] {
        let contact = json!({"email": email, "first_name": name, "title": title, "company_domain": "acme.test"});
        assert_eq!(house.post("/api/v1/contacts", contact).await.status, 201);
    }
    let intent = json!({"contact": {"email": "ann@acme.test"}, "topic": "crm", "score": 80});
    assert_eq!(house.post("/api/v1/intent-signals", intent).await.status, 202);
    house
}

fn vps() -> Value {
    json!({"prop": "contact.title", "op": "contains", "value": "vp"})
}

async fn make(house: &House, name: &str) -> String {
    let made = house.post(SEGMENTS, json!({"name": name, "rule": vps()})).await;
    assert_eq!(made.status, 201, "{}", made.text);
    made.id()
}

fn filled<'a>(name: &'a str, rule: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("name", name),
        ("subject", "contact"),
        ("rule", rule),
        ("enabled", "true"),
        ("actions", "webhook"),
        ("frequency", "cooldown"),
        ("frequency/cooldown", "36h"),
    ]
}

// behaviour Q9
#[tokio::test]
async fn a_preview_counts_who_matches_and_says_how_far_it_looked() {
    let house = with_people().await;
    let preview = house.post(&format!("{SEGMENTS}/preview"), json!({"rule": vps()})).await.json();
    assert_eq!((&preview["count"], &preview["looked_at"], &preview["more"]), (&json!(2), &json!(3), &json!(false)));
    assert_eq!(preview["sentence"], "Title contains vp");
    assert_eq!((&preview["sample"][0]["name"], &preview["sample"][1]["name"]), (&json!("Bob"), &json!("Ann")));
    let looked = async |rule: Value| {
        house.post(&format!("{SEGMENTS}/preview"), json!({ "rule": rule })).await.json()["count"].clone()
    };
    assert_eq!(
        looked(json!({"all": [vps(), {"intent": {"topic": "crm"}, "within": "7d"}]})).await,
        1,
        "with histories"
    );
    assert_eq!(looked(json!({"prop": "company.domain", "op": "eq", "value": "acme.test"})).await, 3, "with companies");
    let base = make(&house, "Base").await;
    assert_eq!(looked(json!({"not": {"segment": base}})).await, 1, "with other segments");

    assert_eq!(looked(json!({"icp": true})).await, 0, "an empty profile fits nobody");
    house.patch("/api/v1/settings", json!({"icp": {"titles": ["VP"], "domains": ["acme.test"]}})).await;
    assert_eq!(looked(json!({"icp": true})).await, 2, "with the profile as it is now");
    let companies = json!({"subject": "company", "rule": {"prop": "company.domain", "op": "exists"}});
    let companies = house.post(&format!("{SEGMENTS}/preview"), companies).await.json();
    assert_eq!((&companies["count"], &companies["sample"][0]["name"]), (&json!(1), &json!("acme.test")));
    let visit = json!({"rule": {"prop": "visit.path", "op": "exists"}});
    let visit = house.post(&format!("{SEGMENTS}/preview"), visit).await.json();
    assert_eq!((&visit["count"], &visit["asks_about_visit"]), (&json!(0), &json!(true)));

    assert_eq!(house.post(&format!("{SEGMENTS}/{base}/preview"), "").await.json()["count"], 2);
    assert_eq!(house.post(&format!("{SEGMENTS}/9/preview"), "").await.code(), "not_found");
    let wrong = house.post(&format!("{SEGMENTS}/preview"), json!({"rule": {"all": [{"prop": "x", "op": "is"}]}})).await;
    assert_eq!(wrong.fields(), ["rule/all/0/op", "rule/all/0/prop"]);
}

#[tokio::test]
async fn an_empty_workspace_is_offered_segments_to_begin_with() {
    let house = House::new().await;
    let browser = house.signed_in(Role::Member).await;
    let list = browser.page("/segments").await;
    list.shows(&["No segments yet", "New segment", "/segments/new?template=pricing", "Target company on the site"]);
    let form = browser.page("/segments/new?template=intent").await;
    form.shows(&["value=\"High intent\"", "contains_any", "Create segment"]);
    let viewer = house.signed_in(Role::Viewer).await;
    let list = viewer.page("/segments").await;
    assert!(!list.text.contains("/segments/new"), "a viewer is offered nothing that would be refused");
}

#[tokio::test]
async fn a_segment_is_made_with_the_form_shown_and_changed() {
    let house = with_people().await;
    let browser = house.signed_in(Role::Member).await;
    let made = browser.submit("/segments/new", &filled("VPs & <heads>", &vps().to_string())).await;
    let path = made.leads_to();
    let id = path.strip_prefix("/segments/").unwrap();
    let api = house.get(&format!("{SEGMENTS}/{id}")).await.json();
    assert_eq!((&api["name"], &api["frequency"]), (&json!("VPs & <heads>"), &json!({"cooldown": "36h"})));

    let shown = browser.page(&path).await;
    shown.shows(&["VPs &amp; &lt;heads&gt;", "Title contains vp", &format!("segment_{id}"), "Not again for 36h"]);
    shown.shows(&["No webhook listens to it", "Turn webhook action off", "Count members"]);
    let list = browser.page("/segments").await;
    list.shows(&["VPs &amp; &lt;heads&gt;", &format!("/segments/{id}/members"), "None yet"]);
    assert!(browser.page("/segments?q=heads&status=disabled").await.text.contains("No segment fits"));
    assert!(browser.page(&format!("/segments?q={id}")).await.text.contains("&lt;heads&gt;"));
    let members = browser.page(&format!("{path}/members")).await;
    members.shows(&["2 contacts", "of 3 in all", "VP &lt;b&gt;Marketing&lt;/b&gt;", "data-part=\"members\""]);

    let edited = browser.page(&format!("{path}/edit")).await;
    edited.shows(&["VPs &amp; &lt;heads&gt;", "value=\"36h\"", "Save segment"]);
    let changed = browser.submit(&format!("{path}/edit"), &filled("VPs", r#"{"any":[]}"#)).await;
    assert_eq!(changed.leads_to(), path);
    assert_eq!(house.get(&format!("{SEGMENTS}/{id}")).await.json()["rule"], json!({"any": []}));

    for (switch, field, value) in [
        ("disable", "enabled", json!(false)),
        ("enable", "enabled", json!(true)),
        ("webhook-action/off", "actions", json!([])),
        ("webhook-action/on", "actions", json!(["webhook"])),
    ] {
        assert_eq!(browser.submit(&format!("{path}/{switch}"), &[]).await.leads_to(), path);
        assert_eq!(house.get(&format!("{SEGMENTS}/{id}")).await.json()[field], value, "{switch}");
    }
}

#[tokio::test]
async fn a_wrong_form_comes_back_with_what_was_typed_and_every_reason() {
    let house = House::new().await;
    let browser = house.signed_in(Role::Member).await;
    let wrong = browser
        .submit("/segments/new", &filled(" ", r#"{"all":[{"prop":"contact.shoe","op":"eq","value":"<x>"}]}"#))
        .await;
    assert_eq!(wrong.status, 422);
    wrong.shows(&["This was not saved", "rule/all/0/prop", "contact.shoe", "&lt;x&gt;", "value=\"36h\"", "name"]);
    let no_json = browser.submit("/segments/new", &filled("n", "{all: []}")).await;
    assert_eq!(no_json.status, 422);
    no_json.shows(&["is not JSON", "{all: []}"]);
    let mut fields = filled("n", r#"{"all":[]}"#);
    fields.pop();
    fields.push(("frequency/cooldown", "soon"));
    let pause = browser.submit("/segments/new", &fields).await;
    pause.shows(&["must be a time such as 30m", "value=\"soon\""]);
}

#[tokio::test]
async fn a_form_is_previewed_while_it_is_filled_in() {
    let house = with_people().await;
    let browser = house.signed_in(Role::Viewer).await;
    let rule = vps().to_string();
    let seen = browser.submit("/segments/preview", &[("subject", "contact"), ("rule", &rule)]).await;
    assert_eq!(seen.status, 200);
    seen.shows(&["Title contains vp", "2 contacts", "Ann"]);
    assert!(!seen.text.contains("<html"), "a fragment");
    let wrong = r#"{"all":[{"prop":"contact.title","op":"contains_any","value":[]}]}"#;
    let wrong = browser.submit("/segments/preview", &[("subject", "contact"), ("rule", wrong)]).await;
    assert_eq!(wrong.status, 200);
    wrong.shows(&["data-wrong-at=\"/all/0/value\"", "must have at least one value"]);
    browser.submit("/segments/preview", &[("subject", "contact"), ("rule", "{")]).await.shows(&["is not JSON"]);

    let member = house.signed_in(Role::Member).await;
    let mut fields = filled("Typed name", &rule);
    fields.push(("preview", "1"));
    let page = member.submit("/segments/new", &fields).await;
    assert_eq!(page.status, 200);
    page.shows(&["<html", "Typed name", "2 contacts"]);
    assert_eq!(house.get(SEGMENTS).await.json()["data"], json!([]), "a preview makes nothing");
}

#[tokio::test]
async fn deleting_says_which_webhooks_keep_their_limit() {
    let house = House::new().await;
    let id = make(&house, "VPs").await;
    let webhook = json!({"url": "https://crm.example/x", "description": "CRM", "event_types": ["contact.visited"],
        "channels": format!("segment_{id}")});
    assert_eq!(house.post("/api/v1/webhooks", webhook).await.status, 201);
    let browser = house.signed_in(Role::Member).await;
    browser.page(&format!("/segments/{id}")).await.shows(&["CRM", "limited to it"]);
    let asked = browser.page(&format!("/segments/{id}/delete")).await;
    asked.shows(&["Delete VPs?", "keep that limit", "CRM", "Delete segment"]);
    let above = house.post(SEGMENTS, json!({"name": "Above", "rule": {"segment": id}})).await.id();
    browser.page(&format!("/segments/{id}/delete")).await.shows(&["cannot be deleted yet", "Above"]);
    assert_eq!(browser.submit(&format!("/segments/{id}/delete"), &[]).await.status, 409);
    assert_eq!(browser.submit(&format!("/segments/{above}/delete"), &[]).await.leads_to(), "/segments");
    assert_eq!(browser.submit(&format!("/segments/{id}/delete"), &[]).await.leads_to(), "/segments");
    assert_eq!(browser.page(&format!("/segments/{id}")).await.status, 404);
}

#[tokio::test]
async fn viewers_change_nothing_and_nobody_sees_another_workspace() {
    let house = House::new().await;
    let id = make(&house, "VPs").await;
    let viewer = house.signed_in(Role::Viewer).await;
    assert_eq!(viewer.page(&format!("/segments/{id}")).await.status, 200);
    assert_eq!(viewer.page(&format!("/segments/{id}/members")).await.status, 200);
    for path in ["new".to_owned(), format!("{id}/edit"), format!("{id}/delete")] {
        assert_eq!(viewer.page(&format!("/segments/{path}")).await.status, 403, "{path}");
        assert_eq!(viewer.submit(&format!("/segments/{path}"), &filled("n", "{}")).await.status, 403, "{path}");
    }
    for switch in ["enable", "disable", "webhook-action/on", "webhook-action/off"] {
        assert_eq!(viewer.submit(&format!("/segments/{id}/{switch}"), &[]).await.status, 403, "{switch}");
    }
    let other = house.add_workspace("bk_other_0123456789").await;
    let stranger = house.signed_in_to(other, Role::Owner).await;
    for path in ["", "/edit", "/members", "/delete"] {
        assert_eq!(stranger.page(&format!("/segments/{id}{path}")).await.status, 404, "{path}");
    }
    for path in ["edit", "delete", "disable"] {
        let sent = stranger.submit(&format!("/segments/{id}/{path}"), &filled("n", r#"{"all":[]}"#)).await;
        assert_eq!(sent.status, 404, "{path}");
    }
    assert_eq!(house.get(&format!("{SEGMENTS}/{id}")).await.json()["name"], "VPs");
}

#[tokio::test]
async fn every_change_of_a_segment_is_in_the_audit_log() {
    let house = House::new().await;
    let id = make(&house, "VPs").await;
    let path = format!("{SEGMENTS}/{id}");
    assert_eq!(house.patch(&path, json!({"name": "Heads"})).await.status, 200);
    assert_eq!(house.patch(&path, json!({"name": "Heads"})).await.status, 200, "which changes nothing");
    assert_eq!(house.delete(&path).await.status, 204);
    let log = house.store.list_audit(house.workspace, &AuditFilter::default(), PageRequest::default()).await;
    let mut noted = log.unwrap().rows;
    noted.retain(|entry| entry.subject == id);
    noted.reverse();
    let actions: Vec<_> = noted.iter().map(|entry| entry.action.as_str()).collect();
    assert_eq!(actions, ["segment.created", "segment.updated", "segment.deleted"]);
    assert_eq!(noted[1].before.as_ref().unwrap()["name"], "VPs");
    assert_eq!(noted[1].after.as_ref().unwrap()["name"], "Heads");
}
