//! What the model store holds, and the steps that change it. No time passes here and nothing fails by chance.
//!
//! Written from the words of `beckon_store` alone, and held to them by the conformance suite: it is the second
//! opinion on what an engine has to do, not a copy of one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use beckon_domain::delivery::{Attempt, Delivery, DeliveryStatus, DueAttempt, Trigger};
use beckon_domain::event::{Event, EventId, NewDelivery, NewEvent};
use beckon_domain::health::Health;
use beckon_domain::id::{DeliveryId, JobId, WebhookId, WorkspaceId};
use beckon_domain::webhook::Webhook;
use beckon_store::config::ConfigVersion;
use beckon_store::deliveries::{DeliveryFilter, Lane};
use beckon_store::events::Published;
use beckon_store::{DueBell, JustWritten, Result, Ring, StoreError, WorkspaceConfig};
use jiff::Timestamp;

use super::jobs::Progress;

/// A database in memory.
#[derive(Default)]
pub(in crate::sim) struct Model {
    pub(super) versions: BTreeMap<WorkspaceId, ConfigVersion>,
    pub(super) epoch: u64,
    pub(in crate::sim) webhooks: BTreeMap<WebhookId, Webhook>,
    pub(in crate::sim) health: BTreeMap<WebhookId, Health>,
    pub(in crate::sim) events: Vec<NewEvent>,
    pub(super) event_ids: BTreeMap<(WorkspaceId, EventId), usize>,
    pub(in crate::sim) deliveries: Vec<Owed>,
    pub(super) delivery_ids: BTreeMap<DeliveryId, usize>,
    /// Deliveries with something in the queue.
    waiting: BTreeMap<WebhookId, BTreeSet<usize>>,
    pub(in crate::sim) attempts: Vec<Attempt>,
    pub(super) jobs: BTreeMap<JobId, Progress>,
    pub(super) unmailed: Vec<(WorkspaceId, EventId)>,
    /// Counts the changes of the queue.
    pub(in crate::sim) ticks: u64,
    pub(super) bell: Arc<DueBell>,
}

/// A delivery.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::sim) struct Owed {
    pub(in crate::sim) id: DeliveryId,
    pub(in crate::sim) workspace_id: WorkspaceId,
    pub(in crate::sim) webhook_id: WebhookId,
    /// Its event's place in [`Model::events`].
    pub(in crate::sim) event: usize,
    pub(in crate::sim) created_at: Timestamp,
    pub(super) updated_at: Timestamp,
    pub(in crate::sim) status: DeliveryStatus,
    pub(in crate::sim) attempt_count: u32,
    pub(in crate::sim) scheduled_attempts: u32,
    /// When the schedule's next request is due, while the schedule runs.
    pub(in crate::sim) schedule_due_at: Option<Timestamp>,
    pub(in crate::sim) resend_due_at: Option<Timestamp>,
    pub(in crate::sim) test_due_at: Option<Timestamp>,
    /// Whether its schedule runs anew.
    pub(in crate::sim) replayed: bool,
    /// Whether it was canceled because its webhook was disabled.
    pub(super) lost_its_webhook: bool,
    /// When the schedule's row came into the queue, in [`Model::ticks`]; a retry keeps it.
    pub(in crate::sim) placed: u64,
}

impl Owed {
    /// The trigger of its schedule's next request.
    pub(in crate::sim) fn scheduled_trigger(&self) -> Trigger {
        if self.replayed { Trigger::Replay } else { Trigger::Schedule }
    }

    /// Everything that waits: the lane of a webhook that is not FIFO, the trigger and when it is due.
    pub(super) fn rows(&self) -> impl Iterator<Item = (Lane, Trigger, Timestamp)> {
        let lane = match (self.replayed, self.scheduled_attempts) {
            (true, _) => Lane::Replay,
            (false, 0) => Lane::First,
            (false, _) => Lane::Retry,
        };
        let rows = [
            (Lane::Test, Trigger::Test, self.test_due_at),
            (lane, self.scheduled_trigger(), self.schedule_due_at),
            (Lane::Resend, Trigger::Resend, self.resend_due_at),
        ];
        rows.into_iter().filter_map(|(lane, trigger, due_at)| Some((lane, trigger, due_at?)))
    }

    fn wait_for_nothing(&mut self) {
        (self.schedule_due_at, self.resend_due_at, self.test_due_at) = (None, None, None);
    }
}

impl Model {
    /// A delivery's place in [`Model::deliveries`].
    pub(super) fn place(&self, workspace: WorkspaceId, id: DeliveryId) -> Result<usize> {
        let place = self.delivery_ids.get(&id).copied();
        let of_workspace = place.filter(|place| self.deliveries[*place].workspace_id == workspace);
        of_workspace.ok_or(StoreError::NotFound("delivery"))
    }

