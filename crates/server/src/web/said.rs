//! What a page says once after something was done: a short word in the address names the sentence.
//!
//! Only these sentences can be shown, so that an address cannot put words into our mouth.

const SENTENCES: &[(&str, &str)] = &[
    ("canceled", "Canceled. No more attempts will be made."),
    ("created", "Created."),
    ("deleted", "Deleted."),
    ("disabled", "Disabled. It gets nothing from now on."),
    ("enabled", "Enabled. Events are sent from now on."),
    ("erased", "Erased."),
    ("invited", "Invited. Give them the link below: it is shown this once."),
    ("job-canceled", "Ended. What it made due already is still sent."),
    ("off-list", "Taken off the list."),
    ("password-changed", "Your password is changed. Other browsers are signed out."),
    ("recovering", "Recovering. What failed is being sent again."),
    ("removed", "Removed. They are signed out everywhere."),
    ("replay-canceled", "Canceled. What was sent again already stays sent."),
    ("replaying", "Replaying. What was missing is being sent."),
    ("removed", "Removed. They are signed out everywhere."),
    ("resent", "Resent. The new attempt shows in the timeline."),
    ("retried", "The next attempt is being made now. It shows in the timeline."),
    ("revoked", "Revoked. It opens nothing any more."),
    ("role-changed", "The role is changed. They have to sign in again."),
    ("rotated", "Rotated. Old and new secrets both sign until the grace ends."),
    ("rotated-at-once", "Rotated. Only the new secret signs from now on."),
    ("saved", "Saved."),
    ("segment-off", "Disabled. Nobody qualifies for it from now on."),
    ("segment-on", "Enabled. Whoever fits it qualifies from now on."),
    ("segment-silent", "Webhook action off. It makes no events any more."),
    ("segment-tells", "Webhook action on. Whoever qualifies makes an event."),
    ("sent", "Sent."),
    ("signed-out", "You are signed out."),
    ("split", "Undone. They are two contacts again."),
    ("suppressed", "Suppressed. This person causes no events any more."),
    ("taken-back", "Taken back. The link opens nothing any more."),
    ("unsuppressed", "No longer suppressed."),
    ("webhook-created", "Created. Events that fit are sent from now on."),
];

/// The sentence of that name.
pub(super) fn sentence(name: &str) -> Option<&'static str> {
    SENTENCES.iter().find(|(known, _)| *known == name).map(|(_, sentence)| *sentence)
}

/// An address with the word in it. `name` must be one of the above: a test of each page sees its sentence.
pub(super) fn saying(path: &str, name: &str) -> String {
    debug_assert!(sentence(name).is_some(), "there is no sentence {name}");
    let mark = if path.contains('?') { '&' } else { '?' };
    format!("{path}{mark}said={name}")
}
