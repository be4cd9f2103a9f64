//! Workspaces and their keys.

mod known;

use async_trait::async_trait;
use beckon_domain::id::{ApiKeyId, WorkspaceId, WriteKeyId};
use beckon_domain::key::{ApiKey, Workspace, WriteKey, WriteKeyKind};
use beckon_store::keys::KeyHash;
use beckon_store::{KeyStore, Page, PageRequest, Result, StoreError};
use jiff::Timestamp;
use rusqlite::{Row, params};
use uuid::Uuid;

use crate::SqliteStore;
use crate::columns::Columns;
use crate::paging::{List, begin, cut, rows_wanted};

pub(crate) use known::KnownKeys;

#[async_trait]
impl KeyStore for SqliteStore {
    async fn create_workspace(&self, workspace: &Workspace) -> Result<()> {
        let workspace = workspace.clone();
        self.write("creating a workspace", move |write| {
            write.run_unique(
                "INSERT INTO workspace (id, name, created_at, config_version) VALUES (?1, ?2, ?3, 1)",
                params![workspace.id.uuid(), workspace.name, workspace.created_at.as_millisecond()],
                "a workspace of that id",
            )?;
            write.config_version_is(workspace.id, 1);
            Ok(())
        })
        .await
    }

    async fn list_workspaces(&self) -> Result<Vec<Workspace>> {
        self.read("listing workspaces", |sql| {
            sql.list("SELECT id, name, created_at FROM workspace ORDER BY created_at, id", [], |row| {
                let mut columns = Columns::of("workspace", row);
                Ok(Workspace { id: columns.id()?, name: columns.value()?, created_at: columns.time()? })
            })
        })
        .await
    }

