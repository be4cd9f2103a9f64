//! Webhooks, with their secrets sealed, and their health.

use async_trait::async_trait;
use beckon_domain::health::Health;
use beckon_domain::id::{WebhookId, WorkspaceId};
use beckon_domain::webhook::{Kept, Webhook};
use beckon_store::{Page, PageRequest, Result, StoreError, WebhookStore};
use jiff::Timestamp;
use rusqlite::{Row, params};
use uuid::Uuid;

use crate::SqliteStore;
use crate::columns::{Columns, corrupt};
use crate::health::{forget_health, get_health, list_unwell};
use crate::paging::{List, begin, cut, rows_wanted};
use crate::queue::{cancel_waiting, put_in_lanes, put_in_order};
use crate::sql::Sql;
use crate::writer::Write;

#[async_trait]
impl WebhookStore for SqliteStore {
    async fn create_webhook(&self, webhook: &Webhook) -> Result<()> {
        let webhook = webhook.clone();
        self.write("creating a webhook", move |write| {
            write.config_changed(webhook.workspace_id)?;
            let (open, sealed) = kept(write, &webhook)?;
            write
                .run_unique(
                    "INSERT INTO webhook (id, workspace_id, revision, enabled, fifo, deleted_at, doc, sealed)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                    params![
                        webhook.id.uuid(),
                        webhook.workspace_id.uuid(),
                        webhook.revision,
                        webhook.enabled,
                        webhook.fifo,
                        webhook.deleted_at.map(Timestamp::as_millisecond),
                        open,
                        sealed,
                    ],
                    "a webhook of that id",
                )
                .map(drop)
        })
        .await
    }

    async fn get_webhook(&self, workspace: WorkspaceId, id: WebhookId) -> Result<Webhook> {
        self.read("reading a webhook", move |sql| get(sql, workspace, id)).await
    }

    async fn list_webhooks(&self, workspace: WorkspaceId, page: PageRequest) -> Result<Page<Webhook>> {
        self.read("listing webhooks", move |sql| {
            let before = begin(List::Webhooks, &page)?.unwrap_or(Uuid::max());
            let rows = sql.list(
                "SELECT id, doc, sealed FROM webhook
                 WHERE workspace_id = ?1 AND deleted_at IS NULL AND id < ?2 ORDER BY id DESC LIMIT ?3",
                params![workspace.uuid(), before, rows_wanted(&page)],
                |row| {
                    let webhook = webhook(sql, row)?;
                    Ok((webhook.id.uuid(), webhook))
                },
            )?;
            Ok(cut(List::Webhooks, &page, rows))
        })
        .await
    }

    async fn update_webhook(&self, webhook: &Webhook) -> Result<Webhook> {
        let webhook = webhook.clone();
        self.write("changing a webhook", move |write| update(write, webhook)).await
    }

    async fn delete_webhook(&self, workspace: WorkspaceId, id: WebhookId, at: Timestamp) -> Result<()> {
        self.write("deleting a webhook", move |write| {
            let webhook = get(write, workspace, id)?;
            if webhook.deleted_at.is_some() {
                return Err(StoreError::NotFound("webhook"));
            }
            update(write, Webhook { deleted_at: Some(at), updated_at: at, ..webhook }).map(drop)
        })
        .await
    }

    async fn get_webhook_health(&self, workspace: WorkspaceId, id: WebhookId) -> Result<Health> {
        self.read("reading a webhook's health", move |sql| get_health(sql, workspace, id)).await
    }

    async fn list_unwell_webhooks(&self) -> Result<Vec<(WorkspaceId, WebhookId, Health)>> {
        self.read("listing unwell webhooks", list_unwell).await
    }
}

/// The webhook of that id, deleted or not.
pub(crate) fn get(sql: &Sql<'_>, workspace: WorkspaceId, id: WebhookId) -> Result<Webhook> {
    sql.find(
        "SELECT id, doc, sealed FROM webhook WHERE id = ?1 AND workspace_id = ?2",
        params![id.uuid(), workspace.uuid()],
        |row| webhook(sql, row),
    )?
    .ok_or(StoreError::NotFound("webhook"))
}

