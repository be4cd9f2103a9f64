//! Makes two contacts one, and two again.
//!
//! The survivor's row is written by whoever decided; here goes the loser's, with their browsers, firings and lists at
//! once and their logs in steps (`moves.rs`). The row of the merge says what there was, so that it can be undone.

use beckon_domain::contact::Contact;
use beckon_domain::id::{ContactId, ListId, MergeId, WorkspaceId};
use beckon_domain::identity::merge::{Merge, emails, split};
use beckon_domain::identity::{EmailHash, IdentityChange, IdentityNote};
use beckon_domain::visit::Visitor;
use beckon_store::identity::IDENTITY_ROWS_MAX;
use beckon_store::intake::{NewListMember, SubjectId};
use beckon_store::{Result, StoreError};
use jiff::Timestamp;
use rusqlite::{Row, params};
use uuid::Uuid;

use super::{keys, moves, notes};
use crate::columns::{Columns, doc};
use crate::lists::{lists_of, put_on_list, take_off_all_lists, take_off_list};
use crate::people::{contact as read_contact, put_contacts, put_visitor, words};
use crate::sql::Sql;
use crate::writer::Write;

/// Most rows of each log that are moved in the transaction of the merge itself.
const MOVED_AT_ONCE_MAX: u32 = 500;

/// Before anything else of a batch is written: the loser goes, so that what they were found by is free, and their browsers
/// are noted.
pub(crate) fn begin(write: &mut Write<'_>, workspace: WorkspaceId, merge: &Merge) -> Result<Merge> {
    let loser = merge.loser.id;
    let visitors = visitors_of(write, workspace, loser)?.into_iter().map(|visitor| visitor.id).collect();
    let on: Vec<ListId> = lists_of(write, workspace.uuid(), SubjectId::Contact(loser))?;
    let survivors: Vec<ListId> = lists_of(write, workspace.uuid(), SubjectId::Contact(merge.survivor))?;
    let lists = on.into_iter().map(|list| (list, !survivors.contains(&list))).collect();
    words::change::<Contact>(write, workspace, loser.uuid(), None)?;
    keys::release(write, workspace, loser, &Default::default())?;
    write.run("DELETE FROM contact WHERE workspace_id = ?1 AND id = ?2", params![workspace.uuid(), loser.uuid()])?;
    Ok(Merge { visitors, lists, ..merge.clone() })
}

/// After everything else of a batch is written: what was the loser's becomes the survivor's.
pub(crate) fn finish(write: &mut Write<'_>, workspace: WorkspaceId, merge: &Merge) -> Result<()> {
    let (loser, survivor) = (merge.loser.id, merge.survivor);
    for visitor in visitors_of(write, workspace, loser)? {
        put_visitor(write, workspace, &Visitor { contact_id: Some(survivor), ..visitor })?;
    }
    copy_firings(write, workspace, loser, survivor)?;
    write.run(
        "DELETE FROM firing WHERE workspace_id = ?1 AND subject_kind = 0 AND subject_id = ?2",
        params![workspace.uuid(), loser.uuid()],
    )?;
    for (list_id, _) in merge.lists.iter().filter(|(_, is_new)| *is_new) {
        put_on_list(
            write,
            workspace,
            &NewListMember { list_id: *list_id, member: SubjectId::Contact(survivor), added_at: merge.at },
        )?;
    }
    take_off_all_lists(write, workspace, SubjectId::Contact(loser))?;
    write.run(
        "INSERT INTO merge (workspace_id, id, survivor_id, loser_id, undone, moving, doc) VALUES (?1, ?2, ?3, ?4, 0, ?5, ?6)",
        params![
            workspace.uuid(),
            merge.id.uuid(),
            survivor.uuid(),
            loser.uuid(),
            moves::TO_SURVIVOR,
            doc(write.doing, merge)?
        ],
    )?;
    moves::go_on(write, workspace, MOVED_AT_ONCE_MAX).map(drop)
}

