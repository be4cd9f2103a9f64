//! The queue of what is due, apart from recording what came of it.
//!
//! Promise: each lane is read from its head, so what it costs to look does not depend on how much waits.

mod order;

use std::collections::HashSet;
use std::ops::ControlFlow;

use beckon_domain::delivery::{DeliveryStatus, DueAttempt, Trigger};
use beckon_domain::event::EventId;
use beckon_domain::id::{DeliveryId, WebhookId, WorkspaceId};
use beckon_store::deliveries::{DueBatch, Lane};
use beckon_store::{Result, StoreError};
use jiff::Timestamp;
use rusqlite::{Row, params};
use uuid::Uuid;

use crate::columns::{Columns, corrupt, lane_code, status_code};
use crate::sql::Sql;
use crate::writer::Write;

pub(crate) use order::{cancel_waiting, put_in_lanes, put_in_order};

/// Every webhook with something in the queue, and when its first is due: no later than `now` for what does not wait
/// for its time.
pub(crate) fn due_webhooks(sql: &Sql<'_>, now: Timestamp) -> Result<Vec<(WorkspaceId, WebhookId, Timestamp)>> {
    // A few looks into the queue per webhook, however long the queue is.
    let waited_for: Vec<(WorkspaceId, WebhookId)> = sql.list(
        "SELECT workspace_id, id FROM webhook WHERE EXISTS (SELECT 1 FROM due WHERE webhook_id = webhook.id)",
        [],
        |row| {
            let mut columns = Columns::of("webhook", row);
            Ok((columns.id()?, columns.id()?))
        },
    )?;
    let mut webhooks = Vec::with_capacity(waited_for.len());
    for (workspace, webhook) in waited_for {
        let found = list_due(sql, webhook, now, &HashSet::new(), 0)?;
        // What cannot be read is there to be set aside, by whoever lists what is due.
        let first = found.batch.next_due_at.or((!found.unreadable.is_empty()).then_some(now));
        webhooks.extend(first.map(|first| (workspace, webhook, first)));
    }
    Ok(webhooks)
}

/// A row of the queue, as it lies there: its parts may not mean anything.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    webhook: Uuid,
    lane: i64,
    due_at: i64,
    delivery: i64,
}

/// What was found due, and the rows that cannot be read.
#[derive(Default)]
pub(crate) struct Found {
    pub(crate) batch: DueBatch,
    pub(crate) unreadable: Vec<Entry>,
}

/// A row of the queue that can be read.
struct Request {
    id: DeliveryId,
    trigger: Trigger,
    due_at: Timestamp,
    /// Whether it may not be made before `due_at`.
    waits: bool,
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
    for lane in Lane::ALL {
        let mut room = limit;
        sql.scan(LANE, params![webhook.uuid(), lane_code(lane)], |row| {
            let mut raw = Columns::of("queue entry", row);
            let entry =
                Entry { webhook: webhook.uuid(), lane: lane_code(lane), due_at: raw.value()?, delivery: raw.value()? };
            let Ok(request) = request(lane, row) else {
                found.unreadable.push(entry);
                return Ok(ControlFlow::Continue(()));
            };
            if skip.contains(&(request.id, request.trigger)) {
                return Ok(ControlFlow::Continue(()));
            }
            if room == 0 || (request.waits && request.due_at > now) {
                let due_at = if request.waits { request.due_at } else { request.due_at.min(now) };
                let earlier = found.batch.next_due_at.unwrap_or(due_at);
                found.batch.next_due_at = Some(earlier.min(due_at));
                return Ok(ControlFlow::Break(()));
            }
            room -= 1;
            chosen.push((entry, request));
            Ok(ControlFlow::Continue(()))
        })?;
    }
    for (entry, request) in chosen {
        match due_attempt(sql, webhook, entry.delivery, request) {
            Ok(due) => found.batch.due.push(due),
            Err(StoreError::Corrupt { .. }) => found.unreadable.push(entry),
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

/// A lane from its head. An outer join, so that an entry whose delivery is gone is seen, and set aside.
const LANE: &str = "SELECT due.due_at, due.delivery, d.id, d.scheduled_attempts, d.replay, d.schedule_due_at
                    FROM due LEFT JOIN delivery d ON d.seq = due.delivery
                    WHERE due.webhook_id = ?1 AND due.lane = ?2 ORDER BY due.due_at, due.delivery";

fn request(lane: Lane, row: &Row<'_>) -> Result<Request> {
    let mut columns = Columns::of("queue entry", row);
    let place = columns.time()?;
    columns.value::<i64>()?;
    let (id, scheduled_attempts, replay) = (columns.id()?, columns.value::<u32>()?, columns.value::<bool>()?);
    let scheduled = columns.maybe_time()?;
    Ok(match lane {
        Lane::Test => Request { id, trigger: Trigger::Test, due_at: place, waits: false },
        Lane::Resend => Request { id, trigger: Trigger::Resend, due_at: place, waits: false },
        Lane::Retry => Request { id, trigger: Trigger::Schedule, due_at: place, waits: true },
        Lane::Replay => Request { id, trigger: Trigger::Replay, due_at: place, waits: true },
        // Of a FIFO webhook there are retries and replays in this one too, and its order is not that of their times.
        Lane::First => {
            let trigger = if replay { Trigger::Replay } else { Trigger::Schedule };
            let waits = replay || scheduled_attempts > 0;
            Request { id, trigger, due_at: scheduled.filter(|_| waits).unwrap_or(place), waits }
        }
    })
}

fn due_attempt(sql: &Sql<'_>, webhook_id: WebhookId, delivery: i64, request: Request) -> Result<DueAttempt> {
    let due = sql.find(
        "SELECT delivery.workspace_id, scheduled_attempts, attempt_count, event.id, event.event_type, channels, payload
         FROM delivery CROSS JOIN event ON event.seq = delivery.event WHERE delivery.seq = ?1",
        params![delivery],
        |row| {
            let mut columns = Columns::of("delivery", row);
            Ok(DueAttempt {
                delivery_id: request.id,
                webhook_id,
                trigger: request.trigger,
                due_at: request.due_at,
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
            "DELETE FROM due WHERE webhook_id = ?1 AND lane = ?2 AND due_at = ?3 AND delivery = ?4",
            params![entry.webhook, entry.lane, entry.due_at, entry.delivery],
        )?;
        // Nor may anything else that waits for the delivery stay behind, which it no longer knows of.
        for (lane, column) in [
            (Lane::Test, "test_due_at"),
            (Lane::First, "schedule_due_at"),
            (Lane::First, "created_at"),
            (Lane::Resend, "resend_due_at"),
            (Lane::Retry, "schedule_due_at"),
            (Lane::Replay, "schedule_due_at"),
        ] {
            let text = format!(
                "DELETE FROM due WHERE webhook_id = ?1 AND lane = ?2 AND delivery = ?3
                     AND due_at = (SELECT {column} FROM delivery WHERE seq = ?3)"
            );
            write.run(&text, params![entry.webhook, lane_code(lane), entry.delivery])?;
        }
        write.run(
            "UPDATE delivery SET status = ?2, updated_at = ?3, schedule_due_at = NULL, resend_due_at = NULL, test_due_at = NULL
             WHERE seq = ?1",
            params![entry.delivery, status_code(DeliveryStatus::Failed), now.as_millisecond()],
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
