//! Turns between workspaces, webhooks, and classes of one webhook.

use super::*;
use crate::queue::lane::{OLDEST_EVERY, SLOTS_KEPT_FOR_FIRST};

/// Starts and ends requests one after the other, until it is the turn of one that is meant; tells how many went before.
fn starts_until(rows: &mut Rows, queue: &mut Queue, meant: impl Fn(&DueAttempt) -> bool) -> usize {
    for before in 0..10_000 {
        rows.refill(queue);
        let start = queue.next_start(NOW).unwrap_or_else(|| panic!("nothing to start after {before}"));
        if meant(&start.due) {
            return before;
        }
        rows.end(queue, &start.due);
    }
    panic!("it never came");
}

// behaviour F2 (in part)
#[test]
fn a_workspace_with_a_thousand_webhooks_does_not_slow_anothers_single_delivery() {
    let mut rows = Rows::with((1_000..2_000).map(|n| (n, 100)));
    let mut queue = rung(1_000..2_000);
    rows.refill(&mut queue);
    for _ in 0..500 {
        let start = queue.next_start(NOW).unwrap();
        rows.end(&mut queue, &start.due);
        rows.refill(&mut queue);
    }
    let looks = rows.looks;
    rows.add(due(5_000, 1));
    queue.ring(webhook(5_000), NOW, NOW);
    let before = starts_until(&mut rows, &mut queue, |due| due.webhook_id == webhook(5_000));
    assert!(before <= 1, "{before} starts went before");
    assert!(rows.looks - looks <= 1_000, "{} looks went before", rows.looks - looks);
}

// behaviour F2 (in part)
#[test]
fn a_webhook_with_a_hundred_thousand_events_does_not_slow_anothers_single_delivery() {
    let mut rows = Rows::with([(1_000, 100_000), (1_001, 1)]);
    let mut queue = rung([1_000]);
    rows.refill(&mut queue);
    for n in [1_001, 2_000] {
        rows.add(due(n, 7));
        queue.ring(webhook(n), NOW, NOW);
        let before = starts_until(&mut rows, &mut queue, |due| due.webhook_id == webhook(n));
        assert!(before <= 1, "{before} starts went before");
    }
}

// behaviour F2 (in part)
#[test]
fn looks_into_the_store_take_turns_between_workspaces_too() {
    let mut queue = rung(1_000..2_000);
    (1_000..2_000).for_each(|n| queue.learn_home(webhook(n), home_of(n)));
    // As they stand once they have been looked up: in the line of their workspace.
    let mut rows = Rows::with((1_000..2_000).map(|n| (n, 100)));
    rows.refill(&mut queue);
    (1_000..2_000).for_each(|n| queue.ring(webhook(n), NOW, NOW));
    queue.learn_home(webhook(5_000), home_of(5_000));
    queue.ring(webhook(5_000), NOW, NOW);
    let looked: Vec<WebhookId> =
        (0..2).filter_map(|_| queue.next_refill(NOW)).map(|refill| refill.webhook_id).collect();
    assert!(looked.contains(&webhook(5_000)) || queue.lanes[&webhook(5_000)].refilling.is_some(), "{looked:?}");
}

// behaviour F1 (in part)
#[test]
fn a_workspace_whose_webhooks_all_hang_leaves_slots_to_others_and_one_alone_gets_nearly_all() {
    let mut rows = Rows::with((1_000..1_200).map(|n| (n, 10)));
    let mut queue = rung(1_000..1_200);
    rows.refill(&mut queue);
    let hung = start_all(&mut queue).len();
    assert_eq!(hung, LIMITS.in_flight_max * 7 / 8, "one alone gets all but an eighth");
    for n in [2_000, 3_000, 4_000] {
        rows.add(due(n, 1));
        queue.ring(webhook(n), NOW, NOW);
        rows.refill(&mut queue);
        assert_eq!(queue.next_start(NOW).unwrap().due.webhook_id, webhook(n));
    }
}

