//! The signal pipeline's two steps: read what a batch needs, store what it changed.

mod commit;
mod read;
mod signals;

use async_trait::async_trait;
use beckon_domain::id::{SignalId, WorkspaceId};
use beckon_store::config::ConfigVersion;
use beckon_store::intake::{IntakeChanges, IntakeQuery, IntakeState, SignalFilter, SignalRecord, SubjectId};
use beckon_store::{IntakeStore, Page, PageRequest, Result};
use uuid::Uuid;

use crate::SqliteStore;

#[async_trait]
impl IntakeStore for SqliteStore {
    async fn read_intake(&self, workspace: WorkspaceId, query: &IntakeQuery) -> Result<IntakeState> {
        let query = query.clone();
        self.read("reading what signals need", move |sql| read::read(sql, workspace, &query)).await
    }

    async fn commit_intake(
        &self,
        workspace: WorkspaceId,
        decided_at: ConfigVersion,
        changes: IntakeChanges,
    ) -> Result<()> {
        self.write("storing what signals changed", move |write| commit::commit(write, workspace, decided_at, &changes))
            .await
    }

    async fn list_signals(
        &self,
        workspace: WorkspaceId,
        filter: &SignalFilter,
        page: PageRequest,
    ) -> Result<Page<SignalRecord>> {
        let filter = *filter;
        self.read("listing signals", move |sql| signals::list(sql, workspace, &filter, &page)).await
    }

    async fn get_signal(&self, workspace: WorkspaceId, id: SignalId) -> Result<SignalRecord> {
        self.read("reading a signal", move |sql| signals::get(sql, workspace, id)).await
    }
}

/// A contact or a company as the columns `subject_kind` and `subject_id`.
pub(crate) fn subject(id: SubjectId) -> (i64, Uuid) {
    match id {
        SubjectId::Contact(id) => (0, id.uuid()),
        SubjectId::Company(id) => (1, id.uuid()),
    }
}
