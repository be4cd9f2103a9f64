//! The examples. Of `contact.visited`, the published sample, with a visit added.

use super::*;
use uuid::Uuid;

const SAMPLE_AT: i64 = 1_713_191_520; // 2024-04-15T14:32:00Z

fn at(seconds_before: i64) -> Instant {
    Instant(Timestamp::from_second(SAMPLE_AT - seconds_before).unwrap_or_default())
}

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

pub(super) fn contact() -> ContactPart {
    ContactPart {
        first_name: text("Jane"),
        last_name: text("Doe"),
        email: text("jane.doe@example.com"),
        title: text("Marketing Manager"),
        company: text("Acme Corp"),
        linkedin_url: text("https://linkedin.com/in/janedoe"),
        seniority: None,
        department: None,
        country: None,
        phone: None,
    }
}

pub(super) fn segment(id: i64, name: &str) -> SegmentPart {
    SegmentPart { id: SegmentId(id), name: name.to_owned() }
}

fn company() -> CompanyPart {
    CompanyPart {
        name: text("Acme Corp"),
        domain: text("acme.example"),
        linkedin_url: text("https://linkedin.com/company/acme"),
        industry: text("Software"),
        employees: Some(420),
        country: text("US"),
    }
}

fn visit() -> VisitPart {
    VisitPart {
        id: VisitId::from(Uuid::from_u128(0x018e_e2a1_0000_7000_8000_0000_0000_0001)),
        url: text("https://www.example.com/pricing?utm_source=newsletter"),
        path: "/pricing".to_owned(),
        title: text("Pricing"),
        referrer: text("https://news.example/"),
        started_at: at(95),
        page_views: 3,
        first_visit: false,
        utm: Utm { source: text("newsletter"), ..Utm::default() },
        partner_id: None,
    }
}

fn webhook() -> WebhookPart {
    let id = WebhookId::from(Uuid::from_u128(0x018e_e2a1_0000_7000_8000_0000_0000_0002));
    WebhookPart { id, description: "CRM".to_owned() }
}

impl Payload for ContactVisited {
    const EVENT_TYPE: &'static str = "contact.visited";

    fn example() -> Self {
        ContactVisited {
            event: ContactVisitedName,
            timestamp: at(0),
            contact: contact(),
            segment: segment(7264, "High Intent - ABM Contacts"),
            company: Some(company()),
            visit: Some(visit()),
        }
    }
}

impl Payload for ContactIntent {
    const EVENT_TYPE: &'static str = "contact.intent";

    fn example() -> Self {
        ContactIntent {
            event: ContactIntentName,
            timestamp: at(0),
            contact: contact(),
            segment: segment(7265, "Researching CRM"),
            company: Some(company()),
            intent: IntentPart {
                topic: "crm".to_owned(),
                score: Some(82.0),
                source: text("review site"),
                observed_at: at(3600),
            },
        }
    }
}

impl Payload for CompanyVisited {
    const EVENT_TYPE: &'static str = "company.visited";

    fn example() -> Self {
        CompanyVisited {
            event: CompanyVisitedName,
            timestamp: at(0),
            company: company(),
            segment: segment(7266, "Target accounts on site"),
            visit: visit(),
        }
    }
}

impl Payload for WebhookDisabled {
    const EVENT_TYPE: &'static str = "webhook.disabled";

    fn example() -> Self {
        WebhookDisabled {
            event: WebhookDisabledName,
            timestamp: at(0),
            webhook: webhook(),
            reason: "The receiver answered 410 Gone: it wants nothing more.".to_owned(),
        }
    }
}

impl Payload for WebhookFailing {
    const EVENT_TYPE: &'static str = "webhook.failing";

    fn example() -> Self {
        WebhookFailing {
            event: WebhookFailingName,
            timestamp: at(0),
            webhook: webhook(),
            stage: 1,
            failing_since: at(600),
            disabled_at: at(600 - 432_000),
            last_error: "The receiver answered 503 Service Unavailable.".to_owned(),
        }
    }
}

impl Payload for WebhookRecovered {
    const EVENT_TYPE: &'static str = "webhook.recovered";

    fn example() -> Self {
        WebhookRecovered { event: WebhookRecoveredName, timestamp: at(0), webhook: webhook(), failing_since: at(3_600) }
    }
}

impl Payload for DeliveryExhausted {
    const EVENT_TYPE: &'static str = "delivery.exhausted";

    fn example() -> Self {
        DeliveryExhausted {
            event: DeliveryExhaustedName,
            timestamp: at(0),
            webhook: webhook(),
            delivery: DeliveryPart {
                id: DeliveryId::from(Uuid::from_u128(0x018e_e2a1_0000_7000_8000_0000_0000_0003)),
                event_id: "evt_01htha200073g0g000000000ex".to_owned(),
                event_type: "contact.visited".to_owned(),
                attempts: 8,
                last_error: "The receiver answered 503 Service Unavailable.".to_owned(),
            },
        }
    }
}
