//! A store in memory that can be slow, fail before or after it committed, and be away.
//!
//! `model` holds the data and the steps; here are the traits, the time a step takes, and its faults. A handle
//! belongs to one run of the process: when that is killed, no call through it is ever answered again, and what had
//! not committed never will.
//! Not here: what the engine does not ask for (`absent.rs`).

mod absent;
#[cfg(test)]
mod conformance;
mod due;
mod figures;
mod finish;
mod jobs;
mod model;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use beckon_domain::ambient::Clock;
use beckon_domain::delivery::{Attempt, Delivery, Trigger};
use beckon_domain::event::{Event, EventId, NewEvent};
use beckon_domain::health::Health;
use beckon_domain::id::{DeliveryId, JobId, WebhookId, WorkspaceId};
use beckon_domain::job::{Job, JobKind};
use beckon_domain::webhook::Webhook;
use beckon_store::config::ConfigVersion;
use beckon_store::deliveries::{AttemptsOf, DeliveryFilter, DueBatch, FinishedAttempt};
use beckon_store::events::{EventFilter, Published};
use beckon_store::jobs::JobCount;
use beckon_store::{
    ConfigStore, Cursor, DeliveryStore, DueBell, EventStore, JobStore, MailStore, Page, PageRequest, Result,
    StoreError, WebhookStore, WorkspaceConfig,
};
use jiff::Timestamp;

use super::clock::SimClock;
use super::dice::Dice;
use super::run::Run;
use super::world::{Shared, World};

pub(super) use finish::Effects;
pub(super) use model::Model;

/// Most times that one attempt is refused while others of its batch are recorded.
const ODD_REFUSALS: u32 = 3;

/// How the database is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weather {
    /// It answers within milliseconds.
    Calm,
    /// It is slow, and some calls fail, before or after they committed.
    Shaky,
    /// It answers nothing but errors.
    Away,
    /// It reads, and has no room to write.
    Full,
}

/// What goes wrong with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// Nothing was done.
    Before,
    /// It was done, and nobody hears of it.
    After,
}

/// The store, as one run of the process holds it.
pub(super) struct SimStore {
    world: Shared,
    clock: Arc<SimClock>,
    run: Run,
    dice: Dice,
}

impl SimStore {
    /// The store for a run of the process.
    pub(super) fn new(world: Shared, clock: Arc<SimClock>, run: Run, dice: Dice) -> SimStore {
        SimStore { world, clock, run, dice }
    }

    async fn read<T>(&self, read: impl FnOnce(&World) -> Result<T>) -> Result<T> {
        let fault = self.begin(false).await?;
        let answer = read(&self.world.lock());
        self.end(fault).await?;
        answer
    }

    async fn write<T>(&self, write: impl FnOnce(&mut World) -> Result<T>) -> Result<T> {
        let fault = self.begin(true).await?;
        let answer = write(&mut self.world.lock());
        self.end(fault).await?;
        answer
    }

    /// The way there.
    async fn begin(&self, writes: bool) -> Result<Option<Fault>> {
        self.run.alive().await;
        let weather = self.world.lock().weather;
        let (delay, fault) = match weather {
            Weather::Calm => (self.dice.millis(0, 4), None),
            Weather::Shaky if self.dice.percent(15) => (self.dice.millis(0, 2_000), Some(Fault::Before)),
            Weather::Shaky if writes && self.dice.percent(15) => (self.dice.millis(0, 2_000), Some(Fault::After)),
            Weather::Shaky => (self.dice.millis(0, 2_000), None),
            Weather::Away => (self.dice.millis(0, 50), Some(Fault::Before)),
            Weather::Full => (self.dice.millis(0, 4), writes.then_some(Fault::Before)),
        };
        tokio::time::sleep(delay).await;
        self.run.alive().await;
        match (fault, weather) {
            (Some(Fault::Before), Weather::Full) => Err(StoreError::Full("no space left".into())),
            (Some(Fault::Before), _) => Err(StoreError::Unavailable("it does not answer".into())),
            (fault, _) => Ok(fault),
        }
    }

    /// The way back.
    async fn end(&self, fault: Option<Fault>) -> Result<()> {
        let weather = self.world.lock().weather;
        tokio::time::sleep(if weather == Weather::Shaky { self.dice.millis(0, 1_000) } else { Duration::ZERO }).await;
        self.run.alive().await;
        match fault {
            Some(_) => Err(StoreError::Unavailable("the answer was lost".into())),
            None => Ok(()),
        }
    }

    fn now(&self) -> Timestamp {
        let now = self.clock.now();
        Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
    }
}

/// A page of rows; its cursor counts those before it.
fn page<T>(rows: Vec<T>, request: &PageRequest) -> Page<T> {
    let after = request.after.as_ref().and_then(|cursor| <[u8; 8]>::try_from(&cursor.0[..]).ok());
    let (skip, limit) = (after.map_or(0, u64::from_be_bytes) as usize, request.limit as usize);
    let next = (rows.len() > skip + limit).then(|| Cursor(((skip + limit) as u64).to_be_bytes().to_vec()));
    Page { rows: rows.into_iter().skip(skip).take(limit).collect(), next }
}

