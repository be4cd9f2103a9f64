//! Tells whether the engine comes further.
//!
//! Pure: the dispatcher says at every turn whether something could come further, and when something did.
//! Promise: an engine with nothing to do, and one whose work waits for its time, is never stalled, however long.
//! Not here: who asks (`handle.rs`), and what it is shown as.

use std::time::Duration;

use tokio::time::Instant;

/// The shortest time without progress that counts as a stall. The engine's is longer if requests may take longer.
pub(crate) const STALL_AFTER_MIN: Duration = Duration::from_secs(30);
/// What a request may take beside its timeout until it is recorded.
const BESIDE_TIMEOUT: Duration = Duration::from_secs(5);

/// When the engine last did something.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pulse {
    /// Nothing came further for so long: a stall.
    stall_after: Duration,
    /// No turn of the loop for so long: a stall.
    silent_after: Duration,
    /// The last turn of the loop.
    turned_at: Instant,
    /// Since when something could come further.
    could_since: Option<Instant>,
    /// When something last came further.
    further_at: Instant,
}

impl Pulse {
    /// A pulse that begins now. `turn_max` is the longest a turn of the loop waits, `timeout` the longest a request
    /// takes.
    pub(crate) fn begun(now: Instant, turn_max: Duration, timeout: Duration) -> Pulse {
        Pulse {
            stall_after: STALL_AFTER_MIN.max(timeout + BESIDE_TIMEOUT),
            silent_after: turn_max * 2,
            turned_at: now,
            could_since: None,
            further_at: now,
        }
    }

    /// The loop turned; something `could` come further.
    pub(crate) fn turn(&mut self, could: bool, now: Instant) {
        self.turned_at = now;
        self.could_since = could.then(|| self.could_since.unwrap_or(now));
    }

    /// Something came further: an attempt was recorded, a look into the store was answered.
    pub(crate) fn note_further(&mut self, now: Instant) {
        self.further_at = now;
    }

    /// For how long nothing has come further although something could.
    pub(crate) fn stalled(&self, now: Instant) -> Option<Duration> {
        let silent = now.saturating_duration_since(self.turned_at);
        let stuck = self.could_since.map(|since| now.saturating_duration_since(since.max(self.further_at)));
        let silent = Some(silent).filter(|silent| *silent > self.silent_after);
        let stuck = stuck.filter(|stuck| *stuck > self.stall_after);
        silent.max(stuck)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn second(from: Instant, n: u64) -> Instant {
        from + Duration::from_secs(n)
    }

    // behaviour V8 (in part)
    #[tokio::test(start_paused = true)]
    async fn work_that_could_go_on_and_does_not_is_a_stall() {
        let now = Instant::now();
        let mut pulse = Pulse::begun(now, MINUTE, Duration::from_secs(15));
        pulse.turn(true, second(now, 10));
        assert_eq!(pulse.stalled(second(now, 40)), None);
        assert_eq!(pulse.stalled(second(now, 41)), Some(Duration::from_secs(31)));
        pulse.turn(true, second(now, 60));
        assert_eq!(pulse.stalled(second(now, 70)), Some(MINUTE), "turning alone is no progress");
        pulse.note_further(second(now, 70));
        assert_eq!(pulse.stalled(second(now, 100)), None);
        assert_eq!(pulse.stalled(second(now, 101)), Some(Duration::from_secs(31)));
    }

    // behaviour V8 (in part)
    #[tokio::test(start_paused = true)]
    async fn nothing_to_do_is_no_stall_and_work_begins_to_wait_when_it_comes() {
        let now = Instant::now();
        let mut pulse = Pulse::begun(now, MINUTE, Duration::from_secs(15));
        pulse.turn(false, second(now, 1_000));
        assert_eq!(pulse.stalled(second(now, 1_060)), None);
        pulse.turn(true, second(now, 1_100));
        assert_eq!(pulse.stalled(second(now, 1_120)), None);
        pulse.turn(false, second(now, 1_200));
        assert_eq!(pulse.stalled(second(now, 1_260)), None, "what could not go on any more is no stall");
    }

    // behaviour V8 (in part)
    #[tokio::test(start_paused = true)]
    async fn a_loop_that_stands_still_is_a_stall_whatever_it_said() {
        let now = Instant::now();
        let pulse = Pulse::begun(now, MINUTE, Duration::from_secs(15));
        assert_eq!(pulse.stalled(second(now, 120)), None);
        assert_eq!(pulse.stalled(second(now, 121)), Some(Duration::from_secs(121)));
    }

    #[tokio::test(start_paused = true)]
    async fn requests_that_may_take_long_are_waited_for() {
        let now = Instant::now();
        let mut pulse = Pulse::begun(now, MINUTE, Duration::from_secs(30));
        pulse.turn(true, now);
        assert_eq!(pulse.stalled(second(now, 35)), None);
        assert!(pulse.stalled(second(now, 36)).is_some());
    }
}
