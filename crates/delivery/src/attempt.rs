//! One attempt, from top to bottom: begin, compose and sign, send, classify, decide.
//!
//! What comes out is a record to be written, with everything that follows from it.
//! Promise: the webhook is the one of this moment: URL, headers, secrets and schedule as last acknowledged;
//! one that was disabled or deleted gets nothing.
//! Not here: when to attempt (`queue.rs`), and writing the record (`record.rs`).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use beckon_domain::ambient::Ambient;
use beckon_domain::delivery::{Attempt, DueAttempt};
use beckon_domain::event::NewEvent;
use beckon_domain::retry::RetrySchedule;
use beckon_domain::webhook::Webhook;
use beckon_store::deliveries::FinishedAttempt;
use beckon_store::{ConfigCache, StoreError, WorkspaceConfig};
use jiff::{SignedDuration, Timestamp};

use crate::classify::{classify_failure, classify_status, read_retry_after};
use crate::decide::{Decision, decide};
use crate::notices::write_notices;
use crate::sender::failure::SendFailure;
use crate::sender::request::{compose, place, shown_url};
use crate::sender::{Sender, Sent};

/// Makes attempts.
pub(crate) struct Courier {
    pub(crate) config: Arc<ConfigCache>,
    pub(crate) ambient: Ambient,
    pub(crate) sender: Sender,
    /// For webhooks without one of their own.
    pub(crate) retry_schedule: RetrySchedule,
}

/// What became of a due attempt.
pub(crate) enum Made {
    /// It was made: record this.
    Finished(Box<FinishedAttempt>),
    /// It was not made: the webhook is disabled or deleted.
    NotLive,
    /// It was not made: it was withdrawn, or what is set up changed, before the request was written.
    Overtaken,
    /// It was not made: the webhook could not be read.
    NotBegun(StoreError),
}

impl Courier {
    /// Makes an attempt, unless `withdrawn` is set, or the set-up changes, before the request is written.
    pub(crate) async fn make(&self, due: &DueAttempt, withdrawn: &AtomicBool) -> Made {
        let config = match self.config.get(due.workspace_id).await {
            Ok(config) => config,
            Err(error) => return Made::NotBegun(error),
        };
        let Some(webhook) = config.webhook(due.webhook_id).filter(|webhook| webhook.is_live()) else {
            return Made::NotLive;
        };
        let wanted = || !withdrawn.load(Ordering::Acquire) && self.config.is_current(&config);
        if !wanted() {
            return Made::Overtaken;
        }
        let started_at = self.ambient.now();
        match self.send(wanted, webhook, due, started_at).await {
            Some(sent) => Made::Finished(Box::new(self.finish(webhook, due, started_at, sent).await)),
            None => Made::Overtaken,
        }
    }

    async fn send(
        &self,
        wanted: impl Fn() -> bool,
        webhook: &Webhook,
        due: &DueAttempt,
        at: Timestamp,
    ) -> Option<Sent> {
        match compose(webhook, due, at) {
            Ok(request) => self.sender.send_if(wanted, request).await,
            Err(failure) => Some(not_sent(webhook, failure)),
        }
    }

    async fn finish(&self, webhook: &Webhook, due: &DueAttempt, started_at: Timestamp, sent: Sent) -> FinishedAttempt {
        let now = self.ambient.now();
        let mut attempt = Attempt::begun(self.ambient.new_id(), due, started_at);
        attempt.exchange = sent.exchange;
        let (outcome, retry_after) = match sent.result {
            Ok(head) => {
                let retry_after = head.retry_after.and_then(|value| read_retry_after(&value, now));
                (classify_status(head.status), retry_after)
            }
            Err(failure) => {
                tracing::debug!(delivery = %due.delivery_id, webhook = %due.webhook_id, ?failure, "no answer");
                (classify_failure(&failure, &place(&webhook.url)), None)
            }
        };
        attempt.outcome = outcome;
        let decision = self.decide(webhook, due, &attempt, retry_after, now);
        attempt.next_attempt_at = decision.next_attempt_at();
        let notices = self.write_notices(webhook, due, &attempt, &decision, now).await;
        FinishedAttempt {
            workspace_id: due.workspace_id,
            attempt,
            verdict: decision.verdict,
            disable_webhook: decision.disable_webhook,
            notices,
        }
    }

    fn decide(
        &self,
        webhook: &Webhook,
        due: &DueAttempt,
        attempt: &Attempt,
        retry_after: Option<SignedDuration>,
        now: Timestamp,
    ) -> Decision {
        let schedule = webhook.retry_schedule.as_ref().unwrap_or(&self.retry_schedule);
        decide(due, &attempt.outcome, schedule, retry_after, now, self.ambient.unit())
    }

    async fn write_notices(
        &self,
        webhook: &Webhook,
        due: &DueAttempt,
        attempt: &Attempt,
        decision: &Decision,
        now: Timestamp,
    ) -> Vec<NewEvent> {
        if decision.disable_webhook.is_none() && !decision.exhausted {
            return Vec::new();
        }
        // Who listens may have changed while the receiver thought. If that cannot be read now, the record
        // must not wait for it: then the notice only shows, and goes to nobody.
        let config = self.config.get(due.workspace_id).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "a notice goes to nobody: the webhooks could not be read");
            Arc::new(nobody(due))
        });
        write_notices(&config, webhook, attempt, decision, now, &self.ambient).unwrap_or_else(|error| {
            tracing::error!(%error, "a notice could not be written");
            Vec::new()
        })
    }
}

fn nobody(due: &DueAttempt) -> WorkspaceConfig {
    WorkspaceConfig {
        workspace_id: due.workspace_id,
        version: 0,
        webhooks: Vec::new(),
        segments: Vec::new(),
        event_types: Vec::new(),
    }
}

fn not_sent(webhook: &Webhook, failure: SendFailure) -> Sent {
    let exchange = beckon_domain::delivery::Exchange { url: shown_url(&webhook.url), ..Default::default() };
    Sent { exchange, result: Err(failure) }
}
