//! Three months of a busy workspace, and a little of another.
//!
//! Ten webhooks, twenty event types, three hundred channels. Of each there are some that are everywhere, some that are
//! rare, and some of which there is nothing but in the beginning. Most is delivered, a quarter of it at the second
//! attempt; some failed, some was canceled; of the newest, some is still to be done.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use beckon_domain::ambient::Ambient;
use beckon_domain::channel::Channel;
use beckon_domain::delivery::{Attempt, DueAttempt, Exchange, FailureKind, Outcome, Timings, Trigger, Verdict};
use beckon_domain::event::{EventId, EventSource, NewDelivery, NewEvent};
use beckon_domain::id::{DeliveryId, SegmentId, WebhookId, WorkspaceId};
use beckon_domain::key::Workspace;
use beckon_domain::rate::{Period, RateLimit};
use beckon_domain::signing::{KeyMaterial, SigningKey, SigningScheme};
use beckon_domain::webhook::Webhook;
use beckon_store::deliveries::FinishedAttempt;
use beckon_store::{ConfigStore, DeliveryStore, EventStore, KeyStore, WebhookStore};
use beckon_store_sqlite::SqliteStore;
use jiff::{SignedDuration, Timestamp};

use super::made::{Chance, store};
use super::{KEY_BASE64, KEY_FILE};

const DAYS: i64 = 90;
const WEBHOOKS: u64 = 10;
/// A step of the story: this many events, and then what came of their deliveries.
const STEP_EVENTS: u64 = 2_000;

/// The event types: `type.0` to `type.17` are common, `type.18` is rare, `type.19` is of the beginning only.
pub(super) fn type_name(n: u64) -> String {
    format!("type.{n}")
}

/// The channels: up to 296 common, 297 and 298 rare, 299 of the beginning only.
pub(super) fn channel(n: u64) -> Channel {
    Channel::of_segment(SegmentId(i64::try_from(n).unwrap_or(0) + 1))
}

/// Fills a directory that holds nothing yet, up to `now`.
pub(crate) async fn seed(directory: &Path, deliveries: u64, now: Timestamp) -> anyhow::Result<()> {
    let end = now.as_millisecond();
    let begin = end - DAYS * 24 * 3_600_000;
    let (store, clock, ambient) = store(directory, begin)?;
    keep_key(directory)?;
    let (main, little) = (workspace(&store, &ambient, "Main").await?, workspace(&store, &ambient, "Little").await?);
    let mut webhooks = Vec::new();
    for n in 0..WEBHOOKS {
        webhooks.push(webhook(&store, &ambient, main, n).await?);
    }
    let theirs = webhook(&store, &ambient, little, 0).await?;
    let mut story = Story { ambient, chance: Chance::new(2), webhooks, main, deliveries, told: 0, end };
    let mut step = 0;
    while story.told < deliveries {
        let from = begin + part(end - begin, story.told, deliveries);
        let events: Vec<_> = (0..STEP_EVENTS)
            .map_while(|_| {
                let at = begin + part(end - begin, story.told, deliveries);
                clock.set(at);
                (story.told < deliveries).then(|| story.event(at))
            })
            .collect();
        let made: Vec<_> = events.iter().flat_map(|(event, fates)| story.rounds(event, fates)).collect();
        let routed_at = store.config_version(main);
        store.publish_events(main, routed_at, events.into_iter().map(|(event, _)| event).collect()).await?;
        finish(&store, made).await?;
        if step % 50 == 0 {
            clock.set(from);
            let event = story.event_of(little, type_name(0), vec![channel(0)], from, &[theirs]);
            store.publish_events(little, store.config_version(little), vec![event]).await?;
        }
        step += 1;
    }
    store.close().await;
    Ok(())
}

/// The part of a span that stands at `told` of `all`.
fn part(span: i64, told: u64, all: u64) -> i64 {
    (span as f64 * (told as f64 / all as f64)) as i64
}

