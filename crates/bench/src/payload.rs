//! The payload of the events that are published: which event it is and when it was due to be sent, in 300 bytes.
//!
//! Everything has a fixed place and width, so that neither end needs to read JSON.

use std::ops::Range;

/// Size of a payload, in bytes.
pub(crate) const PAYLOAD_BYTES: usize = 300;

const NUMBER: Range<usize> = 6..16;
const MOMENT: Range<usize> = 24..44;
const HEAD: &str = r#"{"n":"0000000000","at":"00000000000000000000","filler":""#;
const TAIL: &str = r#""}"#;

/// A payload with nothing filled in yet.
pub(crate) fn blank() -> String {
    let filler = "x".repeat(PAYLOAD_BYTES - HEAD.len() - TAIL.len());
    format!("{HEAD}{filler}{TAIL}")
}

/// Writes into a payload which event it is, and the moment from which its latency counts.
pub(crate) fn fill(payload: &mut [u8], n: u64, at_ns: u64) {
    write_digits(&mut payload[NUMBER], n);
    write_digits(&mut payload[MOMENT], at_ns);
}

/// The number and the moment in a payload; `None` if it is another kind of payload.
pub(crate) fn read(payload: &[u8]) -> Option<(u64, u64)> {
    if payload.len() != PAYLOAD_BYTES || !payload.starts_with(&HEAD.as_bytes()[..NUMBER.start]) {
        return None;
    }
    Some((read_digits(&payload[NUMBER])?, read_digits(&payload[MOMENT])?))
}

fn write_digits(place: &mut [u8], mut number: u64) {
    for digit in place.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

fn read_digits(place: &[u8]) -> Option<u64> {
    place.iter().try_fold(0_u64, |number, digit| {
        let digit = digit.is_ascii_digit().then(|| u64::from(digit - b'0'))?;
        number.checked_mul(10)?.checked_add(digit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_filled_in_is_read_again_and_the_payload_stays_json() {
        let mut payload = blank().into_bytes();
        fill(&mut payload, 1_234_567_890, 9_876_543_210_123_456_789);
        assert_eq!(payload.len(), PAYLOAD_BYTES);
        assert_eq!(read(&payload), Some((1_234_567_890, 9_876_543_210_123_456_789)));
        let value: serde_json::Value = serde_json::from_slice(&payload).unwrap();
        assert_eq!(value["n"], "1234567890");
        assert_eq!(value["at"], "09876543210123456789");
        fill(&mut payload, 7, 0);
        assert_eq!(read(&payload), Some((7, 0)));
    }

    #[test]
    fn another_payload_is_not_read() {
        assert_eq!(read(b"{}"), None);
        assert_eq!(read(&[b'x'; PAYLOAD_BYTES]), None);
        let mut payload = blank().into_bytes();
        payload[NUMBER.start] = b'-';
        assert_eq!(read(&payload), None);
    }
}
