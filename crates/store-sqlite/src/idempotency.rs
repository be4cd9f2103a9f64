//! Answers kept for `Idempotency-Key`. Their bodies are sealed: they may repeat what a request asked for. So are the
//! hashes of the requests: one that holds a password could be guessed at.

use async_trait::async_trait;
use beckon_domain::id::WorkspaceId;
use beckon_store::idempotency::KeptAnswer;
use beckon_store::{IdempotencyStore, Result, StoreError};
use jiff::Timestamp;
use rusqlite::params;

use crate::SqliteStore;
use crate::columns::{Columns, corrupt};

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
            let place = place_of_answer(workspace, &key);
            sql.find(
                "SELECT request_hash, status, content_type, location, body, created_at FROM kept_answer
                 WHERE workspace_id = ?1 AND key = ?2 AND created_at >= ?3",
                params![workspace.uuid(), key, not_before.as_millisecond()],
                |row| {
                    let mut columns = Columns::of("kept answer", row);
                    let open = |sealed: Vec<u8>| {
                        sql.vault.open_bytes(&place, &sealed).map_err(|error| corrupt("kept answer", error))
                    };
                    let hash = open(columns.value()?)?;
                    Ok(KeptAnswer {
                        request_hash: hash.try_into().ok().ok_or_else(|| corrupt("kept answer", "its hash is none"))?,
                        status: columns.value()?,
                        content_type: columns.value()?,
                        location: columns.value()?,
                        body: open(columns.value()?)?,
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
            let doing = write.doing;
            let place = place_of_answer(workspace, &key);
            let seal = |bytes: &[u8]| {
                let sealed = write.vault.seal_bytes(&place, bytes);
                sealed.map_err(|error| StoreError::Failed { doing, source: Box::new(error) })
            };
            let (hash, body) = (seal(&answer.request_hash)?, seal(&answer.body)?);
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
                        hash,
                        answer.status,
                        answer.content_type,
                        answer.location,
                        answer.created_at.as_millisecond(),
                        body,
                        not_before.as_millisecond(),
                    ],
                )
                .map(drop)
        })
        .await
    }
}

/// What an answer is sealed for.
pub(crate) fn place_of_answer(workspace: WorkspaceId, key: &str) -> Vec<u8> {
    [workspace.uuid().as_bytes(), key.as_bytes()].concat()
}
