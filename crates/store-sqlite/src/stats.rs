//! Reads the figures.
//!
//! Not here: counting (`tally.rs`, `activity.rs`).

use std::collections::HashMap;

use async_trait::async_trait;
use beckon_domain::id::{SegmentId, WebhookId, WorkspaceId};
use beckon_store::stats::{Measure, TalliesOf, Tally};
use beckon_store::{Result, StatsStore};
use jiff::Timestamp;
use rusqlite::{Row, params};

use crate::SqliteStore;
use crate::columns::{Columns, corrupt};
use crate::filter::whole_millis;
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
            let webhook = match of {
                TalliesOf::Webhook(webhook) => Some(webhook),
                TalliesOf::Workspace => None,
            };
            // Several rows may add to the same figure.
            let mut found: HashMap<(Timestamp, Measure), u64> = HashMap::new();
            let all = sql.list(
                "SELECT hour, measure, count FROM tally
                 WHERE workspace_id = ?1 AND webhook_id = ?2 AND hour >= ?3 AND hour < ?4",
                params![workspace.uuid(), key_of(webhook), whole_millis(since), whole_millis(until)],
                counted,
            )?;
            for (hour, count, times) in all {
                for measure in count.measures() {
                    *found.entry((hour, measure)).or_default() += times;
                }
            }
            Ok(found.into_iter().map(|((hour, measure), count)| Tally { hour, measure, count }).collect())
        })
        .await
    }

    async fn list_attempt_tallies(
        &self,
        workspace: WorkspaceId,
        webhooks: &[WebhookId],
        since: Timestamp,
        until: Timestamp,
    ) -> Result<HashMap<WebhookId, Vec<Tally>>> {
        let webhooks = webhooks.to_vec();
        self.read("reading figures of attempts", move |sql| {
            let mut found: HashMap<WebhookId, Vec<Tally>> = HashMap::new();
            for webhook in webhooks {
                // Summed by the database: there is a row for every duration of an answer.
                let mut tallies = Vec::new();
                for succeeded in [true, false] {
                    let (first, last) = Count::codes_of_attempts(succeeded);
                    let measure = if succeeded { Measure::AttemptsSucceeded } else { Measure::AttemptsFailed };
                    tallies.extend(sql.list(
                        "SELECT hour, sum(count) FROM tally
                         WHERE workspace_id = ?1 AND webhook_id = ?2 AND hour >= ?3 AND hour < ?4
                             AND measure BETWEEN ?5 AND ?6 GROUP BY hour",
                        params![
                            workspace.uuid(),
                            key_of(Some(webhook)),
                            whole_millis(since),
                            whole_millis(until),
                            first,
                            last
                        ],
                        |row| {
                            let mut columns = Columns::of("tally", row);
                            Ok(Tally { hour: columns.time()?, measure, count: columns.count()? })
                        },
                    )?);
                }
                if !tallies.is_empty() {
                    found.insert(webhook, tallies);
                }
            }
            Ok(found)
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

/// The column `webhook_id`.
fn key_of(webhook: Option<WebhookId>) -> Vec<u8> {
    webhook.map_or_else(Vec::new, |webhook| webhook.uuid().as_bytes().to_vec())
}

/// Reads an hour, what was counted in it, and how often.
fn counted(row: &Row<'_>) -> Result<(Timestamp, Count, u64)> {
    let mut columns = Columns::of("tally", row);
    let (hour, code) = (columns.time()?, columns.value::<i64>()?);
    let count = Count::of_code(code).ok_or_else(|| corrupt("tally", format!("there is no measure {code}")))?;
    Ok((hour, count, columns.count()?))
}
