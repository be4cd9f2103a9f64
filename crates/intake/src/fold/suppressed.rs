//! What is left of a signal that names somebody on the suppression list: that it came.

use beckon_domain::identity::{IdentifierKind, IdentityChange, Refusal};
use beckon_domain::signal::{PersonTraits, Signal, SignalBody};

use super::Means;
use super::keys::Keys;
use super::working::Working;

/// What is kept in the place of the JSON that named somebody.
const RAW: &str = r#"{"suppressed":true}"#;

/// The signal without whom it names, and its keys, if somebody on the suppression list is named; notes that.
pub(super) fn stripped(
    working: &mut Working,
    keys: &Keys,
    signal: &Signal,
    means: Means<'_>,
) -> Option<(Signal, Keys)> {
    if !working.is_suppressed(keys.email.as_ref(), keys.user_id.as_deref()) {
        return None;
    }
    let mut stripped = signal.clone();
    stripped.from.user_id = None;
    stripped.email_link = None;
    stripped.raw = RAW.to_owned();
    match &mut stripped.body {
        SignalBody::Identify(person) => *person = PersonTraits::default(),
        SignalBody::Intent(report) => report.person = PersonTraits::default(),
        _ => {}
    }
    let keys = Keys::of(&stripped, &means.compiled.blocked);
    let visitor = keys.visitor.as_ref().and_then(|key| working.visitor(key)).map(|visitor| visitor.id);
    // What it is stays unsaid: it is not to be kept.
    let change =
        IdentityChange::Refused { kind: IdentifierKind::Email, value: String::new(), reason: Refusal::Suppressed };
    working.note_identity(&stripped, visitor, None, change, means.now);
    Some((stripped, keys))
}
