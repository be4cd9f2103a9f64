//! The tracking API: signals in the wire format of Segment's client libraries.
//!
//! A call is unpacked, its write key looked up, its items read, and what they say submitted; the answer
//! comes when it is on disk. Whatever client libraries get wrong harmlessly (labels, padding, empty ids) is
//! taken; one bad item fails alone.
//! Promise: an item counted as accepted is on disk. A call that may succeed later is answered 429 or 503
//! with `Retry-After`, because clients drop for ever what any other 4xx answers.
//! Not here: what an item means (`beckon_intake::tracking`), and the script of the pixel (`crate::pixel`).

mod body;
mod caller;
mod cors;
mod dialects;
mod docs;
mod envelope;
mod failure;
mod of_pixel;
mod privacy;
mod report;
mod settings;
mod sites;
mod write_key;

use std::time::Duration;

use aide::axum::ApiRouter;
use aide::axum::routing::{get_with, post_with};
use axum::body::Body;
use axum::extract::{FromRequest, Request, State};
use axum::{Json, Router};
use beckon_domain::id::WorkspaceId;
use beckon_domain::identity::Standing;
use beckon_domain::key::{WriteKey, WriteKeyKind};
use beckon_domain::settings::Gate;
use beckon_intake::client::Call as Caller;
use beckon_intake::tracking::{Kind, read_time};
use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde_json::Value;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::app::App;
use crate::email_links::Signer;
use failure::Failure;
use report::{Arrival, Report};

/// Longest body read on the spot, in bytes; longer and compressed ones are read where they hold up nobody.
const READ_ON_THE_SPOT_BYTES_MAX: usize = 64 * 1024;

/// Most bodies read elsewhere at a time; more wait. With the largest body this bounds the memory it takes.
const READ_AT_ONCE_MAX: usize = 32;

/// Bytes of bodies held at a time, over all calls, in KiB. What comes on top is told to come back.
const BODIES_KIB_MAX: usize = 256 * 1024;

static READING: Semaphore = Semaphore::const_new(READ_AT_ONCE_MAX);
static ROOM: Semaphore = Semaphore::const_new(BODIES_KIB_MAX);

/// When to come back when there is no room for a body.
const ROOM_RETRY_AFTER: Duration = Duration::from_secs(1);

/// What the last part of a path says: the whole word, or its letter.
const KINDS: [(Kind, &str, &str); 6] = [
    (Kind::Identify, "identify", "i"),
    (Kind::Track, "track", "t"),
    (Kind::Page, "page", "p"),
    (Kind::Screen, "screen", "s"),
    (Kind::Group, "group", "g"),
    (Kind::Alias, "alias", "a"),
];

/// The header in which some clients say when a call left.
const SENT_AT_HEADER: &str = "sentat";

pub(crate) use cors::preflight;
use docs::Of;
pub(crate) use docs::{SECURITY_SCHEME, TAG, security_scheme};
pub(crate) use of_pixel::take_of_pixel;

/// The routes below `/v1`, and those of other libraries, open to the pages of any site.
pub(crate) fn open_routes() -> Router<App> {
    // The answer to other methods comes before the layer, so that preflights are not answered by it.
    Router::from(routes())
        .method_not_allowed_fallback(async || Failure::WrongMethod)
        .layer(axum::middleware::from_fn(cors::open))
}

/// The routes below `/v1`, as they are documented.
pub(crate) fn routes() -> ApiRouter<App> {
    let mut router = ApiRouter::new();
    for (kind, name, letter) in KINDS {
        let take_one = move |State(app): State<App>, call: Call| take(app, Shape::One(kind), call);
        router = router
            .api_route(
                &format!("/v1/{name}"),
                post_with(take_one, |operation| docs::single(operation, name, Of::Segment, false)),
            )
            .api_route(
                &format!("/v1/{letter}"),
                post_with(take_one, |operation| docs::single(operation, name, Of::Segment, true)),
            );
    }
    let take_batch = |State(app): State<App>, call: Call| take(app, Shape::Batch, call);
    router
        .api_route("/v1/batch", post_with(take_batch, |operation| docs::batch(operation, Of::Segment, false)))
        .api_route("/v1/b", post_with(take_batch, |operation| docs::batch(operation, Of::Segment, true)))
        .api_route(
            "/v1/projects/{key}/settings",
            get_with(settings::get, |operation| docs::settings(operation, Of::Segment)),
        )
        .merge(dialects::routes())
}

