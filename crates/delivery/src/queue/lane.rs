//! What the queue knows of one webhook: a short window of each class of its requests.

use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};

use beckon_domain::delivery::DueAttempt;
use beckon_domain::id::DeliveryId;
use beckon_store::deliveries::Lane as Class;
use jiff::Timestamp;

use super::gate::Settings;
use super::in_flight::{InFlight, is_slow};
use super::turns::{Home, Place};
use super::{Key, bytes_of, key_of};

/// Most requests of each class that a lane keeps in memory beside those in flight.
pub(super) const WINDOW_MAX: usize = 256;
/// Most first attempts that a lane keeps in memory when they come straight from whoever wrote them.
pub(super) const WRITTEN_MAX: usize = 1024;
/// A lane looks for more of a class when it has no more than this.
pub(super) const WINDOW_LOW: usize = 16;
/// Every so many starts, the request that has waited longest goes first, whatever its class: so that first attempts
/// that never end cannot starve retries, nor retries replays. It is also the bound for first attempts: of so many
/// starts of a webhook that has a first attempt in memory, at most one is of a slower class.
pub(super) const OLDEST_EVERY: u32 = 4;
/// Retries and replays leave this part of a webhook's slots to others, so that a first attempt does not wait until
/// one of them has ended.
pub(super) const SLOTS_KEPT_FOR_FIRST: usize = 4;

/// A request to be made.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Start {
    /// The request.
    pub(crate) due: DueAttempt,
    /// The webhook's revision that it was looked up under; with another, it must be looked up again.
    pub(crate) revision: Option<i64>,
}

#[derive(Debug, Default)]
pub(super) struct Lane {
    /// Whose the webhook is, once known.
    pub(super) home: Home,
    /// How the webhook wants to be sent to, once known.
    pub(super) settings: Option<Settings>,
    /// In memory, not started, in the order the store gave, by class.
    windows: BTreeMap<Class, VecDeque<DueAttempt>>,
    /// What is in `windows`, to be looked up.
    waiting: HashSet<Key>,
    /// Classes of which the store had more than it was asked for.
    pub(super) more: BTreeSet<Class>,
    /// Started, not recorded.
    pub(super) in_flight: InFlight,
    /// Made, but not recordable.
    pub(super) aside: BTreeSet<Key>,
    /// When the store has something that is not in memory, as far as the bell and the last look told, beside `more`.
    pub(super) news_at: Option<Timestamp>,
    /// Do not look into the store before.
    pub(super) closed_until: Option<Timestamp>,
    /// What happened while a look into the store is under way.
    pub(super) refilling: Option<Refilling>,
    /// Where it stands among those with something to start.
    pub(super) turn: Option<Place>,
    /// Where it stands among those that look into the store.
    pub(super) hungry: Option<Place>,
    /// Under which time it stands in the queue's `later`.
    pub(super) later_at: Option<Timestamp>,
    /// The largest request seen, in bytes.
    pub(super) largest: usize,
    starts: u32,
}

/// What happened while a look into the store is under way, whose answer may not know of it.
#[derive(Debug, Default)]
pub(super) struct Refilling {
    /// Requests that ended.
    pub(super) ended: BTreeSet<Key>,
    /// Deliveries that were canceled.
    pub(super) canceled: BTreeSet<DeliveryId>,
    /// The earliest time the bell told.
    pub(super) rung_at: Option<Timestamp>,
    /// Whether the order of a FIFO webhook's requests may have changed.
    pub(super) reordered: bool,
    /// How many of each class were asked for.
    pub(super) limit: usize,
}

impl Lane {
    /// An empty lane.
    pub(super) fn of(home: Home) -> Lane {
        Lane { home, ..Lane::default() }
    }

    /// The store has something due at `at`.
    pub(super) fn expect_at(&mut self, at: Timestamp) {
        let slot = match &mut self.refilling {
            Some(refilling) => &mut refilling.rung_at,
            None => &mut self.news_at,
        };
        *slot = Some(slot.map_or(at, |earliest| earliest.min(at)));
    }

    /// When to look into the store: when there is news, if there is room for first attempts; at once for a class of
    /// which there was more, if there is room for that.
    pub(super) fn look_at(&self, now: Timestamp) -> Option<Timestamp> {
        let news = self.news_at.filter(|_| self.has_room(Class::First));
        let more = self.more.iter().any(|class| self.has_room(*class)).then_some(now);
        let at = news.into_iter().chain(more).min()?;
        Some(at.max(self.closed_until.unwrap_or(at)))
    }

    /// How many of each class to ask for: no more than has room, and few if much of it would be thrown away.
    pub(super) fn wanted(&self) -> usize {
        let full = self.more.iter().any(|class| !self.has_room(*class));
        if full { WINDOW_LOW } else { WINDOW_MAX - self.waiting(Class::First).min(WINDOW_LOW) }
    }

    fn has_room(&self, class: Class) -> bool {
        self.waiting(class) <= WINDOW_LOW
    }

    /// How many of a class wait in memory.
    pub(super) fn waiting(&self, class: Class) -> usize {
        self.windows.get(&class).map_or(0, VecDeque::len)
    }

    /// Whether anything waits in memory.
    pub(super) fn holds_any(&self) -> bool {
        !self.windows.is_empty()
    }

    /// What waits in memory.
    pub(super) fn held(&self) -> impl Iterator<Item = &DueAttempt> {
        self.windows.values().flatten()
    }

    /// Whether the webhook keeps to strict order.
    pub(super) fn is_fifo(&self) -> bool {
        self.settings.is_some_and(|settings| settings.fifo)
    }

