//! Every error answer: RFC 9457 `application/problem+json` with a stable code.
//!
//! Promise: the codes are a closed list that only grows; details of our own failures go to the log, not
//! to the caller.
//! Not here: deciding what is wrong (the extractors, the handlers and the crates below).

use std::time::Duration;

use aide::OperationOutput;
use aide::generate::GenContext;
use aide::openapi::{Operation, Response as ResponseDoc};
use axum::response::{IntoResponse, Response};
use beckon_domain::invalid::{Invalid, InvalidField};
use beckon_store::StoreError;
use http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The media type of every error answer.
pub const PROBLEM_JSON: &str = "application/problem+json";
/// How long a caller should wait when the database is away, in seconds.
const STORE_RETRY_AFTER: Duration = Duration::from_secs(1);

/// The kinds of error, as callers tell them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// The body is not JSON.
    InvalidJson,
    /// A field, parameter or header cannot be taken; `errors` names each.
    InvalidRequest,
    /// No key was given.
    UnauthorizedMissing,
    /// The key has not the form of a key.
    UnauthorizedMalformed,
    /// Nobody has that key.
    UnauthorizedUnknown,
    /// The key was revoked.
    UnauthorizedRevoked,
    /// Whoever asks may not do this.
    Forbidden,
    /// There is no such thing in this workspace.
    NotFound,
    /// The path exists, but not with this method.
    MethodNotAllowed,
    /// It cannot be done in the state things are in.
    Conflict,
    /// Another event has that id already.
    EventIdTaken,
    /// Another request was made with that idempotency key.
    IdempotencyMismatch,
    /// The webhook is disabled or deleted.
    WebhookDisabled,
    /// The body is larger than allowed.
    PayloadTooLarge,
    /// The body's media type is not one this operation takes.
    UnsupportedMediaType,
    /// Too much at once; try again after `Retry-After` seconds.
    Overloaded,
    /// The database is away; try again after `Retry-After` seconds.
    StoreUnavailable,
    /// There is no room to write.
    DiskFull,
    /// A fault of ours.
    Internal,
}

impl Code {
    /// The HTTP status it is answered with.
    pub fn status(self) -> StatusCode {
        match self {
            Code::InvalidJson => StatusCode::BAD_REQUEST,
            Code::InvalidRequest => StatusCode::UNPROCESSABLE_ENTITY,
            Code::UnauthorizedMissing
            | Code::UnauthorizedMalformed
            | Code::UnauthorizedUnknown
            | Code::UnauthorizedRevoked => StatusCode::UNAUTHORIZED,
            Code::Forbidden => StatusCode::FORBIDDEN,
            Code::NotFound => StatusCode::NOT_FOUND,
            Code::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Code::Conflict | Code::EventIdTaken | Code::IdempotencyMismatch | Code::WebhookDisabled => {
                StatusCode::CONFLICT
            }
            Code::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Code::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Code::Overloaded | Code::StoreUnavailable => StatusCode::SERVICE_UNAVAILABLE,
            Code::DiskFull => StatusCode::INSUFFICIENT_STORAGE,
            Code::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

/// One field that cannot be taken, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FieldProblem {
    /// Where: a name, or names and positions joined by `/` for what is nested, such as `event_types/0`.
    pub field: String,
    /// What is wrong, and what would be right.
    pub reason: String,
}

/// An error answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    code: Code,
    detail: String,
    errors: Vec<FieldProblem>,
    retry_after: Option<Duration>,
}

/// The body of every error answer (RFC 9457).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Problem")]
pub struct ProblemBody {
    /// Always `about:blank`: `code` tells the kind.
    #[serde(rename = "type")]
    pub kind: String,
    /// The status in words.
    pub title: String,
    /// The HTTP status.
    #[schemars(range(min = 400, max = 599))]
    pub status: u16,
    /// The kind of error; stable.
    pub code: Code,
    /// What went wrong, in words.
    pub detail: String,
    /// Every wrong field, if fields are what is wrong.
    pub errors: Vec<FieldProblem>,
}

impl Problem {
    /// An error of this kind, in words for the caller.
    pub fn new(code: Code, detail: impl Into<String>) -> Problem {
        Problem { code, detail: detail.into(), errors: vec![], retry_after: None }
    }

