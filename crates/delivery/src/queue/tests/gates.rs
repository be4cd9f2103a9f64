//! Webhooks that are paused, ramp up, or have a rate limit.

use super::*;
use beckon_domain::health::{DISABLE_AFTER_DEFAULT, HealthState, Seen, TRIP_AFTER};

const FAILURE: Seen = Seen::Failure { too_much: false, retry_after: None };

fn note(health: &mut Health, n: u128, seen: Seen, now: Timestamp) {
    health.note(due(1, n).delivery_id, seen, now, DISABLE_AFTER_DEFAULT, now, 0.5);
}

fn tripped(now: Timestamp) -> Health {
    let mut health = Health::default();
    (0..TRIP_AFTER as u128).for_each(|n| note(&mut health, n, FAILURE, now));
    health
}

fn set(queue: &mut Queue, health: &Health, now: Timestamp) {
    queue.set_health(webhook(1), home_of(1), Some(1), health.clone(), now);
}

fn limited(requests: u32) -> Settings {
    Settings { rate_limit: Some(RateLimit { requests, per: Period::Second }), ..PLAIN }
}

/// Lets the queue work off its rows as they come, each request taking no time, and notes when each was made.
fn work_off(rows: &mut Rows, queue: &mut Queue, from: Timestamp, until: Timestamp) -> Vec<Timestamp> {
    let mut made = vec![];
    let mut now = from;
    while now < until {
        queue.wake(now);
        rows.refill_at(queue, now);
        while let Some(start) = queue.next_start(now) {
            made.push(now);
            rows.end_at(queue, &start.due, now);
            rows.refill_at(queue, now);
        }
        now = queue.next_wake().map_or(until, |at| at.max(now + SignedDuration::from_millis(1)));
    }
    made
}

#[test]
fn a_webhook_that_changes_while_all_that_was_looked_up_is_in_flight_goes_on() {
    let mut rows = Rows::with([(1, 200)]);
    let mut queue = Queue::new(Limits { in_flight_max: 1_000, in_flight_per_webhook_max: 64 });
    queue.ring(webhook(1), NOW, NOW);
    rows.refill(&mut queue);
    let started = start_all(&mut queue);
    assert!(!queue.lanes[&webhook(1)].holds_any() && !queue.lanes[&webhook(1)].more.is_empty(), "{}", started.len());
    let changed = Settings { revision: 2, ..PLAIN };
    rows = rows.set_up(1, changed);
    queue.learn_settings(webhook(1), changed, NOW);
    started.iter().for_each(|due| rows.end(&mut queue, due));
    rows.refill(&mut queue);
    assert!(!start_all(&mut queue).is_empty());
}

// behaviour L10 (in part)
#[test]
fn a_rate_limit_delays_and_never_drops() {
    let limit = limited(20);
    let mut rows = Rows::with([(1, 100)]).set_up(1, limit);
    let mut queue = rung([1]);
    let made = work_off(&mut rows, &mut queue, NOW, at(60));
    assert_eq!(made.len(), 100, "nothing is dropped");
    let burst = limit.rate_limit.unwrap().burst() as usize;
    for (n, from) in made.iter().enumerate() {
        let within = made[n..].iter().take_while(|at| **at < *from + SignedDuration::from_secs(1)).count();
        assert!(within <= 20 + burst, "{within} in a second");
    }
    let whole = made.last().unwrap().duration_since(NOW).as_secs_f64();
    assert!((4.5..5.5).contains(&whole), "and it is used: {whole} s");
    assert!(rows.rows[&webhook(1)].is_empty());
}

// behaviour L10 (in part)
#[test]
fn a_test_passes_a_rate_limit_and_counts() {
    let limit = limited(1);
    let mut rows = Rows::with([(1, 5)]).set_up(1, limit);
    let mut queue = Queue::new(LIMITS);
    let test = DueAttempt { trigger: Trigger::Test, ..due(1, 100) };
    assert!(queue.start_urgent(test.clone(), Some(limit), NOW).is_some());
    queue.ended(webhook(1), key(&test), NOW);
    queue.ring(webhook(1), NOW, NOW);
    rows.refill(&mut queue);
    assert_eq!(start_all(&mut queue), []);
    assert!(queue.start_urgent(DueAttempt { trigger: Trigger::Test, ..due(1, 101) }, Some(limit), NOW).is_some());
    assert_eq!(queue.next_wake(), Some(at(2)), "both counted");
    queue.wake(at(2));
    assert_eq!(start_all_at(&mut queue, at(2)).len(), 1);
}

