//! Visitors and their visits.

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::{CompanyId, ContactId, VisitId, VisitorId};
use crate::identity::EmailHash;

/// Silence that ends a visit. The next page view after it starts another.
pub const SILENCE_MAX: SignedDuration = SignedDuration::from_mins(30);

/// A browser, known by the anonymous id it keeps. (A signal that carries a user id only, as servers
/// send, belongs to a visitor of its own, keyed by that user id.)
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visitor {
    /// Its id.
    pub id: VisitorId,
    /// The key the client sends: its anonymous id, or `user:` and the user id.
    pub key: String,
    /// The person behind it, once identified.
    pub contact_id: Option<ContactId>,
    /// The account behind it, once known.
    pub company_id: Option<CompanyId>,
    /// The visit in progress, or the last one.
    pub visit: Option<Visit>,
    /// The hash of an address that nobody known has: it waits for somebody to be known by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email_hash: Option<EmailHash>,
    /// The link in a mail that it has followed, before it is clear whether somebody stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<PendingLink>,
    /// The mark of what was last noted of it that was not believed, so that it is noted once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
    /// When it was first seen.
    pub created_at: Timestamp,
}

/// A link in a mail that a browser has followed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingLink {
    /// To whom the mail went.
    pub contact: ContactId,
    /// Which link it is.
    pub nonce: String,
    /// Since when, by our clock.
    pub since: Timestamp,
}

/// A visitor's page views with no gap over [`SILENCE_MAX`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visit {
    /// Its id.
    pub id: VisitId,
    /// Whose it is.
    pub visitor_id: VisitorId,
    /// Its first page view.
    pub started_at: Timestamp,
    /// Its latest signal.
    pub last_seen_at: Timestamp,
    /// How many page views it has.
    pub page_views: u64,
    /// Whether the visitor had never been seen before.
    pub first_visit: bool,
    /// The page it is on: the latest page view.
    pub page: Page,
    /// Where the visit came from.
    pub referrer: Option<String>,
    /// The campaign the visit came from.
    #[serde(default)]
    pub utm: Utm,
    /// The account in whose network it was made, while nobody is known behind it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network_company_id: Option<CompanyId>,
}

impl Visit {
    /// Whether a signal at `at` still belongs to this visit.
    ///
    /// A little out of order is fine: up to [`SILENCE_MAX`] before its start or after its latest signal.
    pub fn takes(&self, at: Timestamp) -> bool {
        at.duration_since(self.last_seen_at) <= SILENCE_MAX && self.started_at.duration_since(at) <= SILENCE_MAX
    }
}

/// A page as a browser reports it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// Its address, with query, if the client sent one.
    pub url: Option<String>,
    /// Its path, in the form of [`crate::page_path::normalize`].
    pub path: String,
    /// Its title.
    pub title: Option<String>,
    /// What the page asks to have passed through to webhooks: an id of whoever works with the website's owner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partner_id: Option<String>,
}

/// Campaign parameters of a visit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Utm {
    /// `utm_source`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// `utm_medium`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub medium: Option<String>,
    /// `utm_campaign`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub campaign: Option<String>,
    /// `utm_term`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub term: Option<String>,
    /// `utm_content`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
}

impl Utm {
    /// Whether no parameter is known.
    pub fn is_empty(&self) -> bool {
        *self == Utm::default()
    }
}

/// One page view, as rules count it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageView {
    /// The path, in the form of [`crate::page_path::normalize`].
    pub path: String,
    /// When.
    pub at: Timestamp,
}
