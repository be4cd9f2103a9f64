//! Decides when a failed delivery is tried again.
//!
//! Pure: the delivery engine asks after each failure and records the answer.
//! Promise: the wait is the schedule's, give or take [`JITTER`], or longer if the receiver asked for it.
//! Not here: whether the webhook deserves traffic at all.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::invalid::{Findings, Invalid};

/// How far a wait may stray from the schedule, each way.
pub const JITTER: f64 = 0.2;
/// Longest wait that a receiver's `Retry-After` can ask for.
pub const RETRY_AFTER_MAX: SignedDuration = SignedDuration::from_hours(24);
/// Most retries a schedule can have.
pub const RETRIES_MAX: usize = 50;
/// Longest single delay of a schedule.
pub const DELAY_MAX: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The delays between attempts: the first counts from the first failure, and so on. The first attempt
/// itself is made at once. An empty schedule means one attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RetrySchedule(#[serde(with = "seconds")] pub Vec<SignedDuration>);

impl Default for RetrySchedule {
    /// 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 10 h.
    fn default() -> RetrySchedule {
        let minutes = |n| SignedDuration::from_mins(n);
        RetrySchedule(vec![
            SignedDuration::from_secs(5),
            minutes(5),
            minutes(30),
            minutes(2 * 60),
            minutes(5 * 60),
            minutes(10 * 60),
            minutes(10 * 60),
        ])
    }
}

impl RetrySchedule {
    /// Checks the bounds, naming what is wrong under `field`.
    pub fn check(&self, field: &str) -> Result<(), Invalid> {
        let mut findings = Findings::default();
        if self.0.len() > RETRIES_MAX {
            findings.add(field, format!("at most {RETRIES_MAX} retries, these are {}", self.0.len()));
        }
        for (n, delay) in self.0.iter().enumerate() {
            if delay.is_negative() || *delay > DELAY_MAX {
                findings.add(format!("{field}/{n}"), format!("between 0 and {} seconds", DELAY_MAX.as_secs()));
            }
        }
        findings.into_result(())
    }
}

/// Returns when to try again, or `None` when the attempts are used up.
///
/// `attempts_made` counts the scheduled attempts so far, the failed one included. `unit` is a random
/// number in `0.0..1.0`: it spreads retries over ±[`JITTER`] so that a receiver that comes back is not
/// hit by all at once. `retry_after` (RFC 9110 §10.2.3) can lengthen the wait, up to
/// [`RETRY_AFTER_MAX`], never shorten it: an impatient receiver must not be able to make us hammer it.
pub fn next_attempt_at(
    schedule: &RetrySchedule,
    attempts_made: u32,
    retry_after: Option<SignedDuration>,
    now: Timestamp,
    unit: f64,
) -> Option<Timestamp> {
    let retries_made = usize::try_from(attempts_made.max(1) - 1).ok()?;
    let delay = *schedule.0.get(retries_made)?;
    let spread = 1.0 + JITTER * (2.0 * unit - 1.0);
    let jittered = SignedDuration::from_secs_f64(delay.as_secs_f64() * spread);
    let asked = retry_after.unwrap_or(SignedDuration::ZERO).min(RETRY_AFTER_MAX);
    now.checked_add(jittered.max(asked)).ok()
}

mod seconds {
    use jiff::SignedDuration;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(delays: &[SignedDuration], serializer: S) -> Result<S::Ok, S::Error> {
        delays.iter().map(|delay| delay.as_secs()).collect::<Vec<_>>().serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<SignedDuration>, D::Error> {
        let seconds = Vec::<i64>::deserialize(deserializer)?;
        Ok(seconds.into_iter().map(SignedDuration::from_secs).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn wait(attempts_made: u32, retry_after: Option<i64>, unit: f64) -> Option<f64> {
        let retry_after = retry_after.map(SignedDuration::from_secs);
        let at = next_attempt_at(&RetrySchedule::default(), attempts_made, retry_after, NOW, unit)?;
        Some(at.duration_since(NOW).as_secs_f64())
    }

    // behaviour T3
    #[test]
    fn the_schedule_is_kept_within_its_jitter() {
        let delays = [5.0, 300.0, 1800.0, 7200.0, 18000.0, 36000.0, 36000.0];
        for (made, delay) in (1..).zip(delays) {
            assert_eq!(wait(made, None, 0.5), Some(delay));
            assert!((wait(made, None, 0.0).unwrap() - delay * 0.8).abs() < 1e-6);
            assert!((wait(made, None, 0.999_999).unwrap() - delay * 1.2).abs() < delay * 1e-5);
        }
        assert_eq!(wait(8, None, 0.5), None, "seven retries follow the first attempt");
    }

    // behaviour T4
    #[test]
    fn an_empty_schedule_means_one_attempt() {
        assert_eq!(next_attempt_at(&RetrySchedule(vec![]), 1, None, NOW, 0.5), None);
    }

    #[test]
    fn retry_after_lengthens_and_never_shortens() {
        assert_eq!(wait(1, Some(60), 0.5), Some(60.0));
        assert_eq!(wait(2, Some(60), 0.5), Some(300.0));
        assert_eq!(wait(1, Some(i64::MAX), 0.5), Some(86_400.0), "absurd values are capped");
        assert_eq!(wait(1, Some(-5), 0.5), Some(5.0));
    }

    #[test]
    fn a_schedule_out_of_bounds_is_refused_by_position() {
        let schedule = RetrySchedule(vec![SignedDuration::from_secs(5), SignedDuration::from_secs(-1)]);
        assert_eq!(schedule.check("retry_schedule").unwrap_err().0[0].field, "retry_schedule/1");
        assert!(RetrySchedule(vec![SignedDuration::ZERO; 51]).check("x").is_err());
    }
}
