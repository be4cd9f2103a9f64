//! What the catalog says of an event type: its fields, an example, its schema, its TypeScript.

use beckon_domain::catalog::{EventType, NOTICES, Origin};
use maud::{Markup, html};
use serde_json::Value;

use super::fields::{SchemaField, fields, kind_of};
use super::typescript::typescript;
use crate::web::parts::{Tone, badge, code_block, tabs};

/// What a payload is shown as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Example,
    Schema,
    TypeScript,
}

impl Shape {
    const ALL: [(Shape, &'static str, &'static str); 3] = [
        (Shape::Example, "example", "Example"),
        (Shape::Schema, "schema", "JSON Schema"),
        (Shape::TypeScript, "typescript", "TypeScript"),
    ];

    /// The one named `as` in a query; the example if none is.
    pub(super) fn of(query: Option<&str>) -> Shape {
        let pairs = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes());
        let name = pairs.filter(|(name, _)| name == "as").map(|(_, value)| value).next().unwrap_or_default();
        Shape::ALL.iter().find(|(_, known, _)| *known == name).map_or(Shape::Example, |(shape, ..)| *shape)
    }
}

/// Who made an event type, or what it is for.
pub(super) fn origin(event_type: &EventType) -> Markup {
    match event_type.origin {
        Origin::Workspace => badge(Tone::Info, "Your own"),
        Origin::BuiltIn if NOTICES.contains(&event_type.name.as_str()) => badge(Tone::Plain, "Notice"),
        Origin::BuiltIn => badge(Tone::Plain, "Built in"),
    }
}

/// Fields beside the payload in one of its shapes. `path` is the address of the page.
pub(super) fn entry(event_type: &EventType, shape: Shape, path: &str) -> Markup {
    html! {
        div.beside {
            section.card.follows {
                h2 { "Payload" }
                (tabs("Payload as", Shape::ALL.map(|(one, name, words)| (words, format!("{path}?as={name}"), one == shape))))
                (shaped(event_type, shape))
            }
            section.card.flush {
                div.card-head { h2 { "Fields" } }
                (fields_of(event_type.schema.as_ref()))
            }
        }
    }
}

fn shaped(event_type: &EventType, shape: Shape) -> Markup {
    let indented = |value: &Value| serde_json::to_string_pretty(value).unwrap_or_default();
    match (shape, &event_type.example, &event_type.schema) {
        (Shape::Example, Some(example), _) => code_block(&indented(example), "the example as JSON"),
        (Shape::Example, None, _) => html! { p.muted { "No example was given." } },
        (Shape::Schema, _, Some(schema)) => code_block(&indented(schema), "the JSON Schema"),
        (Shape::TypeScript, _, Some(schema)) => code_block(&typescript(&event_type.name, schema), "the TypeScript"),
        (_, _, None) => html! { p.muted { "No schema was given: the payload can be any JSON." } },
    }
}

/// The fields of a schema as a table.
pub(super) fn fields_of(schema: Option<&Value>) -> Markup {
    let Some(schema) = schema else {
        return html! { p.padded.muted { "No schema was given: the payload can be any JSON." } };
    };
    let (all, cut) = fields(schema);
    if all.is_empty() {
        return html! { p.padded.muted { "The payload is " strong { (kind_of(schema)) } "; the schema names no fields." } };
    }
    html! {
        div.table-wrap.rows-as-cards {
            table.fields {
                caption.visually-hidden { "Fields of the payload" }
                thead { tr { th scope="col" { "Field" } th scope="col" { "Type" } th scope="col" { "Description" } } }
                tbody { @for field in &all { (row(field)) } }
            }
        }
        @if cut { p.padded.small.muted { "There are more fields, deeper or further down: the JSON Schema has all of them." } }
    }
}

fn row(field: &SchemaField) -> Markup {
    html! {
        tr {
            td data-label="Field" {
                span class={ "depth-" (field.depth.min(DEEPEST_CLASS)) } title=(field.path) {
                    code { (field.name) }
                    @if field.name != field.path { span.visually-hidden { " at " (field.path) } }
                }
            }
            td data-label="Type" {
                span { (field.kind) br; span.small.muted { @if field.required { "always there" } @else { "optional" } } }
            }
            td data-label="Description" {
                span {
                    (with_code(&field.description))
                    @for rule in &field.rules {
                        @if !field.description.is_empty() || rule != &field.rules[0] { br; }
                        span.small.muted.wrap-anywhere { (rule) }
                    }
                }
            }
        }
    }
}

/// A description in which names stand between backticks.
fn with_code(text: &str) -> Markup {
    html! {
        @for (position, part) in text.split('`').enumerate() {
            @if position % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

/// The deepest level that has an indentation of its own.
const DEEPEST_CLASS: usize = 6;

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_a_schema_says_is_shown_as_text() {
        let schema = json!({"properties": {"<b>": {"description": "<script>alert(1)</script>", "enum": ["<i>"]}}});
        let shown = fields_of(Some(&schema)).into_string();
        assert!(!shown.contains("<b>") && !shown.contains("<script>") && !shown.contains("<i>"), "{shown}");
        assert!(shown.contains("&lt;script&gt;"), "{shown}");
    }

    #[test]
    fn an_unknown_shape_is_the_example() {
        assert_eq!(Shape::of(Some("said=saved&as=typescript")), Shape::TypeScript);
        assert_eq!(Shape::of(Some("as=yaml")), Shape::Example);
        assert_eq!(Shape::of(None), Shape::Example);
    }
}
