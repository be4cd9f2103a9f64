//! Work in the background that makes deliveries due again: what was missed is sent once more.
//!
//! A job goes through what it is about from the oldest on, a bounded part at a time. Each part and the note of
//! how far the job has come are one step of the store, so that a job that was cut off goes on where it stopped,
//! and makes nothing due twice.
//! Not here: the steps (`beckon-store`), and when they are taken (`beckon-delivery`).

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::channel::Channel;
use crate::delivery::DeliveryStatus;
use crate::event::EventId;
use crate::id::{JobId, WebhookId, WorkspaceId};

/// Most jobs of a workspace that may run at once.
pub const RUNNING_JOBS_MAX: usize = 20;

/// A piece of work in the background.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// Whose it is.
    pub workspace_id: WorkspaceId,
    /// What it does.
    pub kind: JobKind,
    /// How it stands.
    pub status: JobStatus,
    /// Why it failed, in words.
    pub error: Option<String>,
    /// How many deliveries or events it will look at, as counted when it began.
    pub total: u64,
    /// How many it has looked at.
    pub examined: u64,
    /// How many requests it made due.
    pub replayed: u64,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it last came further.
    pub updated_at: Timestamp,
}

/// What a job does. Bounds in time are `since` (included) and `until` (excluded; when the job was asked for, if
/// nobody said).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum JobKind {
    /// Replays what a webhook did not take: its deliveries that failed, or were canceled because it was disabled.
    Recover {
        /// The webhook.
        webhook_id: WebhookId,
        /// Owed at or after this.
        since: Timestamp,
        /// Owed before this.
        until: Timestamp,
    },
    /// Replays what a webhook never had: events that it would get today and that have no delivery to it.
    ReplayMissing {
        /// The webhook.
        webhook_id: WebhookId,
        /// Announced at or after this.
        since: Timestamp,
        /// Announced before this.
        until: Timestamp,
    },
    /// Replays all deliveries that fit. Those that still wait are left alone, and those of webhooks that are
    /// disabled or deleted.
    Replay(ReplayFilter),
}

impl JobKind {
    /// The webhook it is about, if it is about one.
    pub fn webhook_id(&self) -> Option<WebhookId> {
        match self {
            JobKind::Recover { webhook_id, .. } | JobKind::ReplayMissing { webhook_id, .. } => Some(*webhook_id),
            JobKind::Replay(filter) => filter.webhook_id,
        }
    }
}

/// Which deliveries. All conditions hold together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplayFilter {
    /// Only to this webhook.
    pub webhook_id: Option<WebhookId>,
    /// Only of this event.
    pub event_id: Option<EventId>,
    /// Only with this status.
    pub status: Option<DeliveryStatus>,
    /// Only of this event type.
    pub event_type: Option<String>,
    /// Only of events with this label.
    pub channel: Option<Channel>,
    /// Only owed at or after this moment.
    pub since: Option<Timestamp>,
    /// Only owed before this moment.
    pub until: Timestamp,
}

/// How a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobStatus {
    /// Under way.
    Running,
    /// Everything it is about was made due. (Whether it arrives, the deliveries show.)
    Done,
    /// Ended by a person; what it made due stays due.
    Canceled,
    /// It cannot go on.
    Failed,
}

impl JobStatus {
    /// Every status.
    pub const ALL: [JobStatus; 4] = [JobStatus::Running, JobStatus::Done, JobStatus::Canceled, JobStatus::Failed];

    /// The name in the API and in stores.
    pub fn as_str(self) -> &'static str {
        match self {
            JobStatus::Running => "running",
            JobStatus::Done => "done",
            JobStatus::Canceled => "canceled",
            JobStatus::Failed => "failed",
        }
    }

    /// The status of that name.
    pub fn parse(name: &str) -> Option<JobStatus> {
        JobStatus::ALL.into_iter().find(|status| status.as_str() == name)
    }
}
