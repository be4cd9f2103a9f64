//! Records attempts, each with all that follows from it.

use std::sync::Arc;
use std::time::Duration;

use beckon_domain::catalog::payload::{DeliveryExhausted, Payload, WebhookDisabled, WebhookFailing, WebhookRecovered};
use beckon_domain::delivery::{Attempt, DeliveryStatus, Trigger};
use beckon_domain::event::{NewDelivery, NewEvent};
use beckon_domain::id::{WebhookId, WorkspaceId};
use beckon_domain::webhook::Webhook;
use beckon_store::deliveries::FinishedAttempt;
use beckon_store::{Result, StoreError, Vault};
use jiff::Timestamp;
use rusqlite::params;

use super::attempts::{is_recorded, record, seal};
use super::waiting::{Owed, change, owed};
use crate::announce::{announce, check_workspace, taken};
use crate::health::put_health;
use crate::mail::put_unmailed;
use crate::standing::Standing;
use crate::tally::{self, Count};
use crate::webhooks::{self, check_live};
use crate::writer::Write;

/// An attempt to record, and its sealed part.
pub(super) struct Sealed {
    finished: Arc<FinishedAttempt>,
    record: Vec<u8>,
}

/// Seals what is to be sealed of each attempt.
pub(super) fn seal_all(doing: &'static str, vault: &Vault, finished: Vec<Arc<FinishedAttempt>>) -> Result<Vec<Sealed>> {
    let sealed = finished.into_iter().map(|finished| {
        let record = seal(doing, vault, &finished.attempt)?;
        Ok(Sealed { finished, record })
    });
    sealed.collect()
}

/// See [`beckon_store::DeliveryStore::finish_attempts`].
pub(super) fn finish_all(write: &mut Write<'_>, finished: &[Sealed], now: Timestamp) -> Result<Vec<Result<()>>> {
    // Almost always all succeed, and need no savepoints of their own.
    let together = write.apart(|write| finished.iter().try_for_each(|one| finish(write, one, now)))?;
    if together.is_ok() {
        return Ok(finished.iter().map(|_| Ok(())).collect());
    }
    finished.iter().map(|one| write.apart(|write| finish(write, one, now))).collect()
}

fn finish(write: &mut Write<'_>, Sealed { finished, record: sealed }: &Sealed, now: Timestamp) -> Result<()> {
    let FinishedAttempt { workspace_id, attempt, verdict, disable_webhook, health, notices, mail_notices } =
        &**finished;
    let owed = owed(write, *workspace_id, attempt.delivery_id)?;
    if owed.webhook_id != attempt.webhook_id {
        return Err(StoreError::Refused(format!("the delivery {} goes to another webhook", attempt.delivery_id)));
    }
    // An answer that was lost makes the caller ask again. Almost never: what has no such number is not recorded.
    if owed.standing.attempt_count >= attempt.number && is_recorded(write, owed.seq, attempt.id)? {
        return Ok(());
    }
    let after = owed.standing.after(attempt.trigger, verdict)?;
    record(write, owed.seq, after.attempt_count, attempt, sealed)?;
    change(write, &owed, after, now)?;
    count(write, *workspace_id, &owed, after, attempt)?;

    let disabled = match disable_webhook {
        Some(reason) => disable(write, *workspace_id, attempt.webhook_id, reason, now)?,
        None => false,
    };
    if health.is_none() && notices.is_empty() {
        return Ok(());
    }
    let live = is_live(write, *workspace_id, attempt.webhook_id)?;
    if let Some(health) = health.as_ref().filter(|_| live) {
        put_health(write, *workspace_id, attempt.webhook_id, health)?;
    }
    let exhausted = owed.standing.status.is_open() && after.status == DeliveryStatus::Failed;
    for notice in notices {
        let happened = match notice.event_type.as_str() {
            DeliveryExhausted::EVENT_TYPE => exhausted,
            WebhookDisabled::EVENT_TYPE => disabled,
            WebhookFailing::EVENT_TYPE | WebhookRecovered::EVENT_TYPE => live,
            _ => true,
        };
        if happened {
            announce_notice(write, *workspace_id, notice)?;
            if *mail_notices {
                put_unmailed(write, *workspace_id, &notice.id)?;
            }
        }
    }
    Ok(())
}

