//! What memory knows of webhooks that are not well: read at the start, and forgotten when the store forgets it.
//!
//! A webhook that is disabled and enabled again begins anew. The store sees to that for what is recorded; here, unwell
//! webhooks are compared with what is set up whenever anything of that changed.
//! Not here: how health changes (`landing.rs`).

use std::time::Duration;

use beckon_domain::health::Health;
use beckon_domain::id::{WebhookId, WorkspaceId};
use beckon_store::{ConfigCache, Result as StoreResult, SharedStore};
use jiff::Timestamp;
use tokio::time::Instant;

use super::{Dispatcher, Done, answered};
use crate::queue::Settings;

/// Unwell webhooks are compared with what is set up no more often than this.
const RECHECK_EVERY: Duration = Duration::from_millis(500);

/// An unwell webhook that is set up differently than when it fell ill.
pub(super) struct Rechecked {
    webhook: WebhookId,
    /// `None` if it is deleted.
    settings: Option<Settings>,
    recorded: Health,
}

impl Dispatcher {
    /// Reads which webhooks are not well. Nothing is sent before, or a restart would burst onto them.
    pub(super) fn start_load(&mut self) {
        if self.load_at.is_none_or(|at| at > Instant::now()) {
            return;
        }
        self.load_at = None;
        let store = self.parts.store.clone();
        self.tasks.spawn(async move { Done::Loaded(answered(store.list_unwell_webhooks()).await) });
    }

    pub(super) fn unwell_loaded(&mut self, unwell: StoreResult<Vec<(WorkspaceId, WebhookId, Health)>>, now: Timestamp) {
        match unwell {
            Ok(unwell) => {
                self.store_answered();
                for (home, webhook, health) in unwell {
                    self.parts.state.show_health(webhook, &health);
                    self.queue.set_health(webhook, home, None, health, now);
                }
                self.loaded = true;
                self.sweep_at = Some(Instant::now());
            }
            Err(error) => {
                tracing::warn!(%error, "how webhooks are doing could not be read; trying again");
                self.store_fails = true;
                self.load_at = Some(Instant::now() + self.backoff.next());
            }
        }
    }

    /// A webhook begins anew.
    pub(super) fn forget_health(&mut self, webhook: WebhookId, now: Timestamp) {
        if self.queue.forget_health(webhook, now) {
            self.parts.state.show_health(webhook, &Health::default());
        }
    }

    /// When unwell webhooks are to be compared with what is set up.
    pub(super) fn recheck_due(&self) -> Option<Instant> {
        let changed = self.config_epoch != self.parts.store.config_epoch();
        (changed && !self.rechecking).then_some(self.recheck_at)
    }

    pub(super) fn start_recheck(&mut self) {
        if self.recheck_due().is_none_or(|at| at > Instant::now()) {
            return;
        }
        self.config_epoch = self.parts.store.config_epoch();
        let unwell: Vec<_> = self.queue.unwell().collect();
        if unwell.is_empty() {
            return;
        }
        self.rechecking = true;
        let (store, config) = (self.parts.store.clone(), self.parts.config.clone());
        self.tasks.spawn(async move {
            let mut changed = Vec::new();
            for (webhook, home, noted_at) in unwell {
                match answered(recheck(&store, &config, webhook, home, noted_at)).await {
                    Ok(rechecked) => changed.extend(rechecked),
                    Err(error) => tracing::warn!(%webhook, %error, "how a webhook is doing could not be compared"),
                }
            }
            Done::Rechecked(changed)
        });
    }

    pub(super) fn rechecked(&mut self, rechecked: Vec<Rechecked>, now: Timestamp) {
        self.rechecking = false;
        self.recheck_at = Instant::now() + RECHECK_EVERY;
        for Rechecked { webhook, settings, recorded } in rechecked {
            if settings.is_none() || recorded.is_well() {
                self.forget_health(webhook, now);
            }
            if let Some(settings) = settings {
                self.queue.learn_settings(webhook, settings, now);
            }
        }
    }
}

async fn recheck(
    store: &SharedStore,
    config: &ConfigCache,
    webhook: WebhookId,
    home: WorkspaceId,
    noted_at: Option<i64>,
) -> StoreResult<Option<Rechecked>> {
    let config = config.get(home).await?;
    let Some(found) = config.webhook(webhook) else {
        return Ok(Some(Rechecked { webhook, settings: None, recorded: Health::default() }));
    };
    if noted_at == Some(found.revision) {
        return Ok(None);
    }
    let recorded = store.get_webhook_health(home, webhook).await?;
    Ok(Some(Rechecked { webhook, settings: Some(Settings::of(found)), recorded }))
}
