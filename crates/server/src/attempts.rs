//! How often somebody may guess a password: one account's from one place, one account's from anywhere, any from one place, and all
//! together.
//!
//! Promise: guesses at one account from one place come in a burst of 10 and then one every 30 seconds, from however many
//! places in a burst of 100; what is remembered is bounded. So whoever guesses from one place alone keeps nobody out who
//! is elsewhere. Whoever gives the right password in between is not held up by the attempts before it.
//! Not here: an overview over several processes; each counts for itself. Behind a proxy that nobody named the place is
//! not known, and one for all. The limit of webhooks (`beckon_domain::rate`) serves where it can; its bursts are too short for
//! people who mistype, and its periods for guesses.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use beckon_domain::rate::{Meter, Period, RateLimit};
use jiff::{SignedDuration, Timestamp};

/// So many at once after a silence, and then one at a time.
struct Pace {
    burst: i32,
    every: SignedDuration,
}

/// Guesses at one account from one place: so many at once after a silence, and then one at a time.
const FROM_PLACE_AT_ACCOUNT_MAX: Pace = Pace { burst: 10, every: SignedDuration::from_secs(30) };
/// Guesses at one account from anywhere (NIST SP 800-63B-4 §3.2.2 allows no more than 100 in a row). One place alone does not use it up.
const AT_ACCOUNT_MAX: Pace = Pace { burst: 100, every: SignedDuration::from_secs(30) };
/// Guesses from one place at any account; many people may share one.
const FROM_PLACE_MAX: Pace = Pace { burst: 60, every: SignedDuration::from_secs(1) };
/// Guesses all together: a burst of 60, and then 10 a second.
const OVERALL_MAX: RateLimit = RateLimit { requests: 600, per: Period::Minute };
/// Most series of guesses remembered. Each guess is one of at most three, which it keeps for at most 30 seconds longer, so
/// that as few as [`OVERALL_MAX`] lets through never fill this.
const SERIES_MAX: usize = 4_096;
/// How many bits of an IPv6 address are a place: whoever has one address has all that begin like it.
const PLACE_BITS: u32 = 64;

/// Counts guesses.
#[derive(Default)]
pub(crate) struct Attempts {
    counted: Mutex<Counted>,
}

#[derive(Default)]
struct Counted {
    overall: Meter,
    /// When the next guess would come if all came evenly.
    next: HashMap<Series, Timestamp>,
}

/// Guesses that are counted together. An account is a text, such as an address.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Series {
    OfAccountFromPlace(String, Option<IpAddr>),
    OfAccount(String),
    FromPlace(IpAddr),
}

impl Series {
    fn pace(&self) -> &'static Pace {
        match self {
            Series::OfAccountFromPlace(..) => &FROM_PLACE_AT_ACCOUNT_MAX,
            Series::OfAccount(_) => &AT_ACCOUNT_MAX,
            Series::FromPlace(_) => &FROM_PLACE_MAX,
        }
    }
}

impl Attempts {
    /// Counts a guess at the password of `account`, made at an address of the network if that is known, or says how long to
    /// wait before the next.
    pub(crate) fn count(&self, account: &str, from: Option<IpAddr>, now: Timestamp) -> Result<(), Duration> {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        counted.count(account, from.map(place), now).map_err(|until| until.duration_since(now).unsigned_abs())
    }

    /// Forgets the guesses at the password of `account`: one was right.
    pub(crate) fn forget(&self, account: &str) {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        counted.next.retain(|series, _| match series {
            Series::OfAccountFromPlace(whose, _) | Series::OfAccount(whose) => whose != account,
            Series::FromPlace(_) => true,
        });
    }
}

impl Counted {
    fn count(&mut self, account: &str, place: Option<IpAddr>, now: Timestamp) -> Result<(), Timestamp> {
        let mut of = vec![Series::OfAccountFromPlace(account.to_owned(), place)];
        if let Some(place) = place {
            of.extend([Series::OfAccount(account.to_owned()), Series::FromPlace(place)]);
        }
        let mut nexts = Vec::with_capacity(of.len());
        for series in &of {
            let Pace { burst, every } = *series.pace();
            let next =
                self.next.get(series).copied().filter(|next| !is_void(series, *next, now)).unwrap_or(now).max(now);
            let allowed_at = next - every * (burst - 1);
            if allowed_at > now {
                return Err(allowed_at);
            }
            nexts.push(next + every);
        }
        let overall_at = self.overall.allowed_at(&OVERALL_MAX, now);
        if overall_at > now {
            return Err(overall_at);
        }
        if self.next.len() + of.len() > SERIES_MAX {
            self.next.retain(|series, next| *next > now && !is_void(series, *next, now));
            if self.next.len() + of.len() > SERIES_MAX {
                return Err(now + AT_ACCOUNT_MAX.every);
            }
        }
        self.overall.count(&OVERALL_MAX, now);
        self.next.extend(of.into_iter().zip(nexts));
        Ok(())
    }
}

