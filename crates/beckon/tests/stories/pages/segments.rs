//! Behaviours U6 and U8: a segment is made without code; signals show what came of them, and why not.

use std::io::Write;

use beckon_testkit::receiver::Receiver;
use serde_json::json;

use super::signed_in;
use crate::browser::within;

// behaviour U6 (in part)
#[tokio::test]
async fn a_rule_asks_for_a_list_that_a_file_was_imported_onto_and_for_the_profile() {
    let (beckon, browser) = signed_in().await;
    beckon.api.patch("/api/v1/settings", json!({ "icp": { "titles": ["head of"] } })).await.expect(200);
    let mut file = tempfile::Builder::new().suffix(".csv").tempfile().unwrap();
    write!(
        file,
        "email,first_name,title\nmei@kestrel.example,Mei,Head of Growth\nsam@kestrel.example,Sam,Headhunter\n"
    )
    .unwrap();
    file.flush().unwrap();
    browser.open("/contacts/import").await;
    browser.upload("CSV file", file.path()).await;
    browser.fill("Put them on a list", "Spring fair").await;
    browser.click("Import").await;
    browser.click("Show the list").await;
    browser.see("2 on it").await;
    browser.axe("a list").await;

    browser.open("/segments/new").await;
    browser.fill("Name", "Invited").await;
    browser.click("Add condition").await;
    browser.choose("Kind of condition", "On a list").await;
    browser.choose("List", "Spring fair (contacts)").await;
    browser.see_in("Preview", "Sam").await;
    browser.click("Add condition").await;
    browser.choose(within("Condition 2 of 2", "Kind of condition"), "Ideal customer profile").await;
    browser.see_no_more("Sam").await;
    browser.see_in("Preview", "Mei").await;
    browser.axe("the rule's editor").await;
    browser.click("Create segment").await;
    // The editor says it in the same words.
    browser.see_no_more("Create segment").await;
    browser.see("Is on the list “Spring fair” and fits the ideal customer profile").await;
    let list = beckon.api.list("/api/v1/lists", 250).await.remove(0);
    let segment = beckon.api.list("/api/v1/segments", 250).await.remove(0);
    assert_eq!(segment["rule"], json!({ "all": [{ "list": list["id"] }, { "icp": true }] }));
    browser.close().await;
}

// behaviour U6
#[tokio::test]
async fn a_segment_is_built_without_code_previewed_and_switched_on() {
    let (beckon, browser) = signed_in().await;
    let receiver = Receiver::start().await;
    beckon.webhook(&receiver.url("/"), &["contact.visited"]).await;
    for (user, first_name, title) in [("u1", "Mei", "Head of Growth"), ("u2", "Sam", "Account Executive")] {
        let email = format!("{}@kestrel.example", first_name.to_lowercase());
        beckon.contact(json!({ "email": email, "user_id": user, "first_name": first_name, "last_name": "Doe", "title": title })).await;
    }
    browser.click("Segments").await;
    browser.see("No segments yet").await;
    browser.click("New segment").await;
    browser.fill("Name", "Leaders at the prices").await;
    browser.click("Add condition").await;
    browser.choose("Field", "Title").await;
    browser.choose("How it compares", "contains any").await;
    browser.fill("Values, with commas between them", "vp, head").await;
    browser.see_in("Preview", "Mei Doe").await;
    assert!(!browser.shows("Sam Doe").await, "the preview holds who fits");
    browser.click("Add condition").await;
    browser.choose(within("Condition 2 of 2", "Kind of condition"), "Page visited").await;
    browser.fill(within("Condition 2 of 2", "Path of the page"), "/pricing").await;
    browser.choose(within("Condition 2 of 2", "How often"), "at least").await;
    browser.fill(within("Condition 2 of 2", "Times"), "2").await;
    browser.see_no_more("Mei Doe").await;
    browser.axe("the rule's editor").await;
    browser.untick("Enabled").await;
    browser.untick("Tell webhooks").await;
    browser.click("Create segment").await;
    browser.see("It is disabled").await;

    // What was clicked is the rule that the API knows, at an address with the segment's number.
    let segment = beckon.api.list("/api/v1/segments", 250).await.remove(0);
    let path = browser.path().await;
    assert!(path.starts_with(&format!("/segments/{}", segment["id"].as_str().unwrap())), "{path}");
    let wanted = json!({ "all": [
        { "prop": "contact.title", "op": "contains_any", "value": ["vp", "head"] },
        { "visited": { "path": "/pricing", "match": "prefix" }, "count": { "op": "gte", "value": 2 }, "within": "7d" },
    ] });
    assert_eq!(segment["rule"], wanted);

    let visit = async || {
        for path in ["/pricing", "/pricing/teams"] {
            beckon.track("page", json!({ "userId": "u1", "properties": { "path": path } })).await;
        }
    };
    browser.click("Enable").await;
    browser.see("It does nothing").await;
    browser.click("Turn webhook action on").await;
    browser.see("Webhook action on. Whoever qualifies makes an event.").await;
    visit().await;
    let told = receiver.received(1).await.remove(0).json();
    assert_eq!(told["segment"]["name"], "Leaders at the prices");
    browser.see_in("Latest events", "contact.visited").await;
    browser.close().await;
}

// behaviour U8
#[tokio::test]
async fn signals_show_who_it_was_what_it_matched_and_why_not() {
    let (beckon, browser) = signed_in().await;
    let receiver = Receiver::start().await;
    let crm = json!({ "url": receiver.url("/"), "event_types": ["contact.visited"], "description": "CRM" });
    beckon.webhook_with(crm).await;
    let mei = json!({ "email": "mei@kestrel.example", "user_id": "u1", "first_name": "Mei", "last_name": "Tanaka", "title": "Head of Growth" });
    beckon.contact(mei).await;
    beckon.segment("Prices", json!({ "visited": { "path": "/pricing", "match": "prefix" }, "within": "7d" })).await;
    let title = json!({ "prop": "contact.title", "op": "contains", "value": "director" });
    beckon.segment("Directors", title).await;

    browser.open("/signals").await;
    browser.see("No signals yet").await;
    browser.see("Live").await;
    browser.mark_page().await;
    beckon.track("page", json!({ "anonymousId": "b1", "properties": { "path": "/blog" } })).await;
    browser.see_in("/blog", "Anonymous visitor").await;
    beckon.track("page", json!({ "userId": "u1", "properties": { "path": "/pricing" } })).await;
    browser.see_in("/pricing", "Mei Tanaka").await;
    browser.see_in("/pricing", "by the user id in the signal").await;
    browser.see_in("/pricing", "Prices").await;
    assert!(browser.is_marked().await, "the page was not loaded anew");

    browser.click("/pricing").await;
    browser.choose("Segment", "Directors").await;
    browser.click("Explain").await;
    browser.see("The conditions, in their order").await;
    browser.see("Found: ").await;
    browser.see("Head of Growth").await;
    browser.axe("an explanation").await;
    browser.choose("Segment", "Prices").await;
    browser.click("Explain").await;
    browser.see("Show the event").await;
    browser.see_in("The webhooks", "CRM").await;
    browser.close().await;
}
