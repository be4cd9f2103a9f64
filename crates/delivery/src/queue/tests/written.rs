//! First attempts that come straight from whoever wrote them.

use super::*;
use lane::WRITTEN_MAX;

fn take(queue: &mut Queue, written: &[DueAttempt]) {
    queue.take_written(webhook(1), PLAIN, written.iter().cloned(), NOW);
}

fn many(numbers: std::ops::Range<u128>) -> Vec<DueAttempt> {
    numbers.map(|n| due(1, n)).collect()
}

#[test]
fn what_was_written_just_now_is_started_without_a_look() {
    let mut queue = Queue::new(LIMITS);
    take(&mut queue, &many(0..3));
    assert_eq!(queue.next_refill(NOW), None);
    let started: Vec<Start> = std::iter::from_fn(|| queue.next_start(NOW)).collect();
    assert_eq!(started.iter().map(|start| start.due.clone()).collect::<Vec<_>>(), many(0..3));
    assert!(
        started.iter().all(|start| start.revision == Some(PLAIN.revision)),
        "as the webhook was when it was written"
    );
    for start in &started {
        queue.ended(webhook(1), key(&start.due), NOW);
    }
    assert!(queue.lanes.is_empty() && queue.next_wake().is_none() && queue.held_bytes == 0);
}

#[test]
fn it_passes_nothing_that_may_wait_in_the_store() {
    // Rung for what is not in memory.
    let mut rows = Rows::with([(1, 3)]);
    let mut queue = rung([1]);
    take(&mut queue, &[due(1, 3)]);
    assert!(queue.next_start(NOW).is_none());
    rows.add(due(1, 3));
    rows.refill(&mut queue);
    assert_eq!(start_all(&mut queue), many(0..4));

    // More in the store than memory takes.
    let mut rows = Rows::with([(1, 1_000)]);
    let mut queue = rung([1]);
    let look = queue.next_refill(NOW).unwrap();
    queue.refilled(webhook(1), rows.answer(&look, NOW), NOW);
    take(&mut queue, &[due(1, 1_000)]);
    rows.add(due(1, 1_000));
    let mut order = vec![];
    loop {
        rows.refill(&mut queue);
        let Some(start) = queue.next_start(NOW) else { break };
        rows.end(&mut queue, &start.due);
        order.push(start.due);
    }
    assert_eq!(order, many(0..1_001));
}

#[test]
fn what_a_look_has_brought_already_is_not_taken_in_again() {
    let mut rows = Rows::with([(1, 2)]);
    let mut queue = rung([1]);
    rows.refill(&mut queue);
    let first = queue.next_start(NOW).unwrap().due;
    take(&mut queue, &many(0..2));
    assert_eq!((first, start_all(&mut queue)), (due(1, 0), vec![due(1, 1)]));
}

#[test]
fn nor_is_what_a_look_brings_that_was_taken_in_meanwhile() {
    let mut queue = rung([1]);
    let look = queue.next_refill(NOW).unwrap();
    take(&mut queue, &[due(1, 0)]);
    assert!(queue.next_start(NOW).is_none(), "the look will tell");
    queue.refilled(look.webhook_id, found(vec![due(1, 0)]), NOW);
    assert_eq!(start_all(&mut queue), [due(1, 0)]);
}

#[test]
fn the_order_of_a_strict_webhook_is_found_out_in_the_store() {
    let strict = Settings { fifo: true, ..PLAIN };
    let mut rows = Rows::with([(1, 2)]).set_up(1, strict);
    let mut queue = Queue::new(LIMITS);
    // Two commits whose events were announced the other way round.
    queue.take_written(webhook(1), strict, [due(1, 1), due(1, 0)], NOW);
    assert!(queue.next_start(NOW).is_none());
    rows.refill(&mut queue);
    assert_eq!(start_all(&mut queue), [due(1, 0)]);
}

#[test]
fn what_was_written_under_settings_that_are_over_is_looked_up() {
    let mut queue = Queue::new(LIMITS);
    queue.ring(webhook(1), NOW, NOW);
    let look = queue.next_refill(NOW).unwrap();
    let newer = Settings { revision: 2, ..PLAIN };
    queue.refilled(look.webhook_id, Look { settings: Some(newer), batch: DueBatch::default() }, NOW);
    queue.take_written(webhook(1), newer, [due(1, 0)], NOW);
    take(&mut queue, &[due(1, 1)]);
    assert_eq!(queue.next_start(NOW).unwrap().due, due(1, 0));
    assert!(queue.next_start(NOW).is_none(), "it may have been canceled since");
    assert!(queue.next_refill(NOW).is_some());
}

#[test]
fn what_is_being_canceled_is_not_taken_in() {
    let mut queue = Queue::new(LIMITS);
    queue.begin_cancel(due(1, 0).delivery_id, NOW);
    take(&mut queue, &many(0..2));
    assert_eq!(start_all(&mut queue), [due(1, 1)]);
}

#[test]
fn no_more_is_taken_in_than_memory_is_for() {
    let mut queue = Queue::new(LIMITS);
    take(&mut queue, &many(0..WRITTEN_MAX as u128 + 100));
    let lane = &queue.lanes[&webhook(1)];
    assert_eq!((lane.waiting(Class::First), lane.news_at), (WRITTEN_MAX, Some(NOW)));

    let mut queue = Queue::new(LIMITS);
    queue.held_bytes = HELD_BYTES_MAX; // Of others.
    take(&mut queue, &many(0..1));
    assert!(!queue.lanes[&webhook(1)].holds_any());
}
