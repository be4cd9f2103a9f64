//! What the built-in events say. One type each gives the bytes, the schema and the example.
//!
//! The first four fields of [`ContactVisited`] are a published shape that consumers already parse: they
//! keep their names, order and types. Everything else is additive and absent where unknown.

mod examples;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::company::Company;
use crate::contact::Contact;
use crate::id::{DeliveryId, SegmentId, VisitId, WebhookId};
use crate::segment::Segment;
use crate::signal;
use crate::visit::{Utm, Visit};

/// The payload of a built-in event type.
pub trait Payload: Serialize + JsonSchema {
    /// The event type's name.
    const EVENT_TYPE: &'static str;

    /// A believable example.
    fn example() -> Self;
}

/// An instant in RFC 3339, UTC, whole seconds, with `Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Instant(pub Timestamp);

impl Serialize for Instant {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0.strftime("%Y-%m-%dT%H:%M:%SZ"))
    }
}

impl JsonSchema for Instant {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Instant".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "format": "date-time" })
    }
}

/// An event type's name that is part of a payload, and can have no other value there.
macro_rules! event_type_name {
    ($name:ident, $text:literal) => {
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
        #[doc = concat!("Always `", $text, "`.")]
        pub struct $name;

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str($text)
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn inline_schema() -> bool {
                true
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "const": $text })
            }
        }
    };
}

event_type_name!(ContactVisitedName, "contact.visited");
event_type_name!(ContactIntentName, "contact.intent");
event_type_name!(CompanyVisitedName, "company.visited");
event_type_name!(WebhookDisabledName, "webhook.disabled");
event_type_name!(WebhookFailingName, "webhook.failing");
event_type_name!(WebhookRecoveredName, "webhook.recovered");
event_type_name!(DeliveryExhaustedName, "delivery.exhausted");

/// `contact.visited`
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ContactVisited {
    /// The event type.
    pub event: ContactVisitedName,
    /// When the contact came to qualify.
    pub timestamp: Instant,
    /// Who it is.
    pub contact: ContactPart,
    /// What they qualified for.
    pub segment: SegmentPart,
    /// The company they work for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub company: Option<CompanyPart>,
    /// The visit they are on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visit: Option<VisitPart>,
}

/// `contact.intent`
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ContactIntent {
    /// The event type.
    pub event: ContactIntentName,
    /// When the contact came to qualify.
    pub timestamp: Instant,
    /// Who it is.
    pub contact: ContactPart,
    /// What they qualified for.
    pub segment: SegmentPart,
    /// The company they work for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub company: Option<CompanyPart>,
    /// The interest they showed.
    pub intent: IntentPart,
}

/// `company.visited`
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct CompanyVisited {
    /// The event type.
    pub event: CompanyVisitedName,
    /// When the company came to qualify.
    pub timestamp: Instant,
    /// Which company.
    pub company: CompanyPart,
    /// What it qualified for.
    pub segment: SegmentPart,
    /// The anonymous visit.
    pub visit: VisitPart,
}

/// A contact in a payload. The first six fields are always there, null where unknown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ContactPart {
    /// Given name.
    pub first_name: Option<String>,
    /// Family name.
    pub last_name: Option<String>,
    /// Address.
    pub email: Option<String>,
    /// Job title.
    pub title: Option<String>,
    /// The name of the company the contact works for.
    pub company: Option<String>,
    /// LinkedIn profile.
    pub linkedin_url: Option<String>,
    /// Level, such as `C-suite`, `Director` or `Manager`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seniority: Option<String>,
    /// Department, such as `Marketing`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub department: Option<String>,
    /// Country.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// Telephone number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
}

/// A segment in a payload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SegmentPart {
    /// Its number, as digits.
    pub id: SegmentId,
    /// Its name.
    pub name: String,
}

/// A company in a payload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CompanyPart {
    /// Name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Domain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// LinkedIn page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub linkedin_url: Option<String>,
    /// Industry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub industry: Option<String>,
    /// Number of employees.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub employees: Option<u64>,
    /// Country.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
}

/// A visit in a payload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct VisitPart {
    /// Its id.
    pub id: VisitId,
    /// The page the visitor is on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// That page's path.
    pub path: String,
    /// That page's title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Where the visit came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub referrer: Option<String>,
    /// When the visit began.
    pub started_at: Instant,
    /// Page views so far.
    pub page_views: u64,
    /// Whether the visitor had never been seen before.
    pub first_visit: bool,
    /// The campaign the visit came from.
    #[serde(skip_serializing_if = "Utm::is_empty")]
    pub utm: Utm,
    /// What the page asked to have passed through, as `partnerId` of the pixel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partner_id: Option<String>,
}

/// An interest in a payload.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct IntentPart {
    /// What it is about.
    pub topic: String,
    /// How strong, from 0 to 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
    /// Who observed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// When it was observed.
    pub observed_at: Instant,
}

/// `webhook.disabled`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct WebhookDisabled {
    /// The event type.
    pub event: WebhookDisabledName,
    /// When it was disabled.
    pub timestamp: Instant,
    /// Which webhook.
    pub webhook: WebhookPart,
    /// Why.
    pub reason: String,
}

