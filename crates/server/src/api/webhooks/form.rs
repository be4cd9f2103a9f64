//! What people send to make or change a webhook, read and checked.
//!
//! Promise: everything that is wrong is found at once, each under its field.

use std::collections::BTreeMap;

use beckon_delivery::tls::{self, PEM_BYTES_MAX};
use beckon_domain::channel::Channel;
use beckon_domain::invalid::{Findings, Invalid};
use beckon_domain::rate::{Period, RateLimit};
use beckon_domain::retry::RetrySchedule;
use beckon_domain::signing::{SigningKey, SigningScheme};
use beckon_domain::webhook::{Auth, Webhook, is_secret_header};
use beckon_store::WorkspaceConfig;
use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::Deserialize;

use super::auth::TypedAuth;
use super::certificate::TypedCertificate;
use super::channels::TypedChannels;
use super::masked::{GIVEN_FOR_ANOTHER_HOST, stand_in_url, stays, unmasked_headers, unmasked_url};
use super::secret::read_material;
use crate::api::event_types;
use crate::app::App;
use crate::extract::{Object, Whole};
use crate::patch::{Patch, Set};

/// A rate limit as people type it.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(untagged)]
enum TypedRateLimit {
    /// Most requests in a second.
    PerSecond(#[schemars(range(min = 1, max = 100_000))] Whole<u32>),
    /// Most requests in a second or minute.
    Per(Object<NewRateLimit>),
}

/// How many requests a webhook may get.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("examples" = [{"requests": 100, "per": "second"}]))]
struct NewRateLimit {
    /// Most requests in each period.
    #[schemars(range(min = 1, max = 100_000))]
    requests: Whole<u32>,
    /// The period.
    per: Period,
}

impl From<TypedRateLimit> for RateLimit {
    fn from(typed: TypedRateLimit) -> RateLimit {
        match typed {
            TypedRateLimit::PerSecond(Whole(requests)) => RateLimit { requests, per: Period::Second },
            TypedRateLimit::Per(Object(NewRateLimit { requests: Whole(requests), per })) => RateLimit { requests, per },
        }
    }
}

/// A webhook to create.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("examples" = [{"url": "https://example.com/webhook", "event_types": ["contact.visited"]}]))]
pub(crate) struct CreateWebhook {
    /// What people call it.
    #[serde(default)]
    #[schemars(length(max = 1024))]
    description: Option<String>,
    /// Where to POST, http or https. User-info in it becomes Basic authorization.
    #[schemars(length(min = 1, max = 2048), extend("format" = "uri"))]
    url: String,
    /// The event types it wants.
    #[schemars(length(min = 1, max = 200))]
    event_types: Vec<String>,
    /// The segments it is limited to; empty means not limited.
    #[serde(default)]
    channels: Option<TypedChannels>,
    /// Headers to add to every request.
    #[serde(default)]
    #[schemars(extend("maxProperties" = 32))]
    headers: Option<BTreeMap<String, String>>,
    /// Whether it gets anything; true if not given.
    #[serde(default)]
    enabled: Option<bool>,
    /// Seconds between attempts: the first counts from the first failure. Empty means one attempt; null means
    /// the installation's schedule.
    #[serde(default)]
    #[schemars(length(max = 50), inner(range(min = 0, max = 604_800)))]
    retry_schedule: Option<Vec<Whole<i64>>>,
    /// How many requests it may get, a bare number means in a second; null means as many as there are. Nothing is
    /// dropped: what comes on top waits.
    #[serde(default)]
    rate_limit: Option<TypedRateLimit>,
    /// Whether events come in order, one at a time: one that fails holds up those behind it until it is delivered,
    /// has failed for good, or is canceled. False if not given.
    #[serde(default)]
    fifo: Option<bool>,
    /// How its requests authenticate; user-info in the URL is another way.
    #[serde(default)]
    auth: Option<Object<TypedAuth>>,
    /// Authorities to trust beside the public ones, as PEM.
    #[serde(default)]
    #[schemars(length(min = 1, max = PEM_BYTES_MAX))]
    ca_certificates: Option<String>,
    /// The certificate to show to the receiver, and its key.
    #[serde(default)]
    client_certificate: Option<Object<TypedCertificate>>,
    /// Notes of your own.
    #[serde(default)]
    #[schemars(extend("maxProperties" = 50))]
    metadata: Option<BTreeMap<String, String>>,
    /// How to sign; as `secret` says, or else `hmac_sha256`, if not given. Later it changes by rotating the secret.
    #[serde(default)]
    signing: Option<SigningScheme>,
    /// What to sign with: `whsec_` and 24 to 64 bytes in base64, or `whsk_` and the 32 or 64 bytes of a private
    /// Ed25519 key. Made if not given.
    #[serde(default)]
    secret: Option<String>,
}

impl CreateWebhook {
    /// The webhook this describes, or all that is wrong with it.
    pub(crate) fn webhook(self, app: &App, config: &WorkspaceConfig) -> Result<Webhook, Invalid> {
        let mut findings = Findings::default();
        let exists = |id| config.segments.iter().any(|segment| segment.id == id);
        let channels = self.channels.and_then(|typed| findings.take(typed.read(exists)));
        let material = findings.take(read_material(self.secret.as_deref(), self.signing, &app.ambient));
        let headers = unmasked_headers(self.headers.unwrap_or_default(), &BTreeMap::new(), true, &mut findings);
        let auth = self.auth.and_then(|Object(typed)| typed.read(None, true, &mut findings));
        let client_identity = self.client_certificate.and_then(|Object(typed)| typed.read(None, &mut findings));
        // Whatever else is wrong is told even if the URL cannot be read.
        let Some(url) = unmasked_url(&self.url, None, &mut findings).or_else(stand_in_url) else {
            return findings.into_result(()).and_then(|()| Err(Invalid::one("url", "cannot be read")));
        };
        let now = app.ambient.now();
        let webhook = Webhook {
            id: app.ambient.new_id(),
            workspace_id: config.workspace_id,
            description: self.description.unwrap_or_default(),
            url,
            event_types: without_repeats(self.event_types),
            channels: channels.unwrap_or_default(),
            headers,
            enabled: self.enabled.unwrap_or(true),
            disabled_reason: None,
            retry_schedule: self.retry_schedule.map(schedule),
            rate_limit: self.rate_limit.map(RateLimit::from),
            fifo: self.fifo.unwrap_or_default(),
            ca_certificates: self.ca_certificates,
            metadata: self.metadata.unwrap_or_default(),
            revision: 0,
            created_at: now,
            updated_at: now,
            deleted_at: None,
            signing_keys: material.map(|material| SigningKey::new(material, now)).into_iter().collect(),
            auth,
            client_identity,
        };
        check(&webhook, app, config, &mut findings);
        findings.into_result(webhook)
    }
}

/// What to change about a webhook.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("examples" = [{"enabled": true, "rate_limit": {"requests": 100, "per": "second"}}]))]
pub(crate) struct UpdateWebhook {
    /// What people call it.
    #[serde(default)]
    #[schemars(length(max = 1024))]
    description: Patch<String>,
    /// Where to POST, http or https. A masked password keeps the one that is there, for the same user, host and port.
    /// To another host, port or from https to http no secret is taken along: give those of `headers` and `auth` again.
    #[serde(default)]
    #[schemars(length(min = 1, max = 2048), extend("format" = "uri"))]
    url: Set<String>,
    /// The event types it wants.
    #[serde(default)]
    #[schemars(length(min = 1, max = 200))]
    event_types: Set<Vec<String>>,
    /// The segments it is limited to; null or empty means not limited.
    #[serde(default)]
    channels: Patch<TypedChannels>,
    /// Headers to add to every request, replacing all there are. A masked value keeps the one that is there.
    #[serde(default)]
    #[schemars(extend("maxProperties" = 32))]
    headers: Patch<BTreeMap<String, String>>,
    /// Whether it gets anything; null means true.
    #[serde(default)]
    enabled: Patch<bool>,
    /// Why it is disabled, to be read by whoever wonders; only of a webhook that is disabled.
    #[serde(default)]
    #[schemars(length(max = 1024))]
    disabled_reason: Patch<String>,
    /// Seconds between attempts; empty means one attempt, null the installation's schedule.
    #[serde(default)]
    #[schemars(length(max = 50), inner(range(min = 0, max = 604_800)))]
    retry_schedule: Patch<Vec<Whole<i64>>>,
    /// How many requests it may get, a bare number means in a second; null means as many as there are.
    #[serde(default)]
    rate_limit: Patch<TypedRateLimit>,
    /// Whether events come in order, one at a time; null means false.
    #[serde(default)]
    fifo: Patch<bool>,
    /// How its requests authenticate. A masked secret keeps the one that is there.
    #[serde(default)]
    auth: Patch<Object<TypedAuth>>,
    /// Authorities to trust beside the public ones, as PEM; null means none.
    #[serde(default)]
    #[schemars(length(min = 1, max = PEM_BYTES_MAX))]
    ca_certificates: Patch<String>,
    /// The certificate to show to the receiver, and its key. A masked key keeps the one that is there.
    #[serde(default)]
    client_certificate: Patch<Object<TypedCertificate>>,
    /// Notes of your own, replacing all there are.
    #[serde(default)]
    #[schemars(extend("maxProperties" = 50))]
    metadata: Patch<BTreeMap<String, String>>,
}

impl UpdateWebhook {
    /// `stored` as it is to be, or all that is wrong with that.
    pub(crate) fn applied_to(&self, stored: &Webhook, app: &App, config: &WorkspaceConfig) -> Result<Webhook, Invalid> {
        let mut findings = Findings::default();
        let mut webhook = stored.clone();
        self.description.clone().apply(&mut webhook.description);
        if let Set::Value(text) = &self.url
            && let Some(url) = unmasked_url(text, Some(&stored.url), &mut findings)
        {
            webhook.url = url;
        }
        if let Set::Value(event_types) = &self.event_types {
            webhook.event_types = without_repeats(event_types.clone());
        }
        // The channel of a segment that is gone may stay: taking it away could turn "only that" into "all".
        let may_be_listed = |id| {
            config.segments.iter().any(|segment| segment.id == id) || stored.channels.contains(&Channel::of_segment(id))
        };
        match &self.channels {
            Patch::Absent => {}
            Patch::Null => webhook.channels = vec![],
            Patch::Value(typed) => {
                if let Some(channels) = findings.take(typed.read(may_be_listed)) {
                    webhook.channels = channels;
                }
            }
        }
        let same_host = stays(&stored.url, &webhook.url);
        if self.headers == Patch::Absent && !same_host {
            for name in stored.headers.keys().filter(|name| is_secret_header(name)) {
                findings.add(format!("headers/{name}"), GIVEN_FOR_ANOTHER_HOST);
            }
        }
        let unmasked = |new| unmasked_headers(new, &stored.headers, same_host, &mut findings);
        self.headers.clone().map(unmasked).apply(&mut webhook.headers);
        match self.enabled {
            Patch::Absent => {}
            Patch::Null => webhook.enabled = true,
            Patch::Value(enabled) => webhook.enabled = enabled,
        }
        if self.enabled != Patch::Absent {
            webhook.disabled_reason = None;
        }
        match &self.disabled_reason {
            Patch::Absent => {}
            Patch::Null => webhook.disabled_reason = None,
            Patch::Value(_) if webhook.enabled => findings.add("disabled_reason", "the webhook is enabled"),
            Patch::Value(reason) => webhook.disabled_reason = Some(reason.clone()),
        }
        self.retry_schedule.clone().map(schedule).apply_optional(&mut webhook.retry_schedule);
        self.rate_limit.map(RateLimit::from).apply_optional(&mut webhook.rate_limit);
        self.fifo.apply(&mut webhook.fifo);
        match &self.auth {
            Patch::Absent if !same_host && stored.auth.is_some() => findings.add("auth", GIVEN_FOR_ANOTHER_HOST),
            Patch::Absent => {}
            Patch::Null => webhook.auth = None,
            Patch::Value(Object(typed)) => {
                webhook.auth = typed.read(stored.auth.as_ref(), same_host, &mut findings);
            }
        }
        self.ca_certificates.clone().apply_optional(&mut webhook.ca_certificates);
        match &self.client_certificate {
            Patch::Absent => {}
            Patch::Null => webhook.client_identity = None,
            Patch::Value(Object(typed)) => {
                webhook.client_identity = typed.read(stored.client_identity.as_ref(), &mut findings);
            }
        }
        self.metadata.clone().apply(&mut webhook.metadata);
        check(&webhook, app, config, &mut findings);
        findings.into_result(webhook)
    }
}

/// Checks a webhook by itself, and against the workspace and the installation.
fn check(webhook: &Webhook, app: &App, config: &WorkspaceConfig, findings: &mut Findings) {
    findings.take(webhook.check());
    for (position, name) in webhook.event_types.iter().enumerate() {
        if !event_types::exists(name, config) {
            findings.add(format!("event_types/{position}"), format!("there is no event type {name:?}"));
        }
    }
    findings.take(tls::check(webhook.ca_certificates.as_deref(), webhook.client_identity.as_ref()));
    if app.options.https_only {
        let only_https = "only https is allowed on this installation";
        if webhook.url.scheme() == "http" {
            findings.add("url", only_https);
        }
        if matches!(&webhook.auth, Some(Auth::OAuth2(oauth2)) if oauth2.token_url.scheme() == "http") {
            findings.add("auth/token_url", only_https);
        }
    }
}

fn without_repeats(mut names: Vec<String>) -> Vec<String> {
    let mut seen = std::collections::HashSet::new();
    names.retain(|name| seen.insert(name.clone()));
    names
}

fn schedule(seconds: Vec<Whole<i64>>) -> RetrySchedule {
    RetrySchedule(seconds.into_iter().map(|Whole(seconds)| SignedDuration::from_secs(seconds)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    // behaviour A8
    #[test]
    fn what_is_not_there_yet_is_an_unknown_field() {
        for field in ["format", "filter", "transformation", "colour"] {
            let body = serde_json::json!({"url": "https://a.example", "event_types": ["a.b"], field: null}).to_string();
            let problem = crate::extract::read_json::<CreateWebhook>(body.as_bytes()).err().unwrap();
            assert_eq!(problem.body().errors[0].field, field);
        }
    }

    // behaviour A3
    #[test]
    fn url_and_event_types_cannot_be_null() {
        let problem = crate::extract::read_json::<UpdateWebhook>(br#"{"url":null,"event_types":null,"channels":5}"#);
        let mut named: Vec<_> = problem.err().unwrap().body().errors.into_iter().map(|error| error.field).collect();
        named.sort();
        assert_eq!(named, ["channels", "event_types", "url"]);
    }
}
