//! A contact as the API shows it: every field, null where nothing is known.

use std::collections::HashMap;

use beckon_domain::contact::Contact;
use beckon_domain::email::Email;
use beckon_domain::id::{CompanyId, ContactId, WorkspaceId};
use beckon_store::StoreError;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::app::App;
use crate::docs;

/// A person.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Contact")]
pub(crate) struct ContactView {
    /// Its id.
    pub(crate) id: ContactId,
    /// The address that identifies the person.
    pub(crate) email: Option<String>,
    /// Further addresses of the person.
    pub(crate) other_emails: Vec<String>,
    /// The id the person has in your own system.
    pub(crate) user_id: Option<String>,
    /// Given name.
    pub(crate) first_name: Option<String>,
    /// Family name.
    pub(crate) last_name: Option<String>,
    /// Job title.
    pub(crate) title: Option<String>,
    /// The name of the company the person works for.
    pub(crate) company: Option<String>,
    /// LinkedIn profile.
    pub(crate) linkedin_url: Option<String>,
    /// Level.
    pub(crate) seniority: Option<String>,
    /// Department.
    pub(crate) department: Option<String>,
    /// Country.
    pub(crate) country: Option<String>,
    /// Telephone number.
    pub(crate) phone: Option<String>,
    /// The account the person works for.
    pub(crate) company_id: Option<CompanyId>,
    /// That account's domain.
    pub(crate) company_domain: Option<String>,
    /// Further traits.
    pub(crate) traits: Map<String, Value>,
    /// Since when the person causes no events, because they asked for that; null if they do.
    #[schemars(schema_with = "docs::optional_timestamp")]
    pub(crate) suppressed_at: Option<Timestamp>,
    /// When we first heard of the person.
    #[schemars(schema_with = "docs::timestamp")]
    pub(crate) created_at: Timestamp,
    /// When anything of this last changed.
    #[schemars(schema_with = "docs::timestamp")]
    pub(crate) updated_at: Timestamp,
}

/// The domains of companies.
pub(super) type Domains = HashMap<CompanyId, Option<String>>;

impl ContactView {
    pub(super) fn new(contact: Contact, domains: &Domains) -> ContactView {
        ContactView {
            id: contact.id,
            email: contact.email.map(|email| email.to_string()),
            other_emails: contact.identity.other_emails.iter().map(Email::to_string).collect(),
            user_id: contact.user_id,
            first_name: contact.profile.first_name,
            last_name: contact.profile.last_name,
            title: contact.profile.title,
            company: contact.profile.company,
            linkedin_url: contact.profile.linkedin_url,
            seniority: contact.profile.seniority,
            department: contact.profile.department,
            country: contact.profile.country,
            phone: contact.profile.phone,
            company_id: contact.company_id,
            company_domain: contact.company_id.and_then(|id| domains.get(&id).cloned().flatten()),
            traits: contact.traits,
            suppressed_at: contact.suppressed_at,
            created_at: contact.created_at,
            updated_at: contact.updated_at,
        }
    }
}

/// Shows a contact with its company's domain.
pub(super) async fn one(app: &App, workspace: WorkspaceId, contact: Contact) -> Result<ContactView, StoreError> {
    let domains = domains(app, workspace, std::slice::from_ref(&contact)).await?;
    Ok(ContactView::new(contact, &domains))
}

/// The domains of the companies these people work for, each company read once.
pub(super) async fn domains(app: &App, workspace: WorkspaceId, contacts: &[Contact]) -> Result<Domains, StoreError> {
    let mut domains = Domains::new();
    for id in contacts.iter().filter_map(|contact| contact.company_id) {
        if domains.contains_key(&id) {
            continue;
        }
        let domain = match app.store.get_company(workspace, id).await {
            Ok(company) => company.domain.map(|domain| domain.to_string()),
            // Erased since the contact was read.
            Err(StoreError::NotFound(_)) => None,
            Err(error) => return Err(error),
        };
        domains.insert(id, domain);
    }
    Ok(domains)
}
