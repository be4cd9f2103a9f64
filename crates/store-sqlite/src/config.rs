//! What workspaces have set up, and the versions of it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use async_trait::async_trait;
use beckon_domain::id::WorkspaceId;
use beckon_store::config::ConfigVersion;
use beckon_store::{ConfigStore, Result, StoreError, WorkspaceConfig};
use rusqlite::{Connection, Row, params};
use uuid::Uuid;

use crate::SqliteStore;
use crate::columns::Columns;
use crate::lists::named_list;
use crate::segments::{event_type, segment};
use crate::settings::read_settings;
use crate::sql::Sql;
use crate::webhooks::webhook;

/// The config version of every workspace, as of the last commit.
pub(crate) struct Versions {
    known: RwLock<HashMap<WorkspaceId, ConfigVersion>>,
    epoch: AtomicU64,
}

impl Versions {
    /// Reads all versions from the database.
    pub(crate) fn load(connection: &Connection) -> std::result::Result<Versions, rusqlite::Error> {
        let mut statement = connection.prepare("SELECT id, config_version FROM workspace")?;
        let rows = statement.query_map([], |row| Ok((WorkspaceId::from(row.get::<_, Uuid>(0)?), row.get(1)?)))?;
        let known = rows.collect::<std::result::Result<_, rusqlite::Error>>()?;
        Ok(Versions { known: RwLock::new(known), epoch: AtomicU64::new(0) })
    }

    /// Takes over what was committed. Versions only grow.
    pub(crate) fn advance(&self, committed: Vec<(WorkspaceId, ConfigVersion)>) {
        if committed.is_empty() {
            return;
        }
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        for (workspace, version) in committed {
            let kept = known.entry(workspace).or_insert(version);
            *kept = version.max(*kept);
        }
        drop(known);
        self.epoch.fetch_add(1, Ordering::Release);
    }
}

#[async_trait]
impl ConfigStore for SqliteStore {
    async fn load_config(&self, workspace: WorkspaceId) -> Result<WorkspaceConfig> {
        self.read("reading what is set up", move |sql| load(sql, workspace)).await
    }

    fn config_version(&self, workspace: WorkspaceId) -> ConfigVersion {
        let known = self.versions.known.read().unwrap_or_else(PoisonError::into_inner);
        known.get(&workspace).copied().unwrap_or(0)
    }

    fn config_epoch(&self) -> u64 {
        self.versions.epoch.load(Ordering::Acquire)
    }

    async fn check_writable(&self) -> Result<()> {
        self.write("checking that it can be written", |write| {
            write.run("UPDATE probe SET writes = writes + 1 WHERE id = 1", []).map(drop)
        })
        .await
    }
}

/// A row that cannot be read is left out, so that the rest of the workspace goes on.
fn load(sql: &Sql<'_>, workspace: WorkspaceId) -> Result<WorkspaceConfig> {
    let found = sql.find(
        "SELECT config_version, name, settings FROM workspace WHERE id = ?1",
        params![workspace.uuid()],
        |row| {
            let mut columns = Columns::of("workspace", row);
            let (version, name, settings): (_, _, String) = (columns.value()?, columns.value()?, columns.value()?);
            Ok((version, name, read_settings(workspace, &settings)))
        },
    )?;
    let (version, name, settings) = found.ok_or(StoreError::NotFound("workspace"))?;
    let webhooks = readable(
        sql,
        workspace,
        "SELECT id, doc, sealed FROM webhook WHERE workspace_id = ?1 AND deleted_at IS NULL ORDER BY id",
        |row| webhook(sql, row),
    )?;
    let segments = readable(
        sql,
        workspace,
        "SELECT doc FROM segment WHERE workspace_id = ?1 AND deleted_at IS NULL ORDER BY id",
        segment,
    )?;
    let event_types =
        readable(sql, workspace, "SELECT doc FROM event_type WHERE workspace_id = ?1 ORDER BY name", event_type)?;
    let lists = sql.list(
        "SELECT id, subject, name, created_at, updated_at FROM list WHERE workspace_id = ?1 ORDER BY id",
        params![workspace.uuid()],
        |row| named_list(&mut Columns::of("list", row)),
    )?;
    Ok(WorkspaceConfig {
        workspace_id: workspace,
        name,
        settings,
        version,
        webhooks: webhooks.into_iter().map(Arc::new).collect(),
        segments,
        event_types,
        lists,
    })
}

fn readable<T>(
    sql: &Sql<'_>,
    workspace: WorkspaceId,
    text: &str,
    read: impl Fn(&Row<'_>) -> Result<T>,
) -> Result<Vec<T>> {
    let rows = sql.list(text, params![workspace.uuid()], |row| match read(row) {
        Err(error @ StoreError::Corrupt { .. }) => {
            tracing::error!(%workspace, error = &error as &dyn std::error::Error, "left out of what is set up");
            Ok(None)
        }
        row => row.map(Some),
    })?;
    Ok(rows.into_iter().flatten().collect())
}
