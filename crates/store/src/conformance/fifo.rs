//! Facts about webhooks that want strict order.

use beckon_domain::delivery::{DeliveryStatus, Trigger, Verdict};
use beckon_domain::event::NewEvent;
use beckon_domain::id::{DeliveryId, WebhookId};
use beckon_domain::job::JobKind;
use beckon_domain::webhook::Webhook;
use jiff::Timestamp;

use super::given::at;
use super::jobs::run;
use super::{Given, heard};
use crate::SharedStore;

async fn a_fifo_webhook(given: &Given) -> Webhook {
    let webhook = Webhook { fifo: true, ..given.a_webhook() };
    given.store.create_webhook(&webhook).await.unwrap();
    webhook
}

/// One delivery for each second.
async fn deliveries<const N: usize>(given: &Given, webhook: WebhookId, seconds: [i64; N]) -> [DeliveryId; N] {
    let mut ids = Vec::new();
    for second in seconds {
        let event = NewEvent { created_at: at(second), ..given.an_event(&[webhook]) };
        given.publish(&event).await;
        ids.push(event.deliveries[0].id);
    }
    ids.try_into().unwrap()
}

async fn listed(given: &Given, webhook: WebhookId, now: i64) -> (Vec<DeliveryId>, Option<Timestamp>) {
    let batch = given.store.list_due(webhook, at(now), &[], 10).await.unwrap();
    (batch.due.iter().map(|due| due.delivery_id).collect(), batch.next_due_at)
}

async fn finish(given: &Given, webhook: WebhookId, now: i64, id: DeliveryId, verdict: Verdict) {
    let due = given.store.list_due(webhook, at(now), &[], 10).await.unwrap().due;
    let due = due.into_iter().find(|due| due.delivery_id == id).unwrap();
    given.finish(given.finished(&due, verdict)).await;
}

/// One that waits for its time lets nothing pass.
pub async fn a_retry_holds_up_what_stands_behind_it(store: &SharedStore) {
    let given = Given::new(store).await;
    let webhook = a_fifo_webhook(&given).await.id;
    let [one, two, three] = deliveries(&given, webhook, [1, 2, 3]).await;
    assert_eq!(listed(&given, webhook, 5).await, (vec![one, two, three], None));
    finish(&given, webhook, 5, one, Verdict::Delivered).await;
    finish(&given, webhook, 5, two, Verdict::RetryAt(at(60))).await;
    assert_eq!(given.read(two).await.next_attempt_at, Some(at(60)));
    let [four] = deliveries(&given, webhook, [6]).await;
    assert_eq!(listed(&given, webhook, 59).await, (vec![], Some(at(60))));
    assert_eq!(store.list_due_webhooks().await.unwrap(), [(given.workspace, webhook, at(60))]);
    assert_eq!(listed(&given, webhook, 60).await, (vec![two, three, four], None));
    let due = store.list_due(webhook, at(60), &[], 1).await.unwrap();
    assert_eq!((due.due[0].due_at, due.due[0].scheduled_attempts, due.due[0].trigger), (at(60), 1, Trigger::Schedule));
    assert!(due.next_due_at.unwrap() <= at(60));
}

/// Delivered, failed for good, or canceled: and the bell rings for those behind it.
pub async fn what_was_held_up_goes_on_once_the_first_has_ended(store: &SharedStore) {
    let given = Given::new(store).await;
    let webhook = a_fifo_webhook(&given).await.id;
    let [one, two, three, four] = deliveries(&given, webhook, [1, 2, 3, 4]).await;
    for (n, (id, behind)) in [(one, two), (two, three), (three, four)].into_iter().enumerate() {
        finish(&given, webhook, 5, id, Verdict::RetryAt(at(60))).await;
        assert_eq!(listed(&given, webhook, 5).await, (vec![], Some(at(60))));
        heard(store).await;
        match n {
            0 => finish(&given, webhook, 60, id, Verdict::Failed).await,
            1 => finish(&given, webhook, 60, id, Verdict::Delivered).await,
            _ => drop(store.cancel_delivery(given.workspace, id, at(7)).await.unwrap()),
        }
        assert!(heard(store).await.contains_key(&webhook), "number {n}");
        assert_eq!(listed(&given, webhook, 5).await.0[0], behind);
    }
    finish(&given, webhook, 5, four, Verdict::RetryAt(at(60))).await;
    let hurried = store.retry_delivery_now(given.workspace, four, at(8)).await.unwrap();
    assert_eq!(hurried.next_attempt_at, Some(at(8)));
    assert_eq!(listed(&given, webhook, 8).await.0, [four]);
}

