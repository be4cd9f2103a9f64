//! Behaviours U: the pages, in a real browser, a person's story each.
//!
//! A story finds its way by what is written on the pages, waits until it sees what it expects, and ends with
//! [`Browser::close`], which knows what no page may do.

#[path = "pages/catalog.rs"]
mod catalog;
#[path = "pages/deliveries.rs"]
mod deliveries;
#[path = "pages/everywhere.rs"]
mod everywhere;
#[path = "pages/first_run.rs"]
mod first_run;
#[path = "pages/home.rs"]
mod home;
#[path = "pages/imports.rs"]
mod imports;
#[path = "pages/in_use.rs"]
mod in_use;
#[path = "pages/keyboard.rs"]
mod keyboard;
#[path = "pages/pictures.rs"]
mod pictures;
#[path = "pages/portal.rs"]
mod portal;
#[path = "pages/segments.rs"]
mod segments;
#[path = "pages/sending_again.rs"]
mod sending_again;
#[path = "pages/webhooks.rs"]
mod webhooks;
#[path = "pages/without_scripts.rs"]
mod without_scripts;

use crate::beckon::Beckon;
use crate::browser::Browser;

const NAME: &str = "Jane Doe";
const EMAIL: &str = "jane.doe@example.com";
const PASSWORD: &str = "correct horse battery staple";

/// A new server, and its owner in front of it.
async fn signed_in() -> (Beckon, Browser) {
    let beckon = Beckon::start().await;
    let browser = Browser::start(&beckon.base()).await;
    sign_up(&beckon, &browser).await;
    (beckon, browser)
}

/// Makes the owner's account by the link that the server printed.
async fn sign_up(beckon: &Beckon, browser: &Browser) {
    browser.open(&owner_link(beckon)).await;
    browser.fill("E-mail address", EMAIL).await;
    browser.fill("Your name", NAME).await;
    browser.fill("Password", PASSWORD).await;
    browser.click("Make my account").await;
    browser.see_no_more("Make my account").await;
}

/// The link that makes the owner's account, as the server prints it.
fn owner_link(beckon: &Beckon) -> String {
    let printed = beckon.printed();
    let link = printed.split_whitespace().rfind(|word| word.contains("/welcome/"));
    link.unwrap_or_else(|| panic!("no link was printed: {printed}")).to_owned()
}
