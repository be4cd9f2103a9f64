//! Named lists, and who is on them.

use async_trait::async_trait;
use beckon_domain::company::Company;
use beckon_domain::contact::Contact;
use beckon_domain::id::{ListId, WorkspaceId};
use beckon_domain::list::List;
use beckon_domain::segment::Subject;
use jiff::Timestamp;

use crate::intake::SubjectId;
use crate::{Page, PageRequest, Result};

/// A list, and how many are on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountedList {
    /// The list.
    pub list: List,
    /// How many contacts or companies are on it.
    pub members: u64,
}

/// Somebody on a list.
#[derive(Debug, Clone, PartialEq)]
pub struct ListMember {
    /// Who.
    pub who: Listed,
    /// Since when.
    pub added_at: Timestamp,
}

/// Who can be on a list.
#[derive(Debug, Clone, PartialEq)]
pub enum Listed {
    /// A person.
    Contact(Box<Contact>),
    /// An account.
    Company(Box<Company>),
}

/// Lists. They are part of the set-up ([`crate::WorkspaceConfig`]), who is on them is not: making, renaming and deleting
/// one counts up the config version, putting somebody on it does not.
///
/// An erased contact or company is on no list any more. Many are put on a list with an import, by
/// [`crate::IntakeStore::commit_intake`].
#[async_trait]
pub trait ListStore {
    /// Stores a new, empty list. [`crate::StoreError::Exists`] if one of its subject has that name, whatever the case;
    /// `Refused` if the workspace has [`beckon_domain::list::LISTS_MAX`].
    async fn create_list(&self, workspace: WorkspaceId, list: &List) -> Result<()>;
    /// A list.
    async fn get_list(&self, workspace: WorkspaceId, id: ListId) -> Result<CountedList>;
    /// Lists, newest first; of one subject, or of both.
    async fn list_lists(
        &self,
        workspace: WorkspaceId,
        subject: Option<Subject>,
        page: PageRequest,
    ) -> Result<Page<CountedList>>;
    /// Renames a list. [`crate::StoreError::Exists`] if another of its subject has that name.
    async fn rename_list(&self, workspace: WorkspaceId, id: ListId, name: &str, at: Timestamp) -> Result<CountedList>;
    /// Removes a list, its members first and in short steps. Whether a rule still asks for it is not looked at. If it breaks
    /// off, the list is there with those who are left on it.
    async fn delete_list(&self, workspace: WorkspaceId, id: ListId) -> Result<()>;
    /// Who is on a list: those first who came to be known last.
    async fn list_listed(&self, workspace: WorkspaceId, id: ListId, page: PageRequest) -> Result<Page<ListMember>>;
    /// Puts somebody on a list; gives back whether they were not on it. `NotFound` if there is no such list, no such
    /// contact or company, or if the list is not of their kind.
    async fn put_on_list(&self, workspace: WorkspaceId, id: ListId, member: SubjectId, at: Timestamp) -> Result<bool>;
    /// Takes somebody off a list; gives back whether they were on it. `NotFound` if there is no such list.
    async fn take_off_list(&self, workspace: WorkspaceId, id: ListId, member: SubjectId) -> Result<bool>;
    /// The lists somebody is on, oldest first.
    async fn lists_of(&self, workspace: WorkspaceId, member: SubjectId) -> Result<Vec<ListId>>;
}
