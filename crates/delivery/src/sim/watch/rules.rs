//! What holds at every moment.

use std::time::Duration;

use beckon_domain::catalog::NOTICES;
use beckon_domain::catalog::payload::{Payload, WebhookFailing, WebhookRecovered};
use beckon_domain::delivery::{DueAttempt, Trigger, Verdict};
use beckon_domain::health::HealthState;
use beckon_domain::rate::Period;
use beckon_domain::retry::JITTER;
use beckon_domain::webhook::Webhook;
use beckon_store::deliveries::{FinishedAttempt, Lane};
use jiff::Timestamp;
use tokio::time::Instant;

use super::{Answer, Answered, Flight, LastFailure, Watch};
use crate::sim::store::{Effects, Model};

/// Stores keep times to the millisecond.
const GRAIN: Duration = Duration::from_millis(2);
/// Tests pass the caps; there are never more of them.
const TESTS_AT_ONCE: usize = 64;
/// Most requests of one lane that a webhook may hold in memory, and of first attempts that come straight from whoever
/// wrote them.
const WINDOW: usize = 256;
const WRITTEN: usize = 1024;
/// Most requests in flight for one that is on the way.
const UNRECORDED_TIMES: usize = 8;

impl Watch {
    pub(super) fn check_begin(
        &mut self,
        model: &Model,
        flight: &Flight,
        webhook: &Webhook,
        due: &DueAttempt,
        now: Timestamp,
    ) {
        self.check_caps(flight, webhook);
        if !flight.trigger.is_manual() {
            self.check_time(flight, due);
            self.check_order(model, flight);
            self.check_health(model, flight, now);
        }
        self.check_rate(flight, webhook);
    }

    /// Caps, over all and to one.
    fn check_caps(&mut self, flight: &Flight, webhook: &Webhook) {
        let of_run = self.in_the_air.iter().map(|number| &self.flights[*number]);
        let of_run: Vec<&Flight> = of_run.filter(|other| other.run == flight.run && !other.over).collect();
        let twice = of_run.iter().any(|other| other.delivery == flight.delivery && other.trigger == flight.trigger);
        let capped: Vec<&&Flight> = of_run.iter().filter(|other| other.trigger != Trigger::Test).collect();
        let on_the_way: Vec<&&&Flight> = capped.iter().filter(|other| other.answer.is_none()).collect();
        let to_webhook = on_the_way.iter().filter(|other| other.webhook == webhook.id).count();
        let (all, limits) = (on_the_way.len(), self.limits.clone());
        if twice {
            self.broken(format!("{} is in flight twice as {:?}", flight.delivery, flight.trigger));
        }
        if flight.trigger != Trigger::Test && all >= limits.in_flight_max {
            self.broken(format!("{} requests on the way, {} are allowed", all + 1, limits.in_flight_max));
        }
        if flight.trigger != Trigger::Test && to_webhook >= limits.in_flight_per_webhook_max {
            self.broken(format!("{} requests on the way to {}", to_webhook + 1, webhook.id));
        }
    }

    /// No retry before its time, nor before the time the receiver asked for.
    fn check_time(&mut self, flight: &Flight, due: &DueAttempt) {
        if due.scheduled_attempts > 0 && self.latest.is_some_and(|latest| due.due_at > latest) {
            self.broken(format!("{} begins before it is due", flight.delivery));
        }
        let early = self.last_failures.get(&flight.delivery).filter(|last| {
            last.trigger == flight.trigger
                && last.scheduled_attempts < flight.scheduled_attempts
                && last.clock_steps == self.clock_steps
        });
        if let Some(wait) = early.and_then(|last| last.not_before.checked_duration_since(flight.begun_at))
            && wait > GRAIN
        {
            self.broken(format!("{} is tried again {wait:?} too early", flight.delivery));
        }
    }

