//! What the queue promises, with time as an argument and rows in place of a store.

mod gates;
mod order;
mod turns;
mod written;

use super::*;
use beckon_domain::rate::{Period, RateLimit};
use beckon_store::deliveries::{DueBatch, Lane as Class};
use beckon_testkit::builders::a_due_attempt;
use bytes::Bytes;
use refill::{HELD_BYTES_MAX, LOOK_BYTES_MAX};
use uuid::Uuid;

const NOW: Timestamp = Timestamp::UNIX_EPOCH;
const LIMITS: Limits = Limits { in_flight_max: 64, in_flight_per_webhook_max: 8 };
const PLAIN: Settings = Settings { revision: 1, fifo: false, rate_limit: None };

fn webhook(n: u128) -> WebhookId {
    WebhookId::from(Uuid::from_u128(n))
}

/// A thousand webhooks belong to each workspace.
fn home_of(webhook_n: u128) -> WorkspaceId {
    WorkspaceId::from(Uuid::from_u128(webhook_n / 1_000))
}

fn due(webhook_n: u128, n: u128) -> DueAttempt {
    DueAttempt {
        delivery_id: DeliveryId::from(Uuid::from_u128(webhook_n * 1_000_000 + n)),
        workspace_id: home_of(webhook_n),
        webhook_id: webhook(webhook_n),
        due_at: NOW,
        ..a_due_attempt()
    }
}

fn retry(webhook_n: u128, n: u128) -> DueAttempt {
    DueAttempt { scheduled_attempts: 1, ..due(webhook_n, n) }
}

fn replay(webhook_n: u128, n: u128) -> DueAttempt {
    DueAttempt { trigger: Trigger::Replay, ..due(webhook_n, n) }
}

fn resend(webhook_n: u128, n: u128) -> DueAttempt {
    DueAttempt { trigger: Trigger::Resend, ..due(webhook_n, n) }
}

fn key(due: &DueAttempt) -> Key {
    key_of(due)
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap()
}

fn found(due: Vec<DueAttempt>) -> Look {
    Look { settings: Some(PLAIN), batch: DueBatch { due, next_due_at: None } }
}

/// The store's queue as these tests need it: everything is due.
#[derive(Default)]
struct Rows {
    rows: HashMap<WebhookId, Vec<DueAttempt>>,
    settings: HashMap<WebhookId, Settings>,
    /// Of a FIFO webhook: until when its first request is held.
    held_until: HashMap<WebhookId, Timestamp>,
    looks: usize,
}

impl Rows {
    fn with(webhooks: impl IntoIterator<Item = (u128, u128)>) -> Rows {
        let rows = |(webhook_n, count)| (webhook(webhook_n), (0..count).map(|n| due(webhook_n, n)).collect());
        Rows { rows: webhooks.into_iter().map(rows).collect(), ..Rows::default() }
    }

    fn of(webhook_n: u128, rows: Vec<DueAttempt>) -> Rows {
        Rows { rows: HashMap::from([(webhook(webhook_n), rows)]), ..Rows::default() }
    }

    fn set_up(mut self, webhook_n: u128, settings: Settings) -> Rows {
        self.settings.insert(webhook(webhook_n), settings);
        self
    }

    fn add(&mut self, due: DueAttempt) {
        self.rows.entry(due.webhook_id).or_default().push(due);
    }

    fn answer(&self, refill: &Refill, now: Timestamp) -> Look {
        let settings = self.settings.get(&refill.webhook_id).copied().unwrap_or(PLAIN);
        let rows = self.rows.get(&refill.webhook_id).cloned().unwrap_or_default();
        let class =
            |due: &DueAttempt| if settings.fifo && !due.trigger.is_manual() { Class::First } else { Class::of(due) };
        let held_until = self.held_until.get(&refill.webhook_id).copied().filter(|at| *at > now);
        let mut batch = DueBatch { next_due_at: held_until, ..DueBatch::default() };
        for lane in Class::ALL {
            if lane == Class::First && held_until.is_some() {
                continue;
            }
            let of_lane = rows.iter().filter(|due| class(due) == lane && !refill.skip.contains(&key(due)));
            let mut of_lane: Vec<DueAttempt> = of_lane.cloned().collect();
            let more = of_lane.split_off(of_lane.len().min(refill.limit as usize));
            batch.due.extend(of_lane);
            batch.next_due_at = batch.next_due_at.or(more.first().map(|due| due.due_at));
        }
        Look { settings: Some(settings), batch }
    }

