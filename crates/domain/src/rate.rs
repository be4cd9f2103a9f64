//! How many requests a webhook may get in a second or a minute.
//!
//! Pure: a request that comes too early is told when it may come. Nothing is dropped.
//! Promise: in no second (or minute) are there more than the limit plus [`RateLimit::burst`]; a clock that was
//! set back holds nobody up longer than one burst takes.
//! Source: the generic cell rate algorithm (ITU-T I.371), in its "virtual scheduling" form.

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::invalid::{Findings, Invalid};

/// Most requests a limit can allow in its period.
pub const REQUESTS_MAX: u32 = 100_000;
/// A burst is this part of the limit, and at least one request.
const BURST_PART: u32 = 10;

/// A limit on requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RateLimit {
    /// Most requests in each period.
    #[schemars(range(min = 1, max = 100_000))]
    pub requests: u32,
    /// The period.
    pub per: Period,
}

/// The period of a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Period {
    /// A second.
    Second,
    /// A minute.
    Minute,
}

impl RateLimit {
    /// Checks the bounds, naming what is wrong under `field`.
    pub fn check(&self, field: &str) -> Result<(), Invalid> {
        let mut findings = Findings::default();
        if !(1..=REQUESTS_MAX).contains(&self.requests) {
            findings.add(format!("{field}/requests"), format!("between 1 and {REQUESTS_MAX}"));
        }
        findings.into_result(())
    }

    /// How many requests may follow one another at once after a silence.
    pub fn burst(&self) -> u32 {
        (self.requests / BURST_PART).max(1)
    }

    fn spacing(&self) -> SignedDuration {
        let period = match self.per {
            Period::Second => SignedDuration::from_secs(1),
            Period::Minute => SignedDuration::from_secs(60),
        };
        period / i32::try_from(self.requests.max(1)).unwrap_or(i32::MAX)
    }
}

/// What a limit remembers: when the next request would come if all came evenly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Meter {
    next: Option<Timestamp>,
}

impl Meter {
    /// When the next request may come: `now`, or later.
    pub fn allowed_at(&self, limit: &RateLimit, now: Timestamp) -> Timestamp {
        let early = limit.spacing() * (i32::try_from(limit.burst()).unwrap_or(i32::MAX) - 1);
        let at = self.next(limit, now).checked_sub(early).unwrap_or(now);
        at.max(now)
    }

    /// Counts a request made at `now`, whether it was allowed or not.
    pub fn count(&mut self, limit: &RateLimit, now: Timestamp) {
        let from = self.next(limit, now).max(now);
        self.next = from.checked_add(limit.spacing()).ok().map(|next| next.min(furthest(limit, now)));
    }

    /// Whether it remembers nothing that matters any more.
    pub fn is_rested(&self, now: Timestamp) -> bool {
        self.next.is_none_or(|next| next <= now)
    }

    /// The next even place. One that is further ahead than any is ever noted was noted by a clock that was set back
    /// since, and means nothing.
    fn next(&self, limit: &RateLimit, now: Timestamp) -> Timestamp {
        self.next.filter(|next| *next <= furthest(limit, now)).unwrap_or(now)
    }
}

/// How far ahead the next place can be: requests that were not asked about (tests) count, up to one more burst.
fn furthest(limit: &RateLimit, now: Timestamp) -> Timestamp {
    let ahead = limit.spacing() * i32::try_from(limit.burst()).unwrap_or(i32::MAX).saturating_mul(2);
    now.checked_add(ahead).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn limit(requests: u32, per: Period) -> RateLimit {
        RateLimit { requests, per }
    }

    /// When `count` requests come that are all wanted at once, each as early as it may.
    fn greedy(limit: RateLimit, count: usize) -> Vec<Timestamp> {
        let mut meter = Meter::default();
        let mut now = Timestamp::UNIX_EPOCH;
        let mut made = Vec::new();
        for _ in 0..count {
            now = meter.allowed_at(&limit, now);
            meter.count(&limit, now);
            made.push(now);
        }
        made
    }

    // behaviour L10 (in part)
    proptest! {
        #[test]
        fn no_period_has_more_than_the_limit_and_its_burst(requests in 1..500_u32, minute: bool) {
            let (per, period) = if minute { (Period::Minute, 60) } else { (Period::Second, 1) };
            let limit = limit(requests, per);
            let made = greedy(limit, 1_200);
            for (n, from) in made.iter().enumerate() {
                let until = *from + SignedDuration::from_secs(period);
                let within = made[n..].iter().take_while(|at| **at < until).count();
                prop_assert!(within as u32 <= requests + limit.burst(), "{within} of {requests}");
            }
            // And it is used: nothing waits longer than it has to.
            let whole = made.last().unwrap().duration_since(made[0]).as_secs_f64();
            let even = f64::from(1_200 - limit.burst()) * period as f64 / f64::from(requests);
            prop_assert!(whole <= even + 0.001, "{whole} s instead of {even} s");
        }
    }

    // behaviour D7
    #[test]
    fn a_clock_set_back_holds_nobody_up() {
        let limit = limit(10, Period::Second);
        let mut meter = Meter::default();
        let now = Timestamp::from_second(1_000_000).unwrap();
        (0..5).for_each(|_| meter.count(&limit, now));
        let earlier = now - SignedDuration::from_hours(5);
        assert_eq!(meter.allowed_at(&limit, earlier), earlier);
        meter.count(&limit, earlier);
        let wait = meter.allowed_at(&limit, earlier).duration_since(earlier);
        assert_eq!(wait, SignedDuration::from_millis(100), "and it limits from there on");
    }

    #[test]
    fn after_a_silence_there_is_a_burst_and_then_even_steps() {
        let waits = |limit, count| -> Vec<i128> {
            greedy(limit, count).iter().map(|at| at.duration_since(Timestamp::UNIX_EPOCH).as_millis()).collect()
        };
        assert_eq!(waits(limit(20, Period::Second), 4), [0, 0, 50, 100]);
        assert_eq!(waits(limit(6, Period::Minute), 3), [0, 10_000, 20_000]);
        assert!(limit(0, Period::Second).check("rate_limit").is_err());
    }
}
