//! Finds the write key of a call.
//!
//! Clients of the Segment format put it in one of several places; the first that holds one counts: Basic
//! user, `X-Write-Key`, query, body. Headers win over the body because some browser clients put a masked
//! key there.
//! Not here: whether the key is known (`super`).

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use http::HeaderMap;
use http::header::AUTHORIZATION;
use serde_json::{Map, Value};

/// Longest write key looked up, in bytes. Longer ones are unknown without a look.
pub(super) const WRITE_KEY_BYTES_MAX: usize = 255;

const X_WRITE_KEY: &str = "x-write-key";

/// Some clients leave out the padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The key in the headers or the query, if there is one.
pub(super) fn in_head(headers: &HeaderMap, query: Option<&str>) -> Option<String> {
    basic_user(headers)
        .or_else(|| headers.get(X_WRITE_KEY)?.to_str().ok().and_then(before_colon))
        .or_else(|| in_query(query?))
}

/// The key in the body, if there is one: at its root, or in the first item that has one.
pub(super) fn in_body(root: &Map<String, Value>) -> Option<String> {
    let key_of = |object: &Map<String, Value>| object.get("writeKey")?.as_str().and_then(non_empty);
    let items = root.get("batch").and_then(Value::as_array);
    key_of(root).or_else(|| items?.iter().filter_map(Value::as_object).find_map(key_of))
}

/// The user of `Authorization: Basic`; the colon behind it may be missing.
fn basic_user(headers: &HeaderMap) -> Option<String> {
    headers.get_all(AUTHORIZATION).iter().find_map(|value| {
        let (scheme, credentials) = value.to_str().ok()?.trim().split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("basic") {
            return None;
        }
        let decoded = String::from_utf8(BASE64.decode(credentials.trim()).ok()?).ok()?;
        before_colon(&decoded)
    })
}

/// What stands before the colon: Jitsu's library takes no key without a secret behind one.
fn before_colon(text: &str) -> Option<String> {
    non_empty(text.split(':').next()?)
}

fn in_query(query: &str) -> Option<String> {
    url::form_urlencoded::parse(query.as_bytes())
        .filter(|(name, _)| matches!(&**name, "writeKey" | "writekey" | "k"))
        .find_map(|(_, value)| non_empty(&value))
}

fn non_empty(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;
    use serde_json::json;

    fn head(authorization: Option<&str>, x_write_key: Option<&str>, query: Option<&str>) -> Option<String> {
        let mut headers = HeaderMap::new();
        for (name, value) in [("authorization", authorization), (X_WRITE_KEY, x_write_key)] {
            if let Some(value) = value {
                headers.insert(name, HeaderValue::from_str(value).unwrap());
            }
        }
        in_head(&headers, query)
    }

    fn body(root: Value) -> Option<String> {
        in_body(root.as_object().unwrap())
    }

    // behaviour W2
    #[test]
    fn the_key_is_found_in_basic_then_header_then_query() {
        let (basic, header, query) = (Some("Basic YTo="), Some("b"), Some("x=1&writeKey=c"));
        assert_eq!(head(basic, header, query).as_deref(), Some("a"));
        assert_eq!(head(None, header, query).as_deref(), Some("b"));
        assert_eq!(head(None, None, query).as_deref(), Some("c"));
        assert_eq!(head(None, Some("b:secret"), None).as_deref(), Some("b"), "as Jitsu's library has it");
        assert_eq!(head(None, None, Some("writekey=d%2B1")).as_deref(), Some("d+1"));
        assert_eq!(head(None, None, Some("v=3&k=e")).as_deref(), Some("e"), "as the pixel has it");
        assert_eq!(head(None, None, Some("key=d")), None);
        assert_eq!(head(None, None, None), None);
    }

    // behaviour W2
    #[test]
    fn basic_is_read_without_colon_padding_or_capitals() {
        for authorization in ["Basic V0s6", "basic V0s6", "Basic V0s=", "Basic V0s", "Basic  V0s6cGFzcw=="] {
            assert_eq!(head(Some(authorization), None, None).as_deref(), Some("WK"), "{authorization}");
        }
    }

    #[test]
    fn a_place_without_a_usable_key_is_passed_over() {
        for authorization in ["Bearer V0s6", "Basic", "Basic !!!", "Basic Og==", "Basic /w=="] {
            assert_eq!(head(Some(authorization), Some(" b "), None).as_deref(), Some("b"), "{authorization}");
        }
        assert_eq!(head(None, Some("  "), Some("writeKey=&writekey=c")).as_deref(), Some("c"));
    }

    // behaviour W2
    #[test]
    fn the_key_in_the_body_is_at_its_root_or_in_an_item() {
        assert_eq!(body(json!({ "writeKey": "r", "batch": [{ "writeKey": "i" }] })).as_deref(), Some("r"));
        let in_item =
            json!({ "writeKey": "", "batch": [1, { "writeKey": null }, { "writeKey": "i" }, { "writeKey": "j" }] });
        assert_eq!(body(in_item).as_deref(), Some("i"));
        assert_eq!(body(json!({ "writeKey": 7, "batch": {} })), None);
    }
}
