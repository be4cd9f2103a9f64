//! Behaviour U10: what holds of every page: labels and contrast, the keyboard, light and dark, desktop and phone, nothing
//! asked of another host.
//!
//! Pages are found as a visitor finds them, by following links from the first one. Of pages that differ only in the id
//! in their address, one is enough.

use std::collections::BTreeMap;

use super::{in_use, signed_in};
use crate::browser::{Browser, DESKTOP, Look, PHONE};

/// What stands for an id in the shape of an address.
const ID: &str = "{id}";

/// How addresses end that are not pages.
const FILES: &[&str] = &[".csv", ".json", ".ts", ".js", ".svg"];

/// Every page that can be reached from the first by links, by the shape of its address.
async fn pages(browser: &Browser) -> BTreeMap<String, String> {
    let mut found = BTreeMap::from([("/".to_owned(), "/".to_owned())]);
    let mut waiting = vec!["/".to_owned()];
    let links = "return [...document.querySelectorAll('a[href]:not([download])')]
                   .filter((link) => link.origin === location.origin).map((link) => link.pathname)";
    while let Some(path) = waiting.pop() {
        browser.open(&path).await;
        let links = browser.ask(links, vec![]).await.expect("links");
        for link in links.as_array().into_iter().flatten().filter_map(|link| link.as_str()) {
            if is_page(link) && !found.contains_key(&shape(link)) {
                found.insert(shape(link), link.to_owned());
                waiting.push(link.to_owned());
            }
        }
    }
    found
}

/// Whether a path is one of ours for people: not the API's, and nothing to download.
fn is_page(path: &str) -> bool {
    !path.starts_with("/api") && !FILES.iter().any(|end| path.ends_with(end))
}

/// An address with its ids taken out.
fn shape(path: &str) -> String {
    let parts = path.split('/').map(|part| {
        let is_id = part.bytes().all(|byte| byte.is_ascii_digit()) && !part.is_empty()
            || part.split_once('_').is_some_and(|(_, rest)| rest.len() == 26)
            || part.contains('.');
        if is_id { ID } else { part }
    });
    parts.collect::<Vec<_>>().join("/")
}

/// Looks at each of the pages in each of these ways.
async fn look_at_all(browser: &Browser, pages: &BTreeMap<String, String>, looks: &[Look]) {
    let mut found = Vec::new();
    for look in looks {
        browser.look(*look).await;
        for (shape, path) in pages {
            browser.open(path).await;
            let told = format!("{shape}, {look}");
            found.extend(browser.axe_finds().await.into_iter().map(|what| format!("{told}: {what}")));
            found.extend(browser.oddities().await.into_iter().map(|what| format!("{told}: {what}")));
            found.extend(browser.faults().await.into_iter().map(|what| format!("{told}: {what}")));
        }
    }
    assert!(found.is_empty(), "{} things are wrong with pages:\n{}", found.len(), found.join("\n"));
}

// behaviour U10 (in part)
#[tokio::test]
async fn every_page_of_an_empty_workspace_can_be_used_by_everybody() {
    let (_beckon, browser) = signed_in().await;
    let pages = pages(&browser).await;
    for expected in [
        "/",
        "/webhooks",
        "/webhooks/new",
        "/deliveries",
        "/events",
        "/catalog",
        "/segments",
        "/signals",
        "/contacts",
        "/companies",
        "/lists",
        "/lists/new",
        "/settings",
        "/account",
    ] {
        assert!(pages.contains_key(expected), "{expected} is not among {:?}", pages.keys());
    }
    look_at_all(&browser, &pages, &[DESKTOP, PHONE.dark()]).await;
    browser.close().await;
}

// behaviour U10
#[tokio::test]
async fn every_page_of_a_workspace_in_use_can_be_used_by_everybody() {
    let (beckon, browser) = signed_in().await;
    let _receiver = in_use::fill(&beckon).await;
    let pages = pages(&browser).await;
    let places =
        ["webhooks", "deliveries", "events", "catalog", "segments", "signals", "contacts", "companies", "lists"];
    for place in places {
        let one = format!("/{place}/{ID}");
        assert!(pages.contains_key(&one), "{one} is not among {:?}", pages.keys());
    }
    look_at_all(&browser, &pages, &[DESKTOP, DESKTOP.dark(), PHONE, PHONE.dark()]).await;
    // Those that look different because of what they are about, and one that nothing links to.
    let mut others = BTreeMap::from([("/design".to_owned(), "/design".to_owned())]);
    for (list, page) in [
        ("webhooks", "webhooks"),
        ("deliveries", "deliveries"),
        ("event-types", "catalog"),
        ("segments", "segments"),
        ("signals", "signals"),
        ("contacts", "contacts"),
    ] {
        for row in beckon.api.list(&format!("/api/v1/{list}"), 250).await {
            let id = row["id"].as_str().or(row["name"].as_str()).expect("an id");
            let kind = ["status", "kind", "origin", "enabled", "description"].map(|field| row[field].to_string());
            others.insert(format!("/{page}/{ID} {}", kind.join(" ")), format!("/{page}/{id}"));
        }
    }
    look_at_all(&browser, &others, &[DESKTOP]).await;
    browser.close().await;
}
