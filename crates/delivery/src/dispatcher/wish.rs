//! What is asked for through the handle: a test to be sent, a delivery to be canceled.
//!
//! Both are carried out to their end even if whoever asked stops waiting.

use beckon_domain::delivery::{Attempt, Delivery, DueAttempt, Trigger};
use beckon_domain::event::NewEvent;
use beckon_domain::id::{DeliveryId, WorkspaceId};
use beckon_store::{Result as StoreResult, StoreError};
use jiff::Timestamp;
use tokio::sync::oneshot;

use super::{Dispatcher, Done, answered};
use crate::Error;
use crate::handle::Command;
use crate::queue::Key;

/// Most tests under way at once; they pass the caps that other requests keep to.
const TESTS_MAX: usize = 64;

/// Somebody who waits for a test's attempt.
pub(super) struct Testing {
    reply: oneshot::Sender<Result<Attempt, Error>>,
}

/// A cancellation that the store has answered.
pub(super) struct Canceled {
    delivery: DeliveryId,
    result: StoreResult<Delivery>,
    reply: oneshot::Sender<Result<Delivery, Error>>,
}

impl Dispatcher {
    pub(super) fn obey(&mut self, command: Command) {
        match command {
            Command::SendTest { event, reply } => self.send_test(event, reply),
            Command::Cancel { workspace, delivery, reply } => self.cancel(workspace, delivery, reply),
        }
    }

    /// Stores a test. Whoever waits is noted before, because the request may be over before the store's
    /// answer is heard.
    fn send_test(&mut self, event: NewEvent, reply: oneshot::Sender<Result<Attempt, Error>>) {
        let due = match due_of(&event) {
            Ok(due) if self.tests.len() < TESTS_MAX => due,
            Ok(_) => return drop(reply.send(Err(Error::Busy))),
            Err(error) => return drop(reply.send(Err(error.into()))),
        };
        self.tests.insert((due.delivery_id, due.trigger), Testing { reply });
        let store = self.service.store.clone();
        self.tasks.spawn(async move {
            let stored = answered(store.create_test_delivery(event)).await;
            Done::TestStored(Box::new(due), stored)
        });
    }

    /// A test is on disk: send it at once, unless the bell was faster.
    pub(super) fn test_stored(&mut self, due: DueAttempt, stored: StoreResult<()>, now: Timestamp) {
        let key = (due.delivery_id, due.trigger);
        if let Err(error) = stored {
            return self.test_failed(key, error.into());
        }
        if self.tests.contains_key(&key)
            && let Some(due) = self.queue.start_urgent(due, now)
        {
            self.fly(due);
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
    fn cancel(
        &mut self,
        workspace: WorkspaceId,
        delivery: DeliveryId,
        reply: oneshot::Sender<Result<Delivery, Error>>,
    ) {
        let now = self.service.ambient.now();
        self.queue.begin_cancel(delivery, now);
        let store = self.service.store.clone();
        self.tasks.spawn(async move {
            let result = answered(store.cancel_delivery(workspace, delivery, now)).await;
            Done::Canceled(Canceled { delivery, result, reply })
        });
    }

    pub(super) fn canceled(&mut self, canceled: Canceled, now: Timestamp) {
        let Canceled { delivery, result, reply } = canceled;
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
}

/// The request that a test event is due for.
fn due_of(event: &NewEvent) -> Result<DueAttempt, StoreError> {
    let [delivery] = event.deliveries[..] else {
        return Err(StoreError::Refused("a test goes to exactly one webhook".to_owned()));
    };
    Ok(DueAttempt {
        delivery_id: delivery.id,
        workspace_id: event.workspace_id,
        webhook_id: delivery.webhook_id,
        event_id: event.id.clone(),
        event_type: event.event_type.clone(),
        channels: event.channels.clone(),
        payload: event.payload.clone(),
        trigger: Trigger::Test,
        due_at: event.created_at,
        scheduled_attempts: 0,
        attempt_count: 0,
    })
}
