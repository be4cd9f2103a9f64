//! What a page answers when it cannot be shown.

use axum::response::{Html, IntoResponse, Redirect, Response};
use http::header::{CACHE_CONTROL, RETRY_AFTER};

use super::page;
use crate::problem::{Code, Problem};

/// Why a page cannot be shown.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Nobody is signed in: that comes first, and then this address.
    SignIn {
        /// Where to go afterwards: a path of ours, with its query.
        next: String,
    },
    /// Something is wrong; the page says what.
    Problem(Problem),
}

impl<E: Into<Problem>> From<E> for Failure {
    fn from(error: E) -> Failure {
        Failure::Problem(error.into())
    }
}

impl Failure {
    /// They have signed in, but their role does not allow this.
    pub(crate) fn forbidden(detail: impl Into<String>) -> Failure {
        Failure::Problem(Problem::new(Code::Forbidden, detail))
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let problem = match self {
            Failure::SignIn { next } => {
                let next = url::form_urlencoded::byte_serialize(next.as_bytes()).collect::<String>();
                return Redirect::to(&format!("/sign-in?next={next}")).into_response();
            }
            Failure::Problem(problem) => problem,
        };
        drawn(&problem, "/")
    }
}

/// A page that says what is wrong, with a way to the first page.
pub(super) fn drawn(problem: &Problem, start: &str) -> Response {
    let page = page::alone(&title(problem.code()), page::failed(&problem.body(), start));
    let mut response = (problem.code().status(), Html(page.into_string())).into_response();
    response.extensions_mut().insert(problem.clone());
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, http::HeaderValue::from_static("no-store"));
    if let Some(wait) = problem.clone().into_response().headers_mut().remove(RETRY_AFTER) {
        headers.insert(RETRY_AFTER, wait);
    }
    response
}

fn title(code: Code) -> String {
    match code {
        Code::NotFound => "Not found",
        Code::Forbidden => "Not allowed",
        Code::Overloaded | Code::StoreUnavailable => "Busy",
        Code::Conflict | Code::WebhookDisabled => "Not possible now",
        Code::Internal | Code::DiskFull => "Something went wrong",
        _ => "This did not work",
    }
    .to_owned()
}
