//! The clock that all processes of a machine share, and turns at a fixed rate by it.
//!
//! Not here: the date (`machine.rs`).

use std::os::fd::OwnedFd;

use anyhow::Context;
use rustix::time::{
    ClockId, Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, clock_gettime, timerfd_create,
    timerfd_settime,
};

const NANOS_PER_SECOND: u64 = 1_000_000_000;

/// CLOCK_MONOTONIC, in nanoseconds: the same in every process.
pub(crate) fn now_ns() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    // Never negative: it counts from the start of the machine.
    now.tv_sec.unsigned_abs() * NANOS_PER_SECOND + now.tv_nsec.unsigned_abs()
}

/// Seconds between two moments of [`now_ns`].
pub(crate) fn seconds_between(begun_ns: u64, ended_ns: u64) -> f64 {
    ended_ns.saturating_sub(begun_ns) as f64 / NANOS_PER_SECOND as f64
}

/// Turns that come at a fixed rate, whether or not anybody takes them.
///
/// The kernel's own timer keeps them: the runtime's goes by milliseconds, which is longer than what is measured.
pub(crate) struct Turns {
    timer: OwnedFd,
    begun_ns: u64,
    interval_ns: u64,
}

impl Turns {
    /// The first turn is now.
    pub(crate) fn begin(per_second: u32) -> anyhow::Result<Turns> {
        anyhow::ensure!(per_second > 0, "a rate of 0 a second");
        let interval_ns = NANOS_PER_SECOND / u64::from(per_second);
        let timer = timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::CLOEXEC).context("making a timer")?;
        let begun_ns = now_ns();
        let every = Itimerspec { it_interval: timespec(interval_ns)?, it_value: timespec(begun_ns)? };
        timerfd_settime(&timer, TimerfdTimerFlags::ABSTIME, &every).context("setting a timer")?;
        Ok(Turns { timer, begun_ns, interval_ns })
    }

    /// The moment of turn `n`, counted from 0.
    pub(crate) fn moment_ns(&self, n: u64) -> u64 {
        self.begun_ns + n * self.interval_ns
    }

    /// How many turns have come since the last call; blocks the thread until one has.
    pub(crate) fn come(&self) -> anyhow::Result<u64> {
        let mut count = [0; 8];
        rustix::io::read(&self.timer, &mut count).context("reading a timer")?;
        Ok(u64::from_ne_bytes(count))
    }
}

fn timespec(ns: u64) -> anyhow::Result<Timespec> {
    let [seconds, rest] = [ns / NANOS_PER_SECOND, ns % NANOS_PER_SECOND].map(i64::try_from);
    Ok(Timespec { tv_sec: seconds?, tv_nsec: rest? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_come_at_their_moments_and_those_missed_are_told() {
        let turns = Turns::begin(1_000).unwrap();
        let mut come = 0;
        while come < 20 {
            come += turns.come().unwrap();
            assert!(now_ns() >= turns.moment_ns(come - 1));
        }
    }

    #[test]
    fn seconds_are_counted_from_nanoseconds() {
        assert_eq!(seconds_between(1_000_000_000, 3_500_000_000), 2.5);
        assert_eq!(seconds_between(2, 1), 0.0);
    }
}
