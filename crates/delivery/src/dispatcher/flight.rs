//! A request from being handed out to being handed to the recorder.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use beckon_domain::delivery::DueAttempt;
use beckon_domain::id::{DeliveryId, WebhookId};
use futures_util::FutureExt;
use jiff::Timestamp;

use super::{Dispatcher, Done, later};
use crate::attempt::Made;
use crate::queue::Key;

/// How long a request that could not be begun waits before it is tried again.
const NOT_BEGUN_WAIT: Duration = Duration::from_secs(1);

/// A request in flight.
pub(super) struct Flight {
    /// Set to keep it from beginning, if it has not begun.
    pub(super) withdrawn: Arc<AtomicBool>,
}

/// A request that is over; `made` is `None` if a bug ended it.
pub(super) struct Landed {
    webhook: WebhookId,
    key: Key,
    made: Option<Made>,
}

impl Dispatcher {
    /// Makes a request that the queue handed out.
    pub(super) fn fly(&mut self, due: DueAttempt) {
        let key = (due.delivery_id, due.trigger);
        let withdrawn = Arc::new(AtomicBool::new(false));
        self.flights.insert(key, Flight { withdrawn: withdrawn.clone() });
        let courier = self.courier.clone();
        self.tasks.spawn(async move {
            let made = AssertUnwindSafe(courier.make(&due, &withdrawn)).catch_unwind().await.ok();
            Done::Attempted(Landed { webhook: due.webhook_id, key, made })
        });
    }

    /// Hands what was made to the recorder, and what was not back to the queue.
    pub(super) fn landed(&mut self, landed: Landed, now: Timestamp) {
        let Landed { webhook, key, made } = landed;
        let in_a_moment = later(now, NOT_BEGUN_WAIT);
        match made {
            Some(Made::Finished(finished)) => {
                if self.finished.send(*finished).is_err() {
                    tracing::error!("the recorder is gone; the attempt is made again");
                    self.put_back(webhook, key, in_a_moment, now);
                }
            }
            // The store canceled it when the webhook was disabled or deleted.
            Some(Made::NotLive) => {
                self.put_back(webhook, key, in_a_moment, now);
                self.test_failed(key, crate::Error::Withdrawn);
            }
            Some(Made::Overtaken) => self.put_back(webhook, key, now, now),
            Some(Made::NotBegun(error)) => {
                tracing::warn!(delivery = %key.0, %error, "the webhook could not be read; trying again");
                self.put_back(webhook, key, in_a_moment, now);
            }
            None => {
                tracing::error!(delivery = %key.0, "an attempt panicked; it is made again");
                self.put_back(webhook, key, in_a_moment, now);
            }
        }
    }

    /// Keeps requests of a delivery from beginning.
    pub(super) fn withdraw(&self, delivery: DeliveryId) {
        for (key, flight) in &self.flights {
            if key.0 == delivery {
                flight.withdrawn.store(true, std::sync::atomic::Ordering::Release);
            }
        }
    }

    fn put_back(&mut self, webhook: WebhookId, key: Key, not_before: Timestamp, now: Timestamp) {
        self.flights.remove(&key);
        self.queue.put_back(webhook, key, not_before, now);
    }
}
