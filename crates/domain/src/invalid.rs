//! What is wrong with an input, field by field.
//!
//! A checker collects everything it finds instead of stopping at the first, so that a person mends a
//! form once.

use std::fmt;

/// One field that cannot be taken, and why, in words for the person who typed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidField {
    /// Where: a field's name, or a JSON pointer (RFC 6901) for what is nested.
    pub field: String,
    /// What is wrong, and what would be right.
    pub reason: String,
}

/// Every wrong field of an input; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid(pub Vec<InvalidField>);

impl Invalid {
    /// A single wrong field.
    pub fn one(field: impl Into<String>, reason: impl Into<String>) -> Invalid {
        Invalid(vec![InvalidField { field: field.into(), reason: reason.into() }])
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, InvalidField { field, reason }) in self.0.iter().enumerate() {
            let separator = if n == 0 { "" } else { "; " };
            write!(f, "{separator}{field}: {reason}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Invalid {}

/// Gathers wrong fields while an input is checked.
#[derive(Debug, Default)]
pub struct Findings(Vec<InvalidField>);

impl Findings {
    /// Notes that a field is wrong.
    pub fn add(&mut self, field: impl Into<String>, reason: impl Into<String>) {
        self.0.push(InvalidField { field: field.into(), reason: reason.into() });
    }

    /// Takes over what another check found.
    pub fn absorb(&mut self, other: Invalid) {
        self.0.extend(other.0);
    }

    /// Keeps the value of a check, or notes what it found.
    pub fn take<T>(&mut self, checked: Result<T, Invalid>) -> Option<T> {
        checked.map_err(|invalid| self.absorb(invalid)).ok()
    }

    /// `value` if nothing was found.
    pub fn into_result<T>(self, value: T) -> Result<T, Invalid> {
        if self.0.is_empty() { Ok(value) } else { Err(Invalid(self.0)) }
    }
}
