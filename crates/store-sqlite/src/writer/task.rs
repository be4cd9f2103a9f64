//! A request to write, from the moment it is queued until it is answered.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use beckon_store::{Result, StoreError};
use tokio::sync::oneshot;

use super::batch::Write;
use crate::sql::{Sql, failed};

/// A request whose answer's type is nobody's business but its own.
pub(super) type Job = Box<dyn Request>;

/// What the thread that writes does with a request.
pub(super) trait Request: Send {
    /// Does the work in the transaction at hand. False if it failed and must be taken back.
    fn run(&mut self, write: &mut Write<'_>) -> bool;
    /// Answers, after the commit; `lost` if there was none.
    fn answer(self: Box<Self>, lost: Option<&Lost>);
    /// What it does, for errors.
    fn doing(&self) -> &'static str;
}

/// Why a transaction was not committed.
pub(super) enum Lost {
    /// SQLite refused to begin or to commit.
    Refused(Arc<rusqlite::Error>),
    /// SQLite took the whole transaction back while one of its requests ran, as it does without room.
    TakenBack,
}

impl Lost {
    fn error(&self, doing: &'static str) -> StoreError {
        match self {
            Lost::Refused(error) => failed(doing, error.clone()),
            Lost::TakenBack => {
                StoreError::Full("the transaction was taken back while another request ran in it".into())
            }
        }
    }
}

/// A request with a typed answer.
pub(super) struct Task<T, W> {
    doing: &'static str,
    work: Option<W>,
    outcome: Option<Result<T>>,
    reply: oneshot::Sender<Result<T>>,
}

impl<T, W> Task<T, W> {
    pub(super) fn new(doing: &'static str, work: W, reply: oneshot::Sender<Result<T>>) -> Task<T, W> {
        Task { doing, work: Some(work), outcome: None, reply }
    }
}

impl<T, W> Request for Task<T, W>
where
    T: Send,
    W: FnOnce(&mut Write<'_>) -> Result<T> + Send,
{
    fn run(&mut self, write: &mut Write<'_>) -> bool {
        let Some(work) = self.work.take() else { return false };
        let outcome = catch_unwind(AssertUnwindSafe(|| work(write))).unwrap_or_else(|_panic| {
            tracing::error!(doing = self.doing, "a write panicked");
            Err(StoreError::Failed { doing: self.doing, source: "the write panicked".into() })
        });
        self.outcome.insert(outcome).is_ok()
    }

    fn answer(self: Box<Self>, lost: Option<&Lost>) {
        let answer = match (lost, self.outcome) {
            (_, Some(Err(error))) => Err(error),
            (None, Some(Ok(answer))) => Ok(answer),
            (Some(lost), _) => Err(lost.error(self.doing)),
            (None, None) => Err(StoreError::Unavailable("the request was not reached".into())),
        };
        // Nobody waits any more if the caller was dropped; the work is done all the same.
        self.reply.send(answer).ok();
    }

    fn doing(&self) -> &'static str {
        self.doing
    }
}

impl<'c> Write<'c> {
    pub(super) fn new(sql: Sql<'c>) -> Write<'c> {
        Write { sql, effects: super::batch::Effects::default() }
    }
}
