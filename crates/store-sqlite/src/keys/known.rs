//! Keys that were found before: every request shows one, and hardly any changes.
//!
//! Promise: never older than the last acknowledged change of any key, for [`KnownKeys::forget`] comes between a
//! commit and its answer.
//! Not here: keys that nobody has. They are looked up every time, so that guessing fills no memory.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use beckon_domain::key::{ApiKey, WriteKey};
use beckon_store::keys::KeyHash;

/// Most keys of a kind that are remembered. With more in use, all are looked up again now and then.
const KEYS_MAX: usize = 10_000;

/// See the module's own words.
#[derive(Default)]
pub(crate) struct KnownKeys {
    known: RwLock<Known>,
}

#[derive(Default)]
struct Known {
    /// Counts the changes of keys.
    epoch: u64,
    api_keys: HashMap<KeyHash, ApiKey>,
    write_keys: HashMap<String, WriteKey>,
}

impl KnownKeys {
    /// To be read before a key is looked up: what is found is remembered only if no key changed since.
    pub(super) fn epoch(&self) -> u64 {
        self.read().epoch
    }

    pub(super) fn api_key(&self, hash: &KeyHash) -> Option<ApiKey> {
        self.read().api_keys.get(hash).cloned()
    }

    pub(super) fn write_key(&self, text: &str) -> Option<WriteKey> {
        self.read().write_keys.get(text).cloned()
    }

    pub(super) fn remember_api_key(&self, epoch: u64, hash: KeyHash, key: &ApiKey) {
        self.remember(epoch, |known| put(&mut known.api_keys, hash, key.clone()));
    }

    pub(super) fn remember_write_key(&self, epoch: u64, key: &WriteKey) {
        self.remember(epoch, |known| put(&mut known.write_keys, key.key.clone(), key.clone()));
    }

    /// Some key changed.
    pub(crate) fn forget(&self) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        *known = Known { epoch: known.epoch + 1, ..Known::default() };
    }

    fn remember(&self, epoch: u64, put: impl FnOnce(&mut Known)) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.epoch == epoch {
            put(&mut known);
        }
    }

    fn read(&self) -> RwLockReadGuard<'_, Known> {
        self.known.read().unwrap_or_else(PoisonError::into_inner)
    }
}

fn put<K: std::hash::Hash + Eq, V>(keys: &mut HashMap<K, V>, name: K, key: V) {
    if keys.len() >= KEYS_MAX {
        keys.clear();
    }
    keys.insert(name, key);
}

#[cfg(test)]
mod tests {
    use super::*;
    use beckon_domain::id::{ApiKeyId, WorkspaceId};
    use jiff::Timestamp;
    use uuid::Uuid;

    fn a_key() -> ApiKey {
        ApiKey {
            id: ApiKeyId::from(Uuid::from_u128(1)),
            workspace_id: WorkspaceId::from(Uuid::from_u128(2)),
            name: "one".to_owned(),
            hint: "bk_one".to_owned(),
            created_at: Timestamp::UNIX_EPOCH,
            revoked_at: None,
        }
    }

    #[test]
    fn what_was_looked_up_before_a_change_is_not_remembered_after_it() {
        let known = KnownKeys::default();
        let epoch = known.epoch();
        known.remember_api_key(epoch, [1; 32], &a_key());
        assert_eq!(known.api_key(&[1; 32]), Some(a_key()));
        known.forget();
        assert_eq!(known.api_key(&[1; 32]), None);
        known.remember_api_key(epoch, [1; 32], &a_key());
        assert_eq!(known.api_key(&[1; 32]), None);
    }
}
