//! What happened to identities.

use beckon_domain::contact::Contact;
use beckon_domain::email::Email;
use beckon_domain::id::WorkspaceId;
use beckon_domain::identity::IdentityNote;
use beckon_domain::identity::merge::emails;
use beckon_store::Result;
use beckon_store::identity::NotesOf;
use rusqlite::{Row, params};

use super::merges::everybody_in;
use crate::columns::{Columns, doc};
use crate::sql::Sql;
use crate::writer::Write;

pub(crate) fn add(write: &Write<'_>, workspace: WorkspaceId, note: &IdentityNote) -> Result<()> {
    write
        .run(
            "INSERT INTO identity_note (workspace_id, visitor_id, contact_id, at, doc) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![
                workspace.uuid(),
                note.visitor_id.map(|id| id.uuid()),
                note.contact_id.map(|id| id.uuid()),
                note.at.as_millisecond(),
                doc(write.doing, note)?,
            ],
        )
        .map(drop)
}

/// Erases what is said of a contact where others are told of: that an address of theirs was refused to somebody, or went to
/// them from somebody.
pub(crate) fn erase_mentions(write: &Write<'_>, workspace: WorkspaceId, contact: &Contact) -> Result<()> {
    let values = emails(contact).map(Email::to_string).chain(contact.user_id.clone());
    for value in values {
        write.run(
            "DELETE FROM identity_note INDEXED BY identity_note_in_time WHERE workspace_id = ?1 AND doc ->> '$.change.value' = ?2",
            params![workspace.uuid(), value],
        )?;
    }
    Ok(())
}

pub(super) fn list(sql: &Sql<'_>, workspace: WorkspaceId, of: NotesOf, limit: u32) -> Result<Vec<IdentityNote>> {
    let (text, ids) = match of {
        NotesOf::Visitor(id) => (
            "SELECT seq, doc FROM identity_note INDEXED BY identity_note_of_visitor
             WHERE workspace_id = ?1 AND visitor_id = ?2 ORDER BY seq DESC LIMIT ?3",
            vec![id.uuid()],
        ),
        NotesOf::Contact(id) => (
            "SELECT seq, doc FROM identity_note INDEXED BY identity_note_of_contact
             WHERE workspace_id = ?1 AND contact_id = ?2 ORDER BY seq DESC LIMIT ?3",
            everybody_in(sql, workspace, id.uuid())?,
        ),
    };
    let mut found: Vec<(i64, IdentityNote)> = Vec::new();
    for id in ids {
        found.extend(sql.list(text, params![workspace.uuid(), id, limit], note)?);
    }
    found.sort_by_key(|(seq, _)| std::cmp::Reverse(*seq));
    Ok(found.into_iter().map(|(_, note)| note).take(limit as usize).collect())
}

fn note(row: &Row<'_>) -> Result<(i64, IdentityNote)> {
    let mut columns = Columns::of("identity note", row);
    Ok((columns.value()?, columns.json()?))
}
