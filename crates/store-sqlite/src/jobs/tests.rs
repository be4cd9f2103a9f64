use std::sync::Mutex;

use beckon_domain::event::NewEvent;
use beckon_domain::job::JobKind;
use beckon_domain::webhook::Webhook;
use beckon_store::jobs::JobCount;
use beckon_store::{ConfigStore, EventStore, JobStore, KeyStore, StatsStore, WebhookStore};
use beckon_testkit::builders::{a_webhook, a_workspace, an_event};
use beckon_testkit::fake_ambient;
use jiff::{SignedDuration, Timestamp};

use super::COUNTED_AT_ONCE;
use crate::{Options, SqliteStore};

// behaviour V10 (in part)
#[tokio::test]
async fn whoever_counts_a_long_history_holds_up_nobody_who_reads() {
    // With one reader each part has to be short; with two, counts together must leave one free.
    for readers in [1, 2] {
        count_beside_reads(readers).await;
    }
}

async fn count_beside_reads(readers: usize) {
    let directory = tempfile::tempdir().unwrap();
    let ambient = fake_ambient();
    let options = Options { readers, ..Options::new(directory.path(), beckon_testkit::a_vault()) };
    let store = SqliteStore::open(options, ambient.clone()).unwrap();
    let workspace = a_workspace().id;
    store.create_workspace(&a_workspace()).await.unwrap();
    let webhook = Webhook { event_types: vec!["contact.visited".to_owned()], channels: vec![], ..a_webhook() };
    store.create_webhook(&webhook).await.unwrap();
    let many = 4_001;
    assert!(many > COUNTED_AT_ONCE as usize);
    let event = || NewEvent { event_type: "contact.visited".to_owned(), ..an_event(&ambient, &[]) };
    let events: Vec<_> = std::iter::repeat_with(event).take(many).collect();
    for events in events.chunks(1_000) {
        let version = store.config_version(workspace);
        store.publish_events(workspace, version, events.to_vec()).await.unwrap();
    }
    let (since, until) = (Timestamp::UNIX_EPOCH, ambient.now() + SignedDuration::from_hours(1));
    let missing = JobKind::ReplayMissing { webhook_id: webhook.id, since, until };

    let ended = Mutex::new(vec![]);
    let count = async || {
        let counted = store.count_job(workspace, &missing).await.unwrap();
        assert_eq!(counted, JobCount { examined: many as u64, replayed: many as u64 });
        ended.lock().unwrap().push("count");
    };
    let read = async || {
        for _ in 0..3 {
            store.list_last_firings(workspace).await.unwrap();
        }
        ended.lock().unwrap().push("read");
    };
    tokio::join!(count(), count(), count(), read());
    assert_eq!(*ended.lock().unwrap(), ["read", "count", "count", "count"]);

    let watch = async || {
        while ended.lock().unwrap().len() < 7 {
            assert!(readers == 1 || store.readers.free() > 0, "counts leave one free");
            tokio::task::yield_now().await;
        }
    };
    tokio::join!(count(), count(), count(), watch());
}
