//! What a receiver remembers of what arrived: numbers, no texts.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::quantile::Quantiles;

/// How finely the times of deliveries are kept, in nanoseconds.
const SLICE_NS: u64 = 100_000_000;

/// What arrived at some webhooks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Arrived {
    /// Requests, however they were answered.
    pub(crate) requests: u64,
    /// Those of them that were answered 2xx.
    pub(crate) taken: u64,
    /// Distinct deliveries among those taken: by webhook and `webhook-id`.
    pub(crate) distinct: u64,
    /// Distinct events among those taken: by webhook and the number in the payload. 0 if payloads carry none.
    pub(crate) numbered: u64,
}

/// What had been taken by a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TakenBy {
    /// The moment, at most a tenth of a second before the one that was asked for.
    pub(crate) moment_ns: u64,
    /// Distinct deliveries that had been taken.
    pub(crate) deliveries: u64,
}

/// Everything that arrived.
#[derive(Debug)]
pub(crate) struct Tally {
    webhooks: Vec<Webhook>,
    begun_ns: u64,
    taken_by_slice: Vec<u64>,
    awaited: Option<Awaited>,
}

#[derive(Debug, Default)]
struct Webhook {
    requests: u64,
    taken: u64,
    /// Hashes of the ids taken. 64 bits: among a million ids two are the same once in 37 million runs, and then
    /// a run fails that should not.
    ids: HashSet<u64>,
    /// A bit for each event number that was taken.
    numbers: Bits,
    /// A bit for each event number that arrived.
    seen: Bits,
    latencies_us: Vec<u32>,
    /// When the last new delivery was taken.
    last_ns: u64,
}

/// So many more deliveries from some webhooks.
#[derive(Debug)]
struct Awaited {
    webhooks: Range<usize>,
    missing: u64,
    reached_ns: u64,
}

impl Tally {
    pub(crate) fn begin(now_ns: u64) -> Tally {
        Tally { webhooks: Vec::new(), begun_ns: now_ns, taken_by_slice: Vec::new(), awaited: None }
    }

    /// A request arrived; `payload` is the event's number and the moment it carries, if it does.
    pub(crate) fn note_arrival(&mut self, webhook: usize, payload: Option<(u64, u64)>, now_ns: u64) {
        let webhook = self.webhook(webhook);
        webhook.requests += 1;
        if let Some((n, at_ns)) = payload
            && webhook.seen.insert(n)
        {
            let us = now_ns.saturating_sub(at_ns) / 1_000;
            webhook.latencies_us.push(u32::try_from(us).unwrap_or(u32::MAX));
        }
    }

    /// A request is answered 2xx. True if that is what somebody waits for.
    pub(crate) fn note_taken(&mut self, index: usize, id: &[u8], payload: Option<(u64, u64)>, now_ns: u64) -> bool {
        let webhook = self.webhook(index);
        webhook.taken += 1;
        if let Some((n, _)) = payload {
            webhook.numbers.insert(n);
        }
        let mut hasher = DefaultHasher::new();
        id.hash(&mut hasher);
        if !webhook.ids.insert(hasher.finish()) {
            return false;
        }
        webhook.last_ns = now_ns;
        let slice = (now_ns.saturating_sub(self.begun_ns) / SLICE_NS) as usize;
        if self.taken_by_slice.len() <= slice {
            self.taken_by_slice.resize(slice + 1, 0);
        }
        self.taken_by_slice[slice] += 1;
        let Some(awaited) = self.awaited.as_mut().filter(|awaited| awaited.webhooks.contains(&index)) else {
            return false;
        };
        awaited.missing = awaited.missing.saturating_sub(1);
        awaited.reached_ns = now_ns;
        awaited.missing == 0
    }

    /// From the first delivery on, somebody waits for so many. Only one at a time can.
    pub(crate) fn await_deliveries(&mut self, webhooks: Range<usize>, deliveries: u64) {
        let missing = deliveries.saturating_sub(self.arrived(webhooks.clone()).distinct);
        // If all have been taken already, it was then, not now.
        let reached_ns = self.among(webhooks.clone()).iter().map(|webhook| webhook.last_ns).max().unwrap_or_default();
        self.awaited = Some(Awaited { webhooks, missing, reached_ns });
    }

    /// When the last of the deliveries that are waited for was taken; `None` if some are missing.
    pub(crate) fn reached_ns(&self) -> Option<u64> {
        self.awaited.as_ref().filter(|awaited| awaited.missing == 0).map(|awaited| awaited.reached_ns)
    }

    pub(crate) fn arrived(&self, webhooks: Range<usize>) -> Arrived {
        let mut sum = Arrived::default();
        for webhook in self.among(webhooks) {
            sum.requests += webhook.requests;
            sum.taken += webhook.taken;
            sum.distinct += webhook.ids.len() as u64;
            sum.numbered += webhook.numbers.count;
        }
        sum
    }

    pub(crate) fn latency(&self, webhooks: Range<usize>) -> Option<Quantiles> {
        let all = self.among(webhooks).iter().flat_map(|webhook| &webhook.latencies_us);
        Quantiles::of(all.map(|us| u64::from(*us)).collect())
    }

