//! How large a schema is with every reference written out.
//!
//! A few lines of references to references can mean more work than there is time: two references to a
//! definition that itself has two, and so on. Checking a payload costs at most this size for each of its
//! values, so bounding it bounds the work of a check.
//! Not here: whether it is a schema at all (`schema.rs`).

use std::collections::HashMap;

use beckon_domain::invalid::Findings;
use serde_json::Value;

use super::pointer;

/// Most values a schema may have with every reference written out.
pub(super) const UNFOLDED_MAX: u64 = 2_000;

/// Notes what keeps a schema from being bounded: its size, circles, and references that are not plain
/// pointers into it.
pub(super) fn check_size(schema: &Value, findings: &mut Findings) {
    let mut unfolding = Unfolding { schema, known: HashMap::new(), findings };
    let size = unfolding.size(schema, "");
    if size > UNFOLDED_MAX {
        let reason = format!("too large: with every $ref written out it may have {UNFOLDED_MAX} values");
        findings.add("schema", reason);
    }
}

struct Unfolding<'a> {
    schema: &'a Value,
    /// The sizes of definitions, by pointer; `None` while one is being found out.
    known: HashMap<&'a str, Option<u64>>,
    findings: &'a mut Findings,
}

impl<'a> Unfolding<'a> {
    fn size(&mut self, value: &'a Value, path: &str) -> u64 {
        let inside = match value {
            Value::Object(fields) => fields.iter().fold(0_u64, |sum, (name, value)| {
                let path = format!("{path}/{}", name.replace('~', "~0").replace('/', "~1"));
                sum.saturating_add(self.field_size(name, value, &path))
            }),
            Value::Array(items) => items
                .iter()
                .enumerate()
                .fold(0_u64, |sum, (n, item)| sum.saturating_add(self.size(item, &format!("{path}/{n}")))),
            _ => 0,
        };
        inside.saturating_add(1)
    }

    fn field_size(&mut self, name: &str, value: &'a Value, path: &str) -> u64 {
        match (name, value) {
            ("$ref", Value::String(target)) => self.target_size(target, path),
            ("$dynamicRef" | "$recursiveRef", Value::String(_)) => {
                self.refuse(path, "only $ref is taken, with a pointer such as #/$defs/name")
            }
            // Below another base, the same pointer would lead elsewhere.
            ("$id", Value::String(_)) if path != "/$id" => self.refuse(path, "only the schema itself can have an $id"),
            ("$schema", Value::String(draft)) if draft.contains("draft-03") || draft.contains("draft-04") => {
                self.refuse(path, "draft 6 or later is taken; best is https://json-schema.org/draft/2020-12/schema")
            }
            _ => self.size(value, path),
        }
    }

    fn target_size(&mut self, target: &'a str, path: &str) -> u64 {
        let Some(place) = target.strip_prefix('#').filter(|place| place.is_empty() || place.starts_with('/')) else {
            return self.refuse(path, "leads elsewhere: take a pointer into this schema, such as #/$defs/name");
        };
        match self.known.get(place) {
            Some(Some(size)) => return *size,
            Some(None) => return self.refuse(path, "leads in a circle; write out as many levels as payloads have"),
            None => {}
        }
        let Some(definition) = self.schema.pointer(place) else {
            return self.refuse(path, "leads nowhere in this schema");
        };
        self.known.insert(place, None);
        let size = if place.is_empty() {
            self.refuse(path, "leads in a circle; write out as many levels as payloads have")
        } else {
            self.size(definition, place)
        };
        self.known.insert(place, Some(size));
        size
    }

    fn refuse(&mut self, path: &str, reason: &str) -> u64 {
        self.findings.add(pointer("schema", path), reason);
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn wrong(schema: &Value) -> Vec<String> {
        let mut findings = Findings::default();
        check_size(schema, &mut findings);
        findings.into_result(()).err().into_iter().flat_map(|invalid| invalid.0).map(|field| field.field).collect()
    }

    #[test]
    fn a_few_lines_that_unfold_without_end_are_refused_at_once() {
        let mut definitions = serde_json::Map::new();
        for n in 0..60 {
            let next = json!({ "$ref": format!("#/$defs/d{}", n + 1) });
            definitions.insert(format!("d{n}"), json!({ "allOf": [next, next] }));
        }
        definitions.insert("d60".to_owned(), json!({}));
        assert_eq!(wrong(&json!({ "$ref": "#/$defs/d0", "$defs": definitions })), ["schema"]);
    }

    #[test]
    fn circles_and_other_ways_to_refer_are_refused_where_they_are() {
        let circle = json!({ "$defs": { "a": { "items": { "$ref": "#/$defs/a" } } } });
        assert_eq!(wrong(&json!({ "$ref": "#/$defs/a", "$defs": circle["$defs"] })), ["/schema/$defs/a/items/$ref"]);
        assert_eq!(wrong(&json!({ "items": { "$ref": "#" } })), ["/schema/items/$ref"]);
        assert_eq!(wrong(&json!({ "items": { "$dynamicRef": "#node" } })), ["/schema/items/$dynamicRef"]);
        assert_eq!(wrong(&json!({ "items": { "$ref": "#node" } })), ["/schema/items/$ref"]);
        assert_eq!(wrong(&json!({ "items": { "$id": "urn:x" } })), ["/schema/items/$id"]);
    }

    #[test]
    fn a_definition_may_be_used_often() {
        let names = ["a", "b", "c", "d", "e"];
        let properties: serde_json::Map<_, _> =
            names.iter().map(|name| (name.to_string(), json!({ "$ref": "#/$defs/address" }))).collect();
        let address = json!({ "type": "object", "properties": { "city": { "type": "string" } } });
        let schema =
            json!({ "$id": "https://example.com/s", "properties": properties, "$defs": { "address": address } });
        assert_eq!(wrong(&schema), Vec::<String>::new());
    }

    #[test]
    fn a_property_may_have_any_name() {
        let schema = json!({ "properties": { "$ref": { "type": "string" }, "$id": { "type": "string" } } });
        assert_eq!(wrong(&schema), Vec::<String>::new());
    }
}
