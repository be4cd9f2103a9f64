//! What of one webhook was handed out and has not ended.
//!
//! A request is in flight until its record is on disk, so that it is not handed out again. On the way it is only until
//! its answer is judged: then the receiver has room for the next.

use std::collections::BTreeMap;

use beckon_store::deliveries::Lane as Class;

use super::Key;

/// A webhook may have so many times its cap in flight, those included whose record is being written.
const UNRECORDED_TIMES: usize = 8;

/// See the module's own words.
#[derive(Debug, Default)]
pub(super) struct InFlight {
    requests: BTreeMap<Key, Request>,
    on_the_way: usize,
    slow_on_the_way: usize,
    scheduled: usize,
}

#[derive(Debug)]
struct Request {
    class: Class,
    landed: bool,
}

impl InFlight {
    /// Adds a request.
    pub(super) fn insert(&mut self, key: Key, class: Class) {
        self.land(&key);
        self.remove(&key);
        self.requests.insert(key, Request { class, landed: false });
        self.on_the_way += 1;
        self.slow_on_the_way += usize::from(is_slow(class));
        self.scheduled += usize::from(!key.1.is_manual());
    }

    /// A request's answer was judged. Tells whether it was on the way.
    pub(super) fn land(&mut self, key: &Key) -> bool {
        let Some(request) = self.requests.get_mut(key).filter(|request| !request.landed) else { return false };
        request.landed = true;
        self.on_the_way -= 1;
        self.slow_on_the_way -= usize::from(is_slow(request.class));
        true
    }

    /// Takes out a request, and tells whether it was there. It must have [landed](InFlight::land).
    pub(super) fn remove(&mut self, key: &Key) -> bool {
        let was_there = self.requests.remove(key).is_some();
        self.scheduled -= usize::from(was_there && !key.1.is_manual());
        was_there
    }

    pub(super) fn contains(&self, key: &Key) -> bool {
        self.requests.contains_key(key)
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = Key> {
        self.requests.keys().copied()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.requests.is_empty()
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.requests.len()
    }

    /// How many the receiver has not answered.
    pub(super) fn on_the_way(&self) -> usize {
        self.on_the_way
    }

    /// How many retries and replays the receiver has not answered.
    pub(super) fn slow_on_the_way(&self) -> usize {
        self.slow_on_the_way
    }

    /// Whether one is of a schedule.
    pub(super) fn any_scheduled(&self) -> bool {
        self.scheduled > 0
    }

    /// Whether there may be one more, with at most `cap` on the way.
    pub(super) fn is_below(&self, cap: usize) -> bool {
        self.on_the_way < cap && self.len() < cap.saturating_mul(UNRECORDED_TIMES)
    }
}

/// Whether requests of a class leave a part of a webhook's slots to the others.
pub(super) fn is_slow(class: Class) -> bool {
    matches!(class, Class::Retry | Class::Replay)
}

#[cfg(test)]
mod tests {
    use super::*;
    use beckon_domain::delivery::Trigger;
    use uuid::Uuid;

    fn key(n: u128, trigger: Trigger) -> Key {
        (Uuid::from_u128(n).into(), trigger)
    }

    #[test]
    fn what_has_landed_takes_no_room_with_the_receiver_but_is_still_in_flight() {
        let mut in_flight = InFlight::default();
        let (first, retry) = (key(1, Trigger::Schedule), key(2, Trigger::Schedule));
        in_flight.insert(first, Class::First);
        in_flight.insert(retry, Class::Retry);
        assert_eq!((in_flight.on_the_way(), in_flight.slow_on_the_way()), (2, 1));
        assert!(in_flight.land(&retry) && !in_flight.land(&retry));
        assert_eq!((in_flight.on_the_way(), in_flight.slow_on_the_way(), in_flight.len()), (1, 0, 2));
        assert!(in_flight.contains(&retry) && in_flight.any_scheduled());
        assert!(in_flight.remove(&retry) && !in_flight.remove(&retry));
        assert!(in_flight.land(&first) && in_flight.remove(&first));
        assert_eq!((in_flight.on_the_way(), in_flight.is_empty(), in_flight.any_scheduled()), (0, true, false));
    }

    #[test]
    fn records_that_are_not_written_hold_up_the_next_requests_in_the_end() {
        let mut in_flight = InFlight::default();
        for n in 0..UNRECORDED_TIMES as u128 {
            assert!(in_flight.is_below(1));
            in_flight.insert(key(n, Trigger::Schedule), Class::First);
            assert!(!in_flight.is_below(1), "one is on the way");
            in_flight.land(&key(n, Trigger::Schedule));
        }
        assert!(!in_flight.is_below(1));
    }
}
