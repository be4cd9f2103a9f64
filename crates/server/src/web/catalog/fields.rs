//! The fields of a JSON Schema (draft 2020-12) as a flat table: each with its path, type, and what is said of it.
//!
//! Pure. Promise: bounded by [`FIELDS_MAX`], [`DEPTH_MAX`] and [`STEPS_MAX`], whatever refers to whatever.
//! Not here: whether the schema is one (`beckon_intake::schema`).

use std::cell::Cell;
use std::collections::HashSet;

use serde_json::{Map, Value};

use super::pointer::{last_name, resolve};

/// Most fields that are listed.
const FIELDS_MAX: usize = 500;
/// Deepest level that is listed. What refers to itself ends there too.
const DEPTH_MAX: usize = 10;
/// Most values of an `enum` that are told.
const VALUES_MAX: usize = 30;
/// Most rules of a field that are told.
const RULES_MAX: usize = 30;
/// Most schemas that are looked at, each as often as it is referred to, and as one of several that hold.
const STEPS_MAX: usize = 20_000;

/// One field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SchemaField {
    /// Its name; `[]` stands for each item of an array, `{}` for each value of a map.
    pub(super) name: String,
    /// The whole path to it, such as `contact.emails[].address`.
    pub(super) path: String,
    /// How deep it is; 0 for the payload's own.
    pub(super) depth: usize,
    /// Its type in words.
    pub(super) kind: String,
    /// Whether it is always there.
    pub(super) required: bool,
    /// What is said of it.
    pub(super) description: String,
    /// Further rules, such as a format or the values it may have.
    pub(super) rules: Vec<String>,
}

/// The fields of a schema, and whether there were too many to list.
pub(super) fn fields(schema: &Value) -> (Vec<SchemaField>, bool) {
    let mut walk = Walk::of(schema);
    walk.inside(schema, "", 0, 0);
    (walk.fields, walk.cut)
}

/// What a payload is as a whole, in words.
pub(super) fn kind_of(schema: &Value) -> String {
    Walk::of(schema).kind(schema, 0)
}

struct Walk<'a> {
    root: &'a Value,
    fields: Vec<SchemaField>,
    cut: bool,
    steps: Cell<usize>,
}

