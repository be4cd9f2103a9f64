//! Facts about recording attempts.

use std::sync::Arc;

use beckon_domain::catalog::payload::{DeliveryExhausted, Payload, WebhookDisabled};
use beckon_domain::delivery::{DeliveryStatus, Trigger, Verdict};
use beckon_domain::event::NewEvent;
use beckon_domain::id::WebhookId;
use beckon_domain::webhook::Webhook;

use super::given::at;
use super::{Given, assert_not_found, everything};
use crate::SharedStore;
use crate::deliveries::{AttemptsOf, FinishedAttempt};

fn notice(given: &Given, event_type: &str, to: &[WebhookId]) -> NewEvent {
    NewEvent { event_type: event_type.to_owned(), channels: vec![], ..given.an_event(to) }
}

// behaviour T9
/// After failures as well.
pub async fn a_success_ends_a_delivery(store: &SharedStore) {
    let given = Given::new(store).await;
    let webhook = given.webhook().await.id;
    let id = given.delivery(webhook).await;
    given.finish(given.finished(&given.only_due(webhook).await, Verdict::RetryAt(at(0)))).await;
    given.finish(given.finished(&given.only_due(webhook).await, Verdict::Delivered)).await;
    let delivery = given.read(id).await;
    assert_eq!((delivery.status, delivery.attempt_count), (DeliveryStatus::Delivered, 2));
    assert_eq!(delivery.next_attempt_at, None);
    assert_eq!(store.list_due(webhook, at(1_000_000), &[], 10).await.unwrap(), Default::default());
    assert_eq!(store.list_due_webhooks().await.unwrap(), []);
}

// behaviour V2
/// And not before.
pub async fn a_failure_is_retried_when_it_says_so(store: &SharedStore) {
    let given = Given::new(store).await;
    let webhook = given.webhook().await.id;
    let id = given.delivery(webhook).await;
    given.finish(given.finished(&given.only_due(webhook).await, Verdict::RetryAt(at(300)))).await;
    let delivery = given.read(id).await;
    assert_eq!((delivery.status, delivery.attempt_count), (DeliveryStatus::Retrying, 1));
    assert_eq!(delivery.next_attempt_at, Some(at(300)));
    let batch = store.list_due(webhook, at(299), &[], 10).await.unwrap();
    assert_eq!((batch.due, batch.next_due_at), (vec![], Some(at(300))));
    let due = store.list_due(webhook, at(300), &[], 10).await.unwrap().due.remove(0);
    assert_eq!((due.trigger, due.scheduled_attempts, due.attempt_count), (Trigger::Schedule, 1, 1));
}

// behaviour T8
/// Once, in the same step.
pub async fn an_exhausted_delivery_has_failed_and_is_announced(store: &SharedStore) {
    let given = Given::new(store).await;
    let (webhook, watcher) = (given.webhook().await.id, given.webhook().await.id);
    let id = given.delivery(webhook).await;
    let announced = notice(&given, DeliveryExhausted::EVENT_TYPE, &[watcher]);
    let finished = given.finished(&given.only_due(webhook).await, Verdict::Failed);
    given.finish(FinishedAttempt { notices: vec![announced.clone()], ..finished }).await;
    let delivery = given.read(id).await;
    assert_eq!((delivery.status, delivery.next_attempt_at), (DeliveryStatus::Failed, None));
    assert_eq!(given.due(webhook).await, []);
    assert_eq!(given.only_due(watcher).await.event_id, announced.id);
    assert_eq!(store.get_event(given.workspace, &announced.id).await.unwrap().delivery_count, 1);
}

