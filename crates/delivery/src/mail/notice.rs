//! Reads a notice, which is an ordinary event, as something to tell.

use beckon_domain::catalog::payload::{DeliveryExhausted, Payload, WebhookDisabled, WebhookFailing, WebhookRecovered};
use beckon_domain::event::Event;
use beckon_domain::id::{WebhookId, WorkspaceId};
use jiff::Timestamp;
use serde::Deserialize;

use super::NoticeId;

/// A notice.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Notice {
    pub(super) id: NoticeId,
    pub(super) webhook_id: WebhookId,
    /// What people call the webhook; may be empty.
    pub(super) description: String,
    pub(super) what: What,
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum What {
    /// Nothing but failures.
    Failing { since: Timestamp, disabled_at: Timestamp, last_error: String },
    /// Nothing is sent any more.
    Disabled { reason: String },
    /// Deliveries succeed again.
    Recovered { failing_since: Timestamp },
    /// A delivery failed for good.
    Exhausted { delivery: String, event_type: String, attempts: u32, last_error: String },
}

#[derive(Deserialize)]
struct Read {
    webhook: Webhook,
    failing_since: Option<Timestamp>,
    disabled_at: Option<Timestamp>,
    last_error: Option<String>,
    reason: Option<String>,
    delivery: Option<Delivery>,
}

#[derive(Deserialize)]
struct Webhook {
    id: String,
    description: String,
}

#[derive(Deserialize)]
struct Delivery {
    id: String,
    event_type: String,
    attempts: u32,
    last_error: String,
}

impl Notice {
    /// Reads it, or says why it cannot be read.
    pub(super) fn read(workspace: WorkspaceId, event: &Event) -> Result<Notice, String> {
        let read: Read = serde_json::from_slice(&event.payload).map_err(|error| error.to_string())?;
        let missing = || "a field is missing".to_owned();
        let what = match event.event_type.as_str() {
            WebhookFailing::EVENT_TYPE => What::Failing {
                since: read.failing_since.ok_or_else(missing)?,
                disabled_at: read.disabled_at.ok_or_else(missing)?,
                last_error: read.last_error.ok_or_else(missing)?,
            },
            WebhookDisabled::EVENT_TYPE => What::Disabled { reason: read.reason.ok_or_else(missing)? },
            WebhookRecovered::EVENT_TYPE => What::Recovered { failing_since: read.failing_since.ok_or_else(missing)? },
            DeliveryExhausted::EVENT_TYPE => {
                let Delivery { id, event_type, attempts, last_error } = read.delivery.ok_or_else(missing)?;
                What::Exhausted { delivery: id, event_type, attempts, last_error }
            }
            other => return Err(format!("{other} is no notice")),
        };
        let Webhook { id, description } = read.webhook;
        let webhook_id = id.parse().ok().ok_or_else(|| "it names no webhook".to_owned())?;
        Ok(Notice { id: (workspace, event.id.clone()), webhook_id, description, what })
    }
}
