//! Changes what waits for a delivery, and keeps its rows in the queue in step.

use beckon_domain::delivery::{Delivery, Trigger};
use beckon_domain::event::NewEvent;
use beckon_domain::id::{DeliveryId, WebhookId, WorkspaceId};
use beckon_store::{Result, StoreError};
use jiff::Timestamp;
use rusqlite::params;

use super::list;
use crate::announce::{announce, taken};
use crate::columns::{Columns, lane_code, status_code};
use crate::sql::Sql;
use crate::standing::{Order, Place, Standing};
use crate::webhooks::check_live;
use crate::writer::Write;

/// A delivery as the steps that change it need it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Owed {
    pub(crate) seq: i64,
    pub(crate) webhook_id: WebhookId,
    /// When its event was announced.
    pub(crate) created_at: Timestamp,
    pub(crate) order: Order,
    pub(crate) standing: Standing,
}

/// What [`Owed::read`] reads, of a `delivery d` and its `webhook w`, which may be missing.
pub(crate) const OWED_COLUMNS: &str = "d.seq, d.webhook_id, d.created_at, coalesce(w.fifo, 0), d.status, d.attempt_count, \
                                       d.scheduled_attempts, d.schedule_due_at, d.resend_due_at, d.test_due_at, d.replay, \
                                       d.canceled_with_webhook";

impl Owed {
    /// Reads [`OWED_COLUMNS`].
    pub(crate) fn read(columns: &mut Columns<'_>) -> Result<Owed> {
        let (seq, webhook_id, created_at) = (columns.value()?, columns.id()?, columns.time()?);
        let order = if columns.value()? { Order::Events { created_at } } else { Order::Lanes };
        Ok(Owed { seq, webhook_id, created_at, order, standing: list::standing(columns)? })
    }
}

/// How the delivery of that id stands.
pub(super) fn owed(sql: &Sql<'_>, workspace: WorkspaceId, id: DeliveryId) -> Result<Owed> {
    let text = format!(
        "SELECT {OWED_COLUMNS} FROM delivery d LEFT JOIN webhook w ON w.id = d.webhook_id
         WHERE d.id = ?1 AND d.workspace_id = ?2"
    );
    let found =
        sql.find(&text, params![id.uuid(), workspace.uuid()], |row| Owed::read(&mut Columns::of("delivery", row)))?;
    found.ok_or(StoreError::NotFound("delivery"))
}

/// Stores that a delivery now stands so, and moves its rows in the queue accordingly.
pub(crate) fn change(write: &mut Write<'_>, owed: &Owed, after: Standing, at: Timestamp) -> Result<()> {
    let before = owed.standing;
    for (was, is) in before.waiting(owed.order).into_iter().zip(after.waiting(owed.order)) {
        if was == is {
            continue;
        }
        let (from, to) = (was.map(|was| was.place), is.map(|is| is.place));
        if from != to {
            remove(write, owed, from)?;
            insert(write, owed, to)?;
        }
        match (is, owed.order) {
            (Some(is), _) => write.ring(owed.webhook_id, is.due_at),
            // What stood behind it may go now.
            (None, Order::Events { .. }) => write.ring(owed.webhook_id, at),
            (None, Order::Lanes) => {}
        }
    }
    let millis = |at: Option<Timestamp>| at.map(Timestamp::as_millisecond);
    let counts = (after.attempt_count, after.scheduled_attempts);
    let due = (millis(after.schedule_due_at), millis(after.resend_due_at), millis(after.test_due_at));
    let flags = (after.replay, after.canceled_with_webhook);
    if before.status == after.status {
        // Leaves the index over statuses alone.
        write.run(
            "UPDATE delivery SET attempt_count = ?2, scheduled_attempts = ?3, schedule_due_at = ?4, resend_due_at = ?5,
                                 test_due_at = ?6, replay = ?7, canceled_with_webhook = ?8
             WHERE seq = ?1",
            params![owed.seq, counts.0, counts.1, due.0, due.1, due.2, flags.0, flags.1],
        )?;
    } else {
        let status = status_code(after.status);
        write.run(
            "UPDATE delivery SET attempt_count = ?2, scheduled_attempts = ?3, schedule_due_at = ?4, resend_due_at = ?5,
                                 test_due_at = ?6, replay = ?7, canceled_with_webhook = ?8, status = ?9, updated_at = ?10
             WHERE seq = ?1",
            params![
                owed.seq,
                counts.0,
                counts.1,
                due.0,
                due.1,
                due.2,
                flags.0,
                flags.1,
                status,
                at.as_millisecond()
            ],
        )?;
    }
    Ok(())
}

