//! Whoever watches the simulation, and says at once when a promise is broken.
//!
//! It sees every request begin, be written and end, everything that is recorded, and everything that is asked for;
//! what it holds against them is in `rules` (while it goes on) and `reckoning` (when it is over).

mod reckoning;
mod rules;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use beckon_domain::delivery::{DueAttempt, Trigger, Verdict};
use beckon_domain::id::{AttemptId, DeliveryId, JobId, WebhookId};
use beckon_domain::retry::RetrySchedule;
use beckon_domain::webhook::Webhook;
use beckon_store::deliveries::{DueBatch, FinishedAttempt};
use jiff::Timestamp;
use tokio::time::Instant;

use super::run::Run;
use super::store::{Effects, Model};
use super::trace::Trace;

/// How a request ended, as its sender saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// A status, and `Retry-After`.
    Status(u16, Option<&'static str>),
    Timeout,
    Reset,
    Refused,
}

impl Answer {
    pub(super) fn is_taken(self) -> bool {
        matches!(self, Answer::Status(200..=299, _))
    }

    /// How long it asks to wait.
    fn retry_after(self) -> Duration {
        match self {
            Answer::Status(_, Some(asked)) => Duration::from_secs(asked.parse().unwrap_or(0)),
            _ => Duration::ZERO,
        }
    }
}

/// One request, from when the courier set out.
#[derive(Debug)]
struct Flight {
    run: u32,
    webhook: WebhookId,
    delivery: DeliveryId,
    trigger: Trigger,
    scheduled_attempts: u32,
    begun_at: Instant,
    written: bool,
    answer: Option<Answered>,
    recorded: bool,
    /// Not in flight any more: told to be recorded, not wanted, or its run is over.
    over: bool,
}

/// When and how a request ended.
#[derive(Debug, Clone, Copy)]
struct Answered {
    answer: Answer,
    at: Instant,
    /// How often the clock had been set by then.
    clock_steps: u32,
}

/// The last failure of a delivery's schedule.
struct LastFailure {
    trigger: Trigger,
    scheduled_attempts: u32,
    not_before: Instant,
    clock_steps: u32,
}

/// What engine and installation are set to.
#[derive(Debug, Clone)]
pub(super) struct Limits {
    pub(super) in_flight_max: usize,
    pub(super) in_flight_per_webhook_max: usize,
    pub(super) retry_schedule: RetrySchedule,
}

/// See the module's own words.
pub(super) struct Watch {
    pub(super) trace: Trace,
    pub(super) limits: Limits,
    /// What went wrong; the first is what matters.
    pub(super) violations: Vec<String>,
    flights: Vec<Flight>,
    /// Flights that may still be in the air.
    in_the_air: BTreeSet<usize>,
    /// Webhooks that must get nothing, because a call that says so has returned.
    closed_webhooks: BTreeSet<WebhookId>,
    closed_deliveries: BTreeSet<DeliveryId>,
    /// Deliveries whose success is recorded: by which run, and when that run was told.
    delivered: BTreeMap<DeliveryId, (u32, Option<Instant>)>,
    /// When a request was last read from the queue, in the model's ticks.
    listed: BTreeMap<(DeliveryId, Trigger), u64>,
    last_failures: BTreeMap<DeliveryId, LastFailure>,
    refusals: BTreeMap<AttemptId, u32>,
    /// When each webhook's requests began since its rate was last set, or the process or clock began anew.
    paces: BTreeMap<WebhookId, Vec<Instant>>,
    /// When each webhook was last answered with success, asked for by a person, and tripped.
    heard_well: BTreeMap<WebhookId, Instant>,
    asked: BTreeMap<WebhookId, Instant>,
    tripped: BTreeMap<WebhookId, (Instant, u32)>,
    fifo_since: BTreeMap<WebhookId, Instant>,
    clock_steps: u32,
    latest: Option<Timestamp>,
    /// Deliveries that failed for good, and were to be announced.
    exhaustions: BTreeMap<DeliveryId, usize>,
    disablements: BTreeMap<WebhookId, usize>,
    /// Which stage of failing was announced last, since the last success.
    stages: BTreeMap<WebhookId, u8>,
    /// Webhooks that took something after their failing was announced, which is still to be announced.
    recovered: BTreeSet<WebhookId>,
    /// Replays by job.
    replays: BTreeSet<(JobId, DeliveryId)>,
    /// Times in which deliveries may be late: no engine, or a store in bad weather.
    disturbances: Vec<(Instant, Option<Instant>)>,
    /// When deliveries were owed, and first taken.
    owed_at: BTreeMap<DeliveryId, Instant>,
    owed_count: usize,
    first_taken_at: BTreeMap<DeliveryId, Instant>,
    is_down: bool,
    is_stormy: bool,
    pub(super) requests: usize,
}

