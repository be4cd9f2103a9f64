//! What people send to make or change a webhook, read and checked.
//!
//! Promise: everything that is wrong is found at once, each under its field.

use std::collections::BTreeMap;

use beckon_domain::channel::{self, Channel};
use beckon_domain::invalid::{Findings, Invalid};
use beckon_domain::retry::RetrySchedule;
use beckon_domain::secret::SigningSecret;
use beckon_domain::webhook::{Webhook, is_secret_header, parse_url};
use beckon_store::WorkspaceConfig;
use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::Deserialize;
use url::Url;

use super::view::{MASK, masked_url};
use crate::api::event_types;
use crate::app::App;
use crate::extract::Whole;
use crate::patch::{Patch, Set};

/// Channels as people type them: a list, or one text.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
enum TypedChannels {
    /// `segment_12345 segment_67890`, also with commas, line breaks or bare numbers.
    Text(String),
    /// The same, one or several in each.
    List(Vec<String>),
}

impl TypedChannels {
    fn read(&self, segment_exists: impl Fn(beckon_domain::id::SegmentId) -> bool) -> Result<Vec<Channel>, Invalid> {
        match self {
            TypedChannels::Text(text) => channel::parse_typed("channels", &[text], segment_exists),
            TypedChannels::List(list) => channel::parse_typed("channels", list, segment_exists),
        }
    }
}

/// A webhook to create.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CreateWebhook {
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
    /// Notes of your own.
    #[serde(default)]
    #[schemars(extend("maxProperties" = 50))]
    metadata: Option<BTreeMap<String, String>>,
    /// What to sign with: `whsec_` and 24 to 64 bytes in base64. Made if not given.
    #[serde(default)]
    secret: Option<String>,
}

impl CreateWebhook {
    /// The webhook this describes, or all that is wrong with it.
    pub(super) fn webhook(self, app: &App, config: &WorkspaceConfig) -> Result<Webhook, Invalid> {
        let mut findings = Findings::default();
        let exists = |id| config.segments.iter().any(|segment| segment.id == id);
        let channels = self.channels.and_then(|typed| findings.take(typed.read(exists)));
        let secret = match self.secret {
            Some(text) => SigningSecret::parse(&text).map_err(|reason| findings.add("secret", reason)).ok(),
            None => Some(SigningSecret::generate(&app.ambient)),
        };
        for (name, value) in self.headers.iter().flatten() {
            if value == MASK && is_secret_header(name) {
                findings.add(
                    format!("headers/{name}"),
                    format!("{MASK} is not a value: it stands for one that is not shown"),
                );
            }
        }
        let url = findings.take(parse_url("url", &self.url));
        // Whatever else is wrong is told even if the URL cannot be read.
        let Some(stand_in) = url.clone().or_else(|| Url::parse("https://example.com/").ok()) else {
            return findings.into_result(()).and_then(|()| Err(Invalid::one("url", "cannot be read")));
        };
        let now = app.ambient.now();
        let webhook = Webhook {
            id: app.ambient.new_id(),
            workspace_id: config.workspace_id,
            description: self.description.unwrap_or_default(),
            url: stand_in,
            event_types: without_repeats(self.event_types),
            channels: channels.unwrap_or_default(),
            headers: self.headers.unwrap_or_default(),
            enabled: self.enabled.unwrap_or(true),
            disabled_reason: None,
            retry_schedule: self.retry_schedule.map(schedule),
            metadata: self.metadata.unwrap_or_default(),
            revision: 0,
            created_at: now,
            updated_at: now,
            deleted_at: None,
            secrets: secret.into_iter().collect(),
        };
        check(&webhook, app, config, &mut findings);
        findings.into_result(webhook)
    }
}

/// What to change about a webhook.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct UpdateWebhook {
    /// What people call it.
    #[serde(default)]
    #[schemars(length(max = 1024))]
    description: Patch<String>,
    /// Where to POST, http or https. A masked password keeps the one that is there.
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
    /// Seconds between attempts; empty means one attempt, null the installation's schedule.
    #[serde(default)]
    #[schemars(length(max = 50), inner(range(min = 0, max = 604_800)))]
    retry_schedule: Patch<Vec<Whole<i64>>>,
    /// Notes of your own, replacing all there are.
    #[serde(default)]
    #[schemars(extend("maxProperties" = 50))]
    metadata: Patch<BTreeMap<String, String>>,
}

impl UpdateWebhook {
    /// `stored` as it is to be, or all that is wrong with that.
    pub(super) fn applied_to(&self, stored: &Webhook, app: &App, config: &WorkspaceConfig) -> Result<Webhook, Invalid> {
        let mut findings = Findings::default();
        let mut webhook = stored.clone();
        self.description.clone().apply(&mut webhook.description);
        if let Set::Value(text) = &self.url
            && *text != masked_url(&stored.url)
            && let Some(url) = findings.take(parse_url("url", text))
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
        self.headers.clone().map(|new| unmasked(new, &stored.headers, &mut findings)).apply(&mut webhook.headers);
        match self.enabled {
            Patch::Absent => {}
            Patch::Null => webhook.enabled = true,
            Patch::Value(enabled) => webhook.enabled = enabled,
        }
        if self.enabled != Patch::Absent {
            webhook.disabled_reason = None;
        }
        self.retry_schedule.clone().map(schedule).apply_optional(&mut webhook.retry_schedule);
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
    if app.options.https_only && webhook.url.scheme() == "http" {
        findings.add("url", "only https is allowed on this installation");
    }
}

/// Headers as they are to be: where a secret came back masked, it is the one that is there.
fn unmasked(
    mut new: BTreeMap<String, String>,
    stored: &BTreeMap<String, String>,
    findings: &mut Findings,
) -> BTreeMap<String, String> {
    for (name, value) in new.iter_mut().filter(|(name, value)| *value == MASK && is_secret_header(name)) {
        let kept = stored.iter().find(|(stored_name, _)| stored_name.eq_ignore_ascii_case(name));
        match kept {
            Some((_, kept)) => value.clone_from(kept),
            None => findings.add(
                format!("headers/{name}"),
                format!("{MASK} stands for the value that is there, and there is none"),
            ),
        }
    }
    new
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

    fn headers(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    // behaviour S10 (in part)
    #[test]
    fn a_masked_header_sent_back_keeps_its_value() {
        let stored = headers(&[("Authorization", "Bearer abc"), ("X-Team", "sales")]);
        let mut findings = Findings::default();
        let new =
            unmasked(headers(&[("authorization", MASK), ("X-Team", MASK), ("X-Token", MASK)]), &stored, &mut findings);
        assert_eq!(new["authorization"], "Bearer abc");
        assert_eq!(new["X-Team"], MASK, "its value is shown, so this is what was meant");
        assert_eq!(findings.into_result(()).unwrap_err().0[0].field, "headers/X-Token");
    }

    // behaviour A8
    #[test]
    fn what_is_not_there_yet_is_an_unknown_field() {
        for field in ["rate_limit", "format", "filter", "transformation", "colour"] {
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
