//! Forgets what is older than each workspace wants it kept.
//!
//! Every so often a **round** goes through all workspaces and all that perishes, and asks the store to forget in small
//! steps, with a pause after each, so that what is urgent never waits for long. A workspace with much to forget gets so
//! many steps in a round; then the others have their turn, and the next round begins at once.
//! Promises: what has no limit is never forgotten, nor is anything that a store says still waits. A step that fails
//! stops nothing else: the next round makes up for it.
//! Not here: which rows go with which (the engines); erasing people (`PeopleStore`).

use std::sync::Arc;
use std::time::Duration;

use beckon_domain::ambient::Ambient;
use beckon_domain::id::WorkspaceId;
use beckon_domain::settings::Retention;
use beckon_store::settings::Perishable;
use beckon_store::{ConfigCache, Result, SharedStore};
use jiff::{SignedDuration, Timestamp};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// How long after the start the first round begins: a start is busy enough.
const FIRST_ROUND_AFTER: Duration = Duration::from_secs(60);
/// How long after a round that forgot all there was the next begins.
const ROUND_EVERY: Duration = Duration::from_secs(10 * 60);
/// After so long no request is under way any more of what was canceled.
const UNDER_WAY_MAX: SignedDuration = SignedDuration::from_mins(5);
/// Most steps of one kind in one workspace in a round.
const STEPS_MAX: u32 = 200;
/// How long figures are kept, in days: so that any month can be compared with the same a year before. They are small,
/// and tell nothing of anybody.
const TALLIES_DAYS: u32 = 400;

/// How gently it is forgotten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Most rows that a step forgets; at least 1.
    pub step_rows_max: u32,
    /// How long to wait after each step.
    pub pause: Duration,
}

impl Default for Options {
    fn default() -> Options {
        Options { step_rows_max: 500, pause: Duration::from_millis(25) }
    }
}

/// Forgets. Does nothing until it is [run](Service::run).
pub struct Service {
    store: SharedStore,
    config: Arc<ConfigCache>,
    ambient: Ambient,
    options: Options,
}

impl Service {
    /// Makes a service.
    pub fn new(store: SharedStore, config: Arc<ConfigCache>, ambient: Ambient, options: Options) -> Service {
        Service { store, config, ambient, options }
    }

    /// Forgets until `shutdown`. A step that is under way then is finished by the store.
    pub async fn run(self, shutdown: CancellationToken) {
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = self.forever() => {}
        }
    }

    async fn forever(&self) {
        sleep(FIRST_ROUND_AFTER).await;
        loop {
            if self.round().await.is_all() {
                sleep(ROUND_EVERY).await;
            }
        }
    }

    /// Goes through all workspaces once.
    async fn round(&self) -> Forgot {
        let workspaces = match self.store.list_workspaces().await {
            Ok(workspaces) => workspaces,
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "nothing was forgotten for now");
                return Forgot::All;
            }
        };
        let mut forgot = Forgot::All;
        for workspace in workspaces {
            forgot = forgot.and(self.of_workspace(workspace.id).await);
        }
        forgot
    }

    async fn of_workspace(&self, workspace: WorkspaceId) -> Forgot {
        let retention = match self.config.get(workspace).await {
            Ok(config) => config.settings.retention,
            Err(error) => {
                tracing::warn!(%workspace, error = &error as &dyn std::error::Error, "nothing was forgotten for now");
                return Forgot::All;
            }
        };
        if let Err(error) = self.erase(workspace).await {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(%workspace, error, "not all of who was erased is gone; it is tried again later");
        }
        if let Err(error) = self.move_merged(workspace).await {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(%workspace, error, "what was merged could not be moved in full; it goes on later");
        }
        let mut all = Forgot::All;
        for (what, before) in limits(&retention, self.ambient.now()) {
            match self.forget(workspace, what, before).await {
                Ok(forgot) => all = all.and(forgot),
                Err(error) => {
                    let error = &error as &dyn std::error::Error;
                    tracing::warn!(%workspace, ?what, error, "not all that is old was forgotten; it is tried again later");
                }
            }
        }
        all
    }

    /// Goes on with what a crash interrupted when contacts were erased, and forgets the events of those who were.
    async fn erase(&self, workspace: WorkspaceId) -> Result<()> {
        let step_rows = self.options.step_rows_max.max(1);
        while self.store.erase_more(workspace, step_rows).await? {
            sleep(self.options.pause).await;
        }
        let before = self.ambient.now().checked_sub(UNDER_WAY_MAX).unwrap_or(Timestamp::UNIX_EPOCH);
        while self.store.forget_erased(workspace, before, step_rows).await? >= step_rows {
            sleep(self.options.pause).await;
        }
        Ok(())
    }

    /// Goes on with what a crash interrupted when contacts were merged.
    async fn move_merged(&self, workspace: WorkspaceId) -> Result<()> {
        while self.store.move_merged(workspace, self.options.step_rows_max.max(1)).await? {
            sleep(self.options.pause).await;
        }
        Ok(())
    }

    async fn forget(&self, workspace: WorkspaceId, what: Perishable, before: Timestamp) -> Result<Forgot> {
        let step_rows = self.options.step_rows_max.max(1);
        for _ in 0..STEPS_MAX {
            let gone = self.store.forget(workspace, what, before, step_rows).await?;
            sleep(self.options.pause).await;
            if gone < step_rows {
                return Ok(Forgot::All);
            }
        }
        Ok(Forgot::Some)
    }
}

/// How much of what is old was forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Forgot {
    /// All that could be.
    All,
    /// There may be more.
    Some,
}

impl Forgot {
    fn is_all(self) -> bool {
        self == Forgot::All
    }

    fn and(self, other: Forgot) -> Forgot {
        if self.is_all() { other } else { self }
    }
}

/// What is to be forgotten, and before which moment it must have been.
fn limits(retention: &Retention, now: Timestamp) -> Vec<(Perishable, Timestamp)> {
    let kept = [
        (Perishable::Signals, retention.signals_days),
        (Perishable::Events, retention.events_days),
        (Perishable::Audit, retention.audit_days),
        (Perishable::Tallies, Some(TALLIES_DAYS)),
    ];
    let before = |days: u32| now.checked_sub(SignedDuration::from_hours(24 * i64::from(days))).ok();
    kept.into_iter().filter_map(|(what, days)| Some((what, before(days?)?))).collect()
}

#[cfg(test)]
mod tests;
