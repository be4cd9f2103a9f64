//! How a webhook stands, in a word or two and in a sentence with the way out.

use beckon_delivery::Handle;
use beckon_domain::health::Health;
use beckon_domain::webhook::Webhook;
use jiff::{SignedDuration, Timestamp};
use maud::{Markup, html};

use crate::api::webhooks::health::{HealthName, HealthView};
use crate::api::webhooks::view::WebhookView;
use crate::web::parts::{Tone, badge, duration, moment, note, post_button};
use crate::web::viewer::Viewer;

/// How a webhook stands. In the order of how much it needs somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Standing {
    /// It gets nothing.
    Disabled {
        /// Why, if anybody said.
        reason: Option<String>,
    },
    /// Nothing but failures for a while: it is only looked at now and then.
    Paused {
        /// The first failure.
        since: Option<Timestamp>,
        /// When it is looked at next; `None` is now.
        until: Option<Timestamp>,
    },
    /// The last attempts failed.
    Failing {
        /// The first failure.
        since: Timestamp,
    },
    /// It is back, and gets a little more every second.
    Recovering,
    /// All is well.
    Healthy,
}

/// Words for filters: value, words.
pub(super) const FILTERS: &[(&str, &str)] = &[
    ("", "Any status"),
    ("healthy", "Healthy"),
    ("failing", "Failing"),
    ("paused", "Paused"),
    ("disabled", "Disabled"),
];

impl Standing {
    /// Of a webhook as it is set up, with what is known of its receiver; without, that is well.
    pub(super) fn of(webhook: &Webhook, health: Option<&Health>, now: Timestamp) -> Standing {
        let health = health.map(|health| HealthView::of(health, now));
        Standing::from(webhook.enabled, webhook.disabled_reason.as_deref(), health.as_ref())
    }

    /// Of a webhook as the API shows it.
    pub(super) fn of_view(view: &WebhookView) -> Standing {
        Standing::from(view.enabled, view.disabled_reason.as_deref(), view.health.as_ref())
    }

    fn from(enabled: bool, reason: Option<&str>, health: Option<&HealthView>) -> Standing {
        let Some(health) = health.filter(|_| enabled) else {
            let disabled = Standing::Disabled { reason: reason.map(str::to_owned) };
            return if enabled { Standing::Healthy } else { disabled };
        };
        match (health.state, health.failing_since) {
            (HealthName::Paused, since) => Standing::Paused { since, until: health.paused_until },
            (HealthName::Recovering, _) => Standing::Recovering,
            (HealthName::Healthy, Some(since)) => Standing::Failing { since },
            (HealthName::Healthy, None) => Standing::Healthy,
        }
    }

