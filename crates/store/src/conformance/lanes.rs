//! Facts about the lanes of a webhook's queue.

use beckon_domain::delivery::{DeliveryStatus, Trigger, Verdict};
use beckon_domain::event::NewEvent;
use beckon_domain::id::{DeliveryId, WebhookId};
use beckon_domain::job::JobKind;

use super::given::at;
use super::jobs::run;
use super::{Given, assert_not_found, assert_refused, heard};
use crate::SharedStore;
use crate::deliveries::Lane;

/// A delivery that had failed and is replayed now.
async fn replayed(given: &Given, webhook: WebhookId) -> DeliveryId {
    let id = given.failed(webhook).await;
    run(given, JobKind::Recover { webhook_id: webhook, since: at(-1_000), until: at(1_000_000) }).await;
    id
}

async fn a_test(given: &Given, webhook: WebhookId) -> DeliveryId {
    let event = given.an_event(&[webhook]);
    given.store.create_test_delivery(event.clone()).await.unwrap();
    event.deliveries[0].id
}

// behaviour F3 (in part)
/// Tests, first attempts, resends, retries, replays; however long each has waited.
pub async fn what_is_due_comes_lane_by_lane(store: &SharedStore) {
    let given = Given::new(store).await;
    let webhook = given.webhook().await.id;
    let replay = replayed(&given, webhook).await;
    given.tick();
    let retry = given.retrying(webhook, 2).await;
    given.tick();
    given.tick();
    let resent = given.failed(webhook).await;
    store.resend_delivery(given.workspace, resent, given.now()).await.unwrap();
    given.tick();
    let first = given.delivery(webhook).await;
    given.tick();
    let test = a_test(&given, webhook).await;
    let due = given.due(webhook).await;
    assert_eq!(due.iter().map(|due| due.delivery_id).collect::<Vec<_>>(), [test, first, resent, retry, replay]);
    assert_eq!(due.iter().map(Lane::of).collect::<Vec<_>>(), Lane::ALL);
    let triggers = [Trigger::Test, Trigger::Schedule, Trigger::Resend, Trigger::Schedule, Trigger::Replay];
    assert_eq!(due.iter().map(|due| due.trigger).collect::<Vec<_>>(), triggers);
}

// behaviour F3 (in part)
/// A backlog in one lane hides nothing of another.
pub async fn each_lane_is_bounded_by_itself(store: &SharedStore) {
    let given = Given::new(store).await;
    let webhook = given.webhook().await.id;
    for _ in 0..5 {
        given.failed(webhook).await;
    }
    run(&given, JobKind::Recover { webhook_id: webhook, since: at(-1_000), until: at(1_000) }).await;
    for second in 1..=5 {
        given.retrying(webhook, second).await;
    }
    for _ in 0..3 {
        given.delivery(webhook).await;
    }
    let batch = store.list_due(webhook, at(3), &[], 2).await.unwrap();
    let lanes: Vec<_> = batch.due.iter().map(Lane::of).collect();
    assert_eq!(lanes, [Lane::First, Lane::First, Lane::Retry, Lane::Retry, Lane::Replay, Lane::Replay]);
    assert!(batch.next_due_at.unwrap() <= at(3), "there is more that is due");
    let batch = store.list_due(webhook, at(3), &[], 9).await.unwrap();
    assert_eq!((batch.due.len(), batch.next_due_at), (3 + 3 + 5, Some(at(4))));
}

// behaviour D7 (in part)
/// A clock that was set back strands nothing new.
pub async fn only_later_attempts_wait_for_their_time(store: &SharedStore) {
    let given = Given::new(store).await;
    let webhook = given.webhook().await.id;
    let resent = given.failed(webhook).await;
    given.retrying(webhook, 100).await;
    store.resend_delivery(given.workspace, resent, at(200)).await.unwrap();
    let event = NewEvent { created_at: at(300), ..given.an_event(&[webhook]) };
    given.publish(&event).await;
    let test = NewEvent { created_at: at(400), ..given.an_event(&[webhook]) };
    store.create_test_delivery(test.clone()).await.unwrap();
    let batch = store.list_due(webhook, at(-5_000), &[], 10).await.unwrap();
    let ids: Vec<_> = batch.due.iter().map(|due| due.delivery_id).collect();
    assert_eq!(ids, [test.deliveries[0].id, event.deliveries[0].id, resent]);
    assert_eq!(batch.next_due_at, Some(at(100)));
    let none = store.list_due(webhook, at(-5_000), &[], 0).await.unwrap();
    assert!(none.next_due_at.unwrap() <= at(-5_000), "it is time for those that do not wait");
}

