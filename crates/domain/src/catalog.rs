//! The event catalog: which events there are, what they say, and when they fire.
//!
//! Promise: schema and example of a built-in event type come from the very type that is serialised, so
//! they cannot drift ([`payload`]).
//! Not here: checking a published payload against a schema (`beckon-intake`).

pub mod payload;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::event::EVENT_TYPE_BYTES_MAX;
use crate::invalid::{Findings, Invalid};
use payload::{
    CompanyVisited, ContactIntent, ContactVisited, DeliveryExhausted, Payload, WebhookDisabled, WebhookFailing,
    WebhookRecovered,
};

/// Longest description of an event type, in characters.
pub const DESCRIPTION_CHARS_MAX: usize = 2_000;
/// Largest schema or example, in bytes of JSON.
pub const SCHEMA_BYTES_MAX: usize = 64 * 1024;
/// First parts of event type names that are ours.
pub const RESERVED_FAMILIES: [&str; 4] = ["contact", "company", "webhook", "delivery"];

/// The event types that tell of Beckon's own troubles. Their own troubles are not announced in turn.
pub const NOTICES: [&str; 4] = [
    WebhookFailing::EVENT_TYPE,
    WebhookDisabled::EVENT_TYPE,
    WebhookRecovered::EVENT_TYPE,
    DeliveryExhausted::EVENT_TYPE,
];

/// An entry of the event catalog.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EventType {
    /// Its name, such as `contact.visited`.
    pub name: String,
    /// When it fires and what it is for.
    pub description: String,
    /// JSON Schema (draft 2020-12) its payloads satisfy; `None` means any JSON.
    pub schema: Option<Value>,
    /// An example payload, which test events send.
    pub example: Option<Value>,
    /// Who defines it.
    pub origin: Origin,
    /// When it was defined; the epoch for built-in ones.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// Who defines an event type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// Beckon.
    BuiltIn,
    /// The workspace.
    Workspace,
}

impl EventType {
    /// Checks an event type that a workspace defines. (Whether `schema` is a JSON Schema is checked by
    /// whoever can compile it.)
    pub fn check(&self) -> Result<(), Invalid> {
        let mut findings = Findings::default();
        if !is_event_type_name(&self.name) {
            findings.add(
                "name",
                format!(
                    "{:?} is not an event type name: use 2 to 5 parts of lower-case letters, digits and _ joined by dots, \
                     such as invoice.paid, at most {EVENT_TYPE_BYTES_MAX} bytes",
                    self.name
                ),
            );
        }
        let family = self.name.split('.').next().unwrap_or_default();
        if RESERVED_FAMILIES.contains(&family) {
            findings.add("name", format!("names that begin with {family}. are Beckon's own"));
        }
        if self.description.chars().count() > DESCRIPTION_CHARS_MAX {
            findings.add("description", format!("at most {DESCRIPTION_CHARS_MAX} characters"));
        }
        for (field, value) in [("schema", &self.schema), ("example", &self.example)] {
            if value.as_ref().is_some_and(|value| value.to_string().len() > SCHEMA_BYTES_MAX) {
                findings.add(field, format!("at most {SCHEMA_BYTES_MAX} bytes of JSON"));
            }
        }
        findings.into_result(())
    }
}

/// Whether `name` can be an event type's name (Standard Webhooks 1.0, "Event types").
pub fn is_event_type_name(name: &str) -> bool {
    let part_ok = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    };
    name.len() <= EVENT_TYPE_BYTES_MAX && (2..=5).contains(&name.split('.').count()) && name.split('.').all(part_ok)
}

/// The event types every workspace has, in the order the catalog shows them.
pub fn built_in() -> Vec<EventType> {
    vec![
        entry::<ContactVisited>(
            "A contact who is in the segment lands on the website, or comes to qualify while on it. \
             Fires once per contact, segment and visit, or as rarely as the segment's frequency says.",
        ),
        entry::<ContactIntent>("A contact in the segment shows interest elsewhere: an intent signal came in."),
        entry::<CompanyVisited>(
            "A company in the segment shows anonymous interest: the visitor is not a known contact, the company is.",
        ),
        entry::<WebhookFailing>(
            "A webhook has had nothing but failures for a while. Announced in stages, the last shortly before it is \
             disabled, each once until a delivery succeeds.",
        ),
        entry::<WebhookDisabled>("Beckon stopped sending to a webhook, and says why."),
        entry::<WebhookRecovered>("A webhook whose failing was announced takes deliveries again."),
        entry::<DeliveryExhausted>("A delivery failed for good: its attempts are used up."),
    ]
}

fn entry<P: Payload>(description: &str) -> EventType {
    let schema = schemars::generate::SchemaSettings::draft2020_12()
        .for_serialize()
        .with(|settings| settings.inline_subschemas = true)
        .into_generator()
        .into_root_schema_for::<P>();
    EventType {
        name: P::EVENT_TYPE.to_owned(),
        description: description.to_owned(),
        schema: Some(schema.to_value()),
        example: serde_json::to_value(P::example()).ok(),
        origin: Origin::BuiltIn,
        created_at: Timestamp::UNIX_EPOCH,
        updated_at: Timestamp::UNIX_EPOCH,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_type_has_a_schema_and_an_example_with_its_own_name() {
        for event_type in built_in() {
            assert!(is_event_type_name(&event_type.name));
            assert_eq!(event_type.example.unwrap()["event"], event_type.name);
            let schema = event_type.schema.unwrap();
            assert_eq!(schema["properties"]["event"]["const"], event_type.name);
            assert_eq!(schema["properties"]["timestamp"]["format"], "date-time");
        }
    }

    #[test]
    fn a_workspace_cannot_define_what_is_ours_or_no_name() {
        let mine = EventType { name: "invoice.paid".to_owned(), ..built_in().remove(0) };
        assert_eq!(mine.check(), Ok(()));
        for name in ["contact.visited", "contact.won", "paid", "Invoice.Paid", "a..b", "a.b.c.d.e.f", "in voice.x"] {
            let bad = EventType { name: name.to_owned(), ..mine.clone() };
            assert_eq!(bad.check().unwrap_err().0[0].field, "name", "{name}");
        }
    }
}
