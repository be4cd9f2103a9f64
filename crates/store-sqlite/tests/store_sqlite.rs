//! The suite every engine passes, and what only a file can do.

#![expect(clippy::unwrap_used, reason = "these are tests")]

use std::sync::Arc;

use beckon_domain::audit::{Actor, AuditEntry};
use beckon_domain::delivery::{DeliveryStatus, Verdict};
use beckon_domain::event::NewEvent;
use beckon_domain::secret::SecretText;
use beckon_domain::signing::{KeyMaterial, SigningKey, SigningScheme};
use beckon_domain::webhook::{Auth, ClientAuth, ClientIdentity, OAuth2, Webhook};
use beckon_store::conformance::Given;
use beckon_store::idempotency::KeptAnswer;
use beckon_store::{KeyStore, SharedStore};
use beckon_store_sqlite::{DATABASE_FILE, OpenError, Options, SqliteStore};
use beckon_testkit::{a_vault, fake_ambient};
use jiff::SignedDuration;
use rusqlite::Connection;
use tempfile::TempDir;

beckon_store::conformance!(crate::make);

fn open(directory: &TempDir) -> Result<Arc<SqliteStore>, OpenError> {
    SqliteStore::open(Options::new(directory.path(), a_vault()), fake_ambient())
}

async fn make() -> (SharedStore, TempDir) {
    let directory = tempfile::tempdir().unwrap();
    (open(&directory).unwrap(), directory)
}

/// The database, as somebody sees it who goes around the store.
fn behind(directory: &TempDir) -> Connection {
    Connection::open(directory.path().join(DATABASE_FILE)).unwrap()
}

// behaviour D1
#[tokio::test]
async fn what_was_acknowledged_is_there_after_reopening() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory).unwrap();
    let shared: SharedStore = store.clone();
    let given = Given::new(&shared).await;
    let webhook = given.webhook().await;
    let done = given.delivery(webhook.id).await;
    given.finish(given.finished(&given.only_due(webhook.id).await, Verdict::Delivered)).await;
    let version = shared.config_version(given.workspace);
    let publishing = (0..200).map(|_| {
        let (store, workspace, event) = (shared.clone(), given.workspace, given.an_event(&[webhook.id]));
        tokio::spawn(async move { store.publish_events(workspace, version, vec![event]).await.unwrap() })
    });
    for task in publishing.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    store.close().await;
    drop((store, shared));

    let store: SharedStore = open(&directory).unwrap();
    let given = given.reopened(&store);
    assert_eq!(store.config_version(given.workspace), version);
    let due = store.list_due(webhook.id, given.now(), &[], 1_000).await.unwrap().due;
    assert_eq!(due.len(), 200);
    assert!(due.iter().all(|due| due.delivery_id != done), "what was delivered is not due again");
    assert_eq!(given.read(done).await.status, DeliveryStatus::Delivered);
    assert_eq!(store.get_webhook(given.workspace, webhook.id).await.unwrap(), webhook);
    assert_eq!(store.list_due_webhooks().await.unwrap().len(), 1);
}

// behaviour D1
#[tokio::test]
async fn what_was_acknowledged_is_in_the_files_before_anything_is_closed() {
    let (store, directory) = make().await;
    let given = Given::new(&store).await;
    let webhook = given.webhook().await;
    given.delivery(webhook.id).await;
    // As after a kill: the files as they are, taken to another place.
    let copy = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(directory.path()).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), copy.path().join(entry.file_name())).unwrap();
    }
    let restored = open(&copy).unwrap();
    let due = beckon_store::DeliveryStore::list_due(&*restored, webhook.id, given.now(), &[], 10).await.unwrap();
    assert_eq!(due.due.len(), 1);
}

// behaviour D12
#[tokio::test]
async fn a_second_store_on_the_same_file_is_refused_with_the_reason() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory).unwrap();
    let refused = open(&directory).err().unwrap();
    assert!(matches!(refused, OpenError::InUse(_)));
    assert!(refused.to_string().contains("another beckon process is using the data in"), "{refused}");
    store.close().await;
    open(&directory).unwrap();
}

// behaviour D11 (in part)
#[tokio::test]
async fn a_newer_database_is_refused_untouched() {
    let directory = tempfile::tempdir().unwrap();
    open(&directory).unwrap().close().await;
    behind(&directory).pragma_update(None, "user_version", 999).unwrap();
    let refused = open(&directory).err().unwrap();
    assert!(matches!(refused, OpenError::Newer { found: 999, .. }));
    assert!(refused.to_string().contains("newer beckon"), "{refused}");
    let version: i64 = behind(&directory).pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    assert_eq!(version, 999);
}

