//! The loop that moves deliveries: from the store into lanes, from lanes into requests, from requests into
//! records.
//!
//! It waits for whatever comes first: the bell, the next due time, a request that ended, a record that was
//! written, somebody's wish, the end. It decides nothing itself (`queue.rs`, `decide.rs`) and does no I/O on
//! its own task, so that nothing it waits for holds up anything else.
//! Promise: a request is in flight from the moment it is handed out until its record is on disk.

mod flight;
mod wish;

use std::collections::HashMap;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use beckon_domain::ambient::Ambient;
use beckon_domain::delivery::{DueAttempt, Verdict};
use beckon_domain::id::{WebhookId, WorkspaceId};
use beckon_store::deliveries::{DueBatch, FinishedAttempt};
use beckon_store::{DueBell, Result as StoreResult, SharedStore, StoreError};
use futures_util::FutureExt;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::attempt::Courier;
use crate::backoff::Backoff;
use crate::handle::{Command, State};
use crate::queue::{Key, Limits, Queue};
use crate::record::{End, Recorded, record};
use crate::service::Service;
use flight::{Flight, Landed};
use wish::{Canceled, Testing};

/// How often the whole queue is asked for once more. Nothing needs it: it mends what nobody foresaw, such
/// as a clock that was set.
const SWEEP_EVERY: Duration = Duration::from_secs(60);

/// Makes deliveries until `shutdown`, then lets what is in flight end.
pub(crate) async fn dispatch(service: Service, shutdown: CancellationToken) {
    let grace = service.options.shutdown_grace;
    let (mut dispatcher, mut ears) = start(service);
    dispatcher.work(&mut ears, &shutdown).await;
    ears.commands.close();
    // Wishes that were not heard are dropped here, and with them their replies: "stopped".
    while ears.commands.try_recv().is_ok() {}
    if tokio::time::timeout(grace, dispatcher.land(&mut ears)).await.is_err() {
        let cut_off = dispatcher.queue.in_flight();
        tracing::warn!(cut_off, "the grace is over; what is cut off is due again at the next start");
    }
    dispatcher.show_health(false);
}

/// What the dispatcher listens to.
struct Ears {
    bell: Arc<DueBell>,
    commands: mpsc::Receiver<Command>,
    recorded: mpsc::UnboundedReceiver<Recorded>,
}

struct Dispatcher {
    service: Parts,
    courier: Arc<Courier>,
    queue: Queue,
    /// Everything that is done elsewhere and reports back.
    tasks: JoinSet<Done>,
    finished: mpsc::UnboundedSender<FinishedAttempt>,
    flights: HashMap<Key, Flight>,
    tests: HashMap<Key, Testing>,
    backoff: Backoff,
    sweep_at: Option<Instant>,
}

/// What remains of the service once it runs.
struct Parts {
    store: SharedStore,
    ambient: Ambient,
    state: Arc<State>,
}

/// What a task reports.
enum Done {
    Attempted(Landed),
    Refilled(WebhookId, StoreResult<DueBatch>),
    Swept(StoreResult<Vec<(WorkspaceId, WebhookId, Timestamp)>>),
    TestStored(Box<DueAttempt>, StoreResult<()>),
    Canceled(Canceled),
}

fn start(service: Service) -> (Dispatcher, Ears) {
    let Service { store, config, ambient, options, sender, commands, state } = service;
    let (finished, to_record) = mpsc::unbounded_channel();
    let (written, recorded) = mpsc::unbounded_channel();
    // Ends when `finished` is dropped and everything is written.
    let records = store.clone();
    let write = move |batch| {
        let store = records.clone();
        async move { store.finish_attempts(batch).await }
    };
    tokio::spawn(record(write, to_record, written));
    let ears = Ears { bell: store.due_bell(), commands, recorded };
    let dispatcher = Dispatcher {
        queue: Queue::new(Limits {
            in_flight_max: options.in_flight_max,
            in_flight_per_webhook_max: options.in_flight_per_webhook_max,
        }),
        service: Parts { store, ambient: ambient.clone(), state },
        courier: Arc::new(Courier { config, ambient, sender, retry_schedule: options.retry_schedule }),
        tasks: JoinSet::new(),
        finished,
        flights: HashMap::new(),
        tests: HashMap::new(),
        backoff: Backoff::default(),
        sweep_at: Some(Instant::now()),
    };
    (dispatcher, ears)
}

impl Dispatcher {
    async fn work(&mut self, ears: &mut Ears, shutdown: &CancellationToken) {
        while !shutdown.is_cancelled() {
            let now = self.service.ambient.now();
            self.queue.wake(now);
            self.start_requests(now);
            self.start_refills(now);
            self.start_sweep();
            self.show_health(true);
            let wake_at = self.wake_at(now);
            tokio::select! {
                () = shutdown.cancelled() => return,
                rung = ears.bell.heard() => self.hear(rung),
                Some(done) = self.tasks.join_next() => self.take(done),
                recorded = ears.recorded.recv() => match recorded {
                    Some(recorded) => self.settle(recorded),
                    None => return tracing::error!("nothing can be recorded any more: the delivery engine stops"),
                },
                Some(command) = ears.commands.recv() => self.obey(command),
                () = sleep_until(wake_at) => {}
            }
        }
    }

