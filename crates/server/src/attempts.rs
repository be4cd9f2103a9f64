//! How often somebody may guess a password: for one address, and for all together.
//!
//! Promise: guesses at one address come in a burst of [`GUESSES_MAX`] and then one every [`GUESS_EVERY`], however many guess and from
//! wherever, and all guesses together no faster than [`GUESSES_OVERALL_MAX`]; what is remembered is bounded. Whoever gives the right
//! password in between is not held up by the attempts before it.
//! Not here: an overview over several processes; each counts for itself. And no address of the network: behind a proxy
//! all of them are one. The limit of webhooks (`beckon_domain::rate`) serves where it can; its bursts are too short for
//! people who mistype, and its periods for guesses.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use beckon_domain::rate::{Meter, Period, RateLimit};
use jiff::{SignedDuration, Timestamp};

/// Guesses at one address that may follow one another at once after a silence.
const GUESSES_MAX: i32 = 10;
/// How long each further guess at one address waits for (NIST SP 800-63B §5.2.2 asks for such a limit).
const GUESS_EVERY: SignedDuration = SignedDuration::from_secs(30);
/// Guesses at all addresses together: a burst of 60, and then 10 a second.
const GUESSES_OVERALL_MAX: RateLimit = RateLimit { requests: 600, per: Period::Minute };
/// Most addresses remembered. Within the ten times thirty seconds after which one is forgotten, [`GUESSES_OVERALL_MAX`] lets 3,060
/// guesses through, so that no other is ever forgotten in its stead.
const ADDRESSES_MAX: usize = 4_096;

/// Counts guesses. Whose they are is a text, such as an address.
#[derive(Default)]
pub(crate) struct Attempts {
    counted: Mutex<Counted>,
}

#[derive(Default)]
struct Counted {
    overall: Meter,
    /// When the next guess would come if all came evenly.
    next: HashMap<String, Timestamp>,
}

impl Attempts {
    /// Counts a guess at `whose` password, or says how long to wait before the next.
    pub(crate) fn count(&self, whose: &str, now: Timestamp) -> Result<(), Duration> {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        counted.count(whose, now).map_err(|until| until.duration_since(now).unsigned_abs())
    }

    /// Forgets the guesses at `whose` password: one was right.
    pub(crate) fn forget(&self, whose: &str) {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner).next.remove(whose);
    }
}

impl Counted {
    fn count(&mut self, whose: &str, now: Timestamp) -> Result<(), Timestamp> {
        // What lies further ahead was noted by a clock that was set back since, and means nothing.
        let furthest = now + GUESS_EVERY * GUESSES_MAX;
        let next = self.next.get(whose).copied().filter(|next| *next <= furthest).unwrap_or(now).max(now);
        let allowed_at = next - GUESS_EVERY * (GUESSES_MAX - 1);
        if allowed_at > now {
            return Err(allowed_at);
        }
        let overall_at = self.overall.allowed_at(&GUESSES_OVERALL_MAX, now);
        if overall_at > now {
            return Err(overall_at);
        }
        if !self.next.contains_key(whose) && self.next.len() >= ADDRESSES_MAX {
            self.next.retain(|_, next| *next > now && *next <= furthest);
            if self.next.len() >= ADDRESSES_MAX {
                return Err(now + GUESS_EVERY);
            }
        }
        self.overall.count(&GUESSES_OVERALL_MAX, now);
        self.next.insert(whose.to_owned(), next + GUESS_EVERY);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start() -> Timestamp {
        Timestamp::from_second(1_700_000_000).unwrap()
    }

    #[test]
    fn guesses_at_one_address_come_in_a_burst_and_then_slowly() {
        let attempts = Attempts::default();
        let mut now = start();
        let mut made = vec![];
        for _ in 0..GUESSES_MAX + 5 {
            if let Err(wait) = attempts.count("jane@acme.com", now) {
                now += SignedDuration::try_from(wait).unwrap();
                attempts.count("jane@acme.com", now).unwrap();
            }
            made.push(now.duration_since(start()).as_secs());
        }
        assert_eq!(made[..GUESSES_MAX as usize], [0; GUESSES_MAX as usize]);
        assert_eq!(made[GUESSES_MAX as usize..], [30, 60, 90, 120, 150]);
        assert!(attempts.count("joe@acme.com", now).is_ok(), "others are not held up");
    }

    #[test]
    fn a_refused_guess_counts_for_nothing_and_a_right_one_forgets_the_others() {
        let attempts = Attempts::default();
        (0..GUESSES_MAX).for_each(|_| attempts.count("jane@acme.com", start()).unwrap());
        for _ in 0..100 {
            assert_eq!(attempts.count("jane@acme.com", start()), Err(Duration::from_secs(30)));
        }
        attempts.forget("jane@acme.com");
        assert_eq!(attempts.count("jane@acme.com", start()), Ok(()));
    }

    #[test]
    fn guesses_at_many_addresses_are_limited_together_and_what_is_remembered_is_bounded() {
        let attempts = Attempts::default();
        let mut now = start();
        let mut allowed = 0;
        for n in 0..20_000 {
            now += SignedDuration::from_millis(50);
            allowed += usize::from(attempts.count(&format!("p{n}@acme.com"), now).is_ok());
        }
        // 1,000 seconds at ten a second, and the burst.
        assert!((10_000..=10_070).contains(&allowed), "{allowed}");
        assert!(attempts.counted.lock().unwrap().next.len() <= ADDRESSES_MAX);
    }

    // behaviour D7 (in part)
    #[test]
    fn a_clock_set_back_holds_nobody_up() {
        let attempts = Attempts::default();
        (0..GUESSES_MAX).for_each(|_| attempts.count("jane@acme.com", start()).unwrap());
        assert_eq!(attempts.count("jane@acme.com", start() - SignedDuration::from_hours(5)), Ok(()));
    }
}
