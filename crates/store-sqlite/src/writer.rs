//! The thread that writes, with group commit.
//!
//! It sleeps until a request comes, takes all that wait by then (up to a bound), runs each in a savepoint, commits
//! once, and answers all. So a lone request is committed at once, and many share a flush. A commit costs as much as
//! some dozens of requests: while many come, commits keep a pace, so that more share each.
//! Promise: a request that fails, even by a panic, is taken back alone. If the commit itself fails, nothing
//! of it happened and everybody in it is told. Before anyone is answered, config versions have
//! counted up, known keys are forgotten if any changed, and the bell has rung. What was counted (`tally.rs`) is committed
//! with what it counts.

mod batch;
mod task;

use std::fs::File;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use beckon_store::{DueBell, Result, StoreError, Vault};
use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use crate::activity::Activity;
use crate::config::Versions;
use crate::keys::KnownKeys;
use crate::open::{OpenError, Options};
pub(crate) use batch::Write;
use batch::commit;
use task::{Job, Task};

/// While commits are shared by so many requests, they keep a pace.
const BUSY_JOBS: usize = 4;
/// How long after the beginning of a commit the next one begins, at the earliest, while they keep a pace. So a
/// request may wait that much longer.
const PACE: Duration = Duration::from_millis(1);

/// Who is told what a commit makes known.
#[derive(Clone)]
pub(crate) struct Audience {
    pub(crate) versions: Arc<Versions>,
    pub(crate) keys: Arc<KnownKeys>,
    pub(crate) activity: Arc<Activity>,
    pub(crate) bell: Arc<DueBell>,
}

/// The way to the thread that writes.
pub(crate) struct Writer {
    queue: Mutex<Option<mpsc::Sender<Job>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    commits: Arc<AtomicU64>,
}

impl Writer {
    /// Starts the thread. It ends, and lets `lock` go, when it is closed or dropped and its queue is empty.
    pub(crate) fn start(
        options: &Options,
        connection: Connection,
        lock: File,
        audience: Audience,
    ) -> std::result::Result<Writer, OpenError> {
        let (queue, waiting) = mpsc::channel(options.queue_jobs_max.max(1));
        let commits = Arc::new(AtomicU64::new(0));
        let desk = Desk {
            connection,
            audience,
            commits: commits.clone(),
            vault: options.vault.clone(),
            commit_jobs_max: options.commit_jobs_max.max(1),
        };
        let path = options.path.clone();
        let thread = std::thread::Builder::new()
            .name("sqlite-writer".to_owned())
            .spawn(move || {
                desk.serve(waiting);
                drop(lock);
            })
            .map_err(|source| OpenError::File { path, source })?;
        Ok(Writer { queue: Mutex::new(Some(queue)), thread: Mutex::new(Some(thread)), commits })
    }

    /// Has `work` done in a transaction, and returns its answer once that is committed.
    pub(crate) async fn write<T, W>(&self, doing: &'static str, work: W) -> Result<T>
    where
        T: Send + 'static,
        W: FnOnce(&mut Write<'_>) -> Result<T> + Send + 'static,
    {
        let closed = || StoreError::Unavailable("the store is closed".into());
        let queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner).clone().ok_or_else(closed)?;
        let (reply, answer) = oneshot::channel();
        let sent = queue.send(Box::new(Task::new(doing, work, reply))).await;
        sent.ok().ok_or_else(closed)?;
        drop(queue);
        answer.await.unwrap_or_else(|gone| Err(StoreError::Unavailable(gone.into())))
    }

    /// Takes no more work and waits until what was taken is done.
    pub(crate) async fn close(&self) {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).take();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            let joined = tokio::task::spawn_blocking(move || thread.join()).await;
            if !matches!(joined, Ok(Ok(()))) {
                tracing::error!("the thread that writes to the database had panicked");
            }
        }
    }

    pub(crate) fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }
}

/// What the thread has at hand.
struct Desk {
    connection: Connection,
    audience: Audience,
    commits: Arc<AtomicU64>,
    vault: Vault,
    commit_jobs_max: usize,
}

impl Desk {
    fn serve(self, mut waiting: mpsc::Receiver<Job>) {
        let mut jobs = Vec::with_capacity(self.commit_jobs_max);
        let mut not_before = Instant::now();
        while let Some(first) = waiting.blocking_recv() {
            keep_pace(not_before);
            let begun = Instant::now();
            jobs.push(first);
            while jobs.len() < self.commit_jobs_max
                && let Ok(next) = waiting.try_recv()
            {
                jobs.push(next);
            }
            not_before = if jobs.len() < BUSY_JOBS { begun } else { begun + PACE };
            let committed = commit(&self.connection, &self.vault, &mut jobs).map(|effects| {
                self.commits.fetch_add(1, Ordering::Relaxed);
                let Audience { versions, keys, activity, bell } = &self.audience;
                versions.advance(effects.config_versions);
                if effects.keys_changed {
                    keys.forget();
                }
                activity.advance(effects.touched);
                bell.ring(effects.due);
            });
            for job in jobs.drain(..) {
                job.answer(committed.as_ref().err());
            }
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "nothing else tells that time has passed on a thread of its own")]
fn keep_pace(not_before: Instant) {
    let wait = not_before.saturating_duration_since(Instant::now());
    if !wait.is_zero() {
        std::thread::sleep(wait);
    }
}

#[cfg(test)]
mod tests;
