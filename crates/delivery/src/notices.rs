//! Builds the events that tell a workspace of its webhooks' troubles.
//!
//! A notice is an ordinary event: it is routed like any other, and recorded in the same step as the
//! attempt that caused it, so that it is announced once.
//! Not here: when one is due (`decide.rs`).

use beckon_domain::ambient::Ambient;
use beckon_domain::catalog::payload::{
    DeliveryExhausted, DeliveryExhaustedName, DeliveryPart, Instant, Payload, WebhookDisabled, WebhookDisabledName,
    WebhookFailing, WebhookFailingName, WebhookPart, WebhookRecovered, WebhookRecoveredName,
};
use beckon_domain::delivery::{Attempt, Outcome};
use beckon_domain::event::{EventId, EventSource, NewDelivery, NewEvent};
use beckon_domain::webhook::Webhook;
use beckon_store::WorkspaceConfig;
use jiff::Timestamp;

use crate::decide::Decision;

/// The notices that follow from an attempt at `webhook`.
pub(crate) fn write_notices(
    config: &WorkspaceConfig,
    webhook: &Webhook,
    attempt: &Attempt,
    decision: &Decision,
    now: Timestamp,
    ambient: &Ambient,
) -> Result<Vec<NewEvent>, serde_json::Error> {
    let mut notices = Vec::new();
    if let Some(reason) = &decision.disable_webhook {
        let payload = WebhookDisabled {
            event: WebhookDisabledName,
            timestamp: Instant(now),
            webhook: part(webhook),
            reason: reason.clone(),
        };
        // `config` is from before the webhook is disabled; it gets nothing any more, this notice included.
        let takers = |taker: &Webhook| taker.id != webhook.id;
        notices.push(write(config, &payload, takers, now, ambient)?);
    }
    if let Some(failing) = &decision.failing {
        let payload = WebhookFailing {
            event: WebhookFailingName,
            timestamp: Instant(now),
            webhook: part(webhook),
            stage: failing.stage,
            failing_since: Instant(failing.since),
            disabled_at: Instant(failing.disabled_at),
            last_error: last_error(attempt),
        };
        notices.push(write(config, &payload, |_| true, now, ambient)?);
    }
    if let Some(failing_since) = decision.recovered_from {
        let payload = WebhookRecovered {
            event: WebhookRecoveredName,
            timestamp: Instant(now),
            webhook: part(webhook),
            failing_since: Instant(failing_since),
        };
        notices.push(write(config, &payload, |_| true, now, ambient)?);
    }
    if decision.exhausted {
        let payload = DeliveryExhausted {
            event: DeliveryExhaustedName,
            timestamp: Instant(now),
            webhook: part(webhook),
            delivery: DeliveryPart {
                id: attempt.delivery_id,
                event_id: attempt.event_id.to_string(),
                event_type: attempt.event_type.clone(),
                attempts: attempt.number,
                last_error: last_error(attempt),
            },
        };
        // Nor does it get this one, if it was disabled in the same step.
        let takers = |taker: &Webhook| decision.disable_webhook.is_none() || taker.id != webhook.id;
        notices.push(write(config, &payload, takers, now, ambient)?);
    }
    Ok(notices)
}

fn write<P: Payload>(
    config: &WorkspaceConfig,
    payload: &P,
    may_take: impl Fn(&Webhook) -> bool,
    now: Timestamp,
    ambient: &Ambient,
) -> Result<NewEvent, serde_json::Error> {
    let takers = config.takers(P::EVENT_TYPE, &[]).filter(|taker| may_take(taker));
    Ok(NewEvent {
        id: EventId::generate(ambient),
        workspace_id: config.workspace_id,
        event_type: P::EVENT_TYPE.to_owned(),
        channels: Vec::new(),
        payload: serde_json::to_vec(payload)?.into(),
        source: EventSource::default(),
        created_at: now,
        deliveries: takers.map(|taker| NewDelivery { id: ambient.new_id(), webhook_id: taker.id }).collect(),
    })
}

fn last_error(attempt: &Attempt) -> String {
    match &attempt.outcome {
        Outcome::Failed { message, .. } => message.clone(),
        Outcome::Delivered => String::new(),
    }
}

