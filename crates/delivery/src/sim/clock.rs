//! A clock that goes with tokio's paused time, and can be set.

use std::sync::atomic::{AtomicI64, Ordering};

use beckon_domain::ambient::Clock;
use beckon_testkit::ambient::FAKE_NOW;
use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

/// The computer's clock: it goes on by itself, and somebody may set it.
pub(super) struct SimClock {
    began: Instant,
    /// How far it was set off, in milliseconds.
    off: AtomicI64,
}

impl SimClock {
    /// A clock that shows [`FAKE_NOW`] now.
    pub(super) fn new() -> SimClock {
        SimClock { began: Instant::now(), off: AtomicI64::new(0) }
    }

    /// Sets the clock forward, or back.
    pub(super) fn step(&self, by: SignedDuration) {
        self.off.fetch_add(by.as_millis() as i64, Ordering::Relaxed);
    }
}

impl Clock for SimClock {
    fn now(&self) -> Timestamp {
        let gone = SignedDuration::try_from(self.began.elapsed()).expect("simulations do not last for ages");
        FAKE_NOW + gone + SignedDuration::from_millis(self.off.load(Ordering::Relaxed))
    }
}
