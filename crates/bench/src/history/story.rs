//! The story of a workspace: which events there are, to whom they go, and what becomes of their deliveries.
//!
//! Not here: the store, and the clock (`seed.rs`).

use beckon_domain::ambient::Ambient;
use beckon_domain::channel::Channel;
use beckon_domain::delivery::{Attempt, DueAttempt, Exchange, FailureKind, Outcome, Timings, Trigger, Verdict};
use beckon_domain::event::{EventId, EventSource, NewDelivery, NewEvent};
use beckon_domain::id::{DeliveryId, SegmentId, WebhookId, WorkspaceId};
use beckon_store::deliveries::FinishedAttempt;
use jiff::{SignedDuration, Timestamp};

use super::made::Chance;

/// The event types: `type.0` to `type.17` are common, `type.18` is rare, `type.19` is of the beginning only.
pub(super) fn type_name(n: u64) -> String {
    format!("type.{n}")
}

/// The channels: up to 296 common, 297 and 298 rare, 299 of the beginning only.
pub(super) fn channel(n: u64) -> Channel {
    Channel::of_segment(SegmentId(i64::try_from(n).unwrap_or(0) + 1))
}

/// What becomes of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Delivered { attempts: u32 },
    Failed,
    Canceled,
    Retrying,
    Pending,
}

/// A story that is being told.
pub(super) struct Story {
    pub(super) ambient: Ambient,
    pub(super) chance: Chance,
    /// Of which number 0 to 9 are what is said of them here.
    pub(super) webhooks: Vec<WebhookId>,
    pub(super) main: WorkspaceId,
    /// How many deliveries there are to be.
    pub(super) deliveries: u64,
    /// How many there are so far.
    pub(super) told: u64,
    /// The present moment, in milliseconds since 1970.
    pub(super) end: i64,
}

/// Attempts to record, of one round: what a delivery's first attempts were comes before its second.
pub(super) type Round = (usize, Option<FinishedAttempt>, Option<(WorkspaceId, DeliveryId, Timestamp)>);

impl Story {
    pub(super) fn event(&mut self, at: i64) -> (NewEvent, Vec<Fate>) {
        let early = self.told < self.deliveries / 1_000;
        let chance = &self.chance;
        let event_type = match chance.below(50_000) {
            0 => 18,
            n if early && n % 50 == 0 => 19,
            // The first few are more common than the others.
            n if n % 2 == 0 => n / 2 % 3,
            n => n / 2 % 18,
        };
        let channels = (0..chance.below(3)).map(|_| match chance.below(20_000) {
            n @ 0..2 => channel(297 + n),
            n if early && n % 50 == 0 => channel(299),
            n if n % 2 == 0 => channel(n / 2 % 10),
            n => channel(n / 2 % 297),
        });
        let mut channels: Vec<_> = channels.collect();
        channels.dedup();
        let first = match chance.below(20_000) {
            0 => 8,
            n if early && n % 50 == 0 => 9,
            n => n % 8,
        };
        let second = (first + 1 + chance.below(6)) % 8;
        let to: Vec<u64> = if chance.below(2) == 0 { vec![first] } else { vec![first, second] };
        let fates = to.iter().map(|n| self.fate(*n, at)).collect();
        let webhooks: Vec<_> = to.iter().map(|n| self.webhooks[*n as usize]).collect();
        let event = self.event_of(self.main, type_name(event_type), channels, at, &webhooks);
        self.told += webhooks.len() as u64;
        (event, fates)
    }

    pub(super) fn event_of(
        &self,
        workspace_id: WorkspaceId,
        event_type: String,
        channels: Vec<Channel>,
        at: i64,
        webhooks: &[WebhookId],
    ) -> NewEvent {
        let payload = format!(
            r#"{{"event":"{event_type}","timestamp":"{at}","contact":{{"first_name":"Jane","last_name":"Doe","email":"jane.{}@example.com","title":"Marketing Manager","company":"Acme Corp","linkedin_url":"https://linkedin.com/in/janedoe"}},"segment":{{"id":"7264","name":"High Intent - ABM Contacts"}}}}"#,
            self.chance.below(1_000_000)
        );
        NewEvent {
            id: EventId::generate(&self.ambient),
            workspace_id,
            event_type,
            channels,
            payload: payload.into(),
            source: EventSource::default(),
            created_at: Timestamp::from_millisecond(at).unwrap_or_default(),
            deliveries: webhooks
                .iter()
                .map(|webhook_id| NewDelivery { id: self.ambient.new_id(), webhook_id: *webhook_id })
                .collect(),
        }
    }

