//! Reads the JSON of a call: one item, or a batch of them.
//!
//! Not here: what an item says (`beckon_intake::tracking`). An item that is no object is kept as it is,
//! because it fails alone.

use serde_json::{Map, Value};

use super::failure::Failure;

/// Most items a batch can have.
pub(super) const BATCH_ITEMS_MAX: usize = 2_500;

/// The JSON object of a call.
pub(super) type Root = Map<String, Value>;

/// Reads the body.
///
/// # Errors
/// [`Failure::Unreadable`] unless it is a JSON object.
pub(super) fn parse(body: &[u8]) -> Result<Root, Failure> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(root)) => Ok(root),
        Ok(_) => Err(Failure::Unreadable("the body must be a JSON object".to_owned())),
        Err(error) => Err(Failure::Unreadable(format!("the body is not JSON: {error}"))),
    }
}

/// Takes the items out of a batch; a `context` or `integrations` of the batch is also that of each item, as
/// far as the item does not say otherwise.
///
/// # Errors
/// [`Failure::Unreadable`] without a list called `batch`, [`Failure::TooMany`] above [`BATCH_ITEMS_MAX`].
pub(super) fn take_items(root: &mut Root) -> Result<Vec<Value>, Failure> {
    let Some(Value::Array(mut items)) = root.remove("batch") else {
        return Err(Failure::Unreadable("batch: must be a list of calls".to_owned()));
    };
    if items.len() > BATCH_ITEMS_MAX {
        return Err(Failure::TooMany { items_max: BATCH_ITEMS_MAX });
    }
    for shared in ["context", "integrations"] {
        if let Some(Value::Object(of_batch)) = root.get(shared) {
            items.iter_mut().filter_map(Value::as_object_mut).for_each(|item| inherit(item, shared, of_batch));
        }
    }
    Ok(items)
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
        take_items(&mut parse(root.to_string().as_bytes()).unwrap())
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