#[test]
fn a_lane_at_its_rate_does_not_hold_up_others() {
    let mut rows = Rows::with([(1, 50), (2, 5)]).set_up(1, limited(1));
    let mut queue = rung([1, 2]);
    rows.refill(&mut queue);
    let started = start_all(&mut queue);
    assert_eq!(started.iter().filter(|due| due.webhook_id == webhook(1)).count(), 1);
    assert_eq!(started.iter().filter(|due| due.webhook_id == webhook(2)).count(), 5);
    rows.refill(&mut queue);
    assert!(!queue.could_go_on(), "what waits for its rate is not what could go on");
}

// behaviour T13
#[test]
fn a_tripped_webhook_is_probed_by_one_request_after_its_pause_and_its_backlog_uses_no_attempts() {
    let mut rows = Rows::with([(1, 500)]);
    let mut queue = rung([1]);
    let mut health = tripped(NOW);
    set(&mut queue, &health, NOW);
    rows.refill(&mut queue);
    assert_eq!(start_all(&mut queue), []);
    assert!(!queue.could_go_on());
    let mut now = NOW;
    let mut pauses = vec![];
    for n in 10..15 {
        let opens_at = queue.next_wake().unwrap();
        pauses.push(opens_at.duration_since(now).as_secs());
        now = opens_at;
        queue.wake(now);
        rows.refill_at(&mut queue, now);
        let probe = start_all_at(&mut queue, now);
        assert_eq!(probe.len(), 1, "one at a time");
        note(&mut health, n, FAILURE, now);
        set(&mut queue, &health, now);
        rows.end_at(&mut queue, &probe[0], now);
        rows.refill_at(&mut queue, now);
        assert_eq!(start_all_at(&mut queue, now), []);
    }
    assert_eq!(pauses, [1, 2, 4, 8, 16]);
    assert_eq!(rows.rows[&webhook(1)].len(), 495, "the rest waits untouched");
}

// behaviour T13
#[test]
fn a_backlog_does_not_burst_onto_a_receiver_that_is_back() {
    let mut rows = Rows::with([(1, 20_000)]);
    let mut queue = rung([1]);
    let mut health = tripped(NOW);
    note(&mut health, 9, Seen::Success, at(1));
    set(&mut queue, &health, at(1));
    let made = work_off(&mut rows, &mut queue, at(1), at(9));
    for second in 0..6 {
        let of_second = |made: &&Timestamp| (made.as_second() - 1) == second;
        let count = made.iter().filter(of_second).count();
        let most = (10 << second) + (1 << second) + 1;
        assert!(count <= most && count >= most / 3, "{count} in second {second}, at most {most}");
    }
}

#[test]
fn while_ramping_the_requests_in_flight_are_few_and_grow_by_themselves() {
    let mut rows = Rows::with([(1, 100)]);
    let mut queue = rung([1]);
    let mut health = tripped(NOW);
    note(&mut health, 9, Seen::Success, at(1));
    set(&mut queue, &health, at(1));
    rows.refill_at(&mut queue, at(1));
    assert_eq!(start_all_at(&mut queue, at(1)).len(), 1, "and it hangs");
    let wake = queue.next_wake().unwrap();
    assert!(wake <= at(2), "{wake}");
    queue.wake(at(2));
    assert_eq!(start_all_at(&mut queue, at(2)).len(), 1, "two may be in flight now");
}

// behaviour T13
#[test]
fn who_wants_to_know_now_ends_the_pause() {
    let mut rows = Rows::with([(1, 5)]);
    let mut queue = rung([1]);
    set(&mut queue, &tripped(NOW), NOW);
    rows.refill(&mut queue);
    assert_eq!(start_all(&mut queue), []);
    queue.probe_now(webhook(1), NOW);
    rows.refill(&mut queue);
    assert_eq!(start_all(&mut queue).len(), 1);
}

#[test]
fn a_pause_outlives_the_lane() {
    let mut queue = Queue::new(LIMITS);
    set(&mut queue, &tripped(NOW), NOW);
    assert!(queue.lanes.is_empty());
    let mut rows = Rows::with([(1, 5)]);
    queue.ring(webhook(1), NOW, NOW);
    rows.refill(&mut queue);
    assert_eq!((start_all(&mut queue), rows.looks), (vec![], 0), "and nothing is read for it");
    set(&mut queue, &Health::default(), NOW);
    rows.refill(&mut queue);
    assert_eq!(start_all(&mut queue).len(), 5);
}

