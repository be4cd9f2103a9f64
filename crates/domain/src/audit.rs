//! The audit log: who changed what, and how it was before and after.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::id::{ApiKeyId, AuditId, MemberId, PortalLinkId, WorkspaceId};

/// Who did it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Actor {
    /// Beckon itself: at the first start, or because a receiver asked for it.
    System,
    /// Whoever showed this API key.
    ApiKey {
        /// The key.
        id: ApiKeyId,
    },
    /// A person, signed in.
    Member {
        /// The member.
        id: MemberId,
        /// Their address then.
        email: String,
    },
    /// Whoever was given a portal link.
    Portal {
        /// The link; the log says who made it, and for whom.
        id: PortalLinkId,
    },
}

/// One change.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditEntry {
    /// Its id.
    pub id: AuditId,
    /// Where.
    pub workspace_id: WorkspaceId,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
    /// What was done, such as `webhook.updated`.
    pub action: String,
    /// To what: its id or name.
    pub subject: String,
    /// How it was, as the API shows it: secrets masked. `None` if it was not there.
    pub before: Option<Value>,
    /// How it is since. `None` if it is gone.
    pub after: Option<Value>,
}