    fn refill(&mut self, queue: &mut Queue) {
        self.refill_at(queue, NOW);
    }

    fn refill_at(&mut self, queue: &mut Queue, now: Timestamp) {
        while let Some(refill) = queue.next_refill(now) {
            self.looks += 1;
            queue.refilled(refill.webhook_id, self.answer(&refill, now), now);
        }
    }

    fn remove(&mut self, due: &DueAttempt) {
        self.rows.get_mut(&due.webhook_id).unwrap().retain(|row| key(row) != key(due));
    }

    fn end(&mut self, queue: &mut Queue, due: &DueAttempt) {
        self.end_at(queue, due, NOW);
    }

    fn end_at(&mut self, queue: &mut Queue, due: &DueAttempt, now: Timestamp) {
        self.remove(due);
        queue.ended(due.webhook_id, key(due), now);
    }
}

fn rung(webhooks: impl IntoIterator<Item = u128>) -> Queue {
    let mut queue = Queue::new(LIMITS);
    for n in webhooks {
        queue.ring(webhook(n), NOW, NOW);
    }
    queue
}

fn start_all(queue: &mut Queue) -> Vec<DueAttempt> {
    start_all_at(queue, NOW)
}

fn start_all_at(queue: &mut Queue, now: Timestamp) -> Vec<DueAttempt> {
    std::iter::from_fn(|| queue.next_start(now)).map(|start| start.due).collect()
}

#[test]
fn everything_due_is_handed_out_once_and_an_empty_queue_forgets() {
    let mut rows = Rows::with([(1, 500), (2, 3)]);
    let mut queue = rung([1, 2]);
    let mut seen = std::collections::HashSet::new();
    loop {
        rows.refill(&mut queue);
        let started = start_all(&mut queue);
        if started.is_empty() {
            break;
        }
        for due in &started {
            assert!(seen.insert(key(due)), "handed out twice: {due:?}");
        }
        assert!(queue.in_flight() <= LIMITS.in_flight_max);
        for due in &started {
            rows.end(&mut queue, due);
        }
    }
    assert_eq!(seen.len(), 503);
    assert!(queue.lanes.is_empty() && queue.turns.is_empty() && queue.later.is_empty() && queue.hungry.is_empty());
    assert!(queue.gates.is_empty() && queue.slots.is_empty());
    assert_eq!((queue.held_bytes, queue.in_flight, queue.next_wake()), (0, 0, None));
}

#[test]
fn lanes_take_turns() {
    let mut rows = Rows::with([(1, 60), (2, 2)]);
    let mut queue = rung([1, 2]);
    rows.refill(&mut queue);
    let order: Vec<WebhookId> = start_all(&mut queue).iter().take(4).map(|due| due.webhook_id).collect();
    assert_eq!(order, [webhook(1), webhook(2), webhook(1), webhook(2)]);
}

#[test]
fn a_webhook_keeps_to_its_cap() {
    let mut rows = Rows::with([(1, 60)]);
    let mut queue = rung([1]);
    rows.refill(&mut queue);
    let started = start_all(&mut queue);
    assert_eq!(started.len(), LIMITS.in_flight_per_webhook_max);
    rows.end(&mut queue, &started[0]);
    assert_eq!(start_all(&mut queue).len(), 1);
}

