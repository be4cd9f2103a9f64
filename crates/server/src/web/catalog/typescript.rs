//! TypeScript from a JSON Schema (draft 2020-12): the types of a payload, to be copied.
//!
//! Pure. What a type cannot say (formats, patterns, bounds) stands in comments or is left out; what is unknown is
//! `unknown`, never `any`. Each thing that is referred to becomes a type of its own, so that what refers to itself ends.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::pointer::{last_name, resolve};

/// Deepest level of types inside types; what is deeper is `unknown`.
const DEPTH_MAX: usize = 32;

/// The declarations of a payload of the event type `name`.
pub(super) fn typescript(name: &str, schema: &Value) -> String {
    let root_name = type_name(name);
    let mut writer = Writer {
        root: schema,
        names: HashMap::from([("#".to_owned(), root_name.clone())]),
        taken: HashSet::from([root_name.clone()]),
        waiting: vec![],
    };
    let mut text = writer.declaration(&root_name, schema);
    // What was referred to is declared behind, and may refer to more.
    let mut next = 0;
    while let Some((name, target)) = writer.waiting.get(next).cloned() {
        text.push('\n');
        text.push_str(&writer.declaration(&name, target));
        next += 1;
    }
    text
}

struct Writer<'a> {
    root: &'a Value,
    /// What each reference is called.
    names: HashMap<String, String>,
    taken: HashSet<String>,
    /// What is to be declared, in the order in which it was met.
    waiting: Vec<(String, &'a Value)>,
}

impl<'a> Writer<'a> {
    fn declaration(&mut self, name: &str, schema: &'a Value) -> String {
        let mut text = comment(schema, 0);
        if is_plain_object(schema) {
            text.push_str(&format!("export interface {name} {}\n", self.braces(schema, 0)));
        } else {
            text.push_str(&format!("export type {name} = {};\n", self.of(schema, 0)));
        }
        text
    }

    /// The type of a schema, at this level of indentation.
    fn of(&mut self, schema: &'a Value, depth: usize) -> String {
        if depth > DEPTH_MAX {
            return "unknown".to_owned();
        }
        let fields = match schema {
            Value::Bool(false) => return "never".to_owned(),
            Value::Object(fields) => fields,
            _ => return "unknown".to_owned(),
        };
        if let Some(reference) = fields.get("$ref").and_then(Value::as_str) {
            return self.referred(reference);
        }
        if let Some(value) = fields.get("const") {
            return literal(value);
        }
        if let Some(values) = fields.get("enum").and_then(Value::as_array) {
            return union(values.iter().map(literal).collect());
        }
        let mut all = vec![];
        if let Some(own) = self.own(schema, depth) {
            all.push(own);
        }
        for name in ["anyOf", "oneOf"] {
            if let Some(choices) = fields.get(name).and_then(Value::as_array).filter(|choices| !choices.is_empty()) {
                all.push(union(choices.iter().map(|choice| self.of(choice, depth)).collect()));
            }
        }
        for part in fields.get("allOf").and_then(Value::as_array).into_iter().flatten() {
            all.push(self.of(part, depth));
        }
        intersection(all)
    }

    /// What a schema says by its own `type`, or by fields that only one type has.
    fn own(&mut self, schema: &'a Value, depth: usize) -> Option<String> {
        match schema.get("type") {
            Some(Value::String(name)) => Some(self.typed(name, schema, depth)),
            Some(Value::Array(names)) => {
                let names: Vec<_> = names.iter().filter_map(Value::as_str).collect();
                Some(union(names.into_iter().map(|name| self.typed(name, schema, depth)).collect()))
            }
            _ if schema.get("properties").is_some()
                || schema.get("additionalProperties").is_some_and(Value::is_object) =>
            {
                Some(self.typed("object", schema, depth))
            }
            _ if schema.get("items").is_some() || schema.get("prefixItems").is_some() => {
                Some(self.typed("array", schema, depth))
            }
            _ => None,
        }
    }

