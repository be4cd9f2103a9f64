use std::sync::Arc;

use beckon_domain::event::NewEvent;
use beckon_domain::id::WorkspaceId;
use beckon_store::settings::Perishable;
use beckon_store::{ConfigStore, EventStore, KeyStore, SettingsStore, WebhookStore};
use beckon_testkit::builders::{a_webhook, a_workspace, an_event};
use beckon_testkit::fake_ambient;
use jiff::{SignedDuration, Timestamp};
use rusqlite::params;
use tempfile::TempDir;
use uuid::Uuid;

use super::first_id_at;
use crate::columns::Columns;
use crate::{Options, SqliteStore};

async fn store() -> (Arc<SqliteStore>, TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let options = Options::new(directory.path(), beckon_testkit::a_vault());
    let store = SqliteStore::open(options, fake_ambient()).unwrap();
    store.create_workspace(&a_workspace()).await.unwrap();
    (store, directory)
}

fn later() -> Timestamp {
    fake_ambient().now() + SignedDuration::from_hours(1)
}

#[test]
fn an_id_tells_when_it_was_made() {
    let ambient = fake_ambient();
    let made: WorkspaceId = ambient.new_id();
    assert!(first_id_at(ambient.now()) <= made.uuid());
    assert!(made.uuid() < first_id_at(ambient.now() + SignedDuration::from_millis(1)));
    assert_eq!(first_id_at(Timestamp::MIN), Uuid::nil());
}

#[tokio::test]
async fn however_many_events_wait_those_behind_them_are_forgotten_and_none_is_looked_at_twice_in_a_round() {
    let (store, _directory) = store().await;
    let (ambient, webhook) = (fake_ambient(), a_webhook());
    store.create_webhook(&webhook).await.unwrap();
    let version = store.config_version(webhook.workspace_id);
    let publish = async |event: NewEvent| {
        store.publish_events(event.workspace_id, version, vec![event]).await.unwrap();
    };
    let waiting = (0..2_500).map(|_| publish(an_event(&ambient, &[&webhook])));
    futures_util::future::join_all(waiting).await;
    for _ in 0..5 {
        publish(an_event(&ambient, &[])).await;
    }
    let forget = || store.forget(webhook.workspace_id, Perishable::Events, later(), 2);
    let place = || store.forgetting.events().get(&webhook.workspace_id).copied();
    assert_eq!((forget().await.unwrap(), place().map(|place| place.1)), (2, Some(2_502)));
    assert_eq!((forget().await.unwrap(), place().map(|place| place.1)), (2, Some(2_504)));
    assert_eq!((forget().await.unwrap(), place()), (1, None));

    let canceled = "UPDATE delivery SET status = 4, schedule_due_at = NULL WHERE event = 7";
    store.write("ending one", move |write| write.run(canceled, [])).await.unwrap();
    assert_eq!(forget().await.unwrap(), 1, "the next round begins at the head");
}

#[tokio::test]
async fn a_walk_through_a_log_goes_on_where_it_was_unless_that_is_gone() {
    let (store, _directory) = store().await;
    let (ours, theirs) = (a_workspace().id, Uuid::from_u128(77));
    let add = async |of: Uuid, count: i64| {
        let text = "INSERT INTO page_view (workspace_id, visit_id, at, path) VALUES (?1, ?1, 0, '/')";
        store
            .write("adding page views", move |write| {
                for _ in 0..count {
                    write.run(text, params![of])?;
                }
                Ok(())
            })
            .await
            .unwrap();
    };
    let forget = || store.forget(ours, Perishable::Signals, later(), 100);
    let mark = || store.forgetting.logs().values().map(|mark| mark.seq).next();
    add(theirs, 30_000).await;
    add(ours.uuid(), 150).await;
    assert_eq!((forget().await.unwrap(), mark()), (100, Some(30_000)));
    assert_eq!((forget().await.unwrap(), mark()), (50, Some(30_000)));
    add(theirs, 1).await;
    add(ours.uuid(), 1).await;
    assert_eq!((forget().await.unwrap(), mark()), (1, Some(30_001)));

    // All go, and keys begin anew.
    store.write("emptying", |write| write.run("DELETE FROM page_view", [])).await.unwrap();
    add(ours.uuid(), 3).await;
    assert_eq!((forget().await.unwrap(), mark()), (3, None));
}

// behaviour V5 (in part)
#[tokio::test]
async fn figures_are_forgotten_of_every_webhook_and_of_the_workspace() {
    let (store, _directory) = store().await;
    let (ours, theirs) = (a_workspace().id, Uuid::from_u128(77));
    store
        .write("adding figures", move |write| {
            for workspace in [ours.uuid(), theirs] {
                for webhook in [vec![0_u8; 16], vec![7; 16], vec![255; 16]] {
                    for hour in [1_000, 2_000, 3_000] {
                        write.run(
                            "INSERT INTO tally (workspace_id, webhook_id, hour, measure, count)
                             VALUES (?1, ?2, ?3, 1, 1), (?1, ?2, ?3, 2, 1)",
                            params![workspace, webhook, hour],
                        )?;
                    }
                }
            }
            Ok(())
        })
        .await
        .unwrap();
    let forget = || store.forget(ours, Perishable::Tallies, Timestamp::from_millisecond(3_000).unwrap(), 7);
    assert_eq!((forget().await.unwrap(), forget().await.unwrap(), forget().await.unwrap()), (7, 5, 0));
    let left = store.read("counting", |sql| {
        sql.list("SELECT count(*), min(hour) FROM tally GROUP BY workspace_id ORDER BY workspace_id", [], |row| {
            let mut columns = Columns::of("tally", row);
            Ok((columns.value::<i64>()?, columns.value::<i64>()?))
        })
    });
    assert_eq!(left.await.unwrap(), [(6, 3_000), (18, 1_000)]);
}
