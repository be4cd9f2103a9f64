//! How the rest of the house asks the engine for something.
//!
//! Nothing here is needed for deliveries to be made: those come through the store and its bell.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use beckon_domain::delivery::{Attempt, Delivery};
use beckon_domain::event::NewEvent;
use beckon_domain::health::Health as WebhookHealth;
use beckon_domain::id::{DeliveryId, JobId, WebhookId, WorkspaceId};
use beckon_domain::job::{Job, JobKind};
use beckon_store::SharedStore;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::time::Instant;
use url::Url;

use crate::error::Error;
use crate::options::Options;
use crate::scout::{Reach, Scout};
use crate::stall::Pulse;

/// Asks the engine for something. Cheap to clone.
#[derive(Clone)]
pub struct Handle {
    pub(crate) commands: mpsc::Sender<Command>,
    pub(crate) jobs: mpsc::Sender<JobCommand>,
    pub(crate) store: SharedStore,
    pub(crate) state: Arc<State>,
    pub(crate) scout: Arc<Scout>,
    pub(crate) options: Arc<Options>,
}

/// Where an answer goes.
pub(crate) type Reply<T> = oneshot::Sender<Result<T, Error>>;

/// What can be asked for.
pub(crate) enum Command {
    /// Store a test event and send it at once.
    SendTest { event: NewEvent, reply: Reply<Attempt> },
    /// End a delivery.
    Cancel { workspace: WorkspaceId, delivery: DeliveryId, reply: Reply<Delivery> },
    /// Make one more request of a delivery.
    Resend { workspace: WorkspaceId, delivery: DeliveryId, reply: Reply<Delivery> },
    /// Make the next request of a delivery's schedule now.
    RetryNow { workspace: WorkspaceId, delivery: DeliveryId, reply: Reply<Delivery> },
}

/// What can be asked for of jobs.
pub(crate) enum JobCommand {
    /// Begin one.
    Start { workspace: WorkspaceId, kind: JobKind, reply: Reply<Job> },
    /// End one.
    Cancel { workspace: WorkspaceId, job: JobId, reply: Reply<Job> },
}

/// How the engine is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Health {
    /// Whether it takes and makes deliveries.
    pub running: bool,
    /// Requests in flight, those whose record is still being written included.
    pub in_flight: usize,
    /// For how long nothing has come further although something could; `None` while all is well. A webhook that is
    /// paused, at its rate, or held by its order does not count.
    pub stalled: Option<Duration>,
    /// How often it has woken up since it was started: an idle engine sleeps.
    pub wakes: u64,
    /// How often it has looked into the store's queue since it was started.
    pub looks: u64,
}

/// What the running engine shows of itself.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) running: AtomicBool,
    pub(crate) in_flight: AtomicUsize,
    pub(crate) wakes: AtomicU64,
    pub(crate) looks: AtomicU64,
    pub(crate) noticed: Arc<Notify>,
    pulse: Mutex<Option<Pulse>>,
    unwell: Mutex<HashMap<WebhookId, WebhookHealth>>,
}

impl State {
    /// Shows the pulse of the running engine.
    pub(crate) fn show_pulse(&self, pulse: Option<Pulse>) {
        *lock(&self.pulse) = pulse;
    }

    /// Shows how a webhook is doing.
    pub(crate) fn show_health(&self, webhook: WebhookId, health: &WebhookHealth) {
        let mut unwell = lock(&self.unwell);
        if health.is_well() {
            unwell.remove(&webhook);
        } else {
            unwell.insert(webhook, health.clone());
        }
    }
}

impl Handle {
    /// Stores a test event, sends it at once, ahead of everything that waits, and gives back the recorded
    /// attempt. `event` has exactly one delivery. What the receiver answers is in the attempt; an error
    /// means that no request was made or that it could not be recorded in time.
    pub async fn send_test(&self, event: NewEvent) -> Result<Attempt, Error> {
        ask(&self.commands, |reply| Command::SendTest { event, reply }).await
    }

