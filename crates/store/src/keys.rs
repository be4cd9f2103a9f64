//! Workspaces and their keys.

use async_trait::async_trait;
use beckon_domain::id::{ApiKeyId, WorkspaceId, WriteKeyId};
use beckon_domain::key::{ApiKey, Workspace, WriteKey};
use jiff::Timestamp;

use crate::{Page, PageRequest, Result};

/// SHA-256 of an API key. The key itself is never stored.
pub type KeyHash = [u8; 32];

/// Workspaces and their keys. Counts as set-up: changes are visible at once.
#[async_trait]
pub trait KeyStore {
    /// Makes a workspace. Its config version starts at 1.
    async fn create_workspace(&self, workspace: &Workspace) -> Result<()>;
    /// All workspaces, oldest first.
    async fn list_workspaces(&self) -> Result<Vec<Workspace>>;

    /// Stores an API key under the hash of its text. [`crate::StoreError::Exists`] if the hash is there already.
    async fn create_api_key(&self, key: &ApiKey, hash: KeyHash) -> Result<()>;
    /// The API key with that hash, revoked or not.
    async fn find_api_key(&self, hash: KeyHash) -> Result<Option<ApiKey>>;
    /// The workspace's API keys, newest first, revoked ones included.
    async fn list_api_keys(&self, workspace: WorkspaceId, page: PageRequest) -> Result<Page<ApiKey>>;
    /// Ends an API key at once. Revoking again changes nothing. Gives back the key as it is now.
    async fn revoke_api_key(&self, workspace: WorkspaceId, id: ApiKeyId, at: Timestamp) -> Result<ApiKey>;

    /// Stores a write key. [`crate::StoreError::Exists`] if the same text is there already, in any workspace.
    async fn create_write_key(&self, key: &WriteKey) -> Result<()>;
    /// The write key with that text, revoked or not.
    async fn find_write_key(&self, key: &str) -> Result<Option<WriteKey>>;
    /// The workspace's write keys, newest first, revoked ones included.
    async fn list_write_keys(&self, workspace: WorkspaceId, page: PageRequest) -> Result<Page<WriteKey>>;
    /// Ends a write key at once. Revoking again changes nothing. Gives back the key as it is now.
    async fn revoke_write_key(&self, workspace: WorkspaceId, id: WriteKeyId, at: Timestamp) -> Result<WriteKey>;
}
