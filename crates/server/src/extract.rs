//! Reading a request: body, query and path, each into a type of ours or a [`Problem`].
//!
//! Promise: a request that has the wrong shape is answered with every wrong field at once, each named;
//! unknown fields and parameters are refused. The fast path is plain serde; only a request that failed, or
//! an [`Exact`] one, is held against the type's JSON schema (`shape.rs`), which the OpenAPI document shows.
//! Not here: whether the values make sense (the domain), and who is asking (`auth.rs`).

mod finite;
mod object;
mod shape;
mod whole;

use aide::OperationInput;
use aide::OperationOutput;
use aide::generate::GenContext;
use aide::openapi::{Operation, Response as ResponseDoc};
use aide::operation::{ParamLocation, add_parameters, parameters_from_schema};
use axum::extract::rejection::{BytesRejection, FailedToBufferBody, PathRejection};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::response::{IntoResponse, Response};
use beckon_domain::invalid::{Findings, Invalid};
use bytes::Bytes;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

pub use object::Object;
pub use whole::Whole;

use crate::docs;
use crate::paging::PageQuery;
use crate::problem::{Code, Problem};

/// A JSON body, coming in or going out.
#[derive(Debug, Clone, Copy)]
pub struct Json<T>(pub T);

impl<S, T> FromRequest<S> for Json<T>
where
    S: Send + Sync,
    T: DeserializeOwned + JsonSchema + 'static,
{
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Json<T>, Problem> {
        check_media_type(request.headers())?;
        let body = read_body(request).await?;
        read_json(&body).map(Json)
    }
}

impl<T: JsonSchema> OperationInput for Json<T> {
    fn operation_input(ctx: &mut GenContext, operation: &mut Operation) {
        axum::Json::<T>::operation_input(ctx, operation);
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.0) {
            Ok(body) => ([(CONTENT_TYPE, docs::JSON)], body).into_response(),
            Err(error) => Problem::internal(&error).into_response(),
        }
    }
}

impl<T: JsonSchema> OperationOutput for Json<T> {
    type Inner = T;

    fn operation_response(ctx: &mut GenContext, _: &mut Operation) -> Option<ResponseDoc> {
        Some(docs::response::<T>(ctx, docs::JSON, "Done."))
    }

    fn inferred_responses(ctx: &mut GenContext, operation: &mut Operation) -> Vec<(Option<u16>, ResponseDoc)> {
        Self::operation_response(ctx, operation).into_iter().map(|response| (Some(200), response)).collect()
    }
}

/// A JSON body that is always held against its schema, even if it can be read. For batches: their items are
/// answered one by one within a 200, and what the document forbids must not be.
#[derive(Debug, Clone, Copy)]
pub struct Exact<T>(pub T);

impl<S, T> FromRequest<S> for Exact<T>
where
    S: Send + Sync,
    T: DeserializeOwned + JsonSchema + 'static,
{
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Exact<T>, Problem> {
        check_media_type(request.headers())?;
        let body = read_body(request).await?;
        let value = read_json(&body)?;
        check_shape::<T>(&String::from_utf8_lossy(&body))?;
        Ok(Exact(value))
    }
}

impl<T: JsonSchema> OperationInput for Exact<T> {
    fn operation_input(ctx: &mut GenContext, operation: &mut Operation) {
        axum::Json::<T>::operation_input(ctx, operation);
    }
}

/// Reads a whole body, within the limit of its route.
pub(crate) async fn read_body(request: Request) -> Result<Bytes, Problem> {
    Bytes::from_request(request, &()).await.map_err(|rejection| match rejection {
        BytesRejection::FailedToBufferBody(FailedToBufferBody::LengthLimitError(_)) => {
            Problem::new(Code::PayloadTooLarge, "the body is larger than this operation takes")
        }
        other => Problem::new(Code::InvalidJson, format!("the body could not be read: {}", other.body_text())),
    })
}

