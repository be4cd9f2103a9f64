//! How webhooks' receivers have been doing: a row for each that is not well.

use beckon_domain::health::Health;
use beckon_domain::id::{WebhookId, WorkspaceId};
use beckon_store::{Result, StoreError};
use rusqlite::params;

use crate::columns::{Columns, doc};
use crate::sql::Sql;
use crate::writer::Write;

/// See [`beckon_store::WebhookStore::get_webhook_health`].
pub(crate) fn get_health(sql: &Sql<'_>, workspace: WorkspaceId, id: WebhookId) -> Result<Health> {
    let found = sql.find(
        "SELECT h.doc FROM webhook w LEFT JOIN webhook_health h ON h.webhook_id = w.id
         WHERE w.id = ?1 AND w.workspace_id = ?2",
        params![id.uuid(), workspace.uuid()],
        |row| Ok(Columns::of("webhook's health", row).value::<Option<String>>()?.map(|doc| read(&doc))),
    )?;
    Ok(found.ok_or(StoreError::NotFound("webhook"))?.unwrap_or_default())
}

/// See [`beckon_store::WebhookStore::list_unwell_webhooks`].
pub(crate) fn list_unwell(sql: &Sql<'_>) -> Result<Vec<(WorkspaceId, WebhookId, Health)>> {
    sql.list("SELECT workspace_id, webhook_id, doc FROM webhook_health", [], |row| {
        let mut columns = Columns::of("webhook's health", row);
        Ok((columns.id()?, columns.id()?, read(&columns.value::<String>()?)))
    })
}

/// One that cannot be read is as good as none: the receiver will show again how it does.
fn read(doc: &str) -> Health {
    serde_json::from_str(doc).unwrap_or_else(|error| {
        tracing::error!(%error, "a webhook's health cannot be read; it begins anew");
        Health::default()
    })
}

/// Stores how a webhook's receiver is doing.
pub(crate) fn put_health(write: &Write<'_>, workspace: WorkspaceId, id: WebhookId, health: &Health) -> Result<()> {
    if health.is_well() {
        return forget_health(write, id);
    }
    write
        .run(
            "INSERT INTO webhook_health (webhook_id, workspace_id, doc) VALUES (?1, ?2, ?3)
             ON CONFLICT (webhook_id) DO UPDATE SET doc = excluded.doc",
            params![id.uuid(), workspace.uuid(), doc(write.doing, health)?],
        )
        .map(drop)
}

/// Forgets how a webhook's receiver was doing.
pub(crate) fn forget_health(write: &Write<'_>, id: WebhookId) -> Result<()> {
    write.run("DELETE FROM webhook_health WHERE webhook_id = ?1", params![id.uuid()]).map(drop)
}
