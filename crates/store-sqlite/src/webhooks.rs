//! Webhooks and their secrets.

use async_trait::async_trait;
use beckon_domain::id::{WebhookId, WorkspaceId};
use beckon_domain::secret::SigningSecret;
use beckon_domain::webhook::Webhook;
use beckon_store::{Page, PageRequest, Result, StoreError, WebhookStore};
use jiff::Timestamp;
use rusqlite::{Row, params};
use uuid::Uuid;

use crate::SqliteStore;
use crate::columns::{Columns, corrupt, doc};
use crate::paging::{List, begin, cut, rows_wanted};
use crate::queue::cancel_waiting;
use crate::sql::Sql;
use crate::writer::Write;

#[async_trait]
impl WebhookStore for SqliteStore {
    async fn create_webhook(&self, webhook: &Webhook) -> Result<()> {
        let webhook = webhook.clone();
        self.write("creating a webhook", move |write| {
            write.config_changed(webhook.workspace_id)?;
            write
                .run_unique(
                    "INSERT INTO webhook (id, workspace_id, revision, enabled, deleted_at, doc, secrets)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                    params![
                        webhook.id.uuid(),
                        webhook.workspace_id.uuid(),
                        webhook.revision,
                        webhook.enabled,
                        webhook.deleted_at.map(Timestamp::as_millisecond),
                        doc(write.doing, &webhook)?,
                        exposed(write.doing, &webhook)?,
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
                "SELECT doc, secrets FROM webhook
                 WHERE workspace_id = ?1 AND deleted_at IS NULL AND id < ?2 ORDER BY id DESC LIMIT ?3",
                params![workspace.uuid(), before, rows_wanted(&page)],
                |row| {
                    let webhook = webhook(row)?;
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
}

/// The webhook of that id, deleted or not.
pub(crate) fn get(sql: &Sql<'_>, workspace: WorkspaceId, id: WebhookId) -> Result<Webhook> {
    sql.find(
        "SELECT doc, secrets FROM webhook WHERE id = ?1 AND workspace_id = ?2",
        params![id.uuid(), workspace.uuid()],
        webhook,
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

/// Stores a changed webhook as the next revision, and cancels what waits for it if it is no longer live.
pub(crate) fn update(write: &mut Write<'_>, mut webhook: Webhook) -> Result<Webhook> {
    let stored: Option<i64> = write.find(
        "SELECT revision FROM webhook WHERE id = ?1 AND workspace_id = ?2 AND deleted_at IS NULL",
        params![webhook.id.uuid(), webhook.workspace_id.uuid()],
        |row| Columns::of("webhook", row).value(),
    )?;
    match stored {
        None => return Err(StoreError::NotFound("webhook")),
        Some(revision) if revision != webhook.revision => return Err(StoreError::Stale("the webhook")),
        Some(_) => webhook.revision += 1,
    }
    write.run(
        "UPDATE webhook SET revision = ?2, enabled = ?3, deleted_at = ?4, doc = ?5, secrets = ?6 WHERE id = ?1",
        params![
            webhook.id.uuid(),
            webhook.revision,
            webhook.enabled,
            webhook.deleted_at.map(Timestamp::as_millisecond),
            doc(write.doing, &webhook)?,
            exposed(write.doing, &webhook)?,
        ],
    )?;
    write.config_changed(webhook.workspace_id)?;
    if !webhook.is_live() {
        cancel_waiting(write, webhook.id, webhook.updated_at)?;
    }
    Ok(webhook)
}

/// Reads the columns `doc, secrets`.
pub(crate) fn webhook(row: &Row<'_>) -> Result<Webhook> {
    let mut columns = Columns::of("webhook", row);
    let webhook = columns.json::<Webhook>()?;
    let secrets = columns.json::<Vec<String>>()?;
    let secrets = secrets.iter().map(|text| SigningSecret::parse(text).map_err(|reason| corrupt("webhook", reason)));
    Ok(Webhook { secrets: secrets.collect::<Result<_>>()?, ..webhook })
}

fn exposed(doing: &'static str, webhook: &Webhook) -> Result<String> {
    doc(doing, &webhook.secrets.iter().map(SigningSecret::expose).collect::<Vec<_>>())
}
