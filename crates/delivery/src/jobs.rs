//! Takes jobs further, a bounded step at a time.
//!
//! Each step is one transaction of the store, so a job that was cut off goes on where it stopped, and makes nothing
//! due twice.
//! Promises: jobs take turns; a store that is away is waited for; steps leave at least as much time to everybody else
//! as they take, so that publishing is not held up; at a shutdown nothing is waited for.
//! Not here: what a step does (`beckon_store::jobs`), and making the requests (`queue.rs`).

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use beckon_domain::ambient::Ambient;
use beckon_domain::id::{JobId, WorkspaceId};
use beckon_domain::job::{Job, JobKind, JobStatus};
use beckon_store::{Result as StoreResult, SharedStore, StoreError};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::Error;
use crate::backoff::Backoff;
use crate::dispatcher::answered;
use crate::handle::{JobCommand, State};

/// Most deliveries or events that a step looks at.
const STEP_MAX: u32 = 500;
/// Shortest pause between steps while requests are in flight.
const PAUSE_MIN: Duration = Duration::from_millis(5);
/// Longest pause between steps.
const PAUSE_MAX: Duration = Duration::from_secs(1);

/// Takes jobs further.
pub(crate) struct Runner {
    pub(crate) store: SharedStore,
    pub(crate) ambient: Ambient,
    pub(crate) state: Arc<State>,
    pub(crate) commands: mpsc::Receiver<JobCommand>,
}

/// A job that is not over.
struct Running {
    workspace: WorkspaceId,
    id: JobId,
    backoff: Backoff,
    /// Not before.
    ready_at: Instant,
}

/// The jobs that are not over, in the order of their turns.
#[derive(Default)]
struct Jobs(VecDeque<Running>);

impl Jobs {
    fn add(&mut self, workspace: WorkspaceId, id: JobId, now: Instant) {
        if self.0.iter().all(|running| running.id != id) {
            self.0.push_back(Running { workspace, id, backoff: Backoff::default(), ready_at: now });
        }
    }

    fn remove(&mut self, id: JobId) {
        self.0.retain(|running| running.id != id);
    }

    /// The job whose turn it is; it goes to the end of the line when it is put back.
    fn take(&mut self, now: Instant) -> Option<Running> {
        let at = self.0.iter().position(|running| running.ready_at <= now)?;
        self.0.remove(at)
    }

    fn next_ready(&self) -> Option<Instant> {
        self.0.iter().map(|running| running.ready_at).min()
    }
}

impl Runner {
    /// Takes up what was running, and goes on until `shutdown`.
    pub(crate) async fn run(mut self, shutdown: CancellationToken) {
        let stop = shutdown.clone();
        tokio::select! {
            biased;
            () = stop.cancelled() => {}
            () = self.work() => {}
        }
        self.commands.close();
        // Wishes that were not heard are dropped here, and with them their replies: "stopped".
        while self.commands.try_recv().is_ok() {}
    }

    async fn work(&mut self) {
        let mut jobs = Jobs::default();
        let mut backoff = Backoff::default();
        let mut look_at = Some(Instant::now());
        let mut step_at = Instant::now();
        loop {
            let now = Instant::now();
            if look_at.is_some_and(|at| at <= now) {
                look_at = match answered(self.store.list_running_jobs()).await {
                    Ok(running) => {
                        running.into_iter().for_each(|(workspace, id)| jobs.add(workspace, id, now));
                        None
                    }
                    Err(error) => {
                        tracing::warn!(%error, "what runs in the background could not be read; trying again");
                        Some(Instant::now() + backoff.next())
                    }
                };
                continue;
            }
            if step_at <= now
                && let Some(job) = jobs.take(now)
            {
                self.step(job, &mut jobs).await;
                step_at = self.next_step_at(now);
                tokio::task::yield_now().await;
                continue;
            }
            let wake_at = jobs.next_ready().map(|at| at.max(step_at)).into_iter().chain(look_at).min();
            tokio::select! {
                biased;
                command = self.commands.recv() => match command {
                    Some(command) => self.obey(command, &mut jobs).await,
                    None => return,
                },
                () = sleep_until(wake_at) => {}
            }
        }
    }

