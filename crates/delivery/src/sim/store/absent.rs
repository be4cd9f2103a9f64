//! What the delivery engine never asks a store for.

mod lists;
mod members;

use async_trait::async_trait;
use beckon_domain::catalog::EventType;
use beckon_domain::company::Company;
use beckon_domain::contact::Contact;
use beckon_domain::id::{
    ApiKeyId, CompanyId, ContactId, DeliveryId, MergeId, SegmentId, SignalId, SuppressionId, VisitorId, WorkspaceId,
    WriteKeyId,
};
use beckon_domain::identity::IdentityNote;
use beckon_domain::identity::merge::Merge;
use beckon_domain::key::{ApiKey, Workspace, WriteKey};
use beckon_domain::segment::Segment;
use beckon_domain::suppression::Suppression;
use beckon_domain::visit::Visitor;
use beckon_store::config::ConfigVersion;
use beckon_store::idempotency::KeptAnswer;
use beckon_store::identity::NotesOf;
use beckon_store::intake::{IntakeChanges, IntakeQuery, IntakeState, SignalFilter, SignalRecord, SubjectId};
use beckon_store::keys::KeyHash;
use beckon_store::people::{CompanyFilter, ContactFilter, Happening};
use beckon_store::{
    IdempotencyStore, IdentityStore, IntakeStore, KeyStore, Page, PageRequest, PeopleStore, Result, SegmentStore,
    StoreError, SuppressionStore,
};
use jiff::Timestamp;

use super::SimStore;

/// The answer to everything here.
pub(super) fn not_modelled() -> StoreError {
    StoreError::Refused("the model store knows deliveries only".to_owned())
}

#[async_trait]
impl KeyStore for SimStore {
    async fn create_workspace(&self, workspace: &Workspace) -> Result<()> {
        self.world.lock().model.create_workspace(workspace.id);
        Ok(())
    }
    async fn list_workspaces(&self) -> Result<Vec<Workspace>> {
        Err(not_modelled())
    }
    async fn create_api_key(&self, _: &ApiKey, _: KeyHash) -> Result<()> {
        Err(not_modelled())
    }
    async fn find_api_key(&self, _: KeyHash) -> Result<Option<ApiKey>> {
        Err(not_modelled())
    }
    async fn list_api_keys(&self, _: WorkspaceId, _: PageRequest) -> Result<Page<ApiKey>> {
        Err(not_modelled())
    }
    async fn revoke_api_key(&self, _: WorkspaceId, _: ApiKeyId, _: Timestamp) -> Result<ApiKey> {
        Err(not_modelled())
    }
    async fn create_write_key(&self, _: &WriteKey) -> Result<()> {
        Err(not_modelled())
    }
    async fn find_write_key(&self, _: &str) -> Result<Option<WriteKey>> {
        Err(not_modelled())
    }
    async fn list_write_keys(&self, _: WorkspaceId, _: PageRequest) -> Result<Page<WriteKey>> {
        Err(not_modelled())
    }
    async fn revoke_write_key(&self, _: WorkspaceId, _: WriteKeyId, _: Timestamp) -> Result<WriteKey> {
        Err(not_modelled())
    }
}

#[async_trait]
impl SegmentStore for SimStore {
    async fn create_segment(&self, _: WorkspaceId, _: &Segment) -> Result<Segment> {
        Err(not_modelled())
    }
    async fn get_segment(&self, _: WorkspaceId, _: SegmentId) -> Result<Segment> {
        Err(not_modelled())
    }
    async fn list_segments(&self, _: WorkspaceId, _: PageRequest) -> Result<Page<Segment>> {
        Err(not_modelled())
    }
    async fn update_segment(&self, _: WorkspaceId, _: &Segment) -> Result<Segment> {
        Err(not_modelled())
    }
    async fn delete_segment(&self, _: WorkspaceId, _: SegmentId, _: Timestamp) -> Result<()> {
        Err(not_modelled())
    }
    async fn create_event_type(&self, _: WorkspaceId, _: &EventType) -> Result<()> {
        Err(not_modelled())
    }
    async fn list_event_types(&self, _: WorkspaceId) -> Result<Vec<EventType>> {
        Err(not_modelled())
    }
    async fn update_event_type(&self, _: WorkspaceId, _: &EventType) -> Result<()> {
        Err(not_modelled())
    }
    async fn delete_event_type(&self, _: WorkspaceId, _: &str) -> Result<()> {
        Err(not_modelled())
    }
}

