//! Looks into the store for what is due: a webhook's lane at a time, and now and then everywhere.

use std::sync::atomic::Ordering;

use beckon_domain::id::{WebhookId, WorkspaceId};
use beckon_store::{ConfigCache, Result as StoreResult, SharedStore};
use jiff::Timestamp;
use tokio::time::Instant;

use super::{Dispatcher, Done, SWEEP_EVERY, answered, later};
use crate::queue::{Look, Refill, Settings};

impl Dispatcher {
    pub(super) fn start_refills(&mut self, now: Timestamp) {
        while let Some(refill) = self.queue.next_refill(now) {
            self.parts.state.looks.fetch_add(1, Ordering::Relaxed);
            let (store, config) = (self.parts.store.clone(), self.parts.config.clone());
            self.tasks.spawn(async move {
                let webhook = refill.webhook_id;
                Done::Refilled(webhook, answered(look(&store, &config, &refill, now)).await)
            });
        }
    }

    pub(super) fn refilled(&mut self, webhook: WebhookId, look: StoreResult<Look>, now: Timestamp) {
        match look {
            Ok(look) => {
                self.store_answered();
                self.queue.refilled(webhook, look, now);
            }
            Err(error) => {
                let again_at = later(now, self.backoff.next());
                tracing::warn!(%webhook, %error, "what is due could not be read; trying again");
                self.store_fails = true;
                self.queue.refill_failed(webhook, again_at, now);
            }
        }
    }

    pub(super) fn start_sweep(&mut self) {
        if self.sweep_at.is_none_or(|at| at > Instant::now()) {
            return;
        }
        self.sweep_at = None;
        self.parts.transport.drop_idle();
        self.queue.settle_all(self.last_now);
        self.parts.state.looks.fetch_add(1, Ordering::Relaxed);
        let store = self.parts.store.clone();
        self.tasks.spawn(async move { Done::Swept(answered(store.list_due_webhooks()).await) });
    }

    pub(super) fn swept(&mut self, due: StoreResult<Vec<(WorkspaceId, WebhookId, Timestamp)>>, now: Timestamp) {
        match due {
            Ok(due) => {
                self.store_answered();
                self.sweep_at = Some(Instant::now() + SWEEP_EVERY);
                let all = std::mem::take(&mut self.sweep_all);
                for (workspace, webhook, at) in due {
                    self.queue.learn_home(webhook, workspace);
                    self.queue.ring(webhook, if all { at.min(now) } else { at }, now);
                }
            }
            Err(error) => {
                tracing::warn!(%error, "the queue could not be read; trying again");
                self.store_fails = true;
                self.sweep_at = Some(Instant::now() + self.backoff.next());
            }
        }
    }

    pub(super) fn store_answered(&mut self) {
        self.backoff.reset();
        self.store_fails = false;
        self.pulse.note_further(Instant::now());
    }
}

/// What is due for a webhook, and how it was set up right before. In this order: what is read from the queue is at
/// least as new as the settings, so that whoever finds the same settings later can trust it.
async fn look(store: &SharedStore, config: &ConfigCache, refill: &Refill, now: Timestamp) -> StoreResult<Look> {
    let Refill { webhook_id, home, skip, limit } = refill;
    let home = match home {
        Some(home) => *home,
        None => {
            // What is due says whose it is. If nothing was set up meanwhile, the order does not matter.
            let epoch = store.config_epoch();
            let batch = store.list_due(*webhook_id, now, skip, *limit).await?;
            let Some(home) = batch.due.first().map(|due| due.workspace_id) else {
                return Ok(Look { settings: None, batch });
            };
            let settings = config.get(home).await?.webhook(*webhook_id).map(|webhook| Settings::of(webhook));
            if store.config_epoch() == epoch {
                return Ok(Look { settings, batch });
            }
            home
        }
    };
    let settings = config.get(home).await?.webhook(*webhook_id).map(|webhook| Settings::of(webhook));
    let batch = store.list_due(*webhook_id, now, skip, *limit).await?;
    Ok(Look { settings, batch })
}