    /// Webhook 5 never fails for good, and only those up to 3 had deliveries canceled.
    fn fate(&self, webhook: u64, at: i64) -> Fate {
        let age_minutes = (self.end - at) / 60_000;
        match self.chance.below(1_000) {
            _ if webhook == 6 && age_minutes < 24 * 60 => Fate::Pending,
            0..200 if age_minutes < 24 * 60 && webhook == 7 => Fate::Retrying,
            0..34 if webhook != 5 => Fate::Failed,
            34..56 if webhook < 4 => Fate::Canceled,
            56..310 => Fate::Delivered { attempts: 2 },
            _ => Fate::Delivered { attempts: 1 },
        }
    }

    /// What was done for the deliveries of an event.
    pub(super) fn rounds(&self, event: &NewEvent, fates: &[Fate]) -> Vec<Round> {
        let mut rounds = Vec::new();
        for (delivery, fate) in event.deliveries.iter().zip(fates) {
            let later = Timestamp::from_millisecond(self.end).unwrap_or_default() + SignedDuration::from_hours(24);
            let again = Verdict::RetryAt(later);
            let verdicts = match fate {
                Fate::Delivered { attempts: 2 } => vec![again, Verdict::Delivered],
                Fate::Delivered { .. } => vec![Verdict::Delivered],
                Fate::Failed => vec![again.clone(), again.clone(), again, Verdict::Failed],
                Fate::Canceled | Fate::Retrying => vec![again],
                Fate::Pending => vec![],
            };
            let count = verdicts.len();
            for (number, verdict) in verdicts.into_iter().enumerate() {
                rounds.push((number, Some(attempt(&self.ambient, event, delivery, number as u32, verdict)), None));
            }
            if *fate == Fate::Canceled {
                rounds.push((count, None, Some((event.workspace_id, delivery.id, event.created_at))));
            }
        }
        rounds
    }
}

/// An attempt as a receiver in the same city makes it.
fn attempt(
    ambient: &Ambient,
    event: &NewEvent,
    delivery: &NewDelivery,
    before: u32,
    verdict: Verdict,
) -> FinishedAttempt {
    let due = DueAttempt {
        delivery_id: delivery.id,
        workspace_id: event.workspace_id,
        webhook_id: delivery.webhook_id,
        event_id: event.id.clone(),
        event_type: event.event_type.clone(),
        channels: vec![],
        payload: Default::default(),
        trigger: Trigger::Schedule,
        due_at: event.created_at,
        scheduled_attempts: before,
        attempt_count: before,
    };
    let mut attempt = Attempt::begun(ambient.new_id(), &due, event.created_at);
    let delivered = verdict == Verdict::Delivered;
    attempt.outcome = match delivered {
        true => Outcome::Delivered,
        false => Outcome::Failed { kind: FailureKind::Status, message: "The receiver answered 500.".to_owned() },
    };
    attempt.next_attempt_at = match verdict {
        Verdict::RetryAt(at) => Some(at),
        _ => None,
    };
    attempt.exchange = Exchange {
        url: "http://127.0.0.1:9/hook".to_owned(),
        request_headers: [("content-type", "application/json"), ("webhook-id", event.id.as_str()), ("X-Team", "***")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        status: Some(if delivered { 204 } else { 500 }),
        response_headers: vec![("date".to_owned(), "Mon, 15 Apr 2024 14:32:00 GMT".to_owned())],
        response_body: String::new(),
        response_truncated: false,
        timings: Timings { first_byte_us: Some(900), total_us: 1_000, ..Timings::default() },
    };
    FinishedAttempt {
        workspace_id: event.workspace_id,
        attempt,
        verdict,
        disable_webhook: None,
        health: None,
        notices: vec![],
        mail_notices: false,
    }
}
