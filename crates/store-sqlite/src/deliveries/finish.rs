//! Records attempts, each with all that follows from it.

use std::sync::Arc;

use beckon_domain::catalog::payload::{DeliveryExhausted, Payload, WebhookDisabled, WebhookFailing, WebhookRecovered};
use beckon_domain::delivery::{DeliveryStatus, Trigger};
use beckon_domain::event::{NewDelivery, NewEvent};
use beckon_domain::id::{WebhookId, WorkspaceId};
use beckon_domain::webhook::Webhook;
use beckon_store::deliveries::FinishedAttempt;
use beckon_store::{Result, StoreError, Vault};
use jiff::Timestamp;

use super::attempts::{is_recorded, record, seal};
use super::waiting::{change, owed};
use crate::announce::{announce, check_workspace, taken};
use crate::health::put_health;
use crate::mail::put_unmailed;
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