    /// A delivery by its id.
    pub(in crate::sim) fn owed(&self, id: DeliveryId) -> Option<&Owed> {
        self.delivery_ids.get(&id).map(|place| &self.deliveries[*place])
    }

    pub(super) fn delivery(&self, workspace: WorkspaceId, id: DeliveryId) -> Result<Delivery> {
        Ok(self.shown(&self.deliveries[self.place(workspace, id)?]))
    }

    pub(super) fn shown(&self, owed: &Owed) -> Delivery {
        let event = &self.events[owed.event];
        Delivery {
            id: owed.id,
            event_id: event.id.clone(),
            event_type: event.event_type.clone(),
            channels: event.channels.clone(),
            webhook_id: owed.webhook_id,
            status: owed.status,
            attempt_count: owed.attempt_count,
            next_attempt_at: owed.rows().map(|(_, _, due_at)| due_at).min(),
            created_at: owed.created_at,
            updated_at: owed.updated_at,
        }
    }

    /// Deliveries that fit, newest first.
    pub(super) fn deliveries_of(&self, workspace: WorkspaceId, filter: &DeliveryFilter) -> Vec<Delivery> {
        let shown = self.deliveries.iter().filter(|owed| owed.workspace_id == workspace).map(|owed| self.shown(owed));
        let mut fit: Vec<(usize, Delivery)> = shown.filter(|delivery| fits(filter, delivery)).enumerate().collect();
        fit.sort_by_key(|(place, delivery)| std::cmp::Reverse((delivery.created_at, *place)));
        fit.into_iter().map(|(_, delivery)| delivery).collect()
    }

    pub(super) fn event(&self, workspace: WorkspaceId, id: &EventId) -> Result<Event> {
        let place = self.event_ids.get(&(workspace, id.clone())).ok_or(StoreError::NotFound("event"))?;
        let NewEvent { id, event_type, channels, payload, source, created_at, deliveries, .. } =
            self.events[*place].clone();
        let delivery_count = deliveries.len() as u32;
        Ok(Event { id, event_type, channels, payload, source, created_at, delivery_count })
    }

    /// Changes what waits for a delivery, with all that the queue has to know of it.
    pub(super) fn change(&mut self, place: usize, change: impl FnOnce(&mut Owed)) {
        self.change_as(place, change, None);
    }

    /// As [`Model::change`]; the bell carries what was `written`, if that is given.
    fn change_as(&mut self, place: usize, change: impl FnOnce(&mut Owed), written: Option<JustWritten>) {
        let owed = &mut self.deliveries[place];
        let before = owed.clone();
        change(owed);
        self.ticks += 1;
        if before.schedule_due_at.is_none() {
            owed.placed = self.ticks;
        }
        let waiting = self.waiting.entry(owed.webhook_id).or_default();
        if owed.rows().next().is_some() {
            waiting.insert(place)
        } else {
            waiting.remove(&place)
        };
        let known: Vec<_> = before.rows().collect();
        let new = owed.rows().filter(|row| !known.contains(row));
        let ring = |due_at| written.clone().map_or(Ring::At(due_at), Ring::Written);
        let new = new.map(|(_, _, due_at)| (owed.webhook_id, ring(due_at)));
        self.bell.ring(new.collect::<Vec<_>>());
        let webhook = owed.webhook_id;
        if self.webhooks.get(&webhook).is_some_and(|webhook| webhook.fifo) {
            // Whatever became of it, what stood behind it may go on.
            self.bell.ring(self.first_due_at(webhook).map(|at| (webhook, Ring::At(at))));
        }
    }

    /// Places of deliveries with something in the queue.
    pub(super) fn waiting(&self, webhook: WebhookId) -> impl Iterator<Item = usize> {
        self.waiting.get(&webhook).into_iter().flatten().copied()
    }

    /// Whether anything waits, of any webhook.
    pub(in crate::sim) fn anything_waits(&self) -> bool {
        self.waiting.values().any(|waiting| !waiting.is_empty())
    }

