//! The name and settings of a workspace, and where forgetting begins.

use async_trait::async_trait;
use beckon_domain::id::WorkspaceId;
use beckon_domain::settings::{Retention, WorkspaceSettings};
use beckon_store::settings::Perishable;
use beckon_store::{Result, SettingsStore, StoreError};
use jiff::Timestamp;
use rusqlite::params;

use crate::columns::doc;
use crate::{SqliteStore, forget};

#[async_trait]
impl SettingsStore for SqliteStore {
    async fn update_settings(&self, workspace: WorkspaceId, name: &str, settings: &WorkspaceSettings) -> Result<()> {
        let doing = "changing the settings";
        let (name, settings) = (name.to_owned(), doc(doing, settings)?);
        self.write(doing, move |write| {
            let changed = write.run(
                "UPDATE workspace SET name = ?2, settings = ?3 WHERE id = ?1",
                params![workspace.uuid(), name, settings],
            )?;
            if changed == 0 {
                return Err(StoreError::NotFound("workspace"));
            }
            write.config_changed(workspace)
        })
        .await
    }

    async fn forget(&self, workspace: WorkspaceId, what: Perishable, before: Timestamp, limit: u32) -> Result<u32> {
        match what {
            Perishable::Signals => forget::signals(self, workspace, before, limit).await,
            Perishable::Events => forget::events(self, workspace, before, limit).await,
            Perishable::Audit => forget::audit(self, workspace, before, limit).await,
            Perishable::Tallies => forget::tallies(self, workspace, before, limit).await,
        }
    }
}

/// Settings as they are kept. What cannot be read must not stop the workspace, nor have anything forgotten.
pub(crate) fn read_settings(workspace: WorkspaceId, text: &str) -> WorkspaceSettings {
    serde_json::from_str(text).unwrap_or_else(|error| {
        tracing::error!(%workspace, %error, "the settings cannot be read: those of a new workspace are used, and everything is kept");
        let for_ever = Retention { signals_days: None, events_days: None, audit_days: None };
        WorkspaceSettings { retention: for_ever, ..WorkspaceSettings::default() }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_cannot_be_read_have_nothing_forgotten() {
        let workspace = WorkspaceId::from(uuid::Uuid::nil());
        assert_eq!(read_settings(workspace, "{}"), WorkspaceSettings::default());
        let kept = read_settings(workspace, "{\"retention\": 7}").retention;
        assert_eq!((kept.signals_days, kept.events_days, kept.audit_days), (None, None, None));
    }
}
