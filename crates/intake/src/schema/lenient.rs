//! Reads JSON that is well formed but holds what a program's values cannot.
//!
//! RFC 8259 allows numbers of any size (§6) and halves of surrogate pairs (§8.2). A number beyond the range of an
//! f64 becomes the largest one, and half a pair becomes U+FFFD. Payloads are only checked in this form, never stored.

use serde_json::Value;
use serde_json::value::RawValue;

/// Reads one JSON value.
///
/// # Errors
/// What is not well formed stays so, and is refused.
pub fn read(json: &[u8]) -> serde_json::Result<Value> {
    serde_json::from_slice(json).or_else(|_| serde_json::from_slice(&tame(json)))
}

fn tame(json: &[u8]) -> Vec<u8> {
    let mut tamed = Vec::with_capacity(json.len());
    let mut rest = json;
    while let Some(&first) = rest.first() {
        let (token, written): (usize, Option<&[u8]>) = match first {
            b'"' => {
                let end = string_end(rest);
                tame_string(&rest[..end], &mut tamed);
                rest = &rest[end..];
                continue;
            }
            b'-' | b'0'..=b'9' => {
                let part = |byte: &u8| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E');
                let end = rest.iter().position(|byte| !part(byte)).unwrap_or(rest.len());
                (end, clamped(&rest[..end]))
            }
            _ => (1, None),
        };
        tamed.extend_from_slice(written.unwrap_or(&rest[..token]));
        rest = &rest[token..];
    }
    tamed
}

/// What stands for a number that is too large.
fn clamped(number: &[u8]) -> Option<&'static [u8]> {
    let number = std::str::from_utf8(number).ok()?;
    // Syntax only; Rust's own parser takes more than JSON does.
    serde_json::from_str::<&RawValue>(number).ok()?;
    let value: f64 = number.parse().ok()?;
    value.is_infinite().then_some(if value > 0.0 { b"1.7976931348623157e308" } else { b"-1.7976931348623157e308" })
}

/// Where the string at the start of `rest` ends, behind its quote.
fn string_end(rest: &[u8]) -> usize {
    let mut at = 1;
    while at < rest.len() {
        match rest[at] {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    rest.len()
}

fn tame_string(string: &[u8], tamed: &mut Vec<u8>) {
    let mut rest = string;
    while !rest.is_empty() {
        let taken = match (escaped_unit(rest), rest.get(6..).and_then(escaped_unit)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => 12,
            (Some(0xd800..=0xdfff), _) => {
                tamed.extend_from_slice(br"\ufffd");
                rest = &rest[6..];
                continue;
            }
            (Some(_), _) => 6,
            (None, _) if rest[0] == b'\\' => rest.len().min(2),
            (None, _) => 1,
        };
        tamed.extend_from_slice(&rest[..taken]);
        rest = &rest[taken..];
    }
}

/// The UTF-16 unit of a `\uXXXX` at the start of `rest`.
fn escaped_unit(rest: &[u8]) -> Option<u16> {
    let digits = rest.strip_prefix(br"\u")?.get(..4)?;
    u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_cannot_be_held_is_replaced() {
        let odd = r#"{"big":[1e400,-1e400,1e-400,12],"half":"a\ud83d b \udc00","pair":"\ud83d\ude00","path":"\\ud800 1e400 \""}"#;
        let expected = json!({
            "big": [f64::MAX, -f64::MAX, 0.0, 12],
            "half": "a\u{fffd} b \u{fffd}",
            "pair": "😀",
            "path": "\\ud800 1e400 \"",
        });
        assert_eq!(read(odd.as_bytes()).unwrap(), expected);
    }

    #[test]
    fn what_is_malformed_stays_malformed() {
        for malformed in ["01e400", "1e400e400", "+1e400", "[1e400", "\"\\ud800", "1.e400", "--1e400"] {
            assert!(read(malformed.as_bytes()).is_err(), "{malformed}");
        }
    }
}
