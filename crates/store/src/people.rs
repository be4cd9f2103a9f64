//! Contacts and companies, as they are read and erased. They are written by
//! [`crate::IntakeStore::commit_intake`].

use async_trait::async_trait;
use beckon_domain::company::{Company, Domain};
use beckon_domain::contact::Contact;
use beckon_domain::email::Email;
use beckon_domain::id::{CompanyId, ContactId, WorkspaceId};

use crate::{Page, PageRequest, Result};

/// Reading and erasing contacts and companies.
#[async_trait]
pub trait PeopleStore {
    /// A contact.
    async fn get_contact(&self, workspace: WorkspaceId, id: ContactId) -> Result<Contact>;
    /// Contacts, newest first; of one address only, if given.
    async fn list_contacts(
        &self,
        workspace: WorkspaceId,
        email: Option<&Email>,
        page: PageRequest,
    ) -> Result<Page<Contact>>;
    /// Erases a contact: the person, their page views, intents, firings and signals; their visitors become
    /// anonymous again. Events already announced keep their payload (erasing those is not done here).
    async fn erase_contact(&self, workspace: WorkspaceId, id: ContactId) -> Result<()>;

    /// A company.
    async fn get_company(&self, workspace: WorkspaceId, id: CompanyId) -> Result<Company>;
    /// Companies, newest first; of one domain only, if given.
    async fn list_companies(
        &self,
        workspace: WorkspaceId,
        domain: Option<&Domain>,
        page: PageRequest,
    ) -> Result<Page<Company>>;
    /// Erases a company and its firings; contacts and visitors no longer belong to it.
    async fn erase_company(&self, workspace: WorkspaceId, id: CompanyId) -> Result<()>;
}
