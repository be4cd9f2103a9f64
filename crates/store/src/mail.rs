//! Notices that are still to be told by e-mail.

use async_trait::async_trait;
use beckon_domain::event::{Event, EventId};
use beckon_domain::id::WorkspaceId;

use crate::Result;

/// The outbox. A notice gets in with [`crate::deliveries::FinishedAttempt::mail_notices`], in the same step as it
/// is announced, and out when it was told: at least once each.
#[async_trait]
pub trait MailStore {
    /// The oldest notices not told yet, at most `limit`.
    async fn list_unmailed(&self, limit: u32) -> Result<Vec<(WorkspaceId, Event)>>;
    /// Takes notices out: they were told, or cannot be. What is not there is passed over.
    async fn remove_mailed(&self, told: &[(WorkspaceId, EventId)]) -> Result<()>;
}