    /// In which class a request stands.
    pub(super) fn class_of(&self, due: &DueAttempt) -> Class {
        if self.is_fifo() && !due.trigger.is_manual() { Class::First } else { Class::of(due) }
    }

    /// Everything of this webhook that is in memory.
    pub(super) fn known(&self) -> impl Iterator<Item = Key> {
        self.held().map(key_of).chain(self.in_flight.keys()).chain(self.aside.iter().copied())
    }

    pub(super) fn knows(&self, key: Key) -> bool {
        self.in_flight.contains(&key) || self.aside.contains(&key) || self.waiting.contains(&key)
    }

    /// Puts a request behind those of its class, and tells whether there was room.
    pub(super) fn push(&mut self, due: DueAttempt) -> bool {
        let class = self.class_of(&due);
        if self.waiting(class) >= WINDOW_MAX {
            return false;
        }
        self.put(class, due);
        true
    }

    /// Whether a first attempt that was written just now may stand behind what is in memory: only if nothing can be
    /// in the store that is not in memory and would go before it. (What the store has more than memory takes is news,
    /// because it tells when the first of that is due.)
    pub(super) fn takes_written(&self) -> bool {
        !self.is_fifo()
            && self.news_at.is_none()
            && self.refilling.is_none()
            && self.waiting(Class::First) < WRITTEN_MAX
    }

    /// Puts a first attempt that was written just now behind the others.
    pub(super) fn push_written(&mut self, due: DueAttempt) {
        self.put(Class::First, due);
    }

    fn put(&mut self, class: Class, due: DueAttempt) {
        self.largest = self.largest.max(bytes_of(&due));
        self.waiting.insert(key_of(&due));
        self.windows.entry(class).or_default().push_back(due);
    }

    /// Whether [`Lane::take_next`] would give something, with at most `cap` requests in flight.
    pub(super) fn can_start(&self, cap: usize) -> bool {
        self.startable(cap).next().is_some()
    }

    /// Whether somebody's test waits, which passes gates.
    pub(super) fn has_test(&self, cap: usize) -> bool {
        self.startable(cap).any(|class| class == Class::Test)
    }

    /// Moves the request that goes next into flight: by class, and every [`OLDEST_EVERY`] starts the one that waited
    /// longest, so that none waits forever.
    pub(super) fn take_next(&mut self, cap: usize, only_tests: bool) -> Option<Start> {
        let oldest = self.starts.wrapping_add(1).is_multiple_of(OLDEST_EVERY);
        let due_at = |class: &Class| self.windows.get(class).and_then(VecDeque::front).map(|due| due.due_at);
        let place = |class: &Class| if oldest { (due_at(class), *class) } else { (None, *class) };
        let class = self.startable(cap).filter(|class| !only_tests || *class == Class::Test).min_by_key(place)?;
        let window = self.windows.get_mut(&class)?;
        let due = window.pop_front()?;
        if window.is_empty() {
            self.windows.remove(&class);
        }
        self.starts = self.starts.wrapping_add(1);
        self.waiting.remove(&key_of(&due));
        self.in_flight.insert(key_of(&due), class);
        Some(Start { due, revision: self.settings.map(|settings| settings.revision) })
    }

    fn startable(&self, cap: usize) -> impl Iterator<Item = Class> {
        let free = self.in_flight.is_below(cap);
        let slow_may = self.in_flight.slow_on_the_way() < cap - cap / SLOTS_KEPT_FOR_FIRST;
        // In strict order, one at a time; what a person asked for stands beside the order.
        let order_is_free = !self.is_fifo() || !self.in_flight.any_scheduled();
        let may =
            move |class: &Class| free && (slow_may || !is_slow(*class)) && (order_is_free || *class != Class::First);
        self.windows.keys().copied().filter(may)
    }

    /// Drops what waits in memory and `goes`; tells how many bytes that was.
    pub(super) fn forget(&mut self, goes: impl Fn(&DueAttempt) -> bool) -> usize {
        let bytes = self.held().filter(|due| goes(due)).map(bytes_of).sum();
        if bytes == 0 {
            return 0;
        }
        let Lane { windows, waiting, .. } = self;
        for window in windows.values_mut() {
            window.retain(|due| !(goes(due) && waiting.remove(&key_of(due))));
        }
        self.windows.retain(|_, window| !window.is_empty());
        bytes
    }

    /// Drops everything that waits in memory, to be looked up again. Tells how many bytes that was.
    pub(super) fn let_go(&mut self, now: Timestamp) -> usize {
        // A look under way was told to leave out what is forgotten now: in strict order, nothing of it may pass.
        if let Some(refilling) = &mut self.refilling {
            refilling.reordered = true;
        }
        if self.holds_any() || !self.more.is_empty() {
            self.more.clear();
            self.expect_at(now);
        }
        self.forget(|_| true)
    }

    /// The order of a FIFO webhook's requests may have changed: drops what is in memory of it, and looks again. Tells
    /// how many bytes that was.
    pub(super) fn reorder(&mut self, look_at: Timestamp) -> usize {
        if !self.is_fifo() {
            return 0;
        }
        if let Some(refilling) = &mut self.refilling {
            refilling.reordered = true;
        }
        self.more.remove(&Class::First);
        self.expect_at(look_at);
        self.forget(|due| !due.trigger.is_manual())
    }

    /// Whether nothing is known of this webhook that the store would not tell again.
    pub(super) fn is_idle(&self) -> bool {
        self.windows.is_empty()
            && self.more.is_empty()
            && self.in_flight.is_empty()
            && self.aside.is_empty()
            && self.news_at.is_none()
            && self.refilling.is_none()
    }
}
