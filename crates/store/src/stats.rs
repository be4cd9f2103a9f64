//! Figures, counted as things happen, so that no page counts rows.

use std::collections::HashMap;

use async_trait::async_trait;
use beckon_domain::id::{SegmentId, WebhookId, WorkspaceId};
use jiff::Timestamp;

use crate::Result;

/// What is counted, by the hour. Test events and their deliveries never are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Measure {
    /// Signals taken. Of the workspace.
    Signals,
    /// Signals that were taken for a bot's; they are among the signals. Of the workspace.
    BotSignals,
    /// Events announced, notices too. Of the workspace.
    Events,
    /// Attempts that succeeded, in the hour they began. Of a webhook.
    AttemptsSucceeded,
    /// Attempts that failed, in the hour they began. Of a webhook.
    AttemptsFailed,
    /// Deliveries delivered, in the hour of the attempt that did it. Of a webhook.
    Delivered,
    /// Deliveries given up, in the hour of the last attempt. Of a webhook.
    Failed,
    /// Deliveries delivered by a scheduled attempt, by how long after their event that ended: a bucket of
    /// [`beckon_domain::histogram`]. Of a webhook.
    TimeToDeliver(u8),
    /// Attempts that got an answer, by how long that took: a bucket. Of a webhook.
    ResponseTime(u8),
}

/// So many in an hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// The beginning of the hour (UTC).
    pub hour: Timestamp,
    /// Of what.
    pub measure: Measure,
    /// How many; never 0.
    pub count: u64,
}

/// Whose figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TalliesOf {
    /// The workspace's, with the sums over all its webhooks, deleted ones too.
    Workspace,
    /// One webhook's.
    Webhook(WebhookId),
}

/// Reading the figures.
#[async_trait]
pub trait StatsStore {
    /// The figures of the hours that begin at or after `since` and before `until`, in no particular order.
    async fn list_tallies(
        &self,
        workspace: WorkspaceId,
        of: TalliesOf,
        since: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<Tally>>;
    /// How many attempts of each of these webhooks succeeded and failed, by the hour: what [`StatsStore::list_tallies`] says of each,
    /// without all else. A webhook that made none is not in the answer.
    async fn list_attempt_tallies(
        &self,
        workspace: WorkspaceId,
        webhooks: &[WebhookId],
        since: Timestamp,
        until: Timestamp,
    ) -> Result<HashMap<WebhookId, Vec<Tally>>>;
    /// When each webhook that ever had a delivery had its last one made (test events too).
    async fn list_last_deliveries(&self, workspace: WorkspaceId) -> Result<Vec<(WebhookId, Timestamp)>>;
    /// When each segment that ever fired did so last.
    async fn list_last_firings(&self, workspace: WorkspaceId) -> Result<Vec<(SegmentId, Timestamp)>>;
    /// A number that changes whenever anything of the workspace that a page may show was committed in this process:
    /// signals, events, deliveries, attempts, set-up. Cheap enough to ask every second for every open page.
    fn activity(&self, workspace: WorkspaceId) -> u64;
}