    /// Takes a job one step further, and puts it back in line unless it is over.
    async fn step(&self, mut running: Running, jobs: &mut Jobs) {
        let Running { workspace, id, .. } = running;
        let new_ids = (0..STEP_MAX).map(|_| self.ambient.new_id()).collect();
        let stepped = answered(self.store.step_job(workspace, id, STEP_MAX, new_ids, self.ambient.now())).await;
        match stepped {
            Ok(job) if job.status == JobStatus::Running => {
                running.backoff.reset();
                jobs.0.push_back(running);
            }
            Ok(job) => {
                tracing::info!(job = %id, status = job.status.as_str(), replayed = job.replayed, "a job is over")
            }
            Err(error @ (StoreError::NotFound(_) | StoreError::Refused(_))) => {
                tracing::warn!(job = %id, %error, "a job is gone");
            }
            Err(error) => {
                tracing::warn!(job = %id, %error, "a job could not be taken further; trying again");
                running.ready_at = Instant::now() + running.backoff.next();
                jobs.0.push_back(running);
            }
        }
    }

    /// When the step after one that began at `begun` may be taken: everybody else gets as long as that took.
    fn next_step_at(&self, begun: Instant) -> Instant {
        let now = Instant::now();
        let busy = self.state.in_flight.load(std::sync::atomic::Ordering::Relaxed) > 0;
        let pause_min = if busy { PAUSE_MIN } else { Duration::ZERO };
        now + now.duration_since(begun).clamp(pause_min, PAUSE_MAX)
    }

    async fn obey(&self, command: JobCommand, jobs: &mut Jobs) {
        match command {
            JobCommand::Start { workspace, kind, reply } => {
                let id = self.ambient.new_id();
                let started = answered(self.create(workspace, id, kind)).await;
                // One whose answer was lost may be stored all the same: its first step tells.
                if !matches!(started, Err(StoreError::NotFound(_) | StoreError::Refused(_))) {
                    jobs.add(workspace, id, Instant::now());
                }
                reply.send(started.map_err(Error::from)).ok();
            }
            JobCommand::Cancel { workspace, job, reply } => {
                let canceled = answered(self.store.cancel_job(workspace, job, self.ambient.now())).await;
                if canceled.is_ok() {
                    jobs.remove(job);
                }
                reply.send(canceled.map_err(Error::from)).ok();
            }
        }
    }

    async fn create(&self, workspace_id: WorkspaceId, id: JobId, kind: JobKind) -> StoreResult<Job> {
        let count = self.store.count_job(workspace_id, &kind).await?;
        let now = self.ambient.now();
        let job = Job {
            id,
            workspace_id,
            kind,
            status: JobStatus::Running,
            error: None,
            total: count.examined,
            examined: 0,
            replayed: 0,
            created_at: now,
            updated_at: now,
        };
        self.store.create_job(&job).await?;
        Ok(job)
    }
}

async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use beckon_testkit::builders::a_workspace;
    use beckon_testkit::fake_ambient;

    #[tokio::test(start_paused = true)]
    async fn jobs_take_turns_and_one_that_waits_lets_the_others_pass() {
        let (ambient, now) = (fake_ambient(), Instant::now());
        let workspace = a_workspace().id;
        let ids: Vec<JobId> = (0..3).map(|_| ambient.new_id()).collect();
        let mut jobs = Jobs::default();
        for id in [ids[0], ids[1], ids[2], ids[0]] {
            jobs.add(workspace, id, now);
        }
        let mut order = vec![];
        for n in 0..5 {
            let mut job = jobs.take(now).unwrap();
            order.push(job.id);
            if n == 1 {
                job.ready_at = now + Duration::from_secs(9);
            }
            jobs.0.push_back(job);
        }
        assert_eq!(order, [ids[0], ids[1], ids[2], ids[0], ids[2]]);
        jobs.remove(ids[0]);
        jobs.remove(ids[2]);
        assert!(jobs.take(now).is_none());
        assert_eq!(jobs.next_ready(), Some(now + Duration::from_secs(9)));
    }
}
