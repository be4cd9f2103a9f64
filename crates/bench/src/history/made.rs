//! Time and chance that are the same in every run.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use beckon_domain::ambient::{Ambient, Clock, Entropy};
use beckon_store::Vault;
use beckon_store_sqlite::{Options, SqliteStore};
use jiff::Timestamp;

/// A clock that is set by hand, in milliseconds.
pub(super) struct Hand(AtomicI64);

impl Hand {
    pub(super) fn set(&self, millis: i64) {
        self.0.store(millis, Ordering::Relaxed);
    }
}

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.0.load(Ordering::Relaxed)).unwrap_or_default()
    }
}

/// Numbers that look like chance (SplitMix64).
pub(super) struct Chance(AtomicU64);

impl Chance {
    pub(super) fn new(seed: u64) -> Chance {
        Chance(AtomicU64::new(seed))
    }

    pub(super) fn number(&self) -> u64 {
        let state = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed).wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`.
    pub(super) fn below(&self, end: u64) -> u64 {
        self.number() % end.max(1)
    }
}

impl Entropy for Chance {
    fn fill(&self, bytes: &mut [u8]) {
        for part in bytes.chunks_mut(8) {
            part.copy_from_slice(&self.number().to_le_bytes()[..part.len()]);
        }
    }
}

/// A store in a directory of its own, with a clock to set.
pub(super) fn store(directory: &Path, now: i64) -> anyhow::Result<(Arc<SqliteStore>, Arc<Hand>, Ambient)> {
    let clock = Arc::new(Hand(AtomicI64::new(now)));
    let ambient = Ambient::new(clock.clone(), Arc::new(Chance::new(1)));
    let vault = Vault::new(super::KEY, ambient.clone());
    Ok((SqliteStore::open(Options::new(directory, vault), ambient.clone())?, clock, ambient))
}