#[test]
fn classes_go_in_order_and_every_so_often_the_one_that_waited_longest() {
    let mut queue = rung([1]);
    queue.next_refill(NOW).unwrap();
    let test = DueAttempt { trigger: Trigger::Test, ..due(1, 10) };
    let old_replay = DueAttempt { due_at: at(-9), ..replay(1, 30) };
    let old_retry = DueAttempt { due_at: at(-5), ..retry(1, 20) };
    let batch = vec![
        test.clone(),
        due(1, 1),
        due(1, 2),
        due(1, 3),
        due(1, 4),
        resend(1, 40),
        old_retry.clone(),
        old_replay.clone(),
    ];
    queue.refilled(webhook(1), found(batch), NOW);
    let order = start_all(&mut queue);
    assert_eq!(order, [test, due(1, 1), due(1, 2), old_replay, due(1, 3), due(1, 4), resend(1, 40), old_retry]);
}

// behaviour F3
#[test]
fn a_first_attempt_passes_any_backlog_of_retries_and_replays_within_the_bound() {
    for backlog in [retry as fn(u128, u128) -> DueAttempt, replay] {
        let mut rows = Rows::of(1, (0..100_000).map(|n| backlog(1, n)).collect());
        let mut queue = rung([1]);
        for n in 0..20 {
            starts_until(&mut rows, &mut queue, |due| due.delivery_id > self::due(1, n).delivery_id);
            start_all(&mut queue); // As many are under way as may.
            let first = due(1, 500_000 + n);
            rows.add(first.clone());
            queue.ring(webhook(1), NOW, NOW);
            let before = starts_until(&mut rows, &mut queue, |due| *due == first);
            assert!(before <= 1, "{before} slower ones went before");
            rows.end(&mut queue, &first);
            let under_way: Vec<Key> = queue.lanes[&webhook(1)].in_flight.keys().collect();
            under_way.into_iter().for_each(|key| queue.ended(webhook(1), key, NOW));
        }
    }
}

// behaviour F3
#[test]
fn slots_are_kept_for_first_attempts() {
    let mut rows = Rows::of(1, (0..1_000).map(|n| retry(1, n)).collect());
    let mut queue = rung([1]);
    rows.refill(&mut queue);
    let cap = LIMITS.in_flight_per_webhook_max;
    assert_eq!(start_all(&mut queue).len(), cap - cap / SLOTS_KEPT_FOR_FIRST);
    rows.add(due(1, 5_000));
    queue.ring(webhook(1), NOW, NOW);
    rows.refill(&mut queue);
    assert_eq!(start_all(&mut queue), [due(1, 5_000)], "while all retries hang");
}

// behaviour F3
#[test]
fn slower_classes_are_never_starved() {
    let mut rows = Rows::with([(1, 10_000)]);
    for n in 0..100 {
        rows.add(DueAttempt { due_at: at(-2), ..retry(1, 20_000 + n) });
        rows.add(DueAttempt { due_at: at(-1), ..replay(1, 30_000 + n) });
    }
    let mut queue = rung([1]);
    let mut slow = 0;
    for _ in 0..800 {
        rows.refill(&mut queue);
        let start = queue.next_start(NOW).unwrap();
        slow += usize::from(Class::of(&start.due) != Class::First);
        rows.end(&mut queue, &start.due);
    }
    assert_eq!(slow, 800 / OLDEST_EVERY as usize);
}

// behaviour F3
#[test]
fn a_backlog_of_one_class_does_not_make_every_look_read_it_again() {
    let mut rows = Rows::of(1, (0..10_000).map(|n| retry(1, n)).collect());
    let mut queue = rung([1]);
    rows.refill(&mut queue);
    start_all(&mut queue);
    rows.refill(&mut queue);
    let before = rows.looks;
    for _ in 0..10 {
        queue.wake(NOW);
        rows.refill(&mut queue);
    }
    assert_eq!(rows.looks, before, "nothing is looked for that there is no room for");
    assert!(queue.lanes[&webhook(1)].waiting(Class::Retry) > 16);
}
