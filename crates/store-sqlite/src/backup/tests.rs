use std::sync::Arc;

use beckon_domain::event::NewEvent;
use beckon_domain::webhook::Webhook;
use beckon_store::{ConfigStore, DeliveryStore, EventStore, KeyStore, WebhookStore};
use beckon_testkit::builders::{a_webhook, a_workspace, an_event};
use beckon_testkit::{a_vault, fake_ambient};
use jiff::Timestamp;
use tempfile::TempDir;

use super::*;
use crate::Options;

fn open_store(directory: &Path) -> Arc<SqliteStore> {
    SqliteStore::open(Options::new(directory, a_vault()), fake_ambient()).unwrap()
}

/// A store with a workspace and a webhook in it.
async fn a_store() -> (Arc<SqliteStore>, TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let store = open_store(directory.path());
    store.create_workspace(&a_workspace()).await.unwrap();
    store.create_webhook(&a_webhook()).await.unwrap();
    (store, directory)
}

async fn publish(store: &SqliteStore, event: NewEvent) {
    let version = store.config_version(a_workspace().id);
    store.publish_events(a_workspace().id, version, vec![event]).await.unwrap();
}

async fn waiting(store: &SqliteStore) -> usize {
    store.list_due(a_webhook().id, Timestamp::MAX, &[], 10_000).await.unwrap().due.len()
}

// behaviour D10
#[tokio::test]
async fn a_backup_made_while_events_come_in_restores_to_what_was_acknowledged_before_it() {
    let (store, directory) = a_store().await;
    let ambient = fake_ambient();
    for _ in 0..50 {
        publish(&store, an_event(&ambient, &[&a_webhook()])).await;
    }
    let to = directory.path().join("backup.db");
    let writing = async {
        for _ in 0..200 {
            publish(&store, an_event(&ambient, &[&a_webhook()])).await;
        }
    };
    let (made, ()) = tokio::join!(store.backup(&to), writing);
    let made = made.unwrap();
    assert_eq!(waiting(&store).await, 250);

    let restored_to = tempfile::tempdir().unwrap();
    assert_eq!(restore(&to, restored_to.path(), &a_vault()).unwrap(), made);
    let restored = open_store(restored_to.path());
    let kept = waiting(&restored).await;
    assert!((50..=250).contains(&kept), "{kept}");
    let sql: i64 = restored
        .read("counting", |sql| Ok(sql.find("SELECT count(*) FROM event", [], |row| Ok(row.get(0).unwrap()))?.unwrap()))
        .await
        .unwrap();
    assert_eq!(sql as usize, kept, "one moment of all tables");
    let webhook = restored.get_webhook(a_workspace().id, a_webhook().id).await.unwrap();
    assert_eq!(webhook, Webhook { ..a_webhook() });
    publish(&restored, an_event(&ambient, &[&a_webhook()])).await;
}

#[tokio::test]
async fn a_backup_is_private_whole_and_never_overwrites() {
    let (store, directory) = a_store().await;
    let to = directory.path().join("backup.db");
    let made = store.backup(&to).await.unwrap();
    assert_eq!((made.format, made.key_id), (migrations::VERSION, Some(a_vault().key_id())));
    assert_eq!(made.bytes, fs::metadata(&to).unwrap().len());
    #[cfg(unix)]
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&to).unwrap().permissions()) & 0o777, 0o600);
    let files = |directory: &Path| fs::read_dir(directory).unwrap().count();
    let left_alone = files(directory.path());
    assert_eq!(check_backup(&to, None).unwrap(), made);
    let before = fs::read(&to).unwrap();
    assert!(matches!(store.backup(&to).await, Err(BackupError::Exists(_))));
    assert_eq!(fs::read(&to).unwrap(), before);
    assert_eq!(files(directory.path()), left_alone, "nothing is left beside it");

    let nowhere = directory.path().join("no such directory/backup.db");
    assert!(matches!(store.backup(&nowhere).await, Err(BackupError::File { .. })));
    let empty = tempfile::tempdir().unwrap();
    assert!(matches!(backup(empty.path(), &to), Err(BackupError::NoDatabase(_))));
}

