//! Puts together the conditions of a list that can be filtered.
//!
//! Only what was asked for stands in the statement, so that each combination has a plan of its own.

use beckon_domain::id::WorkspaceId;
use jiff::Timestamp;
use rusqlite::types::Value;
use rusqlite::{ParamsFromIter, params_from_iter};
use uuid::Uuid;

/// Conditions that hold together, and their values. The text is ours, the values are anyone's.
#[derive(Default, Clone)]
pub(crate) struct Conditions {
    text: String,
    values: Vec<Value>,
}

/// A value of a condition.
pub(crate) struct Bound(Value);

impl From<Uuid> for Bound {
    fn from(id: Uuid) -> Bound {
        Bound(Value::Blob(id.as_bytes().to_vec()))
    }
}

impl From<WorkspaceId> for Bound {
    fn from(id: WorkspaceId) -> Bound {
        id.uuid().into()
    }
}

impl From<String> for Bound {
    fn from(text: String) -> Bound {
        Bound(Value::Text(text))
    }
}

impl From<i64> for Bound {
    fn from(number: i64) -> Bound {
        Bound(Value::Integer(number))
    }
}

impl Conditions {
    /// Adds a condition with one `?`.
    pub(crate) fn and(&mut self, condition: &str, value: impl Into<Bound>) {
        self.and_text(condition);
        self.values.push(value.into().0);
    }

    /// Adds `since <= column < until`, as far as they are given.
    pub(crate) fn between(&mut self, column: &str, since: Option<Timestamp>, until: Option<Timestamp>) {
        if let Some(since) = since {
            self.and(&format!("{column} >= ?"), whole_millis(since));
        }
        if let Some(until) = until {
            self.and(&format!("{column} < ?"), whole_millis(until));
        }
    }

    /// Adds that these columns, together, compare so with a place in their order.
    pub(crate) fn and_place(&mut self, columns: &[&str], comparison: &str, place: &[i64]) {
        let marks = vec!["?"; place.len()].join(", ");
        self.and_text(&format!("({}) {comparison} ({marks})", columns.join(", ")));
        self.values.extend(place.iter().copied().map(Value::Integer));
    }

    /// Adds all of others.
    pub(crate) fn and_all(&mut self, others: &Conditions) {
        if !others.is_empty() {
            self.and_text(&others.text);
            self.values.extend_from_slice(&others.values);
        }
    }

    /// Adds a value for a `?` that stands behind the conditions.
    pub(crate) fn value(&mut self, value: impl Into<Bound>) {
        self.values.push(value.into().0);
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Adds a condition without a value.
    pub(crate) fn and_text(&mut self, condition: &str) {
        if !self.text.is_empty() {
            self.text.push_str(" AND ");
        }
        self.text.push_str(condition);
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn values(&self) -> ParamsFromIter<&[Value]> {
        params_from_iter(self.values.as_slice())
    }
}

/// The first whole millisecond not before `at`: rows are kept by whole milliseconds.
pub(crate) fn whole_millis(at: Timestamp) -> i64 {
    let millis = at.as_millisecond();
    let cut_off = at.subsec_nanosecond().rem_euclid(1_000_000) != 0 && at.as_nanosecond() > 0;
    millis + i64::from(cut_off)
}