    /// Starts nothing more, and waits for what was started.
    async fn land(&mut self, ears: &mut Ears) {
        while !self.tasks.is_empty() || self.queue.in_flight() > 0 {
            self.show_health(false);
            tokio::select! {
                Some(done) = self.tasks.join_next() => self.take(done),
                Some(recorded) = ears.recorded.recv() => self.settle(recorded),
                else => return,
            }
        }
    }

    fn hear(&mut self, rung: HashMap<WebhookId, Timestamp>) {
        let now = self.service.ambient.now();
        for (webhook, at) in rung {
            self.queue.ring(webhook, at, now);
        }
    }

    fn start_requests(&mut self, now: Timestamp) {
        while let Some(due) = self.queue.next_start(now) {
            self.fly(due);
        }
    }

    fn start_refills(&mut self, now: Timestamp) {
        while let Some(refill) = self.queue.next_refill(now) {
            let store = self.service.store.clone();
            self.tasks.spawn(async move {
                let batch = store.list_due(refill.webhook_id, now, &refill.skip, refill.limit);
                Done::Refilled(refill.webhook_id, answered(batch).await)
            });
        }
    }

    fn start_sweep(&mut self) {
        if self.sweep_at.is_none_or(|at| at > Instant::now()) {
            return;
        }
        self.sweep_at = None;
        self.courier.sender.drop_idle();
        let store = self.service.store.clone();
        self.tasks.spawn(async move { Done::Swept(answered(store.list_due_webhooks()).await) });
    }

    fn take(&mut self, done: Result<Done, tokio::task::JoinError>) {
        let now = self.service.ambient.now();
        match done {
            Ok(Done::Attempted(landed)) => self.landed(landed, now),
            Ok(Done::Refilled(webhook, Ok(batch))) => {
                self.backoff.reset();
                self.queue.refilled(webhook, batch, now);
            }
            Ok(Done::Refilled(webhook, Err(error))) => {
                let again_at = later(now, self.backoff.next());
                tracing::warn!(%webhook, %error, "what is due could not be read; trying again");
                self.queue.refill_failed(webhook, again_at, now);
            }
            Ok(Done::Swept(Ok(due))) => {
                self.sweep_at = Some(Instant::now() + SWEEP_EVERY);
                self.hear(due.into_iter().map(|(_, webhook, at)| (webhook, at)).collect());
            }
            Ok(Done::Swept(Err(error))) => {
                tracing::warn!(%error, "the queue could not be read; trying again");
                self.sweep_at = Some(Instant::now() + self.backoff.next());
            }
            Ok(Done::TestStored(due, stored)) => self.test_stored(*due, stored, now),
            Ok(Done::Canceled(canceled)) => self.canceled(canceled, now),
            // Tasks catch their own panics, and are not aborted.
            Err(error) => tracing::error!(%error, "a task of the delivery engine ended early"),
        }
    }

    /// An attempt is recorded, or cannot be: either way it is no longer in flight.
    fn settle(&mut self, recorded: Recorded) {
        let now = self.service.ambient.now();
        let Recorded { attempt, verdict, end } = recorded;
        let (webhook, delivery) = (attempt.webhook_id, attempt.delivery_id);
        let key = (delivery, attempt.trigger);
        self.flights.remove(&key);
        match end {
            End::Written => {
                self.queue.ended(webhook, key, now);
                match verdict {
                    Verdict::Delivered => self.queue.drop_scheduled(webhook, delivery, now),
                    // The store has rung already, but whoever looked before this moment was told to skip it.
                    Verdict::RetryAt(at) => self.queue.ring(webhook, at, now),
                    Verdict::Failed | Verdict::ScheduleUnchanged => {}
                }
                self.test_recorded(key, attempt);
            }
            End::Orphaned(error) => {
                tracing::info!(%delivery, %error, "an attempt belongs to nothing any more");
                self.queue.ended(webhook, key, now);
                self.test_failed(key, error.into());
            }
            End::Unwritable(error) => {
                tracing::error!(%delivery, %error, "an attempt cannot be recorded; its delivery is set aside");
                self.queue.set_aside(webhook, key, now);
                self.test_failed(key, error.into());
            }
        }
    }

    fn wake_at(&self, now: Timestamp) -> Option<Instant> {
        let next_due = self.queue.next_wake().map(|at| {
            let wait = Duration::try_from(at.duration_since(now)).unwrap_or(Duration::ZERO);
            Instant::now() + wait.min(SWEEP_EVERY)
        });
        next_due.into_iter().chain(self.sweep_at).min()
    }

    fn show_health(&self, running: bool) {
        self.service.state.running.store(running, Ordering::Relaxed);
        self.service.state.in_flight.store(self.queue.in_flight(), Ordering::Relaxed);
    }
}

/// The store's answer, also if it panicked: whoever asked must hear something.
async fn answered<T>(asking: impl Future<Output = StoreResult<T>>) -> StoreResult<T> {
    let answer = AssertUnwindSafe(asking).catch_unwind().await;
    answer.unwrap_or_else(|_| Err(StoreError::Unavailable("the database engine panicked".into())))
}

fn later(now: Timestamp, wait: Duration) -> Timestamp {
    SignedDuration::try_from(wait).ok().and_then(|wait| now.checked_add(wait).ok()).unwrap_or(now)
}

async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}
