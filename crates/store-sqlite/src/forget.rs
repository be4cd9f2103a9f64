//! Forgets what is older than a workspace wants it kept, the oldest first.
//!
//! What is to go is looked for beside the writer, in bounded stretches, and then removed by key in short writes, each
//! of which looks again at what it removes. So the writer is never held up by what cannot go.
//! Where a walk has to pass over what stays, the place it came to is remembered ([`Places`]), in memory only: at worst,
//! what was passed over is passed over again.
//! Not here: when, and what is old (the retention service).

mod events;
mod logs;

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use beckon_domain::id::WorkspaceId;
use beckon_store::Result;
use jiff::Timestamp;
use rusqlite::params;
use uuid::Uuid;

use crate::SqliteStore;
use crate::columns::Columns;
use events::EventPlace;
use logs::{Log, Mark};

pub(crate) use events::{forget as events, remove as remove_event};
pub(crate) use logs::forget as signals;

/// How far walks have come.
#[derive(Default)]
pub(crate) struct Places {
    /// In a round through the events of a workspace. The next round begins at the head, for what waited then may have
    /// ended.
    events: Mutex<HashMap<WorkspaceId, EventPlace>>,
    /// In a log of all workspaces, where what is before belongs to others.
    logs: Mutex<HashMap<(WorkspaceId, Log), Mark>>,
}

impl Places {
    fn events(&self) -> MutexGuard<'_, HashMap<WorkspaceId, EventPlace>> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn logs(&self) -> MutexGuard<'_, HashMap<(WorkspaceId, Log), Mark>> {
        self.logs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Entries of the audit log. They stand in the order of time, so the first that is young enough ends it.
pub(crate) async fn audit(store: &SqliteStore, workspace: WorkspaceId, before: Timestamp, limit: u32) -> Result<u32> {
    store
        .write("forgetting changes", move |write| {
            let gone = write.run(
                "DELETE FROM audit WHERE at < ?2 AND seq IN (
                     SELECT seq FROM audit INDEXED BY audit_of_workspace WHERE workspace_id = ?1 ORDER BY seq LIMIT ?3)",
                params![workspace.uuid(), before.as_millisecond(), limit],
            )?;
            Ok(counted(gone))
        })
        .await
}

/// Figures: one webhook after the other, and then those that are of none.
pub(crate) async fn tallies(store: &SqliteStore, workspace: WorkspaceId, before: Timestamp, limit: u32) -> Result<u32> {
    store
        .write("forgetting figures", move |write| {
            let (mut gone, mut behind) = (0, Vec::new());
            while gone < limit {
                let next = write.find(
                    "SELECT webhook_id FROM tally WHERE workspace_id = ?1 AND webhook_id >= ?2 ORDER BY webhook_id LIMIT 1",
                    params![workspace.uuid(), behind],
                    |row| Columns::of("tally", row).value::<Vec<u8>>(),
                )?;
                let Some(mut of) = next else { break };
                gone += counted(write.run(
                    "DELETE FROM tally WHERE workspace_id = ?1 AND webhook_id = ?2 AND (hour, measure) IN (
                         SELECT hour, measure FROM tally
                         WHERE workspace_id = ?1 AND webhook_id = ?2 AND hour < ?3 ORDER BY hour LIMIT ?4)",
                    params![workspace.uuid(), of, before.as_millisecond(), limit - gone],
                )?);
                // The first that comes after it.
                of.push(0);
                behind = of;
            }
            Ok(gone)
        })
        .await
}

/// How many rows a statement removed. It was given a limit of that type.
fn counted(rows: usize) -> u32 {
    u32::try_from(rows).unwrap_or(u32::MAX)
}

/// The first id that can have been made at that moment.
fn first_id_at(at: Timestamp) -> Uuid {
    let millis = u128::try_from(at.as_millisecond()).unwrap_or(0);
    Uuid::from_u128(millis << 80)
}

#[cfg(test)]
mod tests;
