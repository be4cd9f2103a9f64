//! Channels as people type them.

use beckon_domain::channel::{self, Channel};
use beckon_domain::id::SegmentId;
use beckon_domain::invalid::Invalid;
use schemars::JsonSchema;
use serde::Deserialize;

/// Channels as people type them: a list, or one text.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum TypedChannels {
    /// `segment_12345 segment_67890`, also with commas, line breaks or bare numbers.
    Text(String),
    /// The same, one or several in each.
    List(Vec<String>),
}

impl TypedChannels {
    /// The channels, or every token that is none.
    pub(crate) fn read(&self, segment_exists: impl Fn(SegmentId) -> bool) -> Result<Vec<Channel>, Invalid> {
        match self {
            TypedChannels::Text(text) => channel::parse_typed("channels", &[text], segment_exists),
            TypedChannels::List(list) => channel::parse_typed("channels", list, segment_exists),
        }
    }
}
