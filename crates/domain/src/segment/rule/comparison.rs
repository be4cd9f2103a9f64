//! What a value is compared with.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::Number;

use super::named::named;
use super::text::Text;

named! {
    /// The operators of a `prop` leaf.
    pub enum Op {
        Eq = "eq",
        Neq = "neq",
        In = "in",
        NotIn = "not_in",
        Contains = "contains",
        NotContains = "not_contains",
        ContainsAny = "contains_any",
        StartsWith = "starts_with",
        EndsWith = "ends_with",
        Gt = "gt",
        Gte = "gte",
        Lt = "lt",
        Lte = "lte",
        Exists = "exists",
        NotExists = "not_exists",
    }
}

named! {
    /// The operators of a `count` and of a `score`.
    pub enum Order {
        Eq = "eq",
        Gt = "gt",
        Gte = "gte",
        Lt = "lt",
        Lte = "lte",
    }
}

impl Order {
    /// Whether `left` stands like this to `right`. What cannot be ordered does not.
    pub fn holds<T: PartialOrd>(self, left: T, right: T) -> bool {
        match self {
            Order::Eq => left == right,
            Order::Gt => left > right,
            Order::Gte => left >= right,
            Order::Lt => left < right,
            Order::Lte => left <= right,
        }
    }
}

/// A bound for a number that is counted or measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limit<T> {
    /// How the number must stand to `value`.
    pub op: Order,
    /// The bound.
    pub value: T,
}

impl<T: PartialOrd + Copy> Limit<T> {
    /// Whether `number` is within it.
    pub fn admits(&self, number: T) -> bool {
        self.op.holds(number, self.value)
    }
}

/// What the value of a property must pass.
///
/// A list passes what any of its elements passes; `Neq`, `NotIn` and `NotContains` are passed when
/// `Eq`, `In` and `Contains` are not.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// Is it.
    Eq(Scalar),
    /// Is known and is not it.
    Neq(Scalar),
    /// Is one of them.
    In(Vec<Scalar>),
    /// Is known and is none of them.
    NotIn(Vec<Scalar>),
    /// Has that text in it.
    Contains(Text),
    /// Is known and does not have that text in it.
    NotContains(Text),
    /// Has one of those texts in it.
    ContainsAny(Vec<Text>),
    /// Starts with that text.
    StartsWith(Text),
    /// Ends with that text.
    EndsWith(Text),
    /// Is more, or later.
    Gt(Mark),
    /// Is as much or more, then or later.
    Gte(Mark),
    /// Is less, or earlier.
    Lt(Mark),
    /// Is as much or less, then or earlier.
    Lte(Mark),
    /// Is known. `null` is not; anything else is, also an empty text.
    Exists,
    /// Is not known.
    NotExists,
}

/// One value to be equal to.
#[derive(Debug, Clone, PartialEq)]
pub enum Scalar {
    /// A text, compared without case.
    Text(Text),
    /// A number; a text that is a number equals it too.
    Number(Number),
    /// Yes or no; the texts `true` and `false` equal it too.
    Bool(bool),
}

/// Something to be before or after.
#[derive(Debug, Clone, PartialEq)]
pub enum Mark {
    /// A number. Compares with numbers and with texts that are numbers.
    Number(Number),
    /// An instant. Compares with texts that are dates.
    Moment(Timestamp),
}

/// Reads an RFC 3339 date-time, or a bare date as its midnight in UTC.
pub(in crate::segment) fn read_moment(text: &str) -> Option<Timestamp> {
    const DATE_BYTES: usize = "2024-04-15".len();
    let text = text.trim();
    if text.len() == DATE_BYTES {
        let date: Date = text.parse().ok()?;
        return TimeZone::UTC.to_timestamp(date.at(0, 0, 0, 0)).ok();
    }
    text.parse().ok()
}
