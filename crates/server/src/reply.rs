//! The successful answers that are not a plain 200.

use aide::OperationOutput;
use aide::generate::GenContext;
use aide::openapi::{Operation, Response as ResponseDoc};
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, LOCATION};
use http::{HeaderValue, StatusCode};
use schemars::JsonSchema;
use serde::Serialize;

use crate::docs;
use crate::extract::Json;

/// 201: it was made, and is at `location`.
pub(crate) struct Created<T> {
    /// The path of the new thing.
    pub(crate) location: String,
    /// The new thing.
    pub(crate) value: T,
}

impl<T: Serialize> IntoResponse for Created<T> {
    fn into_response(self) -> Response {
        let mut response = (StatusCode::CREATED, Json(self.value)).into_response();
        if let Ok(location) = HeaderValue::try_from(self.location) {
            response.headers_mut().insert(LOCATION, location);
        }
        response
    }
}

impl<T: JsonSchema> OperationOutput for Created<T> {
    type Inner = T;

    fn operation_response(ctx: &mut GenContext, _: &mut Operation) -> Option<ResponseDoc> {
        Some(docs::response::<T>(ctx, docs::JSON, "It was made, and is at the path in `Location`."))
    }

    fn inferred_responses(ctx: &mut GenContext, operation: &mut Operation) -> Vec<(Option<u16>, ResponseDoc)> {
        Self::operation_response(ctx, operation).into_iter().map(|response| (Some(201), response)).collect()
    }
}

/// 201 if it was made by this request, 200 if it was there already.
pub(crate) struct CreatedOrFound<T> {
    /// Whether this request made it.
    pub(crate) created: bool,
    /// The path of the thing.
    pub(crate) location: String,
    /// The thing.
    pub(crate) value: T,
}

impl<T: Serialize> IntoResponse for CreatedOrFound<T> {
    fn into_response(self) -> Response {
        let CreatedOrFound { created, location, value } = self;
        if created { Created { location, value }.into_response() } else { Json(value).into_response() }
    }
}

impl<T: JsonSchema> OperationOutput for CreatedOrFound<T> {
    type Inner = T;

    fn operation_response(ctx: &mut GenContext, operation: &mut Operation) -> Option<ResponseDoc> {
        Created::<T>::operation_response(ctx, operation)
    }

    fn inferred_responses(ctx: &mut GenContext, operation: &mut Operation) -> Vec<(Option<u16>, ResponseDoc)> {
        let mut responses = Created::<T>::inferred_responses(ctx, operation);
        responses.push((Some(200), docs::response::<T>(ctx, docs::JSON, "It was there already.")));
        responses
    }
}

/// 202: it will be done.
pub(crate) struct Accepted<T>(pub(crate) T);

impl<T: Serialize> IntoResponse for Accepted<T> {
    fn into_response(self) -> Response {
        (StatusCode::ACCEPTED, Json(self.0)).into_response()
    }
}

impl<T: JsonSchema> OperationOutput for Accepted<T> {
    type Inner = T;

    fn operation_response(ctx: &mut GenContext, _: &mut Operation) -> Option<ResponseDoc> {
        Some(docs::response::<T>(ctx, docs::JSON, "It is on disk and will be done."))
    }

    fn inferred_responses(ctx: &mut GenContext, operation: &mut Operation) -> Vec<(Option<u16>, ResponseDoc)> {
        Self::operation_response(ctx, operation).into_iter().map(|response| (Some(202), response)).collect()
    }
}

/// 202: it is under way, and can be followed at `location`.
pub(crate) struct AcceptedAt<T> {
    /// The path of what is under way.
    pub(crate) location: String,
    /// How it stands.
    pub(crate) value: T,
}

impl<T: Serialize> IntoResponse for AcceptedAt<T> {
    fn into_response(self) -> Response {
        let mut response = Accepted(self.value).into_response();
        if let Ok(location) = HeaderValue::try_from(self.location) {
            response.headers_mut().insert(LOCATION, location);
        }
        response
    }
}

impl<T: JsonSchema> OperationOutput for AcceptedAt<T> {
    type Inner = T;

    fn operation_response(ctx: &mut GenContext, _: &mut Operation) -> Option<ResponseDoc> {
        Some(docs::response::<T>(ctx, docs::JSON, "It is on disk and under way; follow it at the path in `Location`."))
    }

    fn inferred_responses(ctx: &mut GenContext, operation: &mut Operation) -> Vec<(Option<u16>, ResponseDoc)> {
        Self::operation_response(ctx, operation).into_iter().map(|response| (Some(202), response)).collect()
    }
}

/// 204: done, and there is nothing to show.
pub(crate) struct NoContent;

impl IntoResponse for NoContent {
    fn into_response(self) -> Response {
        StatusCode::NO_CONTENT.into_response()
    }
}

impl OperationOutput for NoContent {
    type Inner = ();

    fn operation_response(_: &mut GenContext, _: &mut Operation) -> Option<ResponseDoc> {
        Some(ResponseDoc { description: "Done.".to_owned(), ..ResponseDoc::default() })
    }

    fn inferred_responses(ctx: &mut GenContext, operation: &mut Operation) -> Vec<(Option<u16>, ResponseDoc)> {
        Self::operation_response(ctx, operation).into_iter().map(|response| (Some(204), response)).collect()
    }
}

/// An answer nobody may keep, because it shows a secret: not a cache, and not we for an idempotency key.
pub(crate) struct NotKept<R>(pub(crate) R);

impl<R: IntoResponse> IntoResponse for NotKept<R> {
    fn into_response(self) -> Response {
        let mut response = self.0.into_response();
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}

impl<R: OperationOutput> OperationOutput for NotKept<R> {
    type Inner = R::Inner;

    fn operation_response(ctx: &mut GenContext, operation: &mut Operation) -> Option<ResponseDoc> {
        R::operation_response(ctx, operation)
    }

    fn inferred_responses(ctx: &mut GenContext, operation: &mut Operation) -> Vec<(Option<u16>, ResponseDoc)> {
        R::inferred_responses(ctx, operation)
    }
}
