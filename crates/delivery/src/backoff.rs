//! How long to wait for a store that does not answer.

use std::time::Duration;

/// First wait.
const WAIT_MIN: Duration = Duration::from_millis(50);
/// Longest wait: a store that is back is noticed within this.
const WAIT_MAX: Duration = Duration::from_secs(3);

/// Waits that double from [`WAIT_MIN`] to [`WAIT_MAX`].
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// The next wait.
    pub(crate) fn next(&mut self) -> Duration {
        let wait = WAIT_MIN.saturating_mul(2_u32.saturating_pow(self.failures)).min(WAIT_MAX);
        self.failures = self.failures.saturating_add(1);
        wait
    }

    /// It answered: begin anew.
    pub(crate) fn reset(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_bound_and_begin_anew() {
        let mut backoff = Backoff::default();
        let waits: Vec<u128> = (0..8).map(|_| backoff.next().as_millis()).collect();
        assert_eq!(waits, [50, 100, 200, 400, 800, 1600, 3000, 3000]);
        (0..100).for_each(|_| assert!(backoff.next() <= WAIT_MAX));
        backoff.reset();
        assert_eq!(backoff.next(), WAIT_MIN);
    }
}
