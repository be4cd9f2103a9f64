//! Behaviour U4: deliveries as they happen, found by filters, each with its attempts.

use beckon_testkit::receiver::{Receiver, Reply};
use serde_json::json;

use super::signed_in;
use crate::browser::within;

// behaviour U4
#[tokio::test]
async fn deliveries_show_as_they_happen_can_be_filtered_and_tell_each_attempt() {
    let (beckon, browser) = signed_in().await;
    let receiver = Receiver::start().await;
    receiver.reply_with(|request| match request.path.as_str() {
        "/broken" => Reply::status(503).with_header("x-trace", "t-1").with_body("closed for today"),
        _ => Reply::status(200),
    });
    beckon.event_type("invoice.paid").await;
    beckon.event_type("invoice.lost").await;
    beckon.segment("Everybody", json!({ "all": [] })).await;
    let crm = json!({ "url": receiver.url("/crm"), "event_types": ["invoice.paid", "contact.visited"], "description": "CRM" });
    beckon.webhook_with(crm).await;
    let broken = json!({
        "url": receiver.url("/broken"), "event_types": ["invoice.lost"], "description": "Warehouse", "retry_schedule": [1, 3600],
    });
    beckon.webhook_with(broken).await;

    // What happens shows by itself, on the page as it was.
    browser.open("/deliveries").await;
    browser.see("No deliveries yet").await;
    browser.see("Live").await;
    browser.mark_page().await;
    beckon.publish("invoice.paid", json!({ "number": 17 })).await;
    browser.see_in("invoice.paid", "Delivered").await;
    assert!(browser.is_marked().await, "the page was not loaded anew");
    let lost = beckon.publish("invoice.lost", json!({ "number": 18 })).await;
    beckon.deliveries_once(&lost, |delivery| delivery["attempt_count"] == 2).await;
    beckon.contact(json!({ "email": "mei.tanaka@kestrel.example", "user_id": "u1", "first_name": "Mei", "last_name": "Tanaka" })).await;
    beckon.track("page", json!({ "userId": "u1", "properties": { "path": "/pricing" } })).await;
    browser.see("Mei Tanaka").await;

    // Each filter keeps what it says; the address is what can be shared.
    let table = async || {
        let read =
            "return [...document.querySelectorAll('#deliveries tbody tr')].map((row) => row.innerText).join('\\n');";
        browser.ask(read, vec![]).await.unwrap().as_str().unwrap().to_owned()
    };
    for (filter, choice, kept, gone) in [
        ("Status", "Retrying", "invoice.lost", "invoice.paid"),
        ("Event type", "invoice.paid", "invoice.paid", "contact.visited"),
        ("Webhook", "Warehouse", "invoice.lost", "invoice.paid"),
        ("Segment", "Everybody", "contact.visited", "invoice.paid"),
    ] {
        browser.open("/deliveries").await;
        browser.choose(filter, choice).await;
        browser.see(&format!("{filter}: {choice}")).await;
        let rows = table().await;
        assert!(rows.contains(kept) && !rows.contains(gone), "{filter}: {rows}");
        let address = browser.path().await;
        browser.open("/").await;
        browser.open(&address).await;
        assert_eq!(table().await.lines().count(), rows.lines().count(), "{address} is the same list");
    }
    browser.open("/deliveries").await;
    browser.fill("Contact or company", "tanaka").await;
    browser.click("Filter").await;
    browser.see("Clear all").await;
    let rows = table().await;
    assert!(rows.contains("Mei Tanaka") && !rows.contains("invoice"), "{rows}");
    browser.click("Clear all").await;
    browser.choose("Time", "Last hour").await;
    browser.see("Time: Last hour").await;
    assert!(table().await.contains("invoice.lost"));
    browser.click("Own time").await;
    browser.fill_moment("Until", "2020-01-01T00:00").await;
    browser.click("Filter").await;
    browser.see("No delivery fits").await;

    // One of them, with all that was sent and answered.
    browser.click("Clear all").await;
    browser.click(within("Warehouse", "invoice.lost")).await;
    browser.see("Attempt 2").await;
    browser.see("Next attempt").await;
    browser.see("\"number\": 18").await;
    browser.click(within("Attempt 1", "Request and response")).await;
    browser.see("closed for today").await;
    browser.axe("a delivery with an attempt opened").await;
    browser.see("x-trace").await;
    browser.see("webhook-signature").await;
    browser.see(&lost).await;

    // What cannot be undone is asked before.
    browser.click("Cancel").await;
    let question = browser.say_yes().await;
    assert!(question.contains("No more attempts will be made."), "{question}");
    browser.see("Canceled. No more attempts will be made.").await;
    beckon.deliveries_once(&lost, |delivery| delivery["status"] == "canceled").await;
    browser.close().await;
}
