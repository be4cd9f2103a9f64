//! Changes all that waits for a webhook at once.

use beckon_domain::delivery::DeliveryStatus;
use beckon_domain::id::WebhookId;
use beckon_store::Result;
use beckon_store::deliveries::Lane;
use jiff::Timestamp;
use rusqlite::params;

use crate::columns::{lane_code, status_code};
use crate::writer::Write;

/// Puts all scheduled requests of a webhook that becomes FIFO in the order of their events. First attempts stand
/// at that time already.
pub(crate) fn put_in_order(write: &mut Write<'_>, webhook: WebhookId, now: Timestamp) -> Result<()> {
    let (retry, replay) = (lane_code(Lane::Retry), lane_code(Lane::Replay));
    write.run(
        "INSERT OR IGNORE INTO due (webhook_id, lane, due_at, delivery)
         SELECT due.webhook_id, ?2, d.created_at, due.delivery
         FROM due CROSS JOIN delivery d ON d.seq = due.delivery
         WHERE due.webhook_id = ?1 AND due.lane IN (?3, ?4)",
        params![webhook.uuid(), lane_code(Lane::First), retry, replay],
    )?;
    write.run("DELETE FROM due WHERE webhook_id = ?1 AND lane IN (?2, ?3)", params![webhook.uuid(), retry, replay])?;
    write.ring(webhook, now);
    Ok(())
}

/// Puts the scheduled requests of a webhook that was FIFO each in its lane. First attempts stay where they are.
pub(crate) fn put_in_lanes(write: &mut Write<'_>, webhook: WebhookId, now: Timestamp) -> Result<()> {
    let first = lane_code(Lane::First);
    write.run(
        "INSERT OR IGNORE INTO due (webhook_id, lane, due_at, delivery)
         SELECT due.webhook_id, iif(d.replay, ?4, ?3), d.schedule_due_at, due.delivery
         FROM due CROSS JOIN delivery d ON d.seq = due.delivery
         WHERE due.webhook_id = ?1 AND due.lane = ?2 AND d.schedule_due_at IS NOT NULL
             AND (d.replay OR d.scheduled_attempts > 0)",
        params![webhook.uuid(), first, lane_code(Lane::Retry), lane_code(Lane::Replay)],
    )?;
    write.run(
        "DELETE FROM due WHERE webhook_id = ?1 AND lane = ?2 AND EXISTS (
             SELECT 1 FROM delivery d WHERE d.seq = due.delivery AND (d.replay OR d.scheduled_attempts > 0))",
        params![webhook.uuid(), first],
    )?;
    write.ring(webhook, now);
    Ok(())
}

/// Cancels everything that waits for a webhook, and notes that nobody canceled the deliveries themselves.
pub(crate) fn cancel_waiting(write: &mut Write<'_>, webhook: WebhookId, at: Timestamp) -> Result<()> {
    write.run(
        "UPDATE delivery
         SET status = iif(status IN (?3, ?4), ?5, status), updated_at = iif(status IN (?3, ?4), ?2, updated_at),
             canceled_with_webhook = iif(status IN (?3, ?4), 1, canceled_with_webhook),
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