    /// Its name in filters.
    pub(super) fn filter(&self) -> &'static str {
        match self {
            Standing::Disabled { .. } => "disabled",
            Standing::Paused { .. } => "paused",
            Standing::Failing { .. } => "failing",
            Standing::Recovering | Standing::Healthy => "healthy",
        }
    }

    /// Its place in a list in which what needs somebody comes first.
    pub(super) fn rank(&self) -> u8 {
        match self {
            Standing::Paused { .. } => 0,
            Standing::Failing { .. } => 1,
            Standing::Disabled { .. } => 2,
            Standing::Recovering | Standing::Healthy => 3,
        }
    }

    /// In a word.
    pub(super) fn badge(&self) -> Markup {
        match self {
            Standing::Disabled { .. } => badge(Tone::Plain, "Disabled"),
            Standing::Paused { .. } => badge(Tone::Bad, "Paused"),
            Standing::Failing { .. } => badge(Tone::Bad, "Failing"),
            Standing::Recovering => badge(Tone::Info, "Recovering"),
            Standing::Healthy => badge(Tone::Good, "Healthy"),
        }
    }

    /// What stands beside the badge: since when, until when, why.
    pub(super) fn aside(&self, viewer: &Viewer) -> Markup {
        match self {
            Standing::Disabled { reason: Some(reason) } => html! { (reason) },
            Standing::Paused { until: Some(until), .. } => html! { "next look " (moment(*until, &viewer.zone)) },
            Standing::Paused { until: None, .. } => html! { "being looked at now" },
            Standing::Failing { since } => html! { "since " (moment(*since, &viewer.zone)) },
            Standing::Disabled { reason: None } | Standing::Recovering | Standing::Healthy => html! {},
        }
    }

    /// What people should know about it, with the way out; nothing if all is well.
    pub(super) fn banner(&self, viewer: &Viewer, path: &str, delivery: &Handle) -> Markup {
        let disabled_after = in_words(delivery.options().disable_after);
        let zone = &viewer.zone;
        let buttons = |inner: Markup| viewer.may_work().then_some(inner);
        let testing = html! { a.button.small href={ (path) "/testing" } { "Send a test" } };
        match self {
            Standing::Healthy => html! {},
            Standing::Recovering => note(
                Tone::Info,
                "Recovering",
                html! { "The receiver answers again. What waits is sent a little faster every second, so that it is not overrun." },
                None,
            ),
            Standing::Failing { since } => note(
                Tone::Bad,
                "The last attempts failed",
                html! {
                    "It has failed since " (moment(*since, zone)) ". Deliveries are tried again by the retry schedule; nothing is lost. \
                     Look at the answers below, mend the receiver, and send a test. After " (disabled_after)
                    " of nothing but failures the webhook is disabled."
                },
                buttons(testing),
            ),
            Standing::Paused { since, until } => note(
                Tone::Bad,
                "Paused, because the receiver keeps failing",
                html! {
                    @if let Some(since) = since { "It has failed since " (moment(*since, zone)) ". " }
                    "Deliveries wait and are not lost. "
                    @match until {
                        Some(until) => { "Beckon looks " (moment(*until, zone)) " whether it is back." }
                        None => "Beckon is looking right now whether it is back."
                    }
                    " A test is sent at once. After " (disabled_after) " of nothing but failures the webhook is disabled."
                },
                buttons(testing),
            ),
            Standing::Disabled { reason } => note(
                Tone::Warn,
                "Disabled: it gets nothing",
                html! {
                    @if let Some(reason) = reason { "Reason: " (reason) br; }
                    "Events that come meanwhile are not sent. Once it is enabled again, "
                    em { "Recover failed" } " and " em { "Replay missing" } " send what it missed."
                },
                buttons(post_button(&format!("{path}/enable"), "primary small", "Enable", None)),
            ),
        }
    }
}

/// A time in whole days, if it is one.
fn in_words(time: SignedDuration) -> String {
    match (time.as_hours() / 24, time.as_hours() % 24) {
        (1, 0) => "a day".to_owned(),
        (days @ 2.., 0) => format!("{days} days"),
        _ => duration(time.unsigned_abs()),
    }
}

#[cfg(test)]
mod tests {
    use beckon_domain::health::HealthState;
    use beckon_testkit::builders::a_webhook;

    use super::*;

    #[test]
    fn a_webhook_stands_as_its_switch_and_its_receiver_say() {
        let now = Timestamp::from_second(1_000).unwrap();
        let mut failing = Health::default();
        failing.failing_since = Some(now);
        let mut paused = failing.clone();
        paused.state = HealthState::Tripped { since: now, until: now + SignedDuration::from_secs(5), pauses: 1 };
        let mut webhook = a_webhook();
        assert_eq!(Standing::of(&webhook, None, now), Standing::Healthy);
        assert_eq!(Standing::of(&webhook, Some(&failing), now), Standing::Failing { since: now });
        let until = Some(now + SignedDuration::from_secs(5));
        assert_eq!(Standing::of(&webhook, Some(&paused), now), Standing::Paused { since: Some(now), until });
        webhook.enabled = false;
        webhook.disabled_reason = Some("moving".to_owned());
        let disabled = Standing::Disabled { reason: Some("moving".to_owned()) };
        assert_eq!(Standing::of(&webhook, Some(&paused), now), disabled);
        assert!(disabled.rank() < Standing::Healthy.rank());
        for standing in [disabled, Standing::Healthy, Standing::Failing { since: now }] {
            assert!(FILTERS.iter().any(|(value, _)| *value == standing.filter()));
        }
    }
}
