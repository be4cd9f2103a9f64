//! Named lists: nothing that the delivery engine asks for.

use async_trait::async_trait;
use beckon_domain::id::{ListId, WorkspaceId};
use beckon_domain::list::List;
use beckon_domain::segment::Subject;
use beckon_store::intake::SubjectId;
use beckon_store::lists::{CountedList, ListMember};
use beckon_store::{ListStore, Page, PageRequest, Result};
use jiff::Timestamp;

use super::not_modelled;
use crate::sim::store::SimStore;

#[async_trait]
impl ListStore for SimStore {
    async fn create_list(&self, _: WorkspaceId, _: &List) -> Result<()> {
        Err(not_modelled())
    }
    async fn get_list(&self, _: WorkspaceId, _: ListId) -> Result<CountedList> {
        Err(not_modelled())
    }
    async fn list_lists(&self, _: WorkspaceId, _: Option<Subject>, _: PageRequest) -> Result<Page<CountedList>> {
        Err(not_modelled())
    }
    async fn rename_list(&self, _: WorkspaceId, _: ListId, _: &str, _: Timestamp) -> Result<CountedList> {
        Err(not_modelled())
    }
    async fn delete_list(&self, _: WorkspaceId, _: ListId) -> Result<()> {
        Err(not_modelled())
    }
    async fn list_listed(&self, _: WorkspaceId, _: ListId, _: PageRequest) -> Result<Page<ListMember>> {
        Err(not_modelled())
    }
    async fn put_on_list(&self, _: WorkspaceId, _: ListId, _: SubjectId, _: Timestamp) -> Result<bool> {
        Err(not_modelled())
    }
    async fn take_off_list(&self, _: WorkspaceId, _: ListId, _: SubjectId) -> Result<bool> {
        Err(not_modelled())
    }
    async fn lists_of(&self, _: WorkspaceId, _: SubjectId) -> Result<Vec<ListId>> {
        Err(not_modelled())
    }
}
