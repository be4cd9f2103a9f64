//! The outermost layer: a request id, one log line, and headers every answer has.
//!
//! Promise: the line says method, route, status and time, and nothing of what was asked: no address, no
//! query, no body, no header, because each of them can hold personal data or a secret.

use std::future::Future;

use axum::extract::{MatchedPath, Request};
use axum::response::Response;
use beckon_domain::id::SignalId;
use http::header::X_CONTENT_TYPE_OPTIONS;
use http::{HeaderName, HeaderValue};
use tracing::Instrument as _;

use crate::app::App;

/// Names the request in the answer and in the log; taken over from the caller if it is plain.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Longest request id taken over, in bytes.
const REQUEST_ID_BYTES_MAX: usize = 64;

/// Answers a request by what is `inside`.
pub(super) async fn observe<F>(app: &App, request: Request, inside: impl FnOnce(Request) -> F) -> Response
where
    F: Future<Output = Response>,
{
    let id = request.headers().get(&REQUEST_ID).filter(|value| is_plain(value)).cloned();
    let id = id.unwrap_or_else(|| made_up(app));
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map_or("none", |path| path.as_str()).to_owned();
    let span = tracing::info_span!("request", id = id.to_str().unwrap_or_default(), %method, route);
    let begun = tokio::time::Instant::now();
    let mut response = inside(request).instrument(span.clone()).await;
    let took_us = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
    span.in_scope(|| tracing::debug!(status = response.status().as_u16(), took_us, "answered"));
    let headers = response.headers_mut();
    headers.insert(REQUEST_ID, id);
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

fn is_plain(value: &HeaderValue) -> bool {
    let bytes = value.as_bytes();
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    !bytes.is_empty() && bytes.len() <= REQUEST_ID_BYTES_MAX && bytes.iter().all(plain)
}

/// A request id has the form of our other ids, without their prefix.
fn made_up(app: &App) -> HeaderValue {
    let id = app.ambient.new_id::<SignalId>().uuid().simple().to_string();
    HeaderValue::try_from(id).unwrap_or(HeaderValue::from_static("unknown"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_request_ids_are_taken_over() {
        assert!(is_plain(&HeaderValue::from_static("req-1_A")));
        let long = "r".repeat(65);
        for odd in ["", "a b", "jane@example.com", &long] {
            assert!(!is_plain(&HeaderValue::from_str(odd).unwrap()), "{odd}");
        }
    }
}
