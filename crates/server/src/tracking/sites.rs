//! Whether the page that an item comes from may send.
//!
//! Promise: an item that says it comes from a page of a site that is not admitted is refused alone, with a word for
//! programs and one for people; what names no page, as servers send, passes. This keeps figures clean of copies of a
//! website; it keeps out nobody who writes another address into an item.

use beckon_domain::settings::Gate;
use beckon_intake::tracking::{ItemError, Kind};
use http::HeaderMap;
use http::header::{ORIGIN, REFERER};
use serde_json::{Map, Value};
use url::Url;

/// Longest host repeated to whoever sent it, in bytes.
const HOST_BYTES_MAX: usize = 253;

/// An address without a host: admitted where every host is.
const NOWHERE: &str = "about:blank";

/// Refuses an item of a site that is not admitted.
///
/// # Errors
/// `site_not_admitted`, with the site's host.
pub(super) fn check(gate: &Gate, kind: Option<Kind>, item: &Map<String, Value>) -> Result<(), ItemError> {
    for address in pages(kind, item) {
        admit(gate, address)?;
    }
    Ok(())
}

/// Refuses a call that a browser made for a page of a site that is not admitted. Where only some sites are, the browser
/// has to name one of them: a page cannot hide where it is by leaving it out.
///
/// # Errors
/// `site_not_admitted`, with the site's host.
pub(super) fn check_call(gate: &Gate, headers: &HeaderMap) -> Result<(), ItemError> {
    let named = [ORIGIN, REFERER].map(|name| headers.get(name).and_then(|value| value.to_str().ok()));
    let mut pages = named.into_iter().flatten().filter(|page| Url::parse(page).is_ok()).peekable();
    if pages.peek().is_none() {
        return admit(gate, NOWHERE);
    }
    pages.try_for_each(|page| admit(gate, page))
}

fn admit(gate: &Gate, address: &str) -> Result<(), ItemError> {
    if gate.admits(address) {
        return Ok(());
    }
    let host = Url::parse(address).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
    let host = &host[..host.floor_char_boundary(HOST_BYTES_MAX)];
    let message = format!("pages of {host:?} may not send here: see the sites in the workspace's settings");
    Err(ItemError { code: "site_not_admitted", message })
}

/// The page an item says it comes from. The properties of a page call are the page's; those of other calls are what the
/// sender likes, so an address among them says nothing.
fn pages(kind: Option<Kind>, item: &Map<String, Value>) -> impl Iterator<Item = &str> {
    let said = item.get("type").and_then(Value::as_str);
    let kind = kind.or_else(|| Kind::parse(&said?.to_lowercase()));
    let of_properties = matches!(kind, Some(Kind::Page)).then(|| item.get("properties")).flatten();
    let of_context = item.get("context").and_then(|context| context.get("page"));
    [of_properties, of_context].into_iter().flatten().filter_map(|page| page.get("url")?.as_str())
}

#[cfg(test)]
mod tests {
    use beckon_domain::settings::Sites;
    use serde_json::json;

    use super::*;

    fn is_admitted(kind: Option<Kind>, item: Value) -> bool {
        let sites = Sites { allow: vec!["acme.com".to_owned()], deny: vec![] };
        check(&sites.gate().unwrap(), kind, item.as_object().unwrap()).is_ok()
    }

    #[test]
    fn a_page_of_another_site_is_refused_wherever_it_says_so() {
        let evil = json!({ "url": "https://evil.example/pricing" });
        let ours = json!({ "url": "https://acme.com/pricing" });
        assert!(is_admitted(Some(Kind::Page), json!({ "properties": ours, "context": { "page": ours } })));
        assert!(!is_admitted(Some(Kind::Page), json!({ "properties": evil })));
        assert!(!is_admitted(None, json!({ "type": "Page", "properties": evil })));
        assert!(!is_admitted(Some(Kind::Page), json!({ "properties": ours, "context": { "page": evil } })));
        assert!(!is_admitted(Some(Kind::Identify), json!({ "context": { "page": evil } })));
    }

    #[test]
    fn a_call_of_a_browser_is_judged_by_the_page_it_names() {
        let called = |allow: &[&str], deny: &[&str], headers: &[(http::HeaderName, &'static str)]| {
            let owned = |all: &[&str]| all.iter().map(|&text| text.to_owned()).collect();
            let sites = Sites { allow: owned(allow), deny: owned(deny) };
            let headers = headers.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect();
            check_call(&sites.gate().unwrap(), &headers).is_ok()
        };
        let only = |headers: &[(http::HeaderName, &'static str)]| called(&["acme.com"], &[], headers);
        assert!(only(&[(ORIGIN, "https://acme.com")]) && only(&[(REFERER, "https://acme.com/a?b")]));
        assert!(!only(&[(ORIGIN, "https://evil.example")]));
        assert!(!only(&[(ORIGIN, "https://acme.com"), (REFERER, "https://evil.example/")]));
        assert!(!only(&[]) && !only(&[(ORIGIN, "null")]), "where some are named, it has to be one of them");
        let but = |headers: &[(http::HeaderName, &'static str)]| called(&[], &["acme.com/careers", "old.com"], headers);
        assert!(but(&[]) && but(&[(ORIGIN, "https://acme.com"), (REFERER, "https://acme.com/pricing")]));
        assert!(!but(&[(ORIGIN, "https://acme.com"), (REFERER, "https://acme.com/careers/x")]));
        assert!(!but(&[(ORIGIN, "https://old.com")]));
    }

    #[test]
    fn what_names_no_page_passes() {
        assert!(is_admitted(Some(Kind::Track), json!({ "event": "Bought", "userId": "u1" })));
        assert!(is_admitted(Some(Kind::Track), json!({ "properties": { "url": "https://shop.example/article" } })));
        assert!(is_admitted(Some(Kind::Page), json!({ "properties": { "url": 7 }, "context": "odd" })));
    }
}
