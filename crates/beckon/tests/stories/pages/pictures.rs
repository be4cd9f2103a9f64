//! `make screenshots`: a picture of every page, for docs/screenshots.
//!
//! Not a test: it is run when somebody asks for it. What is in the pictures happened: through the API today, and before
//! today through the store, as the engine writes it.

#[path = "pictures/history.rs"]
mod history;

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use beckon_testkit::vault::A_VAULT_KEY;
use serde_json::{Value, json};

use super::{in_use, owner_link, sign_up};
use crate::beckon::Beckon;
use crate::browser::{Browser, DESKTOP, PHONE, within};

/// Down to where a page is shown, in pixels.
const HEIGHT_MAX: u64 = 1_300;

/// Takes pictures into a folder.
struct Album<'a> {
    browser: &'a Browser,
    folder: PathBuf,
}

impl Album<'_> {
    /// The page as it is shown now.
    async fn add(&self, name: &str) {
        let picture = self.browser.picture(HEIGHT_MAX).await;
        fs::write(self.folder.join(format!("{name}.png")), picture).expect("a picture is written");
    }

    /// The page at that path, once it says `text`.
    async fn page(&self, name: &str, path: &str, text: &str) {
        self.browser.open(path).await;
        self.browser.see(text).await;
        self.add(name).await;
    }
}

/// The id of the row in which a field has that value.
async fn id_of(beckon: &Beckon, list: &str, field: &str, value: &str) -> String {
    let rows = beckon.api.list(list, 250).await;
    let row = rows.iter().find(|row| row[field] == value).unwrap_or_else(|| panic!("no {value} in {list}"));
    row["id"].as_str().expect("an id").to_owned()
}

