//! The JSON Schema of a rule, for the API's description of itself.
//!
//! Promise: every rule that [`Rule::parse`] takes is valid under it. Not the other way round: depth,
//! leaves and the sense of a value for its operator are told better by the errors of the parser.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::id::ListId;

use super::{COUNT_MAX, LIST_VALUES_MAX, Op, Order, PathMatch, Rule, SCORE_MAX, TEXT_CHARS_MAX};

impl JsonSchema for Rule {
    fn schema_name() -> Cow<'static, str> {
        "Rule".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let node = generator.subschema_for::<Rule>();
        json_schema!({
            "description": "Who is in a segment: a tree of all, any and not over prop, visited, intent, segment, icp and list.",
            "anyOf": [
                group("all", "Holds if all of them do; with none, it holds.", &node),
                group("any", "Holds if at least one of them does; with none, it does not.", &node),
                json_schema!({
                    "description": "Holds if that does not.",
                    "type": "object",
                    "properties": { "not": node },
                    "required": ["not"],
                    "additionalProperties": false,
                }),
                prop(),
                visited(),
                intent(),
                json_schema!({
                    "description": "The rule of that segment holds.",
                    "type": "object",
                    "properties": { "segment": { "type": ["string", "integer"], "description": "The number of a segment." } },
                    "required": ["segment"],
                    "additionalProperties": false,
                }),
                json_schema!({
                    "description": "Fits the ideal customer profile of the workspace's settings: matches every list of it that is not empty. A company segment looks at its target accounts only. An empty profile fits nobody.",
                    "type": "object",
                    "properties": { "icp": { "const": true } },
                    "required": ["icp"],
                    "additionalProperties": false,
                }),
                json_schema!({
                    "description": "Is on that list: the contact on a list of contacts, the company on one of companies. A company segment can only ask for lists of companies.",
                    "type": "object",
                    "properties": { "list": generator.subschema_for::<ListId>() },
                    "required": ["list"],
                    "additionalProperties": false,
                }),
            ],
        })
    }
}

fn group(key: &str, description: &str, node: &Schema) -> Schema {
    json_schema!({
        "description": description,
        "type": "object",
        "properties": { key: { "type": "array", "items": node } },
        "required": [key],
        "additionalProperties": false,
    })
}

fn prop() -> Schema {
    let ops: Vec<_> = Op::ALL.iter().map(|op| op.as_str()).collect();
    let scalar = json_schema!({ "type": ["string", "number", "boolean"], "maxLength": TEXT_CHARS_MAX });
    json_schema!({
        "description": "What is known passes a test. What is not known passes none but not_exists. Texts compare without case.",
        "type": "object",
        "properties": {
            "prop": {
                "type": "string",
                "description": "What is looked at: contact.title, contact.traits.plan, company.industry, visit.utm.source, …",
            },
            "op": { "enum": ops },
            "value": {
                "description": "A list for in, not_in and contains_any; a number or a date for gt, gte, lt and lte; none for exists and not_exists.",
                "anyOf": [scalar, { "type": "array", "items": scalar, "minItems": 1, "maxItems": LIST_VALUES_MAX }],
            },
        },
        "required": ["prop", "op"],
        "additionalProperties": false,
    })
}

fn visited() -> Schema {
    let matches: Vec<_> = PathMatch::ALL.iter().map(|word| word.as_str()).collect();
    json_schema!({
        "description": "Pages were viewed. Needs at least one page view to hold, whatever the count.",
        "type": "object",
        "properties": {
            "visited": {
                "type": "object",
                "properties": {
                    "path": { "type": "string", "minLength": 1, "maxLength": TEXT_CHARS_MAX },
                    "match": { "enum": matches, "default": PathMatch::Contains.as_str() },
                },
                "required": ["path"],
                "additionalProperties": false,
            },
            "count": limit(&json_schema!({ "type": "integer", "minimum": 1, "maximum": COUNT_MAX })),
            "within": within(),
        },
        "required": ["visited"],
        "additionalProperties": false,
    })
}

fn intent() -> Schema {
    let topic = json_schema!({ "type": "string", "minLength": 1, "maxLength": TEXT_CHARS_MAX });
    json_schema!({
        "description": "Interest was shown elsewhere.",
        "type": "object",
        "properties": {
            "intent": {
                "type": "object",
                "properties": {
                    "topic": {
                        "description": "None for any topic.",
                        "anyOf": [topic, { "type": "array", "items": topic, "maxItems": LIST_VALUES_MAX }],
                    },
                },
                "additionalProperties": false,
            },
            "score": limit(&json_schema!({ "type": "number", "minimum": 0, "maximum": SCORE_MAX })),
            "within": within(),
        },
        "required": ["intent"],
        "additionalProperties": false,
    })
}

fn limit(value: &Schema) -> Schema {
    let ops: Vec<_> = Order::ALL.iter().map(|op| op.as_str()).collect();
    json_schema!({
        "type": "object",
        "properties": { "op": { "enum": ops }, "value": value },
        "required": ["op", "value"],
        "additionalProperties": false,
    })
}

fn within() -> Schema {
    json_schema!({
        "description": "How long ago it may be: minutes, hours or days, at most 366 days.",
        "type": "string",
        "pattern": "^[0-9]+[mhd]$",
    })
}
