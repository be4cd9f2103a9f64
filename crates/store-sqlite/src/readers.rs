//! Reads, each in a snapshot of its own, beside the writer and beside each other.
//!
//! As many at a time as there are connections; the others wait their turn asynchronously.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

use beckon_store::{Result, StoreError, Vault};
use rusqlite::Connection;
use tokio::sync::Semaphore;

use crate::sql::Sql;

/// Connections that can only read.
pub(crate) struct Readers {
    idle: Mutex<Vec<Connection>>,
    /// As many permits as there are connections.
    turns: Arc<Semaphore>,
    vault: Vault,
}

impl Readers {
    pub(crate) fn new(idle: Vec<Connection>, vault: Vault) -> Arc<Readers> {
        let turns = Arc::new(Semaphore::new(idle.len()));
        Arc::new(Readers { idle: Mutex::new(idle), turns, vault })
    }

    /// Runs `read` in a transaction that sees one moment, no earlier than this call.
    pub(crate) async fn read<T, R>(self: Arc<Readers>, doing: &'static str, read: R) -> Result<T>
    where
        T: Send + 'static,
        R: FnOnce(&Sql<'_>) -> Result<T> + Send + 'static,
    {
        let turn = self.turns.clone().acquire_owned().await.map_err(|closed| StoreError::Unavailable(closed.into()))?;
        let reading = tokio::task::spawn_blocking(move || {
            // The turn ends when the connection is back, even if nobody waits for the answer any more.
            let _turn = turn;
            self.with_connection(doing, read)
        });
        reading.await.unwrap_or_else(|error| Err(StoreError::Failed { doing, source: Box::new(error) }))
    }

    fn with_connection<T>(&self, doing: &'static str, read: impl FnOnce(&Sql<'_>) -> Result<T>) -> Result<T> {
        let Some(connection) = self.idle().pop() else {
            return Err(StoreError::Unavailable("the store is closed".into()));
        };
        let answer = catch_unwind(AssertUnwindSafe(|| {
            let sql = Sql { connection: &connection, vault: &self.vault, doing };
            in_snapshot(&sql, read)
        }));
        if !self.turns.is_closed() {
            self.idle().push(connection);
        }
        answer.unwrap_or_else(|_panic| {
            tracing::error!(doing, "a read panicked");
            Err(StoreError::Failed { doing, source: "the read panicked".into() })
        })
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many could begin at once.
    #[cfg(test)]
    pub(crate) fn free(&self) -> usize {
        self.turns.available_permits()
    }

    /// Lets the connections go; those in use go when their read is done.
    pub(crate) fn close(&self) {
        self.turns.close();
        self.idle().clear();
    }
}
/// Reads in one snapshot. Its beginning and end are statements like any other, prepared once: they are run with every
/// read.
fn in_snapshot<T>(sql: &Sql<'_>, read: impl FnOnce(&Sql<'_>) -> Result<T>) -> Result<T> {
    struct Snapshot<'s>(&'s Sql<'s>);

    impl Drop for Snapshot<'_> {
        /// Also after a panic, or the connection would show the past for ever.
        fn drop(&mut self) {
            if let Err(error) = self.0.run("ROLLBACK", []) {
                tracing::error!(%error, "a snapshot could not be ended");
            }
        }
    }

    sql.run("BEGIN", [])?;
    let snapshot = Snapshot(sql);
    read(snapshot.0)
}