    /// There is no such thing in this workspace.
    pub fn not_found(what: &str) -> Problem {
        Problem::new(Code::NotFound, format!("there is no such {what}"))
    }

    /// It cannot be done in the state things are in.
    pub fn conflict(detail: impl Into<String>) -> Problem {
        Problem::new(Code::Conflict, detail)
    }

    /// One field that cannot be taken.
    pub fn field(field: impl Into<String>, reason: impl Into<String>) -> Problem {
        Invalid::one(field, reason).into()
    }

    /// Too much at once; the caller should wait this long.
    pub fn overloaded(retry_after: Duration) -> Problem {
        let detail = "too much came at once; nothing of this request was taken";
        Problem { retry_after: Some(retry_after), ..Problem::new(Code::Overloaded, detail) }
    }

    /// A fault of ours: `error` goes to the log, the caller learns only that it happened.
    pub fn internal(error: &dyn std::error::Error) -> Problem {
        tracing::error!(error = %Chain(error), "a request failed");
        Problem::new(Code::Internal, "something went wrong on our side")
    }

    /// Puts `prefix` and a slash before the name of every wrong field.
    pub fn under(mut self, prefix: &str) -> Problem {
        for error in &mut self.errors {
            error.field = if error.field.is_empty() { prefix.to_owned() } else { format!("{prefix}/{}", error.field) };
        }
        self
    }

    /// Replaces what is said of one field, for whoever knows better.
    pub fn saying(mut self, field: &str, reason: &str) -> Problem {
        for error in self.errors.iter_mut().filter(|error| error.field == field) {
            error.reason = reason.to_owned();
        }
        self
    }

    /// The kind of error.
    pub fn code(&self) -> Code {
        self.code
    }

    /// The body of the answer, also for parts of a batch.
    pub fn body(&self) -> ProblemBody {
        let status = self.code.status();
        ProblemBody {
            kind: "about:blank".to_owned(),
            title: status.canonical_reason().unwrap_or_default().to_owned(),
            status: status.as_u16(),
            code: self.code,
            detail: self.detail.clone(),
            errors: self.errors.clone(),
        }
    }
}

/// An error and all its causes in one line.
struct Chain<'a>(&'a dyn std::error::Error);

impl std::fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

