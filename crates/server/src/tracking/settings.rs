//! The settings document that browser libraries of the Segment format fetch before they send.
//!
//! It tells them to send here: to the host they asked, so that pointing a library at this server is one
//! change.
//! Not here: which of the library's own plug-ins run; there are none.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use http::header::{CACHE_CONTROL, HOST};
use http::uri::Authority;
use http::{HeaderMap, HeaderName, HeaderValue};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::failure::Failure;
use super::find_key;
use crate::app::App;

/// How long browsers and caches in between may keep the document: five minutes.
pub(super) const CACHE: HeaderValue = HeaderValue::from_static("public, max-age=300");

const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Whose settings.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct OfKey {
    /// The write key.
    key: String,
}

/// Where to send, in the form in which browser libraries expect it.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(transparent)]
pub(super) struct Settings(serde_json::Map<String, Value>);

pub(super) async fn get(
    State(app): State<App>,
    of_key: Result<Path<OfKey>, PathRejection>,
    headers: HeaderMap,
) -> Result<([(HeaderName, HeaderValue); 1], Json<Settings>), Failure> {
    // What is no text is nobody's key.
    let Ok(Path(OfKey { key })) = of_key else { return Err(Failure::NoSettings) };
    match find_key(&app, &key).await {
        Ok(_) => Ok(([(CACHE_CONTROL, CACHE)], Json(document(&key, &host(&headers)?, protocol(&headers))))),
        Err(Failure::KeyUnknown | Failure::KeyRevoked) => Err(Failure::NoSettings),
        Err(failure) => Err(failure),
    }
}

fn document(key: &str, host: &Authority, protocol: &str) -> Settings {
    let document = json!({
        "integrations": {
            "Segment.io": { "apiKey": key, "apiHost": format!("{host}/v1"), "protocol": protocol },
        },
        "plan": { "track": { "__default": { "enabled": true, "integrations": {} } } },
    });
    match document {
        Value::Object(document) => Settings(document),
        _ => Settings(serde_json::Map::new()),
    }
}

fn host(headers: &HeaderMap) -> Result<Authority, Failure> {
    let host = headers.get(HOST).and_then(|value| Authority::try_from(value.as_bytes()).ok());
    host.ok_or_else(|| Failure::Unreadable("the Host header is missing or no host".to_owned()))
}

/// What the browser speaks: `https` only if whoever ends TLS in front of this server says so.
fn protocol(headers: &HeaderMap) -> &'static str {
    let forwarded = headers.get(X_FORWARDED_PROTO).and_then(|value| value.to_str().ok());
    let first = forwarded.and_then(|value| value.split(',').next()).unwrap_or_default().trim();
    if first.eq_ignore_ascii_case("https") { "https" } else { "http" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect()
    }

    // behaviour W1 (in part)
    #[test]
    fn a_browser_library_is_told_to_send_to_the_host_it_asked() {
        let headers = headers(&[("host", "track.acme.com:8420"), ("x-forwarded-proto", "https, http")]);
        let settings = document("WK", &host(&headers).unwrap(), protocol(&headers));
        let expected = json!({
            "integrations": { "Segment.io": { "apiKey": "WK", "apiHost": "track.acme.com:8420/v1", "protocol": "https" } },
            "plan": { "track": { "__default": { "enabled": true, "integrations": {} } } },
        });
        assert_eq!(serde_json::to_value(settings).unwrap(), expected);
    }

    #[test]
    fn without_a_word_from_a_proxy_the_protocol_is_http() {
        assert_eq!(protocol(&headers(&[])), "http");
        assert_eq!(protocol(&headers(&[("x-forwarded-proto", "http")])), "http");
        assert_eq!(protocol(&headers(&[("x-forwarded-proto", "javascript")])), "http");
    }

    #[test]
    fn a_host_that_is_none_is_refused() {
        assert!(matches!(host(&headers(&[])), Err(Failure::Unreadable(_))));
        assert!(matches!(host(&headers(&[("host", "a b")])), Err(Failure::Unreadable(_))));
        assert!(matches!(host(&headers(&[("host", "a/b\"")])), Err(Failure::Unreadable(_))));
    }
}
