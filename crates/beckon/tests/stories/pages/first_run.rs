//! Behaviour U1: one command, one link, signed in.

use super::{EMAIL, NAME, PASSWORD, owner_link};
use crate::beckon::Beckon;
use crate::browser::Browser;

// behaviour U1
#[tokio::test]
async fn one_command_prints_one_link_and_whoever_opens_it_is_signed_in() {
    let beckon = Beckon::start().await;
    let browser = Browser::start(&beckon.base()).await;
    browser.open("/webhooks").await;
    browser.see("Nobody has an account yet").await;
    browser.axe("the page to sign in").await;

    let link = owner_link(&beckon);
    browser.open(&link).await;
    browser.fill("E-mail address", EMAIL).await;
    browser.fill("Your name", NAME).await;
    browser.fill("Password", "short").await;
    browser.click("Make my account").await;
    browser.see("This was not saved").await;
    browser.axe("the first account's form with an error").await;
    assert_eq!(browser.value_of("E-mail address").await, EMAIL, "what was typed is still there");
    browser.fill("Password", PASSWORD).await;
    browser.click("Make my account").await;
    browser.see("First steps").await;
    browser.see(NAME).await;

    browser.click("Sign out").await;
    browser.see("You are signed out.").await;
    browser.open(&link).await;
    browser.see("This link does not open anything").await;

    browser.open("/webhooks").await;
    browser.fill("E-mail address", EMAIL).await;
    browser.fill("Password", "not my password").await;
    browser.click("Sign in").await;
    browser.see("The address or the password is not right.").await;
    browser.fill("Password", PASSWORD).await;
    browser.click("Sign in").await;
    browser.see("No webhooks yet").await;
    assert!(browser.path().await.starts_with("/webhooks"), "where they wanted to go in the first place");
    browser.close().await;
}