/// A JSON media type, or none, is fine.
fn check_media_type(headers: &HeaderMap) -> Result<(), Problem> {
    let Some(given) = headers.get(CONTENT_TYPE) else { return Ok(()) };
    let essence = given.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if essence == docs::JSON || (essence.starts_with("application/") && essence.ends_with("+json")) {
        return Ok(());
    }
    Err(Problem::new(Code::UnsupportedMediaType, "send the body as application/json"))
}

/// Reads a value from JSON, or says everything that is wrong with it.
pub(crate) fn read_json<T: DeserializeOwned + JsonSchema + 'static>(body: &[u8]) -> Result<T, Problem> {
    let text = std::str::from_utf8(body)
        .map_err(|error| not_json(format!("the body is not UTF-8 from byte {} on", error.valid_up_to())))?;
    // Serde would read a struct from a list, field by field; its schema knows better.
    if text.trim_ascii_start().starts_with('[') {
        check_shape::<T>(text)?;
    }
    serde_json::from_str(text).map_err(|error| explain::<T>(text, &error))
}

/// Everything about `text` that the schema of `T` does not allow. What is not JSON has no shape.
fn check_shape<T: JsonSchema + 'static>(text: &str) -> Result<(), Invalid> {
    let mut findings = Findings::default();
    if let Ok(value) = serde_json::from_str::<Value>(&finite::clamp(text)) {
        shape::check::<T>(&value, &mut findings);
    }
    findings.into_result(())
}

/// Why `text` is not a `T`: not JSON at all, or JSON of another shape.
fn explain<T: DeserializeOwned + JsonSchema + 'static>(text: &str, error: &serde_json::Error) -> Problem {
    if text.trim_ascii().is_empty() {
        return not_json("there is no body: send JSON, {} at least".to_owned());
    }
    // A raw value is held against the grammar only: a number out of range is JSON all the same.
    if let Err(error) = serde_json::from_str::<&RawValue>(text) {
        return not_json(format!("the body is not JSON: {error}"));
    }
    match check_shape::<T>(text) {
        Err(invalid) => invalid.into(),
        Ok(()) => serde_says::<T>(text, error),
    }
}

/// What serde found, for what a schema cannot say (a field given twice, a number too large, …).
fn serde_says<T: DeserializeOwned>(text: &str, error: &serde_json::Error) -> Problem {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    match serde_path_to_error::deserialize::<_, T>(&mut deserializer) {
        Err(error) => Problem::field(shape::field_of(error.path()), error.inner().to_string()),
        Ok(_) => Problem::field("", error.to_string()),
    }
}

fn not_json(detail: String) -> Problem {
    Problem::new(Code::InvalidJson, detail)
}

/// Query parameters. All fields of `T` must be optional.
#[derive(Debug, Clone, Copy)]
pub struct Query<T>(pub T);

impl<S, T> FromRequestParts<S> for Query<T>
where
    S: Send + Sync,
    T: DeserializeOwned + JsonSchema + 'static,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Query<T>, Problem> {
        let mut findings = Findings::default();
        let pairs = known_pairs(parts.uri.query().unwrap_or_default(), &[shape::properties::<T>()], &mut findings);
        let value = read_pairs(pairs, &mut findings);
        Ok(Query(finish(value, findings)?))
    }
}

impl<T: JsonSchema> OperationInput for Query<T> {
    fn operation_input(ctx: &mut GenContext, operation: &mut Operation) {
        document_parameters::<T>(ctx, operation, ParamLocation::Query);
    }
}

/// The query parameters of a list that can be narrowed: those of `F`, and `limit` and `cursor`.
#[derive(Debug, Clone)]
pub struct Listing<F> {
    /// What is wanted. All its fields must be optional.
    pub filter: F,
    /// Which page of it.
    pub page: PageQuery,
}

impl<S, F> FromRequestParts<S> for Listing<F>
where
    S: Send + Sync,
    F: DeserializeOwned + JsonSchema + 'static,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Listing<F>, Problem> {
        Listing::read(parts.uri.query().unwrap_or_default())
    }
}

