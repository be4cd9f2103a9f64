//! The signal pipeline's two steps: read what a batch needs, store what it changed.

mod commit;
mod read;

use async_trait::async_trait;
use beckon_domain::id::WorkspaceId;
use beckon_domain::signal::SignalKind;
use beckon_store::config::ConfigVersion;
use beckon_store::intake::{IntakeChanges, IntakeQuery, IntakeState, SignalRecord, SubjectId};
use beckon_store::{IntakeStore, Page, PageRequest, Result};
use rusqlite::{Row, params};
use serde::Deserialize;
use serde::de::value::{Error, StrDeserializer};
use uuid::Uuid;

use crate::SqliteStore;
use crate::columns::Columns;
use crate::paging::{List, begin, cut, rows_wanted};

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

    async fn list_signals(&self, workspace: WorkspaceId, page: PageRequest) -> Result<Page<SignalRecord>> {
        self.read("listing signals", move |sql| {
            let rows = sql.list(
                "SELECT seq, id, kind, at, received_at, visitor_id, contact_id, company_id, raw
                 FROM signal INDEXED BY signal_of_workspace
                 WHERE workspace_id = ?1 AND seq < ?2 ORDER BY seq DESC LIMIT ?3",
                params![workspace.uuid(), begin(List::Signals, &page)?.unwrap_or(i64::MAX), rows_wanted(&page)],
                signal,
            )?;
            Ok(cut(List::Signals, &page, rows))
        })
        .await
    }
}

fn signal(row: &Row<'_>) -> Result<(i64, SignalRecord)> {
    let mut columns = Columns::of("signal", row);
    let place = columns.value()?;
    let signal = SignalRecord {
        id: columns.id()?,
        kind: columns.parsed(|text| SignalKind::deserialize(StrDeserializer::<Error>::new(text)))?,
        at: columns.time()?,
        received_at: columns.time()?,
        visitor_id: columns.maybe_id()?,
        contact_id: columns.maybe_id()?,
        company_id: columns.maybe_id()?,
        raw: columns.value()?,
    };
    Ok((place, signal))
}

/// A contact or a company as the columns `subject_kind` and `subject_id`.
pub(crate) fn subject(id: SubjectId) -> (i64, Uuid) {
    match id {
        SubjectId::Contact(id) => (0, id.uuid()),
        SubjectId::Company(id) => (1, id.uuid()),
    }
}
