//! Webhooks in strict order.

use super::*;

const STRICT: Settings = Settings { revision: 1, fifo: true, rate_limit: None };

fn strict(count: u128) -> (Rows, Queue) {
    (Rows::with([(1, count)]).set_up(1, STRICT), rung([1]))
}

#[test]
fn one_at_a_time_in_the_order_of_the_store() {
    let (mut rows, mut queue) = strict(200);
    let mut order = vec![];
    loop {
        rows.refill(&mut queue);
        let started = start_all(&mut queue);
        assert!(started.len() <= 1);
        let Some(due) = started.into_iter().next() else { break };
        rows.end(&mut queue, &due);
        order.push(due);
    }
    assert_eq!(order, (0..200).map(|n| due(1, n)).collect::<Vec<_>>());
    assert!(queue.lanes.is_empty());
}

#[test]
fn retries_and_replays_of_a_strict_webhook_stand_in_the_order_too() {
    let rows = vec![retry(1, 1), replay(1, 2), due(1, 3), retry(1, 4)];
    let (mut rows, mut queue) = (Rows::of(1, rows).set_up(1, STRICT), rung([1]));
    for n in 1..=4 {
        rows.refill(&mut queue);
        let due = queue.next_start(NOW).unwrap().due;
        assert_eq!(due.delivery_id, self::due(1, n).delivery_id);
        rows.end(&mut queue, &due);
    }
}

#[test]
fn a_strict_webhook_that_gives_back_what_it_holds_loses_its_order_to_no_look_under_way() {
    let (mut rows, mut queue) = strict(100);
    rows.refill(&mut queue);
    let mut order = vec![];
    let (in_flight, look) = loop {
        let due = queue.next_start(NOW).unwrap().due;
        order.push(due.clone());
        if let Some(look) = queue.next_refill(NOW) {
            break (due, look); // For what comes after the few it holds.
        }
        rows.end(&mut queue, &due);
    };
    let old = rows.answer(&look, NOW);
    assert!(queue.lanes[&webhook(1)].holds_any());

    rows.add(due(3, 1));
    queue.held_bytes += HELD_BYTES_MAX; // As if others held so much, and can start it at once.
    queue.ring(webhook(3), NOW, NOW);
    assert_eq!(queue.next_refill(NOW), None);
    assert!(!queue.lanes[&webhook(1)].holds_any(), "it gave back");
    queue.held_bytes -= HELD_BYTES_MAX;
    queue.refilled(webhook(1), old, NOW);
    rows.end(&mut queue, &in_flight);

    for now in (1..200).map(at) {
        queue.wake(now);
        rows.refill_at(&mut queue, now);
        for due in start_all_at(&mut queue, now) {
            rows.end_at(&mut queue, &due, now);
            order.extend((due.webhook_id == webhook(1)).then_some(due));
        }
    }
    assert_eq!(order, (0..100).map(|n| due(1, n)).collect::<Vec<_>>());
}

#[test]
fn one_that_is_held_holds_up_those_behind_it_until_its_time() {
    let (mut rows, mut queue) = strict(5);
    rows.refill(&mut queue);
    let first = queue.next_start(NOW).unwrap().due;
    rows.held_until.insert(webhook(1), at(30));
    queue.ended(webhook(1), key(&first), NOW);
    queue.again_at(webhook(1), at(30), NOW);
    for now in [NOW, at(1), at(29)] {
        queue.ring(webhook(1), now, now); // Something new is announced.
        queue.wake(now);
        rows.refill_at(&mut queue, now);
        assert_eq!(start_all_at(&mut queue, now), [], "at {now}");
    }
    assert!(!queue.could_go_on());
    assert_eq!(queue.next_wake(), Some(at(30)));
    queue.wake(at(30));
    rows.refill_at(&mut queue, at(30));
    assert_eq!(start_all_at(&mut queue, at(30)), [first]);
}

