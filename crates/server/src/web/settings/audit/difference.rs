//! What is different between two states of a thing, field by field.
//!
//! Promise: bounded, however large the states are; a field that is not shown is counted.

use std::collections::BTreeMap;

use maud::{Markup, html};
use serde_json::Value;

/// Most fields shown of one change.
const FIELDS_MAX: usize = 40;
/// Fields shown without being asked for.
const FIELDS_OPEN: usize = 4;
/// Longest value shown, in characters; the rest is cut.
const VALUE_CHARS_MAX: usize = 300;
/// Fields that say what the entry says anyway: to what, and when.
const TOLD_ELSEWHERE: &[&str] = &["id", "created_at", "updated_at"];
/// How deep fields are told apart; what lies deeper is one value.
const DEPTH_MAX: usize = 4;

/// A field that is different.
#[derive(Debug, PartialEq, Eq)]
struct Changed {
    field: String,
    before: Option<String>,
    after: Option<String>,
}

/// The difference as a list; the longer part of it folded away.
pub(super) fn difference(before: Option<&Value>, after: Option<&Value>) -> Markup {
    let changed = changes(before, after);
    let (open, folded) = changed.split_at(changed.len().min(FIELDS_OPEN));
    let (folded, left_out) = folded.split_at(folded.len().min(FIELDS_MAX - FIELDS_OPEN));
    html! {
        @if changed.is_empty() { span.muted { "–" } }
        (list(open))
        @if !folded.is_empty() {
            details.more {
                summary { (folded.len()) " more" }
                (list(folded))
                @if !left_out.is_empty() { p.muted { "and " (left_out.len()) " more that are not shown" } }
            }
        }
    }
}

fn list(changed: &[Changed]) -> Markup {
    html! {
        @if !changed.is_empty() {
            ul.tree.small {
                @for Changed { field, before, after } in changed {
                    li.wrap-anywhere {
                        code { (field) } ": "
                        @match (before, after) {
                            (Some(before), Some(after)) => { del { (before) } " → " ins { (after) } }
                            (Some(before), None) => del { (before) },
                            (None, Some(after)) => ins { (after) },
                            (None, None) => {}
                        }
                    }
                }
            }
        }
    }
}

fn changes(before: Option<&Value>, after: Option<&Value>) -> Vec<Changed> {
    let (before, after) = (fields(before), fields(after));
    let names = before.keys().chain(after.keys()).collect::<std::collections::BTreeSet<_>>();
    let changed = names.into_iter().filter(|name| before.get(*name) != after.get(*name)).map(|name| Changed {
        field: name.clone(),
        before: before.get(name).map(|value| written(value)),
        after: after.get(name).map(|value| written(value)),
    });
    changed.collect()
}

/// Every field by its path, such as `rate_limit.requests`. What is null or empty counts as not there.
fn fields(state: Option<&Value>) -> BTreeMap<String, &Value> {
    let mut found = BTreeMap::new();
    if let Some(state) = state {
        gather("", state, 0, &mut found);
    }
    found.retain(|name, _| !TOLD_ELSEWHERE.contains(&name.as_str()));
    found
}

fn gather<'a>(path: &str, value: &'a Value, depth: usize, found: &mut BTreeMap<String, &'a Value>) {
    match value {
        Value::Null => {}
        Value::Array(items) if items.is_empty() => {}
        Value::Object(inner) if depth < DEPTH_MAX => {
            for (name, value) in inner {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                gather(&path, value, depth + 1, found);
            }
        }
        value => {
            found.insert(if path.is_empty() { "value".to_owned() } else { path.to_owned() }, value);
        }
    }
}

fn written(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Array(items) if items.iter().all(|item| item.is_string() || item.is_number()) => {
            items.iter().map(written).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    };
    match text.char_indices().nth(VALUE_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn told(before: Value, after: Value) -> Vec<(String, Option<String>, Option<String>)> {
        let state = |value: Value| (!value.is_null()).then_some(value);
        let (before, after) = (state(before), state(after));
        let changed = changes(before.as_ref(), after.as_ref()).into_iter();
        changed.map(|one| (one.field, one.before, one.after)).collect()
    }

    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn only_what_is_different_is_told_by_its_path() {
        let before = json!({"id": "1", "updated_at": "then", "url": "a", "rate_limit": {"requests": 5, "per": "second"}, "enabled": true, "headers": {}});
        let after = json!({"id": "1", "updated_at": "now", "url": "a", "rate_limit": {"requests": 9, "per": "second"}, "enabled": false, "channels": ["a", "b"]});
        assert_eq!(
            told(before, after),
            [
                ("channels".to_owned(), None, some("a, b")),
                ("enabled".to_owned(), some("yes"), some("no")),
                ("rate_limit.requests".to_owned(), some("5"), some("9")),
            ]
        );
        assert_eq!(told(json!({"a": 1, "b": null}), Value::Null), [("a".to_owned(), some("1"), None)]);
        assert_eq!(told(Value::Null, Value::Null), []);
    }

    #[test]
    fn a_large_difference_is_cut_and_what_is_left_out_is_counted() {
        let many: serde_json::Map<_, _> = (0..100).map(|n| (format!("f{n:03}"), json!("x".repeat(1_000)))).collect();
        let shown = difference(None, Some(&Value::Object(many))).into_string();
        assert_eq!(shown.matches("<li").count(), FIELDS_MAX);
        assert!(shown.contains("36 more") && shown.contains("and 60 more"), "{shown}");
        assert!(!shown.contains(&"x".repeat(VALUE_CHARS_MAX + 1)));
    }

    #[test]
    fn nothing_in_a_value_becomes_html() {
        let shown = difference(None, Some(&json!({"<b>": "<script>"}))).into_string();
        assert!(!shown.contains("<script") && !shown.contains("<b>"), "{shown}");
    }
}
