use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::mpsc;

use beckon_domain::event::NewEvent;
use beckon_store::stats::{Measure, TalliesOf};
use beckon_store::{ConfigStore, DeliveryStore, EventStore, KeyStore, Result, StatsStore, StoreError, WebhookStore};
use beckon_testkit::builders::{a_webhook, a_workspace, an_event};
use beckon_testkit::fake_ambient;
use jiff::Timestamp;
use tempfile::TempDir;

use crate::{Options, SqliteStore, Write};

/// A store with a table of numbers in it.
async fn store() -> (Arc<SqliteStore>, TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let ambient = fake_ambient();
    let store = SqliteStore::open(Options::new(directory.path(), beckon_testkit::a_vault()), ambient).unwrap();
    let table = "CREATE TABLE number (n INTEGER PRIMARY KEY, of INTEGER REFERENCES number (n)) STRICT";
    store.write("setting up", move |write| write.run(table, [])).await.unwrap();
    (store, directory)
}

fn add(write: &mut Write<'_>, n: i64) -> Result<()> {
    write.run("INSERT INTO number (n) VALUES (?1)", [n]).map(drop)
}

async fn numbers(store: &SqliteStore) -> Vec<i64> {
    let read = |sql: &crate::sql::Sql<'_>| {
        sql.list("SELECT n FROM number ORDER BY n", [], |row| crate::columns::Columns::of("number", row).value())
    };
    store.read("reading numbers", read).await.unwrap()
}

/// Holds the thread that writes until the sender is dropped, and says when it is held.
async fn hold(store: &Arc<SqliteStore>) -> mpsc::Sender<()> {
    let (release, held) = mpsc::channel::<()>();
    let (taken, is_taken) = tokio::sync::oneshot::channel();
    let store = store.clone();
    tokio::spawn(async move {
        store
            .write("holding", move |_| {
                taken.send(()).unwrap();
                held.recv().unwrap_err();
                Ok(())
            })
            .await
    });
    is_taken.await.unwrap();
    release
}

#[tokio::test]
async fn what_waits_together_is_committed_together() {
    let (store, _directory) = store().await;
    let release = hold(&store).await;
    let jobs: Vec<_> = (0..100).map(|n| store.write("adding", move |write| add(write, n))).collect();
    let before = store.commits();
    let all = futures_util::future::join_all(jobs);
    tokio::pin!(all);
    assert!(futures_util::FutureExt::now_or_never(&mut all).is_none(), "all are queued while the thread is held");
    drop(release);
    assert!(all.await.iter().all(Result::is_ok));
    assert_eq!(store.commits() - before, 2, "the one that held, and all that waited for it");
    assert_eq!(numbers(&store).await.len(), 100);
}

#[tokio::test]
async fn a_job_that_fails_or_panics_is_taken_back_alone() {
    let (store, _directory) = store().await;
    let release = hold(&store).await;
    let all = async {
        tokio::join!(
            store.write("adding", |write| add(write, 1)),
            store.write("failing", |write| {
                add(write, 2)?;
                write.ring(beckon_domain::id::WebhookId::from(uuid::Uuid::nil()), Timestamp::UNIX_EPOCH);
                Err::<(), _>(StoreError::Stale("it"))
            }),
            store.write("panicking", |write| {
                add(write, 3)?;
                if write.has("SELECT 1", [])? {
                    panic!("on purpose");
                }
                Ok(())
            }),
            store.write("adding", |write| add(write, 4)),
        )
    };
    tokio::pin!(all);
    assert!(futures_util::FutureExt::now_or_never(&mut all).is_none());
    drop(release);
    let (first, failed, panicked, last) = all.await;
    first.unwrap();
    assert!(matches!(failed, Err(StoreError::Stale("it"))));
    assert!(matches!(panicked, Err(StoreError::Failed { doing: "panicking", .. })));
    last.unwrap();
    assert_eq!(numbers(&store).await, [1, 4]);
    assert!(futures_util::FutureExt::now_or_never(store.bell.heard()).is_none(), "nor does the bell ring for it");
    store.write("adding", |write| add(write, 5)).await.unwrap();
}

#[tokio::test]
async fn if_the_commit_fails_everybody_is_told_and_nothing_happened() {
    let (store, _directory) = store().await;
    let release = hold(&store).await;
    let all = async {
        tokio::join!(
            store.write("adding", |write| add(write, 1)),
            store.write("breaking the commit", |write| {
                write.run("PRAGMA defer_foreign_keys = ON", [])?;
                write.run("INSERT INTO number (n, of) VALUES (2, 999)", [])
            }),
        )
    };
    tokio::pin!(all);
    assert!(futures_util::FutureExt::now_or_never(&mut all).is_none());
    drop(release);
    let (innocent, breaking) = all.await;
    assert!(matches!(innocent, Err(StoreError::Failed { doing: "adding", .. })), "{innocent:?}");
    assert!(breaking.is_err());
    assert!(numbers(&store).await.is_empty());
    store.write("adding", |write| add(write, 3)).await.unwrap();
    assert_eq!(numbers(&store).await, [3]);
}

