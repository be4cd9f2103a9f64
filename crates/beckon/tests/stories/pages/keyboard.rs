//! Behaviour U10: without a mouse.

use beckon_testkit::receiver::Receiver;
use thirtyfour::Key;

use super::signed_in;
use crate::browser::{DESKTOP, within};

// behaviour U10 (in part)
#[tokio::test]
async fn a_webhook_is_created_tried_and_its_secret_read_with_the_keyboard_alone() {
    let (beckon, browser) = signed_in().await;
    let receiver = Receiver::start().await;
    browser.look(DESKTOP.calm()).await;
    browser.open("/").await;
    browser.tab_to("Skip to content").await;
    browser.tab_to("Webhooks").await;
    browser.press(Key::Enter).await;
    browser.see("No webhooks yet").await;
    browser.tab_to("Add webhook").await;
    browser.press(Key::Enter).await;
    browser.see("Where to").await;
    browser.tab_to("Endpoint URL").await;
    browser.type_text(&receiver.url("/hook")).await;
    browser.tab_to("contact.visited").await;
    browser.press(Key::Space).await;
    browser.tab_to("Advanced").await;
    browser.press(Key::Enter).await;
    browser.tab_to("Name of header 1").await;
    browser.type_text("X-Team").await;
    browser.press(Key::Tab).await;
    browser.type_text("sales").await;
    browser.tab_to("Create webhook").await;
    browser.press(Key::Enter).await;
    browser.see("Next: see it arrive").await;

    // A dialog takes the focus, keeps it, and gives it back.
    browser.tab_to("Reveal").await;
    browser.press(Key::Enter).await;
    browser.see("What signs now").await;
    browser.tab_to("Show the secret").await;
    browser.press(Key::Enter).await;
    let webhook = beckon.api.list("/api/v1/webhooks", 250).await.remove(0);
    let path = format!("/api/v1/webhooks/{}/secret", webhook["id"].as_str().unwrap());
    let secret = beckon.api.get(&path).await.expect(200).json()["secret"].as_str().unwrap().to_owned();
    browser.see(&secret).await;
    browser.press(Key::Escape).await;
    browser.see_no_more(&secret).await;
    let focus = browser.ask("return document.activeElement.textContent.trim();", vec![]).await.unwrap();
    assert_eq!(focus, "Reveal", "where it was");

    browser.tab_to("Testing").await;
    browser.press(Key::Enter).await;
    browser.see("Send a test event").await;
    browser.tab_to(within("Reset to sample", "Send test")).await;
    browser.press(Key::Enter).await;
    browser.see("Delivered: the receiver answered 200").await;
    assert_eq!(receiver.received(1).await[0].header("x-team"), Some("sales"));

    // Whoever wants little motion gets none.
    let moving = "return document.getAnimations().length
        + [...document.querySelectorAll('*')].filter((it) => parseFloat(getComputedStyle(it).transitionDuration) > 0.011).length;";
    assert_eq!(browser.ask(moving, vec![]).await.unwrap(), 0);
    browser.close().await;
}
