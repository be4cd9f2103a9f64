//! Sessions as they are kept.

use beckon_domain::id::MemberId;
use beckon_domain::member::{Member, Session};
use beckon_store::members::TokenHash;
use beckon_store::{Result, StoreError};
use jiff::Timestamp;
use rusqlite::params;

use super::roster;
use crate::columns::Columns;
use crate::sql::Sql;
use crate::writer::Write;

/// See [`beckon_store::MemberStore::create_session`].
pub(super) fn create(write: &Write<'_>, session: &Session, hash: TokenHash) -> Result<()> {
    let created_at = session.created_at.as_millisecond();
    let signed_in = write
        .run("UPDATE member SET signed_in_at = ?2 WHERE id = ?1", params![session.member_id.uuid(), created_at])?;
    if signed_in == 0 {
        return Err(StoreError::NotFound("member"));
    }
    write.run("DELETE FROM session WHERE expires_at <= ?1", params![created_at])?;
    write
        .run_unique(
            "INSERT INTO session (hash, member_id, created_at, expires_at) VALUES (?1, ?2, ?3, ?4)",
            params![hash.as_slice(), session.member_id.uuid(), created_at, session.expires_at.as_millisecond()],
            "such a session",
        )
        .map(drop)
}

/// See [`beckon_store::MemberStore::find_session`].
pub(super) fn find(sql: &Sql<'_>, hash: TokenHash, at: Timestamp) -> Result<Option<(Session, Member)>> {
    let text = format!(
        "SELECT s.member_id, s.created_at, s.expires_at, {} FROM session s JOIN member m ON m.id = s.member_id
         WHERE s.hash = ?1 AND s.expires_at > ?2",
        roster::COLUMNS
    );
    sql.find(&text, params![hash.as_slice(), at.as_millisecond()], |row| {
        let mut columns = Columns::of("session", row);
        let session = Session { member_id: columns.id()?, created_at: columns.time()?, expires_at: columns.time()? };
        Ok((session, roster::read(&mut columns)?))
    })
}

/// See [`beckon_store::MemberStore::delete_session`].
pub(super) fn delete(write: &Write<'_>, hash: TokenHash) -> Result<()> {
    write.run("DELETE FROM session WHERE hash = ?1", params![hash.as_slice()]).map(drop)
}

/// Ends all sessions of a member but the one to keep.
pub(super) fn delete_others(write: &Write<'_>, member: MemberId, keep: Option<TokenHash>) -> Result<()> {
    let keep = keep.as_ref().map(|hash| hash.as_slice());
    write.run("DELETE FROM session WHERE member_id = ?1 AND hash IS NOT ?2", params![member.uuid(), keep]).map(drop)
}
