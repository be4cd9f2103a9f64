//! Behaviour U5: what is sent again says so before, and shows how far it has come.

use beckon_testkit::receiver::Receiver;
use serde_json::json;

use super::signed_in;
use crate::browser::within;

// behaviour U5
#[tokio::test]
async fn resend_recover_and_replay_say_what_they_will_do_and_show_how_far_they_are() {
    let (beckon, browser) = signed_in().await;
    let receiver = Receiver::start().await;
    receiver.always(500);
    beckon.event_type("invoice.paid").await;
    let before = beckon.publish("invoice.paid", json!({ "number": 0 })).await;
    let form = json!({
        "url": receiver.url("/"), "event_types": ["invoice.paid"], "description": "Warehouse", "retry_schedule": [],
    });
    let webhook = beckon.webhook_with(form).await["id"].as_str().unwrap().to_owned();
    let mut failed = Vec::new();
    for number in 1..=3 {
        failed.push(beckon.publish("invoice.paid", json!({ "number": number })).await);
    }
    for event in &failed {
        beckon.deliveries_once(event, |delivery| delivery["status"] == "failed").await;
    }

    // One, by hand.
    receiver.always(200);
    browser.open("/deliveries?status=failed").await;
    browser.click("invoice.paid").await;
    browser.see("Makes one more request now").await;
    browser.click("Resend").await;
    browser.see("Resent.").await;
    browser.see("Attempt 2: delivered, 200").await;

    // All that failed.
    browser.open(&format!("/webhooks/{webhook}")).await;
    browser.click("More").await;
    browser.click("Recover failed…").await;
    browser.see("This will send 2 deliveries again.").await;
    browser.tick("My own times").await;
    browser.fill_moment("Since", "2020-01-01T00:00").await;
    browser.fill_moment("Until", "2020-01-02T00:00").await;
    browser.see("there is nothing to send").await;
    browser.tick("Last 8 hours").await;
    browser.see("This will send 2 deliveries again.").await;
    browser.click("Recover").await;
    browser.see("Recovering.").await;
    browser.see("2 made due again").await;
    browser.see("Done").await;
    for event in &failed {
        beckon.deliveries_once(event, |delivery| delivery["status"] == "delivered").await;
    }

    // All that never was.
    browser.click("Back to the webhook").await;
    browser.click("More").await;
    browser.click("Replay missing…").await;
    browser.see("This will send 1 event that the webhook never had.").await;
    browser.click("Replay").await;
    browser.see("Replaying.").await;
    browser.see("1 made due again").await;
    beckon.deliveries_once(&before, |delivery| delivery["status"] == "delivered").await;

    // And what a filter chooses, from the list.
    browser.open("/deliveries?status=delivered").await;
    browser.click("Replay…").await;
    browser.click("Send 4 again").await;
    browser.see("Progress").await;
    browser.see_in("Progress", "4").await;
    let all = receiver.until("all are sent again", |requests| requests.len() >= 3 + 1 + 2 + 1 + 4).await;
    assert_eq!(all.len(), 3 + 1 + 2 + 1 + 4);
    browser.click(within("Deliveries", "Deliveries")).await;
    browser.close().await;
}
