//! Puts the routes together behind the door that every request passes through (`door.rs`).

mod attempts;
mod companies;
mod contacts;
mod deliveries;
mod document;
mod door;
mod event_types;
mod events;
mod fields;
mod imports;
mod intent_signals;
mod jobs;
mod keys;
mod observe;
mod segments;
mod signals;
mod webhooks;

use aide::axum::ApiRouter;
use axum::Router;
use axum::middleware::from_fn_with_state;

use crate::app::App;
use crate::problem::{Code, Problem};
use crate::{operations, tracking};

/// Where the JSON API is.
pub(crate) const PREFIX: &str = "/api/v1";

/// Everything Beckon serves.
pub fn router(app: App) -> Router {
    Router::new()
        .nest(PREFIX, Router::from(resources()))
        .merge(document::routes())
        .merge(Router::from(operations::routes()))
        .merge(tracking::open_routes())
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(from_fn_with_state(app.clone(), door::pass))
        .with_state(app)
}

/// Everything that is in the document.
pub(crate) fn documented() -> ApiRouter<App> {
    ApiRouter::new().nest(PREFIX, resources()).merge(tracking::routes()).merge(operations::routes())
}

/// The resources below [`PREFIX`].
fn resources() -> ApiRouter<App> {
    ApiRouter::new()
        .merge(webhooks::routes())
        .merge(event_types::routes())
        .merge(events::routes())
        .merge(deliveries::routes())
        .merge(jobs::routes())
        .merge(segments::routes())
        .merge(contacts::routes())
        .merge(companies::routes())
        .merge(intent_signals::routes())
        .merge(signals::routes())
        .merge(keys::routes())
}

async fn not_found() -> Problem {
    Problem::new(Code::NotFound, "there is nothing at this path")
}

async fn method_not_allowed() -> Problem {
    Problem::new(Code::MethodNotAllowed, "this path does not take this method; the header Allow says which it takes")
}
