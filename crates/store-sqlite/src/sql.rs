//! Runs statements, and says what went wrong in the store's words.
//!
//! Statements are prepared once per connection and kept.

use std::ops::ControlFlow;
use std::sync::Arc;

use beckon_store::{Result, StoreError, Vault};
use rusqlite::{Connection, ErrorCode, Params, Row};

/// A connection in a transaction, and what it is used for.
#[derive(Clone, Copy)]
pub(crate) struct Sql<'c> {
    pub(crate) connection: &'c Connection,
    pub(crate) vault: &'c Vault,
    pub(crate) doing: &'static str,
}

impl Sql<'_> {
    /// Runs a statement that gives no rows; returns how many it changed.
    pub(crate) fn run(&self, sql: &str, params: impl Params) -> Result<usize> {
        let ran = self.connection.prepare_cached(sql).and_then(|mut statement| statement.execute(params));
        ran.map_err(|error| failed(self.doing, error))
    }

    /// As [`Sql::run`]; a row that is there already is [`StoreError::Exists`] of `what`.
    pub(crate) fn run_unique(&self, sql: &str, params: impl Params, what: &str) -> Result<usize> {
        let ran = self.connection.prepare_cached(sql).and_then(|mut statement| statement.execute(params));
        ran.map_err(|error| match error.sqlite_error_code() {
            Some(ErrorCode::ConstraintViolation) => StoreError::Exists(what.to_owned()),
            _ => failed(self.doing, error),
        })
    }

    /// Reads rows until there are no more or `read` breaks off.
    pub(crate) fn scan(
        &self,
        sql: &str,
        params: impl Params,
        mut read: impl FnMut(&Row<'_>) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        let broken = |error| failed(self.doing, error);
        let mut statement = self.connection.prepare_cached(sql).map_err(broken)?;
        let mut rows = statement.query(params).map_err(broken)?;
        while let Some(row) = rows.next().map_err(broken)? {
            if read(row)?.is_break() {
                break;
            }
        }
        Ok(())
    }

    /// Reads all rows.
    pub(crate) fn list<T>(
        &self,
        sql: &str,
        params: impl Params,
        mut read: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        let mut found = Vec::new();
        self.scan(sql, params, |row| {
            found.push(read(row)?);
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(found)
    }

    /// Reads the first row, if there is one.
    pub(crate) fn find<T>(
        &self,
        sql: &str,
        params: impl Params,
        mut read: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<Option<T>> {
        let mut found = None;
        self.scan(sql, params, |row| {
            found = Some(read(row)?);
            Ok(ControlFlow::Break(()))
        })?;
        Ok(found)
    }

    /// Whether there is a row.
    pub(crate) fn has(&self, sql: &str, params: impl Params) -> Result<bool> {
        Ok(self.find(sql, params, |_| Ok(()))?.is_some())
    }

    /// Whether the transaction is gone: SQLite takes back all of it when it has no room.
    pub(crate) fn is_lost(&self) -> bool {
        self.connection.is_autocommit()
    }
}

/// What a failed statement means to the caller.
pub(crate) fn failed(doing: &'static str, error: impl Into<Arc<rusqlite::Error>>) -> StoreError {
    let error: Arc<rusqlite::Error> = error.into();
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => StoreError::Full(Box::new(error)),
        Some(
            ErrorCode::SystemIoFailure | ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::CannotOpen,
        ) => StoreError::Unavailable(Box::new(error)),
        _ => StoreError::Failed { doing, source: Box::new(error) },
    }
}
