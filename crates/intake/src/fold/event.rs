//! What is announced, and to whom?

use beckon_domain::ambient::Ambient;
use beckon_domain::catalog::payload::{
    CompanyVisited, CompanyVisitedName, ContactIntent, ContactIntentName, ContactPart, ContactVisited,
    ContactVisitedName, Instant,
};
use beckon_domain::channel::Channel;
use beckon_domain::company::Company;
use beckon_domain::contact::Contact;
use beckon_domain::event::{EventId, EventSource, NewDelivery, NewEvent};
use beckon_domain::segment::Segment;
use beckon_domain::signal::Intent;
use beckon_domain::visit::Visit;
use beckon_store::WorkspaceConfig;
use bytes::Bytes;
use jiff::Timestamp;
use serde::Serialize;

use super::{Means, Who};

/// What gave rise to an event.
pub(super) enum Trigger<'a> {
    Visit(&'a Visit),
    Intent(&'a Intent),
}

/// Someone qualified.
pub(super) struct Announcement<'a> {
    pub(super) segment: &'a Segment,
    pub(super) event_type: &'a str,
    pub(super) who: Who,
    pub(super) contact: Option<&'a Contact>,
    pub(super) company: Option<&'a Company>,
    pub(super) trigger: &'a Trigger<'a>,
    /// When they did.
    pub(super) at: Timestamp,
}

/// The event of an announcement, with a delivery for every webhook that takes it. An event that nobody takes
/// is one too, and owes nothing.
pub(super) fn build(announcement: &Announcement<'_>, means: Means<'_>) -> Option<NewEvent> {
    let channels = vec![Channel::of_segment(announcement.segment.id)];
    let config = &means.compiled.config;
    Some(NewEvent {
        id: EventId::generate(means.ambient),
        workspace_id: config.workspace_id,
        event_type: announcement.event_type.to_owned(),
        payload: payload(announcement)?,
        source: EventSource {
            segment_id: Some(announcement.segment.id),
            contact_id: announcement.who.contact,
            company_id: announcement.who.company,
            visit_id: match announcement.trigger {
                Trigger::Visit(visit) => Some(visit.id),
                Trigger::Intent(_) => None,
            },
            test: false,
        },
        created_at: means.now,
        deliveries: owed(config, announcement.event_type, &channels, means.ambient),
        channels,
    })
}

/// A delivery for every webhook that takes such an event.
pub(crate) fn owed(
    config: &WorkspaceConfig,
    event_type: &str,
    channels: &[Channel],
    ambient: &Ambient,
) -> Vec<NewDelivery> {
    let deliver = |webhook_id| NewDelivery { id: ambient.new_id(), webhook_id };
    config.takers(event_type, channels).map(|webhook| deliver(webhook.id)).collect()
}

fn payload(announcement: &Announcement<'_>) -> Option<Bytes> {
    let Announcement { segment, contact, company, trigger, .. } = announcement;
    let timestamp = Instant(announcement.at);
    match (trigger, contact, company) {
        (Trigger::Visit(visit), Some(contact), _) => bytes(&ContactVisited {
            event: ContactVisitedName,
            timestamp,
            contact: person(contact, *company),
            segment: (*segment).into(),
            company: company.map(Into::into),
            visit: Some((*visit).into()),
        }),
        (Trigger::Intent(intent), Some(contact), _) => bytes(&ContactIntent {
            event: ContactIntentName,
            timestamp,
            contact: person(contact, *company),
            segment: (*segment).into(),
            company: company.map(Into::into),
            intent: (*intent).into(),
        }),
        (Trigger::Visit(visit), None, Some(company)) => bytes(&CompanyVisited {
            event: CompanyVisitedName,
            timestamp,
            company: (*company).into(),
            segment: (*segment).into(),
            visit: (*visit).into(),
        }),
        _ => None,
    }
}

/// A person whose employer's name nobody gave works for the account they belong to.
fn person(contact: &Contact, company: Option<&Company>) -> ContactPart {
    let mut part = ContactPart::from(contact);
    part.company = part.company.or_else(|| company.and_then(|company| company.profile.name.clone()));
    part
}

fn bytes(payload: &impl Serialize) -> Option<Bytes> {
    serde_json::to_vec(payload)
        .inspect_err(|error| tracing::error!(%error, "a payload cannot be written"))
        .ok()
        .map(Bytes::from)
}
