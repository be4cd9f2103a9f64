//! Events: one announcement of an event type, with its frozen payload.

use std::fmt;

use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ambient::Ambient;
use crate::channel::Channel;
use crate::id::{CompanyId, ContactId, DeliveryId, GeneratedEventId, SegmentId, VisitId, WebhookId, WorkspaceId};

/// Longest event id, in bytes.
pub const EVENT_ID_BYTES_MAX: usize = 64;
/// Longest event type name, in bytes.
pub const EVENT_TYPE_BYTES_MAX: usize = 128;

/// An event's id, which is also its `webhook-id`: the same on every retry, resend and webhook.
///
/// Made by us (`evt_…`) or given by the publisher: letters, digits, `-` and `_`. No dot, because the
/// signed text is `id.timestamp.body` and must be read one way only.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventId(String);

impl EventId {
    /// Makes a new id.
    pub fn generate(ambient: &Ambient) -> EventId {
        EventId(ambient.new_id::<GeneratedEventId>().to_string())
    }

    /// Takes an id a publisher chose.
    pub fn parse(text: &str) -> Result<EventId, String> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        if text.is_empty() || text.len() > EVENT_ID_BYTES_MAX || !text.chars().all(allowed) {
            return Err(format!("an event id is 1 to {EVENT_ID_BYTES_MAX} letters, digits, - and _"));
        }
        Ok(EventId(text.to_owned()))
    }

    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where an event came from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventSource {
    /// The segment someone qualified for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub segment_id: Option<SegmentId>,
    /// Who qualified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact_id: Option<ContactId>,
    /// Which account qualified, or the contact's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub company_id: Option<CompanyId>,
    /// In which visit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visit_id: Option<VisitId>,
    /// Sent by a person to try a webhook.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub test: bool,
}

/// An event as it is announced, with the deliveries it is owed.
#[derive(Debug, Clone, PartialEq)]
pub struct NewEvent {
    /// Its id.
    pub id: EventId,
    /// Whose it is.
    pub workspace_id: WorkspaceId,
    /// Its type's name.
    pub event_type: String,
    /// Its labels.
    pub channels: Vec<Channel>,
    /// What every webhook gets, byte for byte.
    pub payload: Bytes,
    /// Where it came from.
    pub source: EventSource,
    /// When it was announced.
    pub created_at: Timestamp,
    /// The deliveries owed, one per webhook that wants it.
    pub deliveries: Vec<NewDelivery>,
}

/// A delivery to be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewDelivery {
    /// Its id.
    pub id: DeliveryId,
    /// To which webhook.
    pub webhook_id: WebhookId,
}

/// An event as it is read back.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Its id.
    pub id: EventId,
    /// Its type's name.
    pub event_type: String,
    /// Its labels.
    pub channels: Vec<Channel>,
    /// What every webhook gets, byte for byte.
    pub payload: Bytes,
    /// Where it came from.
    pub source: EventSource,
    /// When it was announced.
    pub created_at: Timestamp,
    /// How many webhooks wanted it. None shows as zero, and cost no queue work.
    pub delivery_count: u32,
}
