//! Global Privacy Control: what is left of a signal of somebody who asks not to be told on.
//!
//! The browser says so with every request (`Sec-GPC: 1`), or the page's script does in the item (`context.gpc`). That a
//! page was looked at, or something done, still counts; who it was is not asked, and cannot be found out later.
//! Promise: of such a signal nothing is read or kept that says who it is. The browser's id is exchanged for one that
//! holds for a day and belongs to no visitor: whoever was identified in this browser before, or is later, is not linked
//! with it. What only says who somebody is (identify, group, alias) is refused, with a word for programs.
//! Not here: what is made of an address on the network; whoever looks those up has to leave out items with
//! `context.gpc`, which every such item has.

use beckon_domain::id::WorkspaceId;
use beckon_intake::tracking::{ItemError, Kind};
use hmac::digest::Key;
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, HeaderName};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};
use sha2::Sha256;

const SEC_GPC: HeaderName = HeaderName::from_static("sec-gpc");
/// The mark in an item's context.
const MARK: &str = "gpc";
/// What an item says of who somebody is.
const OF_WHOM: &[&str] = &["userId", "user_id", "groupId", "group_id", "previousId", "previous_id", "traits"];
/// The same in its context.
const OF_WHOM_AROUND: &[&str] =
    &["traits", "userId", "user_id", "groupId", "group_id", "externalIds", "external_ids", "ip", "device", "link"];
/// What stands before an id that holds for a day.
const PREFIX: &str = "gpc-";
/// How much of a hash makes an id, in bytes.
const ID_BYTES: usize = 16;

/// Whose items, and from when: what an exchanged id depends on.
#[derive(Clone, Copy)]
pub(super) struct Origin<'a> {
    pub(super) key: &'a [u8; 32],
    pub(super) workspace: WorkspaceId,
    pub(super) received_at: Timestamp,
}

/// Marks the items of those who ask for it, and takes out of them who they are.
pub(super) fn enforce(items: &mut [Value], headers: &HeaderMap, origin: Origin<'_>) {
    let of_all = headers.get(SEC_GPC).is_some_and(|value| value == "1");
    for item in items.iter_mut().filter_map(Value::as_object_mut) {
        if of_all || is_marked(item) {
            take_out(item, origin);
        }
    }
}

/// Refuses a marked item that only says who somebody is.
///
/// # Errors
/// `privacy_control`.
pub(super) fn check(kind: Option<Kind>, item: &Map<String, Value>) -> Result<(), ItemError> {
    let said = item.get("type").and_then(Value::as_str).unwrap_or_default();
    let kind = kind.or_else(|| Kind::parse(&said.to_lowercase()));
    let names = matches!(kind, Some(Kind::Identify | Kind::Group | Kind::Alias));
    if names && is_marked(item) {
        let message = "the browser asks not to be told on (Global Privacy Control): who it is is not taken".to_owned();
        return Err(ItemError { code: "privacy_control", message });
    }
    Ok(())
}

/// Whether an item is of somebody who asks not to be told on.
pub(super) fn is_marked(item: &Map<String, Value>) -> bool {
    let mark = item.get("context").and_then(|context| context.get(MARK));
    mark.is_some_and(|mark| *mark == true || *mark == 1 || *mark == "1" || *mark == "true")
}

fn take_out(item: &mut Map<String, Value>, origin: Origin<'_>) {
    let id = |name: &str| match item.get(name) {
        Some(Value::String(id)) if !id.trim().is_empty() => Some(id.trim().to_owned()),
        Some(Value::Number(id)) => Some(id.to_string()),
        _ => None,
    };
    let known_as = ["anonymousId", "anonymous_id", "userId", "user_id"].into_iter().find_map(id);
    for name in OF_WHOM.iter().chain(&["anonymousId", "anonymous_id"]) {
        item.remove(*name);
    }
    if let Some(known_as) = known_as {
        item.insert("anonymousId".to_owned(), exchanged(&known_as, origin).into());
    }
    let context = item.entry("context").or_insert_with(|| json!({}));
    if !context.is_object() {
        *context = json!({});
    }
    if let Some(context) = context.as_object_mut() {
        OF_WHOM_AROUND.iter().for_each(|name| drop(context.remove(*name)));
        context.insert(MARK.to_owned(), true.into());
    }
}