impl From<Invalid> for Problem {
    fn from(Invalid(fields): Invalid) -> Problem {
        let detail = match fields.as_slice() {
            [InvalidField { field, reason }] if field.is_empty() => reason.clone(),
            [InvalidField { field, reason }] => format!("{field}: {reason}"),
            many => format!("{} fields cannot be taken; errors names each", many.len()),
        };
        let name = |field: String| field.strip_prefix('/').map(str::to_owned).unwrap_or(field);
        let errors = fields.into_iter().map(|f| FieldProblem { field: name(f.field), reason: f.reason }).collect();
        Problem { errors, ..Problem::new(Code::InvalidRequest, detail) }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Problem {
        match error {
            StoreError::NotFound(what) => Problem::not_found(what),
            StoreError::Exists(_) | StoreError::Refused(_) => Problem::conflict(error.to_string()),
            // Whoever was overtaken has tried again already, as often as is sensible.
            StoreError::Stale(_) => Problem::overloaded(STORE_RETRY_AFTER),
            StoreError::Full(_) => {
                tracing::error!(error = %Chain(&error), "a request was refused");
                Problem::new(Code::DiskFull, "there is no room to store this; nothing was taken")
            }
            StoreError::Unavailable(_) => {
                tracing::warn!(error = %Chain(&error), "a request was refused");
                let problem = Problem::new(Code::StoreUnavailable, "the database is not available; try again");
                Problem { retry_after: Some(STORE_RETRY_AFTER), ..problem }
            }
            StoreError::Corrupt { .. } | StoreError::Failed { .. } => Problem::internal(&error),
        }
    }
}

impl From<beckon_intake::Error> for Problem {
    fn from(error: beckon_intake::Error) -> Problem {
        match error {
            beckon_intake::Error::Store(error) => error.into(),
            beckon_intake::Error::Overloaded { retry_after } => Problem::overloaded(retry_after),
            beckon_intake::Error::Stopped => stopping(),
        }
    }
}

impl From<beckon_delivery::Error> for Problem {
    fn from(error: beckon_delivery::Error) -> Problem {
        match error {
            beckon_delivery::Error::Store(error) => error.into(),
            beckon_delivery::Error::Stopped => stopping(),
            beckon_delivery::Error::Busy => Problem::overloaded(STORE_RETRY_AFTER),
            beckon_delivery::Error::Withdrawn => Problem::new(Code::WebhookDisabled, error.to_string()),
        }
    }
}

/// The process is shutting down.
fn stopping() -> Problem {
    let problem = Problem::new(Code::Overloaded, "this process is shutting down; try again");
    Problem { retry_after: Some(STORE_RETRY_AFTER), ..problem }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = serde_json::to_vec(&self.body()).unwrap_or_default();
        let mut response = (self.code.status(), body).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        if self.code.status() == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(wait) = self.retry_after {
            // Whole seconds, never less than asked.
            headers.insert(RETRY_AFTER, HeaderValue::from(wait.as_millis().div_ceil(1000).max(1) as u64));
        }
        // Where a person asked, it becomes a page.
        response.extensions_mut().insert(self);
        response
    }
}

/// Which problems an operation can answer is added to the document in one place (`openapi.rs`).
impl OperationOutput for Problem {
    type Inner = ProblemBody;

    fn operation_response(ctx: &mut GenContext, _: &mut Operation) -> Option<ResponseDoc> {
        Some(crate::docs::response::<ProblemBody>(ctx, PROBLEM_JSON, "The request was not carried out."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_internal_leaks() {
        let source = "no such table: secrets".into();
        let problem = Problem::from(StoreError::Failed { doing: "reading a webhook", source });
        assert_eq!(problem.code(), Code::Internal);
        let body = serde_json::to_string(&problem.body()).unwrap();
        assert!(!body.contains("table") && !body.contains("reading a webhook"), "{body}");
    }

    // behaviour A6
    #[tokio::test]
    async fn every_wrong_field_is_in_the_body() {
        let invalid = Invalid(vec![
            InvalidField { field: "url".to_owned(), reason: "not a URL".to_owned() },
            InvalidField { field: "event_types/0".to_owned(), reason: "unknown".to_owned() },
        ]);
        let response = Problem::from(invalid).into_response();
        assert_eq!(response.status(), 422);
        assert_eq!(response.headers()[CONTENT_TYPE], PROBLEM_JSON);
        let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let body: ProblemBody = serde_json::from_slice(&bytes).unwrap();
        assert_eq!((body.status, body.code), (422, Code::InvalidRequest));
        let fields: Vec<_> = body.errors.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(fields, ["url", "event_types/0"]);
    }

    #[test]
    fn what_was_overtaken_may_be_tried_again_and_is_no_conflict() {
        let response = Problem::from(StoreError::Stale("the set-up")).into_response();
        assert!(response.status() == 429 || response.status() == 503, "{}", response.status());
        assert!(response.headers().contains_key(RETRY_AFTER));
    }

    #[test]
    fn a_wait_is_rounded_up_to_whole_seconds() {
        let response = Problem::overloaded(Duration::from_millis(1200)).into_response();
        assert_eq!(response.headers()[RETRY_AFTER], "2");
        assert_eq!(Problem::new(Code::UnauthorizedMissing, "").into_response().headers()[WWW_AUTHENTICATE], "Bearer");
    }
}