/// Whether the webhook may be sent anything; if not, why, in words.
pub(crate) fn check_live(
    sql: &Sql<'_>,
    workspace: WorkspaceId,
    id: WebhookId,
) -> Result<std::result::Result<(), &'static str>> {
    let found = sql.find(
        "SELECT enabled, deleted_at IS NOT NULL FROM webhook WHERE id = ?1 AND workspace_id = ?2",
        params![id.uuid(), workspace.uuid()],
        |row| {
            let mut columns = Columns::of("webhook", row);
            Ok((columns.value::<bool>()?, columns.value::<bool>()?))
        },
    )?;
    match found {
        None => Err(StoreError::NotFound("webhook")),
        Some((_, true)) => Ok(Err("the webhook is deleted")),
        Some((false, _)) => Ok(Err("the webhook is disabled")),
        Some((true, false)) => Ok(Ok(())),
    }
}

/// Stores a changed webhook as the next revision; cancels what waits for it if it is no longer live, or puts it in its
/// new order.
pub(crate) fn update(write: &mut Write<'_>, mut webhook: Webhook) -> Result<Webhook> {
    let stored: Option<(i64, bool)> = write.find(
        "SELECT revision, fifo FROM webhook WHERE id = ?1 AND workspace_id = ?2 AND deleted_at IS NULL",
        params![webhook.id.uuid(), webhook.workspace_id.uuid()],
        |row| {
            let mut columns = Columns::of("webhook", row);
            Ok((columns.value()?, columns.value()?))
        },
    )?;
    let (revision, was_fifo) = stored.ok_or(StoreError::NotFound("webhook"))?;
    if revision != webhook.revision {
        return Err(StoreError::Stale("the webhook"));
    }
    webhook.revision += 1;
    let (open, sealed) = kept(write, &webhook)?;
    write.run(
        "UPDATE webhook SET revision = ?2, enabled = ?3, fifo = ?4, deleted_at = ?5, doc = ?6, sealed = ?7 WHERE id = ?1",
        params![
            webhook.id.uuid(),
            webhook.revision,
            webhook.enabled,
            webhook.fifo,
            webhook.deleted_at.map(Timestamp::as_millisecond),
            open,
            sealed,
        ],
    )?;
    write.config_changed(webhook.workspace_id)?;
    if !webhook.is_live() {
        cancel_waiting(write, webhook.id, webhook.updated_at)?;
        forget_health(write, webhook.id)?;
    } else if webhook.fifo && !was_fifo {
        put_in_order(write, webhook.id, webhook.updated_at)?;
    } else if was_fifo && !webhook.fifo {
        put_in_lanes(write, webhook.id, webhook.updated_at)?;
    }
    Ok(webhook)
}

/// Reads the columns `id, doc, sealed`.
pub(crate) fn webhook(sql: &Sql<'_>, row: &Row<'_>) -> Result<Webhook> {
    let mut columns = Columns::of("webhook", row);
    let id: Uuid = columns.value()?;
    let kept = Kept { open: columns.value()?, secret: columns.sealed(sql.vault, id.as_bytes())? };
    Webhook::from_kept(&kept).map_err(|reason| corrupt("webhook", reason))
}

/// The columns `doc` and `sealed`.
fn kept(write: &Write<'_>, webhook: &Webhook) -> Result<(String, Vec<u8>)> {
    let doing = write.doing;
    let kept = webhook.to_kept().map_err(|error| StoreError::Failed { doing, source: Box::new(error) })?;
    let sealed = write.vault.seal(webhook.id.uuid().as_bytes(), &kept.secret);
    Ok((kept.open, sealed.map_err(|error| StoreError::Failed { doing, source: Box::new(error) })?))
}
