//! What is due, in memory: a short lane per webhook in front of the store's queue.
//!
//! Pure and synchronous: time is an argument, and looking into the store is asked for
//! ([`Queue::next_refill`]) and answered ([`Queue::refilled`]) from outside.
//! Promises: workspaces take turns, then the webhooks of one, so that a long backlog or a thousand webhooks do not
//! hold up a single delivery of somebody else; a webhook has at most its cap on the way, and less the fewer slots are
//! free, and so has a workspace, so that those that hang leave room for the others; within a webhook first attempts
//! go before retries before replays, and none waits forever ([`lane::OLDEST_EVERY`]); a webhook that is paused, held
//! or at its rate waits without using up anything; no request is handed out twice before it has ended; memory is
//! bounded whatever the backlog.
//! Not here: what came of requests, and what follows (`decide.rs`).

mod cancel;
mod gate;
mod in_flight;
mod lane;
mod refill;
#[cfg(test)]
mod tests;
mod turns;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use beckon_domain::delivery::{DueAttempt, Trigger};
use beckon_domain::health::Health;
use beckon_domain::id::{DeliveryId, WebhookId, WorkspaceId};
use jiff::{SignedDuration, Timestamp};

use cancel::Canceling;
use gate::Gate;
use lane::Lane;
use turns::Turns;

pub(crate) use gate::Settings;
pub(crate) use lane::Start;
pub(crate) use refill::{Look, Refill};

/// What tells a request from every other: a delivery's next scheduled one, and each manual one beside it.
pub(crate) type Key = (DeliveryId, Trigger);

/// What a waiting request costs beside its payload, in bytes, roughly.
const REQUEST_BYTES: usize = 512;
/// A workspace may hold this many times the slots that are free: one alone gets all but an eighth of them.
const TIMES_FREE_SLOTS: usize = 7;
/// A webhook may hold this part of the slots that its workspace can still get.
const SHARE_OF_SLOTS_LEFT: usize = 4;
/// Most requests whose record is being written. Beyond that, nothing is started.
const UNRECORDED_MAX: usize = 1024;
/// Longest that a lane stays closed for reasons of our own, once the clock was set back.
const CLOSED_MAX: SignedDuration = SignedDuration::from_secs(3);
/// Of so many webhooks it is remembered whose they are. It is looked up again for others.
const HOMES_MAX: usize = 65_536;

/// How much may be on the way to receivers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Over all webhooks.
    pub(crate) in_flight_max: usize,
    /// To one webhook.
    pub(crate) in_flight_per_webhook_max: usize,
}

/// See the module's own words.
#[derive(Debug)]
pub(crate) struct Queue {
    limits: Limits,
    lanes: BTreeMap<WebhookId, Lane>,
    gates: BTreeMap<WebhookId, Gate>,
    /// Whose webhooks are, as far as it was told. Only looked up, never gone through.
    homes: HashMap<WebhookId, WorkspaceId>,
    /// Lanes with something to start.
    turns: Turns,
    /// Lanes that look into the store.
    hungry: Turns,
    /// When a lane has something to do: to look into the store, or to go on after a wait.
    later: BTreeSet<(Timestamp, WebhookId)>,
    refills: usize,
    in_flight: usize,
    /// Of those, what no receiver has answered: each has a slot.
    on_the_way: usize,
    /// The same by workspace.
    slots: BTreeMap<WorkspaceId, usize>,
    held_bytes: usize,
    canceling: Canceling,
}

impl Queue {
    /// An empty queue.
    pub(crate) fn new(limits: Limits) -> Queue {
        Queue {
            limits,
            lanes: BTreeMap::new(),
            gates: BTreeMap::new(),
            homes: HashMap::new(),
            turns: Turns::default(),
            hungry: Turns::default(),
            later: BTreeSet::new(),
            refills: 0,
            in_flight: 0,
            on_the_way: 0,
            slots: BTreeMap::new(),
            held_bytes: 0,
            canceling: Canceling::default(),
        }
    }

    /// Requests handed out that have not ended.
    pub(crate) fn in_flight(&self) -> usize {
        self.in_flight
    }

    /// Whether something could be started, or looked up, and waits only for its turn.
    pub(crate) fn could_go_on(&self) -> bool {
        !self.turns.is_empty() || !self.hungry.is_empty() || self.refills > 0
    }