// behaviour F1 (in part)
#[test]
fn any_number_of_webhooks_that_hang_leave_room_for_another() {
    let hanging = 1..=40;
    let mut rows = Rows::with(hanging.clone().chain([99]).map(|n| (n, 100)));
    let mut queue = rung(hanging);
    rows.refill(&mut queue);
    let hung = start_all(&mut queue);
    assert!(hung.len() >= 40, "each got at least one: {}", hung.len());
    assert!(queue.in_flight() < LIMITS.in_flight_max, "{} slots are taken for good", queue.in_flight());

    queue.ring(webhook(99), NOW, NOW);
    rows.refill(&mut queue);
    assert_eq!(queue.next_start(NOW).unwrap().due.webhook_id, webhook(99));
}

// behaviour F4 (in part)
#[test]
fn memory_is_bounded_whatever_the_backlog() {
    let big = Bytes::from(vec![b'x'; 256 * 1024]);
    let mut rows = Rows::with((1..=200).map(|n| (n, 200)));
    rows.rows.values_mut().flatten().for_each(|due| due.payload = big.clone());
    let mut queue = rung(1..=200);
    let mut most = 0;
    let mut handed_out = 0;
    for _ in 0..200 {
        rows.refill(&mut queue);
        most = most.max(queue.held_bytes);
        for due in start_all(&mut queue) {
            handed_out += 1;
            rows.end(&mut queue, &due);
        }
    }
    assert!(most <= HELD_BYTES_MAX + 2 * LOOK_BYTES_MAX, "{most}");
    assert!(handed_out > 2_000, "and it moves: {handed_out}");
}

#[test]
fn lanes_that_cannot_start_give_back_what_they_hold() {
    let big = Bytes::from(vec![b'x'; 1024 * 1024]);
    let mut rows = Rows::with([(1, 60), (2, 60), (3, 1)]);
    rows.rows.values_mut().flatten().for_each(|due| due.payload = big.clone());
    let mut queue = rung([1, 2]);
    for _ in 0..5 {
        rows.refill(&mut queue);
        start_all(&mut queue); // Both hang at their caps.
    }
    for n in 1..=2 {
        let lane = queue.lanes.get_mut(&webhook(n)).unwrap();
        let held: usize = (100..150)
            .map(|n_due| lane.push(DueAttempt { payload: big.clone(), ..due(n, n_due) }))
            .filter(|held| *held)
            .count();
        queue.held_bytes += held * (big.len() + REQUEST_BYTES);
    }
    assert!(queue.held_bytes >= HELD_BYTES_MAX, "and hold more than there is room for");
    queue.ring(webhook(3), NOW, NOW);
    rows.refill(&mut queue);
    assert_eq!(queue.next_start(NOW).unwrap().due.webhook_id, webhook(3));
}

#[test]
fn a_full_memory_is_started_from_and_not_given_back_while_slots_are_used_up() {
    let big = Bytes::from(vec![b'x'; 1024 * 1024]);
    let mut rows = Rows::with((1..=30).map(|n| (n, 40)));
    rows.rows.values_mut().flatten().for_each(|due| due.payload = big.clone());
    let mut queue = rung(1..=30);
    let (mut in_flight, mut handed_out, mut was_full) = (std::collections::VecDeque::new(), 0, false);
    // Time stands still: whoever gives back what it holds without need starts nothing any more.
    loop {
        rows.refill(&mut queue);
        was_full |= queue.held_bytes >= HELD_BYTES_MAX;
        in_flight.extend(start_all(&mut queue));
        let Some(first) = in_flight.pop_front() else { break };
        handed_out += 1;
        rows.end(&mut queue, &first);
    }
    assert!(was_full && handed_out > 1_000, "of 1200: {handed_out}");
}

// behaviour T3
#[test]
fn what_is_due_later_wakes_the_queue_then_and_not_before() {
    let mut queue = Queue::new(LIMITS);
    queue.ring(webhook(1), at(10), NOW);
    queue.ring(webhook(1), at(5), NOW);
    assert_eq!((queue.next_wake(), queue.next_refill(NOW)), (Some(at(5)), None));
    queue.wake(at(4));
    assert_eq!(queue.next_refill(at(4)), None);
    queue.wake(at(5));
    assert_eq!(queue.next_refill(at(5)).unwrap().webhook_id, webhook(1));
    let nothing = DueBatch { due: vec![], next_due_at: Some(at(60)) };
    queue.refilled(webhook(1), Look { settings: None, batch: nothing }, at(5));
    assert_eq!(queue.next_wake(), Some(at(60)));
}

