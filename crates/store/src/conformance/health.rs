//! Facts about what is remembered of how receivers do.

use beckon_domain::catalog::payload::{Payload, WebhookFailing};
use beckon_domain::delivery::Verdict;
use beckon_domain::event::NewEvent;
use beckon_domain::health::{DISABLE_AFTER_DEFAULT, Health, Seen};
use beckon_domain::webhook::Webhook;

use super::given::at;
use super::{Given, assert_not_found};
use crate::SharedStore;
use crate::deliveries::FinishedAttempt;

/// The health of a webhook that has failed so often.
fn failing(given: &Given, failures: usize) -> Health {
    let mut health = Health::default();
    let seen = Seen::Failure { too_much: false, retry_after: None };
    for _ in 0..failures {
        health.note(given.ambient.new_id(), seen, given.now(), DISABLE_AFTER_DEFAULT, given.now(), 0.5);
    }
    health
}

async fn record(given: &Given, webhook: &Webhook, health: &Health) {
    given.delivery(webhook.id).await;
    let due = given.due(webhook.id).await.remove(0);
    let finished = given.finished(&due, Verdict::Failed);
    given.finish(FinishedAttempt { health: Some(health.clone()), ..finished }).await;
}

// behaviour T14 (in part)
/// Whole, so that a restart forgets nothing; and not at all once it is well.
pub async fn health_is_recorded_with_the_attempt_that_changed_it(store: &SharedStore) {
    let given = Given::new(store).await;
    let other = given.other().await;
    let (webhook, fine, theirs) = (given.webhook().await, given.webhook().await, other.webhook().await);
    assert_eq!(store.get_webhook_health(given.workspace, webhook.id).await.unwrap(), Health::default());
    assert_eq!(store.list_unwell_webhooks().await.unwrap(), []);

    record(&given, &webhook, &failing(&given, 1)).await;
    let tripped = failing(&given, 7);
    record(&given, &webhook, &tripped).await;
    record(&given, &fine, &Health::default()).await;
    let theirs_is = failing(&other, 2);
    record(&other, &theirs, &theirs_is).await;
    assert_eq!(store.get_webhook_health(given.workspace, webhook.id).await.unwrap(), tripped);
    let mut unwell = store.list_unwell_webhooks().await.unwrap();
    unwell.sort_by_key(|(_, id, _)| *id);
    let wanted = [(given.workspace, webhook.id, tripped), (other.workspace, theirs.id, theirs_is)];
    assert_eq!(unwell, wanted);

    given.delivery(webhook.id).await;
    let due = given.only_due(webhook.id).await;
    given.finish(given.finished(&due, Verdict::Delivered)).await;
    assert_eq!(store.list_unwell_webhooks().await.unwrap().len(), 2, "an attempt that does not say leaves it");
    record(&given, &webhook, &Health::default()).await;
    assert_eq!(store.get_webhook_health(given.workspace, webhook.id).await.unwrap(), Health::default());
    assert_eq!(store.list_unwell_webhooks().await.unwrap().len(), 1);
}

/// It begins anew when it is enabled again; an attempt that comes in late brings nothing back.
pub async fn a_webhook_that_is_no_longer_live_has_no_health(store: &SharedStore) {
    let given = Given::new(store).await;
    let (webhook, gone, watcher) = (given.webhook().await, given.webhook().await, given.webhook().await);
    let unwell = failing(&given, 7);
    record(&given, &webhook, &unwell).await;
    record(&given, &gone, &unwell).await;
    given.delivery(webhook.id).await;
    let late = given.only_due(webhook.id).await;
    let disabled = store.update_webhook(&Webhook { enabled: false, ..webhook.clone() }).await.unwrap();
    store.delete_webhook(given.workspace, gone.id, at(9)).await.unwrap();
    assert_eq!(store.list_unwell_webhooks().await.unwrap(), []);

    let told = NewEvent {
        event_type: WebhookFailing::EVENT_TYPE.to_owned(),
        channels: vec![],
        ..given.an_event(&[watcher.id])
    };
    let finished = given.finished(&late, Verdict::RetryAt(at(60)));
    given.finish(FinishedAttempt { health: Some(unwell.clone()), notices: vec![told.clone()], ..finished }).await;
    assert_not_found(store.get_event(given.workspace, &told.id).await);
    store.update_webhook(&Webhook { enabled: true, ..disabled }).await.unwrap();
    assert_eq!(store.get_webhook_health(given.workspace, webhook.id).await.unwrap(), Health::default());

    record(&given, &webhook, &unwell).await;
    given.delivery(webhook.id).await;
    let finished = given.finished(&given.only_due(webhook.id).await, Verdict::Failed);
    let reason = Some("five days of failures".to_owned());
    given.finish(FinishedAttempt { health: Some(unwell), disable_webhook: reason, ..finished }).await;
    assert_eq!(store.list_unwell_webhooks().await.unwrap(), [], "forgotten in the step that disabled it");
}

// behaviour R9
/// Nor is that of a webhook that is not there.
pub async fn the_health_of_another_workspace_is_not_found(store: &SharedStore) {
    let given = Given::new(store).await;
    let other = given.other().await;
    let theirs = other.webhook().await;
    record(&other, &theirs, &failing(&other, 3)).await;
    assert_not_found(store.get_webhook_health(given.workspace, theirs.id).await);
    assert_not_found(store.get_webhook_health(given.workspace, given.ambient.new_id()).await);
}
