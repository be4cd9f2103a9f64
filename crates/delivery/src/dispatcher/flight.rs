//! A request from being handed out to its end.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use beckon_domain::id::{DeliveryId, WebhookId};
use futures_util::FutureExt;
use jiff::Timestamp;

use super::{Dispatcher, Done};
use crate::attempt::Made;
use crate::queue::{Key, Start};

/// A request in flight.
pub(super) struct Flight {
    /// Set to keep it from beginning, if it has not begun.
    pub(super) withdrawn: Arc<AtomicBool>,
}

impl Flight {
    pub(super) fn is_withdrawn(&self) -> bool {
        self.withdrawn.load(Ordering::Acquire)
    }
}

/// A request that is over; `made` is `None` if a bug ended it.
pub(super) struct Landed {
    pub(super) webhook: WebhookId,
    pub(super) key: Key,
    pub(super) made: Option<Made>,
}

impl Dispatcher {
    /// Makes a request that the queue handed out.
    pub(super) fn fly(&mut self, start: Start) {
        let (webhook, key) = (start.due.webhook_id, (start.due.delivery_id, start.due.trigger));
        let withdrawn = Arc::new(AtomicBool::new(false));
        self.flights.insert(key, Flight { withdrawn: withdrawn.clone() });
        let courier = self.courier.clone();
        self.tasks.spawn(async move {
            let made = AssertUnwindSafe(courier.make(start, &withdrawn)).catch_unwind().await.ok();
            Done::Attempted(Landed { webhook, key, made })
        });
    }

    /// Keeps requests of a delivery from beginning.
    pub(super) fn withdraw(&self, delivery: DeliveryId) {
        for (key, flight) in &self.flights {
            if key.0 == delivery {
                flight.withdrawn.store(true, Ordering::Release);
            }
        }
    }

    pub(super) fn put_back(&mut self, webhook: WebhookId, key: Key, not_before: Timestamp, now: Timestamp) {
        self.flights.remove(&key);
        self.queue.put_back(webhook, key, not_before, now);
    }
}
