//! Reads the values inside a leaf.

use std::borrow::Cow;

use serde_json::{Number, Value};

use super::super::comparison::read_moment;
use super::super::{LIST_VALUES_MAX, Mark, Op, Scalar, TEXT_CHARS_MAX, Test, Text};
use super::{Object, Parser};

/// Most characters of somebody's text repeated in an error.
const ECHO_CHARS_MAX: usize = 40;

impl Parser {
    /// The `op` and `value` of a `prop` leaf.
    pub(super) fn test(&mut self, object: &Object, at: &str) -> Option<Test> {
        let at_op = format!("{at}/op");
        let op = match object.get("op") {
            Some(word) => self.word(word, Op::parse, &Op::words(), &at_op),
            None => self.missing(&at_op, &format!("one of {}", Op::words())),
        }?;
        let (value, at) = (object.get("value"), &format!("{at}/value"));
        Some(match op {
            Op::Eq => Test::Eq(self.scalar(value, at)?),
            Op::Neq => Test::Neq(self.scalar(value, at)?),
            Op::In => Test::In(self.list(value, at, |parser, value, at| parser.scalar(Some(value), at))?),
            Op::NotIn => Test::NotIn(self.list(value, at, |parser, value, at| parser.scalar(Some(value), at))?),
            Op::Contains => Test::Contains(self.part(value, at)?),
            Op::NotContains => Test::NotContains(self.part(value, at)?),
            Op::ContainsAny => {
                Test::ContainsAny(self.list(value, at, |parser, value, at| parser.part(Some(value), at))?)
            }
            Op::StartsWith => Test::StartsWith(self.part(value, at)?),
            Op::EndsWith => Test::EndsWith(self.part(value, at)?),
            Op::Gt => Test::Gt(self.mark(value, at)?),
            Op::Gte => Test::Gte(self.mark(value, at)?),
            Op::Lt => Test::Lt(self.mark(value, at)?),
            Op::Lte => Test::Lte(self.mark(value, at)?),
            Op::Exists | Op::NotExists => {
                if value.is_some() {
                    self.findings.add(at.as_str(), format!("must not be there: {} takes no value", op.as_str()));
                    return None;
                }
                if op == Op::Exists { Test::Exists } else { Test::NotExists }
            }
        })
    }

    fn scalar(&mut self, json: Option<&Value>, at: &str) -> Option<Scalar> {
        const RIGHT: &str = "a text, a number, true or false";
        match json {
            None => self.missing(at, RIGHT),
            Some(Value::String(text)) => self.bounded(text, at).map(|text| Scalar::Text(Text::new(text))),
            Some(Value::Number(number)) => Some(Scalar::Number(number.clone())),
            Some(Value::Bool(yes)) => Some(Scalar::Bool(*yes)),
            Some(other) => self.unfit(other, RIGHT, at),
        }
    }

    fn mark(&mut self, json: Option<&Value>, at: &str) -> Option<Mark> {
        const RIGHT: &str = "a number or a date such as \"2024-04-15\" or \"2024-04-15T14:32:00Z\"";
        match json {
            None => self.missing(at, RIGHT),
            Some(Value::Number(number)) => Some(Mark::Number(number.clone())),
            Some(Value::String(text)) => {
                let text = self.bounded(text, at)?;
                let mark = read_number(text).map(Mark::Number).or_else(|| read_moment(text).map(Mark::Moment));
                if mark.is_none() {
                    self.findings.add(at, format!("must be {RIGHT}, not {}", echo(text)));
                }
                mark
            }
            Some(other) => self.unfit(other, RIGHT, at),
        }
    }

    fn part(&mut self, json: Option<&Value>, at: &str) -> Option<Text> {
        let text = self.text(json, at)?;
        if text.is_empty() {
            self.findings.add(at, "must not be empty");
            return None;
        }
        Some(Text::new(text))
    }

