//! Chance that repeats itself: everything a simulation draws comes from its seed.
//!
//! Each part of the simulation throws dice of its own, so that a change in one does not shift the throws of all.

use std::time::Duration;

use beckon_domain::ambient::Entropy;
use beckon_testkit::SeededEntropy;

/// Dice that begin at a seed.
pub(super) struct Dice(SeededEntropy);

impl Dice {
    /// The dice of one part of the simulation of that seed.
    pub(super) fn of(seed: u64, part: &str) -> Dice {
        // FNV-1a over the part's name.
        let mixed = part
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
        Dice(SeededEntropy::new(seed ^ mixed))
    }

    /// A number in `from..=to`.
    pub(super) fn between(&self, from: u64, to: u64) -> u64 {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        from + u64::from_le_bytes(bytes) % (to - from + 1)
    }

    /// True `percent` times in a hundred.
    pub(super) fn percent(&self, percent: u64) -> bool {
        self.between(1, 100) <= percent
    }

    /// Milliseconds in `from..=to`.
    pub(super) fn millis(&self, from: u64, to: u64) -> Duration {
        Duration::from_millis(self.between(from, to))
    }

    /// One of several things; there is at least one.
    pub(super) fn one_of<'a, T>(&self, things: &'a [T]) -> &'a T {
        &things[self.between(0, things.len() as u64 - 1) as usize]
    }
}
