//! How fast a webhook may be sent to: what its owner allows, and what its receiver bears.
//!
//! Pure. A gate outlives the lane it belongs to: an empty lane is forgotten, a pause is not.
//! Promise: a gate delays, it never drops; somebody's test passes it and counts.
//! Not here: how a receiver's health changes (`beckon_domain::health`), and who is next (`turns.rs`).

use beckon_domain::health::{Health, HealthState};
use beckon_domain::id::WorkspaceId;
use beckon_domain::rate::{Meter, RateLimit};
use beckon_domain::webhook::Webhook;
use jiff::{SignedDuration, Timestamp};

/// How long a lane that ramps up and is at its cap waits before it looks at its cap again.
const RAMP_LOOK: SignedDuration = SignedDuration::from_secs(1);

/// What of a webhook decides how its queue is worked off, as it was set up at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Settings {
    /// The webhook's revision: with another one, what was read from the queue may not hold any more.
    pub(crate) revision: i64,
    /// Strict order, one at a time.
    pub(crate) fifo: bool,
    /// What its owner allows.
    pub(crate) rate_limit: Option<RateLimit>,
}

impl Settings {
    /// Those of a webhook.
    pub(crate) fn of(webhook: &Webhook) -> Settings {
        Settings { revision: webhook.revision, fifo: webhook.fifo, rate_limit: webhook.rate_limit }
    }
}

#[derive(Debug, Default)]
pub(super) struct Gate {
    /// How the receiver has been doing.
    pub(super) health: Health,
    /// Whose the webhook is, once the health says anything.
    pub(super) home: Option<WorkspaceId>,
    /// The webhook's revision when the health was noted.
    pub(super) noted_at: Option<i64>,
    limit: Option<RateLimit>,
    meter: Meter,
    ramp: Meter,
}

impl Gate {
    /// Takes what its owner allows.
    pub(super) fn set_limit(&mut self, limit: Option<RateLimit>) {
        if self.limit != limit {
            (self.limit, self.meter) = (limit, Meter::default());
        }
    }

    /// When the next request may be made, given how many are on the way; `None` means now.
    pub(super) fn opens_at(&self, in_flight: usize, now: Timestamp) -> Option<Timestamp> {
        let pace = self.health.pace(now);
        let limited = self.limit.map(|limit| self.meter.allowed_at(&limit, now));
        let ramping = pace.rate.map(|rate| self.ramp.allowed_at(&rate, now));
        // At the cap of a ramp, which grows by itself. (That of a pause is left by the end of the probe.)
        let full = pace.rate.is_some() && pace.in_flight_max.is_some_and(|cap| in_flight >= cap);
        let full = full.then(|| now.checked_add(RAMP_LOOK).unwrap_or(now));
        [pace.opens_at, limited, ramping, full].into_iter().flatten().max().filter(|at| *at > now)
    }

    /// The end of the pause it is in.
    pub(super) fn paused_until(&self, now: Timestamp) -> Option<Timestamp> {
        self.health.pace(now).opens_at.filter(|at| *at > now)
    }

    /// Most requests on the way.
    pub(super) fn in_flight_max(&self, now: Timestamp) -> Option<usize> {
        self.health.pace(now).in_flight_max
    }

    /// Counts a request that is made now.
    pub(super) fn count(&mut self, now: Timestamp) {
        if let Some(limit) = &self.limit {
            self.meter.count(limit, now);
        }
        if let Some(rate) = self.health.pace(now).rate {
            self.ramp.count(&rate, now);
        }
    }

    /// Moves what began in the future, by a clock that was set back since, to now: a pause lasts as long as it was to
    /// last, and a ramp begins anew.
    pub(super) fn rebase(&mut self, now: Timestamp) {
        match &mut self.health.state {
            HealthState::Tripped { since, until, .. } if *since > now => {
                let pause = until.duration_since(*since);
                (*since, *until) = (now, now.checked_add(pause).unwrap_or(now));
            }
            HealthState::Ramping { since, .. } if *since > now => *since = now,
            _ => {}
        }
    }

    /// The clock was set back to `now`.
    pub(super) fn clock_was_set_back(&mut self, now: Timestamp) {
        self.rebase(now);
        (self.meter, self.ramp) = (Meter::default(), Meter::default());
    }

    /// Whether nothing is lost if it is forgotten.
    pub(super) fn is_rested(&self, now: Timestamp) -> bool {
        self.health.is_well() && self.meter.is_rested(now) && self.ramp.is_rested(now)
    }
}
