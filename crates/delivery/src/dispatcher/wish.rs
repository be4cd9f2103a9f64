//! What is asked for through the handle: a test to be sent, a delivery to be canceled, resent or retried now.
//!
//! All are carried out to their end even if whoever asked stops waiting.

use beckon_domain::delivery::{Attempt, Delivery, DueAttempt, Trigger};
use beckon_domain::event::NewEvent;
use beckon_domain::id::{DeliveryId, WorkspaceId};
use beckon_store::{Result as StoreResult, StoreError};
use jiff::Timestamp;

use super::{Dispatcher, Done, answered};
use crate::Error;
use crate::handle::{Command, Reply};
use crate::queue::{Key, Settings};

/// Most tests under way at once; they pass the caps that other requests keep to.
const TESTS_MAX: usize = 64;

/// Somebody who waits for a test's attempt.
pub(super) struct Testing {
    reply: Reply<Attempt>,
}

/// A cancellation that the store has answered.
pub(super) struct WishCanceled {
    delivery: DeliveryId,
    result: StoreResult<Delivery>,
    reply: Reply<Delivery>,
}

/// A delivery that somebody wants to be tried now, as the store has answered.
pub(super) struct Hastened {
    result: StoreResult<Delivery>,
    reply: Reply<Delivery>,
}

impl Dispatcher {
    pub(super) fn obey(&mut self, command: Command) {
        match command {
            Command::SendTest { event, reply } => self.send_test(event, reply),
            Command::Cancel { workspace, delivery, reply } => self.cancel(workspace, delivery, reply),
            Command::Resend { workspace, delivery, reply } => {
                let (store, now) = (self.parts.store.clone(), self.parts.ambient.now());
                self.tasks.spawn(async move {
                    let result = answered(store.resend_delivery(workspace, delivery, now)).await;
                    Done::Hastened(Hastened { result, reply })
                });
            }
            Command::RetryNow { workspace, delivery, reply } => {
                let (store, now) = (self.parts.store.clone(), self.parts.ambient.now());
                self.tasks.spawn(async move {
                    let result = answered(store.retry_delivery_now(workspace, delivery, now)).await;
                    Done::Hastened(Hastened { result, reply })
                });
            }
        }
    }

    /// Stores a test. Whoever waits is noted before, because the request may be over before the store's
    /// answer is heard.
    fn send_test(&mut self, event: NewEvent, reply: Reply<Attempt>) {
        let due = match due_of(&event) {
            Ok(due) if self.tests.len() < TESTS_MAX => due,
            Ok(_) => return drop(reply.send(Err(Error::Busy))),
            Err(error) => return drop(reply.send(Err(error.into()))),
        };
        self.tests.insert((due.delivery_id, due.trigger), Testing { reply });
        let (store, config) = (self.parts.store.clone(), self.parts.config.clone());
        self.tasks.spawn(async move {
            let stored = answered(store.create_test_delivery(event)).await;
            // It counts for the rate limit, which the queue may not know yet.
            let config = answered(config.get(due.workspace_id)).await.ok();
            let settings =
                config.and_then(|config| config.webhook(due.webhook_id).map(|webhook| Settings::of(webhook)));
            Done::TestStored(Box::new(due), settings, stored)
        });
    }

    /// A test is on disk: send it at once, unless the bell was faster.
    pub(super) fn test_stored(
        &mut self,
        due: DueAttempt,
        settings: Option<Settings>,
        stored: StoreResult<()>,
        now: Timestamp,
    ) {
        let key = (due.delivery_id, due.trigger);
        if let Err(error) = stored {
            return self.test_failed(key, error.into());
        }
        if self.tests.contains_key(&key)
            && let Some(start) = self.queue.start_urgent(due, settings, now)
        {
            self.fly(start);
        }
    }

    pub(super) fn test_recorded(&mut self, key: Key, attempt: Attempt) {
        if let Some(testing) = self.tests.remove(&key) {
            testing.reply.send(Ok(attempt)).ok();
        }
    }

    pub(super) fn test_failed(&mut self, key: Key, error: Error) {
        if let Some(testing) = self.tests.remove(&key) {
            testing.reply.send(Err(error)).ok();
        }
    }

    /// Cancels a delivery: first where it could be started from, then in the store.
    fn cancel(&mut self, workspace: WorkspaceId, delivery: DeliveryId, reply: Reply<Delivery>) {
        let now = self.parts.ambient.now();
        self.queue.begin_cancel(delivery, now);
        let store = self.parts.store.clone();
        self.tasks.spawn(async move {
            let result = answered(store.cancel_delivery(workspace, delivery, now)).await;
            Done::Canceled(WishCanceled { delivery, result, reply })
        });
    }

    pub(super) fn canceled(&mut self, canceled: WishCanceled, now: Timestamp) {
        let WishCanceled { delivery, result, reply } = canceled;
        self.queue.end_cancel(delivery, result.is_ok(), now);
        if result.is_ok() {
            self.withdraw(delivery);
            let test = (delivery, Trigger::Test);
            if !self.flights.contains_key(&test) {
                self.test_failed(test, Error::Withdrawn);
            }
        }
        reply.send(result.map_err(Error::from)).ok();
    }

    /// A request is due now because somebody wants to know now: a pause of its webhook ends.
    pub(super) fn hastened(&mut self, hastened: Hastened, now: Timestamp) {
        let Hastened { result, reply } = hastened;
        if let Ok(delivery) = &result {
            self.queue.probe_now(delivery.webhook_id, now);
            self.parts.state.show_health(delivery.webhook_id, &self.queue.health(delivery.webhook_id));
            self.queue.ring(delivery.webhook_id, now, now);
        }
        reply.send(result.map_err(Error::from)).ok();
    }
}

/// The request that a test event is due for.
fn due_of(event: &NewEvent) -> Result<DueAttempt, StoreError> {
    let [delivery] = event.deliveries[..] else {
        return Err(StoreError::Refused("a test goes to exactly one webhook".to_owned()));
    };
    Ok(DueAttempt::first(event, delivery, Trigger::Test))
}