#[tokio::test]
#[ignore = "`make screenshots` runs it"]
async fn every_page_has_its_picture() {
    let key = BASE64.encode(A_VAULT_KEY);
    let mut beckon = Beckon::start_with(&[("BECKON_ENCRYPTION_KEY", &key), ("BECKON_PORTAL_NAME", "Routewise")]).await;
    let browser = Browser::start(&beckon.base()).await;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/screenshots");
    fs::create_dir_all(&folder).expect("the folder");
    let album = Album { browser: &browser, folder };

    album.page("sign-in", "/sign-in", "Nobody has an account yet").await;
    album.page("welcome", owner_link(&beckon).trim_start_matches(&beckon.base()), "Welcome to Beckon").await;
    sign_up(&beckon, &browser).await;
    album.page("home-first-steps", "/", "First steps").await;

    let _receiver = in_use::set_up(&beckon).await;
    let webhooks: Vec<Value> = beckon.api.list("/api/v1/webhooks", 250).await;
    // Nothing is open that would miss the server while it is away.
    browser.open("about:blank").await;
    beckon.terminate().await;
    history::write(beckon.data(), &webhooks).await;
    beckon.start_again().await;
    in_use::go_on(&beckon).await;

    let crm = id_of(&beckon, "/api/v1/webhooks", "description", "CRM").await;
    let leaders = id_of(&beckon, "/api/v1/segments", "name", "Decision makers with intent").await;
    let retrying = id_of(&beckon, "/api/v1/deliveries?status=retrying", "event_type", "contact.visited").await;
    let event = id_of(&beckon, "/api/v1/events", "type", "contact.visited").await;
    let contact = id_of(&beckon, "/api/v1/contacts", "first_name", "Omar").await;
    let company = id_of(&beckon, "/api/v1/companies", "domain", "kestrel.example").await;
    let list = id_of(&beckon, "/api/v1/lists", "name", "Target accounts").await;
    let job = id_of(&beckon, "/api/v1/jobs", "status", "done").await;

    for (name, path, text) in [
        ("home", "/".to_owned(), "Deliveries by hour"),
        ("webhooks", "/webhooks".to_owned(), "Live"),
        ("webhook-new", "/webhooks/new".to_owned(), "Create webhook"),
        ("webhook", format!("/webhooks/{crm}"), "Latest attempts"),
        ("webhook-verify", format!("/webhooks/{crm}/verify"), "JavaScript"),
        ("webhook-advanced", format!("/webhooks/{crm}/advanced"), "Retries"),
        ("deliveries", "/deliveries".to_owned(), "Live"),
        ("delivery", format!("/deliveries/{retrying}"), "Attempt 1"),
        ("events", "/events".to_owned(), "Live"),
        ("event", format!("/events/{event}"), "Payload"),
        ("catalog", "/catalog".to_owned(), "Your own"),
        ("event-type", "/catalog/contact.visited".to_owned(), "TypeScript"),
        ("event-type-new", "/catalog/new".to_owned(), "Create event type"),
        ("segments", "/segments".to_owned(), "Decision makers"),
        ("segment", format!("/segments/{leaders}"), "Omar Haddad"),
        ("segment-rule", format!("/segments/{leaders}/edit"), "Omar Haddad"),
        ("signals", "/signals".to_owned(), "Live"),
        ("contacts", "/contacts".to_owned(), "Omar Haddad"),
        ("contact", format!("/contacts/{contact}"), "Profile"),
        ("contact-identity", format!("/contacts/{contact}/identity"), "What happened"),
        ("contacts-import", "/contacts/import".to_owned(), "CSV file"),
        ("companies", "/companies".to_owned(), "Kestrel Software"),
        ("company", format!("/companies/{company}"), "Profile"),
        ("lists", "/lists".to_owned(), "Target accounts"),
        ("list", format!("/lists/{list}"), "Kestrel Software"),
        ("replay", format!("/jobs/{job}"), "Progress"),
        ("settings", "/settings".to_owned(), "Time zone"),
        ("settings-sites", "/settings/sites".to_owned(), "Save"),
        ("settings-keys", "/settings/keys".to_owned(), "Write keys"),
        ("settings-members", "/settings/members".to_owned(), "Jane Doe"),
        ("settings-icp", "/settings/icp".to_owned(), "Seniorities"),
        ("settings-identity", "/settings/identity".to_owned(), "Blocked values"),
        ("settings-suppressions", "/settings/suppressions".to_owned(), "Addresses, one per line"),
        ("settings-retention", "/settings/retention".to_owned(), "Save"),
        ("settings-notices", "/settings/notices".to_owned(), "Notices"),
        ("settings-audit", "/settings/audit".to_owned(), "Changes, newest first"),
        ("account", "/account".to_owned(), "Jane Doe"),
        ("design", "/design".to_owned(), "Colours"),
    ] {
        album.page(name, &path, text).await;
    }

    browser.open(&format!("/webhooks/{crm}/testing")).await;
    browser.click(within("Reset to sample", "Send test")).await;
    browser.see("Delivered: the receiver answered 200").await;
    album.add("webhook-testing").await;
    browser.open(&format!("/webhooks/{crm}")).await;
    browser.click("More").await;
    browser.click("Replay missing…").await;
    browser.see("This will send").await;
    album.add("webhook-replay-missing").await;
    browser.open("/signals?kind=page").await;
    browser.click("/docs").await;
    browser.choose("Segment", "Decision makers").await;
    browser.click("Explain").await;
    browser.see("The conditions, in their order").await;
    album.add("signal-why-not").await;
    let portal = beckon.api.post("/api/v1/portal-links", json!({ "label": "Jane Doe" })).await.expect(201).json();
    album.page("portal", portal["url"].as_str().unwrap(), "Routewise").await;

    for (look, name) in [(DESKTOP.dark(), "dark"), (PHONE, "phone"), (PHONE.dark(), "phone-dark")] {
        browser.look(look).await;
        album.page(&format!("home-{name}"), "/", "Deliveries by hour").await;
        album.page(&format!("delivery-{name}"), &format!("/deliveries/{retrying}"), "Attempt 1").await;
        album.page(&format!("segment-rule-{name}"), &format!("/segments/{leaders}/edit"), "Omar Haddad").await;
    }
    browser.close().await;
}
