//! Members, invitations and sessions.
//!
//! Not here: the rules of each, which stand with their rows (`members/`).

mod invitations;
mod roster;
mod sessions;

use async_trait::async_trait;
use beckon_domain::email::Email;
use beckon_domain::id::{InvitationId, MemberId, WorkspaceId};
use beckon_domain::member::{Invitation, Member, Session};
use beckon_store::members::TokenHash;
use beckon_store::{MemberStore, Result};
use jiff::Timestamp;

use crate::SqliteStore;

#[async_trait]
impl MemberStore for SqliteStore {
    async fn get_member(&self, workspace: WorkspaceId, id: MemberId) -> Result<Member> {
        self.read("reading a member", move |sql| roster::get(sql, workspace, id)).await
    }

    async fn find_member(&self, email: &Email) -> Result<Option<Member>> {
        let email = email.clone();
        self.read("finding a member", move |sql| roster::find(sql, &email)).await
    }

    async fn list_members(&self, workspace: WorkspaceId) -> Result<Vec<Member>> {
        self.read("listing members", move |sql| roster::list(sql, workspace)).await
    }

    async fn update_member(&self, member: &Member, keep: Option<TokenHash>) -> Result<()> {
        let member = member.clone();
        self.write("changing a member", move |write| roster::update(write, &member, keep)).await
    }

    async fn delete_member(&self, workspace: WorkspaceId, id: MemberId) -> Result<()> {
        self.write("removing a member", move |write| roster::delete(write, workspace, id)).await
    }

    async fn create_invitation(&self, invitation: &Invitation, hash: TokenHash) -> Result<()> {
        let invitation = invitation.clone();
        self.write("creating an invitation", move |write| invitations::create(write, &invitation, hash)).await
    }

    async fn find_invitation(&self, hash: TokenHash) -> Result<Option<Invitation>> {
        self.read("finding an invitation", move |sql| invitations::find(sql, hash)).await
    }

    async fn list_invitations(&self, workspace: WorkspaceId) -> Result<Vec<Invitation>> {
        self.read("listing invitations", move |sql| invitations::list(sql, workspace)).await
    }

    async fn delete_invitation(&self, workspace: WorkspaceId, id: InvitationId) -> Result<()> {
        self.write("taking an invitation back", move |write| invitations::delete(write, workspace, id)).await
    }

    async fn accept_invitation(&self, hash: TokenHash, member: &Member, at: Timestamp) -> Result<()> {
        let member = member.clone();
        self.write("accepting an invitation", move |write| invitations::accept(write, hash, &member, at)).await
    }

    async fn create_session(&self, session: &Session, hash: TokenHash) -> Result<()> {
        let session = session.clone();
        self.write("creating a session", move |write| sessions::create(write, &session, hash)).await
    }

    async fn find_session(&self, hash: TokenHash, at: Timestamp) -> Result<Option<(Session, Member)>> {
        self.read("finding a session", move |sql| sessions::find(sql, hash, at)).await
    }

    async fn delete_session(&self, hash: TokenHash) -> Result<()> {
        self.write("ending a session", move |write| sessions::delete(write, hash)).await
    }
}