    /// Stores an event and what it is owed. False, and nothing is stored, if its id is taken.
    pub(super) fn announce(
        &mut self,
        event: NewEvent,
        deliveries: &[NewDelivery],
        trigger: Trigger,
        decided_at: Option<ConfigVersion>,
    ) -> bool {
        let key = (event.workspace_id, event.id.clone());
        if self.event_ids.contains_key(&key) {
            return false;
        }
        let (place, at, workspace_id) = (self.events.len(), event.created_at, event.workspace_id);
        self.event_ids.insert(key, place);
        for delivery in deliveries {
            let due = DueAttempt::first(&event, *delivery, trigger);
            let owed = Owed {
                id: delivery.id,
                workspace_id,
                webhook_id: delivery.webhook_id,
                event: place,
                created_at: at,
                updated_at: at,
                status: DeliveryStatus::Pending,
                attempt_count: 0,
                scheduled_attempts: 0,
                schedule_due_at: None,
                resend_due_at: None,
                test_due_at: None,
                replayed: false,
                lost_its_webhook: false,
                placed: 0,
            };
            self.delivery_ids.insert(delivery.id, self.deliveries.len());
            self.deliveries.push(owed);
            let makes_due = |owed: &mut Owed| match trigger {
                Trigger::Test => owed.test_due_at = Some(at),
                Trigger::Replay => (owed.replayed, owed.schedule_due_at) = (true, Some(at)),
                Trigger::Schedule | Trigger::Resend => owed.schedule_due_at = Some(at),
            };
            let written = decided_at.map(|decided_at| JustWritten { due, decided_at });
            self.change_as(self.deliveries.len() - 1, makes_due, written);
        }
        self.events.push(NewEvent { deliveries: deliveries.to_vec(), ..event });
        true
    }

    pub(super) fn publish(
        &mut self,
        workspace: WorkspaceId,
        routed_at: ConfigVersion,
        events: Vec<NewEvent>,
    ) -> Result<Vec<Published>> {
        if self.version(workspace) != routed_at {
            return Err(StoreError::Stale("what is set up"));
        }
        if let Some(event) = events.iter().find(|event| event.workspace_id != workspace) {
            return Err(StoreError::Refused(format!("the event {} is of another workspace", event.id)));
        }
        let mut published = Vec::with_capacity(events.len());
        for event in events {
            let (id, deliveries) = (event.id.clone(), event.deliveries.clone());
            published.push(match self.announce(event, &deliveries, Trigger::Schedule, Some(routed_at)) {
                true => Published::Stored,
                false => Published::Exists(Box::new(self.event(workspace, &id)?)),
            });
        }
        Ok(published)
    }

    pub(super) fn create_test(&mut self, event: NewEvent) -> Result<()> {
        for delivery in &event.deliveries {
            self.live(event.workspace_id, delivery.webhook_id)?;
        }
        let (id, deliveries) = (event.id.clone(), event.deliveries.clone());
        let stored = self.announce(event, &deliveries, Trigger::Test, None);
        stored.then_some(()).ok_or_else(|| StoreError::Exists(format!("an event {id}")))
    }

    pub(super) fn resend(&mut self, workspace: WorkspaceId, id: DeliveryId, at: Timestamp) -> Result<Delivery> {
        let place = self.place(workspace, id)?;
        self.live(workspace, self.deliveries[place].webhook_id)?;
        self.change(place, |owed| owed.resend_due_at = owed.resend_due_at.or(Some(at)));
        self.delivery(workspace, id)
    }

    pub(super) fn cancel(&mut self, workspace: WorkspaceId, id: DeliveryId, at: Timestamp) -> Result<Delivery> {
        let place = self.place(workspace, id)?;
        let owed = &self.deliveries[place];
        if !owed.status.is_open() && owed.rows().next().is_none() {
            return Err(StoreError::Refused("the delivery has ended".to_owned()));
        }
        self.change(place, |owed| {
            if owed.status.is_open() {
                (owed.status, owed.updated_at, owed.lost_its_webhook) = (DeliveryStatus::Canceled, at, false);
            }
            owed.wait_for_nothing();
        });
        self.delivery(workspace, id)
    }

    pub(super) fn retry_now(&mut self, workspace: WorkspaceId, id: DeliveryId, at: Timestamp) -> Result<Delivery> {
        let place = self.place(workspace, id)?;
        let owed = &self.deliveries[place];
        if !owed.status.is_open() || owed.schedule_due_at.is_none() {
            return Err(StoreError::Refused("the delivery has ended".to_owned()));
        }
        self.change(place, |owed| owed.schedule_due_at = owed.schedule_due_at.map(|due_at| due_at.min(at)));
        self.delivery(workspace, id)
    }

    pub(super) fn version(&self, workspace: WorkspaceId) -> ConfigVersion {
        self.versions.get(&workspace).copied().unwrap_or(0)
    }

    pub(super) fn config(&self, workspace: WorkspaceId) -> Result<WorkspaceConfig> {
        let version = *self.versions.get(&workspace).ok_or(StoreError::NotFound("workspace"))?;
        let live = self.webhooks.values().filter(|webhook| webhook.workspace_id == workspace);
        let live = live.filter(|webhook| webhook.deleted_at.is_none());
        Ok(WorkspaceConfig {
            workspace_id: workspace,
            name: "Acme".to_owned(),
            settings: Default::default(),
            version,
            webhooks: live.cloned().map(Arc::new).collect(),
            segments: Vec::new(),
            event_types: Vec::new(),
            lists: Vec::new(),
        })
    }

