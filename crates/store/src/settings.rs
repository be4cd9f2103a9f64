//! The settings of a workspace, and forgetting what is older than they say.

use async_trait::async_trait;
use beckon_domain::id::WorkspaceId;
use beckon_domain::settings::WorkspaceSettings;
use jiff::Timestamp;

use crate::Result;

/// What is kept for a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Perishable {
    /// Signals, page views and interests.
    Signals,
    /// Events whose deliveries have all ended, with their deliveries and attempts.
    Events,
    /// The audit log.
    Audit,
    /// Figures.
    Tallies,
}

/// Settings. They are part of the set-up ([`crate::WorkspaceConfig`]).
#[async_trait]
pub trait SettingsStore {
    /// Replaces the name and settings of a workspace. Counts up the config version.
    async fn update_settings(&self, workspace: WorkspaceId, name: &str, settings: &WorkspaceSettings) -> Result<()>;
    /// Removes the oldest of what is older than `before`, at most `limit` rows of its log, in short steps that hold up no
    /// other write for long. Gives back how many went; fewer than `limit` means that the way through the log is at its
    /// end: what was passed over on it, because something of it still waited, is looked at anew on the next.
    async fn forget(&self, workspace: WorkspaceId, what: Perishable, before: Timestamp, limit: u32) -> Result<u32>;
}
