//! Clocks and generators for tests.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use beckon_domain::ambient::{Ambient, Clock, Entropy};
use jiff::{SignedDuration, Timestamp};

/// The moment fake clocks begin at: 2024-04-15T14:32:00Z.
pub const FAKE_NOW: Timestamp = Timestamp::constant(1_713_191_520, 0);

/// A clock that stands still until it is moved.
#[derive(Debug)]
pub struct FakeClock {
    nanoseconds: AtomicI64,
}

impl Default for FakeClock {
    fn default() -> FakeClock {
        FakeClock::at(FAKE_NOW)
    }
}

impl FakeClock {
    /// A clock that stands at `now`.
    pub fn at(now: Timestamp) -> FakeClock {
        FakeClock { nanoseconds: AtomicI64::new(nanoseconds(now)) }
    }

    /// Sets the clock, also backwards.
    pub fn set(&self, now: Timestamp) {
        self.nanoseconds.store(nanoseconds(now), Ordering::SeqCst);
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: SignedDuration) {
        let by = i64::try_from(by.as_nanos()).expect("tests do not wait for centuries");
        self.nanoseconds.fetch_add(by, Ordering::SeqCst);
    }
}

impl Clock for FakeClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_nanosecond(self.nanoseconds.load(Ordering::SeqCst).into()).unwrap()
    }
}

fn nanoseconds(at: Timestamp) -> i64 {
    i64::try_from(at.as_nanosecond()).expect("within three centuries of 1970")
}

/// Randomness that is the same in every run with the same seed (SplitMix64). Fit for nothing but tests.
#[derive(Debug)]
pub struct SeededEntropy {
    state: AtomicU64,
}

impl SeededEntropy {
    /// A generator that begins at `seed`.
    pub fn new(seed: u64) -> SeededEntropy {
        SeededEntropy { state: AtomicU64::new(seed) }
    }

    fn next(&self) -> u64 {
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        let mut mixed = self.state.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        for part in bytes.chunks_mut(8) {
            part.copy_from_slice(&self.next().to_le_bytes()[..part.len()]);
        }
    }
}

/// The computer's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place in tests that reads the real clock")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// A clock that stands at [`FAKE_NOW`], and seeded randomness.
pub fn fake_ambient() -> Ambient {
    ambient_with(Arc::new(FakeClock::default()))
}

/// `clock`, and seeded randomness.
pub fn ambient_with(clock: Arc<FakeClock>) -> Ambient {
    Ambient::new(clock, Arc::new(SeededEntropy::new(7)))
}

/// The real time, and randomness that differs from run to run.
pub fn real_ambient() -> Ambient {
    let seed = RandomState::new().build_hasher().finish();
    Ambient::new(Arc::new(SystemClock), Arc::new(SeededEntropy::new(seed)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fake_clock_moves_only_when_moved() {
        let clock = Arc::new(FakeClock::default());
        let ambient = ambient_with(clock.clone());
        assert_eq!(ambient.now(), FAKE_NOW);
        clock.advance(SignedDuration::from_millis(1500));
        assert_eq!(ambient.now(), FAKE_NOW + SignedDuration::from_millis(1500));
        clock.set(Timestamp::UNIX_EPOCH);
        assert_eq!(ambient.now(), Timestamp::UNIX_EPOCH);
    }

    #[test]
    fn seeded_randomness_repeats_itself_and_nothing_else() {
        let draw = |seed| {
            let mut bytes = [0; 20];
            SeededEntropy::new(seed).fill(&mut bytes);
            bytes
        };
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
    }
}
