//! Identifiers: a prefix that says what it names, and a time-ordered UUIDv7 in lower-case base 32.
//!
//! The alphabet is Crockford's, so that the text sorts as the bytes do and no letter is mistaken for
//! a digit. Segments are the exception: people type their number, so it is one.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// 128 bits at 5 bits a letter.
const LETTERS: usize = 26;

/// A text that was meant to be an id and is not one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not an id of the form {prefix}_ and 26 letters or digits")]
pub struct NotAnId {
    prefix: &'static str,
    text: String,
}

fn encode(uuid: Uuid) -> String {
    let mut bits = uuid.as_u128();
    let mut letters = [0; LETTERS];
    for letter in letters.iter_mut().rev() {
        *letter = ALPHABET[(bits & 31) as usize];
        bits >>= 5;
    }
    letters.iter().map(|byte| char::from(*byte)).collect()
}

fn decode(text: &str) -> Option<Uuid> {
    // 26 letters hold 130 bits; the first may only use its lower three.
    if text.len() != LETTERS || text.as_bytes()[0] > b'7' {
        return None;
    }
    let mut bits: u128 = 0;
    for byte in text.bytes() {
        let value = ALPHABET.iter().position(|letter| *letter == byte)?;
        bits = (bits << 5) | value as u128;
    }
    Some(Uuid::from_u128(bits))
}

/// Defines an id type; see the module's own for examples.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// What its text starts with, before the underscore.
            pub const PREFIX: &'static str = $prefix;

            /// The bare UUID, as stores keep it.
            pub fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl From<Uuid> for $name {
            fn from(uuid: Uuid) -> Self {
                Self(uuid)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}_{}", $prefix, encode(self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;

            fn from_str(text: &str) -> Result<Self, NotAnId> {
                text.strip_prefix(concat!($prefix, "_"))
                    .and_then(decode)
                    .map(Self)
                    .ok_or_else(|| NotAnId { prefix: $prefix, text: text.to_owned() })
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn inline_schema() -> bool {
                true
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({
                    "type": "string",
                    "pattern": concat!("^", $prefix, "_[0-7][0-9a-hjkmnp-tv-z]{25}$"),
                })
            }
        }
    };
}

id!(
    /// The form of an event id that we make. Publishers may choose others: see [`crate::event::EventId`].
    GeneratedEventId, "evt"
);
id!(
    /// A tenant. Everything else belongs to exactly one.
    WorkspaceId, "ws"
);
id!(
    /// A webhook.
    WebhookId, "wh"
);
id!(
    /// A piece of work in the background.
    JobId, "job"
);
id!(
    /// One event owed to one webhook.
    DeliveryId, "dlv"
);
id!(
    /// One HTTP request of a delivery.
    AttemptId, "att"
);
id!(
    /// A person.
    ContactId, "con"
);
id!(
    /// Two contacts that were made one.
    MergeId, "mrg"
);
id!(
    /// An entry of the suppression list.
    SuppressionId, "sup"
);
id!(
    /// An account, keyed by domain.
    CompanyId, "com"
);
id!(
    /// A browser, or whatever else keeps an anonymous id.
    VisitorId, "vis"
);
id!(
    /// A visitor's page views with no gap over 30 minutes.
    VisitId, "vst"
);
id!(
    /// One thing that came in.
    SignalId, "sig"
);
id!(
    /// A named list of contacts or companies.
    ListId, "lst"
);
id!(
    /// An API key (the record, not the key itself).
    ApiKeyId, "key"
);
id!(
    /// A write key (the record, not the key itself).
    WriteKeyId, "wk"
);
id!(
    /// A person who works with a workspace.
    MemberId, "mem"
);
id!(
    /// An invitation (the record, not the token in its link).
    InvitationId, "inv"
);
id!(
    /// A link that opens the webhooks of a workspace to somebody.
    PortalLinkId, "pl"
);
id!(
    /// One change in the audit log.
    AuditId, "aud"
);

/// A segment's number. Never used twice, not even after the segment is deleted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SegmentId(pub i64);

impl fmt::Display for SegmentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for SegmentId {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let plain =
            !text.is_empty() && text.len() <= 18 && text.bytes().all(|b| b.is_ascii_digit()) && !text.starts_with('0');
        plain
            .then(|| text.parse().ok().map(SegmentId))
            .flatten()
            .ok_or_else(|| NotAnId { prefix: "segment", text: text.to_owned() })
    }
}

impl Serialize for SegmentId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SegmentId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for SegmentId {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "SegmentId".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^[1-9][0-9]{0,17}$" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_as_written() {
        let id = WebhookId::from(Uuid::from_u128(u128::MAX));
        assert_eq!(id.to_string(), "wh_7zzzzzzzzzzzzzzzzzzzzzzzzz");
        assert_eq!(id.to_string().parse(), Ok(id));
    }

    #[test]
    fn the_id_of_another_kind_is_refused() {
        let id = WebhookId::from(Uuid::from_u128(1)).to_string();
        assert!(id.parse::<DeliveryId>().is_err());
        assert!("wh_8zzzzzzzzzzzzzzzzzzzzzzzzz".parse::<WebhookId>().is_err(), "more than 128 bits");
        assert!("wh_".parse::<WebhookId>().is_err());
    }

    #[test]
    fn a_segment_id_is_its_number_written_one_way() {
        assert_eq!("7264".parse(), Ok(SegmentId(7264)));
        for odd in ["", "0", "07", "-1", "+1", " 1", "1e3", "1234567890123456789"] {
            assert!(odd.parse::<SegmentId>().is_err(), "{odd:?}");
        }
    }
}
