//! Behaviour U7: what each event says, to be read and taken along.

use serde_json::{Value, json};

use super::signed_in;
use crate::browser::within;

// behaviour U7
#[tokio::test]
async fn the_catalog_shows_fields_descriptions_and_an_example_to_copy() {
    let (beckon, browser) = signed_in().await;
    browser.click("Event catalog").await;
    browser.click("contact.visited").await;
    let event_type = beckon.api.get("/api/v1/event-types/contact.visited").await.expect(200).json();
    browser.see(event_type["description"].as_str().unwrap()).await;
    browser.see("contact.linkedin_url").await;
    browser.see("visit.utm").await;
    browser.see("jane.doe@example.com").await;

    browser.share_clipboard().await;
    browser.click("Copy the example").await;
    browser.see("Copied").await;
    let copied: Value = serde_json::from_str(&browser.clipboard().await).expect("JSON");
    assert_eq!(copied, event_type["example"]);

    // One of their own, with what is wrong said while it is typed.
    browser.click(within("Main", "Event catalog")).await;
    browser.click("New event type").await;
    browser.fill("Name", "invoice.paid").await;
    browser.fill("Description", "An invoice was paid.").await;
    let schema = json!({ "type": "object", "required": ["amount"], "properties": { "amount": { "type": "number", "description": "In euros." } } });
    browser.fill("JSON Schema", &schema.to_string()).await;
    browser.fill("Example", "{\"amount\": \"much\"}").await;
    browser.see("Not right yet").await;
    browser.fill("Example", "{\"amount\": 12.5}").await;
    browser.see("The example fits the schema").await;
    browser.click("Create event type").await;
    browser.see_no_more("Create event type").await;
    browser.see("invoice.paid").await;
    browser.see("In euros.").await;
    beckon.publish("invoice.paid", json!({ "amount": 3 })).await;
    browser.close().await;
}
