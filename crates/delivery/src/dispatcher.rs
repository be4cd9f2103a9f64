//! The loop that moves deliveries: from the store into lanes, from lanes into requests, from requests into
//! records.
//!
//! It waits for whatever comes first: the bell, the next due time, a request that ended, a record that was
//! written, somebody's wish, the end. It decides nothing itself (`queue.rs`, `decide.rs`) and does no I/O on
//! its own task, so that nothing it waits for holds up anything else.
//! Promises: a request is in flight from the moment it is handed out until its record is on disk; what came of
//! requests is judged here, one after the other, so that a webhook's health sees them in one order.

mod flight;
mod health;
mod landing;
mod look;
mod wish;

use std::collections::{BTreeMap, HashMap};
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use beckon_domain::ambient::Ambient;
use beckon_domain::delivery::{DueAttempt, Verdict};
use beckon_domain::health::Health as WebhookHealth;
use beckon_domain::id::{WebhookId, WorkspaceId};
use beckon_store::config::ConfigVersion;
use beckon_store::deliveries::FinishedAttempt;
use beckon_store::{ConfigCache, DueBell, JustWritten, Result as StoreResult, Rung, SharedStore, StoreError};
use futures_util::FutureExt;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::attempt::Courier;
use crate::backoff::Backoff;
use crate::handle::{Command, State};
use crate::options::Options;
use crate::queue::{Key, Limits, Look, Queue, Settings};
use crate::record::{End, Recorded, record};
use crate::stall::Pulse;
use crate::transport::Transport;
use flight::{Flight, Landed};
use health::Rechecked;
use wish::{Hastened, Testing, WishCanceled};

/// How often the whole queue is asked for once more. Nothing needs it: it mends what nobody foresaw.
const SWEEP_EVERY: Duration = Duration::from_secs(60);
/// A clock that goes back by less than this is not one that was set.
const CLOCK_STEP_MIN: SignedDuration = SignedDuration::from_secs(1);

/// What the engine works with.
pub(crate) struct Parts {
    pub(crate) store: SharedStore,
    pub(crate) config: Arc<ConfigCache>,
    pub(crate) ambient: Ambient,
    pub(crate) options: Options,
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) state: Arc<State>,
}

/// Makes deliveries until `shutdown`, then lets what is in flight end.
pub(crate) async fn dispatch(parts: Parts, commands: mpsc::Receiver<Command>, shutdown: CancellationToken) {
    let grace = parts.options.shutdown_grace;
    let (mut dispatcher, mut ears) = start(parts, commands);
    dispatcher.work(&mut ears, &shutdown).await;
    dispatcher.parts.state.show_pulse(None);
    ears.commands.close();
    // Wishes that were not heard are dropped here, and with them their replies: "stopped".
    while ears.commands.try_recv().is_ok() {}
    if tokio::time::timeout(grace, dispatcher.land(&mut ears)).await.is_err() {
        let cut_off = dispatcher.queue.in_flight();
        tracing::warn!(cut_off, "the grace is over; what is cut off is due again at the next start");
    }
    dispatcher.show(false);
}

/// What the dispatcher listens to.
struct Ears {
    bell: Arc<DueBell>,
    commands: mpsc::Receiver<Command>,
    recorded: mpsc::UnboundedReceiver<Recorded>,
}

struct Dispatcher {
    parts: Parts,
    courier: Arc<Courier>,
    queue: Queue,
    /// Everything that is done elsewhere and reports back.
    tasks: JoinSet<Done>,
    finished: mpsc::UnboundedSender<FinishedAttempt>,
    flights: BTreeMap<Key, Flight>,
    tests: BTreeMap<Key, Testing>,
    backoff: Backoff,
    pulse: Pulse,
    /// Attempts whose record is being written.
    unrecorded: usize,
    /// Whether the store failed to answer when it was last asked.
    store_fails: bool,
    /// When the unwell webhooks are to be read; `None` while that is under way, or done. Nothing is started before.
    load_at: Option<Instant>,
    loaded: bool,
    /// When to sweep; `None` while a sweep is under way.
    sweep_at: Option<Instant>,
    /// Whether the next sweep looks up everything that waits, whatever its time: after a start, and when the clock was
    /// set back, what is due may stand in the future.
    sweep_all: bool,
    /// What was set up when unwell webhooks were last compared with it, and when that may be done again.
    config_epoch: u64,
    recheck_at: Instant,
    rechecking: bool,
    last_now: Timestamp,
}

/// What a task reports.
enum Done {
    Attempted(Landed),
    Loaded(StoreResult<Vec<(WorkspaceId, WebhookId, WebhookHealth)>>),
    Refilled(WebhookId, StoreResult<Look>),
    Swept(StoreResult<Vec<(WorkspaceId, WebhookId, Timestamp)>>),
    Rechecked(Vec<Rechecked>),
    TestStored(Box<DueAttempt>, Option<Settings>, StoreResult<()>),
    Canceled(WishCanceled),
    Hastened(Hastened),
}

