//! What can go wrong on the way in, by what a caller does about it.

use std::time::Duration;

use beckon_store::StoreError;

/// Why something was not taken.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The store could not read or write.
    #[error("taking it in failed: {0}")]
    Store(#[from] StoreError),
    /// More is waiting than may wait. Nothing was taken; try again after a while.
    #[error("too much is waiting to be taken in; try again in {} s", retry_after.as_secs())]
    Overloaded {
        /// How long to wait.
        retry_after: Duration,
    },
    /// The service is shutting down, or has stopped. Whether it was taken is not known.
    #[error("the intake has stopped")]
    Stopped,
}
