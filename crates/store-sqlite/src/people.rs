//! Contacts, companies and visitors: reading and writing them, and erasing.

mod erase;
mod erasing;
mod happenings;
pub(crate) mod search;
pub(crate) mod words;

use async_trait::async_trait;
use beckon_domain::company::{Company, Domain};
use beckon_domain::contact::Contact;
use beckon_domain::email::Email;
use beckon_domain::id::{CompanyId, ContactId, DeliveryId, WorkspaceId};
use beckon_domain::identity::EmailHash;
use beckon_domain::visit::Visitor;
use beckon_store::intake::SubjectId;
use beckon_store::people::{CompanyFilter, ContactFilter, Happening};
use beckon_store::{Page, PageRequest, PeopleStore, Result, StoreError};
use jiff::Timestamp;
use rusqlite::{Row, params};
use uuid::Uuid;

use crate::SqliteStore;
use crate::columns::{Columns, doc};
use crate::identity::keys;
use crate::paging::{List, begin};
use crate::writer::Write;
use search::Wanted;

#[async_trait]
impl PeopleStore for SqliteStore {
    async fn get_contact(&self, workspace: WorkspaceId, id: ContactId) -> Result<Contact> {
        self.read("reading a contact", move |sql| {
            sql.find(
                "SELECT doc FROM contact WHERE workspace_id = ?1 AND id = ?2",
                params![workspace.uuid(), id.uuid()],
                contact,
            )?
            .ok_or(StoreError::NotFound("contact"))
        })
        .await
    }

    async fn list_contacts(
        &self,
        workspace: WorkspaceId,
        filter: &ContactFilter,
        page: PageRequest,
    ) -> Result<Page<Contact>> {
        let ContactFilter { email, company_id, text } = filter.clone();
        self.read("listing contacts", move |sql| {
            let wanted = Wanted { words: words::asked(&text.unwrap_or_default()), company: company_id };
            let Some(email) = email else {
                return search::page::<Contact>(sql, workspace, List::Contacts, &wanted, &page);
            };
            let before = begin(List::Contacts, &page)?.unwrap_or(Uuid::max());
            let found = sql.find(
                "SELECT doc FROM contact WHERE workspace_id = ?1 AND id < ?3 AND id IN (
                     SELECT id FROM contact WHERE workspace_id = ?1 AND email = ?2 UNION ALL
                     SELECT contact_id FROM contact_key WHERE workspace_id = ?1 AND key = ?4)",
                params![workspace.uuid(), email.as_str(), before, keys::of_email(&email)],
                contact,
            )?;
            Ok(Page { rows: found.into_iter().filter(|contact| wanted.fits(contact)).collect(), next: None })
        })
        .await
    }

    async fn erase_contact(&self, workspace: WorkspaceId, id: ContactId, now: Timestamp) -> Result<()> {
        self.write("erasing a contact", move |write| erase::contact(write, workspace, id, now)).await
    }

    async fn erase_more(&self, workspace: WorkspaceId, limit: u32) -> Result<bool> {
        self.write("erasing what is left of a contact", move |write| erasing::go_on(write, workspace, limit)).await
    }

    async fn list_erased_deliveries(&self, workspace: WorkspaceId) -> Result<Vec<DeliveryId>> {
        self.read("listing what waits of erased contacts", move |sql| erasing::waiting(sql, workspace)).await
    }

    async fn forget_erased(&self, workspace: WorkspaceId, before: Timestamp, limit: u32) -> Result<u32> {
        self.write("forgetting events of erased contacts", move |write| {
            erasing::forget(write, workspace, before, limit)
        })
        .await
    }

    async fn get_company(&self, workspace: WorkspaceId, id: CompanyId) -> Result<Company> {
        self.read("reading a company", move |sql| {
            sql.find(
                "SELECT doc FROM company WHERE workspace_id = ?1 AND id = ?2",
                params![workspace.uuid(), id.uuid()],
                company,
            )?
            .ok_or(StoreError::NotFound("company"))
        })
        .await
    }

    async fn list_companies(
        &self,
        workspace: WorkspaceId,
        filter: &CompanyFilter,
        page: PageRequest,
    ) -> Result<Page<Company>> {
        let CompanyFilter { domain, text } = filter.clone();
        self.read("listing companies", move |sql| {
            let wanted = Wanted { words: words::asked(&text.unwrap_or_default()), company: None };
            let Some(domain) = domain else {
                return search::page::<Company>(sql, workspace, List::Companies, &wanted, &page);
            };
            let before = begin(List::Companies, &page)?.unwrap_or(Uuid::max());
            let found = sql.find(
                "SELECT doc FROM company WHERE workspace_id = ?1 AND domain = ?2 AND id < ?3",
                params![workspace.uuid(), domain.as_str(), before],
                company,
            )?;
            Ok(Page { rows: found.into_iter().filter(|company| wanted.fits(company)).collect(), next: None })
        })
        .await
    }

    async fn erase_company(&self, workspace: WorkspaceId, id: CompanyId) -> Result<()> {
        self.write("erasing a company", move |write| erase::company(write, workspace, id)).await
    }

    async fn list_happenings(
        &self,
        workspace: WorkspaceId,
        of: SubjectId,
        before: Option<Timestamp>,
        limit: u32,
    ) -> Result<Vec<Happening>> {
        self.read("reading what somebody did", move |sql| happenings::list(sql, workspace, of, before, limit)).await
    }
}