// behaviour S10
#[tokio::test]
async fn no_secret_url_or_header_value_stands_readable_in_any_file() {
    const CANARY: &str = "canary0123456789canary0123456789";
    let (store, directory) = make().await;
    let given = Given::new(&store).await;
    let text = |what: &str| SecretText::new(format!("{CANARY}{what}"));
    let key = |scheme| SigningKey::new(KeyMaterial::generate(scheme, &given.ambient), given.now());
    let oauth2 = OAuth2 {
        token_url: format!("https://auth.example/{CANARY}").parse().unwrap(),
        client_id: format!("{CANARY}id"),
        client_secret: text("client"),
        scope: Some(format!("{CANARY}scope")),
        client_auth: ClientAuth::Body,
    };
    let mut webhook = Webhook {
        url: format!("https://{CANARY}:pass@receiver.example/{CANARY}").parse().unwrap(),
        headers: [("X-Token".to_owned(), CANARY.to_owned())].into(),
        signing_keys: vec![key(SigningScheme::HmacSha256), key(SigningScheme::Ed25519)],
        client_identity: Some(ClientIdentity { certificates: CANARY.to_owned(), key: text("key") }),
        ..given.a_webhook()
    };
    let mut canaries: Vec<String> = vec![CANARY.to_owned()];
    canaries.extend(webhook.signing_keys.iter().map(|key| key.material.expose()[6..].to_owned()));
    store.create_webhook(&webhook).await.unwrap();
    for auth in [
        Auth::Basic { username: CANARY.to_owned(), password: text("password") },
        Auth::Bearer { token: text("token") },
        Auth::OAuth2(oauth2),
    ] {
        webhook = store.update_webhook(&Webhook { auth: Some(auth), ..webhook }).await.unwrap();
    }
    given.delivery(webhook.id).await;
    let mut finished = given.finished(&given.only_due(webhook.id).await, Verdict::Failed);
    finished.attempt.exchange.url = format!("https://receiver.example/{CANARY}");
    finished.attempt.exchange.response_body = CANARY.to_owned();
    given.finish(finished).await;
    let answer = KeptAnswer {
        request_hash: [7; 32],
        status: 201,
        content_type: None,
        location: None,
        body: CANARY.as_bytes().to_vec(),
        created_at: given.now(),
    };
    store.keep_answer(given.workspace, "key", &answer, given.now()).await.unwrap();
    let shown = || Some(serde_json::json!({ "url": CANARY }));
    let entry = AuditEntry {
        id: given.ambient.new_id(),
        workspace_id: given.workspace,
        at: given.now(),
        actor: Actor::System,
        action: "webhook.updated".to_owned(),
        subject: webhook.id.to_string(),
        before: shown(),
        after: shown(),
    };
    store.record_audit(&entry).await.unwrap();

    let stands = || {
        let files: Vec<_> = std::fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert!(files.iter().any(|path| path.extension().is_some_and(|name| name == "db-wal")), "{files:?}");
        let bytes: Vec<u8> = files.iter().flat_map(|path| std::fs::read(path).unwrap()).collect();
        let stands = |text: &str| bytes.windows(text.len()).any(|part| part == text.as_bytes());
        assert!(stands("contact.visited"), "what may be read is there, so this looks in the right place");
        canaries.iter().filter(|canary| stands(canary)).cloned().collect::<Vec<_>>()
    };
    assert_eq!(stands(), [""; 0]);
    assert_eq!(store.get_webhook(given.workspace, webhook.id).await.unwrap(), webhook);
    let kept = store.find_answer(given.workspace, "key", given.now()).await.unwrap();
    assert_eq!(kept, Some(answer));
    behind(&directory).execute("UPDATE workspace SET name = ?1", [CANARY]).unwrap();
    assert_eq!(stands(), [CANARY], "this is how it would be found");
}

// behaviour D9 (in part)
#[tokio::test]
async fn a_secret_moved_to_another_webhook_is_not_taken_for_its_own() {
    let (store, directory) = make().await;
    let given = Given::new(&store).await;
    let (one, two) = (given.webhook().await, given.webhook().await);
    let swap = "UPDATE webhook SET sealed = (SELECT sealed FROM webhook WHERE id = ?1) WHERE id = ?2";
    behind(&directory).execute(swap, [one.id.uuid(), two.id.uuid()]).unwrap();
    assert!(store.get_webhook(given.workspace, two.id).await.is_err());
    store.get_webhook(given.workspace, one.id).await.unwrap();
}

