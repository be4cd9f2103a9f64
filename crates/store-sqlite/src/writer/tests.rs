use std::sync::Arc;
use std::sync::mpsc;

use beckon_store::{Result, StoreError};
use beckon_testkit::fake_ambient;
use jiff::Timestamp;
use tempfile::TempDir;

use crate::{Options, SqliteStore, Write};

/// A store with a table of numbers in it.
async fn store() -> (Arc<SqliteStore>, TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let ambient = fake_ambient();
    let store = SqliteStore::open(Options::new(directory.path()), ambient).unwrap();
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

// behaviour D4
#[tokio::test]
async fn a_full_disk_refuses_work_and_is_as_before_when_there_is_room_again() {
    let (store, _directory) = store().await;
    store.write("adding", |write| add(write, 1)).await.unwrap();
    let bound = |pages: i64| {
        let store = store.clone();
        async move {
            let bound =
                move |write: &mut Write<'_>| write.find(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()));
            store.write("bounding", bound).await.unwrap();
        }
    };
    bound(1).await; // SQLite takes this as "no larger than it is".
    let fill = |write: &mut Write<'_>| {
        add(write, 2)?;
        write.run("CREATE TABLE large AS SELECT hex(zeroblob(1000000)) AS text", [])
    };
    assert!(matches!(store.write("filling", fill).await, Err(StoreError::Full(_))));
    assert!(matches!(store.write("filling", fill).await, Err(StoreError::Full(_))));
    assert_eq!(numbers(&store).await, [1]);
    bound(1_000_000).await;
    store.write("filling", fill).await.unwrap();
    assert_eq!(numbers(&store).await, [1, 2]);
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
    let again = SqliteStore::open(Options::new(directory.path()), ambient).unwrap();
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
