//! What happened to somebody's identity, and what was asked for and refused.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use sha2::{Digest, Sha256};

use super::{IdentifierKind, Standing};
use crate::id::{ContactId, MergeId, SignalId, VisitorId};

/// How much of a hash makes a mark: enough to tell a browser's last word from its next.
const MARK_BYTES: usize = 4;

/// One entry of the log of identities.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentityNote {
    /// When.
    pub at: Timestamp,
    /// The signal that gave rise to it, if one did.
    pub signal_id: Option<SignalId>,
    /// The browser it is about, if there is one.
    pub visitor_id: Option<VisitorId>,
    /// Whom it is about, if that is known.
    pub contact_id: Option<ContactId>,
    /// What happened.
    pub change: IdentityChange,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum IdentityChange {
    /// Somebody nobody had heard of.
    Made {
        /// By what they are known.
        kind: IdentifierKind,
        /// Who said so.
        standing: Standing,
    },
    /// A browser became the person's.
    Linked {
        /// What told who uses it.
        by: IdentifierKind,
        /// Who said so.
        standing: Standing,
        /// Whose it was before.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        before: Option<ContactId>,
    },
    /// The person got another identifier.
    Added {
        /// Its kind.
        kind: IdentifierKind,
        /// The identifier.
        value: String,
        /// Who said so.
        standing: Standing,
    },
    /// An identifier that somebody had claimed went to whom it was verified for.
    Displaced {
        /// Its kind.
        kind: IdentifierKind,
        /// The identifier.
        value: String,
        /// To whom.
        to: ContactId,
    },
    /// Two people turned out to be one.
    Merged {
        /// The merge, which can be undone.
        merge_id: MergeId,
        /// Who is no longer there.
        other: ContactId,
    },
    /// A merge was undone.
    Split {
        /// The merge.
        merge_id: MergeId,
        /// Who is there again.
        other: ContactId,
    },
    /// A hash that no known address has. The browser becomes the person's when the address gets known.
    Waits {
        /// The hash.
        email_sha256: String,
    },
    /// A link in a mail was followed.
    LinkFollowed {
        /// What came of it.
        outcome: LinkOutcome,
    },
    /// What a signal said was not believed.
    Refused {
        /// The kind of identifier.
        kind: IdentifierKind,
        /// The identifier.
        value: String,
        /// Why.
        reason: Refusal,
    },
}

impl IdentityChange {
    /// A mark that tells this from others, and not what it says: of whom it is about, nothing is to be kept elsewhere.
    pub fn mark(&self) -> String {
        let hash = Sha256::digest(format!("{self:?}"));
        hash.iter().take(MARK_BYTES).map(|byte| format!("{byte:02x}")).collect()
    }
}

/// What came of following a link in a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkOutcome {
    /// The browser is the person's.
    Identified,
    /// The link is bound to another browser: it may have been forwarded, and identifies nobody.
    Probable,
    /// It is too old.
    Expired,
}

/// Why an identifier was not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// Both have an id in the customer's own system.
    TwoUserIds,
    /// A browser's word is not enough: the other one's identifiers were verified.
    Unproven,
    /// They were one before, and somebody said that they are not.
    SplitBefore,
    /// The person has as many addresses as one may have.
    TooManyEmails,
    /// As many browsers have become the person's lately as may.
    TooManyBrowsers,
    /// The workspace has blocked the value.
    Blocked,
    /// It is somebody else's, who keeps it.
    Taken,
    /// It is on the suppression list.
    Suppressed,
}
