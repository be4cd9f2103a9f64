//! Moves what a contact left behind to whom they were merged with, and back, in steps.

use beckon_domain::id::WorkspaceId;
use beckon_store::Result;
use rusqlite::params;
use uuid::Uuid;

use super::merges::everybody_in;
use crate::columns::Columns;
use crate::writer::Write;

/// The logs that name contacts: the table, its key, and the index by contact.
const LOGS: [(&str, &str, &str); 5] = [
    ("page_view", "seq", "page_view_of_contact"),
    ("visit", "id", "visit_of_contact"),
    ("intent", "seq", "intent_of_contact"),
    ("signal", "seq", "signal_of_contact"),
    ("event", "seq", "event_of_contact"),
];

/// Rows still move to the survivor.
pub(super) const TO_SURVIVOR: i64 = 1;
/// Rows still move back to the loser.
pub(super) const TO_LOSER: i64 = 2;

/// A merge that is not carried out in full.
struct Moving {
    id: Uuid,
    survivor: Uuid,
    loser: Uuid,
    way: i64,
}

/// See [`beckon_store::IdentityStore::move_merged`].
pub(super) fn go_on(write: &mut Write<'_>, workspace: WorkspaceId, limit: u32) -> Result<bool> {
    let found = write.find(
        "SELECT id, survivor_id, loser_id, moving FROM merge INDEXED BY merge_moving
         WHERE workspace_id = ?1 AND moving > 0 ORDER BY id LIMIT 1",
        params![workspace.uuid()],
        |row| {
            let mut columns = Columns::of("merge", row);
            Ok(Moving {
                id: columns.value()?,
                survivor: columns.value()?,
                loser: columns.value()?,
                way: columns.value()?,
            })
        },
    )?;
    let Some(moving) = found else { return Ok(false) };
    step(write, workspace, &moving, limit)?;
    Ok(true)
}

/// Moves up to `limit` rows of each log, and notes if that was all.
fn step(write: &mut Write<'_>, workspace: WorkspaceId, moving: &Moving, limit: u32) -> Result<()> {
    write.touch(workspace);
    let mut is_all = true;
    for (table, key, index) in LOGS {
        let moved = if moving.way == TO_SURVIVOR {
            let text = format!(
                "UPDATE {table} SET contact_id = ?3, merged_from = coalesce(merged_from, ?2)
                 WHERE workspace_id = ?1 AND {key} IN (
                     SELECT {key} FROM {table} INDEXED BY {index} WHERE workspace_id = ?1 AND contact_id = ?2 LIMIT ?4)"
            );
            write.run(&text, params![workspace.uuid(), moving.loser, moving.survivor, limit])?
        } else {
            give_back(write, workspace, moving, (table, key), limit)?
        };
        is_all &= moved < limit as usize;
    }
    if is_all {
        let key = params![workspace.uuid(), moving.id];
        write.run("UPDATE merge SET moving = 0 WHERE workspace_id = ?1 AND id = ?2", key)?;
    }
    Ok(())
}

/// What had come to the survivor from the loser, or from those who had been merged with the loser before.
fn give_back(
    write: &Write<'_>,
    workspace: WorkspaceId,
    moving: &Moving,
    (table, key): (&str, &str),
    limit: u32,
) -> Result<usize> {
    let mut moved = 0;
    for from in everybody_in(write, workspace, moving.loser)? {
        let text = format!(
            "UPDATE {table} SET contact_id = ?3, merged_from = nullif(merged_from, ?3)
             WHERE workspace_id = ?1 AND {key} IN (
                 SELECT {key} FROM {table} INDEXED BY {table}_merged
                 WHERE workspace_id = ?1 AND merged_from = ?2 AND contact_id = ?4 LIMIT ?5)"
        );
        let left = limit as usize - moved;
        moved += write.run(&text, params![workspace.uuid(), from, moving.loser, moving.survivor, left as i64])?;
    }
    Ok(moved)
}