fn keep_key(directory: &Path) -> anyhow::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(directory.join(KEY_FILE)).context("the key file")?;
    writeln!(file, "{KEY_BASE64}").context("the key file")
}

pub(super) async fn workspace(store: &SqliteStore, ambient: &Ambient, name: &str) -> anyhow::Result<WorkspaceId> {
    let workspace = Workspace { id: ambient.new_id(), name: name.to_owned(), created_at: ambient.now() };
    store.create_workspace(&workspace).await?;
    Ok(workspace.id)
}

/// A webhook that cannot be reached. What is new for number 6 waits: it takes one request a minute.
pub(super) async fn webhook(
    store: &SqliteStore,
    ambient: &Ambient,
    workspace_id: WorkspaceId,
    n: u64,
) -> anyhow::Result<WebhookId> {
    let now = ambient.now();
    let webhook = Webhook {
        id: ambient.new_id(),
        workspace_id,
        description: format!("Webhook {n}"),
        url: "http://127.0.0.1:9/hook".parse()?,
        event_types: (0..20).map(type_name).collect(),
        channels: vec![],
        headers: [("X-Team".to_owned(), "sales".to_owned())].into(),
        enabled: true,
        disabled_reason: None,
        retry_schedule: None,
        rate_limit: (n == 6).then_some(RateLimit { requests: 1, per: Period::Minute }),
        fifo: false,
        ca_certificates: None,
        metadata: Default::default(),
        revision: 1,
        created_at: now,
        updated_at: now,
        deleted_at: None,
        signing_keys: vec![SigningKey::new(KeyMaterial::generate(SigningScheme::HmacSha256, ambient), now)],
        auth: None,
        client_identity: None,
    };
    store.create_webhook(&webhook).await?;
    Ok(webhook.id)
}

/// What becomes of a delivery.
#[derive(Clone, Copy, PartialEq)]
enum Fate {
    Delivered { attempts: u32 },
    Failed,
    Canceled,
    Retrying,
    Pending,
}

struct Story {
    ambient: Ambient,
    chance: Chance,
    webhooks: Vec<WebhookId>,
    main: WorkspaceId,
    deliveries: u64,
    told: u64,
    end: i64,
}

/// Attempts to record, of one round: what a delivery's first attempts were comes before its second.
type Round = (usize, Option<FinishedAttempt>, Option<(WorkspaceId, DeliveryId, Timestamp)>);

impl Story {
    fn event(&mut self, at: i64) -> (NewEvent, Vec<Fate>) {
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

    fn event_of(
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
    fn rounds(&self, event: &NewEvent, fates: &[Fate]) -> Vec<Round> {
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
                rounds.push((number, Some(self.attempt(event, delivery, number as u32, verdict)), None));
            }
            if *fate == Fate::Canceled {
                rounds.push((count, None, Some((event.workspace_id, delivery.id, event.created_at))));
            }
        }
        rounds
    }

    fn attempt(&self, event: &NewEvent, delivery: &NewDelivery, before: u32, verdict: Verdict) -> FinishedAttempt {
        attempt(&self.ambient, event, delivery, before, verdict)
    }
}

/// An attempt as a receiver in the same city makes it.
pub(super) fn attempt(
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

/// Records what was done, round by round.
async fn finish(store: &SqliteStore, mut rounds: Vec<Round>) -> anyhow::Result<()> {
    rounds.sort_by_key(|(round, ..)| *round);
    for same in rounds.chunk_by(|a, b| a.0 == b.0) {
        let finished = same.iter().filter_map(|(_, finished, _)| finished.clone().map(Arc::new)).collect();
        for result in store.finish_attempts(finished).await? {
            result?;
        }
        for (workspace, delivery, at) in same.iter().filter_map(|(.., canceled)| *canceled) {
            store.cancel_delivery(workspace, delivery, at).await?;
        }
    }
    Ok(())
}