    /// FIFO: one at a time, and nothing passes.
    fn check_order(&mut self, model: &Model, flight: &Flight) {
        let Some(since) = self.fifo_since.get(&flight.webhook).copied() else { return };
        let in_the_air = self.in_the_air.iter().map(|number| &self.flights[*number]);
        let at_once = in_the_air.filter(|other| {
            other.run == flight.run
                && other.webhook == flight.webhook
                && !other.over
                && !other.trigger.is_manual()
                && other.begun_at > since
        });
        if at_once.count() > 0 && flight.begun_at > since {
            return self.broken(format!("a second request at once to {}, which is FIFO", flight.webhook));
        }
        let listed = self.listed.get(&(flight.delivery, flight.trigger)).copied().unwrap_or(0);
        let Some(mine) = model.deliveries.iter().position(|owed| owed.id == flight.delivery) else { return };
        let place = |place: usize| (model.deliveries[place].created_at, place);
        let passed = model.deliveries.iter().enumerate().find(|(other, owed)| {
            owed.webhook_id == flight.webhook
                && owed.schedule_due_at.is_some()
                && place(*other) < place(mine)
                && owed.placed <= listed
        });
        if let Some((_, owed)) = passed {
            self.broken(format!("{} passes {}, and their webhook is FIFO", flight.delivery, owed.id));
        }
    }

    /// A tripped webhook: nothing in the pause, then one at a time.
    fn check_health(&mut self, model: &Model, flight: &Flight, now: Timestamp) {
        let Some(HealthState::Tripped { since, until, .. }) =
            model.health.get(&flight.webhook).map(|health| health.state)
        else {
            return;
        };
        let Some((tripped_at, clock_steps)) = self.tripped.get(&flight.webhook).copied() else { return };
        let after_it = |at: Option<&Instant>| at.is_some_and(|at| *at >= tripped_at);
        if clock_steps != self.clock_steps || after_it(self.heard_well.get(&flight.webhook)) {
            return;
        }
        if since <= now && now < until && !after_it(self.asked.get(&flight.webhook)) {
            return self.broken(format!("{} is sent to in its pause", flight.webhook));
        }
        let in_the_air = self.in_the_air.iter().map(|number| &self.flights[*number]);
        let others = in_the_air.filter(|other| {
            other.run == flight.run && other.webhook == flight.webhook && !other.over && !other.trigger.is_manual()
        });
        if others.filter(|other| other.begun_at > tripped_at && other.answer.is_none()).count() > 0 {
            self.broken(format!("more than one request at once to {}, which is tripped", flight.webhook));
        }
    }

    /// No period has more than the limit and its burst. Tests pass, and count.
    fn check_rate(&mut self, flight: &Flight, webhook: &Webhook) {
        let begins = self.paces.entry(webhook.id).or_default();
        begins.push(flight.begun_at);
        let Some(limit) = webhook.rate_limit else { return };
        let period = match limit.per {
            Period::Second => Duration::from_secs(1),
            Period::Minute => Duration::from_secs(60),
        };
        let within = begins.iter().rev().take_while(|at| flight.begun_at.duration_since(**at) < period).count();
        // A store that is slow to tell the set-up bunches requests that were handed out at their pace.
        let period_began = flight.begun_at.checked_sub(period).unwrap_or(flight.begun_at);
        if self.is_disturbed_since(period_began) {
            return;
        }
        if within > (limit.requests + limit.burst()) as usize && flight.trigger != Trigger::Test {
            self.broken(format!("{within} requests to {} in {period:?}, {limit:?}", webhook.id));
        }
    }

    /// What must not be written.
    pub(super) fn check_written(&mut self, model: &Model, flight: usize) {
        let Flight { run, webhook, delivery, trigger, begun_at, .. } = self.flights[flight];
        if self.closed_webhooks.contains(&webhook) && model.webhooks.get(&webhook).is_none_or(|hook| !hook.is_live()) {
            self.broken(format!("{webhook} is disabled or deleted, and gets {delivery}"));
        }
        if self.closed_deliveries.contains(&delivery) {
            self.broken(format!("{delivery} is canceled, and sent"));
        }
        if let Some((recorded_by, told)) = self.delivered.get(&delivery).copied()
            && !trigger.is_manual()
            && (recorded_by != run || told.is_some_and(|told| begun_at > told))
        {
            self.broken(format!("{delivery} is recorded as delivered, and sent again as {trigger:?}"));
        }
    }

