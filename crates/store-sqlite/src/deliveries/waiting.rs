//! Changes what waits for a delivery, and keeps its rows in the queue in step.

use beckon_domain::delivery::{Delivery, DeliveryStatus, Trigger};
use beckon_domain::event::NewEvent;
use beckon_domain::id::{DeliveryId, WebhookId, WorkspaceId};
use beckon_store::{Result, StoreError};
use jiff::Timestamp;
use rusqlite::params;

use super::list;
use crate::announce::{announce, taken};
use crate::columns::{Columns, TRIGGERS, status_code, trigger_code};
use crate::sql::Sql;
use crate::standing::Standing;
use crate::webhooks::check_live;
use crate::writer::Write;

/// A delivery as the steps that change it need it.
#[derive(Clone, Copy)]
pub(super) struct Owed {
    pub(super) seq: i64,
    pub(super) webhook_id: WebhookId,
    pub(super) standing: Standing,
}

/// How the delivery of that id stands.
pub(super) fn owed(sql: &Sql<'_>, workspace: WorkspaceId, id: DeliveryId) -> Result<Owed> {
    let found = sql.find(
        "SELECT seq, webhook_id, status, attempt_count, scheduled_attempts, schedule_due_at, resend_due_at, test_due_at
         FROM delivery WHERE id = ?1 AND workspace_id = ?2",
        params![id.uuid(), workspace.uuid()],
        |row| {
            let mut columns = Columns::of("delivery", row);
            Ok(Owed { seq: columns.value()?, webhook_id: columns.id()?, standing: list::standing(&mut columns)? })
        },
    )?;
    found.ok_or(StoreError::NotFound("delivery"))
}

/// Stores that a delivery now stands so, and moves its rows in the queue accordingly.
pub(super) fn change(write: &mut Write<'_>, owed: &Owed, after: Standing, at: Timestamp) -> Result<()> {
    let before = owed.standing;
    for trigger in TRIGGERS {
        let (was, is) = (before.due_at(trigger), after.due_at(trigger));
        if was == is {
            continue;
        }
        if let Some(was) = was {
            write.run(
                "DELETE FROM due WHERE webhook_id = ?1 AND due_at = ?2 AND delivery = ?3 AND trigger = ?4",
                params![owed.webhook_id.uuid(), was.as_millisecond(), owed.seq, trigger_code(trigger)],
            )?;
        }
        if let Some(is) = is {
            write.run(
                "INSERT INTO due (webhook_id, due_at, delivery, trigger) VALUES (?1, ?2, ?3, ?4)",
                params![owed.webhook_id.uuid(), is.as_millisecond(), owed.seq, trigger_code(trigger)],
            )?;
            write.ring(owed.webhook_id, is);
        }
    }
    let millis = |at: Option<Timestamp>| at.map(Timestamp::as_millisecond);
    let counts = (after.attempt_count, after.scheduled_attempts);
    let due = (millis(after.schedule_due_at), millis(after.resend_due_at), millis(after.test_due_at));
    if before.status == after.status {
        // Leaves the index over statuses alone.
        write.run(
            "UPDATE delivery SET attempt_count = ?2, scheduled_attempts = ?3, schedule_due_at = ?4, resend_due_at = ?5,
                                 test_due_at = ?6
             WHERE seq = ?1",
            params![owed.seq, counts.0, counts.1, due.0, due.1, due.2],
        )?;
    } else {
        write.run(
            "UPDATE delivery SET attempt_count = ?2, scheduled_attempts = ?3, schedule_due_at = ?4, resend_due_at = ?5,
                                 test_due_at = ?6, status = ?7, updated_at = ?8
             WHERE seq = ?1",
            params![owed.seq, counts.0, counts.1, due.0, due.1, due.2, status_code(after.status), at.as_millisecond(),],
        )?;
    }
    Ok(())
}

/// See [`beckon_store::DeliveryStore::resend_delivery`].
pub(super) fn resend(write: &mut Write<'_>, workspace: WorkspaceId, id: DeliveryId, at: Timestamp) -> Result<Delivery> {
    let owed = owed(write, workspace, id)?;
    check_live(write, workspace, owed.webhook_id)?.map_err(|why| StoreError::Refused(why.to_owned()))?;
    let resend_due_at = Some(owed.standing.resend_due_at.unwrap_or(at));
    change(write, &owed, Standing { resend_due_at, ..owed.standing }, at)?;
    list::get(write, workspace, id)
}

/// See [`beckon_store::DeliveryStore::cancel_delivery`].
pub(super) fn cancel(write: &mut Write<'_>, workspace: WorkspaceId, id: DeliveryId, at: Timestamp) -> Result<Delivery> {
    let owed = owed(write, workspace, id)?;
    let before = owed.standing;
    if !before.status.is_open() && before.next_attempt_at().is_none() {
        return Err(StoreError::Refused(format!("the delivery has ended: it is {}", before.status.as_str())));
    }
    // One that has ended and only waits for a resend keeps how it ended.
    let status = if before.status.is_open() { DeliveryStatus::Canceled } else { before.status };
    let after = Standing { status, schedule_due_at: None, resend_due_at: None, test_due_at: None, ..before };
    change(write, &owed, after, at)?;
    list::get(write, workspace, id)
}

/// See [`beckon_store::DeliveryStore::create_test_delivery`].
pub(super) fn create_test(write: &mut Write<'_>, event: &NewEvent) -> Result<()> {
    for delivery in &event.deliveries {
        let live = check_live(write, event.workspace_id, delivery.webhook_id)?;
        live.map_err(|why| StoreError::Refused(why.to_owned()))?;
    }
    let stored = announce(write, event, &event.deliveries, Trigger::Test)?;
    stored.then_some(()).ok_or_else(|| taken(&event.id))
}
