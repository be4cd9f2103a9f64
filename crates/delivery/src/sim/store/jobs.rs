//! Jobs of the model store. See [`beckon_store::JobStore`].

use beckon_domain::delivery::{DeliveryStatus, Trigger};
use beckon_domain::event::NewDelivery;
use beckon_domain::id::{DeliveryId, JobId, WorkspaceId};
use beckon_domain::job::{Job, JobKind, JobStatus, RUNNING_JOBS_MAX, ReplayFilter};
use beckon_domain::routing;
use beckon_store::deliveries::DeliveryFilter;
use beckon_store::jobs::JobCount;
use beckon_store::{Result, StoreError};
use jiff::Timestamp;

use super::model::{Model, Owed, fits};

/// A job, and how far it has come.
pub(super) struct Progress {
    pub(super) job: Job,
    /// Deliveries or events before this place, in the order of the job, were looked at.
    behind: Option<(Timestamp, usize)>,
}

/// What a job looks at.
#[derive(Clone, Copy)]
enum Looked {
    Delivery(usize),
    Event(usize),
}

impl Model {
    /// Whether every job has ended.
    pub(in crate::sim) fn jobs_have_ended(&self) -> bool {
        self.jobs.values().all(|progress| progress.job.status != JobStatus::Running)
    }

    pub(super) fn count_job(&self, workspace: WorkspaceId, kind: &JobKind) -> Result<JobCount> {
        if let Some(webhook) = kind.webhook_id() {
            self.webhook(workspace, webhook)?;
        }
        let candidates = self.candidates(workspace, kind, None);
        let replayed = candidates.iter().filter(|(_, looked)| self.wants_replay(workspace, kind, *looked)).count();
        Ok(JobCount { examined: candidates.len() as u64, replayed: replayed as u64 })
    }

    pub(super) fn create_job(&mut self, job: &Job) -> Result<()> {
        if let Some(webhook) = job.kind.webhook_id() {
            self.live(job.workspace_id, webhook)?;
        }
        let running = self.jobs.values().filter(|other| other.job.workspace_id == job.workspace_id);
        if running.filter(|other| other.job.status == JobStatus::Running).count() >= RUNNING_JOBS_MAX {
            return Err(StoreError::Refused("too many jobs are running".to_owned()));
        }
        if self.jobs.contains_key(&job.id) {
            return Err(StoreError::Exists("a job of that id".to_owned()));
        }
        self.jobs.insert(job.id, Progress { job: job.clone(), behind: None });
        Ok(())
    }

    pub(super) fn job(&self, workspace: WorkspaceId, id: JobId) -> Result<Job> {
        let found = self.jobs.get(&id).filter(|progress| progress.job.workspace_id == workspace);
        found.map(|progress| progress.job.clone()).ok_or(StoreError::NotFound("job"))
    }

    /// Newest first.
    pub(super) fn all_jobs(&self, workspace: WorkspaceId) -> Vec<Job> {
        let jobs = self.jobs.values().rev().map(|progress| progress.job.clone());
        jobs.filter(|job| job.workspace_id == workspace).collect()
    }

    pub(super) fn cancel_job(&mut self, workspace: WorkspaceId, id: JobId, at: Timestamp) -> Result<Job> {
        let mut job = self.job(workspace, id)?;
        if job.status != JobStatus::Running {
            return Err(StoreError::Refused("the job has ended".to_owned()));
        }
        (job.status, job.updated_at) = (JobStatus::Canceled, at);
        self.keep(&job, None);
        Ok(job)
    }

    pub(super) fn running_jobs(&self) -> Vec<(WorkspaceId, JobId)> {
        let running = self.jobs.values().map(|progress| &progress.job).filter(|job| job.status == JobStatus::Running);
        let mut running: Vec<&Job> = running.collect();
        running.sort_by_key(|job| (job.created_at, job.id));
        running.into_iter().map(|job| (job.workspace_id, job.id)).collect()
    }

    /// Takes a job a step further; gives the deliveries that are to be sent again too.
    pub(super) fn step_job(
        &mut self,
        workspace: WorkspaceId,
        id: JobId,
        limit: u32,
        new_ids: Vec<DeliveryId>,
        at: Timestamp,
    ) -> Result<(Job, Vec<DeliveryId>)> {
        let mut job = self.job(workspace, id)?;
        if job.status != JobStatus::Running {
            return Ok((job, Vec::new()));
        }
        job.updated_at = at;
        if let Some(webhook) = job.kind.webhook_id()
            && let Err(why) = self.live(workspace, webhook)
        {
            (job.status, job.error) = (JobStatus::Failed, Some(why.to_string()));
            self.keep(&job, None);
            return Ok((job, Vec::new()));
        }
        let behind = self.jobs.get(&id).and_then(|progress| progress.behind);
        let mut looked_at = self.candidates(workspace, &job.kind, behind);
        if looked_at.len() <= limit as usize {
            job.status = JobStatus::Done;
        }
        looked_at.truncate(limit as usize);
        let mut replayed = Vec::new();
        for ((_, looked), new_id) in looked_at.iter().zip(new_ids) {
            job.examined += 1;
            if self.wants_replay(workspace, &job.kind, *looked) {
                job.replayed += 1;
                replayed.push(self.replay(&job.kind, *looked, new_id, at));
            }
        }
        let behind = looked_at.last().map(|(place, _)| *place);
        self.keep(&job, behind);
        Ok((job, replayed))
    }

