//! How long ago something may be.

use std::fmt;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp};

/// How much more than its days a window can reach back: a day on which clocks are set back, but for a moment.
const BEGUN_DAY_MAX: SignedDuration = SignedDuration::from_hours(25);
/// Longest window taken.
pub const WINDOW_MAX: SignedDuration = SignedDuration::from_hours(366 * 24);

super::named::named! {
    /// What a window is counted in. Minutes and hours slide; days are those of the calendar.
    pub enum Unit {
        Minutes = "m",
        Hours = "h",
        Days = "d",
    }
}

/// A length of time up to now, of at least a minute and at most [`WINDOW_MAX`], as typed.
///
/// `168h` begins 168 hours ago. `7d` begins where the day began that lies seven days back: it has all of those days and
/// today so far, and is never shorter than seven times 24 hours, but for an hour when clocks are set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    amount: u32,
    unit: Unit,
}

impl Window {
    /// Reads `30m`, `24h` or `7d`; `None` if the text is none of that or out of bounds.
    pub fn parse(text: &str) -> Option<Window> {
        let unit = Unit::ALL.iter().copied().find(|unit| text.ends_with(unit.as_str()))?;
        let digits = text.strip_suffix(unit.as_str())?;
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let window = Window { amount: digits.parse().ok()?, unit };
        (window.amount > 0 && window.duration() <= WINDOW_MAX).then_some(window)
    }

    /// The amount and its unit, as typed.
    pub fn parts(self) -> (u32, Unit) {
        (self.amount, self.unit)
    }

    /// When it begins, seen from `now`, where days begin as in `zone`.
    pub fn since(self, now: Timestamp, zone: &TimeZone) -> Timestamp {
        let slid = || now.checked_sub(self.duration()).unwrap_or(Timestamp::MIN);
        if self.unit != Unit::Days {
            return slid();
        }
        let day = zone.to_datetime(now).date().checked_sub(Span::new().days(i64::from(self.amount)));
        let begun = day.and_then(|day| zone.to_timestamp(day.at(0, 0, 0, 0)));
        begun.unwrap_or_else(|_no_such_day| slid())
    }

    /// How long it is, days taken as 24 hours each.
    pub fn duration(self) -> SignedDuration {
        let amount = i64::from(self.amount);
        match self.unit {
            Unit::Minutes => SignedDuration::from_mins(amount),
            Unit::Hours => SignedDuration::from_hours(amount),
            Unit::Days => SignedDuration::from_hours(amount * 24),
        }
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.amount, self.unit.as_str())
    }
}

/// How far back facts are needed to decide. The longer, the greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lookback {
    /// This long.
    Window(SignedDuration),
    /// From the beginning.
    Ever,
}

impl From<Option<Window>> for Lookback {
    fn from(within: Option<Window>) -> Lookback {
        within.map_or(Lookback::Ever, |window| {
            let begun_day = if window.unit == Unit::Days { BEGUN_DAY_MAX } else { SignedDuration::ZERO };
            Lookback::Window(window.duration() + begun_day)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_an_amount_and_a_unit() {
        assert_eq!(Window::parse("30m").unwrap().duration(), SignedDuration::from_mins(30));
        assert_eq!(Window::parse("24h").unwrap().duration(), SignedDuration::from_hours(24));
        assert_eq!(Window::parse("366d").unwrap().duration(), WINDOW_MAX);
    }

    fn since(window: &str, now: &str, zone: &str) -> String {
        let zone = TimeZone::get(zone).unwrap();
        Window::parse(window).unwrap().since(now.parse().unwrap(), &zone).to_string()
    }

    // behaviour Q8 (in part)
    #[test]
    fn days_are_those_of_the_calendar_where_the_workspace_is() {
        assert_eq!(since("7d", "2026-11-24T00:30:00Z", "UTC"), "2026-11-17T00:00:00Z");
        assert_eq!(since("7d", "2026-11-23T23:30:00Z", "UTC"), "2026-11-16T00:00:00Z");
        assert_eq!(since("7d", "2026-11-23T23:30:00Z", "Europe/Berlin"), "2026-11-16T23:00:00Z", "the 24th there");
        assert_eq!(
            since("1d", "2026-11-24T03:00:00Z", "America/New_York"),
            "2026-11-22T05:00:00Z",
            "still the 23rd there"
        );
        assert_eq!(since("24h", "2026-11-24T03:00:00Z", "America/New_York"), "2026-11-23T03:00:00Z");
    }

    #[test]
    fn a_day_on_which_clocks_are_set_is_a_day() {
        // Clocks went from 2 to 3 on 2026-03-29, and from 3 to 2 on 2026-10-25.
        assert_eq!(since("1d", "2026-03-30T10:00:00Z", "Europe/Berlin"), "2026-03-28T23:00:00Z");
        assert_eq!(since("1d", "2026-10-26T10:00:00Z", "Europe/Berlin"), "2026-10-24T22:00:00Z");
        for (now, zone) in [("2026-10-26T22:59:59Z", "Europe/Berlin"), ("2026-03-30T21:59:59Z", "Europe/Berlin")] {
            let (window, now): (Window, Timestamp) = (Window::parse("1d").unwrap(), now.parse().unwrap());
            let begun = window.since(now, &TimeZone::get(zone).unwrap());
            let Lookback::Window(reach) = Lookback::from(Some(window)) else { unreachable!() };
            assert!(now.duration_since(begun) <= reach, "what is read reaches back as far: {now}");
        }
    }

    #[test]
    fn what_is_no_window_or_too_long_is_refused() {
        for text in ["", "d", "7", "0d", "-1d", "+1d", "1.5h", "7 d", "7w", "7D", "367d", "8785h", "99999999999d", "٣d"]
        {
            assert_eq!(Window::parse(text), None, "{text:?}");
        }
    }
}
