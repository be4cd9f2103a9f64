//! Sizes as people write them: `256KiB`, `1MiB`, `500kB`, or bytes.

use std::fmt;

use figment::value::Value;

use super::{Setting, quoted, text_of};

const UNITS: [(&str, usize); 5] = [("MiB", 1 << 20), ("KiB", 1 << 10), ("MB", 1_000_000), ("kB", 1_000), ("B", 1)];

/// A size in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Bytes(pub(crate) usize);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match UNITS.iter().find(|(_, unit)| self.0 > 0 && self.0.is_multiple_of(*unit)) {
            Some((name, unit)) => write!(f, "{}{name}", self.0 / unit),
            None => write!(f, "{}B", self.0),
        }
    }
}

fn read(text: &str) -> Option<Bytes> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match text[digits.len()..].to_lowercase().as_str() {
        "" => 1,
        unit => UNITS.iter().find(|(name, _)| name.to_lowercase() == unit)?.1,
    };
    let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    let amount: usize = plain.then(|| digits.parse().ok()).flatten()?;
    amount.checked_mul(unit).map(Bytes)
}

impl Setting for Bytes {
    fn read(value: &Value) -> Result<Bytes, String> {
        let form = "is not a size: write one like 256KiB, 1MiB or 1048576";
        text_of(value).and_then(|text| read(&text)).ok_or_else(|| form.to_owned())
    }

    fn show(&self) -> String {
        quoted(&self.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_an_amount_and_a_unit_or_bytes() {
        for (text, bytes) in [
            ("262144", 262_144),
            ("256KiB", 262_144),
            ("256kib", 262_144),
            ("1MiB", 1 << 20),
            ("5kB", 5_000),
            ("7B", 7),
        ] {
            assert_eq!(read(text), Some(Bytes(bytes)), "{text}");
        }
    }

    #[test]
    fn what_is_no_size_is_refused() {
        for text in ["", "KiB", "-1", "1.5MiB", "1 MiB", "1GiBB", "99999999999999999999", "99999999999999999MiB"] {
            assert_eq!(read(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_size_reads_back_as_written() {
        for bytes in [0, 1, 1_023, 1_024, 1_000_000, 1 << 20] {
            assert_eq!(read(&Bytes(bytes).to_string()), Some(Bytes(bytes)));
        }
    }
}
