//! `Idempotency-Key`: a POST that is repeated is carried out once, and answered the same.
//!
//! The first request with a key is carried out and its answer kept for [`ANSWER_KEPT`]; requests with the
//! same key wait for it and get its answer. A process that dies between carrying out and keeping leaves no
//! answer: so that publishing is exactly once even then, the ids of events are made of the key
//! ([`EventIds`]), and a repeat finds the events there.
//! Promise: answers that say "not now" or "not you" (401, 413, 429, 5xx) are not kept, nor are answers
//! that may not be stored (`Cache-Control: no-store`), such as one that shows a new key.
//! Not here: two processes carrying out the same key at the same moment.

use std::convert::Infallible;

use aide::OperationInput;
use axum::body::Body;
use axum::extract::{FromRequestParts, Request};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use beckon_domain::event::EventId;
use beckon_domain::id::{GeneratedEventId, WorkspaceId};
use beckon_store::idempotency::KeptAnswer;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use jiff::SignedDuration;
use sha2::{Digest, Sha256};

use crate::app::App;
use crate::auth::Caller;
use crate::extract::read_body;
use crate::problem::{Code, Problem};

/// The header a client repeats.
pub(crate) const HEADER: &str = "idempotency-key";
/// The header that marks an answer given before.
pub(crate) const REPLAYED_HEADER: &str = "idempotent-replayed";
/// Longest key, in characters.
pub(crate) const KEY_CHARS_MAX: usize = 255;
/// How long an answer is kept.
pub(crate) const ANSWER_KEPT: SignedDuration = SignedDuration::from_hours(24);
/// Largest answer kept, in bytes. Ours are far smaller; a larger one is answered and not kept.
const ANSWER_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Whether a request may be a repeat.
pub(crate) fn is_keyed(request: &Request) -> bool {
    request.method() == Method::POST && request.headers().contains_key(HEADER)
}

/// Answers a request of the JSON API that is keyed. A caller who hangs up must not drop this, or what is done could be
/// parted from its answer.
pub(crate) async fn answer(app: App, request: Request, next: Next) -> Response {
    once(&app, request, next).await.unwrap_or_else(Problem::into_response)
}

async fn once(app: &App, request: Request, next: Next) -> Result<Response, Problem> {
    let (mut parts, body) = request.into_parts();
    let caller = Caller::from_request_parts(&mut parts, app).await?;
    let key = key_in(&parts.headers)?;
    let body = read_body(Request::from_parts(parts.clone(), body)).await?;
    let request_hash = hash(&parts, &body);

    let _turn = app.idempotency_turns().take((caller.workspace_id, key.clone())).await;
    let now = app.ambient.now();
    let not_before = now.checked_sub(ANSWER_KEPT).unwrap_or(now);
    if let Some(kept) = app.store.find_answer(caller.workspace_id, &key, not_before).await? {
        return replay(kept, request_hash);
    }

    parts.extensions.insert(EventIds(Some(seed(caller.workspace_id, &key, &request_hash))));
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    if !may_be_kept(&response) {
        return Ok(response);
    }
    let (parts, body) = response.into_parts();
    let body = axum::body::to_bytes(body, ANSWER_BYTES_MAX).await.map_err(|error| Problem::internal(&error))?;
    let header = |name| parts.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let answer = KeptAnswer {
        request_hash,
        status: parts.status.as_u16(),
        content_type: header(CONTENT_TYPE),
        location: header(LOCATION),
        body: body.to_vec(),
        created_at: now,
    };
    // What was asked for is done: an answer that cannot be kept is no reason to say it was not.
    if let Err(error) = app.store.keep_answer(caller.workspace_id, &key, &answer, not_before).await {
        tracing::error!(%error, "an answer could not be kept for its idempotency key");
    }
    Ok(Response::from_parts(parts, Body::from(body)))
}

fn key_in(headers: &HeaderMap) -> Result<String, Problem> {
    let form =
        || Problem::field("Idempotency-Key", format!("one header of 1 to {KEY_CHARS_MAX} visible ASCII characters"));
    let mut given = headers.get_all(HEADER).iter();
    let (Some(value), None) = (given.next(), given.next()) else { return Err(form()) };
    let bytes = value.as_bytes();
    if bytes.is_empty() || bytes.len() > KEY_CHARS_MAX || !bytes.iter().all(u8::is_ascii_graphic) {
        return Err(form());
    }
    Ok(String::from_utf8_lossy(bytes).into_owned())
}