    pub(super) fn webhook(&self, workspace: WorkspaceId, id: WebhookId) -> Result<&Webhook> {
        let webhook = self.webhooks.get(&id).filter(|webhook| webhook.workspace_id == workspace);
        webhook.ok_or(StoreError::NotFound("webhook"))
    }

    /// `Refused` if a webhook gets nothing.
    pub(super) fn live(&self, workspace: WorkspaceId, id: WebhookId) -> Result<&Webhook> {
        let webhook = self.webhook(workspace, id)?;
        match webhook.deleted_at {
            Some(_) => Err(StoreError::Refused("The webhook is deleted.".to_owned())),
            None if !webhook.enabled => Err(StoreError::Refused("The webhook is disabled.".to_owned())),
            None => Ok(webhook),
        }
    }

    pub(super) fn create_webhook(&mut self, webhook: Webhook) -> Result<()> {
        if self.webhooks.contains_key(&webhook.id) {
            return Err(StoreError::Exists("a webhook of that id".to_owned()));
        }
        if !self.versions.contains_key(&webhook.workspace_id) {
            return Err(StoreError::NotFound("workspace"));
        }
        self.insert_webhook(webhook);
        Ok(())
    }

    pub(super) fn update_webhook(&mut self, webhook: &Webhook) -> Result<Webhook> {
        let stored = self.webhook(webhook.workspace_id, webhook.id)?;
        if stored.deleted_at.is_some() {
            return Err(StoreError::NotFound("webhook"));
        }
        if stored.revision != webhook.revision {
            return Err(StoreError::Stale("the webhook"));
        }
        let reordered = stored.fifo != webhook.fifo;
        let updated = Webhook { revision: webhook.revision + 1, ..webhook.clone() };
        self.webhooks.insert(updated.id, updated.clone());
        self.set_up(updated.workspace_id);
        if !updated.is_live() {
            self.cancel_waiting(updated.id, updated.updated_at);
        } else if reordered {
            self.ticks += 1;
            let places: Vec<usize> = self.waiting(updated.id).collect();
            for place in places {
                self.deliveries[place].placed = self.ticks;
                let at = self.deliveries[place].created_at;
                self.bell.ring([(updated.id, Ring::At(at))]);
            }
        }
        Ok(updated)
    }

    pub(super) fn delete_webhook(&mut self, workspace: WorkspaceId, id: WebhookId, at: Timestamp) -> Result<()> {
        if self.webhook(workspace, id)?.deleted_at.is_some() {
            return Err(StoreError::NotFound("webhook"));
        }
        self.set_up(workspace);
        if let Some(webhook) = self.webhooks.get_mut(&id) {
            webhook.deleted_at = Some(at);
        }
        self.cancel_waiting(id, at);
        Ok(())
    }

    /// Cancels everything that waits for a webhook that gets nothing any more, and forgets how it was.
    fn cancel_waiting(&mut self, webhook: WebhookId, at: Timestamp) {
        self.health.remove(&webhook);
        let places: Vec<usize> = self.waiting(webhook).collect();
        for place in places {
            self.change(place, |owed| {
                if owed.status.is_open() {
                    (owed.status, owed.updated_at, owed.lost_its_webhook) = (DeliveryStatus::Canceled, at, true);
                }
                owed.wait_for_nothing();
            });
        }
    }

    /// A new workspace.
    pub(in crate::sim) fn create_workspace(&mut self, workspace: WorkspaceId) {
        self.versions.insert(workspace, 1);
    }

    /// A new webhook.
    pub(in crate::sim) fn insert_webhook(&mut self, webhook: Webhook) {
        self.set_up(webhook.workspace_id);
        self.webhooks.insert(webhook.id, webhook);
    }

    /// A process that starts has heard nothing yet.
    pub(in crate::sim) fn forget_bell(&mut self) {
        self.bell = Arc::default();
    }

    fn set_up(&mut self, workspace: WorkspaceId) {
        *self.versions.entry(workspace).or_default() += 1;
        self.epoch += 1;
    }
}

pub(super) fn fits(filter: &DeliveryFilter, delivery: &Delivery) -> bool {
    filter.webhook_id.is_none_or(|webhook| webhook == delivery.webhook_id)
        && filter.event_id.as_ref().is_none_or(|event| *event == delivery.event_id)
        && filter.status.is_none_or(|status| status == delivery.status)
        && filter.event_type.as_ref().is_none_or(|event_type| *event_type == delivery.event_type)
        && filter.channel.as_ref().is_none_or(|channel| delivery.channels.contains(channel))
        && filter.since.is_none_or(|since| delivery.created_at >= since)
        && filter.until.is_none_or(|until| delivery.created_at < until)
}
