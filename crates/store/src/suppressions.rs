//! The suppression list. The signal pipeline looks into it with [`crate::IntakeStore::read_intake`].

use async_trait::async_trait;
use beckon_domain::id::{SuppressionId, WorkspaceId};
use beckon_domain::suppression::Suppression;

use crate::{Page, PageRequest, Result};

/// Reading and changing the suppression list.
#[async_trait]
pub trait SuppressionStore {
    /// Puts entries on the list; says how many were not on it before. What is on it stays as it is.
    async fn add_suppressions(&self, workspace: WorkspaceId, entries: Vec<Suppression>) -> Result<u32>;
    /// The entries, newest first.
    async fn list_suppressions(&self, workspace: WorkspaceId, page: PageRequest) -> Result<Page<Suppression>>;
    /// Takes an entry off the list.
    async fn delete_suppression(&self, workspace: WorkspaceId, id: SuppressionId) -> Result<Suppression>;
}
