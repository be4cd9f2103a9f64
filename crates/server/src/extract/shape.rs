//! Holds a value against the JSON schema of a type, and names everything that differs.
//!
//! Schemas are compiled once per type and kept for good: there are as many as there are request types.
//! Promise: a reason never repeats the value it is about, which may be a secret.

use std::any::TypeId;
use std::collections::HashMap;
use std::sync::{LazyLock, PoisonError, RwLock};

use beckon_domain::invalid::Findings;
use beckon_domain::webhook::parse_url;
use jiff::Timestamp;
use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::paths::Location;
use jsonschema::{ValidationError, Validator};
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::Value;
use serde_path_to_error::Segment;

/// What is known of a request type.
struct Shape {
    /// `None` if its schema cannot be compiled, which a test rules out.
    validator: Option<Validator>,
    properties: Vec<String>,
}

static SHAPES: LazyLock<RwLock<HashMap<TypeId, &'static Shape>>> = LazyLock::new(RwLock::default);

fn shape_of<T: JsonSchema + 'static>() -> &'static Shape {
    let id = TypeId::of::<T>();
    if let Some(shape) = SHAPES.read().unwrap_or_else(PoisonError::into_inner).get(&id) {
        return shape;
    }
    let schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T>().to_value();
    // A format means what reading the field makes of it.
    let validator = jsonschema::options()
        .should_validate_formats(true)
        .with_format("date-time", |text| text.parse::<Timestamp>().is_ok())
        .with_format("uri", |text| parse_url("", text).is_ok())
        .build(&schema);
    let validator = validator.inspect_err(|error| tracing::error!(%error, "a request type has no usable schema")).ok();
    let properties = schema.get("properties").and_then(Value::as_object);
    let properties = properties.map(|fields| fields.keys().cloned().collect()).unwrap_or_default();
    let mut shapes = SHAPES.write().unwrap_or_else(PoisonError::into_inner);
    // Kept for the life of the process: one small leak per type, and no lock is held while it is used.
    shapes.entry(id).or_insert_with(|| Box::leak(Box::new(Shape { validator, properties })))
}

/// The names of the fields of `T`.
pub(super) fn properties<T: JsonSchema + 'static>() -> &'static [String] {
    &shape_of::<T>().properties
}

/// Adds everything about `value` that `T`'s schema does not allow.
pub(super) fn check<T: JsonSchema + 'static>(value: &Value, findings: &mut Findings) {
    if let Some(validator) = &shape_of::<T>().validator {
        describe_all(&validator.iter_errors(value).collect::<Vec<_>>(), findings);
    }
}

/// Adds violations in words. Of a value of the wrong type nothing more is said: the rest follows from it.
fn describe_all(errors: &[ValidationError<'_>], findings: &mut Findings) {
    let mistyped = |place: &Location| errors.iter().any(|error| is_wrong_type(error, place));
    for error in errors {
        let place = error.instance_path();
        if is_wrong_type(error, place) || !mistyped(place) {
            describe(error, findings);
        }
    }
}

/// Whether the violation is that the value at `place` has another type.
fn is_wrong_type(error: &ValidationError<'_>, place: &Location) -> bool {
    matches!(error.kind(), ValidationErrorKind::Type { .. }) && error.instance_path() == place
}

/// Adds one violation in words, under the field that has to change.
fn describe(error: &ValidationError<'_>, findings: &mut Findings) {
    let place = error.instance_path().to_string();
    let place = place.trim_start_matches('/');
    let inside = |name: &str| if place.is_empty() { name.to_owned() } else { format!("{place}/{name}") };
    match error.kind() {
        ValidationErrorKind::Required { property } => {
            findings.add(inside(property.as_str().unwrap_or_default()), "is required");
        }
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            for name in unexpected {
                findings.add(inside(name), "there is no such field");
            }
        }
        ValidationErrorKind::Format { format } if format == "date-time" => {
            findings.add(place, "this is not a moment: write one like 2024-04-15T14:32:00Z");
        }
        ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context } => {
            describe_choice(error, context, place, findings);
        }
        _ => findings.add(place, error.masked_with("this").to_string()),
    }
}

