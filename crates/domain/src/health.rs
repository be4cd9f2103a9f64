//! Whether a webhook deserves traffic, and how much.
//!
//! ```text
//!             10 deliveries in a row fail, or 429/503
//!  healthy ────────────────────────────────────────► tripped ◄──┐ the probe fails: twice the pause
//!     ▲                                                │  pause over: one request at a time
//!     │ every second of success doubles the pace       ▼        │
//!     └──────────────── ramping ◄──────────────────── probe ────┘
//!                       (a success)
//! ```
//!
//! Pure: the delivery engine tells what it saw and asks for the pace; the state is stored with the attempt that
//! changed it, so a restart forgets nothing.
//! Promises: while tripped, at most one request at a time and none before the pause is over; a backlog never
//! bursts onto a receiver that is back; each stage of failing is announced once per stretch of failure; a
//! webhook is disabled only after a stretch with nothing but failures, and one success ends the stretch.
//! Not here: when a single delivery is tried again (`retry.rs`).

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::id::DeliveryId;
use crate::rate::{Period, RateLimit};
use crate::retry::JITTER;

/// So many deliveries must fail, with no success between, until the webhook trips.
pub const TRIP_AFTER: usize = 10;
/// The same in the first step of the ramp, where it has to show that it is back.
pub const TRIP_AGAIN_AFTER: usize = 3;
/// First pause.
pub const PAUSE_MIN: SignedDuration = SignedDuration::from_secs(1);
/// Longest pause, unless the receiver asks for more: a receiver that is back is noticed within this.
pub const PAUSE_MAX: SignedDuration = SignedDuration::from_secs(60);
/// Longest pause that a receiver's `Retry-After` can ask for, for the webhook as a whole.
pub const PAUSE_ASKED_MAX: SignedDuration = SignedDuration::from_hours(1);
/// Ramping begins with so many requests a second and doubles every second.
pub const RAMP_RATE_MIN: u32 = 10;
/// After so many doublings the webhook is healthy.
pub const RAMP_STEPS: u32 = 8;
/// How long a step of the ramp lasts.
const RAMP_STEP: SignedDuration = SignedDuration::from_secs(1);
/// Nothing but failures for so long disables a webhook, if nobody says otherwise.
pub const DISABLE_AFTER_DEFAULT: SignedDuration = SignedDuration::from_hours(5 * 24);
/// `webhook.failing` is first announced after so long, or a tenth of the time until disabling if that is less.
pub const FAILING_NOTICE_AFTER: SignedDuration = SignedDuration::from_mins(10);
/// And then after these parts of the time until disabling, in percent.
const LATER_NOTICES: [i32; 2] = [50, 80];

/// How a webhook's receiver has been doing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// What it may get.
    pub state: HealthState,
    /// The first failure since the last success.
    pub failing_since: Option<Timestamp>,
    /// The last failure since the last success.
    pub last_failure_at: Option<Timestamp>,
    /// How many stages of failing were announced in this stretch.
    pub notices: u8,
    /// Deliveries that failed since the last success; as many as matter.
    #[serde(default)]
    failed: BTreeSet<DeliveryId>,
}

/// What a webhook may get.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum HealthState {
    /// All it wants.
    #[default]
    Healthy,
    /// Nothing until the pause is over, then one request at a time.
    Tripped {
        /// Since when.
        since: Timestamp,
        /// The end of the pause.
        until: Timestamp,
        /// Pauses in a row; a step of the ramp makes up for one.
        pauses: u32,
    },
    /// A little more every second.
    Ramping {
        /// Since when.
        since: Timestamp,
        /// Pauses before this.
        pauses: u32,
    },
}

/// What came of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// The receiver took it.
    Success,
    /// It did not.
    Failure {
        /// The receiver said that it is too much: 429 or 503.
        too_much: bool,
        /// How long it asked us to wait.
        retry_after: Option<SignedDuration>,
    },
}

/// What follows for the webhook.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Consequences {
    /// Announce that it is failing: which stage, from 1.
    pub failing_stage: Option<u8>,
    /// Announce that it has recovered, after its failing was announced.
    pub recovered: bool,
    /// Disable it: nothing but failures since then.
    pub disable_failing_since: Option<Timestamp>,
}

/// How fast a webhook may be sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Nothing before this.
    pub opens_at: Option<Timestamp>,
    /// Most requests in flight.
    pub in_flight_max: Option<usize>,
    /// Most requests a second.
    pub rate: Option<RateLimit>,
}

impl Health {
    /// Notes what came of a request of `delivery` that was begun at `begun_at`.
    ///
    /// `unit` is a random number in `0.0..1.0`, for the jitter of pauses.
    pub fn note(
        &mut self,
        delivery: DeliveryId,
        seen: Seen,
        begun_at: Timestamp,
        disable_after: SignedDuration,
        now: Timestamp,
        unit: f64,
    ) -> Consequences {
        self.begin_anew_if_set_back(now);
        match seen {
            Seen::Success => self.succeed(now),
            Seen::Failure { too_much, retry_after } => {
                self.fail(delivery, begun_at, now, too_much, retry_after, unit);
                self.judge(disable_after, now)
            }
        }
    }

