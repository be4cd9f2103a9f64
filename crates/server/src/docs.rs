//! Small helpers to document operations.
//!
//! Not here: what all operations have in common (`openapi.rs`).

use aide::generate::GenContext;
use aide::openapi::{MediaType, Response, SchemaObject};
use aide::transform::TransformOperation;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

/// The media type of almost everything.
pub(crate) const JSON: &str = "application/json";

/// Names an operation: its id in camel case, its tag and what it does in one line.
pub(crate) fn operation(
    id: &'static str,
    tag: &'static str,
    summary: &'static str,
) -> impl for<'a> FnOnce(TransformOperation<'a>) -> TransformOperation<'a> {
    move |operation| operation.id(id).tag(tag).summary(summary)
}

/// The same, with what one line cannot say.
pub(crate) fn explained(
    id: &'static str,
    tag: &'static str,
    summary: &'static str,
    description: &'static str,
) -> impl for<'a> FnOnce(TransformOperation<'a>) -> TransformOperation<'a> {
    move |described| operation(id, tag, summary)(described).description(description)
}

/// A response with a body of type `T`.
pub(crate) fn response<T: JsonSchema>(ctx: &mut GenContext, media_type: &str, description: &str) -> Response {
    let json_schema = ctx.schema.subschema_for::<T>();
    let schema = SchemaObject { json_schema, example: None, external_docs: None };
    let content = [(media_type.to_owned(), MediaType { schema: Some(schema), ..MediaType::default() })];
    Response { description: description.to_owned(), content: content.into_iter().collect(), ..Response::default() }
}

/// The schema of a moment: RFC 3339.
pub(crate) fn timestamp(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "string", "format": "date-time"})
}

/// The schema of a moment that may be unknown.
pub(crate) fn optional_timestamp(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": ["string", "null"], "format": "date-time"})
}

/// The schema of any JSON value.
pub(crate) fn any_json(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"description": "Any JSON value; taken byte for byte."})
}

/// The schema of a JSON Schema, or null.
pub(crate) fn json_schema_or_null(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": ["object", "boolean", "null"]})
}