    /// The store has, or will have, something due for `webhook` at `at`.
    pub(crate) fn ring(&mut self, webhook: WebhookId, at: Timestamp, now: Timestamp) {
        self.lane(webhook).expect_at(at);
        self.settle(webhook, now);
    }

    /// First attempts of a webhook were written just now, when it had these `settings`: takes in each, unless its turn
    /// in the store has to be found out.
    pub(crate) fn take_written(
        &mut self,
        webhook: WebhookId,
        settings: Settings,
        written: impl IntoIterator<Item = DueAttempt>,
        now: Timestamp,
    ) {
        self.lane(webhook);
        self.adopt(webhook, settings, now);
        for due in written {
            if self.homes.get(&webhook) != Some(&due.workspace_id) {
                self.learn_home(webhook, due.workspace_id);
            }
            let held = self.canceling.holds(&due);
            let full = self.held_bytes >= refill::HELD_BYTES_MAX;
            let Some(lane) = self.lanes.get_mut(&webhook) else { continue };
            if held || lane.knows(key_of(&due)) {
                continue;
            }
            let knows_better = lane.settings.is_some_and(|known| known.revision > settings.revision);
            if full || knows_better || !lane.takes_written() {
                lane.expect_at(due.due_at.min(now));
            } else {
                self.held_bytes += bytes_of(&due);
                lane.push_written(due);
            }
        }
        self.settle(webhook, now);
    }

    /// A webhook belongs to that workspace.
    pub(crate) fn learn_home(&mut self, webhook: WebhookId, home: WorkspaceId) {
        if self.homes.len() >= HOMES_MAX && !self.homes.contains_key(&webhook) {
            self.homes.clear();
        }
        self.homes.insert(webhook, home);
        if let Some(lane) = self.lanes.get_mut(&webhook) {
            lane.home = Some(home);
        }
    }

    /// When [`Queue::wake`] has something to do.
    pub(crate) fn next_wake(&self) -> Option<Timestamp> {
        self.later.first().map(|(at, _)| *at)
    }

    /// Lets lanes whose time has come go on.
    pub(crate) fn wake(&mut self, now: Timestamp) {
        while self.later.first().is_some_and(|(at, _)| *at <= now) {
            let Some((_, webhook)) = self.later.pop_first() else { return };
            if let Some(lane) = self.lanes.get_mut(&webhook) {
                lane.later_at = None;
            }
            self.settle(webhook, now);
        }
    }

    /// Hands out the next request whose turn it is. Must be answered by [`Queue::ended`], [`Queue::put_back`],
    /// [`Queue::changed`] or [`Queue::set_aside`].
    pub(crate) fn next_start(&mut self, now: Timestamp) -> Option<Start> {
        let free = self.free_slots();
        if free == 0 {
            return None;
        }
        loop {
            let Queue { turns, lanes, slots, .. } = self;
            let may = |home| slots_left(slots, home, free) > 0;
            let goes = |webhook| lanes.get(&webhook).is_some_and(|lane| is_within_share(slots, lane, free));
            let webhook = turns.next(may, goes)?;
            let cap = self.cap(webhook, now);
            let lane = self.lanes.get_mut(&webhook)?;
            lane.turn = None;
            let gate = self.gates.get_mut(&webhook);
            let closed = gate.as_ref().is_some_and(|gate| gate.opens_at(lane.in_flight.on_the_way(), now).is_some());
            let start = lane.take_next(cap, closed);
            if let Some(start) = &start {
                if let Some(gate) = gate {
                    gate.count(now);
                }
                lane.home = Some(start.due.workspace_id);
                self.held_bytes -= bytes_of(&start.due);
                self.in_flight += 1;
                self.on_the_way += 1;
                *self.slots.entry(start.due.workspace_id).or_default() += 1;
            }
            self.settle(webhook, now);
            if start.is_some() {
                return start;
            }
        }
    }