// behaviour D7
#[test]
fn a_clock_set_back_strands_nobody() {
    let (mut rows, day) = (Rows::with([(1, 5), (2, 5), (3, 5)]), SignedDuration::from_hours(24));
    rows = rows.set_up(2, limited(1));
    let mut queue = rung([1, 2, 3]);
    set(&mut queue, &tripped(NOW), NOW);
    rows.refill(&mut queue);
    start_all(&mut queue).iter().for_each(|due| rows.end(&mut queue, due));
    queue.ring(webhook(3), NOW, NOW);
    queue.next_refill(NOW).unwrap();
    queue.refill_failed(webhook(3), at(3), NOW);
    rows.add(due(3, 50));

    let earlier = NOW - day;
    queue.clock_was_set_back(earlier);
    let made = work_off(&mut rows, &mut queue, earlier, earlier + SignedDuration::from_secs(10));
    assert_eq!(made.len(), 10, "{made:?}");
    let first_of_paused = made.iter().filter(|made| **made < earlier + SignedDuration::from_secs(1)).count();
    assert_eq!(first_of_paused, 1, "the pause lasts as long as it was to last; one at its rate goes on: {made:?}");
}

// behaviour D7
#[test]
fn a_pause_that_was_recorded_before_the_clock_was_set_back_is_kept_and_ends() {
    let mut queue = Queue::new(LIMITS);
    let recorded = tripped(at(86_400));
    set(&mut queue, &recorded, NOW);
    let mut health = queue.health(webhook(1));
    assert_eq!(health.pace(NOW).opens_at, Some(at(1)));
    note(&mut health, 9, FAILURE, at(1));
    assert_eq!(health.pace(at(1)).opens_at, Some(at(3)), "and a probe that fails lengthens it");
}

// behaviour D7
#[test]
fn a_clock_set_forth_starts_no_storm() {
    let mut rows = Rows::with([(1, 200)]).set_up(1, limited(10));
    let mut queue = rung([1]);
    let made = work_off(&mut rows, &mut queue, NOW, at(2)).len();
    let later = at(1_000_000);
    queue.wake(later);
    assert!(start_all_at(&mut queue, later).len() <= 1, "the burst of a limit, and no more; {made} went before");
}

#[test]
fn what_was_looked_up_under_other_settings_is_looked_up_again() {
    let mut rows = Rows::with([(1, 20)]);
    let mut queue = rung([1]);
    rows.refill(&mut queue);
    let start = queue.next_start(NOW).unwrap();
    assert_eq!(start.revision, Some(1));
    let newer = Settings { revision: 2, ..PLAIN };
    rows = rows.set_up(1, newer);
    rows.remove(&due(1, 5)); // Canceled when the webhook was disabled, before it was enabled again.
    queue.changed(webhook(1), key(&start.due), newer, NOW);
    assert_eq!(start_all(&mut queue), [], "nothing of what is in memory");
    rows.refill(&mut queue);
    let mut seen = vec![];
    while let Some(start) = queue.next_start(NOW) {
        assert_eq!(start.revision, Some(2));
        rows.end(&mut queue, &start.due);
        seen.push(start.due);
        rows.refill(&mut queue);
    }
    assert!(seen.len() == 19 && !seen.contains(&due(1, 5)));
}

#[test]
fn an_answer_that_was_read_under_older_settings_is_asked_for_again() {
    let mut rows = Rows::with([(1, 3)]);
    let mut queue = rung([1]);
    let refill = queue.next_refill(NOW).unwrap();
    let old = rows.answer(&refill, NOW);
    let newer = Settings { revision: 2, fifo: true, rate_limit: None };
    rows = rows.set_up(1, newer);
    queue.learn_settings(webhook(1), newer, NOW);
    queue.refilled(webhook(1), old, NOW);
    assert_eq!(start_all(&mut queue), []);
    rows.refill(&mut queue);
    assert_eq!(start_all(&mut queue).len(), 1, "in strict order now");
}

#[test]
fn the_revision_a_webhook_fell_ill_at_is_remembered() {
    let mut queue = Queue::new(LIMITS);
    set(&mut queue, &tripped(NOW), NOW);
    assert_eq!(queue.unwell().collect::<Vec<_>>(), [(webhook(1), home_of(1), Some(1))]);
    queue.learn_settings(webhook(1), Settings { revision: 4, ..PLAIN }, NOW);
    assert_eq!(queue.unwell().collect::<Vec<_>>(), [(webhook(1), home_of(1), Some(4))]);
    assert!(matches!(queue.health(webhook(1)).state, HealthState::Tripped { .. }));
}
