//! The names of the headers a receiver verifies a request by.
//!
//! Source: Standard Webhooks 1.0, "Webhook headers (sending metadata to consumers)".

/// The event's id: the same on every retry, resend and webhook.
pub const WEBHOOK_ID: &str = "webhook-id";
/// When this attempt was begun, in Unix seconds.
pub const WEBHOOK_TIMESTAMP: &str = "webhook-timestamp";
/// The signatures, separated by spaces.
pub const WEBHOOK_SIGNATURE: &str = "webhook-signature";