// behaviour T12, T8 (in part)
/// The attempt is recorded all the same.
pub async fn what_was_canceled_meanwhile_stays_canceled_unless_delivered(store: &SharedStore) {
    let given = Given::new(store).await;
    let (webhook, watcher) = (given.webhook().await.id, given.webhook().await.id);
    for (verdict, status) in [
        (Verdict::RetryAt(at(60)), DeliveryStatus::Canceled),
        (Verdict::Failed, DeliveryStatus::Canceled),
        (Verdict::Delivered, DeliveryStatus::Delivered),
    ] {
        let id = given.delivery(webhook).await;
        let due = given.only_due(webhook).await;
        store.cancel_delivery(given.workspace, id, given.now()).await.unwrap();
        let announced = notice(&given, DeliveryExhausted::EVENT_TYPE, &[watcher]);
        let finished = given.finished(&due, verdict.clone());
        given.finish(FinishedAttempt { notices: vec![announced.clone()], ..finished }).await;
        let delivery = given.read(id).await;
        assert_eq!(
            (delivery.status, delivery.next_attempt_at, delivery.attempt_count),
            (status, None, 1),
            "{verdict:?}"
        );
        assert_eq!(store.list_due(webhook, at(1_000), &[], 10).await.unwrap(), Default::default(), "{verdict:?}");
        assert_not_found(store.get_event(given.workspace, &announced.id).await);
        let attempts = store.list_attempts(given.workspace, AttemptsOf::Delivery(id), everything()).await.unwrap();
        assert_eq!(attempts.rows.len(), 1);
    }
}

// behaviour R7
/// Even if it was enabled again before the attempt was recorded.
pub async fn a_webhook_disabled_meanwhile_gets_no_retry(store: &SharedStore) {
    let given = Given::new(store).await;
    let webhook = given.webhook().await;
    let id = given.delivery(webhook.id).await;
    let due = given.only_due(webhook.id).await;
    let disabled = store.update_webhook(&Webhook { enabled: false, ..webhook.clone() }).await.unwrap();
    store.update_webhook(&Webhook { enabled: true, ..disabled }).await.unwrap();
    given.finish(given.finished(&due, Verdict::RetryAt(at(60)))).await;
    assert_eq!(given.read(id).await.status, DeliveryStatus::Canceled);

    let id = given.delivery(webhook.id).await;
    let due = given.only_due(webhook.id).await;
    store.delete_webhook(given.workspace, webhook.id, given.now()).await.unwrap();
    given.finish(given.finished(&due, Verdict::RetryAt(at(60)))).await;
    assert_eq!(given.read(id).await.status, DeliveryStatus::Canceled);
    assert_eq!(store.list_due(webhook.id, at(1_000), &[], 10).await.unwrap(), Default::default());
}

// behaviour T10
/// Neither canceled nor doubled nor delayed.
pub async fn a_failed_resend_leaves_the_schedule(store: &SharedStore) {
    let given = Given::new(store).await;
    let webhook = given.webhook().await.id;
    let id = given.delivery(webhook).await;
    given.finish(given.finished(&given.only_due(webhook).await, Verdict::RetryAt(at(60)))).await;
    store.resend_delivery(given.workspace, id, given.now()).await.unwrap();
    let resend = given.only_due(webhook).await;
    assert_eq!(resend.trigger, Trigger::Resend);
    given.finish(given.finished(&resend, Verdict::ScheduleUnchanged)).await;
    let delivery = given.read(id).await;
    assert_eq!((delivery.status, delivery.attempt_count), (DeliveryStatus::Retrying, 2));
    assert_eq!(delivery.next_attempt_at, Some(at(60)));
    let due = store.list_due(webhook, at(60), &[], 10).await.unwrap().due;
    let due: Vec<_> = due.iter().map(|due| (due.trigger, due.scheduled_attempts, due.attempt_count)).collect();
    assert_eq!(due, [(Trigger::Schedule, 1, 2)]);
}

// behaviour T9
/// Whatever was still to come.
pub async fn a_successful_resend_ends_the_schedule(store: &SharedStore) {
    let given = Given::new(store).await;
    let webhook = given.webhook().await.id;
    let id = given.delivery(webhook).await;
    given.finish(given.finished(&given.only_due(webhook).await, Verdict::RetryAt(at(60)))).await;
    store.resend_delivery(given.workspace, id, given.now()).await.unwrap();
    given.finish(given.finished(&given.only_due(webhook).await, Verdict::Delivered)).await;
    let delivery = given.read(id).await;
    assert_eq!((delivery.status, delivery.next_attempt_at), (DeliveryStatus::Delivered, None));
    assert_eq!(store.list_due(webhook, at(1_000), &[], 10).await.unwrap(), Default::default());
}