/// Whether what was noted lies so far ahead that a clock which was set back since must have noted it.
fn is_void(series: &Series, next: Timestamp, now: Timestamp) -> bool {
    let Pace { burst, every } = series.pace();
    next > now + *every * *burst
}

/// The place an address is at.
fn place(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => {
            let bits = address.to_bits() >> (u128::BITS - PLACE_BITS) << (u128::BITS - PLACE_BITS);
            IpAddr::V6(Ipv6Addr::from_bits(bits))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start() -> Timestamp {
        Timestamp::from_second(1_700_000_000).unwrap()
    }

    const HERE: Option<IpAddr> = Some(IpAddr::V4(std::net::Ipv4Addr::new(203, 0, 113, 7)));
    const GUESSES_MAX: i32 = FROM_PLACE_AT_ACCOUNT_MAX.burst;

    #[test]
    fn guesses_at_one_address_come_in_a_burst_and_then_slowly() {
        let attempts = Attempts::default();
        let mut now = start();
        let mut made = vec![];
        for _ in 0..GUESSES_MAX + 5 {
            if let Err(wait) = attempts.count("jane@acme.com", HERE, now) {
                now += SignedDuration::try_from(wait).unwrap();
                attempts.count("jane@acme.com", HERE, now).unwrap();
            }
            made.push(now.duration_since(start()).as_secs());
        }
        assert_eq!(made[..GUESSES_MAX as usize], [0; GUESSES_MAX as usize]);
        assert_eq!(made[GUESSES_MAX as usize..], [30, 60, 90, 120, 150]);
        assert!(attempts.count("joe@acme.com", HERE, now).is_ok(), "others are not held up");
    }

    #[test]
    fn a_refused_guess_counts_for_nothing_and_a_right_one_forgets_the_others() {
        let attempts = Attempts::default();
        (0..GUESSES_MAX).for_each(|_| attempts.count("jane@acme.com", HERE, start()).unwrap());
        for _ in 0..100 {
            assert_eq!(attempts.count("jane@acme.com", HERE, start()), Err(Duration::from_secs(30)));
        }
        attempts.forget("jane@acme.com");
        assert_eq!(attempts.count("jane@acme.com", HERE, start()), Ok(()));
    }

    #[test]
    fn guesses_at_many_addresses_are_limited_together_and_what_is_remembered_is_bounded() {
        let attempts = Attempts::default();
        let mut now = start();
        let mut allowed = 0;
        for n in 0..20_000_u32 {
            now += SignedDuration::from_millis(50);
            allowed += usize::from(attempts.count(&format!("p{n}@acme.com"), Some(IpAddr::V4(n.into())), now).is_ok());
        }
        // 1,000 seconds at ten a second, and the burst.
        assert!((10_000..=10_070).contains(&allowed), "{allowed}");
        assert!(attempts.counted.lock().unwrap().next.len() <= SERIES_MAX);
    }

    #[test]
    fn whoever_guesses_from_one_place_keeps_nobody_out_who_is_elsewhere() {
        let attempts = Attempts::default();
        let at = |address: &str| Some(address.parse().unwrap());
        let mut now = start();
        let mut refused = 0;
        for n in 0..10_000_u32 {
            now += SignedDuration::from_millis(100);
            // Another address of the same network each time.
            let here = at(&format!("2001:db8::{:x}", n % 65_536));
            refused += usize::from(attempts.count("jane@acme.com", here, now).is_err());
            refused += usize::from(attempts.count(&format!("p{n}@acme.com"), here, now).is_err());
        }
        assert!(refused > 15_000, "{refused}");
        assert_eq!(attempts.count("jane@acme.com", at("2001:db8:1::1"), now), Ok(()));
        let places = 0..200_u32;
        let guessed = places.filter(|n| attempts.count("joe@acme.com", Some(IpAddr::V4((*n).into())), start()).is_ok());
        assert!(guessed.count() <= AT_ACCOUNT_MAX.burst as usize, "from however many places");
    }

    // behaviour D7 (in part)
    #[test]
    fn a_clock_set_back_holds_nobody_up() {
        let attempts = Attempts::default();
        (0..GUESSES_MAX).for_each(|_| attempts.count("jane@acme.com", HERE, start()).unwrap());
        assert_eq!(attempts.count("jane@acme.com", HERE, start() - SignedDuration::from_hours(5)), Ok(()));
    }
}
