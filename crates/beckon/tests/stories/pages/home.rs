//! Behaviour U9: the first page says how it is going, and what needs somebody.

use beckon_testkit::receiver::{Receiver, Reply};
use serde_json::json;

use super::signed_in;

// behaviour U9
#[tokio::test]
async fn the_first_page_charts_deliveries_and_puts_failing_webhooks_first() {
    let (beckon, browser) = signed_in().await;
    browser.see("First steps").await;
    browser.see("Waiting for your first page view").await;
    browser.see("0 of 4 done").await;
    beckon.track("page", json!({ "anonymousId": "b1", "properties": { "path": "/" } })).await;
    browser.see("We saw your first page view.").await;
    browser.see("1 of 4 done").await;

    let receiver = Receiver::start().await;
    receiver.reply_with(|request| Reply::status(if request.path == "/broken" { 500 } else { 200 }));
    beckon.event_type("invoice.paid").await;
    for (path, description) in [("/crm", "CRM"), ("/broken", "Warehouse")] {
        let form = json!({
            "url": receiver.url(path), "event_types": ["invoice.paid"], "description": description, "retry_schedule": [],
        });
        beckon.webhook_with(form).await;
    }
    for _ in 0..4 {
        let event = beckon.publish("invoice.paid", json!({})).await;
        beckon.deliveries_once(&event, |delivery| delivery["attempt_count"] == 1).await;
    }
    browser.see("Warehouse is failing").await;
    assert!(!browser.shows("CRM is").await, "nothing is said of what is well");
    let order = "const text = document.querySelector('main').innerText.toLowerCase();
                 return ['warehouse is failing', 'success rate', 'deliveries by hour'].map((words) => text.indexOf(words));";
    let places = browser.ask(order, vec![]).await.unwrap();
    let places: Vec<_> = places.as_array().unwrap().iter().map(|place| place.as_i64().unwrap()).collect();
    assert!(places[0] >= 0 && places.is_sorted(), "what fails stands first: {places:?}");
    browser.see("of 8 requests").await;
    browser.see("50 %").await;

    // The chart says the same to those who do not see it.
    browser.click("As a table").await;
    let figures = beckon.api.get("/api/v1/deliveries?status=delivered").await.expect(200).json();
    assert_eq!(figures["data"].as_array().unwrap().len(), 4);
    browser.see("Delivered: 4").await;
    browser.see("Failed requests: 4").await;
    browser.close().await;
}
