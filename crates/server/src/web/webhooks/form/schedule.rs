//! Delays as people type them: `5s, 5m, 30m, 2h`.

/// Seconds in each unit, the longest first.
const UNITS: &[(&str, i64)] = &[("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)];

/// Reads delays; commas or spaces between them, bare numbers are seconds. Or everything that is none.
pub(super) fn read(text: &str) -> Result<Vec<i64>, Vec<String>> {
    let tokens = text.split(|c: char| c == ',' || c.is_whitespace()).filter(|token| !token.is_empty());
    let (delays, wrong): (Vec<_>, Vec<_>) = tokens.map(read_one).partition(Result::is_ok);
    if wrong.is_empty() {
        return Ok(delays.into_iter().flatten().collect());
    }
    Err(wrong.into_iter().filter_map(Result::err).collect())
}

fn read_one(token: &str) -> Result<i64, String> {
    let wrong = || format!("{token:?} is not a delay: write 30s, 5m, 2h or 1d");
    let digits = token.trim_end_matches(|c: char| !c.is_ascii_digit());
    let unit = match &token[digits.len()..] {
        "" => 1,
        "min" => 60,
        unit => UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(wrong)?.1,
    };
    let count: u32 = digits.parse().ok().ok_or_else(wrong)?;
    i64::from(count).checked_mul(unit).ok_or_else(wrong)
}

/// Delays, given in seconds, each in the longest unit that it is a whole number of.
pub(in crate::web::webhooks) fn delays(seconds: impl Iterator<Item = i64>) -> String {
    let one = |seconds: i64| {
        let unit = UNITS.iter().find(|(_, length)| seconds != 0 && seconds % length == 0);
        let (name, length) = unit.copied().unwrap_or(("s", 1));
        format!("{}{name}", seconds / length)
    };
    seconds.map(one).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_are_read_as_they_are_shown() {
        let seconds = vec![5, 300, 1_800, 7_200, 86_400, 90, 0];
        assert_eq!(delays(seconds.iter().copied()), "5s, 5m, 30m, 2h, 1d, 90s, 0s");
        assert_eq!(read("5s, 5m, 30m, 2h, 1d, 90s, 0s"), Ok(seconds));
        assert_eq!(read(" 7 3min,\n"), Ok(vec![7, 180]));
        assert_eq!(read(""), Ok(vec![]));
    }

    #[test]
    fn every_token_that_is_no_delay_is_named() {
        let wrong = read("5s, soon, 5x, -1s, 99999999999999999999d, m").unwrap_err();
        assert_eq!(wrong.len(), 5);
        assert!(wrong[0].contains("\"soon\""), "{wrong:?}");
    }
}