/// See [`beckon_store::IdentityStore::undo_merge`].
pub(super) fn undo(write: &mut Write<'_>, workspace: WorkspaceId, id: MergeId, now: Timestamp) -> Result<Merge> {
    write.touch(workspace);
    let found = write.find(
        "SELECT doc FROM merge WHERE workspace_id = ?1 AND id = ?2",
        params![workspace.uuid(), id.uuid()],
        read,
    )?;
    let merge = found.ok_or(StoreError::NotFound("merge"))?;
    if merge.undone_at.is_some() {
        return Err(StoreError::Refused("this merge was undone before".to_owned()));
    }
    let one = write.find(
        "SELECT doc FROM contact WHERE workspace_id = ?1 AND id = ?2",
        params![workspace.uuid(), merge.survivor.uuid()],
        read_contact,
    )?;
    let Some(one) = one else {
        let why = format!("{} was merged with somebody else since: undo that first", merge.survivor);
        return Err(StoreError::Refused(why));
    };
    let (survivor, mut loser) = split(&one, &merge, now);
    without_what_others_have(write, workspace, &mut loser, merge.survivor)?;
    let undone = Merge { undone_at: Some(now), ..merge };
    put_contacts(write, workspace, &[survivor, loser.clone()])?;
    for visitor in visitors_of(write, workspace, undone.survivor)? {
        if undone.visitors.contains(&visitor.id) {
            put_visitor(write, workspace, &Visitor { contact_id: Some(loser.id), ..visitor })?;
        }
    }
    copy_firings(write, workspace, undone.survivor, loser.id)?;
    for (list_id, was_new) in &undone.lists {
        put_on_list(
            write,
            workspace,
            &NewListMember { list_id: *list_id, member: SubjectId::Contact(loser.id), added_at: now },
        )?;
        if *was_new {
            take_off_list(write, workspace, *list_id, SubjectId::Contact(undone.survivor))?;
        }
    }
    write.run(
        "UPDATE merge SET undone = 1, moving = ?3, doc = ?4 WHERE workspace_id = ?1 AND id = ?2",
        params![workspace.uuid(), id.uuid(), moves::TO_LOSER, doc(write.doing, &undone)?],
    )?;
    for (contact, other) in [(undone.survivor, loser.id), (loser.id, undone.survivor)] {
        let change = IdentityChange::Split { merge_id: id, other };
        let note = IdentityNote { at: now, signal_id: None, visitor_id: None, contact_id: Some(contact), change };
        notes::add(write, workspace, &note)?;
    }
    moves::go_on(write, workspace, MOVED_AT_ONCE_MAX)?;
    Ok(undone)
}

/// Takes off somebody who comes back what others are found by meanwhile.
fn without_what_others_have(
    sql: &Sql<'_>,
    workspace: WorkspaceId,
    contact: &mut Contact,
    survivor: ContactId,
) -> Result<()> {
    let others = |text: &str, value: &str| sql.has(text, params![workspace.uuid(), value, survivor.uuid()]);
    let user_id = "SELECT 1 FROM contact WHERE workspace_id = ?1 AND user_id = ?2 AND id <> ?3";
    if let Some(id) = &contact.user_id
        && others(user_id, id)?
    {
        contact.user_id = None;
    }
    let key = "SELECT 1 FROM contact_key WHERE workspace_id = ?1 AND key = ?2 AND contact_id <> ?3";
    let mut kept = Vec::new();
    for email in emails(contact) {
        if !others(key, &keys::of_hash(&EmailHash::of(email)))? {
            kept.push(email.clone());
        }
    }
    if let Some(name) = &contact.identity.linkedin
        && others(key, &keys::of_linkedin(name))?
    {
        contact.identity.linkedin = None;
    }
    let mut kept = kept.into_iter();
    contact.email = kept.next();
    contact.identity.other_emails = kept.collect();
    Ok(())
}

