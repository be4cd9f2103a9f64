//! Compiles JSON Schemas and checks payloads against them.
//!
//! Promise: nothing is fetched for a schema, neither from the network nor from a disk; what is checked may
//! differ from what was sent (numbers too large, halves of surrogate pairs), what is stored never does; the
//! work of a check is bounded, whatever schema somebody thinks of (`unfold.rs`).

mod lenient;
mod unfold;

pub use lenient::read as read_leniently;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use beckon_domain::invalid::{Findings, Invalid};
use jsonschema::{ValidationError, Validator};
use serde_json::Value;
use serde_json::value::RawValue;

/// Most violations told of one payload.
pub const VIOLATIONS_MAX: usize = 50;
/// Most compiled schemas kept in memory. When there are more, all are forgotten and compiled as needed.
const VALIDATORS_MAX: usize = 1_000;
/// Longest reason, in characters; the library's may repeat the whole payload.
const REASON_CHARS_MAX: usize = 300;

/// Checks that `schema` is a JSON Schema (draft 2020-12, unless it names another) that stands alone.
///
/// # Errors
/// Where it is wrong, as a JSON pointer under `/schema`.
pub fn check_schema(schema: &Value) -> Result<(), Invalid> {
    if !matches!(schema, Value::Object(_) | Value::Bool(_)) {
        return Err(Invalid::one("schema", "a JSON Schema is an object"));
    }
    let mut findings = Findings::default();
    name_outer_references(schema, "", &mut findings);
    findings.into_result(())?;
    let mut findings = Findings::default();
    unfold::check_size(schema, &mut findings);
    findings.into_result(())?;
    compile(schema).map(|_compiled| ())
}

/// Whether bytes are one JSON value, of any size of numbers and any depth.
pub(crate) fn check_json(bytes: &[u8]) -> Result<(), Invalid> {
    match serde_json::from_slice::<&RawValue>(bytes) {
        Ok(_) => Ok(()),
        Err(error) => Err(Invalid::one("payload", format!("is not JSON: {error}"))),
    }
}

fn compile(schema: &Value) -> Result<Validator, Invalid> {
    // The plain regex engine takes linear time, whatever pattern a publisher thinks of.
    let patterns = jsonschema::PatternOptions::regex();
    let built = jsonschema::options().offline().with_pattern_options(patterns).build(schema);
    built.map_err(|broken| Invalid::one(pointer("schema", broken.instance_path().as_str()), reason(&broken)))
}

/// Notes every reference that leads out of the schema.
fn name_outer_references(schema: &Value, path: &str, findings: &mut Findings) {
    match schema {
        Value::Object(fields) => {
            for (name, value) in fields {
                let path = format!("{path}/{}", name.replace('~', "~0").replace('/', "~1"));
                match value {
                    Value::String(target)
                        if matches!(name.as_str(), "$ref" | "$dynamicRef") && !target.starts_with('#') =>
                    {
                        let reason = format!("{target:?} leads out of this schema; put it under $defs");
                        findings.add(pointer("schema", &path), reason);
                    }
                    _ => name_outer_references(value, &path, findings),
                }
            }
        }
        Value::Array(items) => {
            for (n, item) in items.iter().enumerate() {
                name_outer_references(item, &format!("{path}/{n}"), findings);
            }
        }
        _ => {}
    }
}

/// A field's name for the whole of it, a JSON pointer for what is inside.
fn pointer(field: &str, path: &str) -> String {
    if path.is_empty() { field.to_owned() } else { format!("/{field}{path}") }
}

