//! Following `$ref` inside a JSON Schema.

use serde_json::Value;

/// What a reference names: a JSON pointer (RFC 6901) behind `#`. Nothing outside the schema is ever looked at.
pub(super) fn resolve<'a>(root: &'a Value, reference: &str) -> Option<&'a Value> {
    root.pointer(&decoded(reference.strip_prefix('#')?))
}

/// The last part of a reference: what it is called.
pub(super) fn last_name(reference: &str) -> String {
    let decoded = decoded(reference);
    let last = decoded.rsplit('/').next().unwrap_or_default();
    last.replace("~1", "/").replace("~0", "~")
}

/// In a URI's fragment, any letter may stand as its number: `%20`.
fn decoded(reference: &str) -> String {
    if !reference.contains('%') {
        return reference.to_owned();
    }
    // These mean something in a form, and nothing here.
    let plain = reference.replace('+', "%2B").replace('&', "%26").replace('=', "%3D");
    url::form_urlencoded::parse(plain.as_bytes()).next().map(|(name, _)| name.into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn references_are_followed_inside_and_nowhere_else() {
        let root = json!({"$defs": {"a b/c": {"type": "string"}, "x+y": {"type": "null"}}});
        assert_eq!(resolve(&root, "#/$defs/a%20b~1c"), Some(&json!({"type": "string"})));
        assert_eq!(resolve(&root, "#/$defs/x+y"), Some(&json!({"type": "null"})));
        assert_eq!(resolve(&root, "#"), Some(&root));
        for nothing in ["#/nowhere", "https://a.example/schema", "", "other.json#/a"] {
            assert_eq!(resolve(&root, nothing), None, "{nothing}");
        }
        assert_eq!(last_name("#/$defs/a%20b~1c"), "a b/c");
    }
}