    /// The record says what happened, once, and what follows from it.
    pub(super) fn check_record(&mut self, model: &Model, flight: usize, finished: &FinishedAttempt, effects: Effects) {
        let Flight { webhook, delivery, scheduled_attempts, answer, recorded, .. } = self.flights[flight];
        let Some(Answered { answer, .. }) = answer else {
            return self.broken(format!("flight {flight} is recorded and has not ended"));
        };
        if recorded {
            self.broken(format!("flight {flight} of {delivery} is recorded twice"));
        }
        if finished.attempt.outcome.is_delivered() != answer.is_taken() {
            self.broken(format!(
                "flight {flight} ended in {answer:?} and is recorded as {:?}",
                finished.attempt.outcome
            ));
        }
        let schedule = model.webhooks.get(&webhook).and_then(|webhook| webhook.retry_schedule.as_ref());
        let retries = schedule.unwrap_or(&self.limits.retry_schedule).0.len();
        let gone = matches!(answer, Answer::Status(410, _));
        if finished.verdict == Verdict::Failed && !gone && (scheduled_attempts as usize) < retries {
            self.broken(format!("{delivery} failed after {} of {} requests", scheduled_attempts + 1, retries + 1));
        }
        if matches!(finished.verdict, Verdict::RetryAt(_)) && scheduled_attempts as usize >= retries {
            self.broken(format!("{delivery} has more than {} requests", retries + 1));
        }
        let event_type = finished.attempt.event_type.as_str();
        if effects.exhausted && !gone && !finished.attempt.trigger.is_manual() && !NOTICES.contains(&event_type) {
            *self.exhaustions.entry(delivery).or_default() += 1;
        }
        self.check_stages(finished);
    }

    /// Each stage of failing is told once until a success, and the end of it once.
    fn check_stages(&mut self, finished: &FinishedAttempt) {
        let webhook = finished.attempt.webhook_id;
        // Records that were refused for a while come out of order.
        if self.refusals.keys().any(|attempt| *attempt == finished.attempt.id) {
            self.stages.remove(&webhook);
            self.recovered.remove(&webhook);
            return;
        }
        for notice in &finished.notices {
            let payload: serde_json::Value = serde_json::from_slice(&notice.payload).unwrap_or_default();
            let told = self.stages.get(&webhook).copied();
            if notice.event_type == WebhookFailing::EVENT_TYPE {
                let stage = payload["stage"].as_u64().unwrap_or(0) as u8;
                if told.is_some_and(|told| stage <= told) {
                    self.broken(format!("{webhook} is announced as failing twice, stage {stage}"));
                }
                self.stages.insert(webhook, stage);
            }
            if notice.event_type == WebhookRecovered::EVENT_TYPE {
                self.stages.remove(&webhook);
                self.recovered.remove(&webhook);
            }
        }
        if finished.verdict == Verdict::Delivered && self.stages.remove(&webhook).is_some() {
            self.recovered.insert(webhook);
        }
    }

    /// Notes when a failed delivery may be tried again at the earliest.
    pub(super) fn remember_failure(&mut self, model: &Model, flight: usize, verdict: &Verdict) {
        let Flight { webhook, delivery, trigger, scheduled_attempts, answer, .. } = self.flights[flight];
        let Some(Answered { answer, at, clock_steps }) = answer else { return };
        if trigger.is_manual() || !matches!(verdict, Verdict::RetryAt(_)) {
            return;
        }
        let schedule = model.webhooks.get(&webhook).and_then(|webhook| webhook.retry_schedule.as_ref());
        let schedule = schedule.unwrap_or(&self.limits.retry_schedule);
        let delay = schedule.0.get(scheduled_attempts as usize).copied().unwrap_or_default();
        let delay = Duration::try_from(delay).unwrap_or_default().mul_f64(1.0 - JITTER);
        let not_before = at + delay.max(answer.retry_after());
        self.last_failures.insert(delivery, LastFailure { trigger, scheduled_attempts, not_before, clock_steps });
    }

    /// What a webhook keeps in memory is bounded.
    pub(super) fn check_memory(&mut self, skipped: usize, limit: u32) {
        let lanes = Lane::ALL.len();
        let most =
            (lanes - 1) * WINDOW + WRITTEN + UNRECORDED_TIMES * self.limits.in_flight_per_webhook_max + TESTS_AT_ONCE;
        if skipped > most || limit as usize > WINDOW {
            self.broken(format!("a webhook holds {skipped} requests in memory and asks for {limit} more of each lane"));
        }
    }
}
