//! Who gets the mails of a workspace, beside those the operator has configured.

use async_trait::async_trait;
use beckon_domain::email::Email;
use beckon_domain::id::WorkspaceId;
use beckon_store::{ConfigCache, Result};

/// Knows who gets the mails of a workspace.
#[async_trait]
pub trait Recipients: Send + Sync {
    /// Their addresses, as they are set now.
    async fn mail_to(&self, workspace: WorkspaceId) -> Result<Vec<Email>>;
}

#[async_trait]
impl Recipients for ConfigCache {
    async fn mail_to(&self, workspace: WorkspaceId) -> Result<Vec<Email>> {
        Ok(self.get(workspace).await?.settings.notices.mail_to.clone())
    }
}