fn start(parts: Parts, commands: mpsc::Receiver<Command>) -> (Dispatcher, Ears) {
    let Parts { store, config, ambient, options, transport, state } = &parts;
    let (finished, to_record) = mpsc::unbounded_channel();
    let (written, recorded) = mpsc::unbounded_channel();
    // Ends when `finished` is dropped and everything is written.
    let records = store.clone();
    let noticed = state.noticed.clone();
    let write = move |batch: Vec<Arc<FinishedAttempt>>| {
        let store = records.clone();
        let noticed = noticed.clone();
        let to_mail = batch.iter().any(|finished| finished.mail_notices && !finished.notices.is_empty());
        async move {
            let written = store.finish_attempts(batch).await;
            if to_mail {
                noticed.notify_one();
            }
            written
        }
    };
    tokio::spawn(record(write, to_record, written));
    let ears = Ears { bell: store.due_bell(), commands, recorded };
    let courier = Courier { config: config.clone(), ambient: ambient.clone(), transport: transport.clone() };
    let dispatcher = Dispatcher {
        queue: Queue::new(Limits {
            in_flight_max: options.in_flight_max,
            in_flight_per_webhook_max: options.in_flight_per_webhook_max,
        }),
        courier: Arc::new(courier),
        tasks: JoinSet::new(),
        finished,
        flights: BTreeMap::new(),
        tests: BTreeMap::new(),
        backoff: Backoff::default(),
        pulse: Pulse::begun(Instant::now(), SWEEP_EVERY, options.timeout),
        unrecorded: 0,
        store_fails: false,
        load_at: Some(Instant::now()),
        loaded: false,
        sweep_at: None,
        sweep_all: true,
        config_epoch: store.config_epoch(),
        recheck_at: Instant::now(),
        rechecking: false,
        last_now: ambient.now(),
        parts,
    };
    (dispatcher, ears)
}

impl Dispatcher {
    async fn work(&mut self, ears: &mut Ears, shutdown: &CancellationToken) {
        while !shutdown.is_cancelled() {
            let now = self.parts.ambient.now();
            self.watch_clock(now);
            self.queue.wake(now);
            self.start_load();
            self.start_recheck();
            if self.loaded {
                self.start_requests(now);
                self.start_refills(now);
                self.start_sweep();
            }
            self.show(true);
            let wake_at = self.wake_at(now);
            // What was written is heard before anything that can only have followed: a request that was recorded, or
            // canceled, is not taken in afterwards.
            tokio::select! {
                // In this order, so that the same happens in the same simulation. None starves another: what comes
                // first comes seldom, and each request that ends was started here.
                biased;
                () = shutdown.cancelled() => return,
                Some(command) = ears.commands.recv() => self.obey(command),
                rung = ears.bell.heard() => self.hear(rung),
                recorded = ears.recorded.recv() => match recorded {
                    Some(recorded) => {
                        // What is there already shares the turn.
                        let mut all = vec![recorded];
                        while let Ok(recorded) = ears.recorded.try_recv() {
                            all.push(recorded);
                        }
                        self.hear(ears.bell.hear());
                        all.into_iter().for_each(|recorded| self.settle(recorded));
                    }
                    None => return tracing::error!("nothing can be recorded any more: the delivery engine stops"),
                },
                Some(done) = self.tasks.join_next() => {
                    let mut all = vec![done];
                    while let Some(done) = self.tasks.try_join_next() {
                        all.push(done);
                    }
                    self.hear(ears.bell.hear());
                    all.into_iter().for_each(|done| self.take(done));
                }
                () = sleep_until(wake_at) => {}
            }
        }
    }

    /// Starts nothing more, and waits for what was started.
    async fn land(&mut self, ears: &mut Ears) {
        while !self.tasks.is_empty() || self.queue.in_flight() > 0 {
            self.show(false);
            tokio::select! {
                biased;
                Some(done) = self.tasks.join_next() => self.take(done),
                Some(recorded) = ears.recorded.recv() => self.settle(recorded),
                else => return,
            }
        }
    }

