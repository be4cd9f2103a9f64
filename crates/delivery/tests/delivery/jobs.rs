//! Work in the background.

use beckon_domain::delivery::DeliveryStatus;
use beckon_domain::event::NewEvent;
use beckon_domain::id::JobId;
use beckon_domain::job::{Job, JobKind, JobStatus};
use beckon_domain::webhook::Webhook;
use beckon_store::{ConfigStore, EventStore, JobStore, WebhookStore};
use beckon_testkit::Receiver;
use beckon_testkit::builders::an_event;
use jiff::SignedDuration;

use crate::engine::{Engine, distinct_ids, workspace};

/// More than one step takes.
const MANY: usize = 1_200;

/// A webhook that has missed [`MANY`] events: they were canceled when it was disabled.
async fn missed_by(engine: &mut Engine, receiver: &Receiver) -> Webhook {
    let webhook = engine.webhook(receiver).await;
    engine.ask_to_stop();
    engine.stopped().await;
    let events: Vec<NewEvent> = (0..MANY).map(|_| an_event(&engine.ambient, &[&webhook])).collect();
    let version = engine.store.config_version(workspace());
    engine.store.publish_events(workspace(), version, events).await.unwrap();
    for enabled in [false, true] {
        let mut changed = engine.store.get_webhook(workspace(), webhook.id).await.unwrap();
        changed.enabled = enabled;
        engine.store.update_webhook(&changed).await.unwrap();
    }
    engine.start_again();
    webhook
}

fn recover(engine: &Engine, webhook: &Webhook) -> JobKind {
    let now = engine.ambient.now();
    let (since, until) = (now - SignedDuration::from_hours(1), now + SignedDuration::from_secs(1));
    JobKind::Recover { webhook_id: webhook.id, since, until }
}

async fn over(engine: &Engine, id: JobId) -> Job {
    let over = async {
        loop {
            let job = engine.store.get_job(workspace(), id).await.unwrap();
            if job.status != JobStatus::Running {
                return job;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(60), over).await.expect("it is never over")
}

// behaviour V10
#[tokio::test]
async fn what_was_missed_is_sent_once_in_the_background() {
    let mut engine = Engine::start().await;
    let receiver = Receiver::start().await;
    let webhook = missed_by(&mut engine, &receiver).await;
    let job = engine.handle.start_job(workspace(), recover(&engine, &webhook)).await.unwrap();
    assert_eq!((job.status, job.total), (JobStatus::Running, MANY as u64));
    let job = over(&engine, job.id).await;
    assert_eq!((job.status, job.examined, job.replayed), (JobStatus::Done, MANY as u64, MANY as u64));
    receiver.until("everything arrives", |received| distinct_ids(received) == MANY).await;
    engine.is_quiet().await;
    assert_eq!(receiver.count(), MANY);
}

// behaviour V10
#[tokio::test]
async fn a_job_that_was_cut_off_goes_on_after_a_restart_and_sends_nothing_twice() {
    let mut engine = Engine::start().await;
    let receiver = Receiver::start().await;
    let webhook = missed_by(&mut engine, &receiver).await;
    let job = engine.handle.start_job(workspace(), recover(&engine, &webhook)).await.unwrap();
    engine.ask_to_stop();
    engine.stopped().await;
    engine.start_again();
    let job = over(&engine, job.id).await;
    assert_eq!((job.status, job.replayed), (JobStatus::Done, MANY as u64));
    receiver.until("everything arrives", |received| distinct_ids(received) == MANY).await;
    engine.is_quiet().await;
    assert_eq!(receiver.count(), MANY);
}

#[tokio::test]
async fn a_canceled_job_goes_no_further_and_a_first_attempt_passes_its_replays() {
    let mut engine = Engine::start().await;
    let receiver = Receiver::start().await;
    let webhook = missed_by(&mut engine, &receiver).await;
    let job = engine.handle.start_job(workspace(), recover(&engine, &webhook)).await.unwrap();
    let event = engine.announce(&[&webhook]).await;
    engine.status_is(event.deliveries[0].id, DeliveryStatus::Delivered).await;
    match engine.handle.cancel_job(workspace(), job.id).await {
        Ok(canceled) => assert_eq!(canceled.status, JobStatus::Canceled),
        Err(_) => assert_eq!(over(&engine, job.id).await.status, JobStatus::Done),
    }
    let then = engine.store.get_job(workspace(), job.id).await.unwrap();
    engine.all_had_their_turn().await;
    assert_eq!(engine.store.get_job(workspace(), job.id).await.unwrap().replayed, then.replayed);
}

#[tokio::test]
async fn a_job_for_a_webhook_that_is_not_there_is_refused() {
    let engine = Engine::start().await;
    let receiver = Receiver::start().await;
    let webhook = engine.webhook(&receiver).await;
    engine.store.delete_webhook(workspace(), webhook.id, engine.ambient.now()).await.unwrap();
    assert!(engine.handle.start_job(workspace(), recover(&engine, &webhook)).await.is_err());
}