impl<'a> Walk<'a> {
    fn of(schema: &'a Value) -> Walk<'a> {
        Walk { root: schema, fields: vec![], cut: false, steps: Cell::new(0) }
    }

    /// Whether one more schema may be looked into.
    fn step(&self) -> bool {
        self.steps.set(self.steps.get() + 1);
        self.steps.get() <= STEPS_MAX
    }

    /// A schema with what it refers to in its place.
    fn target(&self, schema: &'a Value) -> &'a Value {
        let mut at = schema;
        for _ in 0..DEPTH_MAX {
            match at.get("$ref").and_then(Value::as_str).and_then(|reference| resolve(self.root, reference)) {
                Some(next) => at = next,
                None => break,
            }
        }
        at
    }

    /// The schemas that all hold, or of which one holds: without those that only allow null.
    fn parts(&self, schema: &'a Value) -> Vec<&'a Value> {
        let listed = |name: &str| schema.get(name).and_then(Value::as_array).into_iter().flatten();
        let choices = listed("anyOf").chain(listed("oneOf")).take_while(|_| self.step()).filter(|part| !is_null(part));
        choices.chain(listed("allOf").take_while(|_| self.step())).map(|part| self.target(part)).collect()
    }

    /// Lists what is inside a schema. `depth` counts levels of fields, `level` those of schemas.
    fn inside(&mut self, schema: &'a Value, path: &str, depth: usize, level: usize) {
        if depth > DEPTH_MAX || level > 2 * DEPTH_MAX || !self.step() {
            self.cut = true;
            return;
        }
        let schema = self.target(schema);
        let required: HashSet<&str> =
            schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
        for (name, field) in object(schema, "properties") {
            let path = if path.is_empty() { quoted(name) } else { format!("{path}.{}", quoted(name)) };
            self.field(name.clone(), &path, field, depth, required.contains(name.as_str()), level);
        }
        for (pattern, field) in object(schema, "patternProperties") {
            self.field(format!("/{pattern}/"), &format!("{path}{{}}"), field, depth, false, level);
        }
        if let Some(values) = schema.get("additionalProperties").filter(|values| values.is_object()) {
            self.field("{}".to_owned(), &format!("{path}{{}}"), values, depth, false, level);
        }
        for (position, item) in schema.get("prefixItems").and_then(Value::as_array).into_iter().flatten().enumerate() {
            self.field(format!("[{position}]"), &format!("{path}[{position}]"), item, depth, false, level);
        }
        if let Some(items) = schema.get("items").filter(|items| items.is_object()) {
            self.items(items, &format!("{path}[]"), depth, level);
        }
        for part in self.parts(schema) {
            self.inside(part, path, depth, level + 1);
        }
    }

    /// The items of an array have no row of their own if the array's type says it all.
    fn items(&mut self, items: &'a Value, path: &str, depth: usize, level: usize) {
        let target = self.target(items);
        let told = ["description", "enum", "format", "pattern", "examples", "const"];
        if told.iter().any(|name| target.get(name).is_some()) {
            self.field("[]".to_owned(), path, items, depth, false, level);
        } else {
            self.inside(items, path, depth, level + 1);
        }
    }

    fn field(&mut self, name: String, path: &str, schema: &'a Value, depth: usize, required: bool, level: usize) {
        if self.fields.len() >= FIELDS_MAX {
            self.cut = true;
            return;
        }
        if self.fields.iter().any(|known| known.path == path && known.depth == depth) {
            // Told already by another of several schemas that hold.
            return;
        }
        let target = self.target(schema);
        let described = [schema, target].into_iter().find_map(|at| at.get("description")?.as_str());
        let choice = || self.parts(target).into_iter().find_map(|part| part.get("description")?.as_str());
        self.fields.push(SchemaField {
            name,
            path: path.to_owned(),
            depth,
            kind: self.kind(schema, 0),
            required,
            description: described.or_else(choice).unwrap_or_default().trim().to_owned(),
            rules: self.rules(target),
        });
        self.inside(schema, path, depth + 1, level + 1);
    }

    /// A type in words: `string or null`, `array of object`.
    fn kind(&self, schema: &'a Value, depth: usize) -> String {
        if depth > DEPTH_MAX || !self.step() {
            return "any".to_owned();
        }
        let target = self.target(schema);
        match target {
            Value::Bool(false) => return "never".to_owned(),
            Value::Object(_) => {}
            _ => return "any".to_owned(),
        }
        let mut kinds: Vec<String> = vec![];
        let mut add = |kind: String| {
            if !kinds.contains(&kind) {
                kinds.push(kind);
            }
        };
        let given = target.get("type");
        let typed = given.into_iter().flat_map(|given| match given {
            Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
            one => one.as_str().into_iter().collect::<Vec<_>>(),
        });
        for name in typed {
            add(self.named(name, target, depth));
        }
        if given.is_none() {
            let of_objects = ["properties", "additionalProperties", "patternProperties"];
            if of_objects.iter().any(|name| target.get(name).is_some_and(Value::is_object)) {
                add(self.named("object", target, depth));
            }
            if target.get("items").is_some() || target.get("prefixItems").is_some() {
                add(self.named("array", target, depth));
            }
            for name in ["anyOf", "oneOf", "allOf"] {
                let parts = target.get(name).and_then(Value::as_array).into_iter().flatten();
                for part in parts.take_while(|_| self.step()) {
                    add(self.kind(part, depth + 1));
                }
            }
            for value in target.get("enum").and_then(Value::as_array).into_iter().flatten().chain(target.get("const")) {
                add(kind_of_value(value).to_owned());
            }
        }
        let known: Vec<_> = kinds.iter().filter(|kind| *kind != "any").cloned().collect();
        // What all say that hold together is the type; a part of them may say nothing of it.
        let kinds = if target.get("allOf").is_some() && !known.is_empty() { known } else { kinds };
        let (mut kinds, nulls): (Vec<_>, Vec<_>) = kinds.into_iter().partition(|kind: &String| kind != "null");
        kinds.extend(nulls);
        if kinds.is_empty() { "any".to_owned() } else { kinds.join(" or ") }
    }

    fn named(&self, name: &str, schema: &'a Value, depth: usize) -> String {
        match name {
            "array" => match schema.get("items").filter(|items| items.is_object()) {
                Some(items) => {
                    let of = self.kind(items, depth + 1);
                    if of.contains(" or ") { format!("array of ({of})") } else { format!("array of {of}") }
                }
                None => "array".to_owned(),
            },
            "object" => {
                let values = schema.get("additionalProperties").filter(|values| values.is_object());
                match values {
                    Some(values) if schema.get("properties").is_none() => {
                        format!("map of {}", self.kind(values, depth + 1))
                    }
                    _ => "object".to_owned(),
                }
            }
            other => other.to_owned(),
        }
    }

    /// What else holds.
    fn rules(&self, schema: &'a Value) -> Vec<String> {
        let mut rules = vec![];
        let mut schemas = vec![schema];
        schemas.extend(self.parts(schema));
        for schema in schemas {
            if let Some(value) = schema.get("const") {
                rules.push(format!("always {value}"));
            }
            if let Some(values) = schema.get("enum").and_then(Value::as_array) {
                let told: Vec<_> = values.iter().take(VALUES_MAX).map(Value::to_string).collect();
                let more = values.len().saturating_sub(VALUES_MAX);
                let more = if more > 0 { format!(" and {more} more") } else { String::new() };
                rules.push(format!("one of {}{more}", told.join(", ")));
            }
            for (name, words) in [("format", "format"), ("pattern", "pattern"), ("contentMediaType", "media type")] {
                if let Some(value) = schema.get(name).and_then(Value::as_str) {
                    rules.push(format!("{words} {value}"));
                }
            }
            for (name, words) in [
                ("minimum", "at least"),
                ("exclusiveMinimum", "more than"),
                ("maximum", "at most"),
                ("exclusiveMaximum", "less than"),
                ("multipleOf", "a multiple of"),
                ("minLength", "length at least"),
                ("maxLength", "length at most"),
                ("minItems", "items at least"),
                ("maxItems", "items at most"),
                ("minProperties", "entries at least"),
                ("maxProperties", "entries at most"),
            ] {
                if let Some(value) = schema.get(name).filter(|value| value.is_number()) {
                    rules.push(format!("{words} {value}"));
                }
            }
            if schema.get("uniqueItems") == Some(&Value::Bool(true)) {
                rules.push("no item twice".to_owned());
            }
            if schema.get("deprecated") == Some(&Value::Bool(true)) {
                rules.push("deprecated".to_owned());
            }
            if let Some(value) = schema.get("default").filter(|value| !value.is_null()) {
                rules.push(format!("{value} if not given"));
            }
            let examples = schema.get("examples").and_then(Value::as_array).and_then(|all| all.first());
            if let Some(example) = examples.or_else(|| schema.get("example")) {
                rules.push(format!("for example {example}"));
            }
        }
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            rules.push(format!("as {}", last_name(reference)));
        }
        rules.dedup();
        rules.truncate(RULES_MAX);
        rules
    }
}

fn object<'a>(schema: &'a Value, name: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    schema.get(name).and_then(Value::as_object).into_iter().flat_map(Map::iter)
}

fn is_null(schema: &Value) -> bool {
    schema.get("type").and_then(Value::as_str) == Some("null") || schema.get("const") == Some(&Value::Null)
}

fn kind_of_value(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_i64() || number.is_u64() => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// A name as part of a path: in quotes if it would not be read as one name.
fn quoted(name: &str) -> String {
    let plain = !name.is_empty() && name.chars().all(|letter| letter.is_alphanumeric() || "_-$@".contains(letter));
    if plain { name.to_owned() } else { Value::from(name).to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn told(schema: &Value) -> Vec<(String, String, bool)> {
        fields(schema).0.into_iter().map(|field| (field.path, field.kind, field.required)).collect()
    }

    fn row(path: &str, kind: &str, required: bool) -> (String, String, bool) {
        (path.to_owned(), kind.to_owned(), required)
    }

    #[test]
    fn nested_objects_arrays_and_maps_are_listed_by_path() {
        let schema = json!({
            "type": "object",
            "required": ["id", "lines"],
            "properties": {
                "id": {"type": "string"},
                "lines": {"type": "array", "items": {"type": "object", "required": ["sku"],
                    "properties": {"sku": {"type": "string"}, "tags": {"type": "array", "items": {"type": "string"}}}}},
                "labels": {"type": "object", "additionalProperties": {"type": ["integer", "null"]}},
                "odd name": {"type": "boolean"},
            },
        });
        assert_eq!(
            told(&schema),
            [
                row("id", "string", true),
                row("lines", "array of object", true),
                row("lines[].sku", "string", true),
                row("lines[].tags", "array of string", false),
                row("labels", "map of integer or null", false),
                row("labels{}", "integer or null", false),
                row("\"odd name\"", "boolean", false),
            ]
        );
        let depths: Vec<_> = fields(&schema).0.iter().map(|field| field.depth).collect();
        assert_eq!(depths, [0, 0, 1, 1, 0, 1, 0]);
    }

    #[test]
    fn references_and_choices_with_null_are_followed() {
        let schema = json!({
            "properties": {
                "who": {"anyOf": [{"$ref": "#/$defs/Person"}, {"type": "null"}]},
                "boss": {"$ref": "#/$defs/Person", "description": "Who decides."},
                "both": {"allOf": [{"$ref": "#/$defs/Person"}, {"properties": {"age": {"type": "integer"}}}]},
            },
            "$defs": {"Person": {"type": "object", "description": "A person.", "properties": {"name": {"type": "string"}}}},
        });
        assert_eq!(
            told(&schema),
            [
                row("who", "object or null", false),
                row("who.name", "string", false),
                row("boss", "object", false),
                row("boss.name", "string", false),
                row("both", "object", false),
                row("both.name", "string", false),
                row("both.age", "integer", false),
            ]
        );
        let (fields, _) = fields(&schema);
        assert_eq!((fields[0].description.as_str(), fields[2].description.as_str()), ("A person.", "Who decides."));
    }

    #[test]
    fn what_refers_to_itself_ends() {
        let tree = json!({"type": "object", "properties": {"children": {"type": "array", "items": {"$ref": "#"}}}});
        let (listed, cut) = fields(&tree);
        assert!(cut && listed.len() <= DEPTH_MAX + 2, "{}", listed.len());
        let many: Vec<_> = (0..100).map(|_| json!({"$ref": "#"})).collect();
        for endless in [json!({"$ref": "#"}), json!({"allOf": many}), json!({"items": {"anyOf": many}})] {
            assert_eq!(fields(&endless).0, []);
            assert!(kind_of(&endless).len() < 1_000);
        }
        let wide: Map<String, Value> = (0..40).map(|n| (format!("f{n}"), json!({"$ref": "#"}))).collect();
        assert_eq!(fields(&json!({"properties": wide})).0.len(), FIELDS_MAX);
    }

    #[test]
    fn rules_are_told_in_words() {
        let schema = json!({"properties": {
            "event": {"const": "a.b"},
            "size": {"enum": ["s", "m", 5]},
            "at": {"type": "string", "format": "date-time", "examples": ["2024-04-15T14:32:00Z"]},
            "score": {"type": "number", "minimum": 0, "maximum": 1.5},
        }});
        let rules: Vec<_> = fields(&schema).0.into_iter().map(|field| (field.kind, field.rules.join("; "))).collect();
        let expected = [
            ("string", "always \"a.b\""),
            ("string or integer", "one of \"s\", \"m\", 5"),
            ("string", "format date-time; for example \"2024-04-15T14:32:00Z\""),
            ("number", "at least 0; at most 1.5"),
        ];
        assert_eq!(rules, expected.map(|(kind, rules)| (kind.to_owned(), rules.to_owned())));
    }

    #[test]
    fn what_holds_together_is_looked_at_no_more_often_than_all_else() {
        let name = |n: usize| format!("f{n}");
        let part = json!({"$ref": "#/$defs/all"});
        for name_of_parts in ["anyOf", "oneOf", "allOf"] {
            let properties: Map<String, Value> = (0..FIELDS_MAX).map(|n| (name(n), part.clone())).collect();
            let parts = vec![json!(0); 10 * STEPS_MAX];
            let schema = json!({"$defs": {"all": {name_of_parts: parts}}, "properties": properties});
            let mut walk = Walk::of(&schema);
            walk.inside(&schema, "", 0, 0);
            let all = &schema["$defs"]["all"];
            assert!(walk.parts(all).is_empty(), "there are no steps left for {name_of_parts}");
            assert!(Walk::of(&schema).parts(all).len() <= STEPS_MAX);
            // Each look ends with the one that finds them used up.
            assert!(walk.steps.get() < STEPS_MAX + 20 * FIELDS_MAX, "{name_of_parts}: {}", walk.steps.get());
        }
    }

    #[test]
    fn odd_schemas_have_no_fields_and_a_kind() {
        for (schema, kind) in [
            (json!(true), "any"),
            (json!(false), "never"),
            (json!({}), "any"),
            (json!({"properties": 5, "required": "x", "items": [], "enum": {}}), "array"),
            (json!({"type": ["string", "null"]}), "string or null"),
        ] {
            assert_eq!(fields(&schema).0, [], "{schema}");
            assert_eq!(kind_of(&schema), kind, "{schema}");
        }
    }
}
