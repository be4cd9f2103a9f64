//! Makes JSON text readable for a checker that has no numbers beyond an `f64`.
//!
//! Only for checking shapes and naming what is wrong: what is stored and sent is the text as it came.

use std::borrow::Cow;

/// `text` with every number that no `f64` can hold replaced by one near the largest that can.
pub(super) fn clamp(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    let mut clamped = String::new();
    let mut copied = 0;
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => at = end_of_string(bytes, at),
            b'-' | b'0'..=b'9' => {
                let digits = |byte: &u8| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
                let end = at + bytes[at..].iter().take_while(|byte| digits(byte)).count();
                if text[at..end].parse::<f64>().is_ok_and(f64::is_infinite) {
                    clamped.push_str(&text[copied..at]);
                    clamped.push_str(if *byte == b'-' { "-1e308" } else { "1e308" });
                    copied = end;
                }
                at = end;
            }
            _ => at += 1,
        }
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    clamped.push_str(&text[copied..]);
    Cow::Owned(clamped)
}

/// Where the string that begins at `start` ends.
fn end_of_string(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::clamp;

    #[test]
    fn only_numbers_beyond_an_f64_are_replaced() {
        assert_eq!(clamp(r#"{"a":1e400,"b":[-1E999, 2]}"#), r#"{"a":1e308,"b":[-1e308, 2]}"#);
        for same in [r#"{"a":"1e400 \" 1e400","b":1e300}"#, "12345678901234567890123", "\"open", "[1e-400]", "\"\\"] {
            assert_eq!(clamp(same), same);
        }
    }
}