/// The id for today of what is otherwise known by another: page views of a day stay together, and no more.
fn exchanged(id: &str, origin: Origin<'_>) -> String {
    let day = origin.received_at.to_zoned_datetime(TimeZone::UTC).date();
    // A key shorter than a block is filled up with zeros (RFC 2104 §2).
    let mut key = Key::<Hmac<Sha256>>::default();
    key[..origin.key.len()].copy_from_slice(origin.key);
    let hash = Hmac::<Sha256>::new(&key)
        .chain_update(format!("visitor of a day\0{}\0{day}\0", origin.workspace))
        .chain_update(id)
        .finalize()
        .into_bytes();
    let hex: String = hash.iter().take(ID_BYTES).map(|byte| format!("{byte:02x}")).collect();
    format!("{PREFIX}{hex}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: [u8; 32] = [7; 32];

    fn enforced(mut item: Value, header: Option<&'static str>, at: &str) -> Value {
        let headers = header.map(|value| (SEC_GPC, value.parse().unwrap())).into_iter().collect();
        let workspace = WorkspaceId::from(uuid::Uuid::nil());
        let origin = Origin { key: &KEY, workspace, received_at: at.parse().unwrap() };
        enforce(std::slice::from_mut(&mut item), &headers, origin);
        item
    }

    // behaviour Q13 (in part)
    #[test]
    fn who_it_is_is_taken_out_and_what_was_done_stays() {
        let item = json!({
            "type": "track", "event": "Bought", "anonymousId": "b1", "userId": "u1", "groupId": "g1", "traits": { "email": "a@b.com" },
            "properties": { "plan": "pro" },
            "context": { "traits": { "email": "a@b.com" }, "ip": "192.0.2.1", "groupId": "g1", "page": { "path": "/" } },
        });
        let mut marked = item.clone();
        marked["context"]["gpc"] = true.into();
        let by_header = enforced(item.clone(), Some("1"), "2026-05-01T08:00:00Z");
        assert_eq!(by_header, enforced(marked, None, "2026-05-01T08:00:00Z"));
        let id = by_header["anonymousId"].as_str().unwrap().to_owned();
        assert!(id.starts_with(PREFIX) && id.len() == PREFIX.len() + 2 * ID_BYTES, "{id}");
        let expected = json!({
            "type": "track", "event": "Bought", "anonymousId": id, "properties": { "plan": "pro" },
            "context": { "gpc": true, "page": { "path": "/" } },
        });
        assert_eq!(by_header, expected);
        for not_asked in [None, Some("0")] {
            assert_eq!(enforced(item.clone(), not_asked, "2026-05-01T08:00:00Z"), item);
        }
    }

    #[test]
    fn the_id_holds_for_a_day_and_is_of_one_browser() {
        let id = |of: &str, at: &str| {
            enforced(json!({ "anonymousId": of, "context": 7 }), Some("1"), at)["anonymousId"].clone()
        };
        let morning = id("b1", "2026-05-01T08:00:00Z");
        assert_eq!(morning, id("b1", "2026-05-01T23:59:59Z"));
        assert_ne!(morning, id("b1", "2026-05-02T00:00:00Z"));
        assert_ne!(morning, id("b2", "2026-05-01T08:00:00Z"));
        let nobody = enforced(json!({ "anonymousId": null, "userId": " " }), Some("1"), "2026-05-01T08:00:00Z");
        assert_eq!(nobody, json!({ "context": { "gpc": true } }), "nobody is made up");
        let server = enforced(json!({ "userId": 7 }), Some("1"), "2026-05-01T08:00:00Z");
        assert_ne!(server["anonymousId"], Value::Null);
    }

    #[test]
    fn what_only_says_who_somebody_is_is_refused() {
        let code =
            |kind: Option<Kind>, item: Value| check(kind, item.as_object().unwrap()).err().map(|error| error.code);
        let marked = |kind: &str| json!({ "type": kind, "context": { "gpc": true } });
        for kind in ["identify", "Group", "a"] {
            assert_eq!(code(None, marked(kind)), Some("privacy_control"), "{kind}");
            assert_eq!(code(None, json!({ "type": kind, "context": { "gpc": false } })), None, "{kind}");
        }
        assert_eq!(code(Some(Kind::Identify), marked("page")), Some("privacy_control"));
        assert_eq!(
            (code(None, marked("page")), code(None, marked("track")), code(None, json!({}))),
            (None, None, None)
        );
    }
}
