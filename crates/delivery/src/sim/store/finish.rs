//! Recording attempts in the model store. See [`beckon_store::DeliveryStore::finish_attempts`].

use beckon_domain::catalog::payload::{DeliveryExhausted, Payload, WebhookDisabled, WebhookFailing, WebhookRecovered};
use beckon_domain::delivery::{Attempt, DeliveryStatus, Trigger, Verdict};
use beckon_domain::event::NewDelivery;
use beckon_domain::webhook::Webhook;
use beckon_store::deliveries::FinishedAttempt;
use beckon_store::{Result, StoreError};
use jiff::Timestamp;

use super::model::{Model, Owed};

/// What recording an attempt brought about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::sim) struct Effects {
    /// The delivery failed for good.
    pub(in crate::sim) exhausted: bool,
    /// The webhook was disabled.
    pub(in crate::sim) disabled: bool,
}

impl Model {
    /// Records an attempt with all that follows from it, or changes nothing. One that is recorded already stays
    /// as it is (`None`): whoever did not hear the first answer asks again.
    pub(super) fn finish(&mut self, finished: &FinishedAttempt, now: Timestamp) -> Result<Option<Effects>> {
        let FinishedAttempt { workspace_id, attempt, verdict, .. } = finished;
        let place = self.place(*workspace_id, attempt.delivery_id)?;
        if self.deliveries[place].webhook_id != attempt.webhook_id {
            return Err(StoreError::Refused("the delivery goes to another webhook".to_owned()));
        }
        if self.attempts.iter().any(|recorded| recorded.id == attempt.id) {
            return Ok(None);
        }
        let was_open = self.deliveries[place].status.is_open();
        let after = after(&self.deliveries[place], attempt.trigger, verdict, now)?;
        let exhausted = was_open && after.status == DeliveryStatus::Failed;
        self.attempts.push(Attempt { number: after.attempt_count, ..attempt.clone() });
        self.change(place, |owed| *owed = after);

        let live = self.webhooks.get(&attempt.webhook_id).filter(|webhook| webhook.is_live()).cloned();
        let was_live = live.is_some();
        if let (Some(health), true) = (&finished.health, was_live) {
            if health.is_well() {
                self.health.remove(&attempt.webhook_id);
            } else {
                self.health.insert(attempt.webhook_id, health.clone());
            }
        }
        let mut disabled = false;
        if let (Some(reason), Some(webhook)) = (&finished.disable_webhook, live) {
            let disabled_reason = Some(reason.clone());
            self.update_webhook(&Webhook { enabled: false, disabled_reason, updated_at: now, ..webhook })?;
            disabled = true;
        }
        for notice in &finished.notices {
            let happened = match notice.event_type.as_str() {
                DeliveryExhausted::EVENT_TYPE => exhausted,
                WebhookDisabled::EVENT_TYPE => disabled,
                WebhookFailing::EVENT_TYPE | WebhookRecovered::EVENT_TYPE => was_live,
                _ => true,
            };
            if happened {
                let takers = notice.deliveries.iter();
                let takers: Vec<NewDelivery> =
                    takers.filter(|taker| self.live(*workspace_id, taker.webhook_id).is_ok()).copied().collect();
                let stored = self.announce(notice.clone(), &takers, Trigger::Schedule, None);
                if stored && finished.mail_notices {
                    self.unmailed.push((*workspace_id, notice.id.clone()));
                }
            }
        }
        Ok(Some(Effects { exhausted, disabled }))
    }
}

/// How a delivery stands after an attempt.
fn after(owed: &Owed, trigger: Trigger, verdict: &Verdict, now: Timestamp) -> Result<Owed> {
    let mut next = owed.clone();
    next.attempt_count += 1;
    // Of a schedule that was replaced meanwhile, only a success counts.
    let of_this_schedule = trigger == owed.scheduled_trigger();
    match trigger {
        Trigger::Schedule | Trigger::Replay if of_this_schedule => {
            (next.scheduled_attempts, next.schedule_due_at) = (owed.scheduled_attempts + 1, None);
        }
        Trigger::Schedule | Trigger::Replay => {}
        Trigger::Resend => next.resend_due_at = None,
        Trigger::Test => next.test_due_at = None,
    }
    match verdict {
        Verdict::Delivered => (next.status, next.schedule_due_at) = (DeliveryStatus::Delivered, None),
        _ if trigger.is_manual() => {
            if owed.status.is_open() && next.schedule_due_at.is_none() {
                next.status = DeliveryStatus::Failed;
            }
        }
        Verdict::ScheduleUnchanged => {
            return Err(StoreError::Refused("a scheduled attempt decides about the schedule".to_owned()));
        }
        Verdict::RetryAt(at) if owed.status.is_open() && of_this_schedule => {
            (next.status, next.schedule_due_at) = (DeliveryStatus::Retrying, Some(*at));
        }
        Verdict::Failed if owed.status.is_open() && of_this_schedule => next.status = DeliveryStatus::Failed,
        Verdict::RetryAt(_) | Verdict::Failed => {}
    }
    if next.status != owed.status {
        next.updated_at = now;
    }
    Ok(next)
}
