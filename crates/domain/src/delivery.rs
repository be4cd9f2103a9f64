//! Deliveries and their attempts.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::channel::Channel;
use crate::event::{EventId, NewDelivery, NewEvent};
use crate::id::{AttemptId, DeliveryId, WebhookId, WorkspaceId};

/// One event owed to one webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Its id.
    pub id: DeliveryId,
    /// The event.
    pub event_id: EventId,
    /// The event's type.
    pub event_type: String,
    /// The event's labels.
    pub channels: Vec<Channel>,
    /// Where it goes.
    pub webhook_id: WebhookId,
    /// How it stands.
    pub status: DeliveryStatus,
    /// How many requests were made, of any trigger.
    pub attempt_count: u32,
    /// When the next request is due, if one is.
    pub next_attempt_at: Option<Timestamp>,
    /// When it was owed.
    pub created_at: Timestamp,
    /// When its status last changed.
    pub updated_at: Timestamp,
}

/// How a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryStatus {
    /// Its first request has not been answered yet.
    Pending,
    /// At least one request failed, another is due.
    Retrying,
    /// The receiver took it.
    Delivered,
    /// The attempts are used up, or the receiver said to stop.
    Failed,
    /// Stopped by a person, or because its webhook was disabled or deleted.
    Canceled,
}

impl DeliveryStatus {
    /// Every status, in the order of a delivery's life.
    pub const ALL: [DeliveryStatus; 5] = [
        DeliveryStatus::Pending,
        DeliveryStatus::Retrying,
        DeliveryStatus::Delivered,
        DeliveryStatus::Failed,
        DeliveryStatus::Canceled,
    ];

    /// The name in the API and in stores.
    pub fn as_str(self) -> &'static str {
        match self {
            DeliveryStatus::Pending => "pending",
            DeliveryStatus::Retrying => "retrying",
            DeliveryStatus::Delivered => "delivered",
            DeliveryStatus::Failed => "failed",
            DeliveryStatus::Canceled => "canceled",
        }
    }

    /// The status of that name.
    pub fn parse(name: &str) -> Option<DeliveryStatus> {
        DeliveryStatus::ALL.into_iter().find(|status| status.as_str() == name)
    }

    /// Whether more scheduled requests are to come.
    pub fn is_open(self) -> bool {
        matches!(self, DeliveryStatus::Pending | DeliveryStatus::Retrying)
    }
}

/// Why a request was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// The schedule said so: the first request, or a retry.
    Schedule,
    /// A person asked for one more, beside the schedule.
    Resend,
    /// A person tried the webhook.
    Test,
    /// What was missed is sent again: the schedule of a delivery that had ended, or never began, runs anew.
    Replay,
}

impl Trigger {
    /// Every trigger.
    pub const ALL: [Trigger; 4] = [Trigger::Schedule, Trigger::Resend, Trigger::Test, Trigger::Replay];

    /// Whether it is one more request beside the schedule, which it leaves as it is unless it succeeds.
    pub fn is_manual(self) -> bool {
        matches!(self, Trigger::Resend | Trigger::Test)
    }

    /// The name in the API and in stores.
    pub fn as_str(self) -> &'static str {
        match self {
            Trigger::Schedule => "schedule",
            Trigger::Resend => "resend",
            Trigger::Test => "test",
            Trigger::Replay => "replay",
        }
    }

    /// The trigger of that name.
    pub fn parse(name: &str) -> Option<Trigger> {
        Trigger::ALL.into_iter().find(|trigger| trigger.as_str() == name)
    }
}

/// A request that is due, with all that is needed to make it but the webhook itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueAttempt {
    /// The delivery.
    pub delivery_id: DeliveryId,
    /// Whose it is.
    pub workspace_id: WorkspaceId,
    /// Where it goes.
    pub webhook_id: WebhookId,
    /// The event.
    pub event_id: EventId,
    /// The event's type.
    pub event_type: String,
    /// The event's labels.
    pub channels: Vec<Channel>,
    /// The body.
    pub payload: Bytes,
    /// Why it is due.
    pub trigger: Trigger,
    /// When it was to be made.
    pub due_at: Timestamp,
    /// How many requests of this delivery's schedule were made before; of its present one, if it was replayed.
    pub scheduled_attempts: u32,
    /// How many requests of this delivery were made before, of any trigger.
    pub attempt_count: u32,
}