// behaviour D7 (in part)
#[tokio::test]
async fn a_webhook_whose_first_attempts_are_of_the_future_is_due_now() {
    let (store, _directory) = make().await;
    let given = Given::new(&store).await;
    let webhook = given.webhook().await;
    // The clock was an hour ahead when the event came.
    let event = given.an_event(&[webhook.id]);
    let created_at = given.now() + SignedDuration::from_hours(1);
    given.publish(&NewEvent { created_at, ..event }).await;
    assert_eq!(store.list_due_webhooks().await.unwrap(), [(given.workspace, webhook.id, given.now())]);
}

// behaviour D9
#[tokio::test]
async fn a_delivery_that_cannot_be_read_is_set_aside_and_the_rest_flows() {
    for damage in [
        "UPDATE event SET channels = 'a/b' WHERE seq = 2",
        "UPDATE event SET id = 'not an id!' WHERE seq = 2",
        "DELETE FROM event WHERE seq = 2",
        "UPDATE delivery SET scheduled_attempts = -1 WHERE seq = 2",
        "UPDATE due SET due_at = -9223372036854775807 WHERE delivery = 2",
        "UPDATE delivery SET attempt_count = -1 WHERE seq = 2",
        "DELETE FROM delivery WHERE seq = 2",
    ] {
        let (store, directory) = make().await;
        let given = Given::new(&store).await;
        let webhook = given.webhook().await;
        let mut ids = Vec::new();
        for _ in 0..3 {
            ids.push(given.delivery(webhook.id).await);
        }
        behind(&directory).execute(damage, []).unwrap();
        for _ in 0..2 {
            let due: Vec<_> = given.due(webhook.id).await.into_iter().map(|due| due.delivery_id).collect();
            assert_eq!(due, [ids[0], ids[2]], "{damage}");
        }
        let left: i64 = behind(&directory).query_row("SELECT count(*) FROM due", [], |row| row.get(0)).unwrap();
        assert_eq!(left, 2, "{damage}");
        let status = behind(&directory).query_row("SELECT status FROM delivery WHERE seq = 2", [], |row| row.get(0));
        assert!(status.is_err() || status == Ok(3), "shown as failed after {damage}: {status:?}");
    }
}

// behaviour D9 (in part)
#[tokio::test]
async fn what_else_waits_for_a_delivery_is_set_aside_with_it() {
    for fifo in [false, true] {
        let (store, directory) = make().await;
        let given = Given::new(&store).await;
        let webhook = Webhook { fifo, ..given.a_webhook() };
        store.create_webhook(&webhook).await.unwrap();
        let id = given.retrying(webhook.id, 60).await;
        store.resend_delivery(given.workspace, id, given.now()).await.unwrap();
        let damage = "UPDATE due SET due_at = -9223372036854775807 WHERE lane = 2";
        assert_eq!(behind(&directory).execute(damage, []).unwrap(), 1);
        given.due(webhook.id).await;
        let left: i64 = behind(&directory).query_row("SELECT count(*) FROM due", [], |row| row.get(0)).unwrap();
        assert_eq!(left, 0, "a retry that the delivery knows nothing of would be made for ever (fifo: {fifo})");
        assert_eq!(given.read(id).await.status, DeliveryStatus::Failed);
    }
}

// behaviour D9
#[tokio::test]
async fn a_webhook_that_cannot_be_read_does_not_hide_the_others() {
    let (store, directory) = make().await;
    let given = Given::new(&store).await;
    let (broken, fine) = (given.webhook().await, given.webhook().await);
    behind(&directory).execute("UPDATE webhook SET doc = '{}' WHERE id = ?1", [broken.id.uuid()]).unwrap();
    let config = store.load_config(given.workspace).await.unwrap();
    assert_eq!(config.webhooks.iter().map(|webhook| webhook.id).collect::<Vec<_>>(), [fine.id]);
    let unreadable = store.get_webhook(given.workspace, broken.id).await.unwrap_err();
    assert_eq!(unreadable.to_string(), "a stored webhook cannot be read");
}

#[tokio::test]
async fn the_database_is_readable_by_its_owner_only_and_keeps_a_log_of_what_is_not_in_it_yet() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory).unwrap();
    store.list_workspaces().await.unwrap();
    let journal: String = behind(&directory).pragma_query_value(None, "journal_mode", |row| row.get(0)).unwrap();
    assert_eq!(journal, "wal");
    #[cfg(unix)]
    for entry in std::fs::read_dir(directory.path()).unwrap() {
        let entry = entry.unwrap();
        let mode = std::os::unix::fs::PermissionsExt::mode(&entry.metadata().unwrap().permissions());
        assert_eq!(mode & 0o077, 0, "{:?}", entry.file_name());
    }
}
