//! Fields of a JSON object, as clients of many kinds write them.

use serde_json::{Map, Value};

/// Text, or a number as text; trimmed, without NUL (which PostgreSQL cannot hold). `None` if absent, null,
/// blank or something else. `name` is in camelCase; snake_case is found as well.
pub(super) fn text(object: &Map<String, Value>, name: &str) -> Option<String> {
    let in_snake_case =
        || if name.bytes().any(|byte| byte.is_ascii_uppercase()) { object.get(&snake_case(name)) } else { None };
    object.get(name).or_else(in_snake_case).and_then(as_text)
}

/// A value as text, if it can be.
pub(super) fn as_text(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) if text.contains('\0') => text.replace('\0', "").trim().to_owned(),
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
}

/// An object inside another.
pub(super) fn object<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Map<String, Value>> {
    object.get(name)?.as_object()
}

/// The text, not longer than that many characters.
pub(super) fn cut(text: String, chars_max: usize) -> String {
    match text.char_indices().nth(chars_max) {
        Some((end, _)) => text[..end].to_owned(),
        None => text,
    }
}

/// A name without what people and programs write differently: case, space, `_` and `-`.
pub(crate) fn canonical(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric() || *c == '.').flat_map(char::to_lowercase).collect()
}

fn snake_case(name: &str) -> String {
    name.chars().fold(String::new(), |mut snake, c| {
        if c.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(c.to_ascii_lowercase());
        snake
    })
}
