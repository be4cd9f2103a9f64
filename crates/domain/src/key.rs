//! The keys that open the doors: API keys, which manage, and write keys, which only add signals.

use jiff::Timestamp;
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

/// A write key. Public by nature: it stands in web pages, and can only add signals.
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
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}
