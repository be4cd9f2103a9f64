//! The people who work with a workspace, how they get in, and what they may do.
//!
//! Not here: hashing and checking passwords (`beckon-server`), and keeping any of this (`beckon-store`).

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::email::Email;
use crate::id::{InvitationId, MemberId, WorkspaceId};
use crate::invalid::{Findings, Invalid};
use crate::secret::SecretText;

/// Most members of a workspace.
pub const MEMBERS_MAX: usize = 500;
/// Longest name, in characters.
pub const NAME_CHARS_MAX: usize = 100;
/// Fewest characters of a password (NIST SP 800-63B §3.1.1 asks for at least 8).
pub const PASSWORD_CHARS_MIN: usize = 10;
/// Most characters of a password: what is longer only costs time to hash.
pub const PASSWORD_CHARS_MAX: usize = 256;
/// How long an invitation can be accepted.
pub const INVITATION_LIFE: SignedDuration = SignedDuration::from_hours(72);
/// How long a session lasts that nobody ends.
pub const SESSION_LIFE: SignedDuration = SignedDuration::from_hours(14 * 24);

/// What a member may do. Each may do all that those after it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Look at everything but secrets.
    Viewer,
    /// Work: webhooks, segments, contacts, companies, event types.
    Member,
    /// Settings, keys, and members who are not owners.
    Admin,
    /// Everything, owners too.
    Owner,
}

impl Role {
    /// Every role, the most powerful first.
    pub const ALL: [Role; 4] = [Role::Owner, Role::Admin, Role::Member, Role::Viewer];

    /// Its name in forms and answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Owner => "owner",
            Role::Admin => "admin",
            Role::Member => "member",
            Role::Viewer => "viewer",
        }
    }

    /// The role of that name.
    pub fn parse(name: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.as_str() == name)
    }

    /// Whether it may change webhooks, segments and the like, and see their secrets.
    pub fn may_work(self) -> bool {
        self >= Role::Member
    }

    /// Whether it may change settings and keys.
    pub fn may_administer(self) -> bool {
        self >= Role::Admin
    }

    /// Whether it may give, change or take away the role `other`: nobody makes somebody more powerful than themselves.
    pub fn may_manage(self, other: Role) -> bool {
        self.may_administer() && self >= other
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A person who works with a workspace. An address is of one member in the whole installation.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// Their id.
    pub id: MemberId,
    /// What they work with.
    pub workspace_id: WorkspaceId,
    /// What they sign in with.
    pub email: Email,
    /// What people call them.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// Their password, as an Argon2id hash in PHC form.
    pub password_hash: SecretText,
    /// Since when.
    pub created_at: Timestamp,
    /// When they signed in last.
    pub signed_in_at: Option<Timestamp>,
}

/// Leave to become a member, or to choose a new password, for whoever has the link with the token.
#[derive(Debug, Clone, PartialEq)]
pub struct Invitation {
    /// Its id.
    pub id: InvitationId,
    /// To what.
    pub workspace_id: WorkspaceId,
    /// For whom; the first owner says so when accepting.
    pub email: Option<Email>,
    /// As what.
    pub role: Role,
    /// The member who may choose a new password with it, if it is for that.
    pub resets: Option<MemberId>,
    /// The member who made it, if one did and not an API key or Beckon itself.
    pub made_by: Option<MemberId>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
}

impl Invitation {
    /// Leave for a member to choose a new password.
    pub fn to_reset(member: &Member, id: InvitationId, now: Timestamp) -> Invitation {
        Invitation {
            id,
            workspace_id: member.workspace_id,
            email: Some(member.email.clone()),
            role: member.role,
            resets: Some(member.id),
            made_by: None,
            created_at: now,
            expires_at: now + INVITATION_LIFE,
        }
    }

    /// Leave for the first owner of a workspace, who says who they are when accepting.
    pub fn of_first_owner(workspace_id: WorkspaceId, id: InvitationId, now: Timestamp) -> Invitation {
        Invitation {
            id,
            workspace_id,
            email: None,
            role: Role::Owner,
            resets: None,
            made_by: None,
            created_at: now,
            expires_at: now + INVITATION_LIFE,
        }
    }
}

/// Somebody signed in, in one browser.
#[derive(Debug, Clone, PartialEq)]
pub struct Session {
    /// Who.
    pub member_id: MemberId,
    /// When they signed in.
    pub created_at: Timestamp,
    /// When it ends, if nobody ends it before.
    pub expires_at: Timestamp,
}

/// Checks what a member is called.
pub fn check_name(name: &str, findings: &mut Findings) {
    let chars = name.trim().chars().count();
    if chars == 0 || chars > NAME_CHARS_MAX {
        findings.add("name", format!("give a name of 1 to {NAME_CHARS_MAX} characters"));
    }
}

/// Checks a password that somebody chose.
pub fn check_password(password: &SecretText) -> Result<(), Invalid> {
    let chars = password.expose().chars().count();
    if (PASSWORD_CHARS_MIN..=PASSWORD_CHARS_MAX).contains(&chars) {
        return Ok(());
    }
    Err(Invalid::one("password", format!("choose {PASSWORD_CHARS_MIN} to {PASSWORD_CHARS_MAX} characters")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_manages_somebody_more_powerful() {
        assert!(Role::Owner.may_manage(Role::Owner) && Role::Admin.may_manage(Role::Admin));
        assert!(!Role::Admin.may_manage(Role::Owner) && !Role::Member.may_manage(Role::Viewer));
        assert!(Role::ALL.iter().all(|role| Role::parse(role.as_str()) == Some(*role)));
    }

    #[test]
    fn a_password_has_bounds() {
        let checked = |text: String| check_password(&SecretText::new(text)).is_ok();
        assert!(!checked("123456789".to_owned()) && checked("1234567890".to_owned()));
        assert!(checked("ä".repeat(256)) && !checked("ä".repeat(257)));
    }
}