    /// Takes in what was committed.
    fn hear(&mut self, rung: HashMap<WebhookId, Rung>) {
        let now = self.parts.ambient.now();
        // In an order that does not depend on how they lay in memory.
        for (webhook, rung) in rung.into_iter().collect::<BTreeMap<_, _>>() {
            if let Some(at) = rung.at {
                self.queue.ring(webhook, at, now);
            }
            // What was written under another set-up than the one at hand is looked up.
            let of_now =
                |written: &JustWritten| self.settings_at(written.due.workspace_id, webhook, written.decided_at);
            let Some(last) = rung.written.last() else { continue };
            let (decided_at, settings) = (last.decided_at, of_now(last));
            let (written, others): (Vec<_>, Vec<_>) =
                rung.written.into_iter().partition(|one| settings.is_some() && one.decided_at == decided_at);
            if !others.is_empty() {
                self.queue.ring(webhook, now, now);
            }
            if let Some(settings) = settings {
                let written = written.into_iter().map(|written| written.due);
                self.queue.take_written(webhook, settings, written, now);
            }
        }
    }

    /// How a webhook was set up at that version, if that is the one at hand.
    fn settings_at(&self, workspace: WorkspaceId, webhook: WebhookId, version: ConfigVersion) -> Option<Settings> {
        let config = self.parts.config.kept(workspace).filter(|config| config.version == version)?;
        config.webhook(webhook).map(|webhook| Settings::of(webhook))
    }

    /// Notices a clock that was set back.
    fn watch_clock(&mut self, now: Timestamp) {
        if self.last_now.duration_since(now) >= CLOCK_STEP_MIN {
            tracing::warn!(from = %self.last_now, to = %now, "the clock was set back");
            self.queue.clock_was_set_back(now);
            self.sweep_all = true;
            self.sweep_at = self.sweep_at.map(|_| Instant::now());
        }
        self.last_now = now;
    }

    fn start_requests(&mut self, now: Timestamp) {
        while let Some(start) = self.queue.next_start(now) {
            self.fly(start);
        }
    }

    fn take(&mut self, done: Result<Done, tokio::task::JoinError>) {
        let now = self.parts.ambient.now();
        match done {
            Ok(Done::Attempted(landed)) => self.landed(landed, now),
            Ok(Done::Loaded(unwell)) => self.unwell_loaded(unwell, now),
            Ok(Done::Refilled(webhook, look)) => self.refilled(webhook, look, now),
            Ok(Done::Swept(due)) => self.swept(due, now),
            Ok(Done::Rechecked(rechecked)) => self.rechecked(rechecked, now),
            Ok(Done::TestStored(due, settings, stored)) => self.test_stored(*due, settings, stored, now),
            Ok(Done::Canceled(canceled)) => self.canceled(canceled, now),
            Ok(Done::Hastened(hastened)) => self.hastened(hastened, now),
            // Tasks catch their own panics, and are not aborted.
            Err(error) => tracing::error!(%error, "a task of the delivery engine ended early"),
        }
    }

    /// An attempt is recorded, or cannot be: either way it is no longer in flight.
    fn settle(&mut self, recorded: Recorded) {
        let now = self.parts.ambient.now();
        let Recorded { attempt, verdict, disables, end } = recorded;
        let (webhook, delivery) = (attempt.webhook_id, attempt.delivery_id);
        let key = (delivery, attempt.trigger);
        self.flights.remove(&key);
        self.unrecorded = self.unrecorded.saturating_sub(1);
        self.pulse.note_further(Instant::now());
        match end {
            End::Written => {
                self.queue.ended(webhook, key, now);
                match verdict {
                    Verdict::Delivered if attempt.trigger.is_manual() => {
                        self.queue.drop_scheduled(webhook, delivery, now);
                    }
                    Verdict::Delivered => {}
                    // The store has rung already, but whoever looked before this moment was told to skip it.
                    Verdict::RetryAt(at) => self.queue.again_at(webhook, at, now),
                    Verdict::Failed | Verdict::ScheduleUnchanged => {}
                }
                if disables {
                    self.forget_health(webhook, now);
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
        let next_due = self.queue.next_wake().filter(|_| self.loaded).map(|at| {
            let wait = Duration::try_from(at.duration_since(now)).unwrap_or(Duration::ZERO);
            Instant::now() + wait.min(SWEEP_EVERY)
        });
        next_due.into_iter().chain(self.sweep_at).chain(self.load_at).chain(self.recheck_due()).min()
    }

    fn show(&mut self, running: bool) {
        let state = &self.parts.state;
        state.running.store(running, Ordering::Relaxed);
        state.in_flight.store(self.queue.in_flight(), Ordering::Relaxed);
        if running {
            state.wakes.fetch_add(1, Ordering::Relaxed);
            let could = !self.loaded || self.store_fails || self.unrecorded > 0 || self.queue.could_go_on();
            self.pulse.turn(could, Instant::now());
            state.show_pulse(Some(self.pulse));
        }
    }
}

/// The store's answer, also if it panicked: whoever asked must hear something.
pub(crate) async fn answered<T>(asking: impl Future<Output = StoreResult<T>>) -> StoreResult<T> {
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
