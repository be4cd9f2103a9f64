//! A webhook as it is shown: without its secrets.
//!
//! Header values and parts of the URL that may be secrets are masked. What is sent back masked means "keep
//! what is there" (`form.rs`), so that a reply can be changed and sent back whole.

use std::collections::BTreeMap;

use beckon_domain::channel::Channel;
use beckon_domain::id::WebhookId;
use beckon_domain::webhook::{Webhook, is_secret_header};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use url::Url;

use crate::docs;

/// What stands in the place of a secret.
pub(super) const MASK: &str = "***";

/// A webhook.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "Webhook")]
pub(super) struct WebhookView {
    /// Its id.
    id: WebhookId,
    /// What people call it.
    description: String,
    /// Where to POST; a password in it is shown as `***`.
    url: String,
    /// The event types it wants.
    event_types: Vec<String>,
    /// The segments it is limited to; empty means not limited.
    channels: Vec<Channel>,
    /// Headers added to every request; values that may be secrets are shown as `***`.
    headers: BTreeMap<String, String>,
    /// Whether it gets anything.
    enabled: bool,
    /// Why it is not enabled, if not by a person.
    disabled_reason: Option<String>,
    /// Seconds between attempts; null means the installation's schedule.
    retry_schedule: Option<Vec<i64>>,
    /// The customer's own notes.
    metadata: BTreeMap<String, String>,
    /// When it was made.
    #[schemars(schema_with = "docs::timestamp")]
    created_at: Timestamp,
    /// When it last changed.
    #[schemars(schema_with = "docs::timestamp")]
    updated_at: Timestamp,
}

impl From<Webhook> for WebhookView {
    fn from(webhook: Webhook) -> WebhookView {
        WebhookView {
            id: webhook.id,
            description: webhook.description,
            url: masked_url(&webhook.url),
            event_types: webhook.event_types,
            channels: webhook.channels,
            headers: webhook.headers.into_iter().map(masked_header).collect(),
            enabled: webhook.enabled,
            disabled_reason: webhook.disabled_reason,
            retry_schedule: webhook.retry_schedule.map(|s| s.0.iter().map(|delay| delay.as_secs()).collect()),
            metadata: webhook.metadata,
            created_at: webhook.created_at,
            updated_at: webhook.updated_at,
        }
    }
}

/// A URL without the secret of its user-info: the password, or the user if it stands alone.
pub(super) fn masked_url(url: &Url) -> String {
    let mut masked = url.clone();
    // Both fail only for URLs that cannot have user-info, and then there is none to mask.
    if url.password().is_some() {
        masked.set_password(Some(MASK)).ok();
    } else if !url.username().is_empty() {
        masked.set_username(MASK).ok();
    }
    masked.into()
}

fn masked_header((name, value): (String, String)) -> (String, String) {
    if is_secret_header(&name) { (name, MASK.to_owned()) } else { (name, value) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(url: &str) -> String {
        masked_url(&Url::parse(url).unwrap())
    }

    // behaviour S12
    #[test]
    fn the_secret_in_a_url_is_not_shown() {
        assert_eq!(masked("https://jane:hunter2@example.com/a"), "https://jane:***@example.com/a");
        assert_eq!(masked("https://token@example.com/"), "https://***@example.com/");
        assert_eq!(masked("https://:pw@example.com/"), "https://:***@example.com/");
        assert_eq!(masked("https://example.com/?a=b"), "https://example.com/?a=b");
    }

    // behaviour S10 (in part)
    #[test]
    fn sensitive_header_values_are_not_shown() {
        assert_eq!(masked_header(("X-Team".to_owned(), "sales".to_owned())).1, "sales");
        assert_eq!(masked_header(("X-Token".to_owned(), "abc".to_owned())).1, MASK);
    }
}