#[async_trait]
impl IdempotencyStore for SimStore {
    async fn find_answer(&self, _: WorkspaceId, _: &str, _: Timestamp) -> Result<Option<KeptAnswer>> {
        Err(not_modelled())
    }
    async fn keep_answer(&self, _: WorkspaceId, _: &str, _: &KeptAnswer, _: Timestamp) -> Result<()> {
        Err(not_modelled())
    }
}

#[async_trait]
impl IntakeStore for SimStore {
    async fn read_intake(&self, _: WorkspaceId, _: &IntakeQuery) -> Result<IntakeState> {
        Err(not_modelled())
    }
    async fn commit_intake(&self, _: WorkspaceId, _: ConfigVersion, _: IntakeChanges) -> Result<()> {
        Err(not_modelled())
    }
    async fn list_signals(&self, _: WorkspaceId, _: &SignalFilter, _: PageRequest) -> Result<Page<SignalRecord>> {
        Err(not_modelled())
    }
    async fn get_signal(&self, _: WorkspaceId, _: SignalId) -> Result<SignalRecord> {
        Err(not_modelled())
    }
}

#[async_trait]
impl IdentityStore for SimStore {
    async fn get_visitor(&self, _: WorkspaceId, _: VisitorId) -> Result<Visitor> {
        Err(not_modelled())
    }
    async fn list_visitors_of(&self, _: WorkspaceId, _: ContactId) -> Result<Vec<Visitor>> {
        Err(not_modelled())
    }
    async fn list_identity_notes(&self, _: WorkspaceId, _: NotesOf, _: u32) -> Result<Vec<IdentityNote>> {
        Err(not_modelled())
    }
    async fn list_merges(&self, _: WorkspaceId, _: ContactId) -> Result<Vec<Merge>> {
        Err(not_modelled())
    }
    async fn find_survivor(&self, _: WorkspaceId, _: ContactId) -> Result<Option<ContactId>> {
        Err(not_modelled())
    }
    async fn undo_merge(&self, _: WorkspaceId, _: MergeId, _: Timestamp) -> Result<Merge> {
        Err(not_modelled())
    }
    async fn move_merged(&self, _: WorkspaceId, _: u32) -> Result<bool> {
        Err(not_modelled())
    }
}

#[async_trait]
impl SuppressionStore for SimStore {
    async fn add_suppressions(&self, _: WorkspaceId, _: Vec<Suppression>) -> Result<u32> {
        Err(not_modelled())
    }
    async fn list_suppressions(&self, _: WorkspaceId, _: PageRequest) -> Result<Page<Suppression>> {
        Err(not_modelled())
    }
    async fn delete_suppression(&self, _: WorkspaceId, _: SuppressionId) -> Result<Suppression> {
        Err(not_modelled())
    }
}

#[async_trait]
impl PeopleStore for SimStore {
    async fn get_contact(&self, _: WorkspaceId, _: ContactId) -> Result<Contact> {
        Err(not_modelled())
    }
    async fn list_contacts(&self, _: WorkspaceId, _: &ContactFilter, _: PageRequest) -> Result<Page<Contact>> {
        Err(not_modelled())
    }
    async fn erase_contact(&self, _: WorkspaceId, _: ContactId, _: Timestamp) -> Result<()> {
        Err(not_modelled())
    }
    async fn erase_more(&self, _: WorkspaceId, _: u32) -> Result<bool> {
        Err(not_modelled())
    }
    async fn list_erased_deliveries(&self, _: WorkspaceId) -> Result<Vec<DeliveryId>> {
        Err(not_modelled())
    }
    async fn forget_erased(&self, _: WorkspaceId, _: Timestamp, _: u32) -> Result<u32> {
        Err(not_modelled())
    }
    async fn get_company(&self, _: WorkspaceId, _: CompanyId) -> Result<Company> {
        Err(not_modelled())
    }
    async fn list_companies(&self, _: WorkspaceId, _: &CompanyFilter, _: PageRequest) -> Result<Page<Company>> {
        Err(not_modelled())
    }
    async fn erase_company(&self, _: WorkspaceId, _: CompanyId) -> Result<()> {
        Err(not_modelled())
    }
    async fn list_happenings(
        &self,
        _: WorkspaceId,
        _: SubjectId,
        _: Option<Timestamp>,
        _: u32,
    ) -> Result<Vec<Happening>> {
        Err(not_modelled())
    }
}