    fn keep(&mut self, job: &Job, behind: Option<(Timestamp, usize)>) {
        if let Some(progress) = self.jobs.get_mut(&job.id) {
            progress.job = job.clone();
            progress.behind = behind.or(progress.behind);
        }
    }

    /// What a job has still to look at, oldest first.
    fn candidates(
        &self,
        workspace: WorkspaceId,
        kind: &JobKind,
        behind: Option<(Timestamp, usize)>,
    ) -> Vec<((Timestamp, usize), Looked)> {
        let mut found = Vec::new();
        match kind {
            JobKind::ReplayMissing { since, until, .. } => {
                for (place, event) in self.events.iter().enumerate() {
                    if event.workspace_id == workspace && (*since..*until).contains(&event.created_at) {
                        found.push(((event.created_at, place), Looked::Event(place)));
                    }
                }
            }
            JobKind::Recover { .. } | JobKind::Replay(_) => {
                for (place, owed) in self.deliveries.iter().enumerate() {
                    if owed.workspace_id == workspace && self.is_about(kind, owed) {
                        found.push(((owed.created_at, place), Looked::Delivery(place)));
                    }
                }
            }
        }
        found.retain(|(place, _)| behind.is_none_or(|behind| *place > behind));
        found.sort_by_key(|(place, _)| *place);
        found
    }

    fn is_about(&self, kind: &JobKind, owed: &Owed) -> bool {
        let test = self.events[owed.event].source.test;
        match kind {
            _ if test => false,
            JobKind::Recover { webhook_id, since, until } => {
                owed.webhook_id == *webhook_id && (*since..*until).contains(&owed.created_at)
            }
            JobKind::Replay(filter) => {
                let ReplayFilter { webhook_id, event_id, status, event_type, channel, since, until } = filter.clone();
                let until = Some(until);
                let about = None;
                let filter = DeliveryFilter { webhook_id, event_id, status, event_type, channel, since, until, about };
                fits(&filter, &self.shown(owed))
            }
            JobKind::ReplayMissing { .. } => false,
        }
    }

    fn wants_replay(&self, workspace: WorkspaceId, kind: &JobKind, looked: Looked) -> bool {
        match (looked, kind) {
            (Looked::Delivery(place), JobKind::Recover { .. }) => {
                let owed = &self.deliveries[place];
                let lost = owed.status == DeliveryStatus::Canceled && owed.lost_its_webhook;
                (owed.status == DeliveryStatus::Failed || lost) && owed.rows().next().is_none()
            }
            (Looked::Delivery(place), _) => {
                let owed = &self.deliveries[place];
                !owed.status.is_open() && owed.rows().next().is_none() && self.live(workspace, owed.webhook_id).is_ok()
            }
            (Looked::Event(place), kind) => {
                let event = &self.events[place];
                let Some(webhook) = kind.webhook_id().and_then(|id| self.webhooks.get(&id)) else { return false };
                let had = self.deliveries.iter().any(|owed| owed.event == place && owed.webhook_id == webhook.id);
                !had && !event.source.test && routing::wants(webhook, &event.event_type, &event.channels)
            }
        }
    }

    fn replay(&mut self, kind: &JobKind, looked: Looked, new_id: DeliveryId, at: Timestamp) -> DeliveryId {
        let place = match looked {
            Looked::Delivery(place) => place,
            Looked::Event(event) => {
                self.owe(event, kind, new_id);
                self.deliveries.len() - 1
            }
        };
        self.change(place, |owed| {
            owed.status = if owed.attempt_count == 0 { DeliveryStatus::Pending } else { DeliveryStatus::Retrying };
            (owed.replayed, owed.scheduled_attempts, owed.schedule_due_at) = (true, 0, Some(at));
            (owed.lost_its_webhook, owed.updated_at) = (false, at);
        });
        self.deliveries[place].id
    }

    /// Owes an event to one more webhook.
    fn owe(&mut self, event: usize, kind: &JobKind, id: DeliveryId) {
        let Some(webhook_id) = kind.webhook_id() else { return };
        let (workspace_id, created_at) = (self.events[event].workspace_id, self.events[event].created_at);
        self.events[event].deliveries.push(NewDelivery { id, webhook_id });
        self.delivery_ids.insert(id, self.deliveries.len());
        self.deliveries.push(Owed {
            id,
            workspace_id,
            webhook_id,
            event,
            created_at,
            updated_at: created_at,
            status: DeliveryStatus::Pending,
            attempt_count: 0,
            scheduled_attempts: 0,
            schedule_due_at: None,
            resend_due_at: None,
            test_due_at: None,
            replayed: true,
            lost_its_webhook: false,
            placed: 0,
        });
        debug_assert_eq!(self.deliveries[self.deliveries.len() - 1].scheduled_trigger(), Trigger::Replay);
    }
}