    fn typed(&mut self, name: &str, schema: &'a Value, depth: usize) -> String {
        match name {
            "string" => "string".to_owned(),
            "number" | "integer" => "number".to_owned(),
            "boolean" => "boolean".to_owned(),
            "null" => "null".to_owned(),
            "array" => self.array(schema, depth),
            "object" => self.object(schema, depth),
            _ => "unknown".to_owned(),
        }
    }

    fn array(&mut self, schema: &'a Value, depth: usize) -> String {
        let items = schema.get("items");
        if let Some(first) = schema.get("prefixItems").and_then(Value::as_array) {
            let mut parts: Vec<_> =
                first.iter().map(|item| format!("{}?", grouped(self.of(item, depth + 1)))).collect();
            let least = schema.get("minItems").and_then(Value::as_u64).unwrap_or(0);
            for (part, _) in parts.iter_mut().zip(0..least) {
                // So many are always there.
                part.pop();
            }
            if items != Some(&Value::Bool(false)) {
                let rest = items.map_or_else(|| "unknown".to_owned(), |items| self.of(items, depth + 1));
                parts.push(format!("...{}[]", grouped(rest)));
            }
            return format!("[{}]", parts.join(", "));
        }
        let of = items.map_or_else(|| "unknown".to_owned(), |items| self.of(items, depth + 1));
        format!("{}[]", grouped(of))
    }

    fn object(&mut self, schema: &'a Value, depth: usize) -> String {
        let has_fields = schema.get("properties").and_then(Value::as_object).is_some_and(|fields| !fields.is_empty());
        if has_fields {
            return self.braces(schema, depth);
        }
        match self.values(schema, depth) {
            Some(values) => format!("Record<string, {values}>"),
            None => "Record<string, never>".to_owned(),
        }
    }

    /// What fields that have no name in the schema hold; `None` if there are none.
    fn values(&mut self, schema: &'a Value, depth: usize) -> Option<String> {
        let patterns = schema.get("patternProperties").and_then(Value::as_object);
        let mut all: Vec<_> =
            patterns.into_iter().flat_map(|patterns| patterns.values()).map(|of| self.of(of, depth + 1)).collect();
        match schema.get("additionalProperties") {
            Some(Value::Bool(false)) => {}
            Some(values @ Value::Object(_)) => all.push(self.of(values, depth + 1)),
            _ => all.push("unknown".to_owned()),
        }
        (!all.is_empty()).then(|| union(all))
    }

    fn braces(&mut self, schema: &'a Value, depth: usize) -> String {
        let indent = "  ".repeat(depth + 1);
        let required: HashSet<&str> =
            schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
        let mut text = "{\n".to_owned();
        for (name, field) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            text.push_str(&comment(field, depth + 1));
            let mark = if required.contains(name.as_str()) { "" } else { "?" };
            text.push_str(&format!("{indent}{}{mark}: {};\n", field_name(name), self.of(field, depth + 1)));
        }
        let others = [schema.get("additionalProperties"), schema.get("patternProperties")];
        if others.into_iter().flatten().any(Value::is_object) {
            // A type for the others would have to fit the named fields too.
            text.push_str(&format!("{indent}[name: string]: unknown;\n"));
        }
        text.push_str(&format!("{}}}", "  ".repeat(depth)));
        text
    }

    /// The name of what is referred to.
    fn referred(&mut self, reference: &str) -> String {
        if let Some(name) = self.names.get(reference) {
            return name.clone();
        }
        let Some(target) = resolve(self.root, reference) else { return "unknown".to_owned() };
        let wanted = type_name(&last_name(reference));
        let mut name = wanted.clone();
        let mut count = 1;
        while !self.taken.insert(name.clone()) {
            count += 1;
            name = format!("{wanted}{count}");
        }
        self.names.insert(reference.to_owned(), name.clone());
        self.waiting.push((name.clone(), target));
        name
    }
}

