//! Tells a page that something happened in its workspace, so that it fetches itself anew (server-sent events).
//!
//! Promise: at most one message a second, whatever happens; an open page costs a look at a number every second. A stream
//! ends after a while, and the browser begins another, so that whoever has lost access is found out.
//! Not here: what happened. Pages show that, and only they know what may be seen.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use futures_util::Stream;
use futures_util::stream;
use tokio::time::{Instant, sleep};

use super::viewer::Viewer;
use crate::app::App;

/// How often a page may learn that something happened.
const TICK: Duration = Duration::from_secs(1);
/// How long one stream lasts.
const STREAM_LIFE: Duration = Duration::from_secs(10 * 60);

pub(super) async fn listen(
    State(app): State<App>,
    viewer: Viewer,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let workspace = viewer.caller.workspace_id;
    let seen = app.store.activity(workspace);
    let ends = Instant::now() + STREAM_LIFE;
    let changes = stream::unfold((app, seen), move |(app, mut seen)| async move {
        loop {
            let tick = app.stop.run_until_cancelled(sleep(TICK)).await;
            if tick.is_none() || Instant::now() >= ends {
                return None;
            }
            let now = app.store.activity(workspace);
            if now != seen {
                seen = now;
                // Browsers pass over messages without data.
                let changed = Event::default().event("changed").data("1");
                return Some((Ok(changed), (app, seen)));
            }
        }
    });
    Sse::new(changes).keep_alive(KeepAlive::default())
}
