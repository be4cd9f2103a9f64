//! Members as they are kept.
//!
//! Promise: a workspace that has an owner never loses the last one, whoever asks at the same time: the check and the
//! change are one transaction.

use beckon_domain::email::Email;
use beckon_domain::id::{MemberId, WorkspaceId};
use beckon_domain::member::{Member, Role};
use beckon_domain::secret::SecretText;
use beckon_store::members::TokenHash;
use beckon_store::{Result, StoreError};
use jiff::Timestamp;
use rusqlite::{Row, params};

use super::{invitations, sessions};
use crate::columns::Columns;
use crate::sql::Sql;
use crate::writer::Write;

/// What [`read`] reads, of a `member m`.
pub(super) const COLUMNS: &str =
    "m.id, m.workspace_id, m.email, m.name, m.role, m.password_hash, m.created_at, m.signed_in_at";

/// See [`beckon_store::MemberStore::get_member`].
pub(super) fn get(sql: &Sql<'_>, workspace: WorkspaceId, id: MemberId) -> Result<Member> {
    let text = format!("SELECT {COLUMNS} FROM member m WHERE m.id = ?1 AND m.workspace_id = ?2");
    sql.find(&text, params![id.uuid(), workspace.uuid()], member)?.ok_or(StoreError::NotFound("member"))
}

/// See [`beckon_store::MemberStore::find_member`].
pub(super) fn find(sql: &Sql<'_>, email: &Email) -> Result<Option<Member>> {
    sql.find(&format!("SELECT {COLUMNS} FROM member m WHERE m.email = ?1"), params![email.as_str()], member)
}

/// See [`beckon_store::MemberStore::list_members`].
pub(super) fn list(sql: &Sql<'_>, workspace: WorkspaceId) -> Result<Vec<Member>> {
    let text = format!("SELECT {COLUMNS} FROM member m WHERE m.workspace_id = ?1 ORDER BY m.created_at, m.id");
    sql.list(&text, params![workspace.uuid()], member)
}

/// Stores a new member.
pub(super) fn insert(write: &Write<'_>, member: &Member) -> Result<()> {
    write
        .run_unique(
            "INSERT INTO member (id, workspace_id, email, name, role, password_hash, created_at, signed_in_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                member.id.uuid(),
                member.workspace_id.uuid(),
                member.email.as_str(),
                member.name,
                member.role.as_str(),
                member.password_hash.expose(),
                member.created_at.as_millisecond(),
                member.signed_in_at.map(Timestamp::as_millisecond),
            ],
            "a member with that address",
        )
        .map(drop)
}

/// See [`beckon_store::MemberStore::update_member`].
pub(super) fn update(write: &Write<'_>, member: &Member, keep: Option<TokenHash>) -> Result<()> {
    let before = get(write, member.workspace_id, member.id)?;
    if member.role != Role::Owner {
        check_not_last_owner(write, &before)?;
    }
    write.run_unique(
        "UPDATE member SET email = ?2, name = ?3, role = ?4, password_hash = ?5, signed_in_at = ?6 WHERE id = ?1",
        params![
            member.id.uuid(),
            member.email.as_str(),
            member.name,
            member.role.as_str(),
            member.password_hash.expose(),
            member.signed_in_at.map(Timestamp::as_millisecond),
        ],
        "a member with that address",
    )?;
    if before.password_hash != member.password_hash || before.role != member.role {
        sessions::delete_others(write, member.id, keep)?;
        // Made for who they were: it must not open more than it did then, nor undo what they chose since.
        invitations::delete_resets_of(write, member)?;
    }
    if before.role != member.role {
        invitations::delete_beyond(write, member)?;
    }
    Ok(())
}

/// See [`beckon_store::MemberStore::delete_member`].
pub(super) fn delete(write: &Write<'_>, workspace: WorkspaceId, id: MemberId) -> Result<()> {
    let member = get(write, workspace, id)?;
    check_not_last_owner(write, &member)?;
    sessions::delete_others(write, id, None)?;
    invitations::delete_of(write, &member)?;
    write.run("DELETE FROM member WHERE id = ?1", params![id.uuid()]).map(drop)
}

/// Gives a member another password, and ends all their sessions.
pub(super) fn reset_password(write: &Write<'_>, id: MemberId, password_hash: &SecretText) -> Result<()> {
    let changed =
        write.run("UPDATE member SET password_hash = ?2 WHERE id = ?1", params![id.uuid(), password_hash.expose()])?;
    if changed == 0 {
        return Err(StoreError::NotFound("member"));
    }
    sessions::delete_others(write, id, None)
}

/// Refuses to lose a member who is the only owner.
fn check_not_last_owner(sql: &Sql<'_>, member: &Member) -> Result<()> {
    let others = || {
        sql.has(
            "SELECT 1 FROM member WHERE workspace_id = ?1 AND role = ?2 AND id <> ?3",
            params![member.workspace_id.uuid(), Role::Owner.as_str(), member.id.uuid()],
        )
    };
    if member.role != Role::Owner || others()? {
        return Ok(());
    }
    Err(StoreError::Refused("a workspace needs an owner: make somebody else one first".to_owned()))
}

fn member(row: &Row<'_>) -> Result<Member> {
    read(&mut Columns::of("member", row))
}

/// Reads [`COLUMNS`].
pub(super) fn read(columns: &mut Columns<'_>) -> Result<Member> {
    Ok(Member {
        id: columns.id()?,
        workspace_id: columns.id()?,
        email: columns.parsed(|text| Email::parse(text).ok_or("it is no address"))?,
        name: columns.value()?,
        role: role(columns)?,
        password_hash: SecretText::new(columns.value::<String>()?),
        created_at: columns.time()?,
        signed_in_at: columns.maybe_time()?,
    })
}

/// Reads a role.
pub(super) fn role(columns: &mut Columns<'_>) -> Result<Role> {
    columns.parsed(|text| Role::parse(text).ok_or_else(|| format!("there is no role {text:?}")))
}
