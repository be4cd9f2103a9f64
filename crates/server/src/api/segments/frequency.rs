//! How often the same one may qualify, as the API writes it: `"every_visit"`, `"first_visit"` or
//! `{"cooldown": "24h"}`.

use std::borrow::Cow;

use beckon_domain::invalid::Invalid;
use beckon_domain::segment::rule::Window;
use beckon_domain::segment::{COOLDOWN_MAX, COOLDOWN_MIN, Frequency};
use jiff::SignedDuration;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

const FORMS: &str = r#"write "every_visit", "first_visit" or {"cooldown": "24h"}"#;

/// A frequency as it is written, not yet read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct FrequencyForm(pub(crate) Value);

impl FrequencyForm {
    /// The pause as it is written, if it has one.
    pub(crate) fn cooldown(&self) -> Option<&str> {
        self.0.get("cooldown")?.as_str()
    }

    /// Reads it.
    ///
    /// # Errors
    /// The field `frequency`, or `frequency/cooldown`.
    pub(super) fn read(&self) -> Result<Frequency, Invalid> {
        match &self.0 {
            Value::String(word) if word == "every_visit" => Ok(Frequency::EveryVisit),
            Value::String(word) if word == "first_visit" => Ok(Frequency::FirstVisit),
            Value::String(word) if word == "cooldown" => {
                Err(Invalid::one("frequency", r#"says not how long: write {"cooldown": "24h"}"#))
            }
            Value::Object(object) => match object.iter().collect::<Vec<_>>().as_slice() {
                [(key, cooldown)] if key.as_str() == "cooldown" => read_cooldown(cooldown),
                _ => Err(Invalid::one("frequency", format!("is not known: {FORMS}"))),
            },
            _ => Err(Invalid::one("frequency", format!("is not known: {FORMS}"))),
        }
    }
}

fn read_cooldown(cooldown: &Value) -> Result<Frequency, Invalid> {
    cooldown
        .as_str()
        .and_then(Window::parse)
        .map(Window::duration)
        .filter(|duration| (COOLDOWN_MIN..=COOLDOWN_MAX).contains(duration))
        .map(Frequency::Cooldown)
        .ok_or_else(|| {
            let days_max = COOLDOWN_MAX.as_hours() / 24;
            let reason = format!("must be a time such as 30m, 24h or 7d, of at least 1m and at most {days_max}d");
            Invalid::one("frequency/cooldown", reason)
        })
}

impl From<Frequency> for FrequencyForm {
    fn from(frequency: Frequency) -> FrequencyForm {
        FrequencyForm(match frequency {
            Frequency::EveryVisit => json!("every_visit"),
            Frequency::FirstVisit => json!("first_visit"),
            Frequency::Cooldown(duration) => json!({ "cooldown": write(duration) }),
        })
    }
}

/// Writes a time in the largest unit that holds it; a single day as `24h`.
fn write(duration: SignedDuration) -> String {
    let minutes = duration.as_mins();
    let (hours, days) = (minutes / 60, minutes / (24 * 60));
    if days > 1 && days * 24 * 60 == minutes {
        format!("{days}d")
    } else if hours > 0 && hours * 60 == minutes {
        format!("{hours}h")
    } else {
        format!("{minutes}m")
    }
}

impl JsonSchema for FrequencyForm {
    fn schema_name() -> Cow<'static, str> {
        "Frequency".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "How often the same contact or company may qualify: once per visit, once ever, or not again for a while.",
            "oneOf": [
                { "type": "string", "enum": ["every_visit", "first_visit"] },
                {
                    "type": "object",
                    "properties": {
                        "cooldown": {
                            "description": "For how long: minutes, hours or days, at most 366 days.",
                            "type": "string",
                            "pattern": "^[0-9]+[mhd]$",
                        },
                    },
                    "required": ["cooldown"],
                    "additionalProperties": false,
                },
            ],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(form: Value) -> Result<Frequency, Invalid> {
        FrequencyForm(form).read()
    }

    // behaviour Q10
    #[test]
    fn a_frequency_is_a_word_or_a_cooldown() {
        assert_eq!(read(json!("every_visit")), Ok(Frequency::EveryVisit));
        assert_eq!(read(json!("first_visit")), Ok(Frequency::FirstVisit));
        assert_eq!(read(json!({ "cooldown": "24h" })), Ok(Frequency::Cooldown(SignedDuration::from_hours(24))));
        assert_eq!(read(json!({ "cooldown": "366d" })), Ok(Frequency::Cooldown(COOLDOWN_MAX)));
    }

    #[test]
    fn what_is_no_frequency_is_refused_by_name() {
        for form in
            [json!("daily"), json!("cooldown"), json!({}), json!({ "cooldown": "1h", "x": 1 }), json!(7), json!(null)]
        {
            assert_eq!(read(form.clone()).unwrap_err().0[0].field, "frequency", "{form}");
        }
        for cooldown in [json!(24), json!("0m"), json!("367d"), json!("24"), json!("1w"), json!(null)] {
            let form = json!({ "cooldown": cooldown });
            assert_eq!(read(form).unwrap_err().0[0].field, "frequency/cooldown", "{cooldown}");
        }
        assert!(read(json!("cooldown")).unwrap_err().to_string().contains("24h"));
    }

    #[test]
    fn a_frequency_reads_back_as_written() {
        for text in ["1m", "90m", "1h", "24h", "25h", "2d", "366d"] {
            let form = FrequencyForm(json!({ "cooldown": text }));
            assert_eq!(FrequencyForm::from(form.read().unwrap()), form);
        }
        for (longer, shorter) in [("60m", "1h"), ("1d", "24h"), ("48h", "2d")] {
            let written = FrequencyForm::from(read(json!({ "cooldown": longer })).unwrap());
            assert_eq!(written.0["cooldown"], shorter);
        }
        assert_eq!(FrequencyForm::from(Frequency::FirstVisit).0, "first_visit");
    }
}
