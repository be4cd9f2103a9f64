//! The outbox of notices that are still to be told by e-mail.

use async_trait::async_trait;
use beckon_domain::event::{Event, EventId};
use beckon_domain::id::WorkspaceId;
use beckon_store::{MailStore, Result, StoreError};
use rusqlite::params;

use crate::SqliteStore;
use crate::columns::Columns;
use crate::events;
use crate::sql::Sql;
use crate::writer::Write;

#[async_trait]
impl MailStore for SqliteStore {
    async fn list_unmailed(&self, limit: u32) -> Result<Vec<(WorkspaceId, Event)>> {
        let found = self.read("listing notices to mail", move |sql| list(sql, limit)).await?;
        if !found.unreadable.is_empty() {
            self.write("setting aside what cannot be read", move |write| set_aside(write, &found.unreadable)).await?;
        }
        Ok(found.notices)
    }

    async fn remove_mailed(&self, told: &[(WorkspaceId, EventId)]) -> Result<()> {
        let told = told.to_vec();
        self.write("taking mailed notices out", move |write| {
            for (workspace, event) in &told {
                write.run(
                    "DELETE FROM unmailed WHERE event = (SELECT seq FROM event WHERE workspace_id = ?1 AND id = ?2)",
                    params![workspace.uuid(), event.as_str()],
                )?;
            }
            Ok(())
        })
        .await
    }
}

/// What waits in the outbox, and the keys of rows that cannot be read.
#[derive(Default)]
struct Found {
    notices: Vec<(WorkspaceId, Event)>,
    unreadable: Vec<i64>,
}

fn list(sql: &Sql<'_>, limit: u32) -> Result<Found> {
    let waiting = sql.list("SELECT seq, event FROM unmailed ORDER BY seq LIMIT ?1", params![limit], |row| {
        let mut columns = Columns::of("notice to mail", row);
        Ok((columns.value::<i64>()?, columns.value::<i64>()?))
    })?;
    let mut found = Found::default();
    for (seq, event) in waiting {
        match events::get_by_seq(sql, event) {
            Ok(notice) => found.notices.push(notice),
            Err(StoreError::Corrupt { .. } | StoreError::NotFound(_)) => found.unreadable.push(seq),
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

fn set_aside(write: &Write<'_>, rows: &[i64]) -> Result<()> {
    for seq in rows {
        tracing::error!(seq, "a notice that was to be mailed cannot be read and is set aside");
        write.run("DELETE FROM unmailed WHERE seq = ?1", params![seq])?;
    }
    Ok(())
}

/// Puts an announced notice in the outbox.
pub(crate) fn put_unmailed(write: &Write<'_>, workspace: WorkspaceId, event: &EventId) -> Result<()> {
    write
        .run(
            "INSERT INTO unmailed (event) SELECT seq FROM event WHERE workspace_id = ?1 AND id = ?2",
            params![workspace.uuid(), event.as_str()],
        )
        .map(drop)
}
