//! Sending again all deliveries that fit.
//!
//! Not here: doing it (`beckon-delivery`'s jobs), and what one webhook missed (`api/webhooks/recover.rs`).

use axum::extract::State;
use beckon_domain::channel::Channel;
use beckon_domain::delivery::DeliveryStatus;
use beckon_domain::event::EventId;
use beckon_domain::id::WebhookId;
use beckon_domain::invalid::{Findings, Invalid};
use beckon_domain::job::{JobKind, ReplayFilter};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::api::jobs::{self, JobAnswer};
use crate::app::App;
use crate::auth::Caller;
use crate::docs;
use crate::extract::Json;
use crate::problem::Problem;

/// Which deliveries to send again: at least one condition, and all of them hold together. Those that wait for a
/// request anyway are left alone, and those of webhooks that are disabled or deleted.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("examples" = [{"status": "failed", "since": "2024-04-15T14:32:00Z", "dry_run": true}]))]
pub(crate) struct ReplayDeliveries {
    /// Only to this webhook.
    #[serde(default)]
    webhook_id: Option<WebhookId>,
    /// Only of this event.
    #[serde(default)]
    #[schemars(length(min = 1, max = 64), regex(pattern = r"^[A-Za-z0-9_-]+$"))]
    event_id: Option<String>,
    /// Only with this status: `delivered`, `failed` or `canceled`.
    #[serde(default)]
    status: Option<DeliveryStatus>,
    /// Only of this event type.
    #[serde(default)]
    event_type: Option<String>,
    /// Only of events with this channel.
    #[serde(default)]
    channel: Option<Channel>,
    /// Only owed at or after this moment; not in the future.
    #[serde(default)]
    #[schemars(schema_with = "docs::optional_timestamp")]
    since: Option<Timestamp>,
    /// Only owed before this moment; now if not given or in the future.
    #[serde(default)]
    #[schemars(schema_with = "docs::optional_timestamp")]
    until: Option<Timestamp>,
    /// Only count what would be done, and do nothing.
    #[serde(default)]
    dry_run: Option<bool>,
}

pub(crate) async fn replay(
    State(app): State<App>,
    caller: Caller,
    Json(form): Json<ReplayDeliveries>,
) -> Result<JobAnswer, Problem> {
    let dry_run = form.dry_run.unwrap_or(false);
    let filter = form.filter(app.ambient.now())?;
    jobs::start(&app, caller, JobKind::Replay(filter), dry_run).await
}

impl ReplayDeliveries {
    /// What was meant, or all that is wrong with it.
    pub(crate) fn filter(self, now: Timestamp) -> Result<ReplayFilter, Invalid> {
        let mut findings = Findings::default();
        if self.is_empty() {
            findings.add(
                "",
                "this would send again everything there is: give at least one of webhook_id, event_id, status, \
                 event_type, channel, since, until",
            );
        }
        let event_id = self
            .event_id
            .and_then(|text| findings.take(EventId::parse(&text).map_err(|reason| Invalid::one("event_id", reason))));
        if self.status.is_some_and(DeliveryStatus::is_open) {
            findings.add(
                "status",
                "these wait for a request anyway: only delivered, failed or canceled ones are sent again",
            );
        }
        let until = jobs::check_window(self.since, self.until, now, &mut findings);
        findings.into_result(ReplayFilter {
            webhook_id: self.webhook_id,
            event_id,
            status: self.status,
            event_type: self.event_type,
            channel: self.channel,
            since: self.since,
            until,
        })
    }

    fn is_empty(&self) -> bool {
        let ReplayDeliveries { webhook_id, event_id, status, event_type, channel, since, until, dry_run: _ } = self;
        webhook_id.is_none()
            && event_id.is_none()
            && status.is_none()
            && event_type.is_none()
            && channel.is_none()
            && since.is_none()
            && until.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<ReplayFilter, Vec<String>> {
        let form: ReplayDeliveries = serde_json::from_str(json).unwrap();
        let filter = form.filter(Timestamp::from_second(100).unwrap());
        filter.map_err(|invalid| invalid.0.into_iter().map(|wrong| wrong.field).collect())
    }

    #[test]
    fn everything_there_is_is_never_sent_again_by_mistake() {
        assert_eq!(read("{}").unwrap_err(), [""]);
        assert_eq!(read(r#"{"dry_run":false,"status":null}"#).unwrap_err(), [""]);
        assert_eq!(read(r#"{"status":"failed"}"#).unwrap().status, Some(DeliveryStatus::Failed));
    }

    // behaviour A6
    #[test]
    fn everything_wrong_with_a_replay_is_named_at_once() {
        let wrong =
            r#"{"status":"pending","event_id":"a b","since":"1970-01-01T00:01:41Z","until":"1970-01-01T00:00:00Z"}"#;
        assert_eq!(read(wrong).unwrap_err(), ["event_id", "status", "since", "until"]);
    }
}
