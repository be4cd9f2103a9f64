//! What every request passes through, one inside the other, as one layer.
//!
//! From the outside in: request id and log line ([`observe`]), panic guard, time limit; for the JSON API also the body
//! limit and the idempotency key.
//! Promise: what changes something is carried out to its end, with all that belongs to it (its turn, its entry in the
//! audit log), whether or not the caller waits for the answer.

use std::any::Any;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt as _;
use tracing::Instrument as _;

use super::PREFIX;
use super::observe::observe;
use crate::app::App;
use crate::idempotency;
use crate::problem::{Code, Problem};

/// How the paths end that take whole files.
const IMPORT_PATH_END: &str = "/import";
/// Longest time an import may take: a file has as many steps as it needs.
const IMPORT_TIMEOUT: Duration = Duration::from_secs(15 * 60);

/// See the module's own words.
pub(super) async fn pass(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let is_import = request.uri().path().ends_with(IMPORT_PATH_END);
    let is_api = request.uri().path().strip_prefix(PREFIX).is_some_and(|rest| rest.starts_with('/'));
    if is_api {
        let bytes_max = if is_import { app.options.import_bytes_max } else { app.options.body_bytes_max };
        DefaultBodyLimit::max(bytes_max).apply(&mut request);
    }
    // What is at no path of ours is not carried out, and needs no key.
    let is_keyed = is_api && idempotency::is_keyed(&request) && request.extensions().get::<MatchedPath>().is_some();
    let timeout = if is_import { IMPORT_TIMEOUT } else { app.options.request_timeout };
    let inside = |request: Request| async {
        let is_change = !request.method().is_safe();
        let app = app.clone();
        let answered = async move {
            match is_keyed {
                true => idempotency::answer(app, request, next).await,
                false => next.run(request).await,
            }
        };
        match is_change {
            true => guarded(in_time(timeout, to_its_end(answered))).await,
            false => guarded(in_time(timeout, answered)).await,
        }
    };
    observe(&app, request, inside).await
}

/// Answers in a task of its own: hyper drops the future of a request whose caller hangs up.
async fn to_its_end(answered: impl Future<Output = Response> + Send + 'static) -> Response {
    match tokio::spawn(answered.in_current_span()).await {
        Ok(answer) => answer,
        Err(failed) => match failed.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(canceled) => Problem::internal(&canceled).into_response(),
        },
    }
}

/// Ends requests that take too long. What they began may still be carried out.
async fn in_time(timeout: Duration, answered: impl Future<Output = Response>) -> Response {
    tokio::time::timeout(timeout, answered).await.unwrap_or_else(|_elapsed| {
        let detail = "this took too long and was given up; it may have been carried out all the same";
        Problem::new(Code::Overloaded, detail).into_response()
    })
}

/// Answers also if a handler panics.
async fn guarded(answered: impl Future<Output = Response>) -> Response {
    AssertUnwindSafe(answered).catch_unwind().await.unwrap_or_else(panicked)
}

/// What a panic said goes to the log (by the panic hook), not to the caller.
fn panicked(_: Box<dyn Any + Send>) -> Response {
    Problem::new(Code::Internal, "something went wrong on our side").into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_a_problem_that_says_nothing() {
        let response = guarded(async { panic!("the password is hunter2") }).await;
        assert_eq!(response.status(), 500);
        let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let text = String::from_utf8_lossy(&body);
        assert!(text.contains(r#""code":"internal""#) && !text.contains("hunter2"), "{text}");
    }
}