    /// How fast the webhook may be sent to.
    pub fn pace(&self, now: Timestamp) -> Pace {
        match self.state {
            HealthState::Healthy => Pace { opens_at: None, in_flight_max: None, rate: None },
            HealthState::Tripped { since, until, .. } => {
                // Before it began, the clock was set back since: that must not lengthen the pause.
                let opens_at = (since <= now && now < until).then_some(until);
                Pace { opens_at, in_flight_max: Some(1), rate: None }
            }
            HealthState::Ramping { since, .. } => match ramp_step(since, now) {
                None => Pace { opens_at: None, in_flight_max: None, rate: None },
                Some(step) => Pace {
                    opens_at: None,
                    in_flight_max: Some(1 << step),
                    rate: Some(RateLimit { requests: RAMP_RATE_MIN << step, per: Period::Second }),
                },
            },
        }
    }

    /// What a clock noted that was set back since begins now.
    fn begin_anew_if_set_back(&mut self, now: Timestamp) {
        match &mut self.state {
            HealthState::Tripped { since, until, .. } if now < *since => (*since, *until) = (now, now),
            HealthState::Ramping { since, .. } if now < *since => *since = now,
            HealthState::Healthy | HealthState::Tripped { .. } | HealthState::Ramping { .. } => {}
        }
    }

    /// Ends a pause: somebody wants to know now.
    pub fn probe_now(&mut self, now: Timestamp) {
        if let HealthState::Tripped { until, .. } = &mut self.state {
            *until = (*until).min(now);
        }
    }

    /// Whether there is nothing to remember.
    pub fn is_well(&self) -> bool {
        *self == Health::default()
    }

    fn succeed(&mut self, now: Timestamp) -> Consequences {
        let recovered = self.notices > 0;
        let state = match self.state {
            HealthState::Tripped { pauses, .. } => HealthState::Ramping { since: now, pauses },
            HealthState::Ramping { since, .. } if ramp_step(since, now).is_none() => HealthState::Healthy,
            state => state,
        };
        *self = Health { state, ..Health::default() };
        Consequences { recovered, ..Consequences::default() }
    }

    fn fail(
        &mut self,
        delivery: DeliveryId,
        begun_at: Timestamp,
        now: Timestamp,
        too_much: bool,
        retry_after: Option<SignedDuration>,
        unit: f64,
    ) {
        if self.failed.len() < TRIP_AFTER {
            self.failed.insert(delivery);
        }
        let enough = match self.state {
            HealthState::Healthy => self.failed.len() >= TRIP_AFTER,
            HealthState::Ramping { since, .. } if ramp_step(since, now) == Some(0) => {
                self.failed.len() >= TRIP_AGAIN_AFTER
            }
            HealthState::Ramping { .. } => self.failed.len() >= TRIP_AFTER,
            // Of a request begun before it tripped nothing new is learnt.
            HealthState::Tripped { since, .. } => begun_at >= since,
        };
        let asked = retry_after.filter(|_| too_much).unwrap_or(SignedDuration::ZERO).min(PAUSE_ASKED_MAX);
        if enough || (too_much && !matches!(self.state, HealthState::Tripped { .. })) {
            let pauses = match self.state {
                HealthState::Healthy => 0,
                HealthState::Tripped { pauses, .. } => pauses,
                // Who fails now and then comes back quickly; who falls back at once is given time.
                HealthState::Ramping { since, pauses } => {
                    pauses.saturating_sub(ramp_step(since, now).unwrap_or(RAMP_STEPS))
                }
            };
            let until = now.checked_add(pause(pauses, unit).max(asked)).unwrap_or(now);
            self.state = HealthState::Tripped { since: now, until, pauses: pauses.saturating_add(1) };
        } else if let HealthState::Tripped { until, .. } = &mut self.state
            && let Ok(asked_until) = now.checked_add(asked)
        {
            *until = (*until).max(asked_until);
        }
    }

    /// Judges the stretch of failures that `now` belongs to.
    fn judge(&mut self, disable_after: SignedDuration, now: Timestamp) -> Consequences {
        // Two failures with a long silence between them do not make a stretch, nor does a clock set back.
        let silent = self.last_failure_at.is_some_and(|last| now.duration_since(last) > disable_after / 2);
        let set_back = self.failing_since.is_some_and(|since| now < since);
        if self.failing_since.is_none() || silent || set_back {
            self.failing_since = Some(now);
        }
        self.last_failure_at = Some(now);
        let since = self.failing_since.unwrap_or(now);
        let failing_for = now.duration_since(since);
        if failing_for >= disable_after {
            return Consequences { disable_failing_since: Some(since), ..Consequences::default() };
        }
        let reached = stages(disable_after).into_iter().filter(|stage| failing_for >= *stage).count() as u8;
        let failing_stage = (reached > self.notices).then_some(reached);
        self.notices = self.notices.max(reached);
        Consequences { failing_stage, ..Consequences::default() }
    }
}

/// After how long of failing each stage is announced.
fn stages(disable_after: SignedDuration) -> [SignedDuration; 3] {
    let [half, late] = LATER_NOTICES.map(|percent| disable_after * percent / 100);
    [FAILING_NOTICE_AFTER.min(disable_after / 10), half, late]
}

/// Which step of the ramp it is; `None` after the last.
fn ramp_step(since: Timestamp, now: Timestamp) -> Option<u32> {
    let step = now.duration_since(since).as_millis() / RAMP_STEP.as_millis();
    let step = u32::try_from(step.max(0)).unwrap_or(u32::MAX);
    (step < RAMP_STEPS).then_some(step)
}

fn pause(pauses: u32, unit: f64) -> SignedDuration {
    let doubled = PAUSE_MIN.saturating_mul(2_i32.saturating_pow(pauses.min(20))).min(PAUSE_MAX);
    SignedDuration::from_secs_f64(doubled.as_secs_f64() * (1.0 + JITTER * (2.0 * unit - 1.0)))
}

#[cfg(test)]
mod tests;
