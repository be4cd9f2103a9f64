//! Which identifiers name nobody in a workspace.

use std::collections::HashSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::invalid::Findings;

/// Most values that a workspace blocks.
pub const BLOCKED_VALUES_MAX: usize = 200;
/// Longest of them, in characters.
pub const BLOCKED_VALUE_CHARS_MAX: usize = 255;

/// How people are recognised.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct IdentitySettings {
    /// User ids, addresses, anonymous ids and account ids that name nobody, compared without case: such as that of a test
    /// account that everybody uses. What programs write when they don't know, such as `null` or `anonymous`, never names anybody.
    pub blocked_values: Vec<String>,
}

impl IdentitySettings {
    /// The blocked values, ready to be asked.
    pub fn blocked(&self) -> Blocked {
        Blocked(self.blocked_values.iter().map(|value| value.trim().to_lowercase()).collect())
    }

    pub(super) fn check(&self, findings: &mut Findings) {
        if self.blocked_values.len() > BLOCKED_VALUES_MAX {
            findings.add("identity/blocked_values", format!("at most {BLOCKED_VALUES_MAX} values"));
        }
        for (n, value) in self.blocked_values.iter().enumerate() {
            if value.trim().is_empty() || value.chars().count() > BLOCKED_VALUE_CHARS_MAX {
                let reason = format!("has 1 to {BLOCKED_VALUE_CHARS_MAX} characters");
                findings.add(format!("identity/blocked_values/{n}"), reason);
            }
        }
    }
}

/// Blocked values, in lower case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Blocked(HashSet<String>);

impl Blocked {
    /// Whether nothing is blocked.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a value is blocked.
    pub fn has(&self, value: &str) -> bool {
        !self.0.is_empty() && self.0.contains(&value.to_lowercase())
    }
}