/// The last firings of one are those of another too, so that nothing is announced anew of what either caused.
fn copy_firings(write: &Write<'_>, workspace: WorkspaceId, from: ContactId, to: ContactId) -> Result<()> {
    write
        .run(
            "INSERT INTO firing (workspace_id, subject_kind, subject_id, segment_id, event_type, at, visit_id)
             SELECT workspace_id, subject_kind, ?3, segment_id, event_type, at, visit_id FROM firing
             WHERE workspace_id = ?1 AND subject_kind = 0 AND subject_id = ?2
             ON CONFLICT (workspace_id, subject_kind, subject_id, segment_id, event_type) DO UPDATE
             SET at = excluded.at, visit_id = excluded.visit_id WHERE excluded.at > firing.at",
            params![workspace.uuid(), from.uuid(), to.uuid()],
        )
        .map(drop)
}

fn visitors_of(sql: &Sql<'_>, workspace: WorkspaceId, contact: ContactId) -> Result<Vec<Visitor>> {
    sql.list(
        "SELECT doc FROM visitor WHERE workspace_id = ?1 AND contact_id = ?2",
        params![workspace.uuid(), contact.uuid()],
        |row| Columns::of("visitor", row).json(),
    )
}

/// Somebody, and all who were merged with them, directly or not.
pub(crate) fn everybody_in(sql: &Sql<'_>, workspace: WorkspaceId, id: Uuid) -> Result<Vec<Uuid>> {
    sql.list(
        "WITH RECURSIVE one (id) AS (
             SELECT ?2 UNION SELECT merge.loser_id FROM merge JOIN one ON merge.survivor_id = one.id
             WHERE merge.workspace_id = ?1 AND merge.undone = 0)
         SELECT id FROM one",
        params![workspace.uuid(), id],
        |row| Columns::of("merge", row).value(),
    )
}

pub(super) fn list(sql: &Sql<'_>, workspace: WorkspaceId, survivor: ContactId) -> Result<Vec<Merge>> {
    sql.list(
        "SELECT doc FROM merge INDEXED BY merge_of_survivor WHERE workspace_id = ?1 AND survivor_id = ?2
         ORDER BY id DESC LIMIT ?3",
        params![workspace.uuid(), survivor.uuid(), IDENTITY_ROWS_MAX],
        read,
    )
}

pub(super) fn survivor_of(sql: &Sql<'_>, workspace: WorkspaceId, loser: ContactId) -> Result<Option<ContactId>> {
    let text = "SELECT survivor_id FROM merge INDEXED BY merge_of_loser
                WHERE workspace_id = ?1 AND loser_id = ?2 AND undone = 0 ORDER BY id DESC LIMIT 1";
    let (mut found, mut of) = (None, loser.uuid());
    // A survivor is never older than its merge, so chains end; and nobody is merged that often.
    for _ in 0..IDENTITY_ROWS_MAX {
        let next = sql.find(text, params![workspace.uuid(), of], |row| Columns::of("merge", row).value::<Uuid>())?;
        let Some(next) = next else { break };
        (found, of) = (Some(next.into()), next);
    }
    Ok(found)
}

/// Erases what merges say of a contact, who was in them on either side.
pub(crate) fn erase(write: &Write<'_>, workspace: WorkspaceId, contact: ContactId) -> Result<()> {
    for id in everybody_in(write, workspace, contact.uuid())? {
        let key = params![workspace.uuid(), id];
        write.run("DELETE FROM identity_note WHERE workspace_id = ?1 AND contact_id = ?2", key)?;
        write.run("DELETE FROM merge WHERE workspace_id = ?1 AND survivor_id = ?2", key)?;
        write.run("DELETE FROM merge WHERE workspace_id = ?1 AND loser_id = ?2", key)?;
    }
    keys::release(write, workspace, contact, &Default::default())
}

fn read(row: &Row<'_>) -> Result<Merge> {
    Columns::of("merge", row).json()
}
