//! The bell that tells the delivery engine of work.
//!
//! An engine rings it after a commit that made deliveries due; the delivery engine waits on it. It remembers one time
//! per webhook, and beside that carries requests that were written just now, so that nobody has to read back what was
//! in memory a moment ago. A ring nobody heard yet is never lost.
//! Promises: what it carries is bounded in bytes; beyond that only the time is told. It is rung before anything that
//! was committed later is answered.
//! Not needed for correctness: what is due is in the store, and the delivery engine looks there at start.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use beckon_domain::delivery::DueAttempt;
use beckon_domain::id::WebhookId;
use jiff::Timestamp;
use tokio::sync::Notify;

use crate::config::ConfigVersion;

/// Bytes of requests that are carried until somebody hears.
const CARRIED_BYTES_MAX: usize = 8 * 1024 * 1024;

/// What was committed for a webhook.
#[derive(Debug, Clone, PartialEq)]
pub enum Ring {
    /// Something is, or will be, due.
    At(Timestamp),
    /// This request is due, a first attempt that was written just now.
    Written(JustWritten),
}

/// A request that was written just now.
#[derive(Debug, Clone, PartialEq)]
pub struct JustWritten {
    /// The request.
    pub due: DueAttempt,
    /// The config version it was decided with, which was also that of the commit.
    pub decided_at: ConfigVersion,
}

/// What the bell tells of a webhook.
#[derive(Debug, Default, PartialEq)]
pub struct Rung {
    /// When the store has, or will have, something due, beside what was `written`.
    pub at: Option<Timestamp>,
    /// What was written just now, in the order of the commits.
    pub written: Vec<JustWritten>,
}

impl Rung {
    /// When the first of it is due.
    pub fn first_at(&self) -> Option<Timestamp> {
        self.written.iter().map(|written| written.due.due_at).chain(self.at).min()
    }
}

/// Says which webhooks have work, and since when.
#[derive(Debug, Default)]
pub struct DueBell {
    carried: Mutex<Carried>,
    rung: Notify,
}

#[derive(Debug, Default)]
struct Carried {
    due: HashMap<WebhookId, Rung>,
    bytes: usize,
}

impl DueBell {
    /// Tells what was committed for webhooks.
    pub fn ring(&self, webhooks: impl IntoIterator<Item = (WebhookId, Ring)>) {
        let mut any = false;
        {
            let mut carried = self.carried.lock().unwrap_or_else(PoisonError::into_inner);
            for (webhook, ring) in webhooks {
                any = true;
                carried.take_up(webhook, ring);
            }
        }
        if any {
            self.rung.notify_one();
        }
    }

    /// Waits until the bell was rung, and takes what it says. For one listener.
    pub async fn heard(&self) -> HashMap<WebhookId, Rung> {
        loop {
            let due = self.hear();
            if !due.is_empty() {
                return due;
            }
            self.rung.notified().await;
        }
    }

    /// Takes what the bell says by now, which may be nothing.
    pub fn hear(&self) -> HashMap<WebhookId, Rung> {
        std::mem::take(&mut *self.carried.lock().unwrap_or_else(PoisonError::into_inner)).due
    }
}

impl Carried {
    fn take_up(&mut self, webhook: WebhookId, ring: Ring) {
        let rung = self.due.entry(webhook).or_default();
        let at = match ring {
            Ring::At(at) => at,
            Ring::Written(written) => {
                let bytes = size_of::<JustWritten>() + written.due.payload.len();
                if self.bytes + bytes <= CARRIED_BYTES_MAX {
                    self.bytes += bytes;
                    rung.written.push(written);
                    return;
                }
                written.due.due_at
            }
        };
        rung.at = Some(rung.at.map_or(at, |earliest| earliest.min(at)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use beckon_domain::delivery::Trigger;
    use beckon_domain::event::EventId;
    use beckon_domain::event::{EventSource, NewDelivery, NewEvent};
    use bytes::Bytes;
    use uuid::Uuid;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn webhook() -> WebhookId {
        WebhookId::from(Uuid::from_u128(1))
    }

    fn written(payload_bytes: usize) -> JustWritten {
        let event = NewEvent {
            id: EventId::parse("evt_1").unwrap(),
            workspace_id: Uuid::nil().into(),
            event_type: "contact.visited".to_owned(),
            channels: Vec::new(),
            payload: Bytes::from(vec![b' '; payload_bytes]),
            source: EventSource::default(),
            created_at: NOW,
            deliveries: Vec::new(),
        };
        let delivery = NewDelivery { id: Uuid::nil().into(), webhook_id: webhook() };
        JustWritten { due: DueAttempt::first(&event, delivery, Trigger::Schedule), decided_at: 1 }
    }

    #[tokio::test]
    async fn rings_before_anyone_listens_are_heard_with_the_earliest_time_and_what_was_written() {
        let bell = DueBell::default();
        let second = |n| Ring::At(Timestamp::from_second(n).unwrap());
        bell.ring([(webhook(), second(5))]);
        bell.ring([(webhook(), second(3)), (webhook(), Ring::Written(written(1)))]);
        bell.ring([]);
        let rung = Rung { at: Some(Timestamp::from_second(3).unwrap()), written: vec![written(1)] };
        assert_eq!(rung.first_at(), Some(NOW));
        assert_eq!(bell.heard().await, HashMap::from([(webhook(), rung)]));
        assert!(bell.hear().is_empty());
    }

    #[test]
    fn of_what_is_too_much_to_carry_the_time_is_told() {
        let bell = DueBell::default();
        bell.ring([(webhook(), Ring::Written(written(10)))]);
        bell.ring([(webhook(), Ring::Written(written(CARRIED_BYTES_MAX)))]);
        assert_eq!(bell.hear()[&webhook()], Rung { at: Some(NOW), written: vec![written(10)] });
        bell.ring([(webhook(), Ring::Written(written(CARRIED_BYTES_MAX / 2)))]);
        assert_eq!(bell.hear()[&webhook()].written.len(), 1, "what was heard is not carried any more");
    }
}
