//! Reads a signal of the log again, for what it says beyond what the log has in columns.
//!
//! Not here: what became of it, which was kept when it came.

use beckon_domain::ambient::Ambient;
use beckon_domain::signal::{Signal, SignalBody, SignalKind};
use beckon_intake::tracking::{self, Kind};
use beckon_store::intake::SignalRecord;
use serde_json::Value;

/// The signal as it was read when it came; `None` for interest shown elsewhere, which has another format, and for what
/// cannot be read any more.
pub(crate) fn read_again(record: &SignalRecord, ambient: &Ambient) -> Option<Signal> {
    let item = serde_json::from_str::<Value>(&record.raw).ok()?;
    let item = item.as_object()?;
    let told = item.get("type").and_then(Value::as_str).and_then(Kind::parse);
    let kind = match (record.kind, told) {
        (SignalKind::Page, Some(Kind::Screen)) => Kind::Screen,
        (SignalKind::Page, _) => Kind::Page,
        (SignalKind::Identify, _) => Kind::Identify,
        (SignalKind::Track, _) => Kind::Track,
        (SignalKind::Group, _) => Kind::Group,
        (SignalKind::Alias, _) => Kind::Alias,
        (SignalKind::Intent, _) => return None,
    };
    tracking::read(Some(kind), item, record.received_at, None, ambient).ok()
}

/// What a signal is about in a few words: the page, the topic, the name of what was done.
pub(crate) fn digest(record: &SignalRecord, ambient: &Ambient) -> Option<String> {
    if record.kind == SignalKind::Intent {
        return interest(&record.raw);
    }
    match read_again(record, ambient)?.body {
        SignalBody::Page { page, .. } => Some(page.path),
        SignalBody::Track { event } => Some(event),
        SignalBody::Identify(person) => person.email.map(|email| email.to_string()).or(person.user_id),
        SignalBody::Group(company) => {
            let domain = company.domain.map(|domain| domain.to_string());
            company.profile.name.or(domain).or(company.group_id)
        }
        SignalBody::Alias { previous_id } => Some(previous_id),
        SignalBody::Intent(_) => None,
    }
}

fn interest(raw: &str) -> Option<String> {
    let said = serde_json::from_str::<Value>(raw).ok()?;
    let topic = said.get("topic")?.as_str()?.to_owned();
    Some(match said.get("score").and_then(Value::as_f64) {
        Some(score) => format!("{topic}, score {score}"),
        None => topic,
    })
}

#[cfg(test)]
mod tests {
    use beckon_testkit::fake_ambient;
    use jiff::Timestamp;
    use uuid::Uuid;

    use super::*;

    fn digested(kind: SignalKind, raw: &str) -> Option<String> {
        let record = SignalRecord {
            id: Uuid::nil().into(),
            kind,
            at: Timestamp::UNIX_EPOCH,
            received_at: Timestamp::UNIX_EPOCH,
            visitor_id: None,
            contact_id: None,
            company_id: None,
            story: Default::default(),
            raw: raw.to_owned(),
        };
        digest(&record, &fake_ambient())
    }

    #[test]
    fn a_signal_is_told_by_what_it_is_about() {
        let told = |kind, raw: &str| digested(kind, raw).unwrap();
        let page = r#"{"anonymousId":"a","properties":{"url":"https://acme.test/Pricing?x=1"}}"#;
        assert_eq!(told(SignalKind::Page, page), "/pricing");
        assert_eq!(told(SignalKind::Track, r#"{"anonymousId":"a","event":"Signed up"}"#), "Signed up");
        let identify = r#"{"anonymousId":"a","traits":{"email":"Jane@acme.test"}}"#;
        assert_eq!(told(SignalKind::Identify, identify), "jane@acme.test");
        let intent = r#"{"contact":{"email":"jane@acme.test"},"topic":"crm","score":80}"#;
        assert_eq!(told(SignalKind::Intent, intent), "crm, score 80");
        assert_eq!(digested(SignalKind::Page, "{broken"), None);
    }
}
