//! The keys that open the doors: API keys, which manage, and write keys, which only add signals.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::{ApiKeyId, WorkspaceId, WriteKeyId};

/// A tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Workspace {
    /// Its id.
    pub id: WorkspaceId,
    /// What people call it.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
}

/// The record of an API key. The key itself is shown once and kept as a hash only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKey {
    /// Its id.
    pub id: ApiKeyId,
    /// What it opens.
    pub workspace_id: WorkspaceId,
    /// What people call it.
    pub name: String,
    /// Its first characters, so that people can tell keys apart.
    pub hint: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

/// Where a write key is kept, and so how far it is believed what is said with it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WriteKeyKind {
    /// In web pages and apps, where everybody can read it: what it says of people is claimed.
    #[default]
    Browser,
    /// On servers, where nobody else can: what it says of people is verified, unless a browser sends it.
    Server,
}

/// A write key. One for browsers is public by nature: it stands in web pages. Either can only add signals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WriteKey {
    /// Its id.
    pub id: WriteKeyId,
    /// Where its signals go.
    pub workspace_id: WorkspaceId,
    /// What people call it.
    pub name: String,
    /// The key.
    pub key: String,
    /// Where it is kept.
    pub kind: WriteKeyKind,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}