/// Counts an attempt that was written down, and the end of its delivery if it is that.
fn count(write: &mut Write<'_>, workspace: WorkspaceId, owed: &Owed, after: Standing, attempt: &Attempt) -> Result<()> {
    write.touch(workspace);
    if is_of_test(write, owed.seq, attempt.trigger)? {
        return Ok(());
    }
    let (at, webhook) = (attempt.started_at, Some(owed.webhook_id));
    let took = Duration::from_micros(attempt.exchange.timings.total_us);
    let answered_in = attempt.exchange.status.and_then(|_| tally::bucket(took));
    let succeeded = attempt.outcome.is_delivered();
    write.tally(workspace, webhook, at, Count::Attempt { succeeded, answered_in }, 1);
    match (owed.standing.status, after.status) {
        (before, after) if before == after => {}
        (_, DeliveryStatus::Delivered) => {
            // What was resent or replayed says nothing of how long deliveries take.
            let scheduled = attempt.trigger == Trigger::Schedule;
            // A clock may have been set back.
            let waited =
                Duration::try_from(at.duration_since(owed.created_at)).unwrap_or_default().saturating_add(took);
            let after = scheduled.then(|| tally::bucket(waited)).flatten();
            write.tally(workspace, webhook, at, Count::Delivered { after }, 1);
        }
        (_, DeliveryStatus::Failed) => write.tally(workspace, webhook, at, Count::Failed, 1),
        _ => {}
    }
    Ok(())
}

/// Whether the delivery is of a test event. Only what a person asked for again needs a look at the event: what is
/// scheduled is never a test.
fn is_of_test(write: &Write<'_>, delivery: i64, trigger: Trigger) -> Result<bool> {
    match trigger {
        Trigger::Test => Ok(true),
        Trigger::Schedule => Ok(false),
        Trigger::Resend | Trigger::Replay => write.has(
            "SELECT 1 FROM delivery d CROSS JOIN event e ON e.seq = d.event WHERE d.seq = ?1 AND e.test",
            params![delivery],
        ),
    }
}

/// Disables a webhook, and says whether it was this that did.
fn disable(write: &mut Write<'_>, workspace: WorkspaceId, id: WebhookId, reason: &str, now: Timestamp) -> Result<bool> {
    let webhook = webhooks::get(write, workspace, id)?;
    if !webhook.is_live() {
        return Ok(false);
    }
    let disabled = Webhook { enabled: false, disabled_reason: Some(reason.to_owned()), updated_at: now, ..webhook };
    webhooks::update(write, disabled)?;
    Ok(true)
}

/// Announces a notice to those of its webhooks that are still live: who gets it was decided before the
/// attempt was recorded.
fn announce_notice(write: &mut Write<'_>, workspace: WorkspaceId, notice: &NewEvent) -> Result<()> {
    check_workspace(notice, workspace)?;
    let mut live: Vec<NewDelivery> = Vec::with_capacity(notice.deliveries.len());
    for delivery in &notice.deliveries {
        if is_live(write, workspace, delivery.webhook_id)? {
            live.push(*delivery);
        }
    }
    let stored = announce(write, notice, &live, Trigger::Schedule, None)?;
    stored.then_some(()).ok_or_else(|| taken(&notice.id))
}

fn is_live(write: &Write<'_>, workspace: WorkspaceId, id: WebhookId) -> Result<bool> {
    match check_live(write, workspace, id) {
        Err(StoreError::NotFound(_)) => Ok(false),
        checked => Ok(checked?.is_ok()),
    }
}
