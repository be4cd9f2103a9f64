//! One attempt: begin, send, classify.
//!
//! What comes out is what was sent and what came back, with the set-up it happened under.
//! Promise: the webhook is the one of this moment: URL, headers and secrets as last acknowledged; one that was
//! disabled or deleted gets nothing, and what was looked up before the webhook changed is looked up again.
//! Not here: when to attempt (`queue.rs`), what follows (`decide.rs`), and writing the record (`record.rs`).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use beckon_domain::ambient::Ambient;
use beckon_domain::delivery::{Attempt, DueAttempt, Trigger};
use beckon_domain::webhook::Webhook;
use beckon_store::{ConfigCache, StoreError, WorkspaceConfig};
use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use crate::classify::{classify_failure, classify_status, read_retry_after};
use crate::queue::{Settings, Start};
use crate::sender::Sent;
use crate::sender::request::place;
use crate::transport::{Shipment, Transport};

/// How long the record of an attempt waits to know who listens to notices now, if that changed meanwhile.
const LISTENERS_WAIT: Duration = Duration::from_secs(2);

/// A request to a webhook with a rate limit that could not be begun for so long is handed out anew: several that were
/// handed out at their pace, and waited for the same thing, would go out at once.
const BEGUN_WITHIN: Duration = Duration::from_millis(100);

/// Makes attempts.
pub(crate) struct Courier {
    pub(crate) config: Arc<ConfigCache>,
    pub(crate) ambient: Ambient,
    pub(crate) transport: Arc<dyn Transport>,
}

/// What became of a due attempt.
pub(crate) enum Made {
    /// It was made.
    Answered(Box<Answered>),
    /// It was not made: the webhook is disabled or deleted.
    NotLive,
    /// It was not made: the webhook is not as it was when the request was looked up.
    Changed(Settings),
    /// It was not made: it was withdrawn, or what is set up changed, before the request was written.
    Overtaken,
    /// It was not made: the webhook could not be read.
    NotBegun(StoreError),
}

/// An attempt that was made, whatever came of it.
pub(crate) struct Answered {
    /// What was due.
    pub(crate) due: DueAttempt,
    /// The webhook as it was when the attempt began.
    pub(crate) webhook: Arc<Webhook>,
    /// What was sent and what came back.
    pub(crate) attempt: Attempt,
    /// How long the receiver asks us to wait.
    pub(crate) retry_after: Option<SignedDuration>,
    /// What is set up now; `None` if it changed and could not be read.
    pub(crate) config: Option<Arc<WorkspaceConfig>>,
}

impl Courier {
    /// Makes an attempt, unless `withdrawn` is set, or the set-up changes, before the request is written.
    pub(crate) async fn make(&self, start: Start, withdrawn: &AtomicBool) -> Made {
        let Start { due, revision } = start;
        let handed_out = Instant::now();
        let config = match self.config.get(due.workspace_id).await {
            Ok(config) => config,
            Err(error) => return Made::NotBegun(error),
        };
        let Some(webhook) = config.webhook(due.webhook_id).filter(|webhook| webhook.is_live()) else {
            return Made::NotLive;
        };
        if revision.is_some_and(|revision| revision != webhook.revision) {
            return Made::Changed(Settings::of(webhook));
        }
        let wanted = || !withdrawn.load(Ordering::Acquire) && self.config.is_current(&config);
        if !wanted() {
            return self.not_written(&due).await;
        }
        let is_late = webhook.rate_limit.is_some() && handed_out.elapsed() > BEGUN_WITHIN;
        if is_late && due.trigger != Trigger::Test {
            return Made::Overtaken;
        }
        let at = self.ambient.now();
        match self.transport.send_if(&wanted, Shipment { webhook, due: &due, at }).await {
            Some(sent) => Made::Answered(Box::new(self.read_answer(&config, webhook, due, at, sent).await)),
            None => self.not_written(&due).await,
        }
    }

    /// Why a request was not written.
    async fn not_written(&self, due: &DueAttempt) -> Made {
        match self.config.get(due.workspace_id).await {
            Ok(config) if !config.webhook(due.webhook_id).is_some_and(|webhook| webhook.is_live()) => Made::NotLive,
            Ok(_) => Made::Overtaken,
            Err(error) => Made::NotBegun(error),
        }
    }

    async fn read_answer(
        &self,
        config: &Arc<WorkspaceConfig>,
        webhook: &Arc<Webhook>,
        due: DueAttempt,
        begun_at: Timestamp,
        sent: Sent,
    ) -> Answered {
        let mut attempt = Attempt::begun(self.ambient.new_id(), &due, begun_at);
        attempt.exchange = sent.exchange;
        let mut retry_after = None;
        attempt.outcome = match sent.result {
            Ok(head) => {
                let now = self.ambient.now();
                retry_after = head.retry_after.and_then(|value| read_retry_after(&value, now));
                attempt.exchange.status.get_or_insert(head.status.as_u16());
                classify_status(head.status)
            }
            Err(failure) => {
                tracing::debug!(delivery = %due.delivery_id, webhook = %due.webhook_id, ?failure, "no answer");
                classify_failure(&failure, &place(&webhook.url))
            }
        };
        let config = self.config_now(config).await;
        Answered { due, webhook: webhook.clone(), attempt, retry_after, config }
    }

    /// What is set up now: who listens to notices may have changed while the receiver thought. If that cannot be read
    /// soon, the record must not wait for it.
    async fn config_now(&self, config: &Arc<WorkspaceConfig>) -> Option<Arc<WorkspaceConfig>> {
        if self.config.is_current(config) {
            return Some(config.clone());
        }
        let read = tokio::time::timeout(LISTENERS_WAIT, self.config.get(config.workspace_id)).await;
        match read {
            Ok(Ok(config)) => Some(config),
            Ok(Err(error)) => {
                tracing::warn!(%error, "what is set up now could not be read");
                None
            }
            Err(_elapsed) => None,
        }
    }
}