    /// How many distinct deliveries had been taken by the end of the last whole slice before a moment.
    pub(crate) fn taken_by(&self, moment_ns: u64) -> TakenBy {
        let slices = moment_ns.saturating_sub(self.begun_ns) / SLICE_NS;
        TakenBy {
            moment_ns: self.begun_ns + slices * SLICE_NS,
            deliveries: self.taken_by_slice.iter().take(slices as usize).sum(),
        }
    }

    fn among(&self, webhooks: Range<usize>) -> &[Webhook] {
        let end = webhooks.end.min(self.webhooks.len());
        &self.webhooks[webhooks.start.min(end)..end]
    }

    fn webhook(&mut self, index: usize) -> &mut Webhook {
        if self.webhooks.len() <= index {
            self.webhooks.resize_with(index + 1, Webhook::default);
        }
        &mut self.webhooks[index]
    }
}

/// A set of small numbers.
#[derive(Debug, Default)]
struct Bits {
    words: Vec<u64>,
    count: u64,
}

impl Bits {
    /// Whether it was not there yet.
    fn insert(&mut self, n: u64) -> bool {
        let word = (n / 64) as usize;
        if self.words.len() <= word {
            self.words.resize(word + 1, 0);
        }
        let bit = 1 << (n % 64);
        let new = self.words[word] & bit == 0;
        self.words[word] |= bit;
        self.count += u64::from(new);
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    #[test]
    fn a_repeat_counts_as_a_request_and_not_as_a_delivery() {
        let mut tally = Tally::begin(0);
        for (webhook, id, n) in [(0, "a", 0), (0, "b", 1), (0, "a", 0), (1, "a", 0)] {
            tally.note_arrival(webhook, Some((n, 0)), SECOND);
            tally.note_taken(webhook, id.as_bytes(), Some((n, 0)), SECOND);
        }
        assert_eq!(tally.arrived(0..1), Arrived { requests: 3, taken: 3, distinct: 2, numbered: 2 });
        assert_eq!(tally.arrived(0..2), Arrived { requests: 4, taken: 4, distinct: 3, numbered: 3 });
        assert_eq!(tally.arrived(1..9), Arrived { requests: 1, taken: 1, distinct: 1, numbered: 1 });
    }

    #[test]
    fn one_event_under_two_ids_shows() {
        let mut tally = Tally::begin(0);
        tally.note_taken(0, b"a", Some((5, 0)), SECOND);
        tally.note_taken(0, b"b", Some((5, 0)), SECOND);
        let arrived = tally.arrived(0..1);
        assert_eq!((arrived.distinct, arrived.numbered), (2, 1));
    }

    #[test]
    fn what_is_refused_is_not_taken_and_its_latency_counts_once() {
        let mut tally = Tally::begin(0);
        tally.note_arrival(0, Some((3, SECOND)), SECOND + 2_000);
        tally.note_arrival(0, Some((3, SECOND)), 9 * SECOND);
        assert_eq!(tally.arrived(0..1), Arrived { requests: 2, ..Arrived::default() });
        let latency = tally.latency(0..1).unwrap();
        assert_eq!((latency.count, latency.max_us), (1, 2));
    }

    #[test]
    fn waiting_ends_with_the_last_delivery_of_those_webhooks() {
        let mut tally = Tally::begin(0);
        tally.note_taken(0, b"before", None, 1);
        tally.await_deliveries(0..2, 3);
        assert_eq!(tally.reached_ns(), None);
        assert!(!tally.note_taken(0, b"before", None, 20));
        assert!(!tally.note_taken(2, b"elsewhere", None, 30));
        assert!(!tally.note_taken(1, b"before", None, 40));
        assert_eq!(tally.reached_ns(), None);
        assert!(tally.note_taken(0, b"after", None, 50));
        assert_eq!(tally.reached_ns(), Some(50));
    }

    #[test]
    fn what_was_taken_before_anybody_waited_was_taken_then() {
        let mut tally = Tally::begin(0);
        for (webhook, id, at) in [(0, b"a", 10), (1, b"b", 30), (0, b"a", 40), (2, b"c", 50)] {
            tally.note_taken(webhook, id, None, at);
        }
        tally.await_deliveries(0..2, 2);
        assert_eq!(tally.reached_ns(), Some(30));
        tally.await_deliveries(0..2, 3);
        assert_eq!(tally.reached_ns(), None);
    }

    #[test]
    fn deliveries_are_counted_by_the_moment() {
        let mut tally = Tally::begin(SECOND);
        for (id, at) in [(b"a", SECOND), (b"b", 2 * SECOND), (b"c", 3 * SECOND)] {
            tally.note_taken(0, id, None, at);
        }
        let counts = [SECOND, 2 * SECOND, 2 * SECOND + SLICE_NS, 9 * SECOND].map(|at| tally.taken_by(at).deliveries);
        assert_eq!(counts, [0, 1, 2, 3]);
        // A moment within a slice is counted up to its beginning, and says so.
        let within = tally.taken_by(2 * SECOND + SLICE_NS - 1);
        assert_eq!(within, TakenBy { moment_ns: 2 * SECOND, deliveries: 1 });
    }
}
