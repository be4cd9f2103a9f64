//! Behaviours U2 and U3: a webhook is created, and tried.

use beckon_testkit::receiver::{Receiver, Reply};
use serde_json::json;

use super::signed_in;
use crate::browser::within;

// behaviour U2
#[tokio::test]
async fn a_webhook_is_created_and_its_secret_revealed_and_copied() {
    let (beckon, browser) = signed_in().await;
    let receiver = Receiver::start().await;
    let segment = beckon.segment("Pricing page visitors", json!({ "all": [] })).await;
    let channel = segment["channel"].as_str().unwrap();
    browser.open("/webhooks").await;
    browser.click("Webhooks").await;
    browser.see("No webhooks yet").await;
    browser.click("Add webhook").await;

    // What is wrong is said at the field, and nothing that was typed is lost.
    browser.fill("Description", "Zapier: new leads").await;
    browser.fill("Endpoint URL", "zapier").await;
    browser.click("Create webhook").await;
    browser.see("This was not saved").await;
    assert_eq!(browser.value_of("Description").await, "Zapier: new leads");

    browser.fill("Endpoint URL", &receiver.url("/hook")).await;
    browser.tick("contact.visited").await;
    browser.tick("contact.intent").await;
    browser.fill("Segments", &format!("{channel} segment_99999999")).await;
    browser.click("Advanced").await;
    browser.fill("Name of header 1", "X-Team").await;
    browser.fill("Value of header 1", "sales").await;
    browser.fill("Most requests", "5").await;
    browser.click("Create webhook").await;
    browser.see("segment_99999999").await;
    browser.axe("a webhook's form with errors").await;
    browser.fill("Segments", channel).await;
    browser.click("Create webhook").await;
    browser.see("Next: see it arrive").await;
    browser.see("Zapier: new leads").await;
    browser.see("Pricing page visitors").await;

    let webhook = beckon.api.list("/api/v1/webhooks", 250).await.remove(0);
    assert_eq!(webhook["event_types"], json!(["contact.visited", "contact.intent"]));
    assert_eq!(webhook["channels"], json!([channel]));
    assert_eq!(webhook["headers"], json!({ "X-Team": "sales" }));
    assert_eq!(webhook["rate_limit"], json!({ "requests": 5, "per": "second" }));

    // The secret is masked until somebody asks for it, and can be taken along.
    let path = format!("/api/v1/webhooks/{}/secret", webhook["id"].as_str().unwrap());
    let secret = beckon.api.get(&path).await.expect(200).json()["secret"].as_str().unwrap().to_owned();
    assert!(!browser.shows(&secret).await);
    browser.see("whsec_••••").await;
    browser.click("Reveal").await;
    browser.click("Show the secret").await;
    browser.see(&secret).await;
    browser.axe("a dialog").await;
    browser.share_clipboard().await;
    browser.click("Copy the signing secret").await;
    browser.see("Copied").await;
    assert_eq!(browser.clipboard().await, secret);
    browser.close().await;
}

// behaviour U3
#[tokio::test]
async fn a_test_of_each_event_type_shows_the_receivers_answer_on_the_same_page() {
    let (beckon, browser) = signed_in().await;
    let receiver = Receiver::start().await;
    beckon.event_type("invoice.paid").await;
    let form = json!({ "url": receiver.url("/hook"), "event_types": ["contact.visited"], "description": "CRM" });
    let webhook = beckon.webhook_with(form).await["id"].as_str().unwrap().to_owned();
    receiver.reply_with(|_| Reply::status(202).with_header("x-receiver", "crm").with_body("thank you"));

    let types: Vec<_> = beckon.api.list("/api/v1/event-types", 250).await;
    assert!(types.len() >= 7, "all of ours, and one more: {types:?}");
    browser.open(&format!("/webhooks/{webhook}")).await;
    browser.click("Testing").await;
    for (sent, event_type) in (1..).zip(&types) {
        let name = event_type["name"].as_str().unwrap();
        browser.choose("Event type", name).await;
        browser.see(&format!("The sample of {name}.")).await;
        browser.click(within("Reset to sample", "Send test")).await;
        let request = receiver.received(sent).await.remove(sent - 1);
        assert_eq!(request.json(), event_type["example"], "{name}");
        browser.see("Delivered: the receiver answered 202").await;
        browser.see("thank you").await;
        browser.see(request.header("webhook-id").unwrap()).await;
    }

    // A sample can be changed; what is not JSON is not sent; a refusal says what to look at.
    browser.fill("Payload (JSON)", "{\"changed\": ").await;
    browser.click(within("Reset to sample", "Send test")).await;
    browser.see("this is not JSON").await;
    receiver.reply_with(|_| Reply::status(401).with_body("who are you?"));
    browser.fill("Payload (JSON)", "{\"changed\": true}").await;
    browser.click(within("Reset to sample", "Send test")).await;
    browser.see("Not delivered").await;
    browser.see("who are you?").await;
    browser.see("The receiver wants to know who sends.").await;
    browser.axe("a test's answer").await;
    assert_eq!(receiver.received(types.len() + 1).await[types.len()].json(), json!({ "changed": true }));
    browser.click(within("The receiver's answer", "Response headers")).await;
    browser.close().await;
}