fn part(webhook: &Webhook) -> WebhookPart {
    WebhookPart { id: webhook.id, description: webhook.description.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    use crate::decide::Failing;
    use beckon_domain::delivery::{FailureKind, Verdict};
    use beckon_testkit::ambient::fake_ambient;
    use beckon_testkit::builders::{a_due_attempt, a_webhook};

    fn config(webhooks: Vec<Webhook>) -> WorkspaceConfig {
        WorkspaceConfig {
            workspace_id: a_webhook().workspace_id,
            name: "Acme".to_owned(),
            settings: Default::default(),
            version: 1,
            webhooks: webhooks.into_iter().map(Arc::new).collect(),
            segments: vec![],
            event_types: vec![],
            lists: vec![],
        }
    }

    fn listening(ambient: &Ambient, event_type: &str) -> Webhook {
        Webhook { id: ambient.new_id(), event_types: vec![event_type.to_owned()], ..a_webhook() }
    }

    fn failed_attempt(ambient: &Ambient) -> Attempt {
        let mut attempt = Attempt::begun(ambient.new_id(), &a_due_attempt(), Timestamp::UNIX_EPOCH);
        attempt.outcome = Outcome::Failed { kind: FailureKind::Status, message: "It said no.".to_owned() };
        attempt
    }

    #[test]
    fn a_disabled_webhook_is_announced_to_others_but_not_to_itself() {
        let ambient = fake_ambient();
        let broken = listening(&ambient, "webhook.disabled");
        let other = listening(&ambient, "webhook.disabled");
        let elsewhere = listening(&ambient, "contact.visited");
        let config = config(vec![broken.clone(), other.clone(), elsewhere]);
        let decision = Decision { disable_webhook: Some("Gone.".to_owned()), ..Decision::only(Verdict::Failed) };
        let attempt = failed_attempt(&ambient);
        let notices = write_notices(&config, &broken, &attempt, &decision, Timestamp::UNIX_EPOCH, &ambient).unwrap();
        assert_eq!(notices.len(), 1);
        assert_eq!(notices[0].event_type, "webhook.disabled");
        let takers: Vec<_> = notices[0].deliveries.iter().map(|delivery| delivery.webhook_id).collect();
        assert_eq!(takers, [other.id]);
        let payload: serde_json::Value = serde_json::from_slice(&notices[0].payload).unwrap();
        assert_eq!(payload["webhook"]["id"], broken.id.to_string());
        assert_eq!(payload["reason"], "Gone.");
    }

    #[test]
    fn an_exhausted_delivery_says_which_and_why() {
        let ambient = fake_ambient();
        let webhook = listening(&ambient, "contact.visited");
        let decision = Decision { exhausted: true, ..Decision::only(Verdict::Failed) };
        let attempt = failed_attempt(&ambient);
        let config = config(vec![webhook.clone()]);
        let notices = write_notices(&config, &webhook, &attempt, &decision, Timestamp::UNIX_EPOCH, &ambient).unwrap();
        let payload: serde_json::Value = serde_json::from_slice(&notices[0].payload).unwrap();
        assert_eq!(payload["event"], "delivery.exhausted");
        assert_eq!(payload["delivery"]["id"], attempt.delivery_id.to_string());
        assert_eq!(payload["delivery"]["last_error"], "It said no.");
        assert_eq!(notices[0].deliveries, [], "nobody listens, and it shows all the same");
    }

    // behaviour T14 (in part)
    #[test]
    fn a_failing_webhook_says_since_when_until_when_and_why_and_a_recovered_one_since_when() {
        let ambient = fake_ambient();
        let webhook = listening(&ambient, "webhook.failing");
        let config = config(vec![webhook.clone()]);
        let (since, disabled_at) = (Timestamp::from_second(60).unwrap(), Timestamp::from_second(3_600).unwrap());
        let attempt = failed_attempt(&ambient);
        let decision = Decision {
            failing: Some(Failing { stage: 2, since, disabled_at }),
            recovered_from: Some(since),
            ..Decision::only(Verdict::Delivered)
        };
        let notices = write_notices(&config, &webhook, &attempt, &decision, disabled_at, &ambient).unwrap();
        let payloads: Vec<serde_json::Value> =
            notices.iter().map(|notice| serde_json::from_slice(&notice.payload).unwrap()).collect();
        assert_eq!(payloads[0]["event"], "webhook.failing");
        assert_eq!(payloads[0]["stage"], 2);
        assert_eq!(payloads[0]["failing_since"], "1970-01-01T00:01:00Z");
        assert_eq!(payloads[0]["disabled_at"], "1970-01-01T01:00:00Z");
        assert_eq!(payloads[0]["last_error"], "It said no.");
        assert_eq!(payloads[1]["event"], "webhook.recovered");
        assert_eq!(payloads[1]["failing_since"], "1970-01-01T00:01:00Z");
        assert_eq!(notices[0].deliveries.len(), 1);
    }
}
