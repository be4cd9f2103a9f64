//! Invitations as they are kept, and what becomes of one that is accepted.
//!
//! Promise: an invitation is used once, however many use it at the same time: it is looked at and removed in one
//! transaction.

use beckon_domain::email::Email;
use beckon_domain::id::{InvitationId, WorkspaceId};
use beckon_domain::member::{Invitation, MEMBERS_MAX, Member};
use beckon_store::members::TokenHash;
use beckon_store::{Result, StoreError};
use jiff::Timestamp;
use rusqlite::{Row, params};

use super::roster;
use crate::columns::{Columns, corrupt, whole};
use crate::keys::check_workspace;
use crate::sql::Sql;
use crate::writer::Write;

const COLUMNS: &str = "id, workspace_id, email, role, resets, made_by, created_at, expires_at";

/// See [`beckon_store::MemberStore::create_invitation`].
pub(super) fn create(write: &Write<'_>, invitation: &Invitation, hash: TokenHash) -> Result<()> {
    check_workspace(write, invitation.workspace_id)?;
    match (invitation.resets, &invitation.email) {
        (Some(member), _) => drop(roster::get(write, invitation.workspace_id, member)?),
        (None, Some(email)) if roster::find(write, email)?.is_some() => {
            return Err(StoreError::Exists("a member with that address".to_owned()));
        }
        (None, _) => {}
    }
    delete_like(write, invitation)?;
    if invitation.resets.is_none() {
        check_room(write, invitation.workspace_id)?;
    }
    write
        .run_unique(
            "INSERT INTO invitation (id, workspace_id, hash, email, role, resets, made_by, created_at, expires_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            params![
                invitation.id.uuid(),
                invitation.workspace_id.uuid(),
                hash.as_slice(),
                invitation.email.as_ref().map(Email::as_str),
                invitation.role.as_str(),
                invitation.resets.map(|id| id.uuid()),
                invitation.made_by.map(|id| id.uuid()),
                invitation.created_at.as_millisecond(),
                invitation.expires_at.as_millisecond(),
            ],
            "such an invitation",
        )
        .map(drop)
}

/// Removes what `invitation` takes the place of: for the same address, of the same member, or of the first owner.
fn delete_like(write: &Write<'_>, invitation: &Invitation) -> Result<()> {
    let workspace = invitation.workspace_id.uuid();
    match (&invitation.email, invitation.resets) {
        (None, None) => {
            let text = "DELETE FROM invitation WHERE workspace_id = ?1 AND email IS NULL AND resets IS NULL";
            write.run(text, params![workspace])?;
        }
        (email, resets) => {
            write.run(
                "DELETE FROM invitation WHERE workspace_id = ?1 AND (email = ?2 OR resets = ?3)",
                params![workspace, email.as_ref().map(Email::as_str), resets.map(|id| id.uuid())],
            )?;
        }
    }
    Ok(())
}

/// Refuses one more. An invitation that resets somebody makes nobody a member, and counts as none.
fn check_room(sql: &Sql<'_>, workspace: WorkspaceId) -> Result<()> {
    let full = sql.has(
        "SELECT 1 WHERE (SELECT count(*) FROM member WHERE workspace_id = ?1)
             + (SELECT count(*) FROM invitation WHERE workspace_id = ?1 AND resets IS NULL) >= ?2",
        params![workspace.uuid(), whole(MEMBERS_MAX as u64)],
    )?;
    if full {
        let why = format!("there are {MEMBERS_MAX} members and invitations, which is the most there can be");
        return Err(StoreError::Refused(why));
    }
    Ok(())
}

/// See [`beckon_store::MemberStore::find_invitation`].
pub(super) fn find(sql: &Sql<'_>, hash: TokenHash) -> Result<Option<Invitation>> {
    let text = format!("SELECT {COLUMNS} FROM invitation WHERE hash = ?1");
    sql.find(&text, params![hash.as_slice()], invitation)
}

/// See [`beckon_store::MemberStore::list_invitations`].
pub(super) fn list(sql: &Sql<'_>, workspace: WorkspaceId) -> Result<Vec<Invitation>> {
    let text = format!("SELECT {COLUMNS} FROM invitation WHERE workspace_id = ?1 ORDER BY created_at, id");
    sql.list(&text, params![workspace.uuid()], invitation)
}

/// See [`beckon_store::MemberStore::delete_invitation`].
pub(super) fn delete(write: &Write<'_>, workspace: WorkspaceId, id: InvitationId) -> Result<()> {
    let key = params![id.uuid(), workspace.uuid()];
    match write.run("DELETE FROM invitation WHERE id = ?1 AND workspace_id = ?2", key)? {
        0 => Err(StoreError::NotFound("invitation")),
        _ => Ok(()),
    }
}

/// Removes the links with which somebody could choose a new password.
pub(super) fn delete_resets_of(write: &Write<'_>, member: &Member) -> Result<()> {
    write.run("DELETE FROM invitation WHERE resets = ?1", params![member.id.uuid()]).map(drop)
}

/// Removes what somebody made and could not make any more with the role they have now.
pub(super) fn delete_beyond(write: &Write<'_>, member: &Member) -> Result<()> {
    for invitation in list(write, member.workspace_id)? {
        if invitation.made_by == Some(member.id) && !member.role.may_manage(invitation.role) {
            delete(write, member.workspace_id, invitation.id)?;
        }
    }
    Ok(())
}

/// Removes the invitations for somebody who is a member no more, and those that they made.
pub(super) fn delete_of(write: &Write<'_>, member: &Member) -> Result<()> {
    write
        .run(
            "DELETE FROM invitation WHERE workspace_id = ?1 AND (email = ?2 OR resets = ?3 OR made_by = ?3)",
            params![member.workspace_id.uuid(), member.email.as_str(), member.id.uuid()],
        )
        .map(drop)
}

/// See [`beckon_store::MemberStore::accept_invitation`].
pub(super) fn accept(write: &Write<'_>, hash: TokenHash, member: &Member, at: Timestamp) -> Result<()> {
    let found = find(write, hash)?.filter(|invitation| invitation.expires_at > at);
    let invitation = found.ok_or(StoreError::NotFound("invitation"))?;
    write.run("DELETE FROM invitation WHERE hash = ?1", params![hash.as_slice()])?;
    if let Some(resets) = invitation.resets {
        return roster::reset_password(write, resets, &member.password_hash);
    }
    // Who has the link says who they are, but not what they may do, and only the first owner which address is theirs.
    let invited = invitation.workspace_id == member.workspace_id
        && invitation.role == member.role
        && invitation.email.as_ref().is_none_or(|email| *email == member.email);
    if !invited {
        return Err(StoreError::Refused("the invitation is for somebody else".to_owned()));
    }
    roster::insert(write, member)
}

fn invitation(row: &Row<'_>) -> Result<Invitation> {
    let mut columns = Columns::of("invitation", row);
    Ok(Invitation {
        id: columns.id()?,
        workspace_id: columns.id()?,
        email: maybe_email(&mut columns)?,
        role: roster::role(&mut columns)?,
        resets: columns.maybe_id()?,
        made_by: columns.maybe_id()?,
        created_at: columns.time()?,
        expires_at: columns.time()?,
    })
}

fn maybe_email(columns: &mut Columns<'_>) -> Result<Option<Email>> {
    let Some(text) = columns.value::<Option<String>>()? else { return Ok(None) };
    Email::parse(&text).map(Some).ok_or_else(|| corrupt("invitation", "it is for no address"))
}