    /// A text that is more than blanks.
    pub(super) fn filled_text<'a>(&mut self, json: Option<&'a Value>, at: &str) -> Option<&'a str> {
        let text = self.text(json, at)?;
        if text.trim().is_empty() {
            self.findings.add(at, "must not be empty");
            return None;
        }
        Some(text)
    }

    fn text<'a>(&mut self, json: Option<&'a Value>, at: &str) -> Option<&'a str> {
        match json {
            None => self.missing(at, "a text"),
            Some(Value::String(text)) => self.bounded(text, at),
            Some(other) => self.unfit(other, "a text", at),
        }
    }

    pub(super) fn bounded<'a>(&mut self, text: &'a str, at: &str) -> Option<&'a str> {
        let fits = text.chars().nth(TEXT_CHARS_MAX).is_none();
        if !fits {
            self.findings.add(at, format!("is too long: at most {TEXT_CHARS_MAX} characters"));
        }
        fits.then_some(text)
    }

    fn list<T>(
        &mut self,
        json: Option<&Value>,
        at: &str,
        element: impl FnMut(&mut Parser, &Value, &str) -> Option<T>,
    ) -> Option<Vec<T>> {
        match json {
            None => self.missing(at, "a list of values"),
            Some(Value::Array(values)) if values.is_empty() => {
                self.findings.add(at, "must have at least one value");
                None
            }
            Some(Value::Array(values)) => self.elements(values, at, element),
            Some(other) => self.unfit(other, "a list of values", at),
        }
    }

    /// Reads every element, also behind a wrong one.
    pub(super) fn elements<'a, T>(
        &mut self,
        values: &'a [Value],
        at: &str,
        mut element: impl FnMut(&mut Parser, &'a Value, &str) -> Option<T>,
    ) -> Option<Vec<T>> {
        if values.len() > LIST_VALUES_MAX {
            self.findings.add(at, format!("is too long: at most {LIST_VALUES_MAX} values"));
            return None;
        }
        let read: Vec<Option<T>> =
            values.iter().enumerate().map(|(n, value)| element(self, value, &format!("{at}/{n}"))).collect();
        read.into_iter().collect()
    }

    /// One of a closed list of words.
    pub(super) fn word<T>(&mut self, json: &Value, parse: fn(&str) -> Option<T>, words: &str, at: &str) -> Option<T> {
        let word = json.as_str().and_then(parse);
        if word.is_none() {
            let found = json.as_str().map_or_else(|| kind_of(json).to_owned(), echo);
            self.findings.add(at, format!("must be one of {words}, not {found}"));
        }
        word
    }

    /// An object with no keys but these.
    pub(super) fn object<'a>(&mut self, json: &'a Value, known: &[&str], at: &str) -> Option<&'a Object> {
        match json.as_object() {
            Some(object) => {
                self.unknown_keys(object, known, at);
                Some(object)
            }
            None => self.unfit(json, &format!("an object with {}", known.join(" and ")), at),
        }
    }

    pub(super) fn missing<T>(&mut self, at: &str, right: &str) -> Option<T> {
        self.findings.add(at, format!("is missing: it must be {right}"));
        None
    }

    fn unfit<T>(&mut self, json: &Value, right: &str, at: &str) -> Option<T> {
        self.findings.add(at, format!("must be {right}, not {}", kind_of(json)));
        None
    }
}

fn read_number(text: &str) -> Option<Number> {
    let text = text.trim();
    let whole = text.parse::<i64>().map(Number::from).or_else(|_| text.parse::<u64>().map(Number::from));
    whole.ok().or_else(|| text.parse().ok().and_then(Number::from_f64))
}

/// What a value is, in words for the person who typed it.
pub(super) fn kind_of(json: &Value) -> &'static str {
    match json {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// Somebody's text, short enough to be repeated in an error.
pub(super) fn echo(text: &str) -> String {
    if text.chars().nth(ECHO_CHARS_MAX).is_some() {
        format!("{:?}…", text.chars().take(ECHO_CHARS_MAX).collect::<String>())
    } else {
        format!("{text:?}")
    }
}

/// A key as JSON pointers (RFC 6901 §3) write it.
pub(super) fn escape(key: &str) -> Cow<'_, str> {
    if key.contains(['~', '/']) { key.replace('~', "~0").replace('/', "~1").into() } else { key.into() }
}
