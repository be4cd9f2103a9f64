//! What is due, in memory: a short lane per webhook in front of the store's queue.
//!
//! Pure and synchronous: time is an argument, and looking into the store is asked for
//! ([`Queue::next_refill`]) and answered ([`Queue::refilled`]) from outside.
//! Promises: lanes take turns, so that a webhook with a long backlog does not hold up one with a single
//! delivery; a webhook has at most its cap in flight, and less the fewer slots are free, so that even many
//! webhooks that hang leave room for the others; no request is handed out twice before it has ended; memory
//! is bounded whatever the backlog.
//! Not here: rate limits and health, which will close a lane for a while, and FIFO, which is a cap of one
//! that waits for retries.

mod cancel;
mod lane;
#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashMap, VecDeque};

use beckon_domain::delivery::{DueAttempt, Trigger};
use beckon_domain::id::{DeliveryId, WebhookId};
use beckon_store::deliveries::DueBatch;
use jiff::{SignedDuration, Timestamp};

use cancel::Canceling;
use lane::{Lane, Refilling};

/// What tells a request from every other: a delivery's next scheduled one, and each manual one beside it.
pub(crate) type Key = (DeliveryId, Trigger);

/// Most requests a lane keeps in memory beside those in flight.
pub(crate) const LANE_BUFFER_MAX: usize = 64;
/// A lane asks for more when it has no more than this.
const LANE_BUFFER_LOW: usize = 16;
/// Most lanes that look into the store at once.
const REFILLS_MAX: usize = 8;
/// Bytes of waiting requests beyond which no lane asks for more. What is under way then still comes: at
/// most [`REFILLS_MAX`] times [`LANE_BUFFER_MAX`] requests.
const BUFFERED_BYTES_MAX: usize = 64 * 1024 * 1024;
/// What a waiting request costs beside its payload, in bytes, roughly.
const REQUEST_BYTES: usize = 512;
/// How long a lane that had to give back what it held waits before it asks again.
const GIVEN_BACK_FOR: SignedDuration = SignedDuration::from_secs(1);
/// A lane may hold this part of the slots that are free.
const SHARE_OF_FREE_SLOTS: usize = 4;

/// How much may be in flight.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Over all webhooks.
    pub(crate) in_flight_max: usize,
    /// To one webhook.
    pub(crate) in_flight_per_webhook_max: usize,
}

/// A look into the store.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refill {
    /// For which webhook.
    pub(crate) webhook_id: WebhookId,
    /// What is in memory already.
    pub(crate) skip: Vec<Key>,
    /// Most requests wanted.
    pub(crate) limit: u32,
}

/// See the module's own words.
#[derive(Debug)]
pub(crate) struct Queue {
    limits: Limits,
    lanes: HashMap<WebhookId, Lane>,
    /// Lanes with something to start, in the order of their turns.
    turns: VecDeque<WebhookId>,
    /// When to look into the store for whom.
    later: BTreeSet<(Timestamp, WebhookId)>,
    /// For whom to look now, in the order they came due.
    hungry: VecDeque<WebhookId>,
    refills: usize,
    in_flight: usize,
    buffered_bytes: usize,
    canceling: Canceling,
}

impl Queue {
    /// An empty queue.
    pub(crate) fn new(limits: Limits) -> Queue {
        Queue {
            limits,
            lanes: HashMap::new(),
            turns: VecDeque::new(),
            later: BTreeSet::new(),
            hungry: VecDeque::new(),
            refills: 0,
            in_flight: 0,
            buffered_bytes: 0,
            canceling: Canceling::default(),
        }
    }

    /// Requests handed out that have not ended.
    pub(crate) fn in_flight(&self) -> usize {
        self.in_flight
    }

    /// The store has, or will have, something due for `webhook` at `at`.
    pub(crate) fn ring(&mut self, webhook: WebhookId, at: Timestamp, now: Timestamp) {
        self.lanes.entry(webhook).or_default().expect_at(at);
        self.settle(webhook, now);
    }

    /// When [`Queue::wake`] has something to do.
    pub(crate) fn next_wake(&self) -> Option<Timestamp> {
        self.later.first().map(|(at, _)| *at)
    }

    /// Lets lanes whose time has come ask for a refill.
    pub(crate) fn wake(&mut self, now: Timestamp) {
        while self.later.first().is_some_and(|(at, _)| *at <= now) {
            let Some((_, webhook)) = self.later.pop_first() else { return };
            if let Some(lane) = self.lanes.get_mut(&webhook) {
                lane.later_at = None;
            }
            self.settle(webhook, now);
        }
    }

