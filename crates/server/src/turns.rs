//! One after the other, in this process: whoever has the turn for a key is the only one at it.
//!
//! Not here: other processes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use beckon_domain::id::WorkspaceId;
use tokio::sync::OwnedMutexGuard;

/// Something of a workspace, by name.
pub(crate) type Key = (WorkspaceId, String);

/// The turns that are being taken. Holds as many keys as there are requests at them.
#[derive(Default)]
pub(crate) struct Turns {
    keys: Mutex<HashMap<Key, Arc<tokio::sync::Mutex<()>>>>,
}

/// The turn for a key; the next one waiting gets it when this is dropped.
pub(crate) struct Turn<'a> {
    turns: &'a Turns,
    key: Key,
    held: Option<OwnedMutexGuard<()>>,
}

impl Turns {
    /// Waits for the turn for `key`.
    pub(crate) async fn take(&self, key: Key) -> Turn<'_> {
        let lock = self.keys.lock().unwrap_or_else(PoisonError::into_inner).entry(key.clone()).or_default().clone();
        // Made before waiting, so that whoever gives up waiting tidies up as well.
        let mut turn = Turn { turns: self, key, held: None };
        turn.held = Some(lock.lock_owned().await);
        turn
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.held = None;
        let mut keys = self.turns.keys.lock().unwrap_or_else(PoisonError::into_inner);
        if keys.get(&self.key).is_some_and(|lock| Arc::strong_count(lock) == 1) {
            keys.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[tokio::test]
    async fn the_second_waits_for_the_first_and_nothing_is_left_behind() {
        let turns = Turns::default();
        let key = (WorkspaceId::from(Uuid::nil()), "a".to_owned());
        let first = turns.take(key.clone()).await;
        let mut second = Box::pin(turns.take(key.clone()));
        assert!(futures_util::poll!(&mut second).is_pending());
        let other = turns.take((key.0, "b".to_owned())).await;
        let mut given_up = Box::pin(turns.take(key.clone()));
        assert!(futures_util::poll!(&mut given_up).is_pending());
        drop(first);
        let std::task::Poll::Ready(second) = futures_util::poll!(&mut second) else { panic!("it is its turn") };
        drop((second, other));
        drop(given_up);
        assert!(turns.keys.lock().unwrap().is_empty());
    }
}
