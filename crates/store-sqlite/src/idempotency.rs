//! Answers kept for `Idempotency-Key`.

use async_trait::async_trait;
use beckon_domain::id::WorkspaceId;
use beckon_store::idempotency::KeptAnswer;
use beckon_store::{IdempotencyStore, Result};
use jiff::Timestamp;
use rusqlite::params;

use crate::SqliteStore;
use crate::columns::Columns;

/// Most old answers dropped whenever one is kept: more than one, so that they never pile up.
const DROPPED_ROWS_MAX: i64 = 20;

#[async_trait]
impl IdempotencyStore for SqliteStore {
    async fn find_answer(
        &self,
        workspace: WorkspaceId,
        key: &str,
        not_before: Timestamp,
    ) -> Result<Option<KeptAnswer>> {
        let key = key.to_owned();
        self.read("finding a kept answer", move |sql| {
            sql.find(
                "SELECT request_hash, status, content_type, location, body, created_at FROM kept_answer
                 WHERE workspace_id = ?1 AND key = ?2 AND created_at >= ?3",
                params![workspace.uuid(), key, not_before.as_millisecond()],
                |row| {
                    let mut columns = Columns::of("kept answer", row);
                    Ok(KeptAnswer {
                        request_hash: columns.value()?,
                        status: columns.value()?,
                        content_type: columns.value()?,
                        location: columns.value()?,
                        body: columns.value()?,
                        created_at: columns.time()?,
                    })
                },
            )
        })
        .await
    }

    async fn keep_answer(
        &self,
        workspace: WorkspaceId,
        key: &str,
        answer: &KeptAnswer,
        not_before: Timestamp,
    ) -> Result<()> {
        let (key, answer) = (key.to_owned(), answer.clone());
        self.write("keeping an answer", move |write| {
            write.run(
                "DELETE FROM kept_answer WHERE rowid IN (
                     SELECT rowid FROM kept_answer WHERE workspace_id = ?1 AND created_at < ?2
                     ORDER BY created_at LIMIT ?3)",
                params![workspace.uuid(), not_before.as_millisecond(), DROPPED_ROWS_MAX],
            )?;
            write
                .run(
                    "INSERT INTO kept_answer
                         (workspace_id, key, request_hash, status, content_type, location, created_at, body)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
                     ON CONFLICT (workspace_id, key) DO UPDATE
                     SET request_hash = excluded.request_hash, status = excluded.status,
                         content_type = excluded.content_type, location = excluded.location,
                         created_at = excluded.created_at, body = excluded.body
                     WHERE kept_answer.created_at < ?9",
                    params![
                        workspace.uuid(),
                        key,
                        answer.request_hash.as_slice(),
                        answer.status,
                        answer.content_type,
                        answer.location,
                        answer.created_at.as_millisecond(),
                        answer.body,
                        not_before.as_millisecond(),
                    ],
                )
                .map(drop)
        })
        .await
    }
}
