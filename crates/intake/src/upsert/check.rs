//! What an upsert may say.

use beckon_domain::id::ListId;
use beckon_domain::invalid::Findings;
use beckon_domain::segment::Subject;
use beckon_domain::signal::KEY_BYTES_MAX;
use serde_json::{Map, Value};

use crate::fold::Means;
use crate::fold::profile::{PROFILE_CHARS_MAX, TRAITS_BYTES_MAX, TRAITS_MAX, fits};
use crate::ids::usable;

/// Checks an id of the customer's own system.
pub(super) fn check_key(field: &str, key: Option<&str>, findings: &mut Findings) {
    let Some(key) = key else { return };
    if usable(key) != Some(key) {
        findings.add(field, format!("{key:?} names nobody: give an id, or leave it out"));
    } else if key.len() > KEY_BYTES_MAX {
        findings.add(field, format!("at most {KEY_BYTES_MAX} bytes"));
    }
}

/// Refuses to clear the last identifier of something known. `identifiers` are all it can have: the field, and
/// whether it is cleared.
pub(super) fn refuse_unidentified(noun: &str, identifiers: [(&str, bool); 2], findings: &mut Findings) {
    let [(first, _), (second, _)] = identifiers;
    for (field, _) in identifiers.into_iter().filter(|(_, cleared)| *cleared) {
        let reason = format!("cannot be cleared: without {first} and {second} nothing could find the {noun} again");
        findings.add(field, reason);
    }
}

/// Refuses a list that is not there, or not of that subject. It may have been deleted while somebody imports onto it.
pub(super) fn check_list(list: Option<ListId>, subject: Subject, means: Means<'_>, findings: &mut Findings) {
    let Some(id) = list else { return };
    let known = means.compiled.catalog.list(id).filter(|list| list.subject == subject);
    if known.is_none() {
        findings.add("list", format!("there is no such list any more: {id}"));
    }
}

/// The value a text field is to have; blank clears it.
pub(super) fn check_text(field: &str, text: Option<&str>, findings: &mut Findings) -> Option<String> {
    let text = text?.trim();
    if text.chars().count() > PROFILE_CHARS_MAX {
        findings.add(field, format!("at most {PROFILE_CHARS_MAX} characters"));
    }
    (!text.is_empty()).then(|| text.to_owned())
}

/// Writes what is said into the traits, emptied before if `clear` says so: null removes, a value sets.
pub(super) fn write_traits(
    known: &mut Map<String, Value>,
    clear: bool,
    said: &Map<String, Value>,
    findings: &mut Findings,
) {
    if clear {
        known.clear();
    }
    for (name, value) in said {
        if value.is_null() {
            known.shift_remove(name);
        } else {
            known.insert(name.clone(), value.clone());
        }
    }
    if !said.is_empty() && !fits(known) {
        findings.add("traits", format!("at most {TRAITS_MAX} traits and {TRAITS_BYTES_MAX} bytes of JSON together"));
    }
}
