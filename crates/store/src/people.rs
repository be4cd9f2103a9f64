//! Contacts and companies, as they are read and erased. They are written by
//! [`crate::IntakeStore::commit_intake`].

use async_trait::async_trait;
use beckon_domain::company::{Company, Domain};
use beckon_domain::contact::Contact;
use beckon_domain::email::Email;
use beckon_domain::event::EventId;
use beckon_domain::id::{CompanyId, ContactId, DeliveryId, SegmentId, VisitId, WorkspaceId};
use beckon_domain::signal::Intent;
use jiff::Timestamp;

use crate::intake::SubjectId;
use crate::{Page, PageRequest, Result};

/// Most contacts, and most companies, that a text stands for where it says whom something is about: the newest.
pub const ABOUT_PEOPLE_MAX: usize = 200;

/// What stands in the place of the payload of an event that told of somebody who was erased.
pub const ERASED_PAYLOAD: &[u8] = br#"{"erased":true}"#;

/// Which contacts. All conditions hold together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ContactFilter {
    /// Only with this address.
    pub email: Option<Email>,
    /// Only of this company.
    pub company_id: Option<CompanyId>,
    /// Only those this text finds: every word of it begins a word of the address, the name, the title or the
    /// company's name (as the contact has it), whatever the case. An address, or the beginning of one up to behind its
    /// `@`, is one word. A text without a letter or digit finds everybody.
    pub text: Option<String>,
}

/// Which companies. All conditions hold together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CompanyFilter {
    /// Only with this domain.
    pub domain: Option<Domain>,
    /// Only those this text finds: every word of it begins a word of the name or the domain, whatever the case.
    pub text: Option<String>,
}

/// One thing a contact or company did, or that was announced of them.
#[derive(Debug, Clone, PartialEq)]
pub enum Happening {
    /// A page was looked at.
    PageView {
        /// When.
        at: Timestamp,
        /// In which visit.
        visit_id: VisitId,
        /// The page's path.
        path: String,
    },
    /// Interest was shown elsewhere.
    Intent(Intent),
    /// An event was announced.
    Event {
        /// When.
        at: Timestamp,
        /// Which.
        id: EventId,
        /// Of which type.
        event_type: String,
        /// For which segment.
        segment_id: Option<SegmentId>,
    },
}

/// Reading and erasing contacts and companies.
#[async_trait]
pub trait PeopleStore {
    /// A contact.
    async fn get_contact(&self, workspace: WorkspaceId, id: ContactId) -> Result<Contact>;
    /// Contacts, newest first.
    async fn list_contacts(
        &self,
        workspace: WorkspaceId,
        filter: &ContactFilter,
        page: PageRequest,
    ) -> Result<Page<Contact>>;
    /// Erases a contact, and all they were before they were merged: the person, their page views, visits, intents, firings
    /// and signals; their visitors become anonymous again. Events that told of them have [`ERASED_PAYLOAD`] from then on, and
    /// nothing of their requests is kept. What is much goes in steps ([`Self::erase_more`]).
    async fn erase_contact(&self, workspace: WorkspaceId, id: ContactId, now: Timestamp) -> Result<()>;
    /// Goes on erasing, at most `limit` rows of each log. Whether there may be more.
    async fn erase_more(&self, workspace: WorkspaceId, limit: u32) -> Result<bool>;
    /// Some deliveries that still wait of events that told of erased contacts: they are to be canceled.
    async fn list_erased_deliveries(&self, workspace: WorkspaceId) -> Result<Vec<DeliveryId>>;
    /// Forgets events of contacts erased before `before`, with their deliveries, at most `limit`; says how many it looked at.
    /// Until then requests of them may be under way.
    async fn forget_erased(&self, workspace: WorkspaceId, before: Timestamp, limit: u32) -> Result<u32>;

    /// A company.
    async fn get_company(&self, workspace: WorkspaceId, id: CompanyId) -> Result<Company>;
    /// Companies, newest first.
    async fn list_companies(
        &self,
        workspace: WorkspaceId,
        filter: &CompanyFilter,
        page: PageRequest,
    ) -> Result<Page<Company>>;
    /// Erases a company and its firings; contacts and visitors no longer belong to it.
    async fn erase_company(&self, workspace: WorkspaceId, id: CompanyId) -> Result<()>;

    /// What a contact or company did before `before`, latest first, at most `limit` of each kind put in one order.
    /// `NotFound` if there is no such contact or company.
    async fn list_happenings(
        &self,
        workspace: WorkspaceId,
        of: SubjectId,
        before: Option<Timestamp>,
        limit: u32,
    ) -> Result<Vec<Happening>>;
}