fn reason(violation: &ValidationError<'_>) -> String {
    let text = violation.to_string();
    match text.char_indices().nth(REASON_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// Compiled schemas, by their text.
#[derive(Default)]
pub struct Validators {
    kept: Mutex<HashMap<String, Arc<Validator>>>,
}

impl Validators {
    /// Checks a payload, the exact bytes of which are JSON, against a schema.
    ///
    /// # Errors
    /// Every violation, up to [`VIOLATIONS_MAX`], by JSON pointer under `/payload`.
    pub fn validate(&self, schema: &Value, payload: &[u8]) -> Result<(), Invalid> {
        let validator = self.validator(schema)?;
        let value =
            lenient::read(payload).map_err(|error| Invalid::one("payload", format!("cannot be checked: {error}")))?;
        let mut findings = Findings::default();
        for violation in validator.iter_errors(&value).take(VIOLATIONS_MAX) {
            findings.add(pointer("payload", violation.instance_path().as_str()), reason(&violation));
        }
        findings.into_result(())
    }

    fn validator(&self, schema: &Value) -> Result<Arc<Validator>, Invalid> {
        let text = schema.to_string();
        if let Some(kept) = self.kept.lock().unwrap_or_else(PoisonError::into_inner).get(&text) {
            return Ok(Arc::clone(kept));
        }
        let validator = Arc::new(compile(schema)?);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= VALIDATORS_MAX {
            kept.clear();
        }
        kept.insert(text, Arc::clone(&validator));
        Ok(validator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn fields(invalid: Invalid) -> Vec<String> {
        invalid.0.into_iter().map(|field| field.field).collect()
    }

    fn order() -> Value {
        json!({
            "type": "object",
            "required": ["id"],
            "properties": { "id": { "type": "string" }, "lines": { "type": "array", "items": { "type": "number" } } },
        })
    }

    // behaviour R6
    #[test]
    fn every_violation_is_named_by_its_json_pointer() {
        let validators = Validators::default();
        assert_eq!(validators.validate(&order(), br#"{"id":"a","lines":[1,2.5]}"#), Ok(()));
        let invalid = validators.validate(&order(), br#"{"id":7,"lines":[1,"x"]}"#).unwrap_err();
        assert_eq!(fields(invalid), ["/payload/id", "/payload/lines/1"]);
        let invalid = validators.validate(&order(), b"{}").unwrap_err();
        assert_eq!(fields(invalid), ["payload"], "what is missing is missing in the whole");
    }

    // behaviour S2
    #[test]
    fn numbers_and_escapes_that_programs_cannot_hold_are_no_violation() {
        let validators = Validators::default();
        let odd = br#" {"id":"\ud800","id":"twice \ud83d\ude00","lines":[1e400,-1E+999, 0.1]} "#;
        assert_eq!(validators.validate(&order(), odd), Ok(()));
        assert_eq!(check_json(odd), Ok(()));
    }

    #[test]
    fn what_is_not_one_json_value_is_refused() {
        for bytes in [&b""[..], b"{", b"{} {}", b"[1,]", b"01", b"\xff", b"{'a':1}"] {
            assert_eq!(fields(check_json(bytes).unwrap_err()), ["payload"], "{bytes:?}");
        }
    }

    #[test]
    fn a_schema_that_is_wrong_is_refused_with_the_place() {
        assert_eq!(check_schema(&order()), Ok(()));
        assert_eq!(check_schema(&json!(true)), Ok(()));
        assert_eq!(fields(check_schema(&json!([])).unwrap_err()), ["schema"]);
        let wrong = json!({ "properties": { "id": { "type": "strin" } } });
        assert_eq!(fields(check_schema(&wrong).unwrap_err()), ["/schema/properties/id/type"]);
    }

    #[test]
    fn a_schema_that_leads_elsewhere_is_refused_and_nothing_is_fetched() {
        let inside = json!({ "$ref": "#/$defs/a", "$defs": { "a": { "type": "string" } } });
        assert_eq!(check_schema(&inside), Ok(()));
        for target in ["http://127.0.0.1:1/schema.json", "file:///etc/passwd", "other.json"] {
            let outside = json!({ "properties": { "a/b": { "$ref": target } } });
            assert_eq!(fields(check_schema(&outside).unwrap_err()), ["/schema/properties/a~1b/$ref"], "{target}");
        }
    }

    #[test]
    fn a_pattern_cannot_take_for_ever() {
        let schema = json!({ "type": "string", "pattern": "^(a+)+$" });
        let payload = format!("\"{}!\"", "a".repeat(5_000));
        assert!(Validators::default().validate(&schema, payload.as_bytes()).is_err());
    }

    #[test]
    fn reasons_and_their_number_are_bounded() {
        let schema = json!({ "items": { "type": "number" } });
        let payload = json!(vec!["x".repeat(1_000); 200]).to_string();
        let Invalid(found) = Validators::default().validate(&schema, payload.as_bytes()).unwrap_err();
        assert_eq!(found.len(), VIOLATIONS_MAX);
        assert!(found.iter().all(|field| field.reason.chars().count() <= REASON_CHARS_MAX + 1));
    }
}
