//! What must arrive, what did arrive, and the difference.
//!
//! The expectation comes from data alone: each signal's `fires` (`stream.rs`) and each webhook's
//! `only_segment` (`scene.rs`). Nothing of the engine is asked.
//! Promise: an event that arrives twice after it was taken, one with a signature that does not verify and
//! one nobody expected all count as surplus.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::receiver::{Answer, Arrival};
use super::scene::Subscriber;
use super::stream::{Beat, Fires};

/// What an event says: its type, who it is about, which segment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Fact {
    pub(super) event_type: String,
    pub(super) who: String,
    pub(super) segment: String,
}

impl From<Fires> for Fact {
    fn from(fires: Fires) -> Fact {
        Fact { event_type: fires.event_type.to_owned(), who: fires.who.to_owned(), segment: fires.segment.to_owned() }
    }
}

/// How often each fact must arrive at a webhook.
pub(super) type Multiset = BTreeMap<Fact, usize>;

/// What must arrive at a webhook.
pub(super) fn expected(subscriber: &Subscriber, stream: &[Beat]) -> Multiset {
    let mut facts = Multiset::new();
    for fires in stream.iter().flat_map(|beat| beat.fires) {
        if subscriber.only_segment.is_none_or(|only| only == fires.segment) {
            *facts.entry(Fact::from(*fires)).or_default() += 1;
        }
    }
    facts
}

/// What arrived at one webhook.
#[derive(Debug, Default)]
pub(super) struct Received {
    /// Facts that were taken, and how often.
    pub(super) taken: Multiset,
    /// Requests, of all kinds.
    pub(super) requests: usize,
    /// Requests that were turned away, as the receiver was told to.
    pub(super) turned_away: usize,
    /// Requests whose signature was verified.
    pub(super) verified: usize,
    /// Requests whose signature was not.
    pub(super) unverified: usize,
    /// Requests for an event that had been taken before.
    pub(super) repeated: usize,
    /// From the signal being sent to the event being taken, for each.
    pub(super) latencies: Vec<Duration>,
    ids: HashSet<String>,
    requests_by_id: HashMap<String, u32>,
}

/// What an arrival was, in the light of those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Noted {
    /// Counts the requests of the same event from 1.
    pub(super) number: u32,
    /// From the signal being sent, if the signal is known.
    pub(super) latency: Option<Duration>,
}

/// When the signals were sent from which facts follow, in order.
#[derive(Debug, Default)]
pub(super) struct Sent(HashMap<Fact, Vec<Instant>>);

impl Sent {
    /// Notes that the signal behind these facts is being sent.
    pub(super) fn note(&mut self, fires: &[Fires], at: Instant) {
        for fires in fires {
            self.0.entry(Fact::from(*fires)).or_default().push(at);
        }
    }
}

/// Everything that arrived anywhere.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// By the webhook's position.
    pub(super) received: Vec<Received>,
    sent: Arc<Mutex<Sent>>,
    /// Which sending of a fact an event's id stands for: the ids of a fact, in the order they were made.
    ids_of: HashMap<Fact, VecDeque<String>>,
}

impl Tally {
    /// An empty tally for that many webhooks, which looks up there when signals were sent.
    pub(super) fn new(webhooks: usize, sent: Arc<Mutex<Sent>>) -> Tally {
        Tally { received: (0..webhooks).map(|_| Received::default()).collect(), sent, ids_of: HashMap::new() }
    }

    /// Notes a request.
    pub(super) fn note(&mut self, arrival: &Arrival) -> Noted {
        let latency = self.sent_at(arrival).map(|sent| arrival.at.duration_since(sent));
        let received = &mut self.received[arrival.webhook];
        received.requests += 1;
        let number = received.requests_by_id.entry(arrival.event_id.clone()).or_default();
        *number += 1;
        let noted = Noted { number: *number, latency };
        match arrival.answer {
            Answer::Unverified(_) => received.unverified += 1,
            Answer::TurnedAway => {
                received.verified += 1;
                received.turned_away += 1;
            }
            Answer::Taken if received.ids.insert(arrival.event_id.clone()) => {
                received.verified += 1;
                *received.taken.entry(arrival.fact.clone()).or_default() += 1;
                received.latencies.extend(latency);
            }
            Answer::Taken => {
                received.verified += 1;
                received.repeated += 1;
            }
        }
        noted
    }