/// Whether a schema can be an `interface`: named fields and nothing beside them.
fn is_plain_object(schema: &Value) -> bool {
    let more = ["$ref", "const", "enum", "anyOf", "oneOf", "allOf"];
    let of_objects = schema.get("type").is_none_or(|name| name == "object");
    of_objects
        && schema.get("properties").and_then(Value::as_object).is_some_and(|fields| !fields.is_empty())
        && more.iter().all(|name| schema.get(name).is_none())
}

fn literal(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("[{}]", items.iter().map(literal).collect::<Vec<_>>().join(", ")),
        Value::Object(fields) if fields.is_empty() => "Record<string, never>".to_owned(),
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, value)| format!("{}: {}", field_name(name), literal(value)));
            format!("{{ {} }}", fields.collect::<Vec<_>>().join("; "))
        }
        plain => plain.to_string(),
    }
}

/// Several of which one holds; `null` last.
fn union(all: Vec<String>) -> String {
    let mut seen = HashSet::new();
    let mut kept: Vec<String> = all.into_iter().filter(|one| seen.insert(one.clone())).collect();
    if kept.iter().any(|one| one == "unknown") {
        return "unknown".to_owned();
    }
    kept.sort_by_key(|one| one == "null");
    if kept.is_empty() { "never".to_owned() } else { kept.join(" | ") }
}

/// Several that all hold.
fn intersection(mut all: Vec<String>) -> String {
    all.dedup();
    if all.len() > 1 {
        all.retain(|one| one != "unknown");
    }
    match all.len() {
        0 => "unknown".to_owned(),
        1 => all.remove(0),
        _ => all.into_iter().map(grouped).collect::<Vec<_>>().join(" & "),
    }
}

/// A type as part of another one.
fn grouped(text: String) -> String {
    // Inside braces, brackets and strings, a sign joins nothing of the whole.
    let mut depth = 0_i32;
    let mut in_string = false;
    let mut escaped = false;
    for letter in text.chars() {
        match letter {
            '"' if !escaped => in_string = !in_string,
            '{' | '[' | '<' | '(' if !in_string => depth += 1,
            '}' | ']' | '>' | ')' if !in_string => depth -= 1,
            '|' | '&' if !in_string && depth == 0 => return format!("({text})"),
            _ => {}
        }
        escaped = letter == '\\' && !escaped;
    }
    text
}

/// `contact.visited` → `ContactVisited`.
fn type_name(name: &str) -> String {
    let words = name.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let joined: String = words
        .map(|word| {
            let (first, rest) = word.split_at(1);
            first.to_ascii_uppercase() + rest
        })
        .collect();
    match joined.chars().next() {
        None => "Payload".to_owned(),
        Some(first) if first.is_ascii_digit() => format!("T{joined}"),
        Some(_) => joined,
    }
}

/// A field's name, in quotes if it is no identifier.
fn field_name(name: &str) -> String {
    let mut letters = name.chars();
    let begins = letters.next().is_some_and(|letter| letter.is_ascii_alphabetic() || matches!(letter, '_' | '$'));
    let plain = begins && letters.all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '$'));
    if plain { name.to_owned() } else { Value::from(name).to_string() }
}

/// What is said of it, as a comment that nothing in it can end.
fn comment(schema: &Value, depth: usize) -> String {
    let told = schema.get("description").and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
    let format = schema.get("format").and_then(Value::as_str).map(|format| format!("Format: {format}."));
    let lines: Vec<_> = told.into_iter().chain(format.as_deref()).flat_map(str::lines).map(str::trim_end).collect();
    let indent = "  ".repeat(depth);
    let safe = |line: &str| line.replace("*/", "*\\/");
    match lines.as_slice() {
        [] => String::new(),
        [one] => format!("{indent}/** {} */\n", safe(one)),
        many => {
            let many: String = many.iter().map(|line| format!("{indent} * {}\n", safe(line))).collect();
            format!("{indent}/**\n{many}{indent} */\n")
        }
    }
}

#[cfg(test)]
mod tests;