#[test]
fn a_ring_during_a_look_into_the_store_is_not_lost() {
    let mut queue = rung([1]);
    queue.next_refill(NOW).unwrap();
    queue.ring(webhook(1), NOW, NOW);
    assert_eq!(queue.next_refill(NOW), None, "one look at a time");
    queue.refilled(webhook(1), Look::default(), NOW);
    assert!(queue.next_refill(NOW).is_some());
}

#[test]
fn an_answer_that_is_older_than_the_end_of_a_request_does_not_repeat_it() {
    let mut queue = Queue::new(LIMITS);
    let test = DueAttempt { trigger: Trigger::Test, ..due(1, 1) };
    queue.ring(webhook(1), NOW, NOW);
    queue.next_refill(NOW).unwrap();
    // The store was asked, and before it answers the same request is made another way and recorded.
    assert!(queue.start_urgent(test.clone(), None, NOW).is_some());
    assert!(queue.start_urgent(test.clone(), None, NOW).is_none(), "it is in flight");
    queue.ended(webhook(1), key(&test), NOW);
    queue.refilled(webhook(1), found(vec![test]), NOW);
    assert!(queue.next_start(NOW).is_none());
}

#[test]
fn an_urgent_request_passes_the_caps_and_leaves_the_buffer() {
    let mut rows = Rows::with([(1, 60)]);
    let mut queue = rung([1]);
    rows.refill(&mut queue);
    let started = start_all(&mut queue);
    let last = due(1, 59);
    assert!(!started.contains(&last));
    assert_eq!(queue.start_urgent(last.clone(), None, NOW).unwrap().due, last);
    assert!(queue.lanes[&webhook(1)].held().all(|waiting| key(waiting) != key(&last)));
}

#[test]
fn a_delivery_being_canceled_is_not_started_and_comes_back_if_that_fails() {
    let mut rows = Rows::with([(1, 2)]);
    let mut queue = rung([1]);
    rows.refill(&mut queue);
    let gone = due(1, 0).delivery_id;
    queue.begin_cancel(gone, NOW);
    queue.ring(webhook(1), NOW, NOW);
    rows.refill(&mut queue);
    assert_eq!(start_all(&mut queue), [due(1, 1)]);
    queue.end_cancel(gone, false, NOW);
    rows.refill(&mut queue);
    assert_eq!(start_all(&mut queue), [due(1, 0)]);
}

// behaviour T12
#[test]
fn an_answer_that_is_older_than_a_cancellation_does_not_bring_the_delivery_back() {
    let rows = Rows::with([(1, 1)]);
    let mut queue = rung([1]);
    let gone = due(1, 0).delivery_id;
    queue.begin_cancel(gone, NOW);
    let refill = queue.next_refill(NOW).unwrap();
    let old = rows.answer(&refill, NOW);
    queue.end_cancel(gone, true, NOW);
    queue.refilled(webhook(1), old, NOW);
    assert_eq!(start_all(&mut queue), []);
}

#[test]
fn a_delivered_resend_takes_the_waiting_scheduled_request_away() {
    let mut rows = Rows::with([(1, 1)]);
    let mut queue = rung([1]);
    rows.refill(&mut queue);
    queue.drop_scheduled(webhook(1), due(1, 0).delivery_id, NOW);
    assert_eq!(start_all(&mut queue), []);
    assert!(queue.lanes.is_empty());
}

#[test]
fn what_was_put_back_comes_again_after_its_pause() {
    let mut rows = Rows::with([(1, 1)]);
    let mut queue = rung([1]);
    rows.refill(&mut queue);
    let due = queue.next_start(NOW).unwrap().due;
    queue.put_back(webhook(1), key(&due), at(1), NOW);
    assert_eq!((queue.in_flight(), queue.next_refill(NOW), queue.next_wake()), (0, None, Some(at(1))));
    queue.wake(at(1));
    assert!(queue.next_refill(at(1)).is_some());
}

