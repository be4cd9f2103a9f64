//! Members, the audit log and settings: nothing that the delivery engine asks for.

use async_trait::async_trait;
use beckon_domain::audit::AuditEntry;
use beckon_domain::email::Email;
use beckon_domain::id::{InvitationId, MemberId, WorkspaceId};
use beckon_domain::member::{Invitation, Member, Session};
use beckon_domain::settings::WorkspaceSettings;
use beckon_store::audit::AuditFilter;
use beckon_store::members::TokenHash;
use beckon_store::settings::Perishable;
use beckon_store::{AuditStore, MemberStore, Page, PageRequest, Result, SettingsStore};
use jiff::Timestamp;

use super::not_modelled;
use crate::sim::store::SimStore;

#[async_trait]
impl MemberStore for SimStore {
    async fn get_member(&self, _: WorkspaceId, _: MemberId) -> Result<Member> {
        Err(not_modelled())
    }
    async fn find_member(&self, _: &Email) -> Result<Option<Member>> {
        Err(not_modelled())
    }
    async fn list_members(&self, _: WorkspaceId) -> Result<Vec<Member>> {
        Err(not_modelled())
    }
    async fn update_member(&self, _: &Member, _: Option<TokenHash>) -> Result<()> {
        Err(not_modelled())
    }
    async fn delete_member(&self, _: WorkspaceId, _: MemberId) -> Result<()> {
        Err(not_modelled())
    }
    async fn create_invitation(&self, _: &Invitation, _: TokenHash) -> Result<()> {
        Err(not_modelled())
    }
    async fn find_invitation(&self, _: TokenHash) -> Result<Option<Invitation>> {
        Err(not_modelled())
    }
    async fn list_invitations(&self, _: WorkspaceId) -> Result<Vec<Invitation>> {
        Err(not_modelled())
    }
    async fn delete_invitation(&self, _: WorkspaceId, _: InvitationId) -> Result<()> {
        Err(not_modelled())
    }
    async fn accept_invitation(&self, _: TokenHash, _: &Member, _: Timestamp) -> Result<()> {
        Err(not_modelled())
    }
    async fn create_session(&self, _: &Session, _: TokenHash) -> Result<()> {
        Err(not_modelled())
    }
    async fn find_session(&self, _: TokenHash, _: Timestamp) -> Result<Option<(Session, Member)>> {
        Err(not_modelled())
    }
    async fn delete_session(&self, _: TokenHash) -> Result<()> {
        Err(not_modelled())
    }
}

#[async_trait]
impl AuditStore for SimStore {
    async fn record_audit(&self, _: &AuditEntry) -> Result<()> {
        Err(not_modelled())
    }
    async fn list_audit(&self, _: WorkspaceId, _: &AuditFilter, _: PageRequest) -> Result<Page<AuditEntry>> {
        Err(not_modelled())
    }
}

#[async_trait]
impl SettingsStore for SimStore {
    async fn update_settings(&self, _: WorkspaceId, _: &str, _: &WorkspaceSettings) -> Result<()> {
        Err(not_modelled())
    }
    async fn forget(&self, _: WorkspaceId, _: Perishable, _: Timestamp, _: u32) -> Result<u32> {
        Err(not_modelled())
    }
}