    /// When the signal behind an arrival was sent. The same fact can be announced several times: the
    /// first event id of it stands for the first signal, and so on.
    fn sent_at(&mut self, arrival: &Arrival) -> Option<Instant> {
        let ids = self.ids_of.entry(arrival.fact.clone()).or_default();
        if !ids.contains(&arrival.event_id) {
            // Ids sort in the order they were made.
            let place = ids.partition_point(|id| *id < arrival.event_id);
            ids.insert(place, arrival.event_id.clone());
        }
        let place = ids.iter().position(|id| *id == arrival.event_id)?;
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).0.get(&arrival.fact)?.get(place).copied()
    }
}

/// How what arrived differs from what must have: one line for each difference, none if there is none.
pub(super) fn differences(name: &str, expected: &Multiset, received: &Received) -> Vec<String> {
    let mut lines = Vec::new();
    let facts: std::collections::BTreeSet<_> = expected.keys().chain(received.taken.keys()).collect();
    for fact in facts {
        let wanted = expected.get(fact).copied().unwrap_or(0);
        let taken = received.taken.get(fact).copied().unwrap_or(0);
        let kind = match taken.cmp(&wanted) {
            std::cmp::Ordering::Less => "missing",
            std::cmp::Ordering::Greater => "surplus",
            std::cmp::Ordering::Equal => continue,
        };
        let Fact { event_type, who, segment } = fact;
        lines
            .push(format!("{name}: {kind}: {event_type} of {who} for {segment:?}: expected {wanted}, arrived {taken}"));
    }
    if received.repeated > 0 {
        lines.push(format!("{name}: surplus: {} requests for events it had taken already", received.repeated));
    }
    if received.unverified > 0 {
        lines.push(format!("{name}: surplus: {} requests with a signature that does not verify", received.unverified));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::super::scene::{LEADERS, SUBSCRIBERS};
    use super::super::stream::STREAM;
    use super::*;

    const FIRES: Fires = Fires { event_type: "contact.visited", who: "a@b.example", segment: LEADERS };

    fn arrival(id: &str, answer: Answer) -> Arrival {
        Arrival { webhook: 0, event_id: id.to_owned(), fact: FIRES.into(), answer, at: Instant::now() }
    }

    #[test]
    fn the_stream_is_in_order_and_each_webhook_expects_its_share() {
        assert!(STREAM.is_sorted_by_key(|beat| beat.at_ms));
        let sizes = SUBSCRIBERS.map(|subscriber| expected(&subscriber, STREAM).values().sum::<usize>());
        assert_eq!(sizes, [21, 6, 21]);
    }

    #[tokio::test]
    async fn exactly_what_was_expected_makes_no_difference() {
        let mut tally = Tally::new(1, Arc::default());
        tally.sent.lock().unwrap().note(&[FIRES], Instant::now());
        assert_eq!(tally.note(&arrival("evt_1", Answer::TurnedAway)).number, 1);
        let noted = tally.note(&arrival("evt_1", Answer::Taken));
        assert_eq!(noted.number, 2);
        assert!(noted.latency.is_some());
        let expected = Multiset::from([(FIRES.into(), 1)]);
        assert_eq!(differences("x", &expected, &tally.received[0]), Vec::<String>::new());
    }

    #[tokio::test]
    async fn missing_surplus_repeated_and_unverified_each_make_a_difference() {
        let mut tally = Tally::new(1, Arc::default());
        let expected = Multiset::from([(FIRES.into(), 1)]);
        assert!(differences("x", &expected, &tally.received[0])[0].contains("missing"));
        tally.note(&arrival("evt_1", Answer::Taken));
        tally.note(&arrival("evt_1", Answer::Taken));
        assert!(differences("x", &expected, &tally.received[0])[0].contains("taken already"));
        tally.note(&arrival("evt_2", Answer::Taken));
        tally.note(&arrival("evt_3", Answer::Unverified(String::new())));
        let lines = differences("x", &expected, &tally.received[0]);
        assert!(lines[0].contains("expected 1, arrived 2"), "{lines:?}");
        assert!(lines[2].contains("does not verify"), "{lines:?}");
    }
}
