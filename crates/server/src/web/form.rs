//! What people send with a form, and what is wrong with it.

use axum::extract::{FromRequest, Request};
use serde_json::Value;

use super::failure::Failure;
use crate::app::App;
use crate::extract::{self, read_body};
use crate::problem::{Code, FieldProblem, Problem};

/// The fields of a form, in their order. A name may be there several times.
#[derive(Debug, Clone, Default)]
pub(crate) struct Form(Vec<(String, String)>);

impl FromRequest<App> for Form {
    type Rejection = Failure;

    async fn from_request(request: Request, _: &App) -> Result<Form, Failure> {
        let body = read_body(request).await?;
        // Browsers send line ends as CR LF, whatever was typed.
        let pairs = url::form_urlencoded::parse(&body);
        Ok(Form(pairs.map(|(name, value)| (name.into_owned(), value.replace("\r\n", "\n"))).collect()))
    }
}

impl Form {
    /// A form of these fields.
    pub(crate) fn of(pairs: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>) -> Form {
        Form(pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }

    /// A field's text, trimmed; empty if it is not there.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.raw(name).trim()
    }

    /// A field's text as it was typed; empty if it is not there.
    pub(crate) fn raw(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// A field's text, trimmed, unless it is empty or not there.
    pub(crate) fn given(&self, name: &str) -> Option<&str> {
        Some(self.text(name)).filter(|text| !text.is_empty())
    }

    /// Every value of a field that may be there several times, trimmed, without empty ones.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let values = self.0.iter().filter(move |(known, _)| known == name);
        values.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    }

    /// Every value of a field that may be there several times, empty ones too: for rows of several fields.
    pub(crate) fn column<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.trim())
    }

    /// Whether a box is ticked, or a button of that name was pressed.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(known, _)| known == name)
    }

    /// The lines of a field, trimmed, without empty ones; commas separate as well.
    pub(crate) fn lines(&self, name: &str) -> Vec<String> {
        let lines = self.raw(name).split(['\n', ',']).map(str::trim);
        lines.filter(|line| !line.is_empty()).map(str::to_owned).collect()
    }

    /// A whole number as JSON, or the text as it is, for the API to refuse by name. Null if nothing was given.
    pub(crate) fn number(&self, name: &str) -> Value {
        match self.given(name) {
            None => Value::Null,
            Some(text) => text.parse::<i64>().map_or_else(|_| Value::from(text), Value::from),
        }
    }
}

/// Reads what the API would take from the JSON a form was turned into.
pub(crate) fn read<T>(value: &Value) -> Result<T, Problem>
where
    T: serde::de::DeserializeOwned + schemars::JsonSchema + 'static,
{
    extract::read_json(value.to_string().as_bytes())
}

/// What is wrong with a form that was sent.
#[derive(Debug, Clone, Default)]
pub(crate) struct Errors {
    /// In words, if it is about the whole.
    pub(crate) detail: Option<String>,
    fields: Vec<FieldProblem>,
}

impl Errors {
    /// Errors to show on the form again; or the failure, if it is nothing the form can mend.
    pub(crate) fn of(problem: Problem) -> Result<Errors, Failure> {
        let body = problem.body();
        match problem.code() {
            Code::InvalidRequest | Code::InvalidJson if !body.errors.is_empty() => {
                Ok(Errors { detail: None, fields: body.errors })
            }
            Code::InvalidRequest | Code::InvalidJson | Code::Conflict | Code::EventIdTaken | Code::WebhookDisabled => {
                Ok(Errors { detail: Some(body.detail), fields: vec![] })
            }
            _ => Err(Failure::Problem(problem)),
        }
    }

    /// Whether nothing is wrong.
    pub(crate) fn is_empty(&self) -> bool {
        self.detail.is_none() && self.fields.is_empty()
    }

    /// What is wrong with a field, or with something inside it (`event_types/0` is inside `event_types`).
    pub(crate) fn at(&self, field: &str) -> Option<String> {
        let inside = |name: &str| name.strip_prefix(field).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        let reasons: Vec<_> =
            self.fields.iter().filter(|found| inside(&found.field)).map(|found| found.reason.as_str()).collect();
        (!reasons.is_empty()).then(|| reasons.join("; "))
    }

    /// Every wrong field and why.
    pub(crate) fn all(&self) -> &[FieldProblem] {
        &self.fields
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_inside_a_field_is_shown_at_the_field() {
        let found = |field: &str, reason: &str| FieldProblem { field: field.to_owned(), reason: reason.to_owned() };
        let fields = vec![found("event_types/0", "unknown"), found("event_types/2", "too long"), found("url", "no")];
        let errors = Errors { detail: None, fields };
        assert_eq!(errors.at("event_types").as_deref(), Some("unknown; too long"));
        assert_eq!(errors.at("event_type"), None);
    }

    #[test]
    fn lists_are_typed_with_commas_or_lines() {
        let form = Form::of([("hosts", " a.example, b.example\n\nc.example ")]);
        assert_eq!(form.lines("hosts"), ["a.example", "b.example", "c.example"]);
        assert_eq!(form.number("missing"), Value::Null);
    }
}
