//! What is due in the model store. See [`beckon_store::DeliveryStore::list_due`].

use beckon_domain::delivery::{DueAttempt, Trigger};
use beckon_domain::id::{DeliveryId, WebhookId, WorkspaceId};
use beckon_store::deliveries::{DueBatch, Lane};
use jiff::Timestamp;

use super::model::{Model, Owed};

/// A request that waits.
struct Row<'a> {
    owed: &'a Owed,
    trigger: Trigger,
    due_at: Timestamp,
    /// Where it stands in its lane.
    place: (Timestamp, usize),
    /// Nothing behind it may pass, and it waits itself, until then.
    held_until: Option<Timestamp>,
}

impl Model {
    /// Every webhook with something in the queue, and when its first is due.
    pub(super) fn due_webhooks(&self) -> Vec<(WorkspaceId, WebhookId, Timestamp)> {
        let first = |webhook| Some((self.first_due_at(webhook)?, webhook));
        let webhooks = self.webhooks.values();
        webhooks.filter_map(|hook| first(hook.id).map(|(at, id)| (hook.workspace_id, id, at))).collect()
    }

    /// When the first request of a webhook is due that nothing holds up.
    pub(super) fn first_due_at(&self, webhook: WebhookId) -> Option<Timestamp> {
        let fifo = self.webhooks.get(&webhook).is_some_and(|webhook| webhook.fifo);
        let firsts = Lane::ALL.into_iter().filter_map(|lane| {
            let rows = self.rows(webhook, lane);
            let in_order = fifo && lane == Lane::First;
            if in_order { rows.first().map(|row| row.due_at) } else { rows.iter().map(|row| row.due_at).min() }
        });
        firsts.min()
    }

    pub(super) fn due(
        &self,
        webhook: WebhookId,
        now: Timestamp,
        skip: &[(DeliveryId, Trigger)],
        limit: u32,
    ) -> DueBatch {
        let mut batch = DueBatch::default();
        for lane in Lane::ALL {
            let mut listed = 0;
            for row in self.rows(webhook, lane) {
                if let Some(until) = row.held_until.filter(|until| *until > now) {
                    batch.expect_at(until);
                    break;
                }
                if skip.contains(&(row.owed.id, row.trigger)) {
                    continue;
                }
                let waits = matches!(lane, Lane::Retry | Lane::Replay) && row.due_at > now;
                if waits || listed >= limit {
                    batch.expect_at(if waits { row.due_at } else { row.due_at.min(now) });
                    break;
                }
                listed += 1;
                batch.due.push(self.due_attempt(&row));
            }
        }
        batch
    }

    /// A lane, in its order.
    fn rows(&self, webhook: WebhookId, lane: Lane) -> Vec<Row<'_>> {
        let fifo = self.webhooks.get(&webhook).is_some_and(|webhook| webhook.fifo);
        let mut rows: Vec<Row<'_>> = Vec::new();
        for place in self.waiting(webhook) {
            let owed = &self.deliveries[place];
            for (own_lane, trigger, due_at) in owed.rows() {
                let in_order = fifo && !trigger.is_manual();
                if lane != (if in_order { Lane::First } else { own_lane }) {
                    continue;
                }
                let place = (if in_order { owed.created_at } else { due_at }, place);
                let held_until = (in_order && own_lane != Lane::First).then_some(due_at);
                rows.push(Row { owed, trigger, due_at, place, held_until });
            }
        }
        rows.sort_by_key(|row| row.place);
        rows
    }

    fn due_attempt(&self, row: &Row<'_>) -> DueAttempt {
        let event = &self.events[row.owed.event];
        DueAttempt {
            delivery_id: row.owed.id,
            workspace_id: row.owed.workspace_id,
            webhook_id: row.owed.webhook_id,
            event_id: event.id.clone(),
            event_type: event.event_type.clone(),
            channels: event.channels.clone(),
            payload: event.payload.clone(),
            trigger: row.trigger,
            due_at: row.due_at,
            scheduled_attempts: row.owed.scheduled_attempts,
            attempt_count: row.owed.attempt_count,
        }
    }
}

trait Expect {
    fn expect_at(&mut self, at: Timestamp);
}

impl Expect for DueBatch {
    fn expect_at(&mut self, at: Timestamp) {
        self.next_due_at = Some(self.next_due_at.map_or(at, |earliest| earliest.min(at)));
    }
}