#[async_trait]
impl DeliveryStore for SimStore {
    async fn get_delivery(&self, workspace: WorkspaceId, id: DeliveryId) -> Result<Delivery> {
        self.read(|world| world.model.delivery(workspace, id)).await
    }

    async fn list_deliveries(
        &self,
        workspace: WorkspaceId,
        filter: &DeliveryFilter,
        request: PageRequest,
    ) -> Result<Page<Delivery>> {
        self.read(|world| Ok(page(world.model.deliveries_of(workspace, filter), &request))).await
    }

    async fn list_attempts(
        &self,
        workspace: WorkspaceId,
        of: AttemptsOf,
        request: PageRequest,
    ) -> Result<Page<Attempt>> {
        self.read(|world| {
            let attempts = world.model.attempts.iter();
            let rows: Vec<Attempt> = match of {
                AttemptsOf::Delivery(id) => {
                    world.model.place(workspace, id)?;
                    attempts.filter(|attempt| attempt.delivery_id == id).cloned().collect()
                }
                AttemptsOf::Webhook(id) => {
                    world.model.webhook(workspace, id)?;
                    attempts.rev().filter(|attempt| attempt.webhook_id == id).cloned().collect()
                }
            };
            Ok(page(rows, &request))
        })
        .await
    }

    async fn resend_delivery(&self, workspace: WorkspaceId, id: DeliveryId, at: Timestamp) -> Result<Delivery> {
        self.write(|world| {
            let resent = world.model.resend(workspace, id, at)?;
            world.watch.asked_again(id, resent.webhook_id);
            Ok(resent)
        })
        .await
        .inspect(|resent| self.world.lock().watch.told_asked(resent.webhook_id))
    }

    async fn cancel_delivery(&self, workspace: WorkspaceId, id: DeliveryId, at: Timestamp) -> Result<Delivery> {
        self.write(|world| world.model.cancel(workspace, id, at)).await
    }

    async fn retry_delivery_now(&self, workspace: WorkspaceId, id: DeliveryId, at: Timestamp) -> Result<Delivery> {
        self.write(|world| {
            let retried = world.model.retry_now(workspace, id, at)?;
            world.watch.asked_now(id, retried.webhook_id);
            Ok(retried)
        })
        .await
        .inspect(|retried| self.world.lock().watch.told_asked(retried.webhook_id))
    }

    async fn create_test_delivery(&self, event: NewEvent) -> Result<()> {
        self.write(|world| world.model.create_test(event)).await
    }

    fn due_bell(&self) -> Arc<DueBell> {
        self.world.lock().model.bell.clone()
    }

    async fn list_due_webhooks(&self) -> Result<Vec<(WorkspaceId, WebhookId, Timestamp)>> {
        self.read(|world| Ok(world.model.due_webhooks())).await
    }

    async fn list_due(
        &self,
        webhook: WebhookId,
        now: Timestamp,
        skip: &[(DeliveryId, Trigger)],
        limit: u32,
    ) -> Result<DueBatch> {
        let fault = self.begin(false).await?;
        let batch = {
            let mut world = self.world.lock();
            let batch = world.model.due(webhook, now, skip, limit);
            let ticks = world.model.ticks;
            world.watch.listed(&batch, ticks, skip.len(), limit);
            batch
        };
        self.end(fault).await?;
        Ok(batch)
    }

    async fn finish_attempts(&self, finished: Vec<Arc<FinishedAttempt>>) -> Result<Vec<Result<()>>> {
        let fault = self.begin(true).await?;
        let now = self.now();
        let results: Vec<Result<()>> = {
            let mut world = self.world.lock();
            let odd = |world: &mut World, one: &FinishedAttempt| {
                let shaky = world.weather == Weather::Shaky && self.dice.percent(10);
                shaky && world.watch.refuse(one.attempt.id) <= ODD_REFUSALS
            };
            let mut finish = |one: &FinishedAttempt| {
                if odd(&mut world, one) {
                    return Err(StoreError::Failed { doing: "recording", source: "odd".into() });
                }
                let World { model, watch, .. } = &mut *world;
                let effects = model.finish(one, now)?;
                watch.recorded(model, one, effects, self.run.number(), now);
                Ok(())
            };
            finished.iter().map(|one| finish(one)).collect()
        };
        self.end(fault).await?;
        let mut world = self.world.lock();
        for (one, result) in finished.iter().zip(&results) {
            if result.is_ok() {
                world.watch.told_recorded(one);
            }
        }
        Ok(results)
    }
}

#[async_trait]
impl ConfigStore for SimStore {
    async fn load_config(&self, workspace: WorkspaceId) -> Result<WorkspaceConfig> {
        self.read(|world| world.model.config(workspace)).await
    }

    fn config_version(&self, workspace: WorkspaceId) -> ConfigVersion {
        self.world.lock().model.version(workspace)
    }

    fn config_epoch(&self) -> u64 {
        self.world.lock().model.epoch
    }