/// Adds what is wrong with a value that could have one of several forms: by the form it was meant to have,
/// as far as its type and its mark tell; else all the words or marks it could be, or all the types it could have.
fn describe_choice(
    error: &ValidationError<'_>,
    forms: &[Vec<ValidationError<'static>>],
    place: &str,
    findings: &mut Findings,
) {
    let other_type = |form: &&Vec<ValidationError<'static>>| {
        form.iter().any(|error_of_form| is_wrong_type(error_of_form, error.instance_path()))
    };
    let of_this_type: Vec<_> = forms.iter().filter(|form| !other_type(form)).collect();
    let of_this_mark: Vec<_> =
        of_this_type.iter().copied().filter(|form| other_mark(form, error.instance_path()).is_none()).collect();
    if of_this_mark.is_empty() && !of_this_type.is_empty() {
        let marks: Vec<_> = of_this_type.iter().filter_map(|form| other_mark(form, error.instance_path())).collect();
        let wanted: Vec<_> = marks.iter().map(|(_, word)| word.as_str()).collect();
        let marked = marks.first().map_or(place, |(marked, _)| marked.trim_start_matches('/'));
        findings.add(marked, format!("this is none of: {}", wanted.join(", ")));
        return;
    }
    let of_this_type = of_this_mark;
    let words: Option<Vec<String>> = of_this_type.iter().map(|form| word_wanted(form)).collect();
    match (words, of_this_type.iter().min_by_key(|form| form.len())) {
        (Some(words), Some(_)) => findings.add(place, format!("this is none of: {}", words.join(", "))),
        (None, Some(meant)) => describe_all(meant, findings),
        (_, None) => {
            let mut types: Vec<String> = forms.iter().flatten().filter_map(type_wanted).collect();
            types.dedup();
            findings.add(place, format!("this is not of type {}", types.join(" or ")));
        }
    }
}

/// The field that says that another form was meant (such as `kind`), and what it would be for this one.
fn other_mark(form: &[ValidationError<'_>], place: &Location) -> Option<(String, String)> {
    form.iter().find_map(|error| match error.kind() {
        ValidationErrorKind::Constant { expected_value } if error.instance_path() != place => {
            Some((error.instance_path().to_string(), expected_value.to_string()))
        }
        _ => None,
    })
}

/// The one value a form stands for, if that is all it asks.
fn word_wanted(form: &[ValidationError<'_>]) -> Option<String> {
    match form {
        [only] => match only.kind() {
            ValidationErrorKind::Constant { expected_value } => Some(expected_value.to_string()),
            _ => None,
        },
        _ => None,
    }
}

fn type_wanted(error: &ValidationError<'_>) -> Option<String> {
    match error.kind() {
        ValidationErrorKind::Type { kind: TypeKind::Single(wanted) } => Some(wanted.to_string()),
        ValidationErrorKind::Type { kind: TypeKind::Multiple(wanted) } => {
            Some(wanted.iter().map(|one| one.to_string()).collect::<Vec<_>>().join(", "))
        }
        _ => None,
    }
}

/// A place in a value as our field names are written.
pub(super) fn field_of(path: &serde_path_to_error::Path) -> String {
    let names = path.iter().filter_map(|segment| match segment {
        Segment::Seq { index } => Some(index.to_string()),
        Segment::Map { key } => Some(key.clone()),
        Segment::Enum { variant } => Some(variant.clone()),
        Segment::Unknown => None,
    });
    names.collect::<Vec<_>>().join("/")
}

/// Takes "or null" away from the schema of an optional field.
pub(super) fn without_null(schema: &mut Value) {
    if let Some(whole) = schema.as_object_mut() {
        whole.retain(|keyword, value| keyword != "default" || !value.is_null());
    }
    if let Some(types) = schema.get_mut("type").and_then(Value::as_array_mut) {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            schema["type"] = only.clone();
        }
    }
    if let Some(forms) = schema.get_mut("anyOf").and_then(Value::as_array_mut) {
        forms.retain(|form| form.get("type").is_none_or(|name| name != "null"));
        if let [only] = forms.as_slice() {
            let only = only.clone();
            if let (Some(whole), Value::Object(only)) = (schema.as_object_mut(), only) {
                whole.remove("anyOf");
                whole.extend(only);
            }
        }
    }
    if let Some(values) = schema.get_mut("enum").and_then(Value::as_array_mut) {
        values.retain(|value| !value.is_null());
    }
}
