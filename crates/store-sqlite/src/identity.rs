//! Who somebody is: looking it up, noting what happened to it, making two people one, and two again.

pub(crate) mod keys;
pub(crate) mod merges;
mod moves;
pub(crate) mod notes;

use async_trait::async_trait;
use beckon_domain::id::{ContactId, MergeId, VisitorId, WorkspaceId};
use beckon_domain::identity::IdentityNote;
use beckon_domain::identity::merge::Merge;
use beckon_domain::visit::Visitor;
use beckon_store::identity::{IDENTITY_ROWS_MAX, IdentityStore, NotesOf};
use beckon_store::{Result, StoreError};
use jiff::Timestamp;
use rusqlite::params;

use crate::SqliteStore;
use crate::columns::Columns;

#[async_trait]
impl IdentityStore for SqliteStore {
    async fn get_visitor(&self, workspace: WorkspaceId, id: VisitorId) -> Result<Visitor> {
        self.read("reading a visitor", move |sql| {
            sql.find(
                "SELECT doc FROM visitor INDEXED BY visitor_by_id WHERE workspace_id = ?1 AND id = ?2",
                params![workspace.uuid(), id.uuid()],
                |row| Columns::of("visitor", row).json(),
            )?
            .ok_or(StoreError::NotFound("visitor"))
        })
        .await
    }

    async fn list_visitors_of(&self, workspace: WorkspaceId, contact: ContactId) -> Result<Vec<Visitor>> {
        self.read("listing the browsers of a contact", move |sql| {
            sql.list(
                "SELECT doc FROM visitor INDEXED BY visitor_of_contact
                 WHERE workspace_id = ?1 AND contact_id = ?2 ORDER BY rowid DESC LIMIT ?3",
                params![workspace.uuid(), contact.uuid(), IDENTITY_ROWS_MAX],
                |row| Columns::of("visitor", row).json(),
            )
        })
        .await
    }

    async fn list_identity_notes(&self, workspace: WorkspaceId, of: NotesOf, limit: u32) -> Result<Vec<IdentityNote>> {
        self.read("reading what happened to an identity", move |sql| notes::list(sql, workspace, of, limit)).await
    }

    async fn list_merges(&self, workspace: WorkspaceId, survivor: ContactId) -> Result<Vec<Merge>> {
        self.read("listing merges", move |sql| merges::list(sql, workspace, survivor)).await
    }

    async fn find_survivor(&self, workspace: WorkspaceId, loser: ContactId) -> Result<Option<ContactId>> {
        self.read("finding who a contact is now", move |sql| merges::survivor_of(sql, workspace, loser)).await
    }

    async fn undo_merge(&self, workspace: WorkspaceId, id: MergeId, now: Timestamp) -> Result<Merge> {
        self.write("undoing a merge", move |write| merges::undo(write, workspace, id, now)).await
    }

    async fn move_merged(&self, workspace: WorkspaceId, limit: u32) -> Result<bool> {
        self.write("moving what was merged", move |write| moves::go_on(write, workspace, limit)).await
    }
}