/// A scheduled request that was under way when a resend succeeded.
pub async fn a_late_failure_after_a_success_changes_nothing(store: &SharedStore) {
    let given = Given::new(store).await;
    let webhook = given.webhook().await.id;
    let id = given.delivery(webhook).await;
    let scheduled = given.only_due(webhook).await;
    store.resend_delivery(given.workspace, id, given.now()).await.unwrap();
    let resend = given.due(webhook).await.into_iter().find(|due| due.trigger == Trigger::Resend).unwrap();
    given.finish(given.finished(&resend, Verdict::Delivered)).await;
    given.finish(given.finished(&scheduled, Verdict::RetryAt(at(60)))).await;
    let delivery = given.read(id).await;
    assert_eq!((delivery.status, delivery.next_attempt_at), (DeliveryStatus::Delivered, None));
    assert_eq!(delivery.attempt_count, 2);
    let attempts = store.list_attempts(given.workspace, AttemptsOf::Delivery(id), everything()).await.unwrap();
    assert_eq!(attempts.rows.iter().map(|attempt| attempt.number).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(store.list_due(webhook, at(1_000), &[], 10).await.unwrap(), Default::default());
}

/// Or leaves it failed.
pub async fn a_resend_revives_what_had_failed(store: &SharedStore) {
    let given = Given::new(store).await;
    let webhook = given.webhook().await.id;
    let id = given.delivery(webhook).await;
    given.finish(given.finished(&given.only_due(webhook).await, Verdict::Failed)).await;
    for (verdict, status) in
        [(Verdict::ScheduleUnchanged, DeliveryStatus::Failed), (Verdict::Delivered, DeliveryStatus::Delivered)]
    {
        let resent = store.resend_delivery(given.workspace, id, given.now()).await.unwrap();
        assert_eq!((resent.status, resent.next_attempt_at), (DeliveryStatus::Failed, Some(given.now())));
        given.finish(given.finished(&given.only_due(webhook).await, verdict)).await;
        let delivery = given.read(id).await;
        assert_eq!((delivery.status, delivery.next_attempt_at), (status, None));
    }
}

/// There is no schedule it could wait for.
pub async fn a_failed_test_has_failed(store: &SharedStore) {
    let given = Given::new(store).await;
    let webhook = given.webhook().await.id;
    let event = given.an_event(&[webhook]);
    store.create_test_delivery(event.clone()).await.unwrap();
    given.finish(given.finished(&given.only_due(webhook).await, Verdict::ScheduleUnchanged)).await;
    let delivery = given.read(event.deliveries[0].id).await;
    assert_eq!((delivery.status, delivery.attempt_count, delivery.next_attempt_at), (DeliveryStatus::Failed, 1, None));
    assert_eq!(given.due(webhook).await, []);
}

// behaviour T7
/// With the reason shown, everything waiting canceled, and one notice, however many ask for it.
pub async fn an_attempt_can_disable_its_webhook_once(store: &SharedStore) {
    let given = Given::new(store).await;
    let (webhook, watcher) = (given.webhook().await, given.webhook().await.id);
    let (first, second) = (given.delivery(webhook.id).await, given.delivery(webhook.id).await);
    let waiting = given.delivery(webhook.id).await;
    let due = given.due(webhook.id).await;
    let before = store.config_version(given.workspace);
    let gone = |due, notice: &NewEvent| FinishedAttempt {
        disable_webhook: Some("the receiver answered 410".to_owned()),
        notices: vec![notice.clone()],
        ..given.finished(due, Verdict::Failed)
    };
    let told = notice(&given, WebhookDisabled::EVENT_TYPE, &[watcher, webhook.id]);
    let untold = notice(&given, WebhookDisabled::EVENT_TYPE, &[watcher]);
    let results =
        store.finish_attempts(vec![Arc::new(gone(&due[0], &told)), Arc::new(gone(&due[1], &untold))]).await.unwrap();
    assert!(results.iter().all(Result::is_ok), "{results:?}");

    let disabled = store.get_webhook(given.workspace, webhook.id).await.unwrap();
    assert!(!disabled.enabled);
    assert_eq!(disabled.disabled_reason.as_deref(), Some("the receiver answered 410"));
    assert_eq!((disabled.revision, &disabled.signing_keys), (webhook.revision + 1, &webhook.signing_keys));
    assert!(store.config_version(given.workspace) > before);
    assert_eq!(given.read(first).await.status, DeliveryStatus::Failed);
    assert_eq!(given.read(second).await.status, DeliveryStatus::Canceled, "canceled before it was recorded");
    assert_eq!(given.read(waiting).await.status, DeliveryStatus::Canceled);
    assert_eq!(given.due(webhook.id).await, []);
    assert_eq!(given.only_due(watcher).await.event_id, told.id);
    assert_not_found(store.get_event(given.workspace, &untold.id).await);
}

// behaviour R7
/// Who gets a notice was decided before the attempt was recorded.
pub async fn notices_go_only_to_webhooks_that_are_live(store: &SharedStore) {
    let given = Given::new(store).await;
    let (webhook, watcher, late) = (given.webhook().await.id, given.webhook().await.id, given.webhook().await.id);
    given.delivery(webhook).await;
    let due = given.only_due(webhook).await;
    store.delete_webhook(given.workspace, late, given.now()).await.unwrap();
    let announced = notice(&given, DeliveryExhausted::EVENT_TYPE, &[late, watcher]);
    let finished = given.finished(&due, Verdict::Failed);
    given.finish(FinishedAttempt { notices: vec![announced.clone()], ..finished }).await;
    assert_eq!(given.due(late).await, []);
    assert_eq!(given.only_due(watcher).await.delivery_id, announced.deliveries[1].id);
    assert_eq!(store.get_event(given.workspace, &announced.id).await.unwrap().delivery_count, 1);
}

/// Who lost the answer to a commit asks again.
pub async fn an_attempt_is_recorded_once_however_often_it_is_told(store: &SharedStore) {
    let given = Given::new(store).await;
    let webhook = given.webhook().await;
    let delivery = given.delivery(webhook.id).await;
    let first = given.finished(&given.only_due(webhook.id).await, Verdict::RetryAt(at(5)));
    let told = FinishedAttempt { notices: vec![given.an_event(&[])], ..first };
    given.finish(told.clone()).await;
    given.finish(told.clone()).await;
    (0..5).for_each(|_| given.tick());
    let second = given.finished(&given.only_due(webhook.id).await, Verdict::Delivered);
    given.finish(second).await;
    given.finish(told).await;
    let read = given.read(delivery).await;
    assert_eq!((read.status, read.attempt_count, read.next_attempt_at), (DeliveryStatus::Delivered, 2, None));
    let attempts = store.list_attempts(given.workspace, AttemptsOf::Delivery(delivery), everything()).await.unwrap();
    assert_eq!(attempts.rows.len(), 2);
}

/// Results stand in the order of the call.
pub async fn one_that_fails_does_not_touch_the_others(store: &SharedStore) {
    let given = Given::new(store).await;
    let webhook = given.webhook().await.id;
    let (one, two) = (given.delivery(webhook).await, given.delivery(webhook).await);
    let due = given.due(webhook).await;
    let mut unknown = given.finished(&due[0], Verdict::Delivered);
    unknown.attempt.delivery_id = given.ambient.new_id();
    let batch =
        vec![given.finished(&due[0], Verdict::Delivered), unknown, given.finished(&due[1], Verdict::RetryAt(at(60)))];
    let mut results = store.finish_attempts(batch.into_iter().map(Arc::new).collect()).await.unwrap();
    assert_eq!(results.len(), 3);
    results.remove(2).unwrap();
    assert_not_found(results.remove(1));
    results.remove(0).unwrap();
    assert_eq!((given.read(one).await.status, given.read(one).await.attempt_count), (DeliveryStatus::Delivered, 1));
    assert_eq!((given.read(two).await.status, given.read(two).await.attempt_count), (DeliveryStatus::Retrying, 1));
    assert_eq!(store.finish_attempts(vec![]).await.unwrap().len(), 0);
}

// behaviour R9
/// And nothing of them is recorded.
pub async fn attempts_of_another_workspace_are_not_found(store: &SharedStore) {
    let given = Given::new(store).await;
    let other = given.other().await;
    let webhook = other.webhook().await.id;
    let id = other.delivery(webhook).await;
    let finished = given.finished(&other.only_due(webhook).await, Verdict::Delivered);
    let finished = FinishedAttempt { workspace_id: given.workspace, ..finished };
    assert_not_found(store.finish_attempts(vec![Arc::new(finished)]).await.unwrap().remove(0));
    assert_eq!(other.read(id).await.attempt_count, 0);
    assert_eq!(other.due(webhook).await.len(), 1);
}