#[test]
fn an_answer_that_is_older_than_a_failure_does_not_let_those_behind_it_pass() {
    let (mut rows, mut queue) = strict(2);
    rows.refill(&mut queue);
    let first = queue.next_start(NOW).unwrap().due;
    rows.add(due(1, 9));
    queue.ring(webhook(1), NOW, NOW);
    let refill = queue.next_refill(NOW).unwrap();
    let old = rows.answer(&refill, NOW);
    rows.held_until.insert(webhook(1), at(30));
    queue.ended(webhook(1), key(&first), NOW);
    queue.again_at(webhook(1), at(30), NOW);
    queue.refilled(webhook(1), old, NOW);
    rows.refill(&mut queue);
    assert_eq!(start_all(&mut queue), []);
}

#[test]
fn one_that_was_not_made_is_not_passed() {
    let (mut rows, mut queue) = strict(3);
    rows.refill(&mut queue);
    let first = queue.next_start(NOW).unwrap().due;
    queue.put_back(webhook(1), key(&first), at(1), NOW);
    rows.refill(&mut queue);
    assert_eq!(start_all(&mut queue), []);
    queue.wake(at(1));
    rows.refill_at(&mut queue, at(1));
    assert_eq!(start_all_at(&mut queue, at(1)), [first]);
}

#[test]
fn what_a_person_asked_for_may_pass() {
    let (mut rows, mut queue) = strict(3);
    rows.refill(&mut queue);
    let first = queue.next_start(NOW).unwrap().due;
    rows.add(resend(1, 50));
    queue.ring(webhook(1), NOW, NOW);
    rows.refill(&mut queue);
    assert_eq!(start_all(&mut queue), [resend(1, 50)], "while the first is under way");
    rows.held_until.insert(webhook(1), at(30));
    queue.ended(webhook(1), key(&first), NOW);
    queue.again_at(webhook(1), at(30), NOW);
    rows.add(resend(1, 51));
    queue.ring(webhook(1), NOW, NOW);
    rows.refill(&mut queue);
    assert_eq!(start_all(&mut queue), [resend(1, 51)], "while the first is held");
}

#[test]
fn while_the_first_is_being_canceled_nothing_passes_it() {
    let (mut rows, mut queue) = strict(3);
    rows.refill(&mut queue);
    queue.begin_cancel(due(1, 0).delivery_id, NOW);
    rows.refill(&mut queue);
    assert_eq!(start_all(&mut queue), []);
    queue.end_cancel(due(1, 0).delivery_id, false, NOW);
    rows.refill(&mut queue);
    assert_eq!(start_all(&mut queue), [due(1, 0)], "the store refused to cancel it");

    queue.begin_cancel(due(1, 1).delivery_id, NOW);
    rows.remove(&due(1, 1));
    queue.end_cancel(due(1, 1).delivery_id, true, NOW);
    rows.end(&mut queue, &due(1, 0));
    rows.refill(&mut queue);
    assert_eq!(start_all(&mut queue), [due(1, 2)]);
}

#[test]
fn a_webhook_that_becomes_strict_ends_what_is_under_way_first() {
    let mut rows = Rows::with([(1, 20)]);
    let mut queue = rung([1]);
    rows.refill(&mut queue);
    let started = start_all(&mut queue);
    assert!(started.len() > 1);
    let strict = Settings { revision: 2, ..STRICT };
    rows = rows.set_up(1, strict);
    queue.learn_settings(webhook(1), strict, NOW);
    queue.ring(webhook(1), NOW, NOW);
    for due in &started {
        rows.refill(&mut queue);
        assert_eq!(start_all(&mut queue), []);
        rows.end(&mut queue, due);
    }
    rows.refill(&mut queue);
    assert_eq!(start_all(&mut queue).len(), 1);
}

#[test]
fn one_that_was_not_made_because_the_settings_changed_is_not_passed() {
    let (mut rows, mut queue) = strict(3);
    rows.refill(&mut queue);
    let first = queue.next_start(NOW).unwrap();
    let newer = Settings { revision: 2, ..STRICT };
    rows.settings.insert(webhook(1), newer);
    // A look that knows of the change already, and leaves out what is in flight.
    queue.ring(webhook(1), NOW, NOW);
    queue.learn_settings(webhook(1), newer, NOW);
    rows.refill(&mut queue);
    queue.changed(webhook(1), key(&first.due), newer, NOW);
    rows.refill(&mut queue);
    assert_eq!(queue.next_start(NOW).unwrap().due, first.due);
}
