//! What happens to the engine from outside: people and clients, receivers, the database, the clock, the power.
//!
//! Callers live outside the process: one whose process is killed hears nothing, and does not know what was done.

use std::sync::Arc;

use beckon_domain::ambient::Ambient;
use beckon_domain::event::{EventId, EventSource, NewDelivery, NewEvent};
use beckon_domain::id::{DeliveryId, WebhookId, WorkspaceId};
use beckon_domain::job::{JobKind, ReplayFilter};
use beckon_domain::webhook::Webhook;
use beckon_store::{Result, StoreError};
use beckon_testkit::builders::a_workspace;
use jiff::SignedDuration;

use super::clock::SimClock;
use super::dice::Dice;
use super::process::Process;
use super::receivers::Mood;
use super::scene::{EVENT_TYPES, MOODS, rate};
use super::store::Weather;
use super::world::Shared;

/// Most events published at once.
const BURST: u64 = 12;
/// How often a caller tries to do what the store refuses because things changed meanwhile.
const TRIES: usize = 5;

/// Everyone who has to do with a process.
pub(super) struct People<'a> {
    pub(super) world: &'a Shared,
    pub(super) dice: &'a Dice,
    pub(super) ambient: &'a Ambient,
    pub(super) clock: &'a Arc<SimClock>,
    /// Webhooks that are left alone.
    pub(super) steady: &'a [WebhookId],
}

