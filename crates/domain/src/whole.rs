//! Whole numbers as JSON writes them: `5`, `5.0` and `5e0` are one number, and `integer` in a JSON Schema means
//! all of them (JSON Schema 2020-12, Validation §6.1.1).

use serde_json::Number;

/// From here on a number with a fraction or exponent is not exact any more.
const FLOAT_MAX: f64 = (1_u64 << 53) as f64;

/// The number, if it is whole and a `T` can hold it. One that is written with a fraction or exponent also has to
/// be small enough to be exact.
pub fn whole<T: TryFrom<i128>>(number: &Number) -> Option<T> {
    let exact = |float: &f64| float.fract() == 0.0 && float.abs() < FLOAT_MAX;
    let whole = number.as_i128().or_else(|| number.as_f64().filter(exact).map(|float| float as i128));
    whole.and_then(|whole| T::try_from(whole).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_whole_however_it_is_written() {
        let read = |json: &str| whole::<i128>(&serde_json::from_str(json).unwrap());
        assert_eq!(
            [read("60"), read("60.0"), read("6e1"), read("-1"), read("-0.0")].map(Option::unwrap),
            [60, 60, 60, -1, 0]
        );
        assert_eq!(read("18446744073709551615"), Some(i128::from(u64::MAX)));
        assert_eq!([read("5.5"), read("1e300"), read("-0.1"), read("9007199254740992.0")], [None; 4]);
        assert_eq!(
            (whole::<u8>(&255.into()), whole::<u8>(&256.into()), whole::<u64>(&(-1).into())),
            (Some(255), None, None)
        );
    }
}
