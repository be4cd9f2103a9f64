//! Reads the figures.
//!
//! Not here: counting (`tally.rs`, `activity.rs`).

use std::collections::HashMap;

use async_trait::async_trait;
use beckon_domain::id::{SegmentId, WebhookId, WorkspaceId};
use beckon_store::stats::{Measure, TalliesOf, Tally};
use beckon_store::{Result, StatsStore};
use jiff::Timestamp;
use rusqlite::params;
use uuid::Uuid;

use crate::SqliteStore;
use crate::columns::{Columns, corrupt};
use crate::filter::whole_millis;
use crate::sql::Sql;
use crate::tally::Count;

#[async_trait]
impl StatsStore for SqliteStore {
    async fn list_tallies(
        &self,
        workspace: WorkspaceId,
        of: TalliesOf,
        since: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<Tally>> {
        self.read("reading figures", move |sql| {
            let mut reading = Reading { sql, workspace: workspace.uuid(), since, until, found: HashMap::new() };
            match of {
                TalliesOf::Webhook(webhook) => reading.of(Some(webhook))?,
                TalliesOf::Workspace => {
                    reading.of(None)?;
                    for webhook in webhooks_with_figures(sql, workspace)? {
                        reading.of(Some(webhook))?;
                    }
                }
            }
            Ok(reading.tallies())
        })
        .await
    }

    async fn list_last_deliveries(&self, workspace: WorkspaceId) -> Result<Vec<(WebhookId, Timestamp)>> {
        self.read("reading when deliveries were made last", move |sql| {
            let mut last = Vec::new();
            for (index, which) in [("webhook_of_workspace", "IS NULL"), ("webhook_deleted", "IS NOT NULL")] {
                // Of each webhook, one look at the end of the index.
                let text = format!(
                    "SELECT w.id, (SELECT max(d.created_at) FROM delivery d INDEXED BY delivery_of_webhook
                                   WHERE d.webhook_id = w.id)
                     FROM webhook w INDEXED BY {index} WHERE w.workspace_id = ?1 AND w.deleted_at {which}"
                );
                last.extend(sql.list(&text, params![workspace.uuid()], |row| {
                    let mut columns = Columns::of("webhook", row);
                    Ok((columns.id()?, columns.maybe_time()?))
                })?);
            }
            Ok(last.into_iter().filter_map(|(webhook, at)| Some((webhook, at?))).collect())
        })
        .await
    }

    async fn list_last_firings(&self, workspace: WorkspaceId) -> Result<Vec<(SegmentId, Timestamp)>> {
        self.read("reading when segments fired last", move |sql| {
            let text = "SELECT segment_id, at FROM segment_fired WHERE workspace_id = ?1";
            sql.list(text, params![workspace.uuid()], |row| {
                let mut columns = Columns::of("segment's last firing", row);
                Ok((SegmentId(columns.value()?), columns.time()?))
            })
        })
        .await
    }

    fn activity(&self, workspace: WorkspaceId) -> u64 {
        self.activity.of(workspace)
    }
}

/// The webhooks of which something was counted: a look into the table for each, however much was.
fn webhooks_with_figures(sql: &Sql<'_>, workspace: WorkspaceId) -> Result<Vec<WebhookId>> {
    let mut webhooks = Vec::new();
    let mut after: Vec<u8> = Vec::new();
    let text = "SELECT webhook_id FROM tally WHERE workspace_id = ?1 AND webhook_id > ?2 ORDER BY webhook_id LIMIT 1";
    while let Some(webhook) =
        sql.find(text, params![workspace.uuid(), after], |row| Columns::of("tally", row).value::<Uuid>())?
    {
        webhooks.push(WebhookId::from(webhook));
        after = webhook.as_bytes().to_vec();
    }
    Ok(webhooks)
}

/// Figures as they are read: several rows add to the same one.
struct Reading<'s> {
    sql: &'s Sql<'s>,
    workspace: Uuid,
    since: Timestamp,
    until: Timestamp,
    found: HashMap<(Option<WebhookId>, Timestamp, Measure), u64>,
}

impl Reading<'_> {
    /// Reads those of a webhook, or of the workspace itself.
    fn of(&mut self, webhook: Option<WebhookId>) -> Result<()> {
        let key = webhook.map(|webhook| webhook.uuid());
        let key: &[u8] = key.as_ref().map_or(&[], |key| key.as_bytes());
        let rows = self.sql.list(
            "SELECT hour, measure, count FROM tally
             WHERE workspace_id = ?1 AND webhook_id = ?2 AND hour >= ?3 AND hour < ?4",
            params![self.workspace, key, whole_millis(self.since), whole_millis(self.until)],
            |row| {
                let mut columns = Columns::of("tally", row);
                Ok((columns.time()?, columns.value::<i64>()?, columns.count()?))
            },
        )?;
        for (hour, code, times) in rows {
            let count = Count::of_code(code).ok_or_else(|| corrupt("tally", format!("there is no measure {code}")))?;
            for measure in count.measures() {
                *self.found.entry((webhook, hour, measure)).or_default() += times;
            }
        }
        Ok(())
    }

    fn tallies(self) -> Vec<Tally> {
        let tally = |((webhook_id, hour, measure), count)| Tally { webhook_id, hour, measure, count };
        self.found.into_iter().map(tally).collect()
    }
}