    /// The next look into the store, if one is wanted and few enough are under way. Must be answered by
    /// [`Queue::refilled`] or [`Queue::refill_failed`].
    pub(crate) fn next_refill(&mut self, now: Timestamp) -> Option<Refill> {
        if self.refills >= REFILLS_MAX || self.hungry.is_empty() {
            return None;
        }
        if self.buffered_bytes >= BUFFERED_BYTES_MAX {
            self.give_back(now);
            if self.buffered_bytes >= BUFFERED_BYTES_MAX {
                return None; // What is in memory can be started, and a lane asks again when it was.
            }
        }
        let webhook_id = self.hungry.pop_front()?;
        let lane = self.lanes.get_mut(&webhook_id)?;
        lane.hungry = false;
        lane.store_due_at = None;
        lane.refilling = Some(Refilling::default());
        self.refills += 1;
        let limit = (LANE_BUFFER_MAX - lane.buffered.len()) as u32;
        Some(Refill { webhook_id, skip: lane.known().collect(), limit })
    }

    /// What the store answered to a refill.
    pub(crate) fn refilled(&mut self, webhook: WebhookId, batch: DueBatch, now: Timestamp) {
        let Some(lane) = self.lanes.get_mut(&webhook) else { return };
        let Some(refilling) = lane.refilling.take() else { return };
        self.refills -= 1;
        for due in batch.due {
            if refilling.canceled.contains(&due.delivery_id) {
                // Gone, unless it is a resend that somebody asked for after the cancellation.
                lane.expect_at(due.due_at);
                continue;
            }
            if refilling.ended.contains(&(due.delivery_id, due.trigger)) || lane.knows((due.delivery_id, due.trigger)) {
                continue;
            }
            if self.canceling.holds(&due) {
                continue;
            }
            self.buffered_bytes += bytes_of(&due);
            lane.buffered.push_back(due);
        }
        for at in [batch.next_due_at, refilling.rung_at].into_iter().flatten() {
            lane.expect_at(at);
        }
        self.settle(webhook, now);
    }

    /// The store did not answer a refill: look again at `again_at`.
    pub(crate) fn refill_failed(&mut self, webhook: WebhookId, again_at: Timestamp, now: Timestamp) {
        let Some(lane) = self.lanes.get_mut(&webhook) else { return };
        if lane.refilling.take().is_some() {
            self.refills -= 1;
        }
        lane.expect_at(again_at);
        lane.closed_until = Some(again_at);
        self.settle(webhook, now);
    }

    /// Hands out the next request whose turn it is. Must be answered by [`Queue::ended`],
    /// [`Queue::put_back`] or [`Queue::set_aside`].
    pub(crate) fn next_start(&mut self, now: Timestamp) -> Option<DueAttempt> {
        if self.in_flight >= self.limits.in_flight_max {
            return None;
        }
        let share = ((self.limits.in_flight_max - self.in_flight) / SHARE_OF_FREE_SLOTS).max(1);
        for _ in 0..self.turns.len() {
            let webhook = self.turns.pop_front()?;
            let Some(lane) = self.lanes.get_mut(&webhook) else { continue };
            if lane.in_flight.len() >= share {
                self.turns.push_back(webhook);
                continue;
            }
            lane.has_turn = false;
            let due = lane.take_next();
            if let Some(due) = &due {
                self.buffered_bytes -= bytes_of(due);
                self.in_flight += 1;
            }
            self.settle(webhook, now);
            if due.is_some() {
                return due;
            }
        }
        None
    }

    /// Hands out a request that somebody waits for, whatever the caps say; `None` if it is in flight.
    pub(crate) fn start_urgent(&mut self, due: DueAttempt, now: Timestamp) -> Option<DueAttempt> {
        let webhook = due.webhook_id;
        let key = (due.delivery_id, due.trigger);
        let lane = self.lanes.entry(webhook).or_default();
        if lane.in_flight.contains(&key) || lane.aside.contains(&key) || self.canceling.holds(&due) {
            self.settle(webhook, now);
            return None;
        }
        self.buffered_bytes -= lane.forget(|waiting| (waiting.delivery_id, waiting.trigger) == key);
        lane.in_flight.insert(key);
        self.in_flight += 1;
        self.settle(webhook, now);
        Some(due)
    }

    /// A request was made and recorded.
    pub(crate) fn ended(&mut self, webhook: WebhookId, key: Key, now: Timestamp) {
        self.leave_flight(webhook, key);
        self.settle(webhook, now);
    }

