//! Looks into the store: who looks, for how much, and what becomes of the answer.
//!
//! Promise: what is in memory was read under the revision of the webhook that it says; an answer that is older than
//! something that happened meanwhile does not undo it.

use std::collections::BTreeMap;

use beckon_domain::id::{WebhookId, WorkspaceId};
use beckon_store::deliveries::{DueBatch, Lane as Class};
use jiff::{SignedDuration, Timestamp};

use super::gate::Settings;
use super::lane::{Lane, Refilling, WINDOW_MAX};
use super::{Key, Queue, bytes_of, is_within_share, key_of};

/// Most lanes that look into the store at once.
const REFILLS_MAX: usize = 8;
/// Bytes of waiting requests beyond which no lane looks for more. What is under way then still comes: at most
/// [`REFILLS_MAX`] times [`LOOK_BYTES_MAX`], as far as sizes are known.
pub(super) const HELD_BYTES_MAX: usize = 32 * 1024 * 1024;
/// A look asks for no more than this, in bytes, judged by the largest request seen of that webhook.
pub(super) const LOOK_BYTES_MAX: usize = 4 * 1024 * 1024;
/// How large requests are taken to be before one was seen, in bytes.
const UNSEEN_BYTES: usize = 48 * 1024;
/// A webhook that is paced to few requests at a time looks for so many times as many.
const PACED_TIMES: usize = 4;
/// How long a lane that had to give back what it held, and waits for more than a slot, waits before it asks again.
const GIVEN_BACK_FOR: SignedDuration = SignedDuration::from_secs(1);
/// While a class has more than memory takes, the store does not tell when the next of another class is due: then it is
/// asked this often.
const LOOK_AGAIN: SignedDuration = SignedDuration::from_secs(1);

/// A look into the store.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refill {
    /// For which webhook.
    pub(crate) webhook_id: WebhookId,
    /// Whose it is, if that is known.
    pub(crate) home: Option<WorkspaceId>,
    /// What is in memory already.
    pub(crate) skip: Vec<Key>,
    /// Most requests wanted of each class.
    pub(crate) limit: u32,
}

/// What a look into the store found.
#[derive(Debug, Default)]
pub(crate) struct Look {
    /// How the webhook was set up right before; `None` if it is deleted, or nothing was found.
    pub(crate) settings: Option<Settings>,
    /// What is due.
    pub(crate) batch: DueBatch,
}

impl Queue {
    /// The next look into the store, if one is wanted and few enough are under way. Must be answered by
    /// [`Queue::refilled`] or [`Queue::refill_failed`].
    pub(crate) fn next_refill(&mut self, now: Timestamp) -> Option<Refill> {
        if self.refills >= REFILLS_MAX || self.hungry.is_empty() {
            return None;
        }
        let webhook_id = if self.held_bytes < HELD_BYTES_MAX {
            self.hungry.next(|_| true, |_| true)?
        } else {
            self.next_in_want(now)?
        };
        let cap = self.cap(webhook_id, now);
        let lane = self.lanes.get_mut(&webhook_id)?;
        lane.hungry = None;
        lane.news_at = None;
        let size = if lane.largest == 0 { UNSEEN_BYTES } else { lane.largest };
        let by_size = LOOK_BYTES_MAX / Class::ALL.len() / size;
        let limit = lane.wanted().min(by_size).min(cap.saturating_mul(PACED_TIMES).min(WINDOW_MAX)).max(1);
        lane.refilling = Some(Refilling { limit, ..Refilling::default() });
        self.refills += 1;
        let (home, skip) = (lane.home, lane.known().collect());
        self.settle(webhook_id, now);
        Some(Refill { webhook_id, home, skip, limit: limit as u32 })
    }

