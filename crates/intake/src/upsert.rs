//! Writing contacts and companies as people and other systems give them, without a signal.
//!
//! Absent keeps, null clears, a value sets. Every wrong field is found at once, and one upsert that is
//! refused changes nothing and fails nobody else's. Nobody is left without anything to be found by.
//! Not here: qualification. Whoever fits a segment after an upsert qualifies with the next signal.

mod change;
mod check;
mod company;
mod contact;
mod suppress;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use beckon_domain::company::Domain;
use beckon_domain::email::{Email, FreeMail};
use beckon_domain::id::{CompanyId, ContactId, ListId};
use beckon_domain::identity::LinkedIn;
use beckon_store::intake::IntakeQuery;
use serde_json::{Map, Value};

pub use change::Change;
pub(crate) use company::upsert as company;
pub(crate) use contact::upsert as contact;
pub(crate) use suppress::suppress;

/// A contact to make or change. At least one of `id`, `email` and `user_id` is given, and says which.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ContactUpsert {
    /// Change exactly this one, which must exist.
    pub id: Option<ContactId>,
    /// Its address: finds it, or becomes its own.
    pub email: Change<Email>,
    /// Its id in the customer's own system: finds it, or becomes its own.
    pub user_id: Change<String>,
    /// Profile fields by name ([`beckon_domain::contact::ContactProfile::FIELDS`]); `None` clears.
    pub profile: BTreeMap<String, Option<String>>,
    /// The account the person works for.
    pub company: Change<CompanyRef>,
    /// Whether all traits are removed that are not in `traits`.
    pub clear_traits: bool,
    /// Other traits; null removes.
    pub traits: Map<String, Value>,
    /// A list of contacts to put it on.
    pub list: Option<ListId>,
}

/// Says which company.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompanyRef {
    /// By its domain. One that is not known yet is made.
    pub domain: Domain,
}

/// A company to make or change. At least one of `id`, `domain` and `group_id` is given, and says which.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CompanyUpsert {
    /// Change exactly this one, which must exist.
    pub id: Option<CompanyId>,
    /// Its domain: finds it, or becomes its own.
    pub domain: Change<Domain>,
    /// Its id in the customer's own system: finds it, or becomes its own.
    pub group_id: Change<String>,
    /// Profile fields by name ([`COMPANY_FIELDS`]): text, but a whole number for `employees`; null clears.
    pub profile: BTreeMap<String, Value>,
    /// Whether all traits are removed that are not in `traits`.
    pub clear_traits: bool,
    /// Other traits; null removes.
    pub traits: Map<String, Value>,
    /// A list of companies to put it on.
    pub list: Option<ListId>,
}

/// A company profile's fields, by the names they have in rules, imports and payloads.
pub const COMPANY_FIELDS: [&str; 5] = ["name", "linkedin_url", "industry", "employees", "country"];

/// What an upsert did.
#[derive(Debug, Clone, PartialEq)]
pub struct Upserted<T> {
    /// The contact or company as it is now.
    pub value: T,
    /// Whether it was not there before.
    pub created: bool,
}

/// Adds to `query` all that writing these contacts needs to know.
pub(crate) fn ask_for_contacts(query: &mut IntakeQuery, upserts: &[ContactUpsert], free_mail: &FreeMail) {
    for upsert in upserts {
        query.contact_ids.extend(upsert.id);
        query.domains.extend(upsert.email.new_value().and_then(|email| email.work_domain(free_mail)));
        query.emails.extend(upsert.email.new_value().cloned());
        query.user_ids.extend(upsert.user_id.new_value().cloned());
        let linkedin = upsert.profile.get("linkedin_url").and_then(|url| LinkedIn::parse(url.as_deref()?));
        query.linkedins.extend(linkedin);
        query.domains.extend(upsert.company.new_value().map(|company| company.domain.clone()));
    }
}

/// Adds to `query` all that writing these companies needs to know, but for those named by our own id.
pub(crate) fn ask_for_companies(query: &mut IntakeQuery, upserts: &[CompanyUpsert]) {
    for upsert in upserts {
        query.domains.extend(upsert.domain.new_value().cloned());
        query.group_ids.extend(upsert.group_id.new_value().cloned());
    }
}
