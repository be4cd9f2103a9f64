//! Facts about the queue: what is due, the bell, manual requests.

use std::collections::HashMap;

use beckon_domain::delivery::{DeliveryStatus, Trigger, Verdict};
use beckon_domain::event::{EventSource, NewEvent};
use beckon_domain::webhook::Webhook;

use super::given::at;
use super::{Given, PATIENCE, assert_exists, assert_not_found, assert_refused, heard};
use crate::SharedStore;
use crate::intake::IntakeChanges;

/// And says when the next is due.
pub async fn what_is_due_comes_earliest_first_and_bounded(store: &SharedStore) {
    let given = Given::new(store).await;
    let (webhook, other) = (given.webhook().await.id, given.webhook().await.id);
    given.delivery(other).await;
    let mut ids = HashMap::new();
    for second in [3, 1, 4, 2, 60] {
        ids.insert(second, given.retrying(webhook, second).await);
    }
    let list = async |now, limit| {
        let batch = store.list_due(webhook, at(now), &[], limit).await.unwrap();
        (batch.due.iter().map(|due| due.delivery_id).collect::<Vec<_>>(), batch.next_due_at)
    };
    assert_eq!(list(5, 10).await, (vec![ids[&1], ids[&2], ids[&3], ids[&4]], Some(at(60))));
    assert_eq!(list(2, 10).await, (vec![ids[&1], ids[&2]], Some(at(3))), "due at that very moment counts");
    assert_eq!(list(0, 10).await, (vec![], Some(at(1))));
    assert_eq!(list(5, 3).await, (vec![ids[&1], ids[&2], ids[&3]], Some(at(4))), "the rest is due already");
    assert_eq!(list(5, 0).await, (vec![], Some(at(1))));
    assert_eq!(list(60, 10).await.1, None);
    assert_eq!(store.list_due(given.ambient.new_id(), at(60), &[], 10).await.unwrap(), Default::default());
}

/// By delivery and trigger: a resend of a skipped delivery is another request.
pub async fn what_is_skipped_is_left_out_and_not_next(store: &SharedStore) {
    let given = Given::new(store).await;
    let webhook = given.webhook().await.id;
    let mut ids = Vec::new();
    for second in 1..=4 {
        ids.push(given.retrying(webhook, second).await);
    }
    let skip = [(ids[0], Trigger::Schedule), (ids[2], Trigger::Schedule)];
    let batch = store.list_due(webhook, at(2), &skip, 10).await.unwrap();
    assert_eq!(batch.due.iter().map(|due| due.delivery_id).collect::<Vec<_>>(), [ids[1]]);
    assert_eq!(batch.next_due_at, Some(at(4)), "the one at second 3 is skipped");
    store.resend_delivery(given.workspace, ids[0], at(9)).await.unwrap();
    let batch = store.list_due(webhook, at(9), &skip, 10).await.unwrap();
    let due: Vec<_> = batch.due.iter().map(|due| (due.delivery_id, due.trigger)).collect();
    assert_eq!(due, [(ids[0], Trigger::Resend), (ids[1], Trigger::Schedule), (ids[3], Trigger::Schedule)]);
    assert_eq!(batch.next_due_at, None);
}

/// In every workspace; webhooks without work are not there.
pub async fn every_webhook_with_work_is_listed_with_its_first_time(store: &SharedStore) {
    let given = Given::new(store).await;
    let other = given.other().await;
    assert_eq!(store.list_due_webhooks().await.unwrap(), []);
    let (one, idle, theirs) = (given.webhook().await.id, given.webhook().await.id, other.webhook().await.id);
    for second in [30, 20, 40] {
        given.retrying(one, second).await;
    }
    other.delivery(theirs).await;
    let done = given.delivery(idle).await;
    store.cancel_delivery(given.workspace, done, given.now()).await.unwrap();
    let mut listed = store.list_due_webhooks().await.unwrap();
    listed.sort();
    let mut wanted = vec![(given.workspace, one, at(20)), (other.workspace, theirs, given.now())];
    wanted.sort();
    assert_eq!(listed, wanted);
}