impl Watch {
    pub(super) fn new(limits: Limits) -> Watch {
        Watch {
            trace: Trace::new(),
            limits,
            violations: Vec::new(),
            flights: Vec::new(),
            in_the_air: BTreeSet::new(),
            closed_webhooks: BTreeSet::new(),
            closed_deliveries: BTreeSet::new(),
            delivered: BTreeMap::new(),
            listed: BTreeMap::new(),
            last_failures: BTreeMap::new(),
            refusals: BTreeMap::new(),
            paces: BTreeMap::new(),
            heard_well: BTreeMap::new(),
            asked: BTreeMap::new(),
            tripped: BTreeMap::new(),
            fifo_since: BTreeMap::new(),
            clock_steps: 0,
            latest: None,
            exhaustions: BTreeMap::new(),
            disablements: BTreeMap::new(),
            stages: BTreeMap::new(),
            recovered: BTreeSet::new(),
            replays: BTreeSet::new(),
            disturbances: Vec::new(),
            owed_at: BTreeMap::new(),
            owed_count: 0,
            first_taken_at: BTreeMap::new(),
            is_down: true,
            is_stormy: false,
            requests: 0,
        }
    }

    fn broken(&mut self, what: String) {
        self.trace.note(format_args!("BROKEN {what}"));
        self.violations.push(what);
    }

    // What the transport tells.

    /// A courier sets out with a request.
    pub(super) fn begun(
        &mut self,
        model: &Model,
        run: &Run,
        webhook: &Webhook,
        due: &DueAttempt,
        now: Timestamp,
    ) -> usize {
        let number = self.flights.len();
        let flight = Flight {
            run: run.number(),
            webhook: webhook.id,
            delivery: due.delivery_id,
            trigger: due.trigger,
            scheduled_attempts: due.scheduled_attempts,
            begun_at: Instant::now(),
            written: false,
            answer: None,
            recorded: false,
            over: false,
        };
        self.trace.note(format_args!("begun {number} {} {} {:?}", webhook.id, due.delivery_id, due.trigger));
        self.latest = self.latest.max(Some(now));
        self.check_begin(model, &flight, webhook, due, now);
        self.flights.push(flight);
        self.in_the_air.insert(number);
        number
    }

    /// It was not written.
    pub(super) fn not_wanted(&mut self, flight: usize) {
        self.trace.note(format_args!("not wanted {flight}"));
        self.flights[flight].over = true;
        self.in_the_air.remove(&flight);
    }

    /// It was written: from here on the receiver may know of it.
    pub(super) fn written(&mut self, model: &Model, flight: usize) {
        self.trace.note(format_args!("written {flight}"));
        self.requests += 1;
        self.flights[flight].written = true;
        self.check_written(model, flight);
    }

    /// Deliveries whose requests have begun and are not written yet.
    pub(super) fn setting_out(&self) -> Vec<DeliveryId> {
        let flights = self.in_the_air.iter().map(|number| &self.flights[*number]);
        flights.filter(|flight| !flight.written && flight.answer.is_none()).map(|flight| flight.delivery).collect()
    }

