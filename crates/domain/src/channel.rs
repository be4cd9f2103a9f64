//! Channels: the labels that say which segment an event came from.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::SegmentId;
use crate::invalid::{Findings, Invalid};

/// Most channels a webhook or an event may have.
pub const CHANNELS_MAX: usize = 100;
/// Longest channel, in bytes.
pub const CHANNEL_BYTES_MAX: usize = 128;

/// A label an event carries and a webhook may be limited to, such as `segment_7264`.
///
/// Letters, digits and `- _ . :`, at most [`CHANNEL_BYTES_MAX`] bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Channel(String);

impl JsonSchema for Channel {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Channel".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": r"^[A-Za-z0-9._:-]{1,128}$" })
    }
}

impl Channel {
    /// The channel of a segment.
    pub fn of_segment(id: SegmentId) -> Channel {
        Channel(format!("segment_{id}"))
    }

    /// Reads a channel.
    pub fn parse(text: &str) -> Result<Channel, String> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':');
        if text.is_empty() || text.len() > CHANNEL_BYTES_MAX || !text.chars().all(allowed) {
            return Err(format!(
                "{text:?} is not a channel: use up to {CHANNEL_BYTES_MAX} letters, digits and - _ . :, such as segment_7264"
            ));
        }
        Ok(Channel(text.to_owned()))
    }

    /// The label.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The segment this is the channel of, if it is one's.
    pub fn segment(&self) -> Option<SegmentId> {
        self.0.strip_prefix("segment_")?.parse().ok()
    }
}

impl TryFrom<String> for Channel {
    type Error = String;

    fn try_from(text: String) -> Result<Channel, String> {
        Channel::parse(&text)
    }
}

impl From<Channel> for String {
    fn from(channel: Channel) -> String {
        channel.0
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Reads the channels of a webhook as people type them: `segment_12345 segment_67890`, also with commas
/// or line breaks, or bare numbers. Each item of `typed` may hold several.
///
/// A webhook can only be limited to segments that exist: every token that is not one of those is
/// refused, each named, under `field`. Repeats are one; the order stays.
pub fn parse_typed<S: AsRef<str>>(
    field: &str,
    typed: &[S],
    segment_exists: impl Fn(SegmentId) -> bool,
) -> Result<Vec<Channel>, Invalid> {
    let mut findings = Findings::default();
    let mut channels = Vec::new();
    let tokens = typed.iter().flat_map(|text| text.as_ref().split(|c: char| c.is_whitespace() || c == ','));
    for token in tokens.filter(|token| !token.is_empty()) {
        let number = token.strip_prefix("segment_").unwrap_or(token);
        match number.parse::<SegmentId>() {
            Ok(id) if segment_exists(id) => {
                let channel = Channel::of_segment(id);
                if !channels.contains(&channel) {
                    channels.push(channel);
                }
            }
            Ok(_) => findings.add(field, format!("there is no segment {token:?}")),
            Err(_) => findings.add(field, format!("{token:?} is not a segment: write segment_12345 or 12345")),
        }
    }
    if channels.len() > CHANNELS_MAX {
        findings.add(field, format!("at most {CHANNELS_MAX} channels, these are {}", channels.len()));
    }
    findings.into_result(channels)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(typed: &[&str]) -> Result<Vec<String>, Invalid> {
        let known = |id: SegmentId| [12345, 67890, 7].contains(&id.0);
        parse_typed("channels", typed, known).map(|channels| channels.iter().map(ToString::to_string).collect())
    }

    // behaviour R3
    #[test]
    fn channels_are_taken_as_people_type_them() {
        let both = Ok(vec!["segment_12345".to_owned(), "segment_67890".to_owned()]);
        assert_eq!(parse(&["segment_12345 segment_67890"]), both);
        assert_eq!(parse(&["segment_12345,segment_67890"]), both);
        assert_eq!(parse(&["12345\n67890\r\n"]), both);
        assert_eq!(parse(&[" 12345 , segment_67890", "12345"]), both);
        assert_eq!(parse(&["", " , "]), Ok(vec![]));
    }

    // behaviour R3
    #[test]
    fn every_token_that_is_no_segment_is_named() {
        let Invalid(fields) = parse(&["segment_12345 nginx segment_9 -3 segment_"]).unwrap_err();
        let reasons: Vec<_> = fields.iter().map(|f| f.reason.as_str()).collect();
        assert_eq!(reasons.len(), 4);
        for (reason, token) in reasons.iter().zip(["nginx", "segment_9", "-3", "segment_"]) {
            assert!(reason.contains(token), "{reason} should name {token}");
        }
        assert!(fields.iter().all(|f| f.field == "channels"));
    }
}
