//! The suppression list: who must not become known.
//!
//! It outlasts the person it is about, so it need not say who that is: an entry is a hash, which tells whether an address or
//! user id is on the list, and not what is on it.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::email::Email;
use crate::id::{SuppressionId, WorkspaceId};

/// Most entries made with one call.
pub const SUPPRESSIONS_AT_ONCE_MAX: usize = 1_000;

/// What an entry is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SuppressedKind {
    /// An address.
    Email,
    /// An id in the customer's own system.
    UserId,
}

impl SuppressedKind {
    /// The name in lists.
    pub fn as_str(self) -> &'static str {
        match self {
            SuppressedKind::Email => "email",
            SuppressedKind::UserId => "user_id",
        }
    }
}

/// The hash of what is suppressed: of a workspace, for nothing else to be compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SuppressionHash([u8; 32]);

impl SuppressionHash {
    /// The hash of an address.
    pub fn of_email(workspace: WorkspaceId, email: &Email) -> SuppressionHash {
        SuppressionHash::of(workspace, SuppressedKind::Email, email.as_str())
    }

    /// The hash of a user id.
    pub fn of_user_id(workspace: WorkspaceId, user_id: &str) -> SuppressionHash {
        SuppressionHash::of(workspace, SuppressedKind::UserId, user_id)
    }

    fn of(workspace: WorkspaceId, kind: SuppressedKind, value: &str) -> SuppressionHash {
        let hashed = Sha256::new()
            .chain_update(workspace.uuid().as_bytes())
            .chain_update(kind.as_str())
            .chain_update([0])
            .chain_update(value);
        SuppressionHash(hashed.finalize().into())
    }

    /// Reads its bytes, or `None` if there are not as many as it has.
    pub fn from_bytes(bytes: &[u8]) -> Option<SuppressionHash> {
        bytes.try_into().ok().map(SuppressionHash)
    }

    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// An entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppression {
    /// Its id.
    pub id: SuppressionId,
    /// What it is about.
    pub kind: SuppressedKind,
    /// The hash.
    pub hash: SuppressionHash,
    /// The address or user id itself, unless it is not to be kept.
    pub value: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
}
