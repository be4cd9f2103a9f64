//! Facts about the outbox of notices.

use beckon_domain::catalog::payload::{DeliveryExhausted, Payload};
use beckon_domain::delivery::Verdict;
use beckon_domain::event::{EventId, NewEvent};
use beckon_domain::id::WorkspaceId;

use super::Given;
use crate::SharedStore;
use crate::deliveries::FinishedAttempt;

async fn announce(given: &Given, mail_notices: bool) -> NewEvent {
    let webhook = given.webhook().await.id;
    given.delivery(webhook).await;
    let notice =
        NewEvent { event_type: DeliveryExhausted::EVENT_TYPE.to_owned(), channels: vec![], ..given.an_event(&[]) };
    let finished = given.finished(&given.only_due(webhook).await, Verdict::Failed);
    given.finish(FinishedAttempt { notices: vec![notice.clone()], mail_notices, ..finished }).await;
    notice
}

async fn unmailed(given: &Given, limit: u32) -> Vec<(WorkspaceId, EventId)> {
    let listed = given.store.list_unmailed(limit).await.unwrap();
    listed.into_iter().map(|(workspace, event)| (workspace, event.id)).collect()
}

/// Until it is told, oldest first; in the step that announced it, so once.
pub async fn a_notice_is_in_the_outbox_until_it_was_told(store: &SharedStore) {
    let given = Given::new(store).await;
    let other = given.other().await;
    assert_eq!(unmailed(&given, 10).await, []);
    let (one, theirs, two) = (announce(&given, true).await, announce(&other, true).await, announce(&given, true).await);
    let wanted = [(given.workspace, one.id), (other.workspace, theirs.id.clone()), (given.workspace, two.id)];
    assert_eq!(unmailed(&given, 10).await, wanted);
    assert_eq!(unmailed(&given, 2).await, wanted[..2]);
    let event = store.list_unmailed(1).await.unwrap().remove(0).1;
    assert_eq!(event, store.get_event(given.workspace, &wanted[0].1).await.unwrap());

    let not_theirs = (given.workspace, theirs.id);
    store.remove_mailed(&[wanted[0].clone(), not_theirs]).await.unwrap();
    assert_eq!(unmailed(&given, 10).await, wanted[1..]);
    store.remove_mailed(&wanted).await.unwrap();
    assert_eq!(unmailed(&given, 10).await, []);
    store.remove_mailed(&wanted).await.unwrap();
}

/// Neither one that nobody asked to mail, nor one that did not happen.
pub async fn only_what_was_announced_for_mailing_is_in_the_outbox(store: &SharedStore) {
    let given = Given::new(store).await;
    announce(&given, false).await;
    let webhook = given.webhook().await.id;
    let id = given.delivery(webhook).await;
    let due = given.only_due(webhook).await;
    store.cancel_delivery(given.workspace, id, given.now()).await.unwrap();
    let notice = NewEvent { event_type: DeliveryExhausted::EVENT_TYPE.to_owned(), ..given.an_event(&[]) };
    let finished = given.finished(&due, Verdict::Failed);
    given.finish(FinishedAttempt { notices: vec![notice], mail_notices: true, ..finished }).await;
    assert_eq!(unmailed(&given, 10).await, []);
}
