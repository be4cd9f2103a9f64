//! What the last 24 hours came to: together, and by the hour.
//!
//! Pure: the page asks the store and gives what it answers. Not here: adding up (`api/stats.rs`).

use std::time::Duration;

use beckon_domain::histogram;
use beckon_store::stats::Tally;
use jiff::Timestamp;

use crate::api::stats::{Span, Sums, by_hour};

/// The share of deliveries whose time is told.
const SHARE: f64 = 0.95;

/// What is shown.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Figures {
    /// Everything together.
    pub(super) all: Sums,
    /// Each hour and when it began, the oldest first; the last is the one that goes on.
    pub(super) hours: Vec<(Timestamp, Sums)>,
}

impl Figures {
    /// Adds up what was counted in that time.
    pub(super) fn of(tallies: &[Tally], span: Span) -> Figures {
        Figures { all: Sums::of(tallies), hours: by_hour(tallies, span.since, span.until) }
    }

    /// How many requests were made.
    pub(super) fn requests(&self) -> u64 {
        self.all.attempts_succeeded + self.all.attempts_failed
    }

    /// The share of requests that succeeded, in percent; `None` if there were none. Of requests and not of deliveries: a
    /// delivery fails for good only after a day of trying, and nobody should hear of it so late.
    pub(super) fn success_percent(&self) -> Option<f64> {
        let requests = self.requests();
        (requests > 0).then(|| self.all.attempts_succeeded as f64 * 100.0 / requests as f64)
    }

    /// The time within which 95 of 100 deliveries were made; `None` if there were none.
    pub(super) fn time_to_deliver(&self) -> Option<Duration> {
        histogram::quantile(&self.all.time_to_deliver, SHARE)
    }

    /// Whether there is nothing to draw.
    pub(super) fn is_quiet(&self) -> bool {
        self.all.delivered + self.all.attempts_failed == 0
    }
}

/// A share in percent, one digit behind the point, never rounded to "all" or "none" unless it is.
pub(super) fn percent(share: f64) -> String {
    let shown = match share {
        _ if share >= 100.0 => 100.0,
        _ if share > 99.9 => 99.9,
        _ if share > 0.0 && share < 0.1 => 0.1,
        _ => share,
    };
    let text = format!("{shown:.1}");
    format!("{} %", text.strip_suffix(".0").unwrap_or(&text))
}

#[cfg(test)]
mod tests {
    use beckon_store::stats::Measure;
    use jiff::SignedDuration;

    use super::*;

    fn at(hours: i64) -> Timestamp {
        Timestamp::from_second(hours * 3_600).unwrap()
    }

    fn span() -> Span {
        Span::new(None, None, at(1_000) + SignedDuration::from_mins(59)).unwrap()
    }

    #[test]
    fn the_last_hours_end_with_the_one_that_goes_on() {
        let figures = Figures::of(&[], span());
        assert_eq!((figures.hours.len(), figures.hours[0].0, figures.hours[23].0), (24, at(977), at(1_000)));
        assert!(figures.is_quiet());
        assert_eq!((figures.success_percent(), figures.time_to_deliver()), (None, None));
    }

    #[test]
    fn what_happened_is_summed_together_and_by_the_hour() {
        let tally = |hour, measure, count| Tally { hour: at(hour), measure, count };
        let second = histogram::bucket_of(Duration::from_secs(1)) as u8;
        let tallies = [
            tally(980, Measure::Signals, 5),
            tally(981, Measure::Signals, 2),
            tally(980, Measure::AttemptsSucceeded, 3),
            tally(980, Measure::Delivered, 3),
            tally(980, Measure::AttemptsFailed, 1),
            tally(980, Measure::TimeToDeliver(0), 94),
            tally(980, Measure::TimeToDeliver(second), 6),
        ];
        let figures = Figures::of(&tallies, span());
        assert_eq!((figures.all.signals, figures.requests(), figures.success_percent()), (7, 4, Some(75.0)));
        assert_eq!((figures.hours[3].1.delivered, figures.hours[3].1.attempts_failed), (3, 1));
        assert!(figures.time_to_deliver().unwrap() >= Duration::from_secs(1));
    }

    #[test]
    fn almost_all_is_not_all() {
        let shown = [100.0, 99.99, 75.0, 66.666, 0.001, 0.0].map(percent);
        assert_eq!(shown, ["100 %", "99.9 %", "75 %", "66.7 %", "0.1 %", "0 %"]);
    }
}
