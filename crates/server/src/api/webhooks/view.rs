//! A webhook as it is shown: without its secrets.
//!
//! What may be a secret is masked (`masked.rs`); what signs has an answer of its own (`secret.rs`).

use std::collections::BTreeMap;

use beckon_domain::channel::Channel;
use beckon_domain::id::WebhookId;
use beckon_domain::rate::RateLimit;
use beckon_domain::signing::SigningScheme;
use beckon_domain::webhook::Webhook;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::auth::TypedAuth;
use super::certificate::TypedCertificate;
use super::health::HealthView;
use super::masked::{masked_headers, masked_url};
use crate::docs;

/// A webhook.
#[derive(Clone, Serialize, JsonSchema)]
#[schemars(rename = "Webhook")]
pub(crate) struct WebhookView {
    /// Its id.
    pub(crate) id: WebhookId,
    /// What people call it.
    pub(crate) description: String,
    /// Where to POST; a password in it is shown as `***`.
    pub(crate) url: String,
    /// The event types it wants.
    pub(crate) event_types: Vec<String>,
    /// The segments it is limited to; empty means not limited.
    pub(crate) channels: Vec<Channel>,
    /// Headers added to every request; values that may be secrets are shown as `***`.
    pub(crate) headers: BTreeMap<String, String>,
    /// Whether it gets anything.
    pub(crate) enabled: bool,
    /// Why it is not enabled; null if a person disabled it and did not say why.
    pub(crate) disabled_reason: Option<String>,
    /// Seconds between attempts; null means the installation's schedule.
    pub(crate) retry_schedule: Option<Vec<i64>>,
    /// How many requests it may get; null means as many as there are.
    pub(crate) rate_limit: Option<RateLimit>,
    /// Whether events come in order, one at a time: one that fails holds up those behind it until it is delivered,
    /// has failed for good, or is canceled.
    pub(crate) fifo: bool,
    /// How its requests authenticate; null if they do not, or by user-info in the URL.
    pub(crate) auth: Option<TypedAuth>,
    /// Authorities trusted beside the public ones, as PEM.
    pub(crate) ca_certificates: Option<String>,
    /// The certificate shown to the receiver.
    pub(crate) client_certificate: Option<TypedCertificate>,
    /// How its requests are signed. What with, `/webhooks/{id}/secret` shows.
    pub(crate) signing: SigningScheme,
    /// How its receiver has been doing; null while it is disabled and gets nothing anyway.
    pub(crate) health: Option<HealthView>,
    /// The customer's own notes.
    pub(crate) metadata: BTreeMap<String, String>,
    /// When it was made.
    #[schemars(schema_with = "docs::timestamp")]
    pub(crate) created_at: Timestamp,
    /// When it last changed.
    #[schemars(schema_with = "docs::timestamp")]
    pub(crate) updated_at: Timestamp,
}

impl WebhookView {
    /// `webhook`, and how its receiver has been doing.
    pub(crate) fn of(webhook: Webhook, health: Option<HealthView>) -> WebhookView {
        let newest_key = webhook.signing_keys.first();
        WebhookView {
            id: webhook.id,
            description: webhook.description,
            url: masked_url(&webhook.url),
            event_types: webhook.event_types,
            channels: webhook.channels,
            headers: masked_headers(webhook.headers),
            enabled: webhook.enabled,
            disabled_reason: webhook.disabled_reason,
            retry_schedule: webhook.retry_schedule.map(|s| s.0.iter().map(|delay| delay.as_secs()).collect()),
            rate_limit: webhook.rate_limit,
            fifo: webhook.fifo,
            auth: webhook.auth.as_ref().map(TypedAuth::from),
            ca_certificates: webhook.ca_certificates,
            client_certificate: webhook.client_identity.as_ref().map(TypedCertificate::from),
            signing: newest_key.map(|key| key.material.scheme()).unwrap_or_default(),
            health,
            metadata: webhook.metadata,
            created_at: webhook.created_at,
            updated_at: webhook.updated_at,
        }
    }
}
