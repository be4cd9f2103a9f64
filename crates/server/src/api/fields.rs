//! Reads the fields that several resources have: names, keys, addresses, domains.
//!
//! Each names the field it could not read, and says what would be right.

use beckon_domain::company::Domain;
use beckon_domain::email::Email;
use beckon_domain::invalid::Invalid;
use beckon_domain::signal::KEY_BYTES_MAX;
use beckon_intake::Change;
use serde_json::{Map, Value};

use crate::patch::Patch;

/// Longest text that people are looked for with, in characters.
const SEARCH_CHARS_MAX: usize = 200;

/// A text that people are looked for with.
pub(super) fn search(field: &str, text: Option<String>) -> Result<Option<String>, Invalid> {
    let count = text.as_ref().map_or(0, |text| text.chars().count());
    if count > SEARCH_CHARS_MAX {
        return Err(Invalid::one(field, format!("at most {SEARCH_CHARS_MAX} characters, these are {count}")));
    }
    Ok(text)
}

/// The `name` people give to a thing: without the white space around it, not empty, not longer than
/// `chars_max` characters, and without control characters.
pub(super) fn name(name: &str, chars_max: usize) -> Result<String, Invalid> {
    let name = name.trim();
    let count = name.chars().count();
    if count == 0 {
        return Err(Invalid::one("name", "cannot be empty"));
    }
    if count > chars_max {
        return Err(Invalid::one("name", format!("at most {chars_max} characters, these are {count}")));
    }
    if name.chars().any(char::is_control) {
        return Err(Invalid::one("name", "cannot contain control characters"));
    }
    Ok(name.to_owned())
}

/// An id from the customer's own system.
pub(super) fn key(field: &str, text: &str) -> Result<String, Invalid> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Invalid::one(field, "cannot be empty"));
    }
    if text.len() > KEY_BYTES_MAX {
        return Err(Invalid::one(field, format!("at most {KEY_BYTES_MAX} bytes, these are {}", text.len())));
    }
    Ok(text.to_owned())
}

/// An e-mail address.
pub(super) fn email(field: &str, text: &str) -> Result<Email, Invalid> {
    Email::parse(text)
        .ok_or_else(|| Invalid::one(field, "is no e-mail address: write one such as jane.doe@example.com"))
}

/// What becomes of a field whose text is read by `read`.
pub(super) fn change<T>(
    field: &str,
    said: Patch<String>,
    read: impl FnOnce(&str, &str) -> Result<T, Invalid>,
) -> Result<Change<T>, Invalid> {
    Ok(match said {
        Patch::Absent => Change::Keep,
        Patch::Null => Change::Clear,
        Patch::Value(text) => Change::Set(read(field, &text)?),
    })
}

/// Whether all traits are cleared, and which are said.
pub(super) fn traits(said: Patch<Map<String, Value>>) -> (bool, Map<String, Value>) {
    match said {
        Patch::Absent => (false, Map::new()),
        Patch::Null => (true, Map::new()),
        Patch::Value(traits) => (false, traits),
    }
}

/// A company's domain.
pub(super) fn domain(field: &str, text: &str) -> Result<Domain, Invalid> {
    Domain::parse(text).ok_or_else(|| Invalid::one(field, "is no domain: write one such as example.com"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_trimmed_and_bounded() {
        assert_eq!(name("  Höhe ", 4).unwrap(), "Höhe");
        for wrong in ["", " \t", "fünf!", "a\u{0}b"] {
            assert_eq!(name(wrong, 4).unwrap_err().0[0].field, "name", "{wrong:?}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        assert_eq!(key("user_id", " u1 ").unwrap(), "u1");
        for wrong in ["", &"u".repeat(KEY_BYTES_MAX + 1)] {
            assert_eq!(key("user_id", wrong).unwrap_err().0[0].field, "user_id");
        }
        assert_eq!(email("contact/email", "jane").unwrap_err().0[0].field, "contact/email");
        assert_eq!(domain("domain", "acme").unwrap_err().0[0].field, "domain");
    }
}
