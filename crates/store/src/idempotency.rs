//! Answers kept for `Idempotency-Key`.

use async_trait::async_trait;
use beckon_domain::id::WorkspaceId;
use jiff::Timestamp;

use crate::Result;

/// An answer that was given to a request with an idempotency key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptAnswer {
    /// SHA-256 of the request (method, path and body), to tell another request under the same key.
    pub request_hash: [u8; 32],
    /// HTTP status.
    pub status: u16,
    /// The body's media type, if it has one.
    pub content_type: Option<String>,
    /// Where what was made is: the header `Location`, if it had one.
    pub location: Option<String>,
    /// The body.
    pub body: Vec<u8>,
    /// When it was given.
    pub created_at: Timestamp,
}

/// Answers by idempotency key.
#[async_trait]
pub trait IdempotencyStore {
    /// The answer kept under `key`, unless it is older than `not_before`.
    async fn find_answer(&self, workspace: WorkspaceId, key: &str, not_before: Timestamp)
    -> Result<Option<KeptAnswer>>;
    /// Keeps an answer under `key`, and drops some that are older than `not_before`. An answer that is
    /// there already (and not older than that) stays.
    async fn keep_answer(
        &self,
        workspace: WorkspaceId,
        key: &str,
        answer: &KeptAnswer,
        not_before: Timestamp,
    ) -> Result<()>;
}
