//! Times, durations and numbers, as people read them.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use maud::{Markup, html};

/// A moment: in full without scripts, with them as "3 minutes ago".
pub(crate) fn moment(at: Timestamp, zone: &TimeZone) -> Markup {
    html! { time.nowrap datetime=(at) data-relative { (in_full(at, zone)) } }
}

/// A moment that always stands in full.
pub(crate) fn moment_of(at: Timestamp, zone: &TimeZone) -> Markup {
    html! { time.nowrap datetime=(at) { (in_full(at, zone)) } }
}

fn in_full(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned_datetime(zone.clone()).strftime("%Y-%m-%d %H:%M:%S %Z").to_string()
}

/// A duration in the unit that fits: `3.2 ms`, `1.5 s`, `5 min`, `2 h`, `3 d`.
pub(crate) fn duration(length: Duration) -> String {
    let seconds = length.as_secs_f64();
    match seconds {
        _ if seconds < 0.01 => format!("{:.1} ms", seconds * 1000.0),
        _ if seconds < 1.0 => format!("{:.0} ms", seconds * 1000.0),
        _ if seconds < 60.0 => format!("{} s", short(seconds)),
        _ if seconds < 3600.0 => format!("{} min", short(seconds / 60.0)),
        _ if seconds < 86_400.0 => format!("{} h", short(seconds / 3600.0)),
        _ => format!("{} d", short(seconds / 86_400.0)),
    }
}

/// One digit behind the point, unless it is 0.
fn short(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

/// Of how many requests something is said: `of 1 request`.
pub(crate) fn of_requests(count: u64) -> String {
    format!("of {} request{}", number(count), if count == 1 { "" } else { "s" })
}

/// A number with its thousands apart: `12,345`.
pub(crate) fn number(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_short() {
        let shown: Vec<_> = [0, 3, 250, 1_500, 60_000, 5_400_000, 172_800_000]
            .map(|millis| duration(Duration::from_millis(millis)))
            .into();
        assert_eq!(shown, ["0.0 ms", "3.0 ms", "250 ms", "1.5 s", "1 min", "1.5 h", "2 d"]);
        assert_eq!([0, 999, 1_000, 1_234_567].map(number), ["0", "999", "1,000", "1,234,567"]);
    }
}