    /// It ended.
    pub(super) fn answered(&mut self, flight: usize, answer: Answer) {
        self.trace.note(format_args!("answered {flight} {answer:?}"));
        let now = Instant::now();
        self.flights[flight].answer = Some(Answered { answer, at: now, clock_steps: self.clock_steps });
        if answer.is_taken() {
            self.heard_well.insert(self.flights[flight].webhook, now);
            self.first_taken_at.entry(self.flights[flight].delivery).or_insert(now);
        }
    }

    // What the store tells.

    /// The queue was read.
    pub(super) fn listed(&mut self, batch: &DueBatch, ticks: u64, skipped: usize, limit: u32) {
        for due in &batch.due {
            self.listed.insert((due.delivery_id, due.trigger), ticks);
        }
        self.check_memory(skipped, limit);
    }

    /// Counts how often an attempt's record was refused.
    pub(super) fn refuse(&mut self, attempt: AttemptId) -> u32 {
        let refusals = self.refusals.entry(attempt).or_default();
        *refusals += 1;
        *refusals
    }

    /// An attempt's record was committed, for the first time if there are effects.
    pub(super) fn recorded(
        &mut self,
        model: &Model,
        finished: &FinishedAttempt,
        effects: Option<Effects>,
        run: u32,
        now: Timestamp,
    ) {
        let FinishedAttempt { attempt, verdict, .. } = finished;
        self.trace.note(format_args!(
            "recorded {} {} {verdict:?}{}",
            attempt.exchange.url,
            attempt.delivery_id,
            if effects.is_some() { "" } else { " again" }
        ));
        let flight = attempt.exchange.url.strip_prefix("flight:").and_then(|number| number.parse::<usize>().ok());
        let Some(flight) = flight.filter(|flight| *flight < self.flights.len()) else {
            return self.broken(format!("an attempt of {} was recorded that was never made", attempt.delivery_id));
        };
        let Some(effects) = effects else { return };
        self.check_record(model, flight, finished, effects);
        self.flights[flight].recorded = true;
        if *verdict == Verdict::Delivered {
            self.delivered.insert(attempt.delivery_id, (run, None));
        }
        self.remember_failure(model, flight, verdict);
        let trip = finished.health.as_ref().map(|health| &health.state);
        if let Some(beckon_domain::health::HealthState::Tripped { .. }) = trip {
            if let Some(Answered { at, clock_steps, .. }) = self.flights[flight].answer {
                self.tripped.insert(attempt.webhook_id, (at, clock_steps));
            }
        } else if trip.is_some() {
            self.tripped.remove(&attempt.webhook_id);
        }
        if effects.disabled {
            *self.disablements.entry(attempt.webhook_id).or_default() += 1;
        }
        if effects.exhausted {
            self.exhaustions.entry(attempt.delivery_id).or_default();
        }
        self.owe_new(model, now);
    }

    /// Whoever recorded it was told.
    pub(super) fn told_recorded(&mut self, finished: &FinishedAttempt) {
        let attempt = &finished.attempt;
        if let Some((_, told @ None)) = self.delivered.get_mut(&attempt.delivery_id) {
            *told = Some(Instant::now());
        }
        let flight = attempt.exchange.url.strip_prefix("flight:").and_then(|number| number.parse::<usize>().ok());
        if let Some(flight) = flight.filter(|flight| *flight < self.flights.len()) {
            self.flights[flight].over = true;
            self.in_the_air.remove(&flight);
        }
        if finished.disable_webhook.is_some() {
            self.closed_webhooks.insert(attempt.webhook_id);
        }
    }

    /// A webhook's set-up was committed.
    pub(super) fn set_up(&mut self, webhook: &Webhook) {
        self.trace.note(format_args!(
            "set up {} enabled={} fifo={} rate={:?}",
            webhook.id, webhook.enabled, webhook.fifo, webhook.rate_limit
        ));
        self.paces.remove(&webhook.id);
        if webhook.is_live() {
            self.closed_webhooks.remove(&webhook.id);
        } else {
            self.stages.remove(&webhook.id);
            self.recovered.remove(&webhook.id);
            self.tripped.remove(&webhook.id);
        }
        if webhook.fifo {
            self.fifo_since.entry(webhook.id).or_insert_with(Instant::now);
        } else {
            self.fifo_since.remove(&webhook.id);
        }
    }