/// What a route takes.
#[derive(Debug, Clone, Copy)]
enum Shape {
    One(Kind),
    Batch,
}

/// A call as it came.
struct Call {
    caller: Caller,
    headers: HeaderMap,
    query: Option<String>,
    body: Bytes,
    /// Kept until the call is answered, for what the body said is held until then.
    room: SemaphorePermit<'static>,
}

impl FromRequest<App> for Call {
    type Rejection = Failure;

    async fn from_request(request: Request, app: &App) -> Result<Call, Failure> {
        let (parts, body) = request.into_parts();
        let (body, room) = receive(body, app.options.tracking_body_bytes_max, &ROOM).await?;
        let caller = caller::of(app, &parts.extensions, &parts.headers);
        Ok(Call { caller, headers: parts.headers, query: parts.uri.query().map(str::to_owned), body, room })
    }
}

/// What it looks like inside is said per route (`docs.rs`).
impl aide::OperationInput for Call {}

/// Reads a body to its end, taking room for it as it comes: who sends slowly holds no more than was sent.
async fn receive<'r>(
    body: Body,
    bytes_max: usize,
    room: &'r Semaphore,
) -> Result<(Bytes, SemaphorePermit<'r>), Failure> {
    let full = |_| Failure::Overloaded { retry_after: ROOM_RETRY_AFTER };
    let mut body = Limited::new(body, bytes_max);
    let mut received = BytesMut::new();
    let mut taken = room.try_acquire_many(1).map_err(full)?;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| match error.is::<LengthLimitError>() {
            true => Failure::TooLarge { bytes_max },
            false => Failure::Unreadable("the body broke off".to_owned()),
        })?;
        let Ok(data) = frame.into_data() else { continue };
        received.extend_from_slice(&data);
        let kib = received.len().div_ceil(1024).saturating_sub(taken.num_permits());
        taken.merge(room.try_acquire_many(u32::try_from(kib).unwrap_or(u32::MAX)).map_err(full)?);
    }
    Ok((received.freeze(), taken))
}

/// A call that has been read, and whose it is.
struct Opened {
    workspace: WorkspaceId,
    standing: Standing,
    caller: Caller,
    items: Vec<Value>,
    arrival: Arrival,
    /// Which sites may send; all may if there is none.
    gate: Option<Gate>,
    _room: SemaphorePermit<'static>,
}

async fn take(app: App, shape: Shape, call: Call) -> Result<Json<Report>, Failure> {
    let opened = open(&app, shape, call).await?;
    Ok(Json(submit(&app, opened).await?))
}

/// Reads a call, and finds out whose it is.
async fn open(app: &App, shape: Shape, call: Call) -> Result<Opened, Failure> {
    let received_at = app.ambient.now();
    let Call { caller, headers, query, body, room } = call;
    let key = match write_key::in_head(&headers, query.as_deref()) {
        Some(key) => Some(find_key(app, &key).await?),
        None => None,
    };
    let mut root = read_root(body, app.options.tracking_body_bytes_max).await?;
    let key = match key {
        Some(key) => key,
        None => find_key(app, &write_key::in_body(&root).ok_or(Failure::KeyMissing)?).await?,
    };
    let (workspace, standing) = (key.workspace_id, standing(&key, &caller));
    let sent_at = sent_at(&root, &headers);
    let (kind, mut items) = match shape {
        Shape::One(kind) => (Some(kind), vec![Value::Object(root)]),
        Shape::Batch => (None, envelope::take_items(&mut root, app.options.tracking_body_bytes_max)?),
    };
    let gate = app.config.get(workspace).await?.settings.sites.gate();
    let origin = privacy::Origin { key: &app.link_key, workspace, received_at };
    privacy::enforce(&mut items, &headers, origin);
    Ok(Opened {
        workspace,
        standing,
        caller,
        items,
        arrival: Arrival { kind, received_at, sent_at },
        gate,
        _room: room,
    })
}

