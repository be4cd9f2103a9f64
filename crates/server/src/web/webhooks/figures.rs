//! Sums of what was counted for webhooks: by day, by hour.
//!
//! Pure; adding up is `api/stats.rs`. Success is counted in attempts, so that a receiver that fails shows at once and not when its retries are used
//! up.

use beckon_store::stats::Tally;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};

use crate::api::stats::Sums;

/// Attempts made.
pub(super) fn attempts(sums: &Sums) -> u64 {
    sums.attempts_succeeded + sums.attempts_failed
}

/// The share of attempts that succeeded: `98.6 %`. `None` if there was none.
pub(super) fn success_rate(sums: &Sums) -> Option<String> {
    percent(sums.attempts_succeeded, attempts(sums))
}

/// A share with one digit behind the point, never rounded up: 100 % is said only if it is all.
pub(super) fn percent(part: u64, whole: u64) -> Option<String> {
    if whole == 0 {
        return None;
    }
    let per_mille = u128::from(part) * 1000 / u128::from(whole);
    Some(match per_mille % 10 {
        0 => format!("{} %", per_mille / 10),
        tenth => format!("{}.{tenth} %", per_mille / 10),
    })
}

/// Steps of time, one behind the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Steps {
    /// When each begins. Never empty.
    starts: Vec<Timestamp>,
}

impl Steps {
    /// The last `count` days up to and with the one of `now`, as days are in `zone`.
    pub(super) fn days(count: u32, now: Timestamp, zone: &TimeZone) -> Steps {
        let today = now.to_zoned_datetime(zone.clone()).date();
        let start = |back: u32| {
            let day = today.checked_sub(i64::from(back).days()).ok()?;
            // Where a day has no midnight, it begins when it begins.
            day.to_zoned_datetime(zone.clone()).ok().map(|start| start.timestamp())
        };
        Steps { starts: (0..count).rev().filter_map(start).collect() }
    }

    /// The last `count` hours up to and with the one of `now`.
    pub(super) fn hours(count: u32, now: Timestamp) -> Steps {
        let this = now.as_second().div_euclid(3600);
        let start = |back: u32| Timestamp::from_second((this - i64::from(back)) * 3600).ok();
        Steps { starts: (0..count).rev().filter_map(start).collect() }
    }

    /// When the first begins: from there on tallies are wanted. Rounded down to a whole hour.
    pub(super) fn since(&self) -> Timestamp {
        self.starts.first().copied().unwrap_or_default()
    }

    /// A name for each step.
    pub(super) fn names(&self, format: &str, zone: &TimeZone) -> Vec<String> {
        self.starts.iter().map(|start| start.to_zoned_datetime(zone.clone()).strftime(format).to_string()).collect()
    }

    /// What was counted in each step.
    pub(super) fn sums<'a>(&self, tallies: impl IntoIterator<Item = &'a Tally>) -> Vec<Sums> {
        let mut sums = vec![Sums::default(); self.starts.len()];
        for tally in tallies {
            let step = self.starts.partition_point(|start| *start <= tally.hour).checked_sub(1);
            if let Some(sums) = step.and_then(|step| sums.get_mut(step)) {
                sums.add(tally);
            }
        }
        sums
    }
}

/// Until when tallies are wanted: all that began before `now`, the present hour too.
pub(super) fn until(now: Timestamp) -> Timestamp {
    now.checked_add(SignedDuration::from_hours(1)).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use beckon_store::stats::Measure;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn tally(hour: &str, measure: Measure, count: u64) -> Tally {
        Tally { hour: at(hour), measure, count }
    }

    #[test]
    fn a_share_is_never_rounded_up() {
        assert_eq!(percent(0, 0), None);
        assert_eq!(percent(9_999, 10_000).as_deref(), Some("99.9 %"));
        assert_eq!(percent(10_000, 10_000).as_deref(), Some("100 %"));
        assert_eq!(percent(1, 3).as_deref(), Some("33.3 %"));
    }

    #[test]
    fn days_are_those_of_the_workspaces_zone_over_a_change_of_clocks() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let steps = Steps::days(3, at("2024-04-01T10:00:00Z"), &zone);
        assert_eq!(steps.names("%d", &zone), ["30", "31", "01"]);
        assert_eq!(steps.since(), at("2024-03-29T23:00:00Z"));
        let tallies = [
            tally("2024-03-29T22:00:00Z", Measure::Delivered, 100),
            tally("2024-03-30T22:00:00Z", Measure::Delivered, 1),
            tally("2024-03-30T23:00:00Z", Measure::Delivered, 2),
            tally("2024-03-31T21:00:00Z", Measure::Delivered, 4),
            tally("2024-03-31T22:00:00Z", Measure::Delivered, 8),
        ];
        let delivered: Vec<_> = steps.sums(&tallies).iter().map(|sums| sums.delivered).collect();
        assert_eq!(delivered, [1, 6, 8], "the last Sunday of March has 23 hours");
    }

    #[test]
    fn hours_end_with_the_present_one() {
        let steps = Steps::hours(24, at("2024-04-01T10:59:59Z"));
        assert_eq!(steps.since(), at("2024-03-31T11:00:00Z"));
        let sums = steps.sums(&[tally("2024-04-01T10:00:00Z", Measure::AttemptsFailed, 3)]);
        assert_eq!(sums[23].attempts_failed, 3);
        assert!(until(at("2024-04-01T10:59:59Z")) > at("2024-04-01T10:00:00Z"));
    }
}
