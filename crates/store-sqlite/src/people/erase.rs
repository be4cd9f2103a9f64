//! Erases a person or an account.

use beckon_domain::company::Company;
use beckon_domain::contact::Contact;
use beckon_domain::id::{CompanyId, ContactId, WorkspaceId};
use beckon_domain::visit::Visitor;
use beckon_store::intake::SubjectId;
use beckon_store::{Result, StoreError};
use jiff::Timestamp;
use rusqlite::params;

use super::{contact as read_contact, erasing, put_contacts, put_visitor, words};
use crate::columns::Columns;
use crate::identity::{merges, notes};
use crate::intake::subject;
use crate::lists::take_off_all_lists;
use crate::sql::Sql;
use crate::writer::Write;

/// Most rows of each log that go in the transaction of the erasure itself.
const ERASED_AT_ONCE_MAX: u32 = 500;

/// See [`beckon_store::PeopleStore::erase_contact`].
///
/// What the person's browsers sent before they were known goes as well: its log says where they were. So does the browsers'
/// memory of the visit in progress. The person's own logs, and what was announced of them, go in steps (`erasing.rs`).
pub(super) fn contact(write: &mut Write<'_>, workspace: WorkspaceId, id: ContactId, now: Timestamp) -> Result<()> {
    write.touch(workspace);
    let text = "SELECT doc FROM contact WHERE workspace_id = ?1 AND id = ?2";
    let known = write.find(text, params![workspace.uuid(), id.uuid()], read_contact)?;
    let known = known.ok_or(StoreError::NotFound("contact"))?;
    notes::erase_mentions(write, workspace, &known)?;
    words::change::<Contact>(write, workspace, id.uuid(), None)?;
    let key = params![workspace.uuid(), id.uuid()];
    if write.run("DELETE FROM contact WHERE workspace_id = ?1 AND id = ?2", key)? == 0 {
        return Err(StoreError::NotFound("contact"));
    }
    for one in merges::everybody_in(write, workspace, id.uuid())? {
        erasing::begin(write, workspace, one, now)?;
        write.run(
            "DELETE FROM kept_answer WHERE workspace_id = ?1 AND location LIKE '%' || ?2 || '%'",
            params![workspace.uuid(), ContactId::from(one).to_string()],
        )?;
    }
    erase_firings(write, workspace, SubjectId::Contact(id))?;
    take_off_all_lists(write, workspace, SubjectId::Contact(id))?;
    merges::erase(write, workspace, id)?;
    let theirs = "SELECT doc FROM visitor WHERE workspace_id = ?1 AND contact_id = ?2";
    for visitor in visitors(write, workspace, theirs, id.uuid())? {
        write.run(
            "DELETE FROM signal WHERE workspace_id = ?1 AND visitor_id = ?2 AND contact_id IS NULL",
            params![workspace.uuid(), visitor.id.uuid()],
        )?;
        write.run(
            "DELETE FROM identity_note WHERE workspace_id = ?1 AND visitor_id = ?2",
            params![workspace.uuid(), visitor.id.uuid()],
        )?;
        let stranger =
            Visitor { contact_id: None, visit: None, email_hash: None, link: None, refused: None, ..visitor };
        put_visitor(write, workspace, &stranger)?;
    }
    erasing::go_on(write, workspace, ERASED_AT_ONCE_MAX).map(drop)
}

/// See [`beckon_store::PeopleStore::erase_company`].
pub(super) fn company(write: &mut Write<'_>, workspace: WorkspaceId, id: CompanyId) -> Result<()> {
    write.touch(workspace);
    words::change::<Company>(write, workspace, id.uuid(), None)?;
    let key = params![workspace.uuid(), id.uuid()];
    if write.run("DELETE FROM company WHERE workspace_id = ?1 AND id = ?2", key)? == 0 {
        return Err(StoreError::NotFound("company"));
    }
    write.run("UPDATE page_view SET company_id = NULL WHERE workspace_id = ?1 AND company_id = ?2", key)?;
    write.run("UPDATE intent SET company_id = NULL WHERE workspace_id = ?1 AND company_id = ?2", key)?;
    write.run("UPDATE visit SET company_id = NULL WHERE workspace_id = ?1 AND company_id = ?2", key)?;
    erase_firings(write, workspace, SubjectId::Company(id))?;
    take_off_all_lists(write, workspace, SubjectId::Company(id))?;
    let contacts = write.list(
        "SELECT doc FROM contact WHERE workspace_id = ?1 AND company_id = ?2",
        params![workspace.uuid(), id.uuid()],
        |row| Ok(Contact { company_id: None, ..read_contact(row)? }),
    )?;
    put_contacts(write, workspace, &contacts)?;
    let theirs = "SELECT doc FROM visitor WHERE workspace_id = ?1 AND company_id = ?2";
    for visitor in visitors(write, workspace, theirs, id.uuid())? {
        put_visitor(write, workspace, &Visitor { company_id: None, ..visitor })?;
    }
    Ok(())
}

fn erase_firings(write: &Write<'_>, workspace: WorkspaceId, id: SubjectId) -> Result<()> {
    let (kind, id) = subject(id);
    write
        .run(
            "DELETE FROM firing WHERE workspace_id = ?1 AND subject_kind = ?2 AND subject_id = ?3",
            params![workspace.uuid(), kind, id],
        )
        .map(drop)
}

fn visitors(sql: &Sql<'_>, workspace: WorkspaceId, text: &str, of: uuid::Uuid) -> Result<Vec<Visitor>> {
    sql.list(text, params![workspace.uuid(), of], |row| Columns::of("visitor", row).json())
}
