//! The queue of what is due, apart from recording what came of it.

use std::collections::HashSet;
use std::ops::ControlFlow;

use beckon_domain::delivery::{DeliveryStatus, DueAttempt, Trigger};
use beckon_domain::event::EventId;
use beckon_domain::id::{DeliveryId, WebhookId, WorkspaceId};
use beckon_store::deliveries::DueBatch;
use beckon_store::{Result, StoreError};
use jiff::Timestamp;
use rusqlite::params;
use uuid::Uuid;

use crate::columns::{Columns, corrupt, status_code};
use crate::sql::Sql;
use crate::writer::Write;

/// Every webhook with something in the queue, and when its first is due.
pub(crate) fn due_webhooks(sql: &Sql<'_>) -> Result<Vec<(WorkspaceId, WebhookId, Timestamp)>> {
    // One look into the queue per webhook, however long the queue is.
    sql.list(
        "SELECT workspace_id, id, first FROM (
             SELECT workspace_id, id, (SELECT min(due_at) FROM due WHERE webhook_id = webhook.id) AS first FROM webhook)
         WHERE first IS NOT NULL",
        [],
        |row| {
            let mut columns = Columns::of("queue entry", row);
            Ok((columns.id()?, columns.id()?, columns.time()?))
        },
    )
}

/// A row of the queue, as it lies there: its parts may not mean anything.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    webhook: Uuid,
    due_at: i64,
    delivery: i64,
    trigger: i64,
}

/// What was found due, and the rows that cannot be read.
#[derive(Default)]
pub(crate) struct Found {
    pub(crate) batch: DueBatch,
    pub(crate) unreadable: Vec<Entry>,
}

/// See [`beckon_store::DeliveryStore::list_due`].
pub(crate) fn list_due(
    sql: &Sql<'_>,
    webhook: WebhookId,
    now: Timestamp,
    skip: &HashSet<(DeliveryId, Trigger)>,
    limit: usize,
) -> Result<Found> {
    let mut found = Found::default();
    let mut chosen = Vec::new();
    // Outer join, so that an entry whose delivery is gone is seen, and set aside.
    sql.scan(
        "SELECT due.due_at, due.delivery, due.trigger, delivery.id
         FROM due LEFT JOIN delivery ON delivery.seq = due.delivery
         WHERE due.webhook_id = ?1 ORDER BY due.due_at, due.delivery, due.trigger",
        params![webhook.uuid()],
        |row| {
            let mut raw = Columns::of("queue entry", row);
            let entry =
                Entry { webhook: webhook.uuid(), due_at: raw.value()?, delivery: raw.value()?, trigger: raw.value()? };
            let mut columns = Columns::of("queue entry", row);
            let read = columns.time().and_then(|due_at| {
                columns.value::<i64>()?;
                Ok((due_at, columns.trigger()?, columns.id::<DeliveryId>()?))
            });
            let (due_at, trigger, id) = match read {
                Ok(read) => read,
                Err(_) => {
                    found.unreadable.push(entry);
                    return Ok(ControlFlow::Continue(()));
                }
            };
            if skip.contains(&(id, trigger)) {
                return Ok(ControlFlow::Continue(()));
            }
            if due_at > now || chosen.len() >= limit {
                found.batch.next_due_at = Some(due_at);
                return Ok(ControlFlow::Break(()));
            }
            chosen.push((entry, due_at, trigger, id));
            Ok(ControlFlow::Continue(()))
        },
    )?;
    for (entry, due_at, trigger, id) in chosen {
        match due_attempt(sql, webhook, entry.delivery, id, trigger, due_at) {
            Ok(due) => found.batch.due.push(due),
            Err(StoreError::Corrupt { .. }) => found.unreadable.push(entry),
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

fn due_attempt(
    sql: &Sql<'_>,
    webhook_id: WebhookId,
    delivery: i64,
    delivery_id: DeliveryId,
    trigger: Trigger,
    due_at: Timestamp,
) -> Result<DueAttempt> {
    let due = sql.find(
        "SELECT delivery.workspace_id, scheduled_attempts, attempt_count, event.id, event.event_type, channels, payload
         FROM delivery CROSS JOIN event ON event.seq = delivery.event WHERE delivery.seq = ?1",
        params![delivery],
        |row| {
            let mut columns = Columns::of("delivery", row);
            Ok(DueAttempt {
                delivery_id,
                webhook_id,
                trigger,
                due_at,
                workspace_id: columns.id()?,
                scheduled_attempts: columns.value()?,
                attempt_count: columns.value()?,
                event_id: columns.parsed(EventId::parse)?,
                event_type: columns.value()?,
                channels: columns.channels()?,
                payload: columns.value::<Vec<u8>>()?.into(),
            })
        },
    )?;
    due.ok_or_else(|| corrupt("delivery", "its event is missing"))
}

/// Takes entries that cannot be read out of the queue, and shows their deliveries as failed.
pub(crate) fn set_aside(write: &mut Write<'_>, entries: &[Entry], now: Timestamp) -> Result<()> {
    for entry in entries {
        tracing::error!(?entry, "a queue entry cannot be read and is set aside; its delivery has failed");
        write.run(
            "DELETE FROM due WHERE webhook_id = ?1 AND due_at = ?2 AND delivery = ?3 AND trigger = ?4",
            params![entry.webhook, entry.due_at, entry.delivery, entry.trigger],
        )?;
        write.run(
            "UPDATE delivery SET status = ?2, updated_at = ?3, schedule_due_at = NULL, resend_due_at = NULL, test_due_at = NULL
             WHERE seq = ?1",
            params![entry.delivery, status_code(DeliveryStatus::Failed), now.as_millisecond()],
        )?;
    }
    Ok(())
}

/// Cancels everything that waits for a webhook.
pub(crate) fn cancel_waiting(write: &mut Write<'_>, webhook: WebhookId, at: Timestamp) -> Result<()> {
    write.run(
        "UPDATE delivery
         SET status = iif(status IN (?3, ?4), ?5, status), updated_at = iif(status IN (?3, ?4), ?2, updated_at),
             schedule_due_at = NULL, resend_due_at = NULL, test_due_at = NULL
         WHERE seq IN (SELECT delivery FROM due WHERE webhook_id = ?1)",
        params![
            webhook.uuid(),
            at.as_millisecond(),
            status_code(DeliveryStatus::Pending),
            status_code(DeliveryStatus::Retrying),
            status_code(DeliveryStatus::Canceled),
        ],
    )?;
    write.run("DELETE FROM due WHERE webhook_id = ?1", params![webhook.uuid()]).map(drop)
}
