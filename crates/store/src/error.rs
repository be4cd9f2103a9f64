//! What can go wrong in a store, by what a caller does about it.

use std::error::Error;

/// A store's answer.
pub type Result<T> = std::result::Result<T, StoreError>;

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no such thing in this workspace.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// There is one already.
    #[error("there is already {0}")]
    Exists(String),
    /// What the caller read has changed meanwhile: read again and redo.
    #[error("{0} changed meanwhile")]
    Stale(&'static str),
    /// It cannot be done in the state things are in, and why.
    #[error("{0}")]
    Refused(String),
    /// No room to write.
    #[error("the disk is full")]
    Full(#[source] Box<dyn Error + Send + Sync>),
    /// The database cannot be reached, or is shutting down.
    #[error("the database is not available")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
    /// A row that cannot be read.
    #[error("a stored {what} cannot be read")]
    Corrupt {
        /// Which kind of row.
        what: &'static str,
        /// Why.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// The database refused a statement.
    #[error("the database failed while {doing}")]
    Failed {
        /// What we were doing.
        doing: &'static str,
        /// Why it failed.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
}