/// Reads the column `doc`.
pub(crate) fn contact(row: &Row<'_>) -> Result<Contact> {
    Columns::of("contact", row).json()
}

/// Reads the column `doc`.
pub(crate) fn company(row: &Row<'_>) -> Result<Company> {
    Columns::of("company", row).json()
}

/// Stores contacts as they are now. Addresses and user ids may have moved between them.
pub(crate) fn put_contacts(write: &Write<'_>, workspace: WorkspaceId, contacts: &[Contact]) -> Result<()> {
    for contact in contacts {
        write.run(
            "UPDATE contact SET email = NULL, user_id = NULL
             WHERE workspace_id = ?1 AND id = ?2 AND (email IS NOT ?3 OR user_id IS NOT ?4)",
            params![workspace.uuid(), contact.id.uuid(), contact.email.as_ref().map(Email::as_str), contact.user_id],
        )?;
        keys::release(write, workspace, contact.id, &keys::keys_of(contact))?;
    }
    for contact in contacts {
        words::change(write, workspace, contact.id.uuid(), Some(contact))?;
        write.run_unique(
            "INSERT INTO contact (workspace_id, id, email, user_id, company_id, doc) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (workspace_id, id) DO UPDATE
             SET email = excluded.email, user_id = excluded.user_id, company_id = excluded.company_id, doc = excluded.doc",
            params![
                workspace.uuid(),
                contact.id.uuid(),
                contact.email.as_ref().map(Email::as_str),
                contact.user_id,
                contact.company_id.map(|id| id.uuid()),
                doc(write.doing, contact)?,
            ],
            "a contact with that address or user id",
        )?;
        keys::put(write, workspace, contact.id, &keys::keys_of(contact))?;
    }
    Ok(())
}

/// Stores companies as they are now. Domains and group ids may have moved between them.
pub(crate) fn put_companies(write: &Write<'_>, workspace: WorkspaceId, companies: &[Company]) -> Result<()> {
    for company in companies {
        write.run(
            "UPDATE company SET domain = NULL, group_id = NULL
             WHERE workspace_id = ?1 AND id = ?2 AND (domain IS NOT ?3 OR group_id IS NOT ?4)",
            params![workspace.uuid(), company.id.uuid(), company.domain.as_ref().map(Domain::as_str), company.group_id],
        )?;
    }
    for company in companies {
        words::change(write, workspace, company.id.uuid(), Some(company))?;
        write.run_unique(
            "INSERT INTO company (workspace_id, id, domain, group_id, doc) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (workspace_id, id) DO UPDATE
             SET domain = excluded.domain, group_id = excluded.group_id, doc = excluded.doc",
            params![
                workspace.uuid(),
                company.id.uuid(),
                company.domain.as_ref().map(Domain::as_str),
                company.group_id,
                doc(write.doing, company)?,
            ],
            "a company with that domain or group id",
        )?;
    }
    Ok(())
}

/// Stores a visitor as it is now.
///
/// Most often only its visit has changed. Then nothing is set that an index has, for SQLite writes the entries of a
/// row anew in every index of the columns that are set, also to what they were.
pub(crate) fn put_visitor(write: &Write<'_>, workspace: WorkspaceId, visitor: &Visitor) -> Result<()> {
    let key = visitor.key.as_str();
    let contact = visitor.contact_id.map(|id| id.uuid());
    let company = visitor.company_id.map(|id| id.uuid());
    let hash = visitor.email_hash.as_ref().map(EmailHash::as_str);
    let doc = doc(write.doing, visitor)?;
    let updated = write.run(
        "UPDATE visitor SET doc = ?5
         WHERE workspace_id = ?1 AND key = ?2 AND contact_id IS ?3 AND company_id IS ?4 AND email_sha256 IS ?6",
        params![workspace.uuid(), key, contact, company, doc, hash],
    )?;
    if updated == 0 {
        write.run(
            "INSERT INTO visitor (workspace_id, key, contact_id, company_id, doc, id, email_sha256)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT (workspace_id, key) DO UPDATE
             SET contact_id = excluded.contact_id, company_id = excluded.company_id, doc = excluded.doc,
                 email_sha256 = excluded.email_sha256",
            params![workspace.uuid(), key, contact, company, doc, visitor.id.uuid(), hash],
        )?;
    }
    Ok(())
}