    /// A request was not made. If it is still in the store, it comes again; not before `not_before`.
    pub(crate) fn put_back(&mut self, webhook: WebhookId, key: Key, not_before: Timestamp, now: Timestamp) {
        self.leave_flight(webhook, key);
        if let Some(lane) = self.lanes.get_mut(&webhook) {
            lane.expect_at(not_before);
            if not_before > now {
                lane.closed_until = Some(not_before);
            }
        }
        self.settle(webhook, now);
    }

    /// A request was made and cannot be recorded: it is not made again while this queue lives.
    pub(crate) fn set_aside(&mut self, webhook: WebhookId, key: Key, now: Timestamp) {
        self.leave_flight(webhook, key);
        self.lanes.entry(webhook).or_default().aside.insert(key);
        self.settle(webhook, now);
    }

    /// A delivery was delivered by another request than its scheduled one, which is not needed any more.
    pub(crate) fn drop_scheduled(&mut self, webhook: WebhookId, delivery: DeliveryId, now: Timestamp) {
        let key = (delivery, Trigger::Schedule);
        if let Some(lane) = self.lanes.get_mut(&webhook) {
            self.buffered_bytes -= lane.forget(|waiting| (waiting.delivery_id, waiting.trigger) == key);
            if let Some(refilling) = &mut lane.refilling {
                refilling.ended.insert(key);
            }
        }
        self.settle(webhook, now);
    }

    fn leave_flight(&mut self, webhook: WebhookId, key: Key) {
        let Some(lane) = self.lanes.get_mut(&webhook) else { return };
        if lane.in_flight.remove(&key) {
            self.in_flight -= 1;
        }
        // A refill that began before may still bring it.
        if let Some(refilling) = &mut lane.refilling {
            refilling.ended.insert(key);
        }
    }

    /// Makes lanes that cannot start anything return what they hold to the store.
    fn give_back(&mut self, now: Timestamp) {
        let cap = self.limits.in_flight_per_webhook_max;
        let share = (self.limits.in_flight_max.saturating_sub(self.in_flight) / SHARE_OF_FREE_SLOTS).max(1);
        let stuck: Vec<WebhookId> = self
            .lanes
            .iter()
            .filter(|(_, lane)| !lane.buffered.is_empty() && lane.in_flight.len() >= share.min(cap))
            .map(|(webhook, _)| *webhook)
            .collect();
        for webhook in stuck {
            let Some(lane) = self.lanes.get_mut(&webhook) else { continue };
            let earliest = lane.buffered.iter().map(|due| due.due_at).min();
            self.buffered_bytes -= lane.forget(|_| true);
            if let Some(at) = earliest {
                lane.expect_at(at);
            }
            lane.closed_until = now.checked_add(GIVEN_BACK_FOR).ok();
            self.settle(webhook, now);
        }
    }

    /// Puts a lane where it belongs after it changed: among the turns, the hungry, the later ones, or
    /// nowhere. The only place that does.
    fn settle(&mut self, webhook: WebhookId, now: Timestamp) {
        let cap = self.limits.in_flight_per_webhook_max;
        let Some(lane) = self.lanes.get_mut(&webhook) else { return };
        if !lane.has_turn && !lane.buffered.is_empty() && lane.in_flight.len() < cap {
            lane.has_turn = true;
            self.turns.push_back(webhook);
        } else if lane.has_turn && (lane.buffered.is_empty() || lane.in_flight.len() >= cap) {
            lane.has_turn = false;
            self.turns.retain(|turn| *turn != webhook);
        }

        // A lane at its cap gains nothing from more in memory.
        let has_room = lane.buffered.len() <= LANE_BUFFER_LOW && lane.in_flight.len() < cap;
        let look_at = lane.look_at().filter(|_| has_room && lane.refilling.is_none() && !lane.hungry);
        let later_at = look_at.filter(|at| *at > now);
        if lane.later_at != later_at {
            if let Some(at) = std::mem::replace(&mut lane.later_at, later_at) {
                self.later.remove(&(at, webhook));
            }
            if let Some(at) = later_at {
                self.later.insert((at, webhook));
            }
        }
        if look_at.is_some() && later_at.is_none() {
            lane.hungry = true;
            self.hungry.push_back(webhook);
        }
        if lane.is_idle() {
            self.lanes.remove(&webhook);
        }
    }
}

fn bytes_of(due: &DueAttempt) -> usize {
    due.payload.len() + REQUEST_BYTES
}
