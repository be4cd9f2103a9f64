//! People.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::email::Email;
use crate::id::{CompanyId, ContactId};
use crate::identity::Identity;

/// A person somebody told us about. Never guessed: an unknown visitor stays anonymous.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Contact {
    /// Its id.
    pub id: ContactId,
    /// The address that identifies this person, if known. Unique in a workspace.
    pub email: Option<Email>,
    /// The id this person has in the customer's own system, if known. Unique in a workspace.
    pub user_id: Option<String>,
    /// The account this person works for, if known.
    pub company_id: Option<CompanyId>,
    /// What is known of the person.
    pub profile: ContactProfile,
    /// Traits beyond the profile, as the customer named them.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub traits: Map<String, Value>,
    /// By what else the person is known, and what of all was verified.
    #[serde(default)]
    pub identity: Identity,
    /// Since when this person must cause no events: they asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suppressed_at: Option<Timestamp>,
    /// When we first heard of this person.
    pub created_at: Timestamp,
    /// When anything above last changed.
    pub updated_at: Timestamp,
}

/// What is known of a person; `None` where nothing is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ContactProfile {
    /// Given name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// Family name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    /// Job title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The name of the company the person works for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub company: Option<String>,
    /// LinkedIn profile.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub linkedin_url: Option<String>,
    /// Level, such as `C-suite`, `Director` or `Manager`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seniority: Option<String>,
    /// Department, such as `Marketing`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub department: Option<String>,
    /// Country, as the customer writes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// Telephone number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
}

impl ContactProfile {
    /// The profile's fields, by the names they have in rules, imports and payloads.
    pub const FIELDS: [&'static str; 9] =
        ["first_name", "last_name", "title", "company", "linkedin_url", "seniority", "department", "country", "phone"];

    /// The field of that name, or `None` if a profile has no such field.
    pub fn field_mut(&mut self, name: &str) -> Option<&mut Option<String>> {
        Some(match name {
            "first_name" => &mut self.first_name,
            "last_name" => &mut self.last_name,
            "title" => &mut self.title,
            "company" => &mut self.company,
            "linkedin_url" => &mut self.linkedin_url,
            "seniority" => &mut self.seniority,
            "department" => &mut self.department,
            "country" => &mut self.country,
            "phone" => &mut self.phone,
            _ => return None,
        })
    }

    /// The value of the field of that name, if it has one.
    pub fn field(&self, name: &str) -> Option<&str> {
        match name {
            "first_name" => self.first_name.as_deref(),
            "last_name" => self.last_name.as_deref(),
            "title" => self.title.as_deref(),
            "company" => self.company.as_deref(),
            "linkedin_url" => self.linkedin_url.as_deref(),
            "seniority" => self.seniority.as_deref(),
            "department" => self.department.as_deref(),
            "country" => self.country.as_deref(),
            "phone" => self.phone.as_deref(),
            _ => None,
        }
    }
}