impl People<'_> {
    /// Does something, or nothing; whoever calls sees to the process itself.
    pub(super) async fn act(&self, process: &Process) {
        match self.dice.between(1, 100) {
            1..=45 => self.publish(process).await,
            46..=50 => self.resend(process).await,
            51..=57 => self.cancel(process).await,
            58..=62 => self.retry_now(process).await,
            63..=72 => self.set_up(process).await,
            73..=78 => self.start_job(process).await,
            79..=91 => self.change_a_mood(),
            92..=97 => self.change_the_weather(),
            98..=99 => self.set_the_clock(),
            _ => self.test(process).await,
        }
    }

    fn workspace(&self) -> WorkspaceId {
        a_workspace().id
    }

    async fn publish(&self, process: &Process) {
        for _ in 0..self.dice.between(1, BURST) {
            let event_type = *self.dice.one_of(&EVENT_TYPES);
            let id = EventId::generate(self.ambient);
            let published = process.run.answer(self.publish_one(process, event_type, &id)).await;
            let mut world = self.world.lock();
            world.watch.trace.note(format_args!("publish {id}: {}", told(&published)));
            let super::world::World { model, watch, .. } = &mut *world;
            watch.owe_new(model, self.ambient.now());
            if !matches!(published, Some(Ok(()))) {
                return;
            }
        }
    }

    /// As `beckon_intake` does: route, store, and route again if the set-up changed meanwhile.
    async fn publish_one(&self, process: &Process, event_type: &str, id: &EventId) -> Result<()> {
        for _ in 0..TRIES {
            let config = process.config.get(self.workspace()).await?;
            let takers = config.takers(event_type, &[]);
            let owed = |taker: &Arc<Webhook>| NewDelivery { id: self.ambient.new_id(), webhook_id: taker.id };
            let event = NewEvent {
                id: id.clone(),
                workspace_id: self.workspace(),
                event_type: event_type.to_owned(),
                channels: vec![],
                payload: bytes::Bytes::from_static(b"{}"),
                source: EventSource::default(),
                created_at: self.ambient.now(),
                deliveries: takers.map(owed).collect(),
            };
            match process.store.publish_events(self.workspace(), config.version, vec![event]).await {
                Err(StoreError::Stale(_)) => {}
                other => return other.map(drop),
            }
        }
        Err(StoreError::Stale("what is set up"))
    }

    /// Any delivery there is.
    fn a_delivery(&self) -> Option<DeliveryId> {
        let world = self.world.lock();
        let of_all = world.model.deliveries.iter().filter(|owed| !self.steady.contains(&owed.webhook_id));
        let of_all: Vec<DeliveryId> = of_all.map(|owed| owed.id).collect();
        (!of_all.is_empty()).then(|| *self.dice.one_of(&of_all))
    }

    async fn resend(&self, process: &Process) {
        let Some(id) = self.a_delivery() else { return };
        let resent = process.run.answer(process.handle.resend(self.workspace(), id)).await;
        self.note(&format!("resend {id}"), &resent);
    }

    async fn retry_now(&self, process: &Process) {
        let Some(id) = self.a_delivery() else { return };
        let retried = process.run.answer(process.handle.retry_now(self.workspace(), id)).await;
        self.note(&format!("retry {id}"), &retried);
    }

    async fn cancel(&self, process: &Process) {
        let setting_out = self.world.lock().watch.setting_out();
        let setting_out: Vec<DeliveryId> = setting_out.into_iter().filter(|id| !self.is_steady(*id)).collect();
        let any = self.a_delivery();
        let Some(id) = (if setting_out.is_empty() { any } else { Some(*self.dice.one_of(&setting_out)) }) else {
            return;
        };
        let canceled = process.run.answer(process.handle.cancel(self.workspace(), id)).await;
        if let Some(Ok(_)) = &canceled {
            self.world.lock().watch.canceled(id);
        }
        self.note(&format!("cancel {id}"), &canceled);
    }

    fn is_steady(&self, id: DeliveryId) -> bool {
        self.world.lock().model.owed(id).is_some_and(|owed| self.steady.contains(&owed.webhook_id))
    }

    async fn test(&self, process: &Process) {
        let Some(id) = self.a_webhook() else { return };
        let event = NewEvent {
            id: EventId::generate(self.ambient),
            workspace_id: self.workspace(),
            event_type: EVENT_TYPES[0].to_owned(),
            channels: vec![],
            payload: bytes::Bytes::from_static(b"{}"),
            source: EventSource { test: true, ..EventSource::default() },
            created_at: self.ambient.now(),
            deliveries: vec![NewDelivery { id: self.ambient.new_id(), webhook_id: id }],
        };
        let sent = process.run.answer(process.handle.send_test(event)).await;
        let mut world = self.world.lock();
        let super::world::World { model, watch, .. } = &mut *world;
        watch.owe_new(model, self.ambient.now());
        drop(world);
        self.note(&format!("test {id}"), &sent);
    }

    /// Any webhook that is not left alone.
    fn a_webhook(&self) -> Option<WebhookId> {
        let world = self.world.lock();
        let of_all = world.model.webhooks.keys().filter(|id| !self.steady.contains(id));
        let of_all: Vec<WebhookId> = of_all.copied().collect();
        (!of_all.is_empty()).then(|| *self.dice.one_of(&of_all))
    }

    async fn set_up(&self, process: &Process) {
        let Some(id) = self.a_webhook() else { return };
        if self.dice.percent(4) {
            let deleted = process.store.delete_webhook(self.workspace(), id, self.ambient.now());
            let deleted = process.run.answer(deleted).await;
            if let Some(Ok(())) = &deleted {
                self.world.lock().watch.closed(id);
            }
            return self.note(&format!("delete {id}"), &deleted);
        }
        let what = self.dice.between(1, 4);
        let limit = self.dice.percent(70).then(|| rate(self.dice));
        let changed = process.run.answer(async {
            let webhook = process.store.get_webhook(self.workspace(), id).await?;
            let now = self.ambient.now();
            let changed = match what {
                1 => Webhook { fifo: !webhook.fifo, ..webhook },
                2 => Webhook { rate_limit: limit, ..webhook },
                _ => Webhook { enabled: !webhook.enabled, disabled_reason: None, ..webhook },
            };
            process.store.update_webhook(&Webhook { updated_at: now, ..changed }).await
        });
        let changed = changed.await;
        if let Some(Ok(webhook)) = &changed
            && !webhook.is_live()
        {
            self.world.lock().watch.closed(id);
        }
        self.note(&format!("set up {id}"), &changed);
    }

    async fn start_job(&self, process: &Process) {
        let Some(webhook_id) = self.a_webhook() else { return };
        let until = self.ambient.now();
        let since = until - SignedDuration::from_secs(self.dice.between(10, 200) as i64);
        let kind = match self.dice.between(1, 3) {
            1 => JobKind::Recover { webhook_id, since, until },
            2 => JobKind::ReplayMissing { webhook_id, since, until },
            _ => JobKind::Replay(ReplayFilter {
                webhook_id: Some(webhook_id),
                event_id: None,
                status: None,
                event_type: None,
                channel: None,
                since: Some(since),
                until,
            }),
        };
        let started = process.run.answer(process.handle.start_job(self.workspace(), kind)).await;
        self.note("start a job", &started);
        if let Some(Ok(job)) = started
            && self.dice.percent(10)
        {
            let canceled = process.run.answer(process.handle.cancel_job(self.workspace(), job.id)).await;
            self.note(&format!("cancel {}", job.id), &canceled);
        }
    }

    fn change_a_mood(&self) {
        let Some(id) = self.a_webhook() else { return };
        let mood = if self.dice.percent(50) { Mood::Well } else { *self.dice.one_of(&MOODS) };
        let mut world = self.world.lock();
        world.receivers.moods.insert(id, mood);
        world.watch.trace.note(format_args!("{id} is {mood:?}"));
    }

    fn change_the_weather(&self) {
        let weather = *self.dice.one_of(&[Weather::Calm, Weather::Calm, Weather::Shaky, Weather::Away, Weather::Full]);
        let mut world = self.world.lock();
        world.weather = weather;
        world.watch.trace.note(format_args!("the store is {weather:?}"));
        world.watch.weather(weather == Weather::Calm);
    }

    fn set_the_clock(&self) {
        let by = SignedDuration::from_secs(self.dice.between(1, 7_200) as i64);
        let by = if self.dice.percent(50) { by } else { -by };
        let before = self.ambient.now();
        self.clock.step(by);
        let mut world = self.world.lock();
        world.watch.trace.note(format_args!("the clock is set by {by}"));
        world.watch.clock_was_set(before);
    }

    fn note<T, E: std::fmt::Debug>(&self, what: &str, answer: &Option<std::result::Result<T, E>>) {
        self.world.lock().watch.trace.note(format_args!("{what}: {}", told(answer)));
    }
}

fn told<T, E: std::fmt::Debug>(answer: &Option<std::result::Result<T, E>>) -> String {
    match answer {
        None => "nobody answers".to_owned(),
        Some(Ok(_)) => "done".to_owned(),
        Some(Err(error)) => format!("{error:?}"),
    }
}