/// With attempts counted anew, and its retries behind all others.
pub async fn a_replay_runs_the_schedule_anew_in_its_lane(store: &SharedStore) {
    let given = Given::new(store).await;
    let webhook = given.webhook().await.id;
    let id = replayed(&given, webhook).await;
    let due = given.only_due(webhook).await;
    assert_eq!((due.trigger, due.scheduled_attempts, due.attempt_count), (Trigger::Replay, 0, 1));
    assert_eq!(given.read(id).await.status, DeliveryStatus::Retrying, "it had an attempt before");

    given.finish(given.finished(&due, Verdict::RetryAt(at(50)))).await;
    assert_eq!(given.read(id).await.next_attempt_at, Some(at(50)));
    let batch = store.list_due(webhook, at(49), &[], 10).await.unwrap();
    assert_eq!((batch.due, batch.next_due_at), (vec![], Some(at(50))));
    given.retrying(webhook, 50).await;
    let due = store.list_due(webhook, at(50), &[], 10).await.unwrap().due;
    let triggers: Vec<_> = due.iter().map(|due| (due.trigger, due.scheduled_attempts)).collect();
    assert_eq!(triggers, [(Trigger::Schedule, 1), (Trigger::Replay, 1)]);

    given.finish(given.finished(&due[1], Verdict::Failed)).await;
    assert_eq!(given.read(id).await.status, DeliveryStatus::Failed);
    run(&given, JobKind::Recover { webhook_id: webhook, since: at(-1), until: at(1_000) }).await;
    let again = given.due_of(webhook, id).await;
    assert_eq!((again.trigger, again.scheduled_attempts, again.attempt_count), (Trigger::Replay, 0, 3));
    given.finish(given.finished(&again, Verdict::Delivered)).await;
    assert_eq!((given.read(id).await.status, given.read(id).await.next_attempt_at), (DeliveryStatus::Delivered, None));
}

/// Once; the schedule goes on from there.
pub async fn a_retry_can_be_made_due_at_once(store: &SharedStore) {
    let given = Given::new(store).await;
    let webhook = given.webhook().await.id;
    let id = given.retrying(webhook, 3_600).await;
    heard(store).await;
    let hurried = store.retry_delivery_now(given.workspace, id, at(7)).await.unwrap();
    assert_eq!((hurried.status, hurried.next_attempt_at), (DeliveryStatus::Retrying, Some(at(7))));
    assert_eq!(hurried, given.read(id).await);
    assert_eq!(heard(store).await, [(webhook, at(7))].into());
    let later = store.retry_delivery_now(given.workspace, id, at(9)).await.unwrap();
    assert_eq!(later.next_attempt_at, Some(at(7)), "asking again does not put it off");
    let due = store.list_due(webhook, at(7), &[], 10).await.unwrap();
    let found: Vec<_> = due.due.iter().map(|due| (due.trigger, due.due_at, due.scheduled_attempts)).collect();
    assert_eq!((found, due.next_due_at), (vec![(Trigger::Schedule, at(7), 1)], None));
    given.finish(given.finished(&due.due[0], Verdict::Delivered)).await;
    assert_eq!(store.list_due_webhooks().await.unwrap(), []);
}

/// There is nothing left to hurry; what is due anyway stays where it is.
pub async fn what_has_ended_cannot_be_made_due_at_once(store: &SharedStore) {
    let given = Given::new(store).await;
    let other = given.other().await;
    let webhook = given.webhook().await.id;
    let first = given.delivery(webhook).await;
    let same = store.retry_delivery_now(given.workspace, first, at(5)).await.unwrap();
    assert_eq!((same.status, same.next_attempt_at), (DeliveryStatus::Pending, Some(given.now())));
    assert_eq!(given.only_due(webhook).await.delivery_id, first);
    let failed = given.failed(webhook).await;
    assert_refused(store.retry_delivery_now(given.workspace, failed, at(5)).await);
    store.cancel_delivery(given.workspace, first, at(6)).await.unwrap();
    assert_refused(store.retry_delivery_now(given.workspace, first, at(7)).await);
    assert_not_found(store.retry_delivery_now(given.workspace, given.ambient.new_id(), at(7)).await);
    assert_not_found(store.retry_delivery_now(other.workspace, failed, at(7)).await);
    assert_eq!(given.due(webhook).await, []);
}
