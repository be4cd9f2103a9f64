//! The portal: the webhooks part of a workspace in a page of somebody else's.

use beckon_testkit::receiver::{Receiver, Reply};
use serde_json::json;

use crate::beckon::Beckon;
use crate::browser::Browser;

/// A page that frames the portal.
fn framing(url: &str) -> Reply {
    let page = format!(
        "<!doctype html><html lang=en><title>Our app</title><h1>Our app</h1><iframe title=Webhooks width=900 height=700 src={url}></iframe>"
    );
    Reply::status(200).with_header("content-type", "text/html").with_body(page)
}

#[tokio::test]
async fn the_portal_opens_in_a_frame_where_it_may_and_nowhere_else() {
    let (app, stranger, receiver) = (Receiver::start().await, Receiver::start().await, Receiver::start().await);
    let origin = app.url("");
    let settings = [
        ("BECKON_PORTAL_FRAME_ANCESTORS", origin.as_str()),
        ("BECKON_PORTAL_NAME", "Routewise"),
        ("BECKON_PORTAL_ACCENT", "#7a1fa2"),
    ];
    let beckon = Beckon::start_with(&settings).await;
    let browser = Browser::start(&beckon.base()).await;
    let link = beckon.api.post("/api/v1/portal-links", json!({ "label": "Jane Doe, Acme" })).await.expect(201).json();
    let url = link["url"].as_str().unwrap().to_owned();
    for site in [&app, &stranger] {
        let url = url.clone();
        site.reply_with(move |_| framing(&url));
    }

    browser.open(&app.url("/")).await;
    browser.see("Our app").await;
    browser.enter_frame().await;
    browser.see("Routewise").await;
    browser.see("No webhooks yet").await;
    assert!(!browser.shows("Segments").await && !browser.shows("Contacts").await, "only the webhooks part");
    browser.click("Add webhook").await;
    browser.fill("Endpoint URL", &receiver.url("/hook")).await;
    browser.tick("contact.visited").await;
    browser.click("Create webhook").await;
    browser.see("Next: see it arrive").await;
    browser.click("Testing").await;
    browser.click(crate::browser::within("Reset to sample", "Send test")).await;
    browser.see("Delivered: the receiver answered 200").await;
    browser.axe("the portal").await;
    browser.leave_frame().await;

    // What is done there is done, and the rest is not reached by the link.
    assert_eq!(beckon.api.list("/api/v1/webhooks", 250).await.len(), 1);
    browser.open(&format!("{}/segments", url.trim_start_matches(&beckon.base()))).await;
    browser.see("Not found").await;
    browser.axe("an error").await;
    browser.check().await;

    browser.open(&stranger.url("/")).await;
    browser.enter_frame().await;
    assert!(!browser.shows("Routewise").await, "a page that is not allowed shows nothing");
    browser.leave_frame().await;
    let refused = browser.faults().await.join("\n");
    assert!(refused.contains("frame-ancestors"), "the browser says why: {refused}");
    browser.close().await;
}
