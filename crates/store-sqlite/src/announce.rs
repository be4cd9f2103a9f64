//! Stores an event, the deliveries it is owed, and their rows in the queue.
//!
//! Every event comes in here: published, of a segment, a notice, or a test.

use beckon_domain::delivery::{DueAttempt, Trigger};
use beckon_domain::event::{EventId, NewDelivery, NewEvent};
use beckon_domain::id::WorkspaceId;
use beckon_store::config::ConfigVersion;
use beckon_store::deliveries::Lane;
use beckon_store::{Result, StoreError};
use rusqlite::params;

use crate::columns::{joined, lane_code, status_code};
use crate::tally::Count;
use crate::writer::Write;
use beckon_domain::delivery::DeliveryStatus;

/// Refuses an event that says it is another workspace's.
pub(crate) fn check_workspace(event: &NewEvent, workspace: WorkspaceId) -> Result<()> {
    if event.workspace_id == workspace {
        return Ok(());
    }
    Err(StoreError::Refused(format!("the event {} is of another workspace", event.id)))
}

/// Stores the event with `deliveries`, due at its `created_at`: as tests if `trigger` says so, else as first attempts,
/// which stand at that time whether their webhook is FIFO or not. False, and nothing is stored, if its id is taken.
///
/// `decided_at` is the config version that this transaction has checked; with it, the bell carries first attempts.
pub(crate) fn announce(
    write: &mut Write<'_>,
    event: &NewEvent,
    deliveries: &[NewDelivery],
    trigger: Trigger,
    decided_at: Option<ConfigVersion>,
) -> Result<bool> {
    let workspace = event.workspace_id.uuid();
    let at = event.created_at.as_millisecond();
    let stored = write.run(
        "INSERT INTO event (workspace_id, id, event_type, channels, segment_id, contact_id, company_id, visit_id, test,
                            created_at, delivery_count, payload)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
         ON CONFLICT (workspace_id, id) DO NOTHING",
        params![
            workspace,
            event.id.as_str(),
            event.event_type,
            joined(&event.channels),
            event.source.segment_id.map(|id| id.0),
            event.source.contact_id.map(|id| id.uuid()),
            event.source.company_id.map(|id| id.uuid()),
            event.source.visit_id.map(|id| id.uuid()),
            event.source.test,
            at,
            deliveries.len() as i64,
            &event.payload[..],
        ],
    )?;
    if stored == 0 {
        return Ok(false);
    }
    let seq = write.connection.last_insert_rowid();
    write.touch(event.workspace_id);
    if !event.source.test && trigger != Trigger::Test {
        write.tally(event.workspace_id, None, event.created_at, Count::Event, 1);
    }
    for channel in &event.channels {
        write.run(
            "INSERT INTO event_channel (workspace_id, channel, created_at, event) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO NOTHING",
            params![workspace, channel.as_str(), at, seq],
        )?;
    }
    let (lane, schedule_due_at, test_due_at) = match trigger {
        Trigger::Test => (Lane::Test, None, Some(at)),
        Trigger::Schedule | Trigger::Resend | Trigger::Replay => (Lane::First, Some(at), None),
    };
    for delivery in deliveries {
        write.run(
            "INSERT INTO delivery (id, workspace_id, webhook_id, event, event_type, status, attempt_count,
                                   scheduled_attempts, schedule_due_at, test_due_at, created_at, updated_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, 0, ?7, ?8, ?9, ?9)",
            params![
                delivery.id.uuid(),
                workspace,
                delivery.webhook_id.uuid(),
                seq,
                event.event_type,
                status_code(DeliveryStatus::Pending),
                schedule_due_at,
                test_due_at,
                at,
            ],
        )?;
        write.run(
            "INSERT INTO due (webhook_id, lane, due_at, delivery) VALUES (?1, ?2, ?3, ?4)",
            params![delivery.webhook_id.uuid(), lane_code(lane), at, write.connection.last_insert_rowid()],
        )?;
        match decided_at {
            Some(decided_at) => write.ring_written(DueAttempt::first(event, *delivery, trigger), decided_at),
            None => write.ring(delivery.webhook_id, event.created_at),
        }
    }
    Ok(true)
}

/// An event's id that was taken when it could not be.
pub(crate) fn taken(id: &EventId) -> StoreError {
    StoreError::Exists(format!("an event {id}"))
}
