//! Puts the routes together and wraps them in what every request passes through.
//!
//! From the outside in: request id and log line (`observe`), panic guard, timeout; for the JSON API also
//! the body limit and the idempotency key.

mod attempts;
mod companies;
mod contacts;
mod deliveries;
mod document;
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

use std::any::Any;
use std::time::Duration;

use aide::axum::ApiRouter;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use tower_http::catch_panic::CatchPanicLayer;

use crate::app::App;
use crate::problem::{Code, Problem};
use crate::{idempotency, operations, tracking};

/// Where the JSON API is.
pub(crate) const PREFIX: &str = "/api/v1";

/// How the paths end that take whole files.
const IMPORT_PATH_END: &str = "/import";
/// Longest time an import may take: a file has as many steps as it needs.
const IMPORT_TIMEOUT: Duration = Duration::from_secs(15 * 60);

/// Everything Beckon serves.
pub fn router(app: App) -> Router {
    let api = Router::from(resources())
        .layer(from_fn_with_state(app.clone(), idempotency::apply))
        .layer(from_fn_with_state(app.clone(), limit_body));
    Router::new()
        .nest(PREFIX, api)
        .merge(document::routes())
        .merge(Router::from(operations::routes()))
        .merge(tracking::open_routes())
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(from_fn_with_state(app.clone(), in_time))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(app.clone(), observe::observe))
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

fn is_import(request: &Request) -> bool {
    request.uri().path().ends_with(IMPORT_PATH_END)
}

/// Says how large the body may be to whoever reads it.
async fn limit_body(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let bytes_max = if is_import(&request) { app.options.import_bytes_max } else { app.options.body_bytes_max };
    DefaultBodyLimit::max(bytes_max).apply(&mut request);
    next.run(request).await
}

async fn not_found() -> Problem {
    Problem::new(Code::NotFound, "there is nothing at this path")
}

async fn method_not_allowed() -> Problem {
    Problem::new(Code::MethodNotAllowed, "this path does not take this method; the header Allow says which it takes")
}

/// Ends requests that take too long. What they began may still be carried out.
async fn in_time(State(app): State<App>, request: Request, next: Next) -> Response {
    let timeout = if is_import(&request) { IMPORT_TIMEOUT } else { app.options.request_timeout };
    match tokio::time::timeout(timeout, next.run(request)).await {
        Ok(response) => response,
        Err(_elapsed) => {
            let detail = "this took too long and was given up; it may have been carried out all the same";
            Problem::new(Code::Overloaded, detail).into_response()
        }
    }
}

/// What a panic said goes to the log (by the panic hook), not to the caller.
fn panicked(_: Box<dyn Any + Send>) -> Response {
    Problem::new(Code::Internal, "something went wrong on our side").into_response()
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::routing::get;
    use tower::ServiceExt as _;

    use super::*;

    async fn breaks() -> &'static str {
        panic!("the password is hunter2")
    }

    #[tokio::test]
    async fn a_panic_is_a_problem_that_says_nothing() {
        let router = Router::new().route("/", get(breaks)).layer(CatchPanicLayer::custom(panicked));
        let response = router.oneshot(Request::new(Body::empty())).await.unwrap();
        assert_eq!(response.status(), 500);
        let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let text = String::from_utf8_lossy(&body);
        assert!(text.contains(r#""code":"internal""#) && !text.contains("hunter2"), "{text}");
    }
}
