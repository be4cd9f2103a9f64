//! One transaction with many requests in it.

use std::ops::Deref;
use std::sync::Arc;

use beckon_domain::delivery::DueAttempt;
use beckon_domain::id::{WebhookId, WorkspaceId};
use beckon_store::config::ConfigVersion;
use beckon_store::{JustWritten, Result, Ring, StoreError, Vault};
use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::task::{Job, Lost};
use crate::sql::Sql;
use crate::tally::{Count, Tallies};

/// The transaction, as a request sees it; and what the world is told once it is committed.
pub(crate) struct Write<'c> {
    pub(super) sql: Sql<'c>,
    pub(super) effects: Effects,
}

/// What a commit makes known.
#[derive(Default)]
pub(super) struct Effects {
    pub(super) due: Vec<(WebhookId, Ring)>,
    pub(super) config_versions: Vec<(WorkspaceId, ConfigVersion)>,
    pub(super) keys_changed: bool,
    /// Workspaces of which something changed that a page may show; one that is named twice is touched once.
    pub(super) touched: Vec<WorkspaceId>,
    /// What was counted: written with the commit itself.
    pub(super) tallies: Tallies,
}

impl<'c> Deref for Write<'c> {
    type Target = Sql<'c>;

    fn deref(&self) -> &Sql<'c> {
        &self.sql
    }
}

impl Write<'_> {
    /// After the commit, the bell says that `webhook` has something due at `at`.
    pub(crate) fn ring(&mut self, webhook: WebhookId, at: Timestamp) {
        self.effects.due.push((webhook, Ring::At(at)));
    }

    /// After the commit, the bell carries `due`, which this transaction has written as a first attempt, decided with
    /// the config version that it has checked.
    pub(crate) fn ring_written(&mut self, due: DueAttempt, decided_at: ConfigVersion) {
        self.effects.due.push((due.webhook_id, Ring::Written(JustWritten { due, decided_at })));
    }

    /// Counts up the workspace's config version. `NotFound` if there is no such workspace.
    pub(crate) fn config_changed(&mut self, workspace: WorkspaceId) -> Result<()> {
        let version = self.sql.find(
            "UPDATE workspace SET config_version = config_version + 1 WHERE id = ?1 RETURNING config_version",
            params![workspace.uuid()],
            |row| crate::columns::Columns::of("workspace", row).value(),
        )?;
        let version = version.ok_or(StoreError::NotFound("workspace"))?;
        self.touch(workspace);
        self.config_version_is(workspace, version);
        Ok(())
    }

    /// After the commit, the workspace's config version is known to be `version`.
    pub(crate) fn config_version_is(&mut self, workspace: WorkspaceId, version: ConfigVersion) {
        self.effects.config_versions.push((workspace, version));
    }

    /// After the commit, no key that was looked up before is taken for known.
    pub(crate) fn keys_changed(&mut self) {
        self.effects.keys_changed = true;
    }

    /// Something of the workspace changes that a page may show.
    pub(crate) fn touch(&mut self, workspace: WorkspaceId) {
        if self.effects.touched.last() != Some(&workspace) {
            self.effects.touched.push(workspace);
        }
    }

    /// Counts `times` things that happened at `at`, of the workspace itself or of a webhook.
    pub(crate) fn tally(
        &mut self,
        workspace: WorkspaceId,
        webhook: Option<WebhookId>,
        at: Timestamp,
        count: Count,
        times: usize,
    ) {
        self.effects.tallies.add(workspace, webhook, at, count, times);
    }

    /// Refuses work that was decided with another config version than the present one.
    pub(crate) fn check_decided_at(&self, workspace: WorkspaceId, decided_at: ConfigVersion) -> Result<()> {
        let version: Option<ConfigVersion> =
            self.sql.find("SELECT config_version FROM workspace WHERE id = ?1", params![workspace.uuid()], |row| {
                crate::columns::Columns::of("workspace", row).value()
            })?;
        match version {
            None => Err(StoreError::NotFound("workspace")),
            Some(version) if version != decided_at => Err(StoreError::Stale("the set-up")),
            Some(_) => Ok(()),
        }
    }

    /// Does a part of the work that is taken back alone if it fails. The outer error is for when SQLite took
    /// back everything: then nothing more may be written.
    pub(crate) fn apart<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T>) -> Result<Result<T>> {
        self.run("SAVEPOINT apart", [])?;
        let (due, versions) = (self.effects.due.len(), self.effects.config_versions.len());
        let tallies = self.effects.tallies.len();
        let outcome = work(self);
        if self.is_lost() {
            return Err(outcome.err().unwrap_or_else(|| StoreError::Full("the transaction was taken back".into())));
        }
        if outcome.is_err() {
            self.effects.due.truncate(due);
            self.effects.config_versions.truncate(versions);
            self.effects.tallies.take_back_to(tallies);
            self.run("ROLLBACK TO apart", [])?;
        }
        self.run("RELEASE apart", [])?;
        Ok(outcome)
    }
}

/// Runs all jobs in one transaction and commits it. Each job keeps its own answer; the error is for all.
pub(super) fn commit(connection: &Connection, vault: &Vault, jobs: &mut [Job]) -> std::result::Result<Effects, Lost> {
    let done = attempt(connection, vault, jobs);
    if done.is_err() && !connection.is_autocommit() {
        let rolled_back = connection.execute_batch("ROLLBACK");
        if let Err(error) = rolled_back {
            tracing::error!(%error, "a transaction could not be rolled back");
        }
    }
    if let Err(lost) = &done {
        let error = match lost {
            Lost::Refused(error) => error.to_string(),
            Lost::TakenBack => "taken back".to_owned(),
        };
        tracing::error!(requests = jobs.len(), error, "a transaction was not committed");
    }
    done
}

fn attempt(connection: &Connection, vault: &Vault, jobs: &mut [Job]) -> std::result::Result<Effects, Lost> {
    let control = |sql: &str| {
        let ran = connection.prepare_cached(sql).and_then(|mut statement| statement.execute([]));
        ran.map_err(|error| Lost::Refused(Arc::new(error)))
    };
    let mut effects = Effects::default();
    control("BEGIN IMMEDIATE")?;
    for job in jobs {
        control("SAVEPOINT request")?;
        let mut write = Write::new(Sql { connection, vault, doing: job.doing() });
        let done = job.run(&mut write);
        if connection.is_autocommit() {
            return Err(Lost::TakenBack);
        }
        if done {
            effects.due.append(&mut write.effects.due);
            effects.config_versions.append(&mut write.effects.config_versions);
            effects.keys_changed |= write.effects.keys_changed;
            effects.touched.append(&mut write.effects.touched);
            effects.tallies.append(&mut write.effects.tallies);
        } else {
            control("ROLLBACK TO request")?;
        }
        control("RELEASE request")?;
    }
    // In this very transaction, so that the figures are never ahead of what they sum up, nor behind.
    let tallies = std::mem::take(&mut effects.tallies);
    tallies.write(connection).map_err(|error| Lost::Refused(Arc::new(error)))?;
    control("COMMIT")?;
    Ok(effects)
}