/// Tests and resends.
pub async fn what_a_person_asks_for_passes(store: &SharedStore) {
    let given = Given::new(store).await;
    let webhook = a_fifo_webhook(&given).await.id;
    let [one, two] = deliveries(&given, webhook, [1, 2]).await;
    finish(&given, webhook, 5, one, Verdict::RetryAt(at(60))).await;
    let test = given.an_event(&[webhook]);
    store.create_test_delivery(test.clone()).await.unwrap();
    store.resend_delivery(given.workspace, two, at(6)).await.unwrap();
    assert_eq!(listed(&given, webhook, 7).await, (vec![test.deliveries[0].id, two], Some(at(60))));
    let resend = store.list_due(webhook, at(7), &[], 10).await.unwrap().due.remove(1);
    given.finish(given.finished(&resend, Verdict::ScheduleUnchanged)).await;
    assert_eq!(given.read(two).await.status, DeliveryStatus::Pending);
    assert_eq!(listed(&given, webhook, 60).await.0, [test.deliveries[0].id, one, two], "it keeps its place");
}

/// In the place of its event.
pub async fn a_replay_takes_its_place_in_the_order(store: &SharedStore) {
    let given = Given::new(store).await;
    let webhook = a_fifo_webhook(&given).await.id;
    let [one, two] = deliveries(&given, webhook, [1, 2]).await;
    finish(&given, webhook, 5, one, Verdict::Failed).await;
    run(&given, JobKind::Recover { webhook_id: webhook, since: at(0), until: at(5) }).await;
    assert_eq!(listed(&given, webhook, 10).await, (vec![one, two], None));
    let due = store.list_due(webhook, at(10), &[], 1).await.unwrap().due.remove(0);
    assert_eq!((due.trigger, due.scheduled_attempts), (Trigger::Replay, 0));
    given.finish(given.finished(&due, Verdict::RetryAt(at(60)))).await;
    assert_eq!(listed(&given, webhook, 10).await, (vec![], Some(at(60))));
    finish(&given, webhook, 60, one, Verdict::Delivered).await;
    assert_eq!(listed(&given, webhook, 10).await, (vec![two], None));
}

/// And nothing is lost or doubled on the way.
pub async fn a_webhook_that_becomes_fifo_has_what_waits_put_in_order(store: &SharedStore) {
    let given = Given::new(store).await;
    let webhook = given.webhook().await;
    let id = webhook.id;
    let [one, two, three, four] = deliveries(&given, id, [1, 2, 3, 4]).await;
    finish(&given, id, 5, one, Verdict::Failed).await;
    finish(&given, id, 5, three, Verdict::RetryAt(at(60))).await;
    finish(&given, id, 5, two, Verdict::RetryAt(at(70))).await;
    run(&given, JobKind::Recover { webhook_id: id, since: at(0), until: at(5) }).await;
    assert_eq!(listed(&given, id, 10).await, (vec![four, one], Some(at(60))));

    let ordered = store.update_webhook(&Webhook { fifo: true, ..webhook }).await.unwrap();
    assert_eq!(listed(&given, id, 10).await, (vec![one], Some(at(70))));
    assert_eq!(listed(&given, id, 70).await, (vec![one, two, three, four], None));
    let due = store.list_due(id, at(70), &[], 10).await.unwrap().due;
    let triggers: Vec<_> = due.iter().map(|due| (due.trigger, due.due_at)).collect();
    assert_eq!(triggers[0].0, Trigger::Replay);
    assert_eq!(triggers[1..], [(Trigger::Schedule, at(70)), (Trigger::Schedule, at(60)), (Trigger::Schedule, at(4))]);

    let free = store.update_webhook(&Webhook { fifo: false, ..ordered }).await.unwrap();
    assert!(!free.fifo);
    assert_eq!(listed(&given, id, 10).await, (vec![four, one], Some(at(60))), "each is in its lane again");
    assert_eq!(listed(&given, id, 70).await, (vec![four, three, two, one], None));
    for delivery in [one, two, three, four] {
        finish(&given, id, 70, delivery, Verdict::Delivered).await;
    }
    assert_eq!(store.list_due_webhooks().await.unwrap(), [], "no row is left behind");
}