/// `webhook.failing`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct WebhookFailing {
    /// The event type.
    pub event: WebhookFailingName,
    /// When this stage was reached.
    pub timestamp: Instant,
    /// Which webhook.
    pub webhook: WebhookPart,
    /// Which stage, from 1; each is announced once until a delivery succeeds.
    pub stage: u8,
    /// Nothing but failures since then.
    pub failing_since: Instant,
    /// When it will be disabled if nothing changes.
    pub disabled_at: Instant,
    /// What the last request ended in.
    pub last_error: String,
}

/// `webhook.recovered`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct WebhookRecovered {
    /// The event type.
    pub event: WebhookRecoveredName,
    /// When a delivery succeeded again.
    pub timestamp: Instant,
    /// Which webhook.
    pub webhook: WebhookPart,
    /// Since when it had been failing.
    pub failing_since: Instant,
}

/// `delivery.exhausted`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DeliveryExhausted {
    /// The event type.
    pub event: DeliveryExhaustedName,
    /// When the last attempt failed.
    pub timestamp: Instant,
    /// Which webhook.
    pub webhook: WebhookPart,
    /// What could not be delivered.
    pub delivery: DeliveryPart,
}

/// A webhook in a notice. Its URL is not repeated: URLs often hold secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct WebhookPart {
    /// Its id.
    pub id: WebhookId,
    /// What people call it.
    pub description: String,
}

/// A delivery in a notice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DeliveryPart {
    /// Its id.
    pub id: DeliveryId,
    /// The event's id.
    pub event_id: String,
    /// The event's type.
    pub event_type: String,
    /// How many requests were made.
    pub attempts: u32,
    /// What the last one ended in.
    pub last_error: String,
}

impl From<&Contact> for ContactPart {
    fn from(contact: &Contact) -> ContactPart {
        let profile = contact.profile.clone();
        ContactPart {
            first_name: profile.first_name,
            last_name: profile.last_name,
            email: contact.email.as_ref().map(ToString::to_string),
            title: profile.title,
            company: profile.company,
            linkedin_url: profile.linkedin_url,
            seniority: profile.seniority,
            department: profile.department,
            country: profile.country,
            phone: profile.phone,
        }
    }
}

impl From<&Segment> for SegmentPart {
    fn from(segment: &Segment) -> SegmentPart {
        SegmentPart { id: segment.id, name: segment.name.clone() }
    }
}

impl From<&Company> for CompanyPart {
    fn from(company: &Company) -> CompanyPart {
        let profile = company.profile.clone();
        CompanyPart {
            name: profile.name,
            domain: company.domain.as_ref().map(ToString::to_string),
            linkedin_url: profile.linkedin_url,
            industry: profile.industry,
            employees: profile.employees,
            country: profile.country,
        }
    }
}

impl From<&Visit> for VisitPart {
    fn from(visit: &Visit) -> VisitPart {
        VisitPart {
            id: visit.id,
            url: visit.page.url.clone(),
            path: visit.page.path.clone(),
            title: visit.page.title.clone(),
            referrer: visit.referrer.clone(),
            started_at: Instant(visit.started_at),
            page_views: visit.page_views,
            first_visit: visit.first_visit,
            utm: visit.utm.clone(),
            partner_id: visit.page.partner_id.clone(),
        }
    }
}

impl From<&signal::Intent> for IntentPart {
    fn from(intent: &signal::Intent) -> IntentPart {
        IntentPart {
            topic: intent.topic.clone(),
            score: intent.score,
            source: intent.source.clone(),
            observed_at: Instant(intent.observed_at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sample that consumers were given, without its line breaks.
    const PUBLISHED: &str = concat!(
        r#"{"event":"contact.visited","timestamp":"2024-04-15T14:32:00Z","#,
        r#""contact":{"first_name":"Jane","last_name":"Doe","email":"jane.doe@example.com","title":"Marketing Manager","#,
        r#""company":"Acme Corp","linkedin_url":"https://linkedin.com/in/janedoe"},"#,
        r#""segment":{"id":"7264","name":"High Intent - ABM Contacts"}}"#,
    );

    // behaviour Q1 (in part)
    #[test]
    fn the_published_shape_comes_out_byte_for_byte() {
        let sample = ContactVisited { company: None, visit: None, ..ContactVisited::example() };
        assert_eq!(serde_json::to_string(&sample).unwrap(), PUBLISHED);
    }

    #[test]
    fn additions_stand_behind_the_published_shape() {
        let whole = serde_json::to_string(&ContactVisited::example()).unwrap();
        assert!(whole.starts_with(PUBLISHED.strip_suffix('}').unwrap()), "{whole}");
    }

    #[test]
    fn the_six_published_fields_are_there_even_when_unknown() {
        let nobody = ContactPart {
            first_name: None,
            last_name: None,
            email: None,
            title: None,
            company: None,
            linkedin_url: None,
            ..examples::contact()
        };
        let expected =
            r#"{"first_name":null,"last_name":null,"email":null,"title":null,"company":null,"linkedin_url":null}"#;
        assert_eq!(serde_json::to_string(&nobody).unwrap(), expected);
    }
}
