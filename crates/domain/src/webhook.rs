//! Webhooks: where events go, and how.
//!
//! Promise: what is secret about a webhook (URL, headers, signing keys, credentials) is apart from the rest in
//! what stores keep ([`kept`]), and never part of `Debug`.

mod auth;
mod kept;

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::channel::Channel;
use crate::id::{WebhookId, WorkspaceId};
use crate::invalid::{Findings, Invalid};
use crate::rate::RateLimit;
use crate::retry::RetrySchedule;
use crate::signing::SigningKey;

pub use auth::{Auth, CREDENTIAL_BYTES_MAX, ClientAuth, ClientIdentity, OAuth2};
pub use kept::Kept;

/// Longest endpoint URL, in bytes.
pub const URL_BYTES_MAX: usize = 2048;
/// Longest description, and longest reason for being disabled, in characters.
pub const DESCRIPTION_CHARS_MAX: usize = 1024;
/// Most custom headers.
pub const HEADERS_MAX: usize = 32;
/// Longest value of a custom header, in bytes.
pub const HEADER_VALUE_BYTES_MAX: usize = 4096;
/// Most event types a webhook can list.
pub const EVENT_TYPES_MAX: usize = 200;
/// Most metadata entries.
pub const METADATA_MAX: usize = 50;
/// Longest metadata key or value, in characters.
pub const METADATA_CHARS_MAX: usize = 500;

/// Where events go.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Webhook {
    /// Its id.
    pub id: WebhookId,
    /// Whose it is.
    pub workspace_id: WorkspaceId,
    /// What people call it.
    pub description: String,
    /// Where to POST.
    pub url: Url,
    /// The event types it wants; at least one.
    pub event_types: Vec<String>,
    /// The segments it is limited to; empty means not limited.
    pub channels: Vec<Channel>,
    /// Headers to add to every request, by name as typed.
    pub headers: BTreeMap<String, String>,
    /// Whether it gets anything.
    pub enabled: bool,
    /// Why it is not enabled; `None` if a person disabled it and did not say why.
    pub disabled_reason: Option<String>,
    /// When to try again; `None` means the installation's schedule.
    pub retry_schedule: Option<RetrySchedule>,
    /// How many requests it may get; `None` means as many as there are.
    #[serde(default)]
    pub rate_limit: Option<RateLimit>,
    /// Strict order: one at a time, in the order of the events; one that fails holds up those behind it until it is
    /// delivered, has failed for good, or is canceled.
    #[serde(default)]
    pub fifo: bool,
    /// Authorities to trust beside the public ones, as PEM.
    #[serde(default)]
    pub ca_certificates: Option<String>,
    /// The customer's own notes.
    pub metadata: BTreeMap<String, String>,
    /// Counts changes; an update that does not know the latest one is refused.
    pub revision: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// When it was deleted. Its history stays.
    pub deleted_at: Option<Timestamp>,
    /// What its requests are signed with, newest first. Some may have ended.
    #[serde(skip)]
    pub signing_keys: Vec<SigningKey>,
    /// How it authenticates to the receiver; user-info in the URL is another way.
    #[serde(skip)]
    pub auth: Option<Auth>,
    /// The certificate it shows to the receiver.
    #[serde(skip)]
    pub client_identity: Option<ClientIdentity>,
}

impl fmt::Debug for Webhook {
    /// Says which it is and how it stands; not where it leads, which is often a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Webhook { id, description, enabled, revision, event_types, channels, .. } = self;
        f.debug_struct("Webhook")
            .field("id", id)
            .field("description", description)
            .field("enabled", enabled)
            .field("revision", revision)
            .field("event_types", event_types)
            .field("channels", channels)
            .finish_non_exhaustive()
    }
}

impl Webhook {
    /// Whether it may be sent anything.
    pub fn is_live(&self) -> bool {
        self.enabled && self.deleted_at.is_none()
    }

    /// The keys that sign at `now`, newest first.
    pub fn live_signing_keys(&self, now: Timestamp) -> impl Iterator<Item = &SigningKey> {
        self.signing_keys.iter().filter(move |key| key.is_live(now))
    }

