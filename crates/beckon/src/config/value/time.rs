//! Lengths of time as people write them: `15s`, `5m`, `2h`, `1d`, `500ms`, or whole seconds.

use std::time::Duration;

use beckon_domain::retry::RetrySchedule;
use figment::value::Value;
use jiff::SignedDuration;

use super::{Setting, items_of, quoted, text_of};

/// The units, the longest first, in milliseconds.
const UNITS: [(&str, u64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];
/// What a schedule of no retries is called.
const NO_RETRIES: &str = "none";

/// Reads a length of time.
pub(crate) fn read_duration(text: &str) -> Option<Duration> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let millis = match &text[digits.len()..] {
        "" => 1_000,
        unit => UNITS.iter().find(|(name, _)| *name == unit)?.1,
    };
    let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    let amount: u64 = plain.then(|| digits.parse().ok()).flatten()?;
    amount.checked_mul(millis).map(Duration::from_millis)
}

/// Writes a length of time in the longest unit that says it without a fraction.
fn write_duration(duration: Duration) -> String {
    let millis = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let whole = UNITS.iter().find(|(_, unit)| millis > 0 && millis.is_multiple_of(*unit));
    whole.map_or_else(|| "0s".to_owned(), |(name, unit)| format!("{}{name}", millis / unit))
}

impl Setting for Duration {
    fn read(value: &Value) -> Result<Duration, String> {
        let form = "is not a length of time: write one like 15s, 500ms, 2m or 1h";
        text_of(value).and_then(|text| read_duration(&text)).ok_or_else(|| form.to_owned())
    }

    fn show(&self) -> String {
        quoted(&write_duration(*self))
    }
}

impl Setting for RetrySchedule {
    fn read(value: &Value) -> Result<RetrySchedule, String> {
        let form = "is not a schedule: write the waits like 5s,5m,30m or [5, 300, 1800], or none for a single attempt";
        let mut items = items_of(value).ok_or_else(|| form.to_owned())?;
        if items == [NO_RETRIES] {
            items.clear();
        }
        let read = |item: &String| {
            let delay = read_duration(item).and_then(|delay| SignedDuration::try_from(delay).ok());
            delay.ok_or_else(|| format!("{form} ({item:?} is no length of time)"))
        };
        let schedule = RetrySchedule(items.iter().map(read).collect::<Result<_, _>>()?);
        schedule.check("retry").map_err(|invalid| format!("is out of bounds: {invalid}"))?;
        Ok(schedule)
    }

    fn show(&self) -> String {
        let delays: Vec<_> = self.0.iter().map(|delay| write_duration(delay.unsigned_abs())).collect();
        quoted(&if delays.is_empty() { NO_RETRIES.to_owned() } else { delays.join(",") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_of_time_is_an_amount_and_a_unit_or_seconds() {
        let read = |text| read_duration(text).map(|duration| duration.as_millis());
        assert_eq!(read("15s"), Some(15_000));
        assert_eq!(read("15"), Some(15_000));
        assert_eq!(read("500ms"), Some(500));
        assert_eq!(read("5m"), Some(300_000));
        assert_eq!(read("2h"), Some(7_200_000));
        assert_eq!(read("1d"), Some(86_400_000));
        assert_eq!(read("0"), Some(0));
    }

    #[test]
    fn what_is_no_length_of_time_is_refused() {
        for text in
            ["", "s", "-5s", "1.5s", "5 s", "5S", "5w", "5s5s", "99999999999999999999s", "999999999999999999d", "٣s"]
        {
            assert_eq!(read_duration(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_length_of_time_is_written_in_its_longest_whole_unit_and_reads_back() {
        for (millis, text) in
            [(0, "0s"), (1, "1ms"), (1_500, "1500ms"), (90_000, "90s"), (7_200_000, "2h"), (86_400_000, "1d")]
        {
            let duration = Duration::from_millis(millis);
            assert_eq!(write_duration(duration), text);
            assert_eq!(read_duration(text), Some(duration));
        }
    }
}
