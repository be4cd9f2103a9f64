//! The script as it is served: made small once, compressed once.
//!
//! Promise: at most 2,500 bytes for browsers that take gzip, which all do; a test measures it. Browsers keep it for a day and
//! go on using it while they ask whether it is still the same, so that an improvement reaches a website within two days.

use std::io::Write;
use std::sync::LazyLock;

use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{
    ACCEPT_ENCODING, ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, HeaderName,
    IF_NONE_MATCH, VARY,
};
use http::{HeaderMap, HeaderValue, StatusCode};
use sha2::{Digest, Sha256};

use super::lean::lean;

/// A day as it is; another week while asking.
const CACHE: HeaderValue = HeaderValue::from_static("public, max-age=86400, stale-while-revalidate=604800");
const JAVASCRIPT: HeaderValue = HeaderValue::from_static("text/javascript; charset=utf-8");
/// Pages that load nothing from elsewhere that does not agree may load this.
const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

struct Script {
    plain: Bytes,
    /// Empty if it could not be compressed.
    gzipped: Bytes,
    /// Weak (RFC 9110 §8.8.3): it stands for the script in every encoding.
    tag: String,
}

static SCRIPT: LazyLock<Script> = LazyLock::new(|| {
    let plain = lean(include_str!("../../assets/pixel/pixel.js"));
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let gzipped = encoder.write_all(plain.as_bytes()).and_then(|()| encoder.finish()).unwrap_or_default();
    let hash: String = Sha256::digest(&plain).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    Script { plain: plain.into(), gzipped: gzipped.into(), tag: format!("W/\"{hash}\"") }
});

/// Answers with the script, or that it has not changed.
pub(super) fn serve(asked: &HeaderMap) -> Response {
    let script = &*SCRIPT;
    let has = |name: HeaderName, what: fn(&str) -> bool| {
        let values = asked.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
        values.flat_map(|value| value.split(',')).any(|value| what(value.trim()))
    };
    let known =
        has(IF_NONE_MATCH, |tag| tag == "*" || tag.trim_start_matches("W/") == SCRIPT.tag.trim_start_matches("W/"));
    let zipped = !script.gzipped.is_empty() && has(ACCEPT_ENCODING, takes_gzip);
    let mut response = match (known, zipped) {
        (true, _) => StatusCode::NOT_MODIFIED.into_response(),
        (false, true) => script.gzipped.clone().into_response(),
        (false, false) => script.plain.clone().into_response(),
    };
    let headers = response.headers_mut();
    if !known {
        headers.insert(CONTENT_TYPE, JAVASCRIPT);
        if zipped {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
    }
    if let Ok(tag) = HeaderValue::from_str(&script.tag) {
        headers.insert(ETAG, tag);
    }
    headers.insert(CACHE_CONTROL, CACHE);
    headers.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(CROSS_ORIGIN_RESOURCE_POLICY, HeaderValue::from_static("cross-origin"));
    response
}

/// One of the encodings a browser takes (RFC 9110 §12.5.3): `q=0` says that it does not.
fn takes_gzip(encoding: &str) -> bool {
    let (name, weight) = encoding.split_once(';').unwrap_or((encoding, "q=1"));
    let refused = weight.trim().strip_prefix("q=").and_then(|weight| weight.parse::<f32>().ok()) == Some(0.0);
    name.trim().eq_ignore_ascii_case("gzip") && !refused
}

#[cfg(test)]
mod tests {
    use super::*;

    // behaviour W5 (in part)
    #[test]
    fn the_script_is_small() {
        let size = SCRIPT.gzipped.len();
        assert!(size > 0 && size <= 2_500, "{size} bytes gzipped, {} plain", SCRIPT.plain.len());
    }

    #[test]
    fn the_script_is_written_so_that_it_can_be_made_small() {
        for line in include_str!("../../assets/pixel/pixel.js").lines().map(str::trim) {
            let code = if line.starts_with("//") { "" } else { line };
            assert_eq!(code.matches('"').count() % 2, 0, "a text ends on its line: {line}");
            assert!(!code.contains(['`', '\'', '\t']) && !code.contains("/*") && !code.contains("\\\""), "{line}");
            let outside: String = code.split('"').step_by(2).collect();
            assert!(!outside.contains("//"), "a comment has a line of its own: {line}");
            // Nothing is divided in it: what stands between strokes is a pattern, one on a line.
            if let (Some(begins), Some(ends)) = (outside.find('/'), outside.rfind('/')) {
                assert!(begins < ends && !outside[begins..ends].contains(' '), "a pattern has no blanks: {line}");
            }
        }
    }

    #[test]
    fn gzip_is_for_those_who_take_it() {
        assert!(takes_gzip("gzip") && takes_gzip("GZIP;q=0.5") && takes_gzip("gzip ; q=1"));
        assert!(!takes_gzip("gzip;q=0") && !takes_gzip("gzip;q=0.0") && !takes_gzip("br") && !takes_gzip("*"));
    }
}
