//! Accounts.

use std::fmt;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::id::CompanyId;

/// A company's domain: lower case, no scheme, no path, no `www.`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Domain(String);

impl Domain {
    /// Reads a domain, a host or a website address; `None` if it cannot be one.
    pub fn parse(text: &str) -> Option<Domain> {
        let text = text.trim().to_lowercase();
        let text = text.split_once("://").map_or(text.as_str(), |(_, rest)| rest);
        let host = text.split(['/', '?', '#', ':']).next().unwrap_or_default();
        let host = host.strip_prefix("www.").unwrap_or(host).trim_end_matches('.');
        let label_ok = |label: &str| {
            !label.is_empty()
                && label.len() <= 63
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.chars().all(|c| c.is_alphanumeric() || c == '-')
        };
        let well_formed = host.len() <= 253
            && host.contains('.')
            && host.split('.').all(label_ok)
            && !host.split('.').next_back().is_some_and(|last| last.bytes().all(|b| b.is_ascii_digit()));
        well_formed.then(|| Domain(host.to_owned()))
    }

    /// The domain that somebody registered for it, by the Public Suffix List (<https://publicsuffix.org>), private suffixes
    /// included: `acme.co.uk` of `mail.acme.co.uk`. `None` of a suffix itself, below which anybody registers.
    pub fn registrable(&self) -> Option<Domain> {
        psl::domain_str(&self.0).map(|domain| Domain(domain.to_owned()))
    }

    /// The domain.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Company {
    /// Its id.
    pub id: CompanyId,
    /// Its key. `None` while all we have is an id from the customer's own system.
    pub domain: Option<Domain>,
    /// The id this company has in the customer's own system (`groupId`), if known.
    pub group_id: Option<String>,
    /// What is known of the company.
    pub profile: CompanyProfile,
    /// Traits beyond the profile, as the customer named them.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub traits: Map<String, Value>,
    /// When we first heard of this company.
    pub created_at: Timestamp,
    /// When anything above last changed.
    pub updated_at: Timestamp,
}

/// What is known of a company; `None` where nothing is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct CompanyProfile {
    /// Name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// LinkedIn page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub linkedin_url: Option<String>,
    /// Industry, as the customer writes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub industry: Option<String>,
    /// Number of employees.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub employees: Option<u64>,
    /// Country, as the customer writes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_write_a_domain_is_one_key() {
        for text in
            ["acme.com", "ACME.com", "www.acme.com", "https://www.acme.com/about?x", "acme.com:443", " acme.com. "]
        {
            assert_eq!(Domain::parse(text).unwrap().as_str(), "acme.com", "{text:?}");
        }
    }

    #[test]
    fn what_cannot_be_a_domain_is_refused() {
        for text in ["", "acme", "10.0.0.1", "-a.com", "a..com", "a b.com", "a@b.com"] {
            assert_eq!(Domain::parse(text), None, "{text:?}");
        }
    }
}
