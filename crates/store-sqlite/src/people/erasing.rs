//! What is much of somebody who is erased goes in steps: their logs, and the events that told of them.
//!
//! The contact itself goes first (`erase.rs`), so that nothing new comes; a row says what is left to do, so that a crash
//! stops nothing. Of an event the payload goes at once, with what was kept of requests; the event itself, with its
//! deliveries, when no request of it can be under way.

use beckon_domain::delivery::DeliveryStatus;
use beckon_domain::id::{DeliveryId, WorkspaceId};
use beckon_store::Result;
use beckon_store::people::ERASED_PAYLOAD;
use jiff::Timestamp;
use rusqlite::params;
use uuid::Uuid;

use crate::columns::{Columns, status_code};
use crate::deliveries::cancel_delivery;
use crate::forget::remove_event;
use crate::sql::Sql;
use crate::writer::Write;

/// The logs that name contacts: the table, its key, and the index by contact.
const LOGS: [(&str, &str, &str); 4] = [
    ("page_view", "seq", "page_view_of_contact"),
    ("visit", "id", "visit_of_contact"),
    ("intent", "seq", "intent_of_contact"),
    ("signal", "seq", "signal_of_contact"),
];
/// Most deliveries that are named at a time.
const WAITING_ROWS_MAX: i64 = 250;

/// Logs and payloads are still there.
const LOGS_GO: i64 = 0;
/// Events without payload are still there.
const EVENTS_GO: i64 = 1;

/// Notes that somebody is to be erased.
pub(super) fn begin(write: &Write<'_>, workspace: WorkspaceId, contact: Uuid, now: Timestamp) -> Result<()> {
    write
        .run(
            "INSERT INTO erasure (workspace_id, contact_id, at, stage) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (workspace_id, contact_id) DO UPDATE SET at = excluded.at, stage = excluded.stage",
            params![workspace.uuid(), contact, now.as_millisecond(), LOGS_GO],
        )
        .map(drop)
}

/// See [`beckon_store::PeopleStore::erase_more`].
pub(super) fn go_on(write: &mut Write<'_>, workspace: WorkspaceId, limit: u32) -> Result<bool> {
    let found = write.find(
        "SELECT contact_id FROM erasure WHERE workspace_id = ?1 AND stage = ?2 LIMIT 1",
        params![workspace.uuid(), LOGS_GO],
        |row| Columns::of("erasure", row).value::<Uuid>(),
    )?;
    let Some(contact) = found else { return Ok(false) };
    write.touch(workspace);
    let mut is_all = true;
    for (table, key, index) in LOGS {
        let text = format!(
            "DELETE FROM {table} WHERE workspace_id = ?1 AND {key} IN (
                 SELECT {key} FROM {table} INDEXED BY {index} WHERE workspace_id = ?1 AND contact_id = ?2 LIMIT ?3)"
        );
        is_all &= write.run(&text, params![workspace.uuid(), contact, limit])? < limit as usize;
    }
    is_all &= empty_events(write, workspace, contact, limit)? < limit as usize;
    if is_all {
        let key = params![workspace.uuid(), contact, EVENTS_GO];
        write.run("UPDATE erasure SET stage = ?3 WHERE workspace_id = ?1 AND contact_id = ?2", key)?;
    }
    Ok(true)
}

/// Takes the person out of events that told of them: the payload, and what was kept of requests and answers.
fn empty_events(write: &Write<'_>, workspace: WorkspaceId, contact: Uuid, limit: u32) -> Result<usize> {
    let told = write.list(
        "SELECT seq FROM event INDEXED BY event_of_contact
         WHERE workspace_id = ?1 AND contact_id = ?2 AND payload <> ?3 LIMIT ?4",
        params![workspace.uuid(), contact, ERASED_PAYLOAD, limit],
        |row| Columns::of("event", row).value::<i64>(),
    )?;
    for event in &told {
        write.run("UPDATE event SET payload = ?2 WHERE seq = ?1", params![event, ERASED_PAYLOAD])?;
        write.run(
            "DELETE FROM attempt WHERE delivery IN (
                 SELECT seq FROM delivery INDEXED BY delivery_of_event WHERE event = ?1)",
            params![event],
        )?;
    }
    Ok(told.len())
}

/// See [`beckon_store::PeopleStore::list_erased_deliveries`].
pub(super) fn waiting(sql: &Sql<'_>, workspace: WorkspaceId) -> Result<Vec<DeliveryId>> {
    let open = [DeliveryStatus::Pending, DeliveryStatus::Retrying].map(status_code);
    sql.list(
        "SELECT delivery.id FROM erasure
         JOIN event INDEXED BY event_of_contact
           ON event.workspace_id = erasure.workspace_id AND event.contact_id = erasure.contact_id
         JOIN delivery INDEXED BY delivery_of_event ON delivery.event = event.seq
         WHERE erasure.workspace_id = ?1 AND (delivery.status IN (?2, ?3) OR delivery.resend_due_at IS NOT NULL
             OR delivery.test_due_at IS NOT NULL) LIMIT ?4",
        params![workspace.uuid(), open[0], open[1], WAITING_ROWS_MAX],
        |row| Columns::of("delivery", row).id(),
    )
}

/// See [`beckon_store::PeopleStore::forget_erased`].
pub(super) fn forget(write: &mut Write<'_>, workspace: WorkspaceId, before: Timestamp, limit: u32) -> Result<u32> {
    let due = write.list(
        "SELECT contact_id FROM erasure WHERE workspace_id = ?1 AND stage = ?2 AND at < ?3",
        params![workspace.uuid(), EVENTS_GO, before.as_millisecond()],
        |row| Columns::of("erasure", row).value::<Uuid>(),
    )?;
    // What a crash left to be sent; whoever was there to send it is gone.
    for delivery in waiting(write, workspace)? {
        cancel_delivery(write, workspace, delivery, before)?;
    }
    let mut gone = 0;
    for contact in due {
        let events = write.list(
            "SELECT seq FROM event INDEXED BY event_of_contact WHERE workspace_id = ?1 AND contact_id = ?2 LIMIT ?3",
            params![workspace.uuid(), contact, limit - gone],
            |row| Columns::of("event", row).value::<i64>(),
        )?;
        let mut left = false;
        for event in &events {
            left |= !remove_event(write, workspace, *event)?;
        }
        gone += u32::try_from(events.len()).unwrap_or(limit);
        if gone >= limit {
            break;
        }
        if !left {
            let key = params![workspace.uuid(), contact];
            write.run("DELETE FROM erasure WHERE workspace_id = ?1 AND contact_id = ?2", key)?;
        }
    }
    Ok(gone)
}
