//! Forgets events that are over, with their deliveries and attempts.
//!
//! A round goes through the events of a workspace from the oldest on and passes over those of which something still
//! waits: a delivery, or a mail. It may take many calls; the last one finds nothing more, and the next begins a new
//! round at the head. So an event that never ends costs one look a round, and one that ends late goes in the round
//! after.

use beckon_domain::delivery::DeliveryStatus;
use beckon_domain::id::WorkspaceId;
use beckon_store::Result;
use jiff::Timestamp;
use rusqlite::params;

use super::counted;
use crate::SqliteStore;
use crate::columns::{Columns, status_code};
use crate::sql::Sql;
use crate::writer::Write;

/// Most events looked at in one snapshot.
const LOOKED_AT_MAX: usize = 1_000;
/// Most rows, of deliveries, attempts and events, that one write removes, unless one event alone has more.
const REMOVED_ROWS_MAX: u64 = 2_000;

/// When an event was announced, in milliseconds, and its key: the order of the walk.
pub(super) type EventPlace = (i64, i64);

/// An event that can go.
struct Over {
    place: EventPlace,
    /// How many rows go with it.
    rows: u64,
}

/// A part of the walk.
struct Stretch {
    over: Vec<Over>,
    /// The last that was looked at; `None` if nothing old enough comes after.
    reached: Option<EventPlace>,
}

/// See [`beckon_store::SettingsStore::forget`].
pub(crate) async fn forget(store: &SqliteStore, workspace: WorkspaceId, before: Timestamp, limit: u32) -> Result<u32> {
    let begun_at = store.forgetting.events().get(&workspace).copied();
    let (mut over, mut reached) = (Vec::new(), Some(begun_at.unwrap_or((i64::MIN, i64::MIN))));
    while let Some(after) = reached
        && counted(over.len()) < limit
    {
        let wanted = limit as usize - over.len();
        let looking =
            store.read("looking for events to forget", move |sql| look(sql, workspace, after, before, wanted));
        let stretch = looking.await?;
        over.extend(stretch.over);
        reached = stretch.reached;
    }
    let mut gone = 0;
    for part in parts(over) {
        gone += store
            .write("forgetting events", move |write| {
                let mut gone = 0;
                for (_, seq) in part {
                    gone += u32::from(remove(write, workspace, seq)?);
                }
                Ok(gone)
            })
            .await?;
    }
    match reached {
        Some(place) => store.forgetting.events().insert(workspace, place),
        None => store.forgetting.events().remove(&workspace),
    };
    Ok(gone)
}

/// In parts that are quickly written.
fn parts(over: Vec<Over>) -> Vec<Vec<EventPlace>> {
    let (mut parts, mut rows) = (Vec::<Vec<EventPlace>>::new(), 0);
    for one in over {
        rows += one.rows;
        match parts.last_mut() {
            Some(part) if rows <= REMOVED_ROWS_MAX => part.push(one.place),
            _ => {
                parts.push(vec![one.place]);
                rows = one.rows;
            }
        }
    }
    parts
}

fn look(sql: &Sql<'_>, workspace: WorkspaceId, after: EventPlace, before: Timestamp, wanted: usize) -> Result<Stretch> {
    let old = sql.list(
        "SELECT created_at, seq FROM event INDEXED BY event_in_time
         WHERE workspace_id = ?1 AND created_at < ?2 AND (created_at, seq) > (?3, ?4) ORDER BY created_at, seq LIMIT ?5",
        params![workspace.uuid(), before.as_millisecond(), after.0, after.1, LOOKED_AT_MAX as i64],
        |row| {
            let mut columns = Columns::of("event", row);
            Ok((columns.value()?, columns.value()?))
        },
    )?;
    let is_last = old.len() < LOOKED_AT_MAX;
    let mut over = Vec::new();
    for place in &old {
        if let Some(rows) = rows_if_over(sql, place.1)? {
            over.push(Over { place: *place, rows });
            if over.len() == wanted {
                return Ok(Stretch { over, reached: Some(*place) });
            }
        }
    }
    let reached = if is_last { None } else { old.last().copied() };
    Ok(Stretch { over, reached })
}

/// How many rows the event is kept in, if nothing of it waits. What is open waits even if nothing says when.
fn rows_if_over(sql: &Sql<'_>, seq: i64) -> Result<Option<u64>> {
    if sql.has("SELECT 1 FROM unmailed WHERE event = ?1", params![seq])? {
        return Ok(None);
    }
    let open = [DeliveryStatus::Pending, DeliveryStatus::Retrying].map(status_code);
    let (mut rows, mut waits) = (1, false);
    sql.scan(
        "SELECT attempt_count, status IN (?2, ?3) OR schedule_due_at IS NOT NULL OR resend_due_at IS NOT NULL
             OR test_due_at IS NOT NULL
         FROM delivery INDEXED BY delivery_of_event WHERE event = ?1",
        params![seq, open[0], open[1]],
        |row| {
            let mut columns = Columns::of("delivery", row);
            rows += 1 + columns.count()?;
            waits = columns.value()?;
            Ok(if waits { std::ops::ControlFlow::Break(()) } else { std::ops::ControlFlow::Continue(()) })
        },
    )?;
    Ok((!waits).then_some(rows))
}

/// Removes an event with all that belongs to it, and says whether it did: it may have begun to wait again meanwhile.
pub(crate) fn remove(write: &Write<'_>, workspace: WorkspaceId, seq: i64) -> Result<bool> {
    if rows_if_over(write, seq)?.is_none() {
        return Ok(false);
    }
    let found = write.find(
        "DELETE FROM event WHERE seq = ?1 AND workspace_id = ?2 RETURNING created_at, channels",
        params![seq, workspace.uuid()],
        |row| {
            let mut columns = Columns::of("event", row);
            Ok((columns.value::<i64>()?, columns.value::<String>()?))
        },
    )?;
    let Some((created_at, channels)) = found else { return Ok(false) };
    for channel in channels.split(' ').filter(|channel| !channel.is_empty()) {
        write.run(
            "DELETE FROM event_channel WHERE workspace_id = ?1 AND channel = ?2 AND created_at = ?3 AND event = ?4",
            params![workspace.uuid(), channel, created_at, seq],
        )?;
    }
    write.run(
        "DELETE FROM attempt WHERE delivery IN (
             SELECT seq FROM delivery INDEXED BY delivery_of_event WHERE event = ?1)",
        params![seq],
    )?;
    write.run("DELETE FROM delivery WHERE event = ?1", params![seq])?;
    Ok(true)
}
