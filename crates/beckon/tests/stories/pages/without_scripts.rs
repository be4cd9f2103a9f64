//! Behaviour U10: without scripts.

use beckon_testkit::receiver::Receiver;
use serde_json::json;

use super::{EMAIL, NAME, PASSWORD, owner_link};
use crate::beckon::Beckon;
use crate::browser::{Browser, within};

// behaviour U10 (in part)
#[tokio::test]
async fn what_matters_works_with_scripts_off() {
    let beckon = Beckon::start().await;
    let receiver = Receiver::start().await;
    let browser = Browser::start(&beckon.base()).await;
    browser.run_scripts(false).await;
    browser.open(&owner_link(&beckon)).await;
    browser.fill("E-mail address", EMAIL).await;
    browser.fill("Your name", NAME).await;
    browser.fill("Password", PASSWORD).await;
    browser.click("Make my account").await;
    browser.see("First steps").await;

    beckon.event_type("invoice.paid").await;
    browser.click("Webhooks").await;
    browser.click("Add webhook").await;
    browser.fill("Endpoint URL", &receiver.url("/hook")).await;
    browser.tick("invoice.paid").await;
    browser.click("Create webhook").await;
    browser.see("Next: see it arrive").await;
    browser.click("Reveal").await;
    browser.click("Show the secret").await;
    browser.see("whsec_").await;

    receiver.always(500);
    let event = beckon.publish("invoice.paid", json!({ "number": 17 })).await;
    beckon.deliveries_once(&event, |delivery| delivery["attempt_count"] == 1).await;
    receiver.always(200);
    browser.click(within("Main", "Deliveries")).await;
    browser.choose("Status", "Retrying").await;
    browser.click("Filter").await;
    browser.see("Status: Retrying").await;
    browser.click("invoice.paid").await;
    browser.see("Attempt 1: failed, 500").await;
    browser.click("Resend").await;
    browser.see("Resent.").await;
    let sent = receiver.received(2).await;
    assert_eq!(sent[0].header("webhook-id"), sent[1].header("webhook-id"));
    beckon.deliveries_once(&event, |delivery| delivery["status"] == "delivered").await;
    browser.reload().await;
    browser.see("Attempt 2: delivered, 200").await;

    // Recovering counts first, and the segment's rule can be written and previewed.
    browser.click(within("Main", "Segments")).await;
    browser.click("New segment").await;
    browser.fill("Name", "Everybody").await;
    browser.fill("Rule as JSON", "{\"all\": []}").await;
    browser.click("Preview").await;
    browser.see("There are no contacts yet").await;
    browser.click("Create segment").await;
    browser.see("Created.").await;
    browser.close().await;
}
