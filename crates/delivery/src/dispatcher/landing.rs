//! What follows from an attempt that is over: decided here, recorded elsewhere.

use std::sync::Arc;
use std::time::Duration;

use beckon_domain::delivery::DueAttempt;
use beckon_domain::event::NewEvent;
use beckon_domain::health::Health;
use beckon_domain::webhook::Webhook;
use beckon_store::WorkspaceConfig;
use beckon_store::deliveries::FinishedAttempt;
use jiff::Timestamp;

use super::flight::{Flight, Landed};
use super::{Dispatcher, later};
use crate::attempt::{Answered, Made};
use crate::decide::{Decision, decide, seen};
use crate::notices::write_notices;

/// How long a request that could not be begun waits before it is tried again.
const NOT_BEGUN_WAIT: Duration = Duration::from_secs(1);

impl Dispatcher {
    /// Hands what was made to the recorder, and what was not back to the queue.
    pub(super) fn landed(&mut self, landed: Landed, now: Timestamp) {
        let Landed { webhook, key, made } = landed;
        let in_a_moment = later(now, NOT_BEGUN_WAIT);
        match made {
            Some(Made::Answered(answered)) => {
                let finished = self.judge(*answered, now);
                if self.finished.send(finished).is_err() {
                    tracing::error!("the recorder is gone; the attempt is made again");
                    return self.put_back(webhook, key, in_a_moment, now);
                }
                self.unrecorded += 1;
                self.queue.landed(webhook, key, now);
            }
            // The store canceled it when the webhook was disabled or deleted, and forgot how it was doing.
            Some(Made::NotLive) => {
                self.put_back(webhook, key, in_a_moment, now);
                self.forget_health(webhook, now);
                self.test_failed(key, crate::Error::Withdrawn);
            }
            Some(Made::Changed(settings)) => {
                self.flights.remove(&key);
                self.queue.changed(webhook, key, settings, now);
            }
            Some(Made::Overtaken) => {
                let withdrawn = self.flights.get(&key).is_some_and(Flight::is_withdrawn);
                self.put_back(webhook, key, now, now);
                if withdrawn {
                    self.test_failed(key, crate::Error::Withdrawn);
                }
            }
            Some(Made::NotBegun(error)) => {
                tracing::warn!(delivery = %key.0, %error, "the webhook could not be read; trying again");
                self.put_back(webhook, key, in_a_moment, now);
            }
            None => {
                tracing::error!(delivery = %key.0, "an attempt panicked; it is made again");
                self.put_back(webhook, key, in_a_moment, now);
            }
        }
    }

    /// Decides what follows from an attempt, for its delivery and for its webhook.
    fn judge(&mut self, answered: Answered, now: Timestamp) -> FinishedAttempt {
        let Answered { due, webhook, mut attempt, retry_after, config } = answered;
        let options = &self.parts.options;
        let schedule = webhook.retry_schedule.as_ref().unwrap_or(&options.retry_schedule);
        let unit = self.parts.ambient.unit();
        let mut decision = decide(&due, &attempt.outcome, schedule, retry_after, now, unit);
        let mut health = None;
        // Whoever disabled or deleted it meanwhile made the store forget how it was doing.
        let live = config.as_ref().is_none_or(|config| config.webhook(webhook.id).is_some_and(|now| now.is_live()));
        if live
            && decision.disable_webhook.is_none()
            && let Some(seen) = seen(&attempt, retry_after)
        {
            let (before, unit) = (self.queue.health(webhook.id), self.parts.ambient.unit());
            let mut after = before.clone();
            let begun_at = attempt.started_at;
            let consequences = after.note(due.delivery_id, seen, begun_at, options.disable_after, now, unit);
            decision.follow(consequences, &before, &after, options.disable_after);
            if after != before {
                self.set_health(&webhook, after.clone(), now);
                health = Some(after);
            }
        }
        attempt.next_attempt_at = decision.next_attempt_at();
        let notices = self.write_notices(config, &webhook, &due, &attempt, &decision, now);
        FinishedAttempt {
            workspace_id: due.workspace_id,
            attempt,
            verdict: decision.verdict,
            disable_webhook: decision.disable_webhook,
            health,
            notices,
            mail_notices: self.parts.options.mail_notices,
        }
    }

    fn set_health(&mut self, webhook: &Webhook, health: Health, now: Timestamp) {
        self.parts.state.show_health(webhook.id, &health);
        self.queue.set_health(webhook.id, webhook.workspace_id, Some(webhook.revision), health, now);
    }

    fn write_notices(
        &self,
        config: Option<Arc<WorkspaceConfig>>,
        webhook: &Webhook,
        due: &DueAttempt,
        attempt: &beckon_domain::delivery::Attempt,
        decision: &Decision,
        now: Timestamp,
    ) -> Vec<NewEvent> {
        // If nobody knows who listens now, the notice only shows, and goes to nobody.
        let config = config.unwrap_or_else(|| Arc::new(nobody(due)));
        write_notices(&config, webhook, attempt, decision, now, &self.parts.ambient).unwrap_or_else(|error| {
            tracing::error!(%error, "a notice could not be written");
            Vec::new()
        })
    }
}

fn nobody(due: &DueAttempt) -> WorkspaceConfig {
    WorkspaceConfig {
        workspace_id: due.workspace_id,
        name: String::new(),
        settings: Default::default(),
        version: 0,
        webhooks: Vec::new(),
        segments: Vec::new(),
        event_types: Vec::new(),
        lists: Vec::new(),
    }
}
