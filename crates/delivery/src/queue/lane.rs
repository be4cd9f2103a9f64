//! What the queue knows of one webhook.

use std::collections::{HashSet, VecDeque};

use beckon_domain::delivery::{DueAttempt, Trigger};
use beckon_domain::id::DeliveryId;
use jiff::Timestamp;

use super::{Key, bytes_of};

/// Every so many starts, the request that has waited longest goes first, whatever its kind.
const OLDEST_EVERY: u32 = 4;

#[derive(Debug, Default)]
pub(super) struct Lane {
    /// In memory, not started, in the order the store gave.
    pub(super) buffered: VecDeque<DueAttempt>,
    /// Started, not recorded.
    pub(super) in_flight: HashSet<Key>,
    /// Made, but not recordable.
    pub(super) aside: HashSet<Key>,
    /// When the store has the first request that is not in memory; `None` if it has none.
    pub(super) store_due_at: Option<Timestamp>,
    /// Do not look into the store before.
    pub(super) closed_until: Option<Timestamp>,
    /// What happened while a look into the store is under way.
    pub(super) refilling: Option<Refilling>,
    /// Whether it stands in the queue's `turns`.
    pub(super) has_turn: bool,
    /// Whether it stands in the queue's `hungry`.
    pub(super) hungry: bool,
    /// Under which time it stands in the queue's `later`.
    pub(super) later_at: Option<Timestamp>,
    starts: u32,
}

/// What happened while a look into the store is under way, whose answer may not know of it.
#[derive(Debug, Default)]
pub(super) struct Refilling {
    /// Requests that ended.
    pub(super) ended: HashSet<Key>,
    /// Deliveries that were canceled.
    pub(super) canceled: HashSet<DeliveryId>,
    /// The earliest time the bell told.
    pub(super) rung_at: Option<Timestamp>,
}

impl Lane {
    /// The store has something due at `at`.
    pub(super) fn expect_at(&mut self, at: Timestamp) {
        let slot = match &mut self.refilling {
            Some(refilling) => &mut refilling.rung_at,
            None => &mut self.store_due_at,
        };
        *slot = Some(slot.map_or(at, |earliest| earliest.min(at)));
    }

    /// When to look into the store.
    pub(super) fn look_at(&self) -> Option<Timestamp> {
        self.store_due_at.map(|at| at.max(self.closed_until.unwrap_or(at)))
    }

    /// Everything of this webhook that is in memory.
    pub(super) fn known(&self) -> impl Iterator<Item = Key> {
        let buffered = self.buffered.iter().map(|due| (due.delivery_id, due.trigger));
        buffered.chain(self.in_flight.iter().copied()).chain(self.aside.iter().copied())
    }

    pub(super) fn knows(&self, key: Key) -> bool {
        self.known().any(|known| known == key)
    }

    /// Moves the request that goes next from the buffer into flight: first attempts before retries before
    /// resends, and every [`OLDEST_EVERY`] starts the one that waited longest, so that none waits forever.
    pub(super) fn take_next(&mut self) -> Option<DueAttempt> {
        self.starts = self.starts.wrapping_add(1);
        let oldest = self.starts.is_multiple_of(OLDEST_EVERY);
        let place = |due: &DueAttempt| (if oldest { 0 } else { class(due) }, due.due_at);
        let (at, _) = self.buffered.iter().enumerate().min_by_key(|(_, due)| place(due))?;
        let due = self.buffered.remove(at)?;
        self.in_flight.insert((due.delivery_id, due.trigger));
        Some(due)
    }

    /// Drops what waits in memory and `goes`; tells how many bytes that was.
    pub(super) fn forget(&mut self, goes: impl Fn(&DueAttempt) -> bool) -> usize {
        let bytes = self.buffered.iter().filter(|due| goes(due)).map(bytes_of).sum();
        self.buffered.retain(|due| !goes(due));
        bytes
    }

    /// Whether nothing is known of this webhook that the store would not tell again.
    pub(super) fn is_idle(&self) -> bool {
        self.buffered.is_empty()
            && self.in_flight.is_empty()
            && self.aside.is_empty()
            && self.store_due_at.is_none()
            && self.refilling.is_none()
    }
}

fn class(due: &DueAttempt) -> u8 {
    match due.trigger {
        Trigger::Test => 0,
        Trigger::Schedule if due.scheduled_attempts == 0 => 1,
        Trigger::Schedule => 2,
        Trigger::Resend => 3,
    }
}
