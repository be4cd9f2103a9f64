//! The suppression list.

use async_trait::async_trait;
use beckon_domain::id::{SuppressionId, WorkspaceId};
use beckon_domain::suppression::{SuppressedKind, Suppression, SuppressionHash};
use beckon_store::{Page, PageRequest, Result, StoreError, SuppressionStore};
use rusqlite::{Row, params};
use uuid::Uuid;

use crate::SqliteStore;
use crate::columns::{Columns, corrupt};
use crate::paging::{List, begin, cut, rows_wanted};
use crate::sql::Sql;

const COLUMNS: &str = "id, kind, hash, value, created_at";

#[async_trait]
impl SuppressionStore for SqliteStore {
    async fn add_suppressions(&self, workspace: WorkspaceId, entries: Vec<Suppression>) -> Result<u32> {
        self.write("adding to the suppression list", move |write| {
            let mut added = 0;
            for entry in &entries {
                added += write.run(
                    "INSERT INTO suppression (workspace_id, hash, id, kind, value, created_at)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (workspace_id, hash) DO NOTHING",
                    params![
                        workspace.uuid(),
                        entry.hash.as_bytes(),
                        entry.id.uuid(),
                        entry.kind == SuppressedKind::UserId,
                        entry.value,
                        entry.created_at.as_millisecond(),
                    ],
                )?;
            }
            Ok(u32::try_from(added).unwrap_or(u32::MAX))
        })
        .await
    }

    async fn list_suppressions(&self, workspace: WorkspaceId, page: PageRequest) -> Result<Page<Suppression>> {
        self.read("listing the suppression list", move |sql| {
            let before = begin(List::Suppressions, &page)?.unwrap_or(Uuid::max());
            let text = format!(
                "SELECT {COLUMNS} FROM suppression INDEXED BY suppression_by_id
                 WHERE workspace_id = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3"
            );
            let rows = sql.list(&text, params![workspace.uuid(), before, rows_wanted(&page)], |row| {
                read(row).map(|entry| (entry.id.uuid(), entry))
            })?;
            Ok(cut(List::Suppressions, &page, rows))
        })
        .await
    }

    async fn delete_suppression(&self, workspace: WorkspaceId, id: SuppressionId) -> Result<Suppression> {
        self.write("taking somebody off the suppression list", move |write| {
            let text = format!("DELETE FROM suppression WHERE workspace_id = ?1 AND id = ?2 RETURNING {COLUMNS}");
            write
                .find(&text, params![workspace.uuid(), id.uuid()], read)?
                .ok_or(StoreError::NotFound("entry of the suppression list"))
        })
        .await
    }
}

/// Whether something is on the list.
pub(crate) fn has(sql: &Sql<'_>, workspace: Uuid, hash: SuppressionHash) -> Result<bool> {
    sql.has("SELECT 1 FROM suppression WHERE workspace_id = ?1 AND hash = ?2", params![workspace, hash.as_bytes()])
}

fn read(row: &Row<'_>) -> Result<Suppression> {
    let mut columns = Columns::of("entry of the suppression list", row);
    Ok(Suppression {
        id: columns.id()?,
        kind: if columns.value()? { SuppressedKind::UserId } else { SuppressedKind::Email },
        hash: {
            let bytes: Vec<u8> = columns.value()?;
            SuppressionHash::from_bytes(&bytes)
                .ok_or_else(|| corrupt("entry of the suppression list", "its hash is none"))?
        },
        value: columns.value()?,
        created_at: columns.time()?,
    })
}
