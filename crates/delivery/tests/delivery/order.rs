//! Webhooks in strict order.

use beckon_domain::delivery::DeliveryStatus;
use beckon_domain::event::NewEvent;
use beckon_domain::webhook::Webhook;
use beckon_store::WebhookStore;
use beckon_testkit::{Received, Receiver, Reply};

use crate::engine::{Engine, retries, workspace};

fn strict(webhook: &mut Webhook) {
    webhook.fifo = true;
    webhook.retry_schedule = Some(retries(&[100]));
}

fn ids(received: &[Received]) -> Vec<String> {
    received.iter().map(|request| request.header("webhook-id").unwrap().to_owned()).collect()
}

async fn announce(engine: &Engine, webhook: &Webhook, count: usize) -> Vec<NewEvent> {
    let mut events = Vec::new();
    for _ in 0..count {
        events.push(engine.announce(&[webhook]).await);
    }
    events
}

#[tokio::test]
async fn events_arrive_in_their_order_and_one_that_fails_holds_up_those_behind_it() {
    let engine = Engine::start().await;
    let receiver = Receiver::start().await;
    receiver.script([200, 200, 500].map(Reply::status));
    let webhook = engine.webhook_with(&receiver, strict).await;
    let events = announce(&engine, &webhook, 6).await;
    engine.status_is(events[2].deliveries[0].id, DeliveryStatus::Retrying).await;
    engine.all_had_their_turn().await;
    assert_eq!(receiver.count(), 3);
    engine.advance(121);
    let received = receiver.received(7).await;
    let expected: Vec<_> = [0, 1, 2, 2, 3, 4, 5].map(|n: usize| events[n].id.to_string()).to_vec();
    assert_eq!(ids(&received), expected);
}

#[tokio::test]
async fn one_at_a_time_and_what_a_person_asked_for_may_pass() {
    let engine = Engine::start().await;
    let receiver = Receiver::start().await;
    let webhook = engine.webhook_with(&receiver, strict).await;
    let before = announce(&engine, &webhook, 1).await;
    engine.status_is(before[0].deliveries[0].id, DeliveryStatus::Delivered).await;
    receiver.script([Reply::status(500)]);
    let events = announce(&engine, &webhook, 3).await;
    engine.status_is(events[0].deliveries[0].id, DeliveryStatus::Retrying).await;
    engine.handle.resend(workspace(), before[0].deliveries[0].id).await.unwrap();
    let received = receiver.received(3).await;
    assert_eq!(ids(&received)[2], before[0].id.to_string());
    engine.all_had_their_turn().await;
    assert_eq!(receiver.count(), 3);

    engine.handle.cancel(workspace(), events[0].deliveries[0].id).await.unwrap();
    let received = receiver.received(5).await;
    assert_eq!(ids(&received)[3..], [events[1].id.to_string(), events[2].id.to_string()]);
}

#[tokio::test]
async fn a_webhook_can_become_strict_while_deliveries_wait() {
    let engine = Engine::start().await;
    let receiver = Receiver::start().await;
    receiver.always(500);
    let webhook = engine.webhook_with(&receiver, |webhook| webhook.retry_schedule = Some(retries(&[100]))).await;
    let events = announce(&engine, &webhook, 3).await;
    for event in &events {
        engine.status_is(event.deliveries[0].id, DeliveryStatus::Retrying).await;
    }
    let mut changed = engine.store.get_webhook(workspace(), webhook.id).await.unwrap();
    changed.fifo = true;
    engine.store.update_webhook(&changed).await.unwrap();
    receiver.always(200);
    let later = announce(&engine, &webhook, 2).await;
    engine.all_had_their_turn().await;
    assert_eq!(receiver.count(), 3, "those that failed come first, when it is their time");
    engine.advance(121);
    let received = receiver.received(8).await;
    let expected: Vec<_> = events.iter().chain(&later).map(|event| event.id.to_string()).collect();
    assert_eq!(ids(&received)[3..], expected);
}