/// First attempts that it carries are those that the queue has, with the version of the set-up they were written under.
pub async fn what_the_bell_carries_is_what_the_queue_says(store: &SharedStore) {
    let given = Given::new(store).await;
    let (one, two) = (given.webhook().await.id, given.webhook().await.id);
    let version = store.config_version(given.workspace);
    let event = given.an_event(&[one, two]);
    given.publish(&event).await;
    let signals = IntakeChanges { events: vec![given.an_event(&[one])], ..IntakeChanges::default() };
    store.commit_intake(given.workspace, version, signals).await.unwrap();
    let rung = tokio::time::timeout(PATIENCE, store.due_bell().heard()).await.expect("the bell rings");
    for (webhook, rung) in rung {
        let queued = store.list_due(webhook, given.now(), &[], 10).await.unwrap().due;
        assert!(rung.written.iter().all(|written| queued.contains(&written.due)), "{rung:?} {queued:?}");
        assert!(rung.written.iter().all(|written| written.decided_at == version));
        assert!(rung.at.is_some() || rung.written.len() == queued.len(), "nothing is left untold");
    }
    // A test is somebody's who waits for it, and is not carried.
    store.create_test_delivery(given.an_event(&[two])).await.unwrap();
    let rung = tokio::time::timeout(PATIENCE, store.due_bell().heard()).await.expect("the bell rings");
    assert!(rung[&two].written.is_empty() && rung[&two].at.is_some());
}

/// And for what came with a batch of signals, and for a retry, and for a resend, with the time of each.
pub async fn the_bell_rings_for_what_was_published(store: &SharedStore) {
    let given = Given::new(store).await;
    let (one, two) = (given.webhook().await.id, given.webhook().await.id);
    given.publish(&NewEvent { created_at: at(5), ..given.an_event(&[one, two]) }).await;
    assert_eq!(heard(store).await, HashMap::from([(one, at(5)), (two, at(5))]));

    let event = NewEvent { created_at: at(6), ..given.an_event(&[one]) };
    let changes = IntakeChanges { events: vec![event.clone()], ..IntakeChanges::default() };
    store.commit_intake(given.workspace, store.config_version(given.workspace), changes).await.unwrap();
    assert_eq!(heard(store).await, HashMap::from([(one, at(6))]));

    let due = store.list_due(two, at(5), &[], 1).await.unwrap().due.remove(0);
    given.finish(given.finished(&due, Verdict::RetryAt(at(77)))).await;
    assert_eq!(heard(store).await, HashMap::from([(two, at(77))]));

    store.resend_delivery(given.workspace, event.deliveries[0].id, at(8)).await.unwrap();
    assert_eq!(heard(store).await, HashMap::from([(one, at(8))]));

    let test = NewEvent { created_at: at(9), ..given.an_event(&[two]) };
    store.create_test_delivery(test).await.unwrap();
    assert_eq!(heard(store).await, HashMap::from([(two, at(9))]));
}

// behaviour T10
/// Asking twice before it is made is one request.
pub async fn a_resend_is_one_more_request_beside_the_schedule(store: &SharedStore) {
    let given = Given::new(store).await;
    let webhook = given.webhook().await.id;
    let id = given.delivery(webhook).await;
    given.finish(given.finished(&given.only_due(webhook).await, Verdict::RetryAt(at(60)))).await;
    let resent = store.resend_delivery(given.workspace, id, at(3)).await.unwrap();
    assert_eq!(resent, given.read(id).await);
    assert_eq!((resent.status, resent.next_attempt_at), (DeliveryStatus::Retrying, Some(at(3))));
    store.resend_delivery(given.workspace, id, at(4)).await.unwrap();
    let due = store.list_due(webhook, at(100), &[], 10).await.unwrap().due;
    let due: Vec<_> =
        due.iter().map(|due| (due.trigger, due.due_at, due.attempt_count, due.scheduled_attempts)).collect();
    assert_eq!(due, [(Trigger::Resend, at(3), 1, 1), (Trigger::Schedule, at(60), 1, 1)]);
    assert_not_found(store.resend_delivery(given.workspace, given.ambient.new_id(), at(1)).await);
}

// behaviour T11
/// Nothing is queued.
pub async fn a_resend_on_a_disabled_or_deleted_webhook_is_refused(store: &SharedStore) {
    let given = Given::new(store).await;
    let webhook = given.webhook().await;
    let id = given.delivery(webhook.id).await;
    let disabled = store.update_webhook(&Webhook { enabled: false, ..webhook }).await.unwrap();
    assert_refused(store.resend_delivery(given.workspace, id, given.now()).await);
    let enabled = store.update_webhook(&Webhook { enabled: true, ..disabled }).await.unwrap();
    store.resend_delivery(given.workspace, id, given.now()).await.unwrap();
    store.delete_webhook(given.workspace, enabled.id, given.now()).await.unwrap();
    assert_refused(store.resend_delivery(given.workspace, id, given.now()).await);
    assert_eq!(given.due(enabled.id).await, []);
}

