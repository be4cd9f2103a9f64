//! Puts the routes together behind the door that every request passes through (`door.rs`).

pub(crate) mod attempts;
pub(crate) mod audit_log;
pub(crate) mod companies;
pub(crate) mod contacts;
pub(crate) mod deliveries;
mod document;
mod door;
mod email_links;
pub(crate) mod event_types;
pub(crate) mod events;
mod fields;
pub(crate) mod identity;
pub(crate) mod imports;
pub(crate) mod intent_signals;
pub(crate) mod jobs;
pub(crate) mod keys;
pub(crate) mod lists;
pub(crate) mod members;
mod observe;
pub(crate) mod portal_links;
pub(crate) mod segments;
pub(crate) mod settings;
pub(crate) mod signals;
pub(crate) mod stats;
pub(crate) mod suppressions;
pub(crate) mod timeline;
pub(crate) mod webhooks;

use aide::axum::ApiRouter;
use axum::Router;
use axum::extract::State;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, Uri};

use crate::app::App;
use crate::problem::{Code, Problem};
use crate::{operations, pixel, tracking, web};

/// Where the JSON API is.
pub(crate) const PREFIX: &str = "/api/v1";

/// Everything Beckon serves.
pub fn router(app: App) -> Router {
    Router::new()
        .nest(PREFIX, Router::from(resources()))
        .merge(document::routes())
        .merge(Router::from(operations::routes()))
        .merge(tracking::open_routes())
        .merge(web::routes(&app))
        .merge(pixel::routes())
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
        .merge(identity::routes())
        .merge(email_links::routes())
        .merge(suppressions::routes())
        .merge(lists::routes())
        .merge(timeline::routes())
        .merge(intent_signals::routes())
        .merge(signals::routes())
        .merge(stats::routes())
        .merge(keys::routes())
        .merge(members::routes())
        .merge(portal_links::routes())
        .merge(audit_log::routes())
        .merge(settings::routes())
}

/// The answer where there is nothing.
pub(crate) async fn not_found(State(app): State<App>, uri: Uri, headers: HeaderMap) -> Response {
    let problem = Problem::new(Code::NotFound, "there is nothing at this path");
    if uri.path().starts_with(PREFIX) { problem.into_response() } else { web::not_found(&app, &uri, &headers, problem) }
}

async fn method_not_allowed() -> Problem {
    Problem::new(Code::MethodNotAllowed, "this path does not take this method; the header Allow says which it takes")
}
