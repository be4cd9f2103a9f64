//! Why a whole call is refused.
//!
//! The statuses are chosen for what client libraries do with them: 408, 429 and 5xx are tried again,
//! every other 4xx is dropped for ever. So a call that may succeed later is never answered with those.
//! Not here: a bad item in a good call, which fails alone (`report.rs`).

use std::time::Duration;

use aide::OperationOutput;
use axum::Json;
use axum::response::{IntoResponse, Response};
use beckon_store::StoreError;
use http::header::RETRY_AFTER;
use http::{HeaderValue, StatusCode};
use schemars::JsonSchema;
use serde::Serialize;

/// When to come back after the store was not available, in seconds.
pub(super) const UNAVAILABLE_RETRY_SECONDS: u64 = 5;

/// Why a whole call is refused.
#[derive(Debug)]
pub(super) enum Failure {
    /// There is no write key anywhere.
    KeyMissing,
    /// There is no such write key.
    KeyUnknown,
    /// The write key was revoked.
    KeyRevoked,
    /// The settings of a write key that is not in use.
    NoSettings,
    /// The path exists, but not with this method.
    WrongMethod,
    /// It cannot be read, and why.
    Unreadable(String),
    /// The body is too long, or would be with what a batch shares written into each item.
    TooLarge {
        /// Longest body taken, in bytes.
        bytes_max: usize,
    },
    /// The batch has too many items.
    TooMany {
        /// Most items taken.
        items_max: usize,
    },
    /// There is more to do than can be kept up with.
    Overloaded {
        /// When to come back.
        retry_after: Duration,
    },
    /// The store does not take anything now.
    Unavailable,
    /// Something is broken here; the log says what.
    Internal,
}

/// Why the call was refused. Nothing of it was kept.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "TrackingFailure")]
pub(super) struct FailureBody {
    /// Always false.
    success: bool,
    /// The reason, for programs.
    code: String,
    /// The reason, for people.
    message: String,
}

impl Failure {
    fn status(&self) -> StatusCode {
        match self {
            Failure::KeyMissing | Failure::KeyUnknown | Failure::KeyRevoked => StatusCode::UNAUTHORIZED,
            Failure::NoSettings => StatusCode::NOT_FOUND,
            Failure::WrongMethod => StatusCode::METHOD_NOT_ALLOWED,
            Failure::Unreadable(_) => StatusCode::BAD_REQUEST,
            Failure::TooLarge { .. } | Failure::TooMany { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Failure::Overloaded { .. } => StatusCode::TOO_MANY_REQUESTS,
            Failure::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Failure::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Failure::KeyMissing => "write_key_missing",
            Failure::KeyUnknown => "write_key_unknown",
            Failure::KeyRevoked => "write_key_revoked",
            Failure::NoSettings => "not_found",
            Failure::WrongMethod => "method_not_allowed",
            Failure::Unreadable(_) => "unreadable",
            Failure::TooLarge { .. } => "too_large",
            Failure::TooMany { .. } => "too_many_items",
            Failure::Overloaded { .. } => "overloaded",
            Failure::Unavailable => "unavailable",
            Failure::Internal => "internal",
        }
    }

    fn message(&self) -> String {
        match self {
            Failure::KeyMissing => "there is no write key: send it as the user of Basic authentication".to_owned(),
            Failure::KeyUnknown => "there is no such write key".to_owned(),
            Failure::KeyRevoked => "the write key was revoked".to_owned(),
            Failure::NoSettings => "there is no such write key in use".to_owned(),
            Failure::WrongMethod => "this path does not take this method; calls are sent with POST".to_owned(),
            Failure::Unreadable(reason) => reason.clone(),
            Failure::TooLarge { bytes_max } => {
                format!(
                    "the body is longer than {bytes_max} bytes, with what a batch shares counted for each of its items"
                )
            }
            Failure::TooMany { items_max } => format!("the batch has more than {items_max} items"),
            Failure::Overloaded { .. } => "more is coming in than can be kept up with: send it again later".to_owned(),
            Failure::Unavailable => "nothing can be stored now: send it again later".to_owned(),
            Failure::Internal => "something is broken on our side".to_owned(),
        }
    }

    /// When to come back, in whole seconds, as `Retry-After` has it; clients pause that long.
    fn retry_after_seconds(&self) -> Option<u64> {
        match self {
            Failure::Overloaded { retry_after } => {
                Some((retry_after.as_secs() + u64::from(retry_after.subsec_nanos() > 0)).max(1))
            }
            Failure::Unavailable => Some(UNAVAILABLE_RETRY_SECONDS),
            _ => None,
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Failure {
        match error {
            StoreError::Full(_) | StoreError::Unavailable(_) | StoreError::Stale(_) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "the store does not take signals");
                Failure::Unavailable
            }
            other => {
                tracing::error!(error = &other as &dyn std::error::Error, "the store failed under a tracking call");
                Failure::Internal
            }
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let body = FailureBody { success: false, code: self.code().to_owned(), message: self.message() };
        let mut response = (self.status(), Json(body)).into_response();
        if let Some(seconds) = self.retry_after_seconds() {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl OperationOutput for Failure {
    type Inner = FailureBody;
}

#[cfg(test)]
mod tests {
    use super::*;

    // behaviour W4
    #[test]
    fn what_may_succeed_later_says_when_in_whole_seconds() {
        let cases = [
            (Failure::Overloaded { retry_after: Duration::from_millis(20) }, 429, Some("1")),
            (Failure::Overloaded { retry_after: Duration::from_millis(2_001) }, 429, Some("3")),
            (Failure::Unavailable, 503, Some("5")),
            (Failure::KeyUnknown, 401, None),
            (Failure::TooLarge { bytes_max: 1 }, 413, None),
            (Failure::Unreadable("x".to_owned()), 400, None),
        ];
        for (failure, status, retry_after) in cases {
            let response = failure.into_response();
            assert_eq!(response.status(), status);
            let header = response.headers().get(RETRY_AFTER).map(|value| value.to_str().unwrap());
            assert_eq!(header, retry_after, "{status}");
        }
    }
}
