//! Whose turn it is.
//!
//! A workspace has one turn at a time, which takes all that waits for it; workspaces don't wait for each
//! other.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use beckon_domain::id::WorkspaceId;
use tokio::task::{Id, JoinSet};

use crate::batch::{Batches, Job};

/// The turns that are on, and what waits for the next ones.
pub(super) struct Turns {
    batches: Arc<Batches>,
    size_max: usize,
    waiting: HashMap<WorkspaceId, VecDeque<Job>>,
    busy: HashSet<WorkspaceId>,
    running: JoinSet<()>,
    whose: HashMap<Id, WorkspaceId>,
}

impl Turns {
    pub(super) fn new(batches: Batches, size_max: usize) -> Turns {
        Turns {
            batches: Arc::new(batches),
            size_max,
            waiting: HashMap::new(),
            busy: HashSet::new(),
            running: JoinSet::new(),
            whose: HashMap::new(),
        }
    }

    /// Lets a job wait for the next turn of its workspace, which may be now.
    pub(super) fn add(&mut self, job: Job) {
        let workspace = job.workspace;
        self.waiting.entry(workspace).or_default().push_back(job);
        self.start(workspace);
    }

    /// Waits until a turn has ended, and starts that workspace's next. Never returns while none is on.
    /// May be dropped and asked again.
    pub(super) async fn finished(&mut self) {
        let ended = match self.running.join_next_with_id().await {
            Some(Ok((id, ()))) => id,
            Some(Err(failed)) => {
                tracing::error!(error = %failed, "a batch of signals broke off");
                failed.id()
            }
            None => return std::future::pending().await,
        };
        if let Some(workspace) = self.whose.remove(&ended) {
            self.busy.remove(&workspace);
            self.start(workspace);
        }
    }

    /// Waits until nothing is on or waits any more.
    pub(super) async fn finish(&mut self) {
        while !self.running.is_empty() {
            self.finished().await;
        }
    }

    fn start(&mut self, workspace: WorkspaceId) {
        if self.busy.contains(&workspace) {
            return;
        }
        let Some(waiting) = self.waiting.get_mut(&workspace) else { return };
        let mut size = 0;
        let mut jobs = Vec::new();
        while let Some(job) = waiting.pop_front_if(|job| jobs.is_empty() || size + job.size <= self.size_max) {
            size += job.size;
            jobs.push(job);
        }
        if waiting.is_empty() {
            self.waiting.remove(&workspace);
        }
        let batches = Arc::clone(&self.batches);
        let turn = self.running.spawn(async move { batches.run(workspace, jobs).await });
        self.whose.insert(turn.id(), workspace);
        self.busy.insert(workspace);
    }
}