    /// Checks everything about a webhook that can be checked without asking anyone. (Whether certificates can be
    /// read is checked by whoever speaks TLS.)
    pub fn check(&self) -> Result<(), Invalid> {
        let mut findings = Findings::default();
        check_url(&self.url, &mut findings);
        if self.description.chars().count() > DESCRIPTION_CHARS_MAX {
            findings.add("description", format!("at most {DESCRIPTION_CHARS_MAX} characters"));
        }
        if self.event_types.is_empty() {
            findings.add("event_types", "at least one event type is needed");
        }
        if self.event_types.len() > EVENT_TYPES_MAX {
            findings.add("event_types", format!("at most {EVENT_TYPES_MAX} event types"));
        }
        if self.disabled_reason.as_ref().is_some_and(|reason| reason.chars().count() > DESCRIPTION_CHARS_MAX) {
            findings.add("disabled_reason", format!("at most {DESCRIPTION_CHARS_MAX} characters"));
        }
        check_headers(&self.headers, &mut findings);
        check_metadata(&self.metadata, &mut findings);
        if let Some(schedule) = &self.retry_schedule {
            findings.take(schedule.check("retry_schedule"));
        }
        if let Some(limit) = &self.rate_limit {
            findings.take(limit.check("rate_limit"));
        }
        if let Some(auth) = &self.auth {
            auth.check(&mut findings);
            let named = self.headers.keys().find(|name| name.eq_ignore_ascii_case("authorization"));
            if let Some(name) = named {
                findings.add(format!("headers/{name}"), "auth sets this header; give one or the other");
            }
            if !self.url.username().is_empty() || self.url.password().is_some() {
                findings.add("auth", "the URL has user-info, which becomes Basic authorization; give one or the other");
            }
        }
        findings.into_result(())
    }
}

/// Reads an endpoint URL, or says what is wrong with it.
pub fn parse_url(field: &str, text: &str) -> Result<Url, Invalid> {
    Url::parse(text.trim()).map_err(|error| {
        Invalid::one(field, format!("not a URL ({error}): write one like https://example.com/webhook"))
    })
}

fn check_url(url: &Url, findings: &mut Findings) {
    if !matches!(url.scheme(), "http" | "https") {
        findings.add("url", format!("{:?} is not http or https", url.scheme()));
    } else if url.host_str().is_none_or(str::is_empty) {
        findings.add("url", "names no host");
    }
    if url.as_str().len() > URL_BYTES_MAX {
        findings.add("url", format!("at most {URL_BYTES_MAX} bytes"));
    }
}

/// Names a custom header may not have: they would break the request, or pass for ours.
const RESERVED_HEADERS: &[&str] = &[
    "accept-encoding",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "date",
    "expect",
    "host",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
];
const RESERVED_PREFIXES: &[&str] = &["webhook-", "content-", "proxy-"];

/// A header whose name has one of these in it may carry a secret.
const SECRET_NAME_PARTS: &[&str] =
    &["auth", "cookie", "credential", "key", "pass", "pwd", "secret", "signature", "token"];

/// Whether a header of this name, in any case, may carry a secret: then its value is not shown.
pub fn is_secret_header(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRET_NAME_PARTS.iter().any(|part| name.contains(part))
}

fn check_headers(headers: &BTreeMap<String, String>, findings: &mut Findings) {
    if headers.len() > HEADERS_MAX {
        findings.add("headers", format!("at most {HEADERS_MAX} headers"));
    }
    let mut seen = std::collections::BTreeSet::new();
    for (name, value) in headers {
        let field = format!("headers/{name}");
        let lower = name.to_ascii_lowercase();
        if http::HeaderName::from_bytes(name.as_bytes()).is_err() {
            findings.add(&field, "not a header name");
        }
        if RESERVED_HEADERS.contains(&lower.as_str())
            || RESERVED_PREFIXES.iter().any(|prefix| lower.starts_with(prefix))
        {
            findings.add(&field, "this name is set by Beckon or by HTTP itself; choose another");
        }
        if !seen.insert(lower) {
            findings.add(&field, "given twice: names are compared without case");
        }
        if value.len() > HEADER_VALUE_BYTES_MAX {
            findings.add(&field, format!("at most {HEADER_VALUE_BYTES_MAX} bytes"));
        }
        if http::HeaderValue::from_str(value).is_err() {
            findings.add(&field, "has characters that a header cannot carry: use visible ASCII");
        }
    }
}

fn check_metadata(metadata: &BTreeMap<String, String>, findings: &mut Findings) {
    if metadata.len() > METADATA_MAX {
        findings.add("metadata", format!("at most {METADATA_MAX} entries"));
    }
    for (key, value) in metadata {
        if key.chars().count() > METADATA_CHARS_MAX || value.chars().count() > METADATA_CHARS_MAX {
            findings.add(format!("metadata/{key}"), format!("at most {METADATA_CHARS_MAX} characters"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_secret_header;

    // behaviour S10
    #[test]
    fn a_header_may_carry_a_secret_if_its_name_says_so_in_any_case() {
        for name in ["Authorization", "X-API-Key", "x-auth-token", "Cookie", "X-Secret", "X-Db-Pwd", "X-Passphrase"] {
            assert!(is_secret_header(name), "{name}");
        }
        for name in ["X-Team", "content-type", "user-agent", "webhook-id", "webhook-timestamp"] {
            assert!(!is_secret_header(name), "{name}");
        }
    }
}
