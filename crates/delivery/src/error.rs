//! What can go wrong when the engine is asked for something.
//!
//! Not here: receivers that fail. Those are outcomes of attempts.

use beckon_store::StoreError;

/// Why the engine did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The store refused, or could not.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The engine is not running (any more).
    #[error("the delivery engine is stopped")]
    Stopped,
    /// Too many tests are being sent at once; try again in a moment.
    #[error("too many test requests are under way")]
    Busy,
    /// The webhook was disabled or deleted, or the delivery canceled, before the request was made.
    #[error("the request was withdrawn: its webhook was disabled or deleted, or it was canceled")]
    Withdrawn,
}