    async fn check_writable(&self) -> Result<()> {
        self.write(|_| Ok(())).await
    }
}

#[async_trait]
impl EventStore for SimStore {
    async fn publish_events(
        &self,
        workspace: WorkspaceId,
        routed_at: ConfigVersion,
        events: Vec<NewEvent>,
    ) -> Result<Vec<Published>> {
        self.write(|world| world.model.publish(workspace, routed_at, events)).await
    }

    async fn get_event(&self, workspace: WorkspaceId, id: &EventId) -> Result<Event> {
        self.read(|world| world.model.event(workspace, id)).await
    }

    async fn list_events(&self, _: WorkspaceId, _: &EventFilter, _: PageRequest) -> Result<Page<Event>> {
        Err(absent::not_modelled())
    }
}

#[async_trait]
impl WebhookStore for SimStore {
    async fn create_webhook(&self, webhook: &Webhook) -> Result<()> {
        self.write(|world| world.model.create_webhook(webhook.clone())).await
    }

    async fn get_webhook(&self, workspace: WorkspaceId, id: WebhookId) -> Result<Webhook> {
        self.read(|world| world.model.webhook(workspace, id).cloned()).await
    }

    async fn list_webhooks(&self, workspace: WorkspaceId, request: PageRequest) -> Result<Page<Webhook>> {
        self.read(|world| {
            let webhooks = world.model.webhooks.values().filter(|webhook| webhook.workspace_id == workspace);
            let mut rows: Vec<Webhook> = webhooks.filter(|webhook| webhook.deleted_at.is_none()).cloned().collect();
            rows.sort_by_key(|webhook| std::cmp::Reverse((webhook.created_at, webhook.id)));
            Ok(page(rows, &request))
        })
        .await
    }

    async fn update_webhook(&self, webhook: &Webhook) -> Result<Webhook> {
        self.write(|world| {
            let updated = world.model.update_webhook(webhook)?;
            world.watch.set_up(&updated);
            Ok(updated)
        })
        .await
    }

    async fn delete_webhook(&self, workspace: WorkspaceId, id: WebhookId, at: Timestamp) -> Result<()> {
        self.write(|world| world.model.delete_webhook(workspace, id, at)).await
    }

    async fn get_webhook_health(&self, workspace: WorkspaceId, id: WebhookId) -> Result<Health> {
        self.read(|world| {
            world.model.webhook(workspace, id)?;
            Ok(world.model.health.get(&id).cloned().unwrap_or_default())
        })
        .await
    }

    async fn list_unwell_webhooks(&self) -> Result<Vec<(WorkspaceId, WebhookId, Health)>> {
        self.read(|world| {
            let unwell = world.model.health.iter();
            Ok(unwell
                .filter_map(|(id, health)| Some((world.model.webhooks.get(id)?.workspace_id, *id, health.clone())))
                .collect())
        })
        .await
    }
}

#[async_trait]
impl JobStore for SimStore {
    async fn count_job(&self, workspace: WorkspaceId, kind: &JobKind) -> Result<JobCount> {
        self.read(|world| world.model.count_job(workspace, kind)).await
    }

    async fn create_job(&self, job: &Job) -> Result<()> {
        self.write(|world| world.model.create_job(job)).await
    }

    async fn get_job(&self, workspace: WorkspaceId, id: JobId) -> Result<Job> {
        self.read(|world| world.model.job(workspace, id)).await
    }

    async fn list_jobs(&self, workspace: WorkspaceId, request: PageRequest) -> Result<Page<Job>> {
        self.read(|world| Ok(page(world.model.all_jobs(workspace), &request))).await
    }

    async fn cancel_job(&self, workspace: WorkspaceId, id: JobId, at: Timestamp) -> Result<Job> {
        self.write(|world| world.model.cancel_job(workspace, id, at)).await
    }

    async fn list_running_jobs(&self) -> Result<Vec<(WorkspaceId, JobId)>> {
        self.read(|world| Ok(world.model.running_jobs())).await
    }

    async fn step_job(
        &self,
        workspace: WorkspaceId,
        id: JobId,
        limit: u32,
        new_ids: Vec<DeliveryId>,
        at: Timestamp,
    ) -> Result<Job> {
        self.write(|world| {
            let (job, replayed) = world.model.step_job(workspace, id, limit, new_ids, at)?;
            for delivery in replayed {
                world.watch.replayed(id, delivery);
            }
            Ok(job)
        })
        .await
    }
}

#[async_trait]
impl MailStore for SimStore {
    async fn list_unmailed(&self, limit: u32) -> Result<Vec<(WorkspaceId, Event)>> {
        self.read(|world| {
            let told = world.model.unmailed.iter().take(limit as usize);
            told.map(|(workspace, id)| Ok((*workspace, world.model.event(*workspace, id)?))).collect()
        })
        .await
    }

    async fn remove_mailed(&self, told: &[(WorkspaceId, EventId)]) -> Result<()> {
        self.write(|world| {
            world.model.unmailed.retain(|notice| !told.contains(notice));
            Ok(())
        })
        .await
    }
}