// behaviour T12
/// A delivery that has ended says how.
pub async fn a_canceled_delivery_is_not_due_and_cannot_be_canceled_again(store: &SharedStore) {
    let given = Given::new(store).await;
    let webhook = given.webhook().await.id;
    let (id, other) = (given.delivery(webhook).await, given.delivery(webhook).await);
    store.resend_delivery(given.workspace, id, at(50)).await.unwrap();
    let canceled = store.cancel_delivery(given.workspace, id, at(2)).await.unwrap();
    assert_eq!((canceled.status, canceled.next_attempt_at), (DeliveryStatus::Canceled, None));
    assert_eq!(canceled.updated_at, at(2));
    assert_eq!(canceled, given.read(id).await);
    let due = store.list_due(webhook, at(100), &[], 10).await.unwrap().due;
    assert_eq!(due.iter().map(|due| due.delivery_id).collect::<Vec<_>>(), [other], "its resend is gone too");
    assert_refused(store.cancel_delivery(given.workspace, id, at(3)).await);
    given.finish(given.finished(&due[0], Verdict::Delivered)).await;
    assert_refused(store.cancel_delivery(given.workspace, other, at(3)).await);
    assert_not_found(store.cancel_delivery(given.workspace, given.ambient.new_id(), at(3)).await);
}

// behaviour T12
/// How it ended stays.
pub async fn a_waiting_resend_of_an_ended_delivery_can_be_canceled(store: &SharedStore) {
    let given = Given::new(store).await;
    let webhook = given.webhook().await.id;
    let id = given.delivery(webhook).await;
    given.finish(given.finished(&given.only_due(webhook).await, Verdict::Failed)).await;
    store.resend_delivery(given.workspace, id, at(1)).await.unwrap();
    let canceled = store.cancel_delivery(given.workspace, id, at(2)).await.unwrap();
    assert_eq!((canceled.status, canceled.next_attempt_at), (DeliveryStatus::Failed, None));
    assert_eq!(given.due(webhook).await, []);
}

/// Neither its event types nor its channels matter.
pub async fn a_test_delivery_is_due_at_once_whatever_the_webhook_wants(store: &SharedStore) {
    let given = Given::new(store).await;
    let webhook = given.webhook().await.id;
    let source = EventSource { test: true, ..EventSource::default() };
    let event = NewEvent { event_type: "invoice.paid".to_owned(), source, ..given.an_event(&[webhook]) };
    store.create_test_delivery(event.clone()).await.unwrap();
    let due = given.only_due(webhook).await;
    assert_eq!((due.trigger, due.due_at, &due.event_id), (Trigger::Test, event.created_at, &event.id));
    let delivery = given.read(event.deliveries[0].id).await;
    assert_eq!((delivery.status, delivery.next_attempt_at), (DeliveryStatus::Pending, Some(event.created_at)));
    assert!(store.get_event(given.workspace, &event.id).await.unwrap().source.test);
    given.finish(given.finished(&due, Verdict::Delivered)).await;
    assert_eq!(given.due(webhook).await, [], "no schedule stands behind it");
    let again = NewEvent { id: event.id, ..given.an_event(&[webhook]) };
    assert_exists(store.create_test_delivery(again).await);
}

/// And that is there.
pub async fn a_test_needs_a_webhook_that_is_enabled(store: &SharedStore) {
    let given = Given::new(store).await;
    let webhook = given.webhook().await;
    let id = webhook.id;
    let disabled = store.update_webhook(&Webhook { enabled: false, ..webhook }).await.unwrap();
    let event = given.an_event(&[id]);
    assert_refused(store.create_test_delivery(event.clone()).await);
    store.update_webhook(&Webhook { enabled: true, ..disabled }).await.unwrap();
    store.delete_webhook(given.workspace, id, given.now()).await.unwrap();
    assert_refused(store.create_test_delivery(event.clone()).await);
    assert_not_found(store.create_test_delivery(given.an_event(&[given.ambient.new_id()])).await);
    assert_not_found(store.get_event(given.workspace, &event.id).await);
}

/// Concurrent writers share transactions, and lose nothing.
pub async fn many_publish_at_once_and_all_is_there(store: &SharedStore) {
    let given = Given::new(store).await;
    let webhook = given.webhook().await.id;
    let version = store.config_version(given.workspace);
    let events: Vec<_> = (0..200).map(|_| given.an_event(&[webhook])).collect();
    let tasks = events.iter().cloned().map(|event| {
        let (store, workspace) = (store.clone(), given.workspace);
        tokio::spawn(async move { store.publish_events(workspace, version, vec![event]).await })
    });
    for task in tasks.collect::<Vec<_>>() {
        assert_eq!(task.await.unwrap().unwrap(), [crate::events::Published::Stored]);
    }
    let mut due: Vec<_> = store.list_due(webhook, given.now(), &[], 1_000).await.unwrap().due;
    due.sort_by_key(|due| due.delivery_id);
    let wanted: Vec<_> = events.iter().map(|event| event.deliveries[0].id).collect();
    assert_eq!(due.iter().map(|due| due.delivery_id).collect::<Vec<_>>(), wanted);
}
