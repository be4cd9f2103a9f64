//! A whole number in a body, however it is written.
//!
//! Serde takes `5` and refuses `5.0`; our documents say `integer`, which is both.

use beckon_domain::whole::whole;
use schemars::JsonSchema;
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use serde_json::Number;

/// A `T` such as `u64` that may be written as `5`, `5.0` or `5e0`. For every integer in a JSON body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
#[schemars(transparent)]
pub struct Whole<T>(pub T);

impl<'de, T: TryFrom<i128>> Deserialize<'de> for Whole<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = Number::deserialize(deserializer)?;
        whole(&number).map(Whole).ok_or_else(|| D::Error::custom("not a whole number, or too large"))
    }
}

#[cfg(test)]
mod tests {
    use super::Whole;

    #[test]
    fn a_number_is_whole_however_it_is_written() {
        let read = |json: &str| serde_json::from_str::<Whole<i64>>(json).map(|Whole(number)| number).ok();
        assert_eq!((read("60"), read("60.0"), read("6e1"), read("-1")), (Some(60), Some(60), Some(60), Some(-1)));
        assert_eq!((read("0.5"), read("1e300"), read("\"5\"")), (None, None, None));
        assert!(serde_json::from_str::<Whole<u64>>("-1").is_err());
    }
}
