//! The audit log.

use async_trait::async_trait;
use beckon_domain::audit::AuditEntry;
use beckon_domain::id::WorkspaceId;

use crate::{Page, PageRequest, Result};

/// Which changes. All conditions hold together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Only to this.
    pub subject: Option<String>,
    /// Only actions that begin with this, such as `webhook.`.
    pub action: Option<String>,
}

/// Keeping and reading the audit log.
#[async_trait]
pub trait AuditStore {
    /// Appends an entry. Before and after are sealed: they show whom things are about.
    async fn record_audit(&self, entry: &AuditEntry) -> Result<()>;
    /// Entries, newest first.
    async fn list_audit(
        &self,
        workspace: WorkspaceId,
        filter: &AuditFilter,
        page: PageRequest,
    ) -> Result<Page<AuditEntry>>;
}
