//! Work in the background.

use async_trait::async_trait;
use beckon_domain::id::{DeliveryId, JobId, WorkspaceId};
use beckon_domain::job::{Job, JobKind};
use jiff::Timestamp;

use crate::{Page, PageRequest, Result};

/// Jobs. See [`beckon_domain::job`] for what each kind does. Test events are never replayed, nor is anything made
/// due for a webhook that is disabled or deleted.
#[async_trait]
pub trait JobStore {
    /// How many deliveries or events a job of that kind would look at now, and how many requests it would make
    /// due. `NotFound` if its webhook is not of this workspace.
    async fn count_job(&self, workspace: WorkspaceId, kind: &JobKind) -> Result<JobCount>;
    /// Stores a new job as it is given: running, its `total` as [`JobStore::count_job`] counted it. `NotFound` if its webhook is not of this workspace; `Refused` if that is disabled
    /// or deleted, or if [`beckon_domain::job::RUNNING_JOBS_MAX`] jobs of the workspace are running.
    async fn create_job(&self, job: &Job) -> Result<()>;
    /// A job.
    async fn get_job(&self, workspace: WorkspaceId, id: JobId) -> Result<Job>;
    /// Jobs, newest first.
    async fn list_jobs(&self, workspace: WorkspaceId, page: PageRequest) -> Result<Page<Job>>;
    /// Ends a running job; what it made due stays due. `Refused` if it has ended already.
    async fn cancel_job(&self, workspace: WorkspaceId, id: JobId, at: Timestamp) -> Result<Job>;
    /// Every running job, oldest first.
    async fn list_running_jobs(&self) -> Result<Vec<(WorkspaceId, JobId)>>;
    /// Takes a running job one step further: looks at the next deliveries or events, at most `limit`, makes due
    /// what is to be replayed, and notes how far it has come, in one step. Gives the job as it is then; a job that
    /// has ended is given as it is. The job fails if its webhook was disabled or deleted meanwhile.
    ///
    /// `new_ids` are for deliveries that have to be made, one for each of `limit`.
    async fn step_job(
        &self,
        workspace: WorkspaceId,
        id: JobId,
        limit: u32,
        new_ids: Vec<DeliveryId>,
        at: Timestamp,
    ) -> Result<Job>;
}

/// What a job would do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct JobCount {
    /// Deliveries or events it would look at.
    pub examined: u64,
    /// Requests it would make due.
    pub replayed: u64,
}
