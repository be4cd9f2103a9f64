//! The bell that tells the delivery engine of work.
//!
//! An engine rings it after a commit that made deliveries due; the delivery engine waits on it. It
//! remembers one time per webhook, so it needs no more memory than there are webhooks, and a ring
//! nobody heard yet is never lost.
//! Not needed for correctness: what is due is in the store, and the delivery engine looks there at start.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use beckon_domain::id::WebhookId;
use jiff::Timestamp;
use tokio::sync::Notify;

/// Says which webhooks have work, and since when.
#[derive(Debug, Default)]
pub struct DueBell {
    due: Mutex<HashMap<WebhookId, Timestamp>>,
    rung: Notify,
}

impl DueBell {
    /// Tells that `webhook` has something due at `at`.
    pub fn ring(&self, webhooks: impl IntoIterator<Item = (WebhookId, Timestamp)>) {
        let mut any = false;
        {
            let mut due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
            for (webhook, at) in webhooks {
                any = true;
                due.entry(webhook).and_modify(|earliest| *earliest = at.min(*earliest)).or_insert(at);
            }
        }
        if any {
            self.rung.notify_one();
        }
    }

    /// Waits until the bell was rung, and takes what it says. For one listener.
    pub async fn heard(&self) -> HashMap<WebhookId, Timestamp> {
        loop {
            let due = std::mem::take(&mut *self.due.lock().unwrap_or_else(PoisonError::into_inner));
            if !due.is_empty() {
                return due;
            }
            self.rung.notified().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[tokio::test]
    async fn rings_before_anyone_listens_are_heard_with_the_earliest_time() {
        let bell = DueBell::default();
        let webhook = WebhookId::from(Uuid::from_u128(1));
        let second = |n| Timestamp::from_second(n).unwrap();
        bell.ring([(webhook, second(5))]);
        bell.ring([(webhook, second(3))]);
        bell.ring([]);
        assert_eq!(bell.heard().await, HashMap::from([(webhook, second(3))]));
    }
}