fn remove(write: &mut Write<'_>, owed: &Owed, place: Option<Place>) -> Result<()> {
    let Some(Place { lane, at }) = place else { return Ok(()) };
    write
        .run(
            "DELETE FROM due WHERE webhook_id = ?1 AND lane = ?2 AND due_at = ?3 AND delivery = ?4",
            params![owed.webhook_id.uuid(), lane_code(lane), at.as_millisecond(), owed.seq],
        )
        .map(drop)
}

fn insert(write: &mut Write<'_>, owed: &Owed, place: Option<Place>) -> Result<()> {
    let Some(Place { lane, at }) = place else { return Ok(()) };
    write
        .run(
            "INSERT INTO due (webhook_id, lane, due_at, delivery) VALUES (?1, ?2, ?3, ?4)",
            params![owed.webhook_id.uuid(), lane_code(lane), at.as_millisecond(), owed.seq],
        )
        .map(drop)
}

/// See [`beckon_store::DeliveryStore::resend_delivery`].
pub(super) fn resend(write: &mut Write<'_>, workspace: WorkspaceId, id: DeliveryId, at: Timestamp) -> Result<Delivery> {
    let owed = owed(write, workspace, id)?;
    write.touch(workspace);
    check_live(write, workspace, owed.webhook_id)?.map_err(|why| StoreError::Refused(why.to_owned()))?;
    let resend_due_at = Some(owed.standing.resend_due_at.unwrap_or(at));
    change(write, &owed, Standing { resend_due_at, ..owed.standing }, at)?;
    list::get(write, workspace, id)
}

/// See [`beckon_store::DeliveryStore::cancel_delivery`].
pub(crate) fn cancel(write: &mut Write<'_>, workspace: WorkspaceId, id: DeliveryId, at: Timestamp) -> Result<Delivery> {
    let owed = owed(write, workspace, id)?;
    write.touch(workspace);
    let before = owed.standing;
    if !before.status.is_open() && before.next_attempt_at().is_none() {
        return Err(StoreError::Refused(format!("the delivery has ended: it is {}", before.status.as_str())));
    }
    change(write, &owed, before.canceled(), at)?;
    list::get(write, workspace, id)
}

/// See [`beckon_store::DeliveryStore::retry_delivery_now`].
pub(super) fn retry_now(
    write: &mut Write<'_>,
    workspace: WorkspaceId,
    id: DeliveryId,
    at: Timestamp,
) -> Result<Delivery> {
    let owed = owed(write, workspace, id)?;
    write.touch(workspace);
    let before = owed.standing;
    if !before.status.is_open() {
        return Err(StoreError::Refused(format!("the delivery has ended: it is {}", before.status.as_str())));
    }
    change(write, &owed, before.hurried(at), at)?;
    // Also when it was due already: somebody waits for it.
    write.ring(owed.webhook_id, at);
    list::get(write, workspace, id)
}

/// See [`beckon_store::DeliveryStore::create_test_delivery`].
pub(super) fn create_test(write: &mut Write<'_>, event: &NewEvent) -> Result<()> {
    for delivery in &event.deliveries {
        let live = check_live(write, event.workspace_id, delivery.webhook_id)?;
        live.map_err(|why| StoreError::Refused(why.to_owned()))?;
    }
    let stored = announce(write, event, &event.deliveries, Trigger::Test, None)?;
    stored.then_some(()).ok_or_else(|| taken(&event.id))
}