impl DueAttempt {
    /// The first request of a delivery of `event`, due when that was announced.
    pub fn first(event: &NewEvent, delivery: NewDelivery, trigger: Trigger) -> DueAttempt {
        DueAttempt {
            delivery_id: delivery.id,
            workspace_id: event.workspace_id,
            webhook_id: delivery.webhook_id,
            event_id: event.id.clone(),
            event_type: event.event_type.clone(),
            channels: event.channels.clone(),
            payload: event.payload.clone(),
            trigger,
            due_at: event.created_at,
            scheduled_attempts: 0,
            attempt_count: 0,
        }
    }
}

/// One HTTP request of a delivery, and what came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Attempt {
    /// Its id.
    pub id: AttemptId,
    /// Of which delivery.
    pub delivery_id: DeliveryId,
    /// To which webhook.
    pub webhook_id: WebhookId,
    /// The event.
    pub event_id: EventId,
    /// The event's type.
    pub event_type: String,
    /// Counts the delivery's requests from 1.
    pub number: u32,
    /// Why it was made.
    pub trigger: Trigger,
    /// When it was begun.
    pub started_at: Timestamp,
    /// What was sent and what came back.
    pub exchange: Exchange,
    /// How it ended.
    pub outcome: Outcome,
    /// When the delivery is tried again, as decided after this attempt.
    pub next_attempt_at: Option<Timestamp>,
}

/// What was sent and what came back.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Exchange {
    /// The URL as it was at that moment, without user-info.
    pub url: String,
    /// Request headers; values that are secrets are masked.
    pub request_headers: BTreeMap<String, String>,
    /// HTTP status, if an answer began.
    pub status: Option<u16>,
    /// Response headers, bounded in number and size.
    pub response_headers: Vec<(String, String)>,
    /// The beginning of the response body as text; what is not UTF-8 is replaced.
    pub response_body: String,
    /// Whether the response body went on beyond what was kept.
    pub response_truncated: bool,
    /// How long each phase took.
    pub timings: Timings,
}

/// How long each phase of a request took, in microseconds; `None` where there was none (a kept
/// connection has no DNS, connect and TLS phase).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Timings {
    /// Resolving the host name.
    pub dns_us: Option<u64>,
    /// Opening the TCP connection.
    pub connect_us: Option<u64>,
    /// The TLS handshake.
    pub tls_us: Option<u64>,
    /// From the request being handed over to the response's head.
    pub first_byte_us: Option<u64>,
    /// Reading the response's body.
    pub body_us: Option<u64>,
    /// Everything.
    pub total_us: u64,
}

impl Timings {
    /// A duration as it is kept.
    pub fn micros(duration: Duration) -> u64 {
        u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
    }
}

/// How a request ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "result")]
pub enum Outcome {
    /// The receiver took it: 2xx.
    Delivered,
    /// It did not.
    Failed {
        /// What kind of failure.
        kind: FailureKind,
        /// The same in words for the person who set the webhook up.
        message: String,
    },
}

impl Outcome {
    /// Whether the receiver took it.
    pub fn is_delivered(&self) -> bool {
        matches!(self, Outcome::Delivered)
    }
}

/// The kinds of failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// The receiver answered, but not with 2xx or 3xx.
    Status,
    /// The receiver answered 3xx. Redirects are never followed.
    Redirect,
    /// The receiver answered 410: it wants nothing more.
    Gone,
    /// The host name has no address.
    Dns,
    /// The address is not allowed.
    AddressNotAllowed,
    /// Nobody listens there.
    Refused,
    /// The connection broke.
    Reset,
    /// TLS failed: certificate or protocol.
    Tls,
    /// No answer in time.
    Timeout,
    /// The answer is larger than we read.
    TooLarge,
    /// The answer is not HTTP.
    Protocol,
    /// No access token could be had for the request.
    Auth,
    /// The proxy that requests go through did not let it through.
    Proxy,
}

/// What becomes of a delivery after an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Done: the receiver took it. Ends the schedule, whatever triggered the attempt.
    Delivered,
    /// Try again then.
    RetryAt(Timestamp),
    /// Failed for good.
    Failed,
    /// A manual attempt failed: the schedule, if there is one, goes on as if nothing had happened.
    ScheduleUnchanged,
}

impl Attempt {
    /// The workspace-independent facts of a due attempt that its record repeats.
    pub fn begun(id: AttemptId, due: &DueAttempt, started_at: Timestamp) -> Attempt {
        Attempt {
            id,
            delivery_id: due.delivery_id,
            webhook_id: due.webhook_id,
            event_id: due.event_id.clone(),
            event_type: due.event_type.clone(),
            number: due.attempt_count + 1,
            trigger: due.trigger,
            started_at,
            exchange: Exchange::default(),
            outcome: Outcome::Failed { kind: FailureKind::Protocol, message: "not sent".to_owned() },
            next_attempt_at: None,
        }
    }
}
