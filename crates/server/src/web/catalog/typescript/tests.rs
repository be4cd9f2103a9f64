//! What each part of a schema becomes.

use beckon_domain::catalog;
use serde_json::json;

use super::*;

fn type_of(schema: Value) -> String {
    let text = typescript("x.y", &schema);
    text.strip_prefix("export type XY = ").and_then(|rest| rest.split_once(";\n")).unwrap().0.to_owned()
}

#[test]
fn an_object_is_an_interface_with_optional_and_nested_fields() {
    let schema = json!({
        "type": "object",
        "description": "An order.",
        "required": ["id", "buyer"],
        "properties": {
            "id": {"type": "string"},
            "paid-at": {"type": ["string", "null"], "format": "date-time", "description": "When."},
            "buyer": {"type": "object", "properties": {"name": {"type": "string"}, "1st": {"type": "boolean"}}},
        },
    });
    assert_eq!(
        typescript("order.paid", &schema),
        r#"/** An order. */
export interface OrderPaid {
  id: string;
  /**
   * When.
   * Format: date-time.
   */
  "paid-at"?: string | null;
  buyer: {
    name?: string;
    "1st"?: boolean;
  };
}
"#
    );
}

#[test]
fn unions_enums_arrays_and_records_are_what_they_are_called() {
    for (schema, expected) in [
        (json!({"enum": ["a", "b\"", 3, null, true]}), r#""a" | "b\"" | 3 | true | null"#),
        (json!({"const": {"a": [1]}}), "{ a: [1] }"),
        (json!({"type": "array", "items": {"type": ["string", "integer"]}}), "(string | number)[]"),
        (json!({"type": "array", "items": {"enum": ["a|b"]}}), r#""a|b"[]"#),
        (json!({"type": "array"}), "unknown[]"),
        (
            json!({"prefixItems": [{"type": "string"}, {"type": "number"}], "minItems": 1, "items": false}),
            "[string, number?]",
        ),
        (json!({"prefixItems": [{"type": "string"}], "minItems": 1}), "[string, ...unknown[]]"),
        (json!({"type": "object"}), "Record<string, unknown>"),
        (json!({"type": "object", "additionalProperties": {"type": "integer"}}), "Record<string, number>"),
        (json!({"type": "object", "additionalProperties": false}), "Record<string, never>"),
        (json!({"anyOf": [{"type": "null"}, {"type": "string"}]}), "string | null"),
        (json!({"oneOf": [{"type": "string"}, {"type": "string"}]}), "string"),
        (json!({"anyOf": [{"type": "string"}, {}]}), "unknown"),
        (json!({"allOf": [{"anyOf": [{"type": "string"}, {"type": "null"}]}, {"const": 1}]}), "(string | null) & 1"),
        (json!({"minimum": 3}), "unknown"),
        (json!(true), "unknown"),
        (json!(false), "never"),
        (json!({"$ref": "#/nowhere"}), "unknown"),
    ] {
        assert_eq!(type_of(schema.clone()), expected, "{schema}");
    }
}

#[test]
fn what_is_referred_to_is_declared_once_under_a_name_of_its_own() {
    let schema = json!({
        "type": "object",
        "properties": {
            "root": {"$ref": "#/$defs/tree-node"},
            "again": {"$ref": "#/$defs/tree-node"},
            "clash": {"$ref": "#/definitions/TreeNode"},
            "me": {"$ref": "#"},
        },
        "$defs": {"tree-node": {"type": "object", "properties": {"children": {"type": "array", "items": {"$ref": "#/$defs/tree-node"}}}}},
        "definitions": {"TreeNode": {"type": "string"}},
    });
    assert_eq!(
        typescript("a.b", &schema),
        "export interface AB {\n  root?: TreeNode;\n  again?: TreeNode;\n  clash?: TreeNode2;\n  me?: AB;\n}\n\n\
         export interface TreeNode {\n  children?: TreeNode[];\n}\n\nexport type TreeNode2 = string;\n"
    );
}

#[test]
fn a_comment_cannot_be_ended_from_inside() {
    let schema = json!({"type": "string", "description": "a */ export const x = 1; /*"});
    assert_eq!(typescript("x.y", &schema), "/** a *\\/ export const x = 1; /* */\nexport type XY = string;\n");
}

#[test]
fn depth_ends() {
    let mut schema = json!({"type": "string"});
    for _ in 0..100 {
        schema = json!({"type": "array", "items": schema});
    }
    assert!(type_of(schema).starts_with("unknown[]"));
}

#[test]
fn every_built_in_event_type_has_its_types() {
    for event_type in catalog::built_in() {
        let text = typescript(&event_type.name, &event_type.schema.unwrap());
        assert!(text.contains("export interface "), "{text}");
        assert!(text.contains(&format!("event: \"{}\";", event_type.name)), "{text}");
        assert!(!text.contains("unknown"), "{text}");
        assert_eq!(text.matches('{').count(), text.matches('}').count(), "{text}");
    }
}
