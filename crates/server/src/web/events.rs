//! Events: the live list, and one with its payload and what became of it.

mod indent;
mod list;
mod payload;
mod show;

use axum::Router;
use axum::routing::get;

use crate::app::App;

pub(in crate::web) use payload::view as payload_view;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/events", get(list::show))
        .route("/events/{id}", get(show::show))
        .route("/events/{id}/payload", get(payload::download))
}