#[test]
fn what_cannot_be_recorded_is_set_aside_and_the_rest_flows() {
    let mut rows = Rows::with([(1, 2)]);
    let mut queue = rung([1]);
    rows.refill(&mut queue);
    let due = queue.next_start(NOW).unwrap().due;
    queue.set_aside(webhook(1), key(&due), NOW);
    queue.ring(webhook(1), NOW, NOW);
    rows.refill(&mut queue);
    assert!(start_all(&mut queue).iter().all(|other| key(other) != key(&due)));
}

#[test]
fn a_store_that_does_not_answer_is_asked_again_later() {
    let mut queue = rung([1]);
    queue.next_refill(NOW).unwrap();
    queue.refill_failed(webhook(1), at(2), NOW);
    queue.ring(webhook(1), NOW, NOW);
    assert_eq!((queue.next_refill(NOW), queue.next_wake()), (None, Some(at(2))));
}

#[test]
fn a_resend_asked_for_right_after_a_cancellation_is_started() {
    let mut rows = Rows::with([(1, 1)]);
    let mut queue = rung([1]);
    let gone = due(1, 0);
    queue.begin_cancel(gone.delivery_id, NOW);
    // The store has canceled, and was asked for a resend, before anyone here hears of the cancellation.
    let resend = DueAttempt { trigger: Trigger::Resend, ..gone.clone() };
    rows.rows.insert(webhook(1), vec![resend.clone()]);
    queue.ring(webhook(1), NOW, NOW);
    rows.refill(&mut queue);
    assert_eq!(queue.next_start(NOW), None);
    let earlier = queue.next_refill(NOW);
    queue.end_cancel(gone.delivery_id, true, NOW);
    if let Some(refill) = earlier {
        queue.refilled(refill.webhook_id, rows.answer(&refill, NOW), NOW);
    }
    rows.refill(&mut queue);
    assert_eq!(queue.next_start(NOW).unwrap().due, resend);
}

#[test]
fn an_answer_frees_the_slot_and_its_record_ends_the_request() {
    let mut rows = Rows::with([(1, 100)]);
    let mut queue = rung([1]);
    rows.refill(&mut queue);
    let cap = LIMITS.in_flight_per_webhook_max;
    let first = start_all(&mut queue);
    assert_eq!(first.len(), cap);
    for due in &first {
        queue.landed(webhook(1), key(due), NOW);
    }
    assert_eq!((queue.on_the_way, queue.in_flight()), (0, cap));
    let second = start_all(&mut queue);
    assert_eq!((second.len(), queue.on_the_way, queue.in_flight()), (cap, cap, 2 * cap));
    assert!(second.iter().all(|due| !first.contains(due)), "what is not recorded is not handed out again");
    for due in first.iter().chain(&second) {
        rows.end(&mut queue, due);
    }
    assert_eq!((queue.on_the_way, queue.in_flight(), queue.slots.len()), (0, 0, 0));
}

#[test]
fn when_too_much_waits_to_be_recorded_nothing_more_is_started() {
    let webhooks = UNRECORDED_MAX as u128 / 60 + 1;
    let mut rows = Rows::with((1..=webhooks).map(|n| (n, 100)));
    let mut queue = Queue::new(Limits { in_flight_max: 1_000_000, in_flight_per_webhook_max: 64 });
    (1..=webhooks).for_each(|n| queue.ring(webhook(n), NOW, NOW));
    let mut unrecorded = vec![];
    loop {
        rows.refill(&mut queue);
        let Some(start) = queue.next_start(NOW) else { break };
        queue.landed(start.due.webhook_id, key(&start.due), NOW);
        unrecorded.push(start.due);
    }
    assert_eq!(unrecorded.len(), UNRECORDED_MAX);
    rows.end(&mut queue, &unrecorded[0]);
    assert!(queue.next_start(NOW).is_some());
}
