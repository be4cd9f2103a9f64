//! Members, invitations and sessions.

use async_trait::async_trait;
use beckon_domain::email::Email;
use beckon_domain::id::{InvitationId, MemberId, WorkspaceId};
use beckon_domain::member::{Invitation, Member, Session};
use jiff::Timestamp;

use crate::Result;

/// SHA-256 of the token in an invitation's link, or in a session's cookie. The token itself is never stored.
pub type TokenHash = [u8; 32];

/// Who may come in. None of it counts as set-up: the config version stays.
#[async_trait]
pub trait MemberStore {
    /// A member.
    async fn get_member(&self, workspace: WorkspaceId, id: MemberId) -> Result<Member>;
    /// The member with that address, in any workspace.
    async fn find_member(&self, email: &Email) -> Result<Option<Member>>;
    /// The members of a workspace, oldest first.
    async fn list_members(&self, workspace: WorkspaceId) -> Result<Vec<Member>>;
    /// Stores a member as they are now: name, address, role, password, last sign-in. `Refused` if the workspace would
    /// have no owner, [`crate::StoreError::Exists`] if the address is another's. If the password or the role is
    /// another than before, all sessions but `keep` end in the same step, as do links that reset them; if the role
    /// is, also the invitations they made that it does not allow.
    async fn update_member(&self, member: &Member, keep: Option<TokenHash>) -> Result<()>;
    /// Removes a member, with their sessions, the invitations for them and those they made. `Refused` if the workspace would have no owner.
    async fn delete_member(&self, workspace: WorkspaceId, id: MemberId) -> Result<()>;

    /// Stores an invitation. One for the same address, or to reset the same member, is replaced, as is the one of the
    /// first owner by another. `Refused` if there are [`beckon_domain::member::MEMBERS_MAX`] members and invitations;
    /// [`crate::StoreError::Exists`] if the address is a member's and the invitation resets nobody.
    async fn create_invitation(&self, invitation: &Invitation, hash: TokenHash) -> Result<()>;
    /// The invitation with that hash, expired or not.
    async fn find_invitation(&self, hash: TokenHash) -> Result<Option<Invitation>>;
    /// The invitations of a workspace, oldest first, expired ones too.
    async fn list_invitations(&self, workspace: WorkspaceId) -> Result<Vec<Invitation>>;
    /// Takes an invitation back.
    async fn delete_invitation(&self, workspace: WorkspaceId, id: InvitationId) -> Result<()>;
    /// Uses an invitation up: `member` is stored, or if it resets one, that one gets the password of `member` and
    /// loses all sessions; in one step. `NotFound` if the invitation is gone or expired at `at`;
    /// [`crate::StoreError::Exists`] if the address is another member's.
    async fn accept_invitation(&self, hash: TokenHash, member: &Member, at: Timestamp) -> Result<()>;

    /// Stores a session, and notes that its member signed in. Those that have expired are dropped.
    async fn create_session(&self, session: &Session, hash: TokenHash) -> Result<()>;
    /// The session with that hash and its member, unless it expired at `at`.
    async fn find_session(&self, hash: TokenHash, at: Timestamp) -> Result<Option<(Session, Member)>>;
    /// Ends a session. One that is not there is ended.
    async fn delete_session(&self, hash: TokenHash) -> Result<()>;
}