    /// Hands out a request that somebody waits for, whatever the caps and the gate say; `None` if it is in flight.
    pub(crate) fn start_urgent(
        &mut self,
        due: DueAttempt,
        settings: Option<Settings>,
        now: Timestamp,
    ) -> Option<Start> {
        let webhook = due.webhook_id;
        let key = key_of(&due);
        self.learn_home(webhook, due.workspace_id);
        let held = self.canceling.holds(&due);
        self.lane(webhook).home = Some(due.workspace_id);
        if let Some(settings) = settings {
            self.adopt(webhook, settings, now);
        }
        let lane = self.lane(webhook);
        if held || lane.in_flight.contains(&key) || lane.aside.contains(&key) {
            self.settle(webhook, now);
            return None;
        }
        let forgotten = lane.forget(|waiting| key_of(waiting) == key);
        let class = lane.class_of(&due);
        lane.in_flight.insert(key, class);
        self.held_bytes -= forgotten;
        self.in_flight += 1;
        self.on_the_way += 1;
        *self.slots.entry(due.workspace_id).or_default() += 1;
        if let Some(gate) = self.gates.get_mut(&webhook) {
            gate.count(now);
        }
        self.settle(webhook, now);
        Some(Start { due, revision: None })
    }

    /// A request was made, and what came of it was judged; it ends when that is recorded.
    pub(crate) fn landed(&mut self, webhook: WebhookId, key: Key, now: Timestamp) {
        self.free_slot(webhook, key);
        self.settle(webhook, now);
    }

    /// A request was made and recorded.
    pub(crate) fn ended(&mut self, webhook: WebhookId, key: Key, now: Timestamp) {
        self.leave_flight(webhook, key);
        self.settle(webhook, now);
    }

    /// A request that ended will be made again at `at`. In strict order, what stands behind it has to wait until then.
    pub(crate) fn again_at(&mut self, webhook: WebhookId, at: Timestamp, now: Timestamp) {
        self.reorder(webhook, at);
        self.ring(webhook, at, now);
    }

    /// A request was not made. If it is still in the store, it comes again; not before `not_before`.
    pub(crate) fn put_back(&mut self, webhook: WebhookId, key: Key, not_before: Timestamp, now: Timestamp) {
        self.leave_flight(webhook, key);
        self.reorder(webhook, not_before);
        if let Some(lane) = self.lanes.get_mut(&webhook) {
            lane.expect_at(not_before);
            if not_before > now {
                lane.closed_until = Some(not_before);
            }
        }
        self.settle(webhook, now);
    }

    /// A request was not made, because the webhook is not as it was when the request was looked up: what is in memory
    /// of it is looked up again.
    pub(crate) fn changed(&mut self, webhook: WebhookId, key: Key, settings: Settings, now: Timestamp) {
        self.leave_flight(webhook, key);
        self.adopt(webhook, settings, now);
        // A look that knew the change already left this one out, because it was in flight.
        self.reorder(webhook, now);
        if let Some(lane) = self.lanes.get_mut(&webhook) {
            lane.expect_at(now);
        }
        self.settle(webhook, now);
    }

    /// A request was made and cannot be recorded: it is not made again while this queue lives.
    pub(crate) fn set_aside(&mut self, webhook: WebhookId, key: Key, now: Timestamp) {
        self.leave_flight(webhook, key);
        self.lane(webhook).aside.insert(key);
        self.settle(webhook, now);
    }

    /// A delivery was delivered by another request than its scheduled one, which is not needed any more.
    pub(crate) fn drop_scheduled(&mut self, webhook: WebhookId, delivery: DeliveryId, now: Timestamp) {
        if let Some(lane) = self.lanes.get_mut(&webhook) {
            self.held_bytes -= lane.forget(|waiting| waiting.delivery_id == delivery && !waiting.trigger.is_manual());
            if let Some(refilling) = &mut lane.refilling {
                refilling.ended.extend([(delivery, Trigger::Schedule), (delivery, Trigger::Replay)]);
            }
        }
        self.settle(webhook, now);
    }

    /// How a webhook's receiver has been doing.
    pub(crate) fn health(&self, webhook: WebhookId) -> Health {
        self.gates.get(&webhook).map(|gate| gate.health.clone()).unwrap_or_default()
    }

    /// Every webhook that is not well, with whose it is and its revision when that was noted.
    pub(crate) fn unwell(&self) -> impl Iterator<Item = (WebhookId, WorkspaceId, Option<i64>)> {
        let unwell = self.gates.iter().filter(|(_, gate)| !gate.health.is_well());
        unwell.filter_map(|(webhook, gate)| Some((*webhook, gate.home?, gate.noted_at)))
    }

