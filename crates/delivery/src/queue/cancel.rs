//! Keeps deliveries that are being canceled from being started.
//!
//! A cancellation is two steps: out of memory, then out of the store. Between the two, the store can still
//! hand the delivery out; and a look into the store that began before the second step can bring it after.

use std::collections::BTreeMap;

use beckon_domain::delivery::DueAttempt;
use beckon_domain::id::{DeliveryId, WebhookId};
use jiff::Timestamp;

use super::Queue;

/// Deliveries whose cancellation is under way, and what was held back of each.
#[derive(Debug, Default)]
pub(super) struct Canceling(BTreeMap<DeliveryId, Held>);

#[derive(Debug, Default)]
struct Held {
    /// Cancellations of this delivery under way.
    calls: usize,
    due: Vec<(WebhookId, Timestamp)>,
}

impl Canceling {
    /// Whether a request must not be started now; remembers it if so.
    pub(super) fn holds(&mut self, due: &DueAttempt) -> bool {
        let Some(held) = self.0.get_mut(&due.delivery_id) else { return false };
        held.due.push((due.webhook_id, due.due_at));
        true
    }

    /// Whether a request must not be started now.
    pub(super) fn is_held(&self, due: &DueAttempt) -> bool {
        self.0.contains_key(&due.delivery_id)
    }
}

impl Queue {
    /// Takes a delivery out of memory and keeps it out until [`Queue::end_cancel`].
    pub(crate) fn begin_cancel(&mut self, delivery: DeliveryId, now: Timestamp) {
        self.canceling.0.entry(delivery).or_default().calls += 1;
        for webhook in self.lanes_holding(delivery) {
            let Some(lane) = self.lanes.get_mut(&webhook) else { continue };
            for due in lane.held().filter(|due| due.delivery_id == delivery) {
                self.canceling.holds(due);
            }
            self.held_bytes -= lane.forget(|due| due.delivery_id == delivery);
            self.reorder(webhook, now);
            self.settle(webhook, now);
        }
    }

    /// The store has canceled the delivery, or not (`canceled` is false). What was held back is looked for once
    /// more: if the store still has it, or somebody has asked for a resend since, it comes again.
    pub(crate) fn end_cancel(&mut self, delivery: DeliveryId, canceled: bool, now: Timestamp) {
        let Some(held) = self.canceling.0.get_mut(&delivery) else { return };
        held.calls -= 1;
        if held.calls == 0 {
            for (webhook, at) in self.canceling.0.remove(&delivery).unwrap_or_default().due {
                self.ring(webhook, at.min(now), now);
            }
        }
        if canceled {
            for refilling in self.lanes.values_mut().filter_map(|lane| lane.refilling.as_mut()) {
                refilling.canceled.insert(delivery);
            }
        }
    }

    fn lanes_holding(&self, delivery: DeliveryId) -> Vec<WebhookId> {
        let holds = |due: &DueAttempt| due.delivery_id == delivery;
        let lanes = self.lanes.iter().filter(|(_, lane)| lane.held().any(holds));
        lanes.map(|(webhook, _)| *webhook).collect()
    }
}
