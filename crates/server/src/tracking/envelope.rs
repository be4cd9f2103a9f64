//! Reads the JSON of a call: one item, or a batch of them.
//!
//! Promise: what the items of a batch share is no longer, written into each of them, than a body may be.
//! Not here: what an item says (`beckon_intake::tracking`). An item that is no object is kept as it is,
//! because it fails alone.

use beckon_intake::schema::read_leniently;
use serde_json::{Map, Value};

use super::failure::Failure;

/// Most items a batch can have.
pub(super) const BATCH_ITEMS_MAX: usize = 2_500;

/// The JSON object of a call.
pub(super) type Root = Map<String, Value>;

/// Reads the body. Half a character, which JavaScript writes where it cut an emoji in two, is read as U+FFFD
/// (`read_leniently`): one such title must not cost a whole batch.
///
/// # Errors
/// [`Failure::Unreadable`] unless it is a JSON object.
pub(super) fn parse(body: &[u8]) -> Result<Root, Failure> {
    match read_leniently(body) {
        Ok(Value::Object(root)) => Ok(root),
        Ok(_) => Err(Failure::Unreadable("the body must be a JSON object".to_owned())),
        Err(error) => Err(Failure::Unreadable(format!("the body is not JSON: {error}"))),
    }
}

/// Takes the items out of a batch; a `context` or `integrations` of the batch is also that of each item, as
/// far as the item does not say otherwise.
///
/// # Errors
/// [`Failure::Unreadable`] without a list called `batch`, [`Failure::TooMany`] above [`BATCH_ITEMS_MAX`],
/// [`Failure::TooLarge`] if what the items share, once for each, is longer than `bytes_max`.
pub(super) fn take_items(root: &mut Root, bytes_max: usize) -> Result<Vec<Value>, Failure> {
    let Some(Value::Array(mut items)) = root.remove("batch") else {
        return Err(Failure::Unreadable("batch: must be a list of calls".to_owned()));
    };
    if items.len() > BATCH_ITEMS_MAX {
        return Err(Failure::TooMany { items_max: BATCH_ITEMS_MAX });
    }
    let shared = ["context", "integrations"];
    let shared_bytes: usize = shared.iter().filter_map(|name| root.get(*name)).map(json_bytes).sum();
    if shared_bytes.saturating_mul(items.len()) > bytes_max {
        return Err(Failure::TooLarge { bytes_max });
    }
    for shared in shared {
        if let Some(Value::Object(of_batch)) = root.get(shared) {
            items.iter_mut().filter_map(Value::as_object_mut).for_each(|item| inherit(item, shared, of_batch));
        }
    }
    Ok(items)
}

fn json_bytes(value: &Value) -> usize {
    // Writing a value that was read cannot fail.
    serde_json::to_vec(value).map_or(usize::MAX, |json| json.len())
}

fn inherit(item: &mut Root, key: &str, of_batch: &Root) {
    let own = item.entry(key).or_insert(Value::Null);
    if own.is_null() {
        *own = Value::Object(Map::new());
    }
    if let Value::Object(own) = own {
        for (name, value) in of_batch {
            own.entry(name.as_str()).or_insert_with(|| value.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn items(root: Value) -> Result<Vec<Value>, Failure> {
        take_items(&mut parse(root.to_string().as_bytes()).unwrap(), 100_000)
    }

    #[test]
    fn half_a_character_does_not_cost_the_batch() {
        let read = |body: &str| parse(body.as_bytes()).unwrap()["a"].as_str().unwrap().to_owned();
        assert_eq!(read(r#"{"a":"cut \ud83d"}"#), "cut \u{fffd}");
        assert_eq!(read(r#"{"a":"\udE00\ud83d\ud83d\uDE00 \u00e4"}"#), "\u{fffd}\u{fffd}\u{1f600} ä");
        assert_eq!(read(r#"{"a":"\\ud83d \ud83d"}"#), "\\ud83d \u{fffd}", "an escaped backslash escapes no unit");
        for odd in [r#"{"a":"\ud83"}"#, r#"{"a":"\u+123"}"#, r#"{"a":"\"#, r#"{"a":"\ud83d"#, "{\"a\":\"\\ud8\u{e4}"] {
            assert!(matches!(parse(odd.as_bytes()), Err(Failure::Unreadable(_))), "{odd}");
        }
    }

    #[test]
    fn what_items_share_counts_for_each_of_them() {
        let batch = |shared: usize, count: usize| {
            items(json!({ "context": { "x": "y".repeat(shared) }, "batch": vec![json!({}); count] }))
        };
        assert_eq!(batch(90_000, 1).unwrap().len(), 1);
        assert_eq!(batch(1_000, 90).unwrap().len(), 90);
        assert!(matches!(batch(1_000, 100), Err(Failure::TooLarge { bytes_max: 100_000 })));
    }

    #[test]
    fn only_an_object_is_a_call() {
        for body in ["", "[]", "1", "{", "{\"a\":1} x", "data=e30="] {
            assert!(matches!(parse(body.as_bytes()), Err(Failure::Unreadable(_))), "{body:?}");
        }
        assert_eq!(parse(br#" {"type":"page"} "#).unwrap().len(), 1);
    }

    #[test]
    fn the_context_of_a_batch_fills_in_that_of_its_items() {
        let root = json!({
            "context": { "ip": "1.2.3.4", "locale": "de" },
            "batch": [{ "context": { "ip": "5.6.7.8" } }, { "context": null }, {}, { "context": "odd" }, 7],
        });
        let contexts: Vec<Value> = items(root).unwrap().iter().map(|item| item["context"].clone()).collect();
        let whole = json!({ "ip": "1.2.3.4", "locale": "de" });
        let expected = [json!({ "ip": "5.6.7.8", "locale": "de" }), whole.clone(), whole, json!("odd"), Value::Null];
        assert_eq!(contexts, expected);
    }

    #[test]
    fn a_batch_is_a_list_of_bounded_length() {
        assert!(matches!(items(json!({})), Err(Failure::Unreadable(_))));
        assert!(matches!(items(json!({ "batch": {} })), Err(Failure::Unreadable(_))));
        assert_eq!(items(json!({ "batch": [] })).unwrap(), Vec::<Value>::new());
        assert_eq!(items(json!({ "batch": vec![0; BATCH_ITEMS_MAX] })).unwrap().len(), BATCH_ITEMS_MAX);
        assert!(matches!(items(json!({ "batch": vec![0; BATCH_ITEMS_MAX + 1] })), Err(Failure::TooMany { .. })));
    }
}