    /// A webhook's receiver is doing differently now, as noted when the webhook had that `revision`.
    pub(crate) fn set_health(
        &mut self,
        webhook: WebhookId,
        home: WorkspaceId,
        revision: Option<i64>,
        health: Health,
        now: Timestamp,
    ) {
        self.learn_home(webhook, home);
        let gate = self.gates.entry(webhook).or_default();
        (gate.health, gate.home, gate.noted_at) = (health, Some(home), revision);
        gate.rebase(now);
        self.settle(webhook, now);
        self.tidy_gate(webhook, now);
    }

    /// A webhook begins anew. Tells whether it was not well.
    pub(crate) fn forget_health(&mut self, webhook: WebhookId, now: Timestamp) -> bool {
        let Some(gate) = self.gates.get_mut(&webhook).filter(|gate| !gate.health.is_well()) else { return false };
        (gate.health, gate.noted_at) = (Health::default(), None);
        self.settle(webhook, now);
        self.tidy_gate(webhook, now);
        true
    }

    /// Ends the pause of a webhook: somebody wants to know now.
    pub(crate) fn probe_now(&mut self, webhook: WebhookId, now: Timestamp) {
        if let Some(gate) = self.gates.get_mut(&webhook) {
            gate.health.probe_now(now);
        }
        self.settle(webhook, now);
    }

    /// A webhook was seen with these settings, and is still doing as it was: what was looked up under older ones is
    /// looked up again.
    pub(crate) fn learn_settings(&mut self, webhook: WebhookId, settings: Settings, now: Timestamp) {
        self.adopt(webhook, settings, now);
        if let Some(gate) = self.gates.get_mut(&webhook) {
            gate.noted_at = Some(settings.revision);
            gate.set_limit(settings.rate_limit);
        }
        self.settle(webhook, now);
    }

    /// The clock was set back: no wait that was counted from the time before holds any more.
    pub(crate) fn clock_was_set_back(&mut self, now: Timestamp) {
        let latest = now.checked_add(CLOSED_MAX).unwrap_or(now);
        for lane in self.lanes.values_mut() {
            lane.closed_until = lane.closed_until.map(|at| at.min(latest));
            lane.expect_at(now);
        }
        self.gates.values_mut().for_each(|gate| gate.clock_was_set_back(now));
        self.settle_all(now);
    }

    /// Puts every lane where it belongs at this moment, and forgets gates that nobody needs.
    pub(crate) fn settle_all(&mut self, now: Timestamp) {
        let webhooks: Vec<WebhookId> = self.lanes.keys().copied().collect();
        for webhook in webhooks {
            self.settle(webhook, now);
        }
        let lanes = &self.lanes;
        self.gates.retain(|webhook, gate| lanes.contains_key(webhook) || !gate.is_rested(now));
    }

    fn lane(&mut self, webhook: WebhookId) -> &mut Lane {
        let home = self.homes.get(&webhook).copied();
        self.lanes.entry(webhook).or_insert_with(|| Lane::of(home))
    }

    fn free_slots(&self) -> usize {
        // What cannot be recorded in time holds up what would have to be recorded too.
        if self.in_flight - self.on_the_way >= UNRECORDED_MAX {
            return 0;
        }
        self.limits.in_flight_max.saturating_sub(self.on_the_way)
    }

    /// The receiver has room again.
    fn free_slot(&mut self, webhook: WebhookId, key: Key) {
        let Some(lane) = self.lanes.get_mut(&webhook) else { return };
        if !lane.in_flight.land(&key) {
            return;
        }
        self.on_the_way -= 1;
        if let Some(home) = lane.home
            && let Some(used) = self.slots.get_mut(&home)
        {
            *used -= 1;
            if *used == 0 {
                self.slots.remove(&home);
            }
        }
    }

    /// Most requests to a webhook on the way now.
    fn cap(&self, webhook: WebhookId, now: Timestamp) -> usize {
        let paced = self.gates.get(&webhook).and_then(|gate| gate.in_flight_max(now));
        let cap = self.limits.in_flight_per_webhook_max;
        paced.map_or(cap, |paced| paced.min(cap))
    }

    /// Takes what a webhook was seen with, if it is newer than what is known; then what is in memory is dropped and
    /// looked up again. Gives whether that was so.
    fn adopt(&mut self, webhook: WebhookId, settings: Settings, now: Timestamp) -> bool {
        let Some(lane) = self.lanes.get_mut(&webhook) else { return false };
        if lane.settings.is_some_and(|known| known.revision >= settings.revision) {
            return false;
        }
        let changed = lane.settings.replace(settings).is_some() || lane.holds_any();
        let gate = self.gates.entry(webhook).or_default();
        gate.set_limit(settings.rate_limit);
        if changed {
            self.held_bytes -= lane.let_go(now);
        }
        changed
    }

