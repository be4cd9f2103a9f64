//! Forgets signals, and what was noted of them: page views, interests, visits, and what happened to identities.
//!
//! Page views and interests of all workspaces stand in one log each, and no index says which are whose: it would be
//! written with every signal. So a walk goes along the log, passes over what is of others, and ends at the first row of
//! its own that is young enough. It begins at the last row that the one before it passed over, if that is still there;
//! else at the head, for a key is used again when the last rows of a log go.

use std::ops::ControlFlow;

use beckon_domain::id::WorkspaceId;
use beckon_store::Result;
use jiff::Timestamp;
use rusqlite::params;
use uuid::Uuid;

use super::{counted, first_id_at};
use crate::SqliteStore;
use crate::columns::Columns;
use crate::sql::Sql;

/// Most rows of a log looked at in one snapshot.
const LOOKED_AT_MAX: usize = 20_000;

/// A log of all workspaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Log {
    PageViews,
    Intents,
}

impl Log {
    const ALL: [Log; 2] = [Log::PageViews, Log::Intents];

    /// Reads the key, whose it is and when, from a key on.
    fn rows(self) -> &'static str {
        match self {
            Log::PageViews => "SELECT seq, workspace_id, at FROM page_view WHERE seq >= ?1 ORDER BY seq LIMIT ?2",
            Log::Intents => "SELECT seq, workspace_id, observed_at FROM intent WHERE seq >= ?1 ORDER BY seq LIMIT ?2",
        }
    }

    /// Removes the row of a key, if it is of the workspace and old.
    fn removal(self) -> &'static str {
        match self {
            Log::PageViews => "DELETE FROM page_view WHERE seq = ?1 AND workspace_id = ?2 AND at < ?3",
            Log::Intents => "DELETE FROM intent WHERE seq = ?1 AND workspace_id = ?2 AND observed_at < ?3",
        }
    }
}

/// A row of another workspace that a walk passed over. Nothing before it is of the walk's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) seq: i64,
    workspace: Uuid,
    at: i64,
}

/// How far a walk has come.
struct Walk {
    /// What is to go.
    old: Vec<i64>,
    /// The last row that was passed over.
    mark: Option<Mark>,
    /// The key that the walk goes on at; `None` if it is over.
    next: Option<i64>,
}

/// See [`beckon_store::SettingsStore::forget`].
pub(crate) async fn forget(store: &SqliteStore, workspace: WorkspaceId, before: Timestamp, limit: u32) -> Result<u32> {
    let mut gone = signals(store, workspace, before, limit).await?;
    for log in Log::ALL {
        gone += of_log(store, log, workspace, before, limit - gone).await?;
    }
    gone += visits(store, workspace, before, limit - gone).await?;
    Ok(gone + identity_notes(store, workspace, before, limit - gone).await?)
}

/// The id of a signal is made when it comes.
async fn signals(store: &SqliteStore, workspace: WorkspaceId, before: Timestamp, limit: u32) -> Result<u32> {
    store
        .write("forgetting signals", move |write| {
            let gone = write.run(
                "DELETE FROM signal WHERE received_at < ?3 AND seq IN (
                     SELECT seq FROM signal INDEXED BY signal_of_workspace
                     WHERE workspace_id = ?1 AND id < ?2 ORDER BY id LIMIT ?4)",
                params![workspace.uuid(), first_id_at(before), before.as_millisecond(), limit],
            )?;
            Ok(counted(gone))
        })
        .await
}

/// The id of a visit says when it began. One that goes on since then comes back with its next page view.
async fn visits(store: &SqliteStore, workspace: WorkspaceId, before: Timestamp, limit: u32) -> Result<u32> {
    store
        .write("forgetting visits", move |write| {
            let gone = write.run(
                "DELETE FROM visit WHERE workspace_id = ?1 AND id IN (
                     SELECT id FROM visit WHERE workspace_id = ?1 AND id < ?2 ORDER BY id LIMIT ?3)",
                params![workspace.uuid(), first_id_at(before), limit],
            )?;
            Ok(counted(gone))
        })
        .await
}

async fn identity_notes(store: &SqliteStore, workspace: WorkspaceId, before: Timestamp, limit: u32) -> Result<u32> {
    store
        .write("forgetting what happened to identities", move |write| {
            let gone = write.run(
                "DELETE FROM identity_note WHERE seq IN (
                     SELECT seq FROM identity_note INDEXED BY identity_note_in_time
                     WHERE workspace_id = ?1 AND at < ?2 ORDER BY at LIMIT ?3)",
                params![workspace.uuid(), before.as_millisecond(), limit],
            )?;
            Ok(counted(gone))
        })
        .await
}

async fn of_log(store: &SqliteStore, log: Log, workspace: WorkspaceId, before: Timestamp, limit: u32) -> Result<u32> {
    let (id, before) = (workspace.uuid(), before.as_millisecond());
    let begun_at = store.forgetting.logs().get(&(workspace, log)).copied();
    let (wanted, mut walk) = (limit as usize, Walk { old: Vec::new(), mark: begun_at, next: Some(i64::MIN) });
    if let Some(mark) = begun_at {
        let is_there = store.read("finding where forgetting had come to", move |sql| is_there(sql, log, mark)).await?;
        (walk.mark, walk.next) = if is_there { (begun_at, Some(mark.seq)) } else { (None, Some(i64::MIN)) };
    }
    while walk.next.is_some() && walk.old.len() < wanted {
        walk = store.read("looking for what to forget", move |sql| look(sql, log, id, walk, before, wanted)).await?;
    }
    let gone = store
        .write("forgetting what came of signals", move |write| {
            let mut gone = 0;
            for seq in walk.old {
                gone += write.run(log.removal(), params![seq, id, before])?;
            }
            Ok(counted(gone))
        })
        .await?;
    match walk.mark {
        Some(mark) => store.forgetting.logs().insert((workspace, log), mark),
        None => store.forgetting.logs().remove(&(workspace, log)),
    };
    Ok(gone)
}

fn is_there(sql: &Sql<'_>, log: Log, mark: Mark) -> Result<bool> {
    let found = sql.find(log.rows(), params![mark.seq, 1], |row| read(&mut Columns::of("log row", row)))?;
    Ok(found == Some(mark))
}

/// Goes on with a walk for a stretch.
fn look(sql: &Sql<'_>, log: Log, workspace: Uuid, mut walk: Walk, before: i64, wanted: usize) -> Result<Walk> {
    let Some(begin) = walk.next else { return Ok(walk) };
    let (mut looked_at, mut is_over) = (0, false);
    sql.scan(log.rows(), params![begin, LOOKED_AT_MAX as i64], |row| {
        let found = read(&mut Columns::of("log row", row))?;
        looked_at += 1;
        walk.next = Some(found.seq.saturating_add(1));
        if found.workspace != workspace {
            walk.mark = Some(found);
        } else if found.at < before {
            walk.old.push(found.seq);
        } else {
            is_over = true;
        }
        let ends = is_over || walk.old.len() == wanted;
        Ok(if ends { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    })?;
    if is_over || (walk.old.len() < wanted && looked_at < LOOKED_AT_MAX) {
        walk.next = None;
    }
    Ok(walk)
}

fn read(columns: &mut Columns<'_>) -> Result<Mark> {
    Ok(Mark { seq: columns.value()?, workspace: columns.value()?, at: columns.value()? })
}
