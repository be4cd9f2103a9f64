//! Whole numbers as JSON writes them: `5`, `5.0` and `5e0` are one number, and `integer` in a JSON Schema means
//! all of them (JSON Schema 2020-12, Validation §6.1.1).

use serde_json::Number;

/// From here on a number with a fraction or exponent is not exact any more.
const FLOAT_MAX: f64 = (1_u64 << 53) as f64;

/// The number, if it is whole; `None` too if it is written with a fraction or exponent and too large to be exact.
pub fn whole(number: &Number) -> Option<i128> {
    let exact = |float: &f64| float.fract() == 0.0 && float.abs() < FLOAT_MAX;
    number.as_i128().or_else(|| number.as_f64().filter(exact).map(|float| float as i128))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_whole_however_it_is_written() {
        let read = |json: &str| whole(&serde_json::from_str(json).unwrap());
        assert_eq!(
            [read("60"), read("60.0"), read("6e1"), read("-1"), read("-0.0")].map(Option::unwrap),
            [60, 60, 60, -1, 0]
        );
        assert_eq!(read("18446744073709551615"), Some(i128::from(u64::MAX)));
        assert_eq!([read("5.5"), read("1e300"), read("-0.1"), read("9007199254740992.0")], [None; 4]);
    }
}