    fn reorder(&mut self, webhook: WebhookId, look_at: Timestamp) {
        if let Some(lane) = self.lanes.get_mut(&webhook) {
            self.held_bytes -= lane.reorder(look_at);
        }
    }

    fn leave_flight(&mut self, webhook: WebhookId, key: Key) {
        self.free_slot(webhook, key);
        let Some(lane) = self.lanes.get_mut(&webhook) else { return };
        self.in_flight -= usize::from(lane.in_flight.remove(&key));
        // A refill that began before may still bring it.
        if let Some(refilling) = &mut lane.refilling {
            refilling.ended.insert(key);
        }
    }

    fn tidy_gate(&mut self, webhook: WebhookId, now: Timestamp) {
        if !self.lanes.contains_key(&webhook) && self.gates.get(&webhook).is_some_and(|gate| gate.is_rested(now)) {
            self.gates.remove(&webhook);
        }
    }

    /// Puts a lane where it belongs after it changed: among the turns, the hungry, the later ones, or
    /// nowhere. The only place that does.
    fn settle(&mut self, webhook: WebhookId, now: Timestamp) {
        let cap = self.cap(webhook, now);
        let Some(lane) = self.lanes.get_mut(&webhook) else { return };
        let gate = self.gates.get(&webhook);
        let opens_at = gate.and_then(|gate| gate.opens_at(lane.in_flight.on_the_way(), now));

        let goes = if opens_at.is_none() { lane.can_start(cap) } else { lane.has_test(cap) };
        match lane.turn {
            None if goes => lane.turn = Some(self.turns.push(lane.home, webhook)),
            Some(place) if !goes => {
                self.turns.remove(place);
                lane.turn = None;
            }
            _ => {}
        }

        // A lane at its cap gains nothing from more in memory, nor does one that is paused.
        let looks = lane.in_flight.is_below(cap) && lane.refilling.is_none();
        let paused_until = gate.and_then(|gate| gate.paused_until(now));
        let look_at = lane.look_at(now).filter(|_| looks).map(|at| paused_until.map_or(at, |until| at.max(until)));
        match lane.hungry {
            None if look_at.is_some_and(|at| at <= now) => lane.hungry = Some(self.hungry.push(lane.home, webhook)),
            Some(place) if look_at.is_none_or(|at| at > now) => {
                self.hungry.remove(place);
                lane.hungry = None;
            }
            _ => {}
        }

        let goes_on_at = opens_at.filter(|_| lane.holds_any());
        let later_at = look_at.into_iter().chain(goes_on_at).filter(|at| *at > now).min();
        if lane.later_at != later_at {
            if let Some(at) = std::mem::replace(&mut lane.later_at, later_at) {
                self.later.remove(&(at, webhook));
            }
            if let Some(at) = later_at {
                self.later.insert((at, webhook));
            }
        }
        if lane.is_idle() {
            self.lanes.remove(&webhook);
            self.tidy_gate(webhook, now);
        }
    }
}

/// How many slots a workspace can still get while so many are free, if nobody else takes any.
fn slots_left(slots: &BTreeMap<WorkspaceId, usize>, home: turns::Home, free: usize) -> usize {
    let used = home.and_then(|home| slots.get(&home).copied()).unwrap_or(0);
    // Each that it takes is one fewer that is free.
    free.saturating_mul(TIMES_FREE_SLOTS).saturating_sub(used).div_ceil(TIMES_FREE_SLOTS + 1)
}

/// Whether a webhook may have one more request on the way while so many slots are free.
fn is_within_share(slots: &BTreeMap<WorkspaceId, usize>, lane: &Lane, free: usize) -> bool {
    let left = slots_left(slots, lane.home, free);
    left > 0 && lane.in_flight.on_the_way() < (left / SHARE_OF_SLOTS_LEFT).max(1)
}

fn bytes_of(due: &DueAttempt) -> usize {
    due.payload.len() + REQUEST_BYTES
}

fn key_of(due: &DueAttempt) -> Key {
    (due.delivery_id, due.trigger)
}