impl<F: DeserializeOwned + JsonSchema + 'static> Listing<F> {
    /// Reads a query, or says everything that is wrong with it.
    pub(crate) fn read(query: &str) -> Result<Listing<F>, Problem> {
        let mut findings = Findings::default();
        let paging = shape::properties::<PageQuery>();
        let pairs = known_pairs(query, &[paging, shape::properties::<F>()], &mut findings);
        let (page, filter): (Vec<_>, Vec<_>) = pairs.into_iter().partition(|(name, _)| paging.contains(name));
        let page = read_pairs(page, &mut findings);
        let filter = read_pairs(filter, &mut findings);
        let (page, filter) = finish(page.zip(filter), findings)?;
        Ok(Listing { filter, page })
    }
}

impl<F: JsonSchema> OperationInput for Listing<F> {
    fn operation_input(ctx: &mut GenContext, operation: &mut Operation) {
        document_parameters::<F>(ctx, operation, ParamLocation::Query);
        document_parameters::<PageQuery>(ctx, operation, ParamLocation::Query);
    }
}

type Pair = (String, String);

/// The parameters somebody knows; each other one, and each repetition, is a finding.
fn known_pairs(query: &str, known: &[&[String]], findings: &mut Findings) -> Vec<Pair> {
    let mut pairs: Vec<Pair> = vec![];
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        if !known.iter().any(|names| names.iter().any(|known| *known == name)) {
            findings.add(name, "there is no such parameter");
        } else if pairs.iter().any(|(given, _)| *given == name) {
            findings.add(name, "given more than once");
        } else {
            pairs.push((name.into_owned(), value.into_owned()));
        }
    }
    pairs
}

/// Reads parameters; those that cannot be read are findings, and left out.
fn read_pairs<T: DeserializeOwned>(mut pairs: Vec<Pair>, findings: &mut Findings) -> Option<T> {
    loop {
        let encoded = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&pairs).finish();
        let deserializer = serde_urlencoded::Deserializer::new(url::form_urlencoded::parse(encoded.as_bytes()));
        let error = match serde_path_to_error::deserialize::<_, T>(deserializer) {
            Ok(value) => return Some(value),
            Err(error) => error,
        };
        let field = shape::field_of(error.path());
        findings.add(&field, error.inner().to_string());
        let before = pairs.len();
        pairs.retain(|(name, _)| *name != field);
        if pairs.len() == before {
            return None;
        }
    }
}

fn finish<T>(value: Option<T>, findings: Findings) -> Result<T, Invalid> {
    let value = findings.into_result(value)?;
    value.ok_or_else(|| Invalid::one("", "the query cannot be read"))
}

/// Parameters in the path. What cannot be one names nothing: 404.
#[derive(Debug, Clone, Copy)]
pub struct Path<T>(pub T);

/// The path parameter `id`.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
pub struct ById<T> {
    /// Its id.
    pub id: T,
}

impl<S, T> FromRequestParts<S> for Path<T>
where
    S: Send + Sync,
    T: DeserializeOwned + Send,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Path<T>, Problem> {
        match axum::extract::Path::<T>::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(value)) => Ok(Path(value)),
            Err(PathRejection::FailedToDeserializePathParams(rejection)) => {
                Err(Problem::new(Code::NotFound, format!("there is nothing at this path: {}", rejection.body_text())))
            }
            Err(rejection) => Err(Problem::internal(&rejection)),
        }
    }
}

impl<T: JsonSchema> OperationInput for Path<T> {
    fn operation_input(ctx: &mut GenContext, operation: &mut Operation) {
        document_parameters::<T>(ctx, operation, ParamLocation::Path);
    }
}

/// The fields of `T` as parameters. A parameter has no null: leaving it out is how to say nothing.
fn document_parameters<T: JsonSchema>(ctx: &mut GenContext, operation: &mut Operation, location: ParamLocation) {
    let mut schema = T::json_schema(&mut ctx.schema);
    let properties = schema.as_object_mut().and_then(|fields| fields.get_mut("properties"));
    if let Some(properties) = properties.and_then(Value::as_object_mut) {
        properties.values_mut().for_each(shape::without_null);
    }
    let parameters = parameters_from_schema(ctx, schema, location);
    add_parameters(ctx, operation, parameters);
}

#[cfg(test)]
mod tests;
