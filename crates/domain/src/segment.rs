//! Segments: named rules over contacts or companies, and what happens when someone qualifies.
//!
//! [`rule`] reads a rule and says what is wrong with it; [`evaluate`] answers whether it holds.
//! How often someone may qualify is in [`crate::qualify`].

pub mod evaluate;
pub mod rule;

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::SegmentId;
use rule::Rule;

/// A named rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Segment {
    /// Its number.
    pub id: SegmentId,
    /// What people call it.
    pub name: String,
    /// Who its rule is about.
    pub subject: Subject,
    /// Who is in it.
    pub rule: Rule,
    /// Whether anyone can qualify.
    pub enabled: bool,
    /// What happens when someone does.
    pub actions: Vec<Action>,
    /// How often the same one may.
    pub frequency: Frequency,
    /// Counts changes; an update that does not know the latest one is refused.
    pub revision: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl Segment {
    /// Whether a qualification is announced to webhooks.
    pub fn announces(&self) -> bool {
        self.enabled && self.actions.contains(&Action::Webhook)
    }
}

/// Who a segment is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// People.
    Contact,
    /// Accounts.
    Company,
}

/// What a segment does when someone qualifies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Announce an event to webhooks.
    Webhook,
}

/// How often the same contact or company may qualify for the same segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Frequency {
    /// Once per visit; and once per intent signal.
    #[default]
    EveryVisit,
    /// Once ever.
    FirstVisit,
    /// Once, then not again for this long.
    Cooldown(SignedDuration),
}

/// Shortest cooldown taken.
pub const COOLDOWN_MIN: SignedDuration = SignedDuration::from_mins(1);
/// Longest cooldown taken.
pub const COOLDOWN_MAX: SignedDuration = SignedDuration::from_hours(366 * 24);
