//! Whether the page that an item comes from may send.
//!
//! Promise: an item that says it comes from a page of a site that is not admitted is refused alone, with a word for
//! programs and one for people; what names no page, as servers send, passes. This keeps figures clean of copies of a
//! website; it keeps out nobody who writes another address into an item.

use beckon_domain::settings::Gate;
use beckon_intake::tracking::{ItemError, Kind};
use serde_json::{Map, Value};
use url::Url;

/// Longest host repeated to whoever sent it, in bytes.
const HOST_BYTES_MAX: usize = 253;

/// Refuses an item of a site that is not admitted.
///
/// # Errors
/// `site_not_admitted`, with the site's host.
pub(super) fn check(gate: &Gate, kind: Option<Kind>, item: &Map<String, Value>) -> Result<(), ItemError> {
    for address in pages(kind, item) {
        if !gate.admits(address) {
            let host = Url::parse(address).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
            let host = &host[..host.floor_char_boundary(HOST_BYTES_MAX)];
            let message = format!("pages of {host:?} may not send here: see the sites in the workspace's settings");
            return Err(ItemError { code: "site_not_admitted", message });
        }
    }
    Ok(())
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
    fn what_names_no_page_passes() {
        assert!(is_admitted(Some(Kind::Track), json!({ "event": "Bought", "userId": "u1" })));
        assert!(is_admitted(Some(Kind::Track), json!({ "properties": { "url": "https://shop.example/article" } })));
        assert!(is_admitted(Some(Kind::Page), json!({ "properties": { "url": 7 }, "context": "odd" })));
    }
}