/// Has what a call holds stored, and says what became of it.
async fn submit(app: &App, opened: Opened) -> Result<Report, Failure> {
    let Opened { workspace, standing, caller, items, arrival, gate, _room } = opened;
    let of = report::Of { gate: gate.as_ref(), standing, links: Signer { key: &app.link_key, workspace } };
    let (mut signals, report) = report::read(&items, arrival, &of, &app.ambient);
    drop(items);
    if signals.is_empty() {
        return Ok(report);
    }
    let uncounted = app.clients.judge(workspace, &caller, &mut signals);
    let taken = app.intake.submit(workspace, signals).await?;
    app.clients.count(uncounted, &taken);
    Ok(report.with(&taken))
}

/// The write key, if it is in use.
async fn find_key(app: &App, key: &str) -> Result<WriteKey, Failure> {
    if key.len() > write_key::WRITE_KEY_BYTES_MAX {
        return Err(Failure::KeyUnknown);
    }
    let found = app.store.find_write_key(key).await?.ok_or(Failure::KeyUnknown)?;
    if found.revoked_at.is_some() { Err(Failure::KeyRevoked) } else { Ok(found) }
}

/// How far a call is believed. A key for servers that a browser sends has leaked: it is worth no more than the browser's word.
fn standing(key: &WriteKey, caller: &Caller) -> Standing {
    match (key.kind, caller) {
        (WriteKeyKind::Server, Caller::Server) => Standing::Verified,
        _ => Standing::Claimed,
    }
}

/// The items of a body, as a batch or alone.
#[cfg(fuzzing)]
pub(crate) fn items_of(body: Bytes, bytes_max: usize) -> Option<Vec<Value>> {
    let mut root = envelope::parse(&body::unpack(body, bytes_max).ok()?).ok()?;
    if root.contains_key("batch") {
        envelope::take_items(&mut root, bytes_max).ok()
    } else {
        Some(vec![Value::Object(root)])
    }
}

async fn read_root(body: Bytes, bytes_max: usize) -> Result<envelope::Root, Failure> {
    let is_quick = body.len() <= READ_ON_THE_SPOT_BYTES_MAX && !body::is_gzip(&body);
    let read = move || envelope::parse(&body::unpack(body, bytes_max)?);
    if is_quick {
        return read();
    }
    // Held by the reading itself, which goes on when the caller has gone.
    let turn = READING.acquire().await;
    let read = move || (read(), turn).0;
    tokio::task::spawn_blocking(read).await.map_err(|error| {
        tracing::error!(error = &error as &dyn std::error::Error, "reading a tracking call failed");
        Failure::Internal
    })?
}

/// When the call left, by its own word: at its root, or in a header.
fn sent_at(root: &envelope::Root, headers: &HeaderMap) -> Option<jiff::Timestamp> {
    let in_root = root.get("sentAt").and_then(Value::as_str).and_then(read_time);
    in_root.or_else(|| headers.get(SENT_AT_HEADER)?.to_str().ok().and_then(read_time))
}

impl From<beckon_intake::Error> for Failure {
    fn from(error: beckon_intake::Error) -> Failure {
        match error {
            beckon_intake::Error::Store(error) => error.into(),
            beckon_intake::Error::Overloaded { retry_after } => Failure::Overloaded { retry_after },
            beckon_intake::Error::Stopped => Failure::Unavailable,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // behaviour F5
    #[tokio::test]
    async fn a_body_takes_room_for_its_size_and_is_refused_with_a_wait_when_there_is_none() {
        let room = Semaphore::new(4);
        let (received, taken) = receive(Body::from(vec![b'x'; 2_000]), 10_000, &room).await.unwrap();
        assert_eq!((received.len(), taken.num_permits()), (2_000, 2));
        let refused = receive(Body::from(vec![b'x'; 3_000]), 10_000, &room).await;
        assert!(matches!(refused, Err(Failure::Overloaded { .. })));
        assert_eq!(room.available_permits(), 2, "who was refused holds nothing");
        drop(taken);
        assert!(receive(Body::from(vec![b'x'; 3_000]), 10_000, &room).await.is_ok());
        assert!(matches!(receive(Body::from(vec![b'x'; 3_000]), 2_000, &room).await, Err(Failure::TooLarge { .. })));
    }
}