    /// What the store answered to a refill.
    pub(crate) fn refilled(&mut self, webhook: WebhookId, look: Look, now: Timestamp) {
        let Some(lane) = self.lanes.get_mut(&webhook) else { return };
        let Some(refilling) = lane.refilling.take() else { return };
        self.refills -= 1;
        let known = lane.settings.map(|settings| settings.revision);
        let Look { settings, batch } = look;
        if let Some(first) = batch.due.first() {
            self.learn_home(webhook, first.workspace_id);
        }
        let outdated = settings.is_some_and(|read| known.is_some_and(|known| read.revision < known));
        if outdated || settings.is_some_and(|settings| self.adopt(webhook, settings, now)) {
            // It was asked for under other settings than those that hold now.
            self.look_again(webhook, refilling.rung_at, now);
            return;
        }
        self.take_in(webhook, batch, refilling, now);
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

    fn take_in(&mut self, webhook: WebhookId, batch: DueBatch, refilling: Refilling, now: Timestamp) {
        let Some(lane) = self.lanes.get_mut(&webhook) else { return };
        let fifo = lane.is_fifo();
        let mut order_broken = fifo && refilling.reordered;
        let mut found = BTreeMap::<Class, usize>::new();
        lane.more.clear();
        for due in batch.due {
            let class = lane.class_of(&due);
            *found.entry(class).or_default() += 1;
            if refilling.canceled.contains(&due.delivery_id) {
                // Gone, unless it is a resend that somebody asked for after the cancellation.
                lane.expect_at(due.due_at.min(now));
                continue;
            }
            if refilling.ended.contains(&key_of(&due)) || lane.knows(key_of(&due)) {
                continue;
            }
            // In strict order, nothing passes one that may yet have to be made.
            order_broken |= self.canceling.holds(&due) && fifo;
            if self.canceling.is_held(&due) || (order_broken && !due.trigger.is_manual()) {
                continue;
            }
            let bytes = bytes_of(&due);
            if lane.push(due) {
                self.held_bytes += bytes;
            } else {
                lane.more.insert(class);
            }
        }
        for (class, count) in found {
            if count >= refilling.limit {
                lane.more.insert(class);
            }
        }
        if order_broken {
            lane.more.remove(&Class::First);
        }
        if fifo && refilling.reordered {
            lane.expect_at(now);
        }
        for at in [batch.next_due_at, refilling.rung_at].into_iter().flatten() {
            if at > now || lane.more.is_empty() || refilling.rung_at == Some(at) {
                lane.expect_at(at);
            } else {
                let again = now.checked_add(LOOK_AGAIN).unwrap_or(now);
                let opens_at =
                    self.gates.get(&webhook).and_then(|gate| gate.opens_at(lane.in_flight.on_the_way(), now));
                lane.expect_at(opens_at.map_or(again, |opens_at| opens_at.max(again)));
            }
        }
    }

    fn look_again(&mut self, webhook: WebhookId, rung_at: Option<Timestamp>, now: Timestamp) {
        if let Some(lane) = self.lanes.get_mut(&webhook) {
            lane.expect_at(rung_at.map_or(now, |at| at.min(now)));
        }
        self.settle(webhook, now);
    }

    /// While memory is full: the next lane that has nothing, and could start something, once others have given back
    /// enough. All others can wait: what is in memory is started as slots come free, and then there is room.
    fn next_in_want(&mut self, now: Timestamp) -> Option<WebhookId> {
        let free = self.free_slots();
        self.hungry.find(|_| true, |webhook| is_in_want(&self.slots, self.lanes.get(&webhook), free))?;
        self.give_back(now);
        if self.held_bytes >= HELD_BYTES_MAX {
            return None; // What is in memory can be started at once.
        }
        let Queue { hungry, lanes, slots, .. } = self;
        hungry.next(|_| true, |webhook| is_in_want(slots, lanes.get(&webhook), free))
    }

    /// Makes lanes that cannot start anything now return what they hold to the store, until there is room: first those
    /// that could not even if there were slots, which then wait until they ask again.
    fn give_back(&mut self, now: Timestamp) {
        let free = self.free_slots();
        let stuck = |lane: &Lane| lane.turn.is_none() || !is_within_share(&self.slots, lane, free);
        let stuck = self.lanes.iter().filter(|(_, lane)| lane.holds_any() && stuck(lane));
        let mut stuck: Vec<(bool, WebhookId)> = stuck.map(|(id, lane)| (lane.turn.is_some(), *id)).collect();
        stuck.sort_unstable();
        for (waits_for_a_slot, webhook) in stuck {
            if self.held_bytes < HELD_BYTES_MAX {
                return;
            }
            let Some(lane) = self.lanes.get_mut(&webhook) else { continue };
            self.held_bytes -= lane.let_go(now);
            if !waits_for_a_slot {
                lane.closed_until = now.checked_add(GIVEN_BACK_FOR).ok();
            }
            self.settle(webhook, now);
        }
    }
}

/// Whether a lane has nothing to start, and could.
fn is_in_want(slots: &BTreeMap<WorkspaceId, usize>, lane: Option<&Lane>, free: usize) -> bool {
    lane.is_some_and(|lane| !lane.holds_any() && is_within_share(slots, lane, free))
}
