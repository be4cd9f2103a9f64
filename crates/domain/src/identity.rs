//! By what a person is known, and how far that is believed.
//!
//! Identifiers, in the order in which they count: the id in the customer's own system, an address, the hash of an address, a
//! LinkedIn profile. What a server says is *verified*; what a browser says is *claimed*, for whoever opens a page can make it
//! say anything. A claim can add to what is known, and never takes the place of what was verified.
//! Promise: two people are made one only by [`merge::may`], which is pure, and every merge can be undone ([`merge::split`]).
//! Not here: finding whose identifier something is (`beckon-intake`).

mod email_hash;
mod linkedin;
pub mod merge;
mod note;

use std::collections::{BTreeSet, VecDeque};

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::email::Email;
use crate::id::{ContactId, VisitorId};

pub use email_hash::EmailHash;
pub use linkedin::{LINKEDIN_BYTES_MAX, LinkedIn};
pub use note::{IdentityChange, IdentityNote, LinkOutcome, Refusal};

/// Most addresses of one contact.
pub const CONTACT_EMAILS_MAX: usize = 5;
/// Most browsers that become one contact's within [`BROWSERS_DAYS`]: what more people use than one has is nobody's.
pub const BROWSERS_MAX: usize = 20;
/// The days over which [`BROWSERS_MAX`] counts.
pub const BROWSERS_DAYS: i64 = 7;
/// Most links in mails of whom it is kept which browser followed them.
pub const LINKS_MAX: usize = 50;
/// Most contacts of whom it is kept that they are not this one.
pub const SPLITS_MAX: usize = 20;

/// Who says something.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// A browser, which says whatever its user has it say.
    #[default]
    Claimed,
    /// A server with a key of its own, or somebody who works with the workspace.
    Verified,
}

/// The kinds of identifier, from the one that counts most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum IdentifierKind {
    /// The id in the customer's own system.
    UserId,
    /// An address.
    Email,
    /// The SHA-256 of an address.
    EmailSha256,
    /// A LinkedIn profile.
    LinkedinUrl,
    /// A browser's own id.
    AnonymousId,
}

/// By what a contact is known beside its first address and its user id, and which of it was verified.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Identity {
    /// Further addresses. Each is unique in a workspace, also among first ones.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub other_emails: Vec<Email>,
    /// The LinkedIn profile by which the person is found. Unique in a workspace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub linkedin: Option<LinkedIn>,
    /// The names of what was verified: `email`, `user_id`, a profile field, `company_id`, `traits.` and a name, or a further
    /// address itself.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub verified: BTreeSet<String>,
    /// When browsers became this person's, as far back as [`BROWSERS_DAYS`].
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub browsers_at: Vec<Timestamp>,
    /// The links in mails that a browser has followed and stayed, and which did, the oldest first.
    #[serde(skip_serializing_if = "VecDeque::is_empty")]
    pub links: VecDeque<(String, VisitorId)>,
    /// Who was merged with this person and is somebody else after all.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub not: BTreeSet<ContactId>,
}

impl Identity {
    /// Whether something of `standing` may be written over what is known under that name.
    pub fn yields(&self, name: &str, standing: Standing) -> bool {
        standing == Standing::Verified || !self.verified.contains(name)
    }

    /// Notes who said what is known now under that name.
    pub fn note(&mut self, name: &str, standing: Standing) {
        if standing == Standing::Verified && !self.verified.contains(name) {
            self.verified.insert(name.to_owned());
        }
    }

    /// Whether one more browser may become this person's at `now`; notes it if so.
    pub fn take_browser(&mut self, now: Timestamp) -> bool {
        let since = now.checked_sub(SignedDuration::from_hours(24 * BROWSERS_DAYS)).unwrap_or(Timestamp::UNIX_EPOCH);
        self.browsers_at.retain(|at| *at > since);
        let has_room = self.browsers_at.len() < BROWSERS_MAX;
        if has_room {
            self.browsers_at.push(now);
        }
        has_room
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_adds_and_does_not_take_the_place_of_what_was_verified() {
        let mut identity = Identity::default();
        assert!(identity.yields("title", Standing::Claimed));
        identity.note("title", Standing::Claimed);
        assert!(identity.yields("title", Standing::Claimed), "one claim over another");
        identity.note("title", Standing::Verified);
        assert!(!identity.yields("title", Standing::Claimed));
        assert!(identity.yields("title", Standing::Verified));
    }

    #[test]
    fn so_many_browsers_become_one_persons_in_a_week() {
        let mut identity = Identity::default();
        let day = |n: i64| Timestamp::from_second(86_400 * n).unwrap();
        for _ in 0..BROWSERS_MAX {
            assert!(identity.take_browser(day(1)));
        }
        assert!(!identity.take_browser(day(7)));
        assert!(identity.take_browser(day(9)), "a week later");
        assert_eq!(identity.browsers_at.len(), 1, "and what is older is forgotten");
    }
}
