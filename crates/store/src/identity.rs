//! Who somebody is, as it can be looked up and put right.

use async_trait::async_trait;
use beckon_domain::id::{ContactId, MergeId, VisitorId, WorkspaceId};
use beckon_domain::identity::IdentityNote;
use beckon_domain::identity::merge::Merge;
use beckon_domain::visit::Visitor;
use jiff::Timestamp;

use crate::Result;

/// Most browsers of a contact, and most of its merges, that are listed: the latest.
pub const IDENTITY_ROWS_MAX: u32 = 100;

/// Whose notes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotesOf {
    /// A browser's.
    Visitor(VisitorId),
    /// A person's, and of those who were merged with them.
    Contact(ContactId),
}

/// Looking up identities, and undoing merges.
#[async_trait]
pub trait IdentityStore {
    /// A visitor.
    async fn get_visitor(&self, workspace: WorkspaceId, id: VisitorId) -> Result<Visitor>;
    /// The browsers that are a contact's, the latest [`IDENTITY_ROWS_MAX`].
    async fn list_visitors_of(&self, workspace: WorkspaceId, contact: ContactId) -> Result<Vec<Visitor>>;
    /// What happened to an identity, the latest first, at most `limit`.
    async fn list_identity_notes(&self, workspace: WorkspaceId, of: NotesOf, limit: u32) -> Result<Vec<IdentityNote>>;
    /// The merges of which a contact came out, undone ones too, the latest first, at most [`IDENTITY_ROWS_MAX`].
    async fn list_merges(&self, workspace: WorkspaceId, survivor: ContactId) -> Result<Vec<Merge>>;
    /// Who a contact is now that was merged with others; `None` if it was not.
    async fn find_survivor(&self, workspace: WorkspaceId, loser: ContactId) -> Result<Option<ContactId>>;
    /// Undoes a merge: the loser is there again, with what was theirs; what is much moves in steps ([`Self::move_merged`]).
    /// An identifier that somebody else has got since stays with them. `Exists` if it was undone before, or if the survivor
    /// was merged with somebody since.
    async fn undo_merge(&self, workspace: WorkspaceId, id: MergeId, now: Timestamp) -> Result<Merge>;
    /// Moves some of what merges left where it was, at most `limit` rows of each kind. Whether there may be more.
    async fn move_merged(&self, workspace: WorkspaceId, limit: u32) -> Result<bool>;
}
