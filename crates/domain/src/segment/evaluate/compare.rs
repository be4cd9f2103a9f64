//! Decides whether a value passes a test.
//!
//! Texts compare without case. A number and a text that is a number compare as numbers; a number is a
//! text where a text is asked for. What is not known passes nothing but `not_exists`.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;

use serde_json::{Number, Value};

use super::lookup::Found;
use crate::segment::rule::{Mark, Order, Scalar, Test, Text, read_moment};

/// A single value.
#[derive(Debug, Clone, Copy)]
pub(super) enum Atom<'a> {
    Text(&'a str),
    Number(Numeric),
    Bool(bool),
}

impl<'a> Atom<'a> {
    /// `None` for what is not a single value.
    pub(super) fn of(value: &'a Value) -> Option<Atom<'a>> {
        match value {
            Value::String(text) => Some(Atom::Text(text)),
            Value::Number(number) => Some(Atom::Number(Numeric::of(number))),
            Value::Bool(yes) => Some(Atom::Bool(*yes)),
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        }
    }

    pub(super) fn as_text(self) -> Cow<'a, str> {
        match self {
            Atom::Text(text) => text.into(),
            Atom::Number(number) => number.to_string().into(),
            Atom::Bool(yes) => bool_text(yes).into(),
        }
    }

    fn as_number(self) -> Option<Numeric> {
        match self {
            Atom::Text(text) => Numeric::read(text),
            Atom::Number(number) => Some(number),
            Atom::Bool(_) => None,
        }
    }
}

/// A number that compares exactly where it is whole.
#[derive(Debug, Clone, Copy)]
pub(super) enum Numeric {
    Whole(i128),
    Fraction(f64),
}

impl Numeric {
    fn of(number: &Number) -> Numeric {
        number.as_i128().map_or_else(|| Numeric::Fraction(number.as_f64().unwrap_or(f64::NAN)), Numeric::Whole)
    }

    fn read(text: &str) -> Option<Numeric> {
        let text = text.trim();
        let fraction = || text.parse().ok().filter(|number: &f64| number.is_finite()).map(Numeric::Fraction);
        text.parse().ok().map(Numeric::Whole).or_else(fraction)
    }

    fn as_f64(self) -> f64 {
        match self {
            Numeric::Whole(number) => number as f64,
            Numeric::Fraction(number) => number,
        }
    }
}

impl PartialEq for Numeric {
    fn eq(&self, other: &Numeric) -> bool {
        self.partial_cmp(other) == Some(Ordering::Equal)
    }
}

impl PartialOrd for Numeric {
    fn partial_cmp(&self, other: &Numeric) -> Option<Ordering> {
        match (self, other) {
            (Numeric::Whole(left), Numeric::Whole(right)) => Some(left.cmp(right)),
            _ => self.as_f64().partial_cmp(&other.as_f64()),
        }
    }
}

impl fmt::Display for Numeric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Numeric::Whole(number) => number.fmt(f),
            Numeric::Fraction(number) => number.fmt(f),
        }
    }
}

/// Whether what was found passes; `None` is what is not known.
pub(super) fn passes(test: &Test, found: Option<Found<'_>>) -> bool {
    let Some(found) = found else { return *test == Test::NotExists };
    let is_one_of = |values: &[Scalar]| found.any(|atom| values.iter().any(|value| equal(atom, value)));
    let ordered = |order: Order, mark: &Mark| found.any(|atom| in_order(atom, order, mark));
    match test {
        Test::Eq(value) => found.any(|atom| equal(atom, value)),
        Test::Neq(value) => !found.any(|atom| equal(atom, value)),
        Test::In(values) => is_one_of(values),
        Test::NotIn(values) => !is_one_of(values),
        Test::Contains(part) => found.any(|atom| part.is_in(&atom.as_text())),
        Test::NotContains(part) => !found.any(|atom| part.is_in(&atom.as_text())),
        Test::ContainsAny(parts) => found.any(|atom| {
            let text = atom.as_text();
            parts.iter().any(|part| part.is_in(&text))
        }),
        Test::StartsWith(part) => found.any(|atom| part.starts(&atom.as_text())),
        Test::EndsWith(part) => found.any(|atom| part.ends(&atom.as_text())),
        Test::Gt(mark) => ordered(Order::Gt, mark),
        Test::Gte(mark) => ordered(Order::Gte, mark),
        Test::Lt(mark) => ordered(Order::Lt, mark),
        Test::Lte(mark) => ordered(Order::Lte, mark),
        Test::Exists => true,
        Test::NotExists => false,
    }
}

fn equal(atom: Atom<'_>, value: &Scalar) -> bool {
    match (atom, value) {
        (Atom::Text(left), Scalar::Text(right)) => right.equals(left),
        (Atom::Text(left), Scalar::Bool(right)) => left.trim().eq_ignore_ascii_case(bool_text(*right)),
        (Atom::Number(left), Scalar::Text(right)) => Numeric::read(right.as_str()) == Some(left),
        (Atom::Text(_) | Atom::Number(_), Scalar::Number(right)) => atom.as_number() == Some(Numeric::of(right)),
        (Atom::Bool(left), Scalar::Bool(right)) => left == *right,
        (Atom::Bool(left), Scalar::Text(right)) => right.equals(bool_text(left)),
        (Atom::Number(_), Scalar::Bool(_)) | (Atom::Bool(_), Scalar::Number(_)) => false,
    }
}

/// Whether only a text can equal this one: it is no number and neither `true` nor `false`.
pub(super) fn is_only_text(text: &Text) -> bool {
    Numeric::read(text.as_str()).is_none() && ![true, false].into_iter().any(|yes| text.equals(bool_text(yes)))
}

fn in_order(atom: Atom<'_>, order: Order, mark: &Mark) -> bool {
    match mark {
        Mark::Number(right) => atom.as_number().is_some_and(|left| order.holds(left, Numeric::of(right))),
        Mark::Moment(right) => match atom {
            Atom::Text(text) => read_moment(text).is_some_and(|left| order.holds(left, *right)),
            Atom::Number(_) | Atom::Bool(_) => false,
        },
    }
}

fn bool_text(yes: bool) -> &'static str {
    if yes { "true" } else { "false" }
}