    /// Ends a delivery. Once this has returned, no further request of it is written; one that was written
    /// before is finished and recorded. Errors are those of `DeliveryStore::cancel_delivery`.
    pub async fn cancel(&self, workspace: WorkspaceId, delivery: DeliveryId) -> Result<Delivery, Error> {
        ask(&self.commands, |reply| Command::Cancel { workspace, delivery, reply }).await
    }

    /// Makes one more request of a delivery, beside its schedule, as soon as it is its turn; a pause of its webhook
    /// ends. Errors are those of `DeliveryStore::resend_delivery`.
    pub async fn resend(&self, workspace: WorkspaceId, delivery: DeliveryId) -> Result<Delivery, Error> {
        ask(&self.commands, |reply| Command::Resend { workspace, delivery, reply }).await
    }

    /// Makes the next request of a delivery's schedule as soon as it is its turn, instead of when it would be; a pause
    /// of its webhook ends. Errors are those of `DeliveryStore::retry_delivery_now`.
    pub async fn retry_now(&self, workspace: WorkspaceId, delivery: DeliveryId) -> Result<Delivery, Error> {
        ask(&self.commands, |reply| Command::RetryNow { workspace, delivery, reply }).await
    }

    /// How a webhook's receiver is doing: as the engine knows it, or else as it was last recorded. Errors are those of
    /// `WebhookStore::get_webhook_health`.
    pub async fn webhook_health(&self, workspace: WorkspaceId, webhook: WebhookId) -> Result<WebhookHealth, Error> {
        let recorded = self.store.get_webhook_health(workspace, webhook).await?;
        let known = lock(&self.state.unwell).get(&webhook).cloned();
        Ok(known.unwrap_or(recorded))
    }

    /// The webhooks of a workspace that are not [well](WebhookHealth::is_well), in one look at the store. Those that are
    /// not named are well.
    pub async fn list_unwell_webhooks(
        &self,
        workspace: WorkspaceId,
    ) -> Result<HashMap<WebhookId, WebhookHealth>, Error> {
        let recorded = self.store.list_unwell_webhooks().await?;
        let of_workspace = recorded.into_iter().filter(|(owner, ..)| *owner == workspace);
        let known = lock(&self.state.unwell);
        let newest = |(_, id, health)| (id, known.get(&id).cloned().unwrap_or(health));
        Ok(of_workspace.map(newest).collect())
    }

    /// How the engine makes deliveries where a webhook does not say.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// Whether deliveries could go to `url`, as far as can be said without sending anything.
    pub async fn look_at(&self, url: &Url) -> Reach {
        self.scout.look(url).await
    }

    /// Begins work in the background, and gives it as it begins. Once this has returned, it goes on to its end, over
    /// restarts too. Errors are those of `JobStore::create_job`.
    pub async fn start_job(&self, workspace: WorkspaceId, kind: JobKind) -> Result<Job, Error> {
        ask(&self.jobs, |reply| JobCommand::Start { workspace, kind, reply }).await
    }

    /// Ends work in the background; what it made due stays due. Errors are those of `JobStore::cancel_job`.
    pub async fn cancel_job(&self, workspace: WorkspaceId, job: JobId) -> Result<Job, Error> {
        ask(&self.jobs, |reply| JobCommand::Cancel { workspace, job, reply }).await
    }

    /// What is used whenever notices were recorded that are to be told by mail.
    pub fn noticed(&self) -> Arc<Notify> {
        self.state.noticed.clone()
    }

    /// How the engine is right now.
    pub fn health(&self) -> Health {
        let State { running, in_flight, wakes, looks, pulse, .. } = &*self.state;
        Health {
            running: running.load(Ordering::Relaxed),
            in_flight: in_flight.load(Ordering::Relaxed),
            stalled: lock(pulse).and_then(|pulse| pulse.stalled(Instant::now())),
            wakes: wakes.load(Ordering::Relaxed),
            looks: looks.load(Ordering::Relaxed),
        }
    }
}

async fn ask<C, T>(commands: &mpsc::Sender<C>, command: impl FnOnce(Reply<T>) -> C) -> Result<T, Error> {
    let (reply, answer) = oneshot::channel();
    let sent = commands.send(command(reply)).await;
    if sent.is_err() {
        return Err(Error::Stopped);
    }
    answer.await.unwrap_or(Err(Error::Stopped))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