    async fn create_api_key(&self, key: &ApiKey, hash: KeyHash) -> Result<()> {
        let key = key.clone();
        self.write("creating an API key", move |write| {
            check_workspace(write, key.workspace_id)?;
            write.keys_changed();
            write
                .run_unique(
                    "INSERT INTO api_key (id, workspace_id, hash, name, hint, created_at, revoked_at)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                    params![
                        key.id.uuid(),
                        key.workspace_id.uuid(),
                        hash.as_slice(),
                        key.name,
                        key.hint,
                        key.created_at.as_millisecond(),
                        key.revoked_at.map(Timestamp::as_millisecond),
                    ],
                    "such an API key",
                )
                .map(drop)
        })
        .await
    }

    async fn find_api_key(&self, hash: KeyHash) -> Result<Option<ApiKey>> {
        if let Some(known) = self.keys.api_key(&hash) {
            return Ok(Some(known));
        }
        let epoch = self.keys.epoch();
        let found = self.read("finding an API key", move |sql| {
            sql.find(
                "SELECT id, workspace_id, name, hint, created_at, revoked_at FROM api_key WHERE hash = ?1",
                params![hash.as_slice()],
                api_key,
            )
        });
        let found = found.await?;
        if let Some(key) = &found {
            self.keys.remember_api_key(epoch, hash, key);
        }
        Ok(found)
    }

    async fn list_api_keys(&self, workspace: WorkspaceId, page: PageRequest) -> Result<Page<ApiKey>> {
        self.read("listing API keys", move |sql| {
            let before = begin(List::ApiKeys, &page)?.unwrap_or(Uuid::max());
            let rows = sql.list(
                "SELECT id, workspace_id, name, hint, created_at, revoked_at FROM api_key
                 WHERE workspace_id = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3",
                params![workspace.uuid(), before, rows_wanted(&page)],
                |row| api_key(row).map(|key| (key.id.uuid(), key)),
            )?;
            Ok(cut(List::ApiKeys, &page, rows))
        })
        .await
    }

    async fn revoke_api_key(&self, workspace: WorkspaceId, id: ApiKeyId, at: Timestamp) -> Result<ApiKey> {
        self.write("revoking an API key", move |write| {
            write.keys_changed();
            write
                .find(
                    "UPDATE api_key SET revoked_at = coalesce(revoked_at, ?3) WHERE id = ?1 AND workspace_id = ?2
                     RETURNING id, workspace_id, name, hint, created_at, revoked_at",
                    params![id.uuid(), workspace.uuid(), at.as_millisecond()],
                    api_key,
                )?
                .ok_or(StoreError::NotFound("API key"))
        })
        .await
    }

    async fn create_write_key(&self, key: &WriteKey) -> Result<()> {
        let key = key.clone();
        self.write("creating a write key", move |write| {
            check_workspace(write, key.workspace_id)?;
            write.keys_changed();
            write
                .run_unique(
                    "INSERT INTO write_key (id, workspace_id, key, name, created_at, revoked_at, server)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                    params![
                        key.id.uuid(),
                        key.workspace_id.uuid(),
                        key.key,
                        key.name,
                        key.created_at.as_millisecond(),
                        key.revoked_at.map(Timestamp::as_millisecond),
                        key.kind == WriteKeyKind::Server,
                    ],
                    "such a write key",
                )
                .map(drop)
        })
        .await
    }

    async fn find_write_key(&self, key: &str) -> Result<Option<WriteKey>> {
        if let Some(known) = self.keys.write_key(key) {
            return Ok(Some(known));
        }
        let (epoch, text) = (self.keys.epoch(), key.to_owned());
        let found = self.read("finding a write key", move |sql| {
            sql.find(
                "SELECT id, workspace_id, name, key, created_at, revoked_at, server FROM write_key WHERE key = ?1",
                params![text],
                write_key,
            )
        });
        let found = found.await?;
        if let Some(key) = &found {
            self.keys.remember_write_key(epoch, key);
        }
        Ok(found)
    }

    async fn list_write_keys(&self, workspace: WorkspaceId, page: PageRequest) -> Result<Page<WriteKey>> {
        self.read("listing write keys", move |sql| {
            let before = begin(List::WriteKeys, &page)?.unwrap_or(Uuid::max());
            let rows = sql.list(
                "SELECT id, workspace_id, name, key, created_at, revoked_at, server FROM write_key
                 WHERE workspace_id = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3",
                params![workspace.uuid(), before, rows_wanted(&page)],
                |row| write_key(row).map(|key| (key.id.uuid(), key)),
            )?;
            Ok(cut(List::WriteKeys, &page, rows))
        })
        .await
    }

    async fn revoke_write_key(&self, workspace: WorkspaceId, id: WriteKeyId, at: Timestamp) -> Result<WriteKey> {
        self.write("revoking a write key", move |write| {
            write.keys_changed();
            write
                .find(
                    "UPDATE write_key SET revoked_at = coalesce(revoked_at, ?3) WHERE id = ?1 AND workspace_id = ?2
                     RETURNING id, workspace_id, name, key, created_at, revoked_at, server",
                    params![id.uuid(), workspace.uuid(), at.as_millisecond()],
                    write_key,
                )?
                .ok_or(StoreError::NotFound("write key"))
        })
        .await
    }
}

/// `NotFound` if there is no such workspace.
pub(crate) fn check_workspace(sql: &crate::sql::Sql<'_>, workspace: WorkspaceId) -> Result<()> {
    let there = sql.has("SELECT 1 FROM workspace WHERE id = ?1", params![workspace.uuid()])?;
    there.then_some(()).ok_or(StoreError::NotFound("workspace"))
}

fn api_key(row: &Row<'_>) -> Result<ApiKey> {
    let mut columns = Columns::of("API key", row);
    Ok(ApiKey {
        id: columns.id()?,
        workspace_id: columns.id()?,
        name: columns.value()?,
        hint: columns.value()?,
        created_at: columns.time()?,
        revoked_at: columns.maybe_time()?,
    })
}

fn write_key(row: &Row<'_>) -> Result<WriteKey> {
    let mut columns = Columns::of("write key", row);
    Ok(WriteKey {
        id: columns.id()?,
        workspace_id: columns.id()?,
        name: columns.value()?,
        key: columns.value()?,
        created_at: columns.time()?,
        revoked_at: columns.maybe_time()?,
        kind: if columns.value()? { WriteKeyKind::Server } else { WriteKeyKind::Browser },
    })
}