#[tokio::test]
async fn what_is_counted_together_is_written_once() {
    let (store, _directory) = store().await;
    let ambient = fake_ambient();
    let workspace = a_workspace().id;
    store.create_workspace(&a_workspace()).await.unwrap();
    let version = store.config_version(workspace);
    let changes = || store.write("counting", |write| Ok(write.connection.total_changes()));
    let before = changes().await.unwrap();
    let release = hold(&store).await;
    let publish = |_| {
        let event = NewEvent { channels: vec![], ..an_event(&ambient, &[]) };
        store.publish_events(workspace, version, vec![event])
    };
    let all = futures_util::future::join_all((0..100).map(publish));
    tokio::pin!(all);
    assert!(futures_util::FutureExt::now_or_never(&mut all).is_none(), "all are queued while the thread is held");
    drop(release);
    assert!(all.await.iter().all(Result::is_ok));
    assert_eq!(changes().await.unwrap() - before, 101, "an event each, and one sum");
    let since = ambient.now() - jiff::SignedDuration::from_hours(1);
    let tallies = store.list_tallies(workspace, TalliesOf::Workspace, since, ambient.now()).await.unwrap();
    assert_eq!(tallies.iter().map(|tally| (tally.measure, tally.count)).collect::<Vec<_>>(), [(Measure::Events, 100)]);
}

// behaviour D4
#[tokio::test]
async fn a_full_disk_refuses_work_and_is_as_before_when_there_is_room_again() {
    let (store, _directory) = store().await;
    store.write("adding", |write| add(write, 1)).await.unwrap();
    bound(&store, 1).await;
    let fill = |write: &mut Write<'_>| {
        add(write, 2)?;
        write.run("CREATE TABLE large AS SELECT hex(zeroblob(1000000)) AS text", [])
    };
    assert!(matches!(store.write("filling", fill).await, Err(StoreError::Full(_))));
    assert!(matches!(store.write("filling", fill).await, Err(StoreError::Full(_))));
    assert_eq!(numbers(&store).await, [1]);
    bound(&store, 1_000_000).await;
    store.write("filling", fill).await.unwrap();
    assert_eq!(numbers(&store).await, [1, 2]);
}

/// Bounds the file to so many pages; SQLite takes fewer than there are as "no larger than it is".
async fn bound(store: &SqliteStore, pages: i64) {
    let bound = move |write: &mut Write<'_>| write.find(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()));
    store.write("bounding", bound).await.unwrap();
}

// behaviour D4
#[tokio::test]
async fn what_was_accepted_before_the_disk_was_full_is_all_there_and_more_is_taken_once_there_is_room() {
    let (store, _directory) = store().await;
    let ambient = fake_ambient();
    let (workspace, webhook) = (a_workspace().id, a_webhook());
    store.create_workspace(&a_workspace()).await.unwrap();
    store.create_webhook(&webhook).await.unwrap();
    let version = store.config_version(workspace);
    let publish = async || {
        let payload = bytes::Bytes::from(vec![b'7'; 20_000]);
        let event = NewEvent { payload, ..an_event(&ambient, &[&webhook]) };
        let id = event.deliveries[0].id;
        store.publish_events(workspace, version, vec![event]).await.map(|_| id)
    };
    let due = async || -> BTreeSet<_> {
        let due = store.list_due(webhook.id, ambient.now(), &[], 1_000).await.unwrap().due;
        due.into_iter().map(|due| due.delivery_id).collect()
    };
    let pages =
        store.read("counting", |sql| sql.find("PRAGMA page_count", [], |row| Ok(row.get::<_, i64>(0).unwrap())));
    bound(&store, pages.await.unwrap().unwrap() + 100).await;
    let mut accepted = BTreeSet::new();
    let refused = loop {
        match publish().await {
            Ok(id) => assert!(accepted.insert(id)),
            Err(error) => break error,
        }
    };
    assert!(matches!(refused, StoreError::Full(_)) && refused.to_string() == "the disk is full", "{refused:?}");
    assert!(accepted.len() > 5);
    assert!(matches!(publish().await, Err(StoreError::Full(_))), "and again");
    assert_eq!(due().await, accepted);
    bound(&store, 1_000_000).await;
    accepted.insert(publish().await.unwrap());
    assert_eq!(due().await, accepted);
}

#[tokio::test]
async fn a_closed_store_has_finished_what_it_took_and_takes_nothing_more() {
    let (store, directory) = store().await;
    let release = hold(&store).await;
    let mut taken = Box::pin(store.write("adding", |write| add(write, 1)));
    assert!(futures_util::FutureExt::now_or_never(&mut taken).is_none());
    let mut closing = Box::pin(store.close());
    assert!(futures_util::FutureExt::now_or_never(&mut closing).is_none(), "it waits for what was taken");
    assert!(matches!(store.write("adding", |write| add(write, 2)).await, Err(StoreError::Unavailable(_))));
    drop(release);
    closing.await;
    taken.await.unwrap();
    let read = store.read("reading", |sql| sql.has("SELECT 1", [])).await;
    assert!(matches!(read, Err(StoreError::Unavailable(_))));
    let ambient = fake_ambient();
    let again = SqliteStore::open(Options::new(directory.path(), beckon_testkit::a_vault()), ambient).unwrap();
    assert_eq!(numbers(&again).await, [1]);
}

#[tokio::test]
async fn a_read_that_panics_gives_its_connection_back() {
    let (store, _directory) = store().await;
    for _ in 0..5 {
        let read = store.read("panicking", |sql| -> Result<()> {
            assert!(sql.is_lost(), "on purpose");
            Ok(())
        });
        assert!(matches!(read.await, Err(StoreError::Failed { .. })));
    }
    assert!(numbers(&store).await.is_empty());
}
