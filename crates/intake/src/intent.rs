//! Interest shown elsewhere, read into a signal.

use beckon_domain::ambient::Ambient;
use beckon_domain::identity::Standing;
use beckon_domain::invalid::{Findings, Invalid};
use beckon_domain::signal::{Intent, IntentTraits, KEY_BYTES_MAX, PersonTraits, Sender, Signal, SignalBody};
use jiff::Timestamp;

use crate::ids::usable;
use crate::tracking::to_millis;

/// Longest topic or source taken, in characters.
pub const INTENT_CHARS_MAX: usize = 256;

/// What somebody says about an interest, not yet checked.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct IntentReport {
    /// The sender's id for it; a second one with the same id is dropped.
    pub message_id: Option<String>,
    /// The person: an address or a user id at least. [`crate::tracking::person_traits`] reads one from JSON.
    pub person: PersonTraits,
    /// What it is about.
    pub topic: String,
    /// How strong, from 0 to 100.
    pub score: Option<f64>,
    /// Who observed it.
    pub source: Option<String>,
    /// When it was observed; `None`, or a time to come, means now.
    pub observed_at: Option<Timestamp>,
    /// The JSON as it came, for the log.
    pub raw: String,
}

/// The signal of a report. It happens when it reaches us, however long ago the interest was observed.
///
/// # Errors
/// Every wrong field, by the names of the API: `contact`, `topic`, `score`, `source`, `message_id`.
pub fn intent_signal(report: IntentReport, received_at: Timestamp, ambient: &Ambient) -> Result<Signal, Invalid> {
    let mut findings = Findings::default();
    let IntentReport { message_id, mut person, topic, score, source, observed_at, raw } = report;
    person.user_id = person.user_id.as_deref().and_then(usable).map(str::to_owned);
    if person.email.is_none() && person.user_id.is_none() {
        findings.add("contact", "an email or a user_id must say who it is");
    }
    if person.user_id.as_ref().is_some_and(|id| id.len() > KEY_BYTES_MAX) {
        findings.add("contact", format!("user_id: at most {KEY_BYTES_MAX} bytes"));
    }
    if message_id.as_ref().is_some_and(|id| id.len() > KEY_BYTES_MAX) {
        findings.add("message_id", format!("at most {KEY_BYTES_MAX} bytes"));
    }
    let topic = topic.trim().to_owned();
    if topic.is_empty() {
        findings.add("topic", "what the interest is about is needed");
    }
    let source = source.map(|source| source.trim().to_owned()).filter(|source| !source.is_empty());
    for (field, text) in [("topic", Some(&topic)), ("source", source.as_ref())] {
        if text.is_some_and(|text| text.chars().count() > INTENT_CHARS_MAX) {
            findings.add(field, format!("at most {INTENT_CHARS_MAX} characters"));
        }
    }
    if score.is_some_and(|score| !(0.0..=100.0).contains(&score)) {
        findings.add("score", "a score is a number from 0 to 100");
    }
    findings.into_result(())?;

    let observed_at = to_millis(observed_at.unwrap_or(received_at).min(received_at));
    Ok(Signal {
        id: ambient.new_id(),
        message_id: message_id.filter(|id| !id.trim().is_empty()),
        at: received_at,
        received_at,
        from: Sender { user_id: person.user_id.clone(), ..Sender::default() },
        standing: Standing::Verified,
        email_link: None,
        client: Default::default(),
        body: SignalBody::Intent(IntentTraits { person, intent: Intent { topic, score, source, observed_at } }),
        raw,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{ambient, email, minute};

    fn report() -> IntentReport {
        IntentReport {
            person: PersonTraits { email: Some(email("ann@acme.test")), ..PersonTraits::default() },
            topic: " CRM ".to_owned(),
            score: Some(80.0),
            observed_at: Some(minute(3)),
            ..IntentReport::default()
        }
    }

    #[test]
    fn a_report_becomes_a_signal_of_the_moment_it_came() {
        let signal = intent_signal(report(), minute(9), &ambient()).unwrap();
        let SignalBody::Intent(said) = signal.body else { panic!("an intent") };
        assert_eq!((signal.at, said.intent.observed_at), (minute(9), minute(3)));
        assert_eq!(said.intent.topic, "CRM");
        for observed_at in [None, Some(minute(10))] {
            let signal = intent_signal(IntentReport { observed_at, ..report() }, minute(9), &ambient()).unwrap();
            let SignalBody::Intent(said) = signal.body else { panic!("an intent") };
            assert_eq!(said.intent.observed_at, minute(9));
        }
    }

    #[test]
    fn every_wrong_field_is_named() {
        let wrong = IntentReport {
            person: PersonTraits { user_id: Some("undefined".to_owned()), ..PersonTraits::default() },
            topic: " ".to_owned(),
            score: Some(f64::NAN),
            source: Some("s".repeat(INTENT_CHARS_MAX + 1)),
            ..report()
        };
        let Invalid(found) = intent_signal(wrong, minute(9), &ambient()).unwrap_err();
        let fields: Vec<_> = found.iter().map(|field| field.field.as_str()).collect();
        assert_eq!(fields, ["contact", "topic", "source", "score"]);
    }
}
