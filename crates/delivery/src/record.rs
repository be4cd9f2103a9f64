//! Writes finished attempts, as many at a time as have come together.
//!
//! Promises: what was made is written sooner or later, however long the store is away; until then its
//! request counts as in flight, so that this process does not make it again. Nothing waits to be batched:
//! a batch is what finished while the one before was being written.
//! Not here: what a record says (`attempt.rs`).

use beckon_domain::delivery::{Attempt, Verdict};
use beckon_store::deliveries::FinishedAttempt;
use beckon_store::{SharedStore, StoreError};
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::backoff::Backoff;

/// Most attempts written in one call.
const BATCH_MAX: usize = 256;
/// How often a record that the store refuses to write, while it writes others, is tried.
const TRIES_MAX: u32 = 5;

/// An attempt whose record is written, or given up.
pub(crate) struct Recorded {
    /// The attempt.
    pub(crate) attempt: Attempt,
    /// What became of the delivery.
    pub(crate) verdict: Verdict,
    /// How writing ended.
    pub(crate) end: End,
}

/// How writing a record ended.
#[derive(Debug)]
pub(crate) enum End {
    /// It is on disk.
    Written,
    /// What it belongs to is gone from the store.
    Orphaned(StoreError),
    /// The store cannot take it.
    Unwritable(StoreError),
}

struct Waiting {
    finished: FinishedAttempt,
    tries: u32,
}

/// Writes what comes from `finished` until that is closed and all is written.
pub(crate) async fn record(
    store: SharedStore,
    mut finished: mpsc::UnboundedReceiver<FinishedAttempt>,
    recorded: mpsc::UnboundedSender<Recorded>,
) {
    let mut waiting: Vec<Waiting> = Vec::new();
    let mut retry: Vec<Waiting> = Vec::new();
    let mut backoff = Backoff::default();
    let mut retry_at: Option<Instant> = None;
    loop {
        if waiting.is_empty() {
            let mut fresh = Vec::new();
            tokio::select! {
                count = finished.recv_many(&mut fresh, BATCH_MAX) => {
                    if count == 0 && retry.is_empty() {
                        return;
                    }
                    if count == 0 && let Some(at) = retry_at {
                        tokio::time::sleep_until(at).await;
                    }
                }
                () = sleep_until(retry_at) => {}
            }
            waiting.extend(fresh.into_iter().map(|finished| Waiting { finished, tries: 0 }));
        }
        if retry_at.is_some_and(|at| at <= Instant::now()) {
            retry_at = None;
            waiting.append(&mut retry);
        }
        let batch: Vec<Waiting> = waiting.drain(..waiting.len().min(BATCH_MAX)).collect();
        if batch.is_empty() {
            continue;
        }
        let failed = write(&store, batch, &recorded).await;
        if failed.is_empty() {
            backoff.reset();
        } else {
            retry.extend(failed);
            retry_at.get_or_insert_with(|| Instant::now() + backoff.next());
        }
    }
}

/// Writes a batch; gives back what is to be tried again.
async fn write(store: &SharedStore, batch: Vec<Waiting>, recorded: &mpsc::UnboundedSender<Recorded>) -> Vec<Waiting> {
    let finished: Vec<FinishedAttempt> = batch.iter().map(|waiting| waiting.finished.clone()).collect();
    let results = match store.finish_attempts(finished).await {
        Ok(results) => results,
        Err(error) => {
            tracing::warn!(error = %error, attempts = batch.len(), "attempts could not be recorded; trying again");
            return batch;
        }
    };
    let mut again = Vec::new();
    for (waiting, result) in batch.into_iter().zip(results) {
        let tries = waiting.tries + 1;
        let end = match result {
            Ok(()) => End::Written,
            Err(error @ (StoreError::Unavailable(_) | StoreError::Full(_))) => {
                tracing::warn!(error = %error, "an attempt could not be recorded; trying again");
                again.push(waiting);
                continue;
            }
            Err(error @ StoreError::NotFound(_)) => End::Orphaned(error),
            Err(error) if tries < TRIES_MAX => {
                tracing::warn!(error = %error, tries, "an attempt could not be recorded; trying again");
                again.push(Waiting { tries, ..waiting });
                continue;
            }
            Err(error) => End::Unwritable(error),
        };
        let FinishedAttempt { attempt, verdict, .. } = waiting.finished;
        recorded.send(Recorded { attempt, verdict, end }).ok();
    }
    again
}

async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}