    /// A resend was committed.
    pub(super) fn asked_again(&mut self, delivery: DeliveryId, webhook: WebhookId) {
        self.trace.note(format_args!("resend {delivery}"));
        self.closed_deliveries.remove(&delivery);
        self.asked.insert(webhook, Instant::now());
    }

    /// A retry was brought forward.
    pub(super) fn asked_now(&mut self, delivery: DeliveryId, webhook: WebhookId) {
        self.trace.note(format_args!("retry now {delivery}"));
        self.last_failures.remove(&delivery);
        self.asked.insert(webhook, Instant::now());
    }

    /// The engine was told that what somebody asked for is done: a pause may end now, too.
    pub(super) fn told_asked(&mut self, webhook: WebhookId) {
        self.asked.insert(webhook, Instant::now());
    }

    /// A job made a delivery due again.
    pub(super) fn replayed(&mut self, job: JobId, delivery: DeliveryId) {
        self.trace.note(format_args!("replay {delivery} of {job}"));
        self.closed_deliveries.remove(&delivery);
        self.delivered.remove(&delivery);
        self.last_failures.remove(&delivery);
        if !self.replays.insert((job, delivery)) {
            self.broken(format!("{job} sends {delivery} twice"));
        }
    }

    /// What is new in the model is owed from now on.
    ///
    /// An event that was announced before the clock was set back and stored after has its time in the future, and may
    /// have to wait until then.
    pub(super) fn owe_new(&mut self, model: &Model, now: Timestamp) {
        let new = &model.deliveries[self.owed_count..];
        self.owed_count = model.deliveries.len();
        for owed in new.iter().filter(|owed| owed.created_at <= now) {
            self.owed_at.insert(owed.id, Instant::now());
        }
    }

    // What the people tell.

    /// A call that closes a webhook has returned.
    pub(super) fn closed(&mut self, webhook: WebhookId) {
        self.trace.note(format_args!("closed {webhook}"));
        self.closed_webhooks.insert(webhook);
    }

    /// A cancellation has returned.
    pub(super) fn canceled(&mut self, delivery: DeliveryId) {
        self.trace.note(format_args!("canceled {delivery}"));
        self.closed_deliveries.insert(delivery);
    }

    /// Somebody set the clock, which showed `before`.
    pub(super) fn clock_was_set(&mut self, before: Timestamp) {
        self.latest = self.latest.max(Some(before));
        self.clock_steps += 1;
        self.paces.clear();
    }

    /// A run of the process has begun.
    pub(super) fn run_began(&mut self) {
        self.paces.clear();
        self.is_down = false;
        self.judge_disturbance();
    }

    /// A run of the process is over, whatever it had in the air.
    pub(super) fn run_ended(&mut self, run: u32) {
        for flight in self.flights.iter_mut().filter(|flight| flight.run == run) {
            flight.over = true;
        }
        self.in_the_air.clear();
        // The record that would have told may have been cut off.
        self.recovered.clear();
        self.is_down = true;
        self.judge_disturbance();
    }

    /// A run of the process was asked to end: it starts nothing more.
    pub(super) fn run_ends(&mut self) {
        self.is_down = true;
        self.judge_disturbance();
    }

    /// The database is well, or is not.
    pub(super) fn weather(&mut self, calm: bool) {
        self.is_stormy = !calm;
        self.judge_disturbance();
    }

    /// Whether anything disturbed since then.
    fn is_disturbed_since(&self, since: Instant) -> bool {
        self.disturbances.iter().any(|(_, until)| until.is_none_or(|until| until >= since))
    }

    /// Whether deliveries may be late from now on.
    fn judge_disturbance(&mut self) {
        let (disturbed, now) = (self.is_down || self.is_stormy, Instant::now());
        match self.disturbances.last_mut() {
            Some((_, until @ None)) if !disturbed => *until = Some(now),
            None | Some((_, Some(_))) if disturbed => self.disturbances.push((now, None)),
            _ => {}
        }
    }
}