/// SHA-256 of method, path with query, and body, each told apart from the next.
fn hash(parts: &Parts, body: &[u8]) -> [u8; 32] {
    let target = parts.uri.path_and_query().map_or("", |target| target.as_str());
    let head = format!("{} {target}\n", parts.method);
    Sha256::new().chain_update(head).chain_update(body).finalize().into()
}

fn replay(kept: KeptAnswer, request_hash: [u8; 32]) -> Result<Response, Problem> {
    if kept.request_hash != request_hash {
        let detail = "another request was made with this idempotency key: use a new key for a new request";
        return Err(Problem::new(Code::IdempotencyMismatch, detail));
    }
    let status = StatusCode::from_u16(kept.status).map_err(|error| Problem::internal(&error))?;
    let mut response = (status, kept.body).into_response();
    let headers = response.headers_mut();
    headers.remove(CONTENT_TYPE);
    for (name, text) in [(CONTENT_TYPE, kept.content_type), (LOCATION, kept.location)] {
        if let Some(value) = text.and_then(|text| HeaderValue::try_from(text).ok()) {
            headers.insert(name, value);
        }
    }
    headers.insert(REPLAYED_HEADER, HeaderValue::from_static("true"));
    Ok(response)
}

fn may_be_kept(response: &Response) -> bool {
    let status = response.status();
    let refused_for_now =
        [StatusCode::UNAUTHORIZED, StatusCode::PAYLOAD_TOO_LARGE, StatusCode::TOO_MANY_REQUESTS].contains(&status);
    let secret = response.headers().get(CACHE_CONTROL).is_some_and(|value| value == "no-store");
    !status.is_server_error() && !refused_for_now && !secret
}

/// What the ids of a request's events are made of.
///
/// The request itself is part of it, so that a key used for another request after [`ANSWER_KEPT`] makes
/// another event.
fn seed(workspace: WorkspaceId, key: &str, request_hash: &[u8; 32]) -> [u8; 32] {
    let head = format!("event ids\n{workspace}\n{key}\n");
    Sha256::new().chain_update(head).chain_update(request_hash).finalize().into()
}

/// The ids that events of this request get when the publisher gives none.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EventIds(Option<[u8; 32]>);

impl EventIds {
    /// The id of the event at `index`; `None` without an idempotency key: make one.
    pub(crate) fn at(&self, index: usize) -> Option<EventId> {
        let seed = self.0?;
        let digest = Sha256::new().chain_update(seed).chain_update(index.to_be_bytes()).finalize();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        // Version 8 (RFC 9562 §5.8): made of a hash, not of a time.
        let uuid = uuid::Builder::from_custom_bytes(bytes).into_uuid();
        EventId::parse(&GeneratedEventId::from(uuid).to_string()).ok()
    }
}

impl<S: Send + Sync> FromRequestParts<S> for EventIds {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<EventIds, Infallible> {
        Ok(parts.extensions.get().copied().unwrap_or(EventIds(None)))
    }
}

impl OperationInput for EventIds {}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn ids(key: &str, request_hash: [u8; 32]) -> EventIds {
        EventIds(Some(seed(WorkspaceId::from(Uuid::nil()), key, &request_hash)))
    }

    #[test]
    fn the_same_request_makes_the_same_event_ids() {
        let first = ids("a", [1; 32]);
        assert_eq!(first.at(0), ids("a", [1; 32]).at(0));
        assert_ne!(first.at(0), first.at(1));
        assert_ne!(first.at(0), ids("b", [1; 32]).at(0));
        assert_ne!(first.at(0), ids("a", [2; 32]).at(0));
        assert!(first.at(0).unwrap().as_str().starts_with("evt_"));
        assert_eq!(EventIds(None).at(0), None);
    }

    #[test]
    fn a_key_is_visible_ascii_of_bounded_length() {
        let read =
            |key: &str| key_in(&HeaderMap::from_iter([(http::HeaderName::from_static(HEADER), key.parse().unwrap())]));
        assert_eq!(read("order-1").unwrap(), "order-1");
        for odd in ["", "two words", &"k".repeat(256)] {
            assert_eq!(read(odd).unwrap_err().code(), Code::InvalidRequest, "{odd}");
        }
    }

    #[test]
    fn answers_that_mean_try_again_are_not_kept() {
        for (status, kept) in [
            (200, true),
            (201, true),
            (404, true),
            (409, true),
            (422, true),
            (401, false),
            (413, false),
            (429, false),
            (500, false),
            (503, false),
        ] {
            let response = StatusCode::from_u16(status).unwrap().into_response();
            assert_eq!(may_be_kept(&response), kept, "{status}");
        }
        assert!(!may_be_kept(&([(CACHE_CONTROL, "no-store")], "secret").into_response()));
    }
}
