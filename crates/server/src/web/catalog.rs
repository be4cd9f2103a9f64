//! The event catalog: what each event type says, for those who receive it; and types of the workspace's own.
//!
//! `/catalog` is for those who are signed in or came by a portal link; `/public/{workspace}/catalog` shows the same to
//! anybody, where the workspace says so.

mod entry;
mod fields;
mod form;
mod list;
mod pointer;
mod public;
mod show;
mod typescript;

use axum::Router;
use axum::routing::{get, post};

use crate::app::App;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/catalog", get(list::show))
        // No event type is called so: their names have a dot.
        .route("/catalog/new", get(form::new).post(form::create))
        .route("/catalog/preview", post(form::preview))
        .route("/catalog/{name}", get(show::show))
        .route("/catalog/{name}/edit", get(form::edit).post(form::update))
        .route("/catalog/{name}/delete", post(show::delete))
}

/// What anybody may see, where a workspace says so.
pub(super) fn public_routes() -> Router<App> {
    Router::new()
        .route("/public/{workspace}/catalog", get(public::list))
        .route("/public/{workspace}/catalog/{name}", get(public::show))
}
