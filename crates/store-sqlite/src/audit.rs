//! The audit log.

use std::borrow::Cow;
use std::ops::ControlFlow;

use async_trait::async_trait;
use beckon_domain::audit::AuditEntry;
use beckon_domain::id::{AuditId, WorkspaceId};
use beckon_store::audit::AuditFilter;
use beckon_store::page::PAGE_ROWS_MAX;
use beckon_store::{AuditStore, Page, PageRequest, Result, StoreError};
use rusqlite::{Row, params};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::SqliteStore;
use crate::columns::{Columns, corrupt, doc};
use crate::keys::check_workspace;
use crate::paging::{List, begin, cursor};
use crate::sql::Sql;

/// Most rows looked at for one page: a page that finds less than it could within them is short, and goes on there.
const LOOKED_AT_MAX: i64 = 5_000;

/// The sealed part of an entry.
#[derive(Serialize, Deserialize)]
struct Changed<'a> {
    before: Option<Cow<'a, Value>>,
    after: Option<Cow<'a, Value>>,
}

#[async_trait]
impl AuditStore for SqliteStore {
    async fn record_audit(&self, entry: &AuditEntry) -> Result<()> {
        let doing = "recording a change";
        let changed = Changed {
            before: entry.before.as_ref().map(Cow::Borrowed),
            after: entry.after.as_ref().map(Cow::Borrowed),
        };
        // Before the writer has it, for there is only one writer.
        let sealed = self.vault.seal_bytes(entry.id.uuid().as_bytes(), doc(doing, &changed)?.as_bytes());
        let sealed = sealed.map_err(|error| StoreError::Failed { doing, source: Box::new(error) })?;
        let actor = doc(doing, &entry.actor)?;
        let (id, workspace, at) = (entry.id, entry.workspace_id, entry.at.as_millisecond());
        let (action, subject) = (entry.action.clone(), entry.subject.clone());
        self.write(doing, move |write| {
            check_workspace(write, workspace)?;
            write
                .run(
                    "INSERT INTO audit (workspace_id, id, at, action, subject, actor, changed)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                    params![workspace.uuid(), id.uuid(), at, action, subject, actor, sealed],
                )
                .map(drop)
        })
        .await
    }

    async fn list_audit(
        &self,
        workspace: WorkspaceId,
        filter: &AuditFilter,
        page: PageRequest,
    ) -> Result<Page<AuditEntry>> {
        let filter = filter.clone();
        self.read("listing changes", move |sql| list(sql, workspace, &filter, &page)).await
    }
}

fn list(sql: &Sql<'_>, workspace: WorkspaceId, filter: &AuditFilter, page: &PageRequest) -> Result<Page<AuditEntry>> {
    let before = begin(List::Audit, page)?.unwrap_or(i64::MAX);
    let shown = page.limit.clamp(1, PAGE_ROWS_MAX) as usize;
    let (mut rows, mut looked_at, mut last, mut more) = (Vec::new(), 0, before, false);
    let mut read = |row: &Row<'_>| {
        let mut columns = Columns::of("audit entry", row);
        let (seq, action): (i64, String) = (columns.value()?, columns.value()?);
        let fits = filter.action.as_ref().is_none_or(|beginning| action.starts_with(beginning.as_str()));
        // One more than is shown, to know whether another follows.
        if (fits && rows.len() == shown) || looked_at == LOOKED_AT_MAX {
            more = true;
            return Ok(ControlFlow::Break(()));
        }
        (looked_at, last) = (looked_at + 1, seq);
        if fits {
            rows.push(entry(sql, workspace, action, &mut columns)?);
        }
        Ok(ControlFlow::Continue(()))
    };
    match &filter.subject {
        Some(subject) => sql.scan(
            "SELECT seq, action, id, at, actor, subject, changed FROM audit INDEXED BY audit_of_subject
             WHERE workspace_id = ?1 AND subject = ?2 AND seq < ?3 ORDER BY seq DESC",
            params![workspace.uuid(), subject, before],
            &mut read,
        )?,
        None => sql.scan(
            "SELECT seq, action, id, at, actor, subject, changed FROM audit INDEXED BY audit_of_workspace
             WHERE workspace_id = ?1 AND seq < ?2 ORDER BY seq DESC",
            params![workspace.uuid(), before],
            &mut read,
        )?,
    }
    Ok(Page { rows, next: more.then(|| cursor(List::Audit, last)) })
}

/// Reads what follows the action.
fn entry(sql: &Sql<'_>, workspace_id: WorkspaceId, action: String, columns: &mut Columns<'_>) -> Result<AuditEntry> {
    let id: AuditId = columns.id()?;
    let (at, actor, subject) = (columns.time()?, columns.json()?, columns.value()?);
    let changed = columns.sealed(sql.vault, id.uuid().as_bytes())?;
    let Changed { before, after } =
        serde_json::from_str(changed.expose()).map_err(|error| corrupt("audit entry", error))?;
    let (before, after) = (before.map(Cow::into_owned), after.map(Cow::into_owned));
    Ok(AuditEntry { id, workspace_id, at, actor, action, subject, before, after })
}