/// Whoever cuts it off leaves no name that passes for a backup, or for an empty database to begin with.
#[test]
fn a_copy_has_its_name_only_once_it_is_whole() {
    let directory = tempfile::tempdir().unwrap();
    let to = directory.path().join("backup.db");
    let refused = place(&to, |part| {
        assert!(!to.exists() && part.parent() == to.parent());
        fs::write(part, b"half").unwrap();
        Err(BackupError::NoDatabase(part.to_owned()))
    });
    assert!(matches!(refused, Err(BackupError::NoDatabase(_))));
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0, "what was begun is gone");
    // Somebody else took the name meanwhile: theirs stays.
    let refused = place(&to, |part| {
        fs::write(part, b"ours").unwrap();
        fs::write(&to, b"theirs").unwrap();
        Ok(())
    });
    assert!(matches!(refused, Err(BackupError::Exists(_))));
    assert_eq!(fs::read(&to).unwrap(), b"theirs");
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
}

#[tokio::test]
async fn what_is_damaged_or_no_backup_or_of_another_key_is_refused() {
    let (store, directory) = a_store().await;
    let ambient = fake_ambient();
    for _ in 0..100 {
        publish(&store, an_event(&ambient, &[&a_webhook()])).await;
    }
    let to = directory.path().join("backup.db");
    store.backup(&to).await.unwrap();
    let whole = fs::read(&to).unwrap();
    let file = directory.path().join("other.db");
    let mut torn = whole.clone();
    torn[20_000..24_000].fill(0x55);
    for bytes in [b"".to_vec(), b"not a database at all".repeat(100), torn, whole[..whole.len() / 2].to_vec()] {
        fs::write(&file, &bytes).unwrap();
        let refused = check_backup(&file, None).unwrap_err();
        assert!(matches!(refused, BackupError::Damaged { .. }), "{} bytes: {refused:?}", bytes.len());
    }
    let other = Vault::new(&[9; 32], fake_ambient());
    let refused = check_backup(&to, Some(&other)).unwrap_err();
    assert!(matches!(refused, BackupError::Open(OpenError::OtherKey { .. })), "{refused:?}");
    Connection::open(&to).unwrap().pragma_update(None, "user_version", 999).unwrap();
    let refused = check_backup(&to, Some(&a_vault())).unwrap_err();
    assert!(matches!(refused, BackupError::Open(OpenError::Newer { found: 999, .. })), "{refused:?}");
    assert!(matches!(check_backup(&directory.path().join("none"), None), Err(BackupError::File { .. })));
}

#[tokio::test]
async fn a_backup_is_restored_only_where_nothing_is() {
    let (store, directory) = a_store().await;
    let to = tempfile::tempdir().unwrap();
    let file = to.path().join("backup.db");
    store.backup(&file).await.unwrap();
    let refused = restore(&file, directory.path(), &a_vault()).unwrap_err();
    assert!(matches!(refused, BackupError::Open(OpenError::InUse(_))), "{refused:?}");
    store.close().await;
    let before = fs::read(directory.path().join(DATABASE_FILE)).unwrap();
    let refused = restore(&file, directory.path(), &a_vault()).unwrap_err();
    assert!(matches!(refused, BackupError::Exists(_)), "{refused:?}");
    assert_eq!(fs::read(directory.path().join(DATABASE_FILE)).unwrap(), before);

    fs::remove_file(directory.path().join(DATABASE_FILE)).unwrap();
    let log = with_suffix(&directory.path().join(DATABASE_FILE), "-wal");
    fs::write(&log, b"of another database").unwrap();
    let refused = restore(&file, directory.path(), &a_vault()).unwrap_err();
    assert!(matches!(&refused, BackupError::Exists(path) if *path == log), "{refused:?}");
    fs::remove_file(&log).unwrap();
    restore(&file, directory.path(), &a_vault()).unwrap();
    let restored = open_store(directory.path());
    assert_eq!(restored.list_workspaces().await.unwrap(), [a_workspace()]);
}
