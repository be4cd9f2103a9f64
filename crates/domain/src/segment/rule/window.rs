//! How long ago something may be.

use std::fmt;

use jiff::SignedDuration;

/// Longest window taken.
pub const WINDOW_MAX: SignedDuration = SignedDuration::from_hours(366 * 24);

super::named::named! {
    /// What a window is counted in. A day is 24 hours.
    pub enum Unit {
        Minutes = "m",
        Hours = "h",
        Days = "d",
    }
}

/// A length of time up to now, of at least a minute and at most [`WINDOW_MAX`], as typed: `7d` and
/// `168h` are equally long and not the same.
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

    /// How long it is.
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
        within.map_or(Lookback::Ever, |window| Lookback::Window(window.duration()))
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

    #[test]
    fn what_is_no_window_or_too_long_is_refused() {
        for text in ["", "d", "7", "0d", "-1d", "+1d", "1.5h", "7 d", "7w", "7D", "367d", "8785h", "99999999999d", "٣d"]
        {
            assert_eq!(Window::parse(text), None, "{text:?}");
        }
    }
}
