//! How a webhook's receiver has been doing, as it is shown.
//!
//! The engine knows best, because it decides by it; without the engine it is what was last recorded.
//! Not here: what follows from it (`beckon_domain::health`).

use beckon_domain::health::{Health, HealthState};
use beckon_domain::webhook::Webhook;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::app::App;
use crate::docs;
use crate::problem::Problem;

/// How a webhook's receiver has been doing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "WebhookHealth")]
pub(crate) struct HealthView {
    /// What it gets.
    pub(crate) state: HealthName,
    /// The first failure since the last success; null if there was none.
    #[schemars(schema_with = "docs::optional_timestamp")]
    pub(crate) failing_since: Option<Timestamp>,
    /// The last failure since the last success; null if there was none.
    #[schemars(schema_with = "docs::optional_timestamp")]
    pub(crate) last_failure_at: Option<Timestamp>,
    /// Until when nothing is sent. From then on whatever is due next is sent alone, to see whether the receiver is
    /// back. Null if that moment has come, or it is not paused.
    #[schemars(schema_with = "docs::optional_timestamp")]
    pub(crate) paused_until: Option<Timestamp>,
}

/// What a webhook gets, as its receiver has been doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "WebhookHealthState")]
pub(crate) enum HealthName {
    /// All there is for it.
    Healthy,
    /// Nothing until the pause is over, then one request, and a longer pause if that fails too.
    Paused,
    /// A little more every second, until it gets everything again.
    Recovering,
}

impl HealthView {
    /// `health` as it is at `now`.
    pub(crate) fn of(health: &Health, now: Timestamp) -> HealthView {
        let pace = health.pace(now);
        let state = match health.state {
            HealthState::Tripped { .. } => HealthName::Paused,
            HealthState::Ramping { .. } if pace.rate.is_some() => HealthName::Recovering,
            HealthState::Ramping { .. } | HealthState::Healthy => HealthName::Healthy,
        };
        HealthView {
            state,
            failing_since: health.failing_since.map(whole_millis),
            last_failure_at: health.last_failure_at.map(whole_millis),
            paused_until: pace.opens_at.map(whole_millis),
        }
    }
}

/// A moment in whole milliseconds, as all others are shown.
fn whole_millis(at: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at)
}

/// How `webhook` is doing; `None` while it gets nothing anyway.
pub(crate) async fn find(app: &App, webhook: &Webhook) -> Result<Option<HealthView>, Problem> {
    if !webhook.is_live() {
        return Ok(None);
    }
    let health = app.delivery.webhook_health(webhook.workspace_id, webhook.id).await?;
    Ok(Some(HealthView::of(&health, app.ambient.now())))
}

#[cfg(test)]
mod tests {
    use beckon_domain::health::{DISABLE_AFTER_DEFAULT, Seen, TRIP_AFTER};
    use beckon_domain::id::DeliveryId;
    use jiff::SignedDuration;
    use serde_json::json;
    use uuid::Uuid;

    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millisecond(millis).unwrap()
    }

    fn shown(health: &Health, now: Timestamp) -> serde_json::Value {
        serde_json::to_value(HealthView::of(health, now)).unwrap()
    }

    #[test]
    fn a_receiver_that_fails_is_paused_then_recovering_then_healthy() {
        let mut health = Health::default();
        let untouched =
            json!({"state": "healthy", "failing_since": null, "last_failure_at": null, "paused_until": null});
        assert_eq!(shown(&health, at(0)), untouched);
        let mut note = |n: usize, seen, now| {
            health.note(DeliveryId::from(Uuid::from_u128(n as u128)), seen, now, DISABLE_AFTER_DEFAULT, now, 0.5);
            health.clone()
        };
        let failure = Seen::Failure { too_much: false, retry_after: None };
        let failing = note(0, failure, at(1000));
        assert_eq!(shown(&failing, at(1000))["state"], "healthy", "one failure is none yet");
        assert_eq!(shown(&failing, at(1000))["failing_since"], "1970-01-01T00:00:01Z");
        let paused = (1..TRIP_AFTER).map(|n| note(n, failure, at(2000))).last().unwrap();
        assert_eq!(
            shown(&paused, at(2000)),
            json!({"state": "paused", "failing_since": "1970-01-01T00:00:01Z",
                   "last_failure_at": "1970-01-01T00:00:02Z", "paused_until": "1970-01-01T00:00:03Z"})
        );
        assert_eq!(shown(&paused, at(3000))["paused_until"], json!(null), "it is being tried");
        let until = at(5000) + SignedDuration::from_nanos(7);
        let mut odd = paused.clone();
        odd.state = HealthState::Tripped { since: at(2000), until, pauses: 1 };
        assert_eq!(shown(&odd, at(2000))["paused_until"], "1970-01-01T00:00:05Z", "in whole milliseconds");
        assert_eq!(shown(&paused, at(3000))["state"], "paused");
        let recovering = note(0, Seen::Success, at(4000));
        assert_eq!(shown(&recovering, at(4500))["state"], "recovering");
        let later = at(4000) + SignedDuration::from_secs(60);
        assert_eq!(shown(&recovering, later), untouched, "the ramp is over, whether or not there was a request since");
    }
}
