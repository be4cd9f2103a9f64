//! When it happened, by clocks that can't be trusted.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use super::field::text;

/// How far the sender's clock may be off before its times are set right. Less is what networks take.
const SKEW_MAX: SignedDuration = SignedDuration::from_mins(5);

/// When an item happened: its `timestamp`, set right if the sender's clock is off, and not in the future.
pub(super) fn happened_at(item: &Map<String, Value>, received_at: Timestamp, sent_at: Option<Timestamp>) -> Timestamp {
    let time = |name| text(item, name).as_deref().and_then(read_time);
    let Some(said) = time("timestamp").or_else(|| time("originalTimestamp")) else { return received_at };
    let at = match time("sentAt").or(sent_at) {
        Some(sent_at) if received_at.duration_since(sent_at).abs() > SKEW_MAX => {
            received_at.checked_sub(sent_at.duration_since(said)).unwrap_or(received_at)
        }
        _ => said,
    };
    to_millis(at.min(received_at))
}

/// Cuts a time to the millisecond, which is what stores keep.
pub(crate) fn to_millis(at: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at)
}

/// Reads a time as clients write it: RFC 3339, also with unpadded numbers, without an offset (UTC is meant),
/// with more digits than a nanosecond, or milliseconds since 1970. `None` if it cannot be read.
pub fn read_time(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Ok(time) = text.parse() {
        return Some(time);
    }
    if let Ok(millis) = text.parse::<i64>() {
        return Timestamp::from_millisecond(millis).ok();
    }
    padded(text)?.parse().ok()
}

/// Writes a time out in full: two digits each, at most nine of a second's fraction, an offset.
fn padded(text: &str) -> Option<String> {
    let (date, clock) = text.split_once(['T', 't', ' '])?;
    let offset_at = clock.find(['Z', 'z', '+', '-']).unwrap_or(clock.len());
    let (clock, offset) = clock.split_at(offset_at);
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let two_digits = |numbers: &str, separator: char| -> Option<Vec<String>> {
        let pad = |n: &str| n.parse::<u8>().ok().filter(|_| !n.starts_with('+')).map(|n| format!("{n:02}"));
        numbers.split(separator).map(pad).collect()
    };
    let (year, month_and_day) = date.split_once('-')?;
    let [month, day] = two_digits(month_and_day, '-')?.try_into().ok()?;
    let [hour, minute, second] = two_digits(clock, ':')?.try_into().ok()?;
    let fraction: String = fraction.chars().take(9).collect();
    let offset = if offset.is_empty() { "Z" } else { offset };
    Some(format!("{year}-{month}-{day}T{hour}:{minute}:{second}.{fraction}{offset}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn times_are_read_as_clients_write_them() {
        let expected = time("2026-02-03T08:48:18.5Z");
        for written in [
            "2026-02-03T08:48:18.500Z",
            "2026-02-03T08:48:18.500000+00:00",
            "2026-02-03T10:48:18.5+02:00",
            "2026-2-3T8:48:18.5Z",
            "2026-02-03 08:48:18.5",
            "2026-02-03T08:48:18.500000000000000Z",
            "1770108498500",
        ] {
            assert_eq!(read_time(written), Some(expected), "{written}");
        }
        for garbage in ["", "yesterday", "2026-13-03T08:48:18Z", "2026-02-03", "2026-02-03T25:00:00Z", "T"] {
            assert_eq!(read_time(garbage), None, "{garbage:?}");
        }
    }

    fn at(item: serde_json::Value, sent_at: Option<&str>) -> Timestamp {
        happened_at(item.as_object().unwrap(), time("2026-05-01T12:00:00Z"), sent_at.map(time))
    }

    #[test]
    fn a_clock_that_is_off_is_set_right_and_a_little_delay_is_not() {
        let said = json!({ "timestamp": "2026-05-01T09:00:00Z" });
        assert_eq!(at(said.clone(), Some("2026-05-01T09:00:10Z")), time("2026-05-01T11:59:50Z"), "three hours slow");
        assert_eq!(at(said.clone(), Some("2026-05-01T11:56:00Z")), time("2026-05-01T09:00:00Z"), "sent late, on time");
        assert_eq!(at(said, None), time("2026-05-01T09:00:00Z"), "nothing to compare with");
        let fast = json!({ "timestamp": "2026-05-01T15:00:00Z", "sentAt": "2026-05-01T15:01:00Z" });
        assert_eq!(at(fast, Some("2026-05-01T12:00:00Z")), time("2026-05-01T11:59:00Z"), "the item's own goes first");
    }

    #[test]
    fn nothing_happens_in_the_future_or_at_a_time_nobody_can_read() {
        let received = time("2026-05-01T12:00:00Z");
        for item in [
            json!({ "timestamp": "2026-05-01T12:00:01Z" }),
            json!({ "timestamp": "soon" }),
            json!({}),
            json!({ "timestamp": "-009999-01-02T01:59:59Z", "sentAt": "9999-12-30T22:00:00.9Z" }),
        ] {
            assert!(at(item.clone(), None) <= received, "{item}");
        }
        assert_eq!(
            at(json!({ "timestamp": null, "originalTimestamp": "2026-05-01T11:00:00Z" }), None),
            time("2026-05-01T11:00:00Z")
        );
    }
}
