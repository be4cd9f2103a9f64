use std::path::Path;

use beckon_domain::channel::Channel;
use beckon_domain::delivery::{DeliveryStatus, Exchange, FailureKind, Outcome, Trigger};
use beckon_domain::event::EventId;
use beckon_domain::id::{AttemptId, DeliveryId, JobId, SegmentId, WebhookId, WorkspaceId};
use beckon_domain::job::{JobKind, JobStatus, ReplayFilter};
use beckon_domain::settings::WorkspaceSettings;
use beckon_domain::signal::SignalStory;
use beckon_store::deliveries::{AttemptsOf, DeliveryFilter};
use beckon_store::events::EventFilter;
use beckon_store::people::{CompanyFilter, ContactFilter};
use beckon_store::stats::{Measure, TalliesOf};
use beckon_store::{
    ConfigStore, DeliveryStore, EventStore, IdempotencyStore, IntakeStore, JobStore, KeyStore, MemberStore,
    PageRequest, PeopleStore, SettingsStore, StatsStore, Vault, WebhookStore,
};
use beckon_testkit::{a_vault, fake_ambient};
use jiff::Timestamp;
use uuid::Uuid;

use super::*;
use crate::{DATABASE_FILE, Options, SqliteStore};

/// Parts of what version 1 kept open, which nobody may find in the file afterwards.
const CANARIES: [&str; 6] = [
    "CANARYSECRETCANARYSECRETCANARYSE",
    "canary-url",
    "canary-header",
    "canary-record",
    "canary-answer",
    "canary-of-the-hash-of-a-request.",
];
const OLD_SECRET: &str = "whsec_CANARYSECRETCANARYSECRETCANARYSE";
const WORKSPACE: Uuid = Uuid::from_u128(1);
const WEBHOOK: Uuid = Uuid::from_u128(2);

/// A number of seconds after 2024-04-15T14:32:00Z, where the fake clock stands.
fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_713_191_520 + second).unwrap()
}

fn delivery_id(seq: i64) -> DeliveryId {
    Uuid::from_u128(100 + seq as u128).into()
}

/// A database as version 1 wrote it: a webhook with an older secret beside the newest, and deliveries that are pending,
/// retrying, resent, tried, and done; and traces of more in its unused parts.
fn database_of_version_1(directory: &Path) {
    let connection = Connection::open(directory.join(DATABASE_FILE)).unwrap();
    connection.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(())).unwrap();
    connection.execute_batch(STEPS[0].sql).unwrap();
    connection.pragma_update(None, "user_version", 1).unwrap();
    connection.execute("INSERT INTO workspace VALUES (?1, 'Acme', 0, 7)", params![WORKSPACE]).unwrap();
    for n in 0..60 {
        // All but one were deleted since, and left their traces.
        let id = Uuid::from_u128(2 + n);
        let doc = serde_json::json!({
            "id": WebhookId::from(id), "workspace_id": WorkspaceId::from(WORKSPACE), "description": "CRM",
            "url": format!("https://receiver.example/canary-url/{n}"), "event_types": ["contact.visited"],
            "channels": [], "headers": {"X-Token": "canary-header"}, "enabled": true, "disabled_reason": null,
            "retry_schedule": null, "metadata": {"pad": "x".repeat(200)}, "revision": 3,
            "created_at": at(-100), "updated_at": at(-50), "deleted_at": null,
        });
        let secrets = serde_json::json!([OLD_SECRET, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]);
        connection
            .execute(
                "INSERT INTO webhook (id, workspace_id, revision, enabled, deleted_at, doc, secrets)
                 VALUES (?1, ?2, 3, 1, NULL, ?3, ?4)",
                params![id, WORKSPACE, doc.to_string(), secrets.to_string()],
            )
            .unwrap();
    }
    connection.execute("DELETE FROM webhook WHERE id <> ?1", params![WEBHOOK]).unwrap();

    let millis = |second| at(second).as_millisecond();
    // Status, attempts, scheduled attempts; when the schedule's, the resend's, the test's next is due.
    let deliveries = [
        ([0, 0, 0], [Some(1), None, None]),
        ([1, 2, 2], [Some(300), None, None]),
        ([3, 4, 4], [None, Some(5), None]),
        ([0, 0, 0], [None, None, Some(6)]),
        ([1, 1, 1], [Some(400), Some(7), None]),
        ([2, 1, 1], [None, None, None]),
    ];
    for (n, ([status, attempts, scheduled], due)) in (1_i64..).zip(deliveries) {
        connection
            .execute(
                "INSERT INTO event (workspace_id, id, event_type, channels, test, created_at, delivery_count, payload)
                 VALUES (?1, ?2, 'contact.visited', 'segment_7', 0, ?3, 1, ?4)",
                params![WORKSPACE, format!("evt-{n}"), millis(1), format!("{{\"n\":{n}}}").into_bytes()],
            )
            .unwrap();
        let due = due.map(|at| at.map(millis));
        connection
            .execute(
                "INSERT INTO delivery (id, workspace_id, webhook_id, event, event_type, status, attempt_count,
                     scheduled_attempts, schedule_due_at, resend_due_at, test_due_at, created_at, updated_at)
                 VALUES (?1, ?2, ?3, ?4, 'contact.visited', ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?11)",
                params![
                    delivery_id(n).uuid(),
                    WORKSPACE,
                    WEBHOOK,
                    n,
                    status,
                    attempts,
                    scheduled,
                    due[0],
                    due[1],
                    due[2],
                    millis(1)
                ],
            )
            .unwrap();
        for (trigger, due_at) in (0_i64..).zip(due) {
            let Some(due_at) = due_at else { continue };
            let row = params![WEBHOOK, due_at, n, trigger];
            connection.execute("INSERT INTO due VALUES (?1, ?2, ?3, ?4)", row).unwrap();
        }
    }
    let exchange = Exchange { url: "https://receiver.example/canary-record".to_owned(), ..Exchange::default() };
    let outcome = Outcome::Failed { kind: FailureKind::Timeout, message: "no answer".to_owned() };
    let record = serde_json::json!({ "exchange": exchange, "outcome": outcome });
    connection
        .execute(
            "INSERT INTO attempt (id, delivery, webhook_id, number, trigger, started_at, next_attempt_at, record)
             VALUES (?1, 2, ?2, 1, 0, ?3, ?4, ?5)",
            params![Uuid::from_u128(9), WEBHOOK, millis(2), millis(300), record.to_string()],
        )
        .unwrap();
    connection
        .execute(
            "INSERT INTO kept_answer VALUES (?1, 'key', ?2, 201, NULL, NULL, ?3, ?4)",
            params![WORKSPACE, CANARIES[5].as_bytes(), millis(0), b"canary-answer \xff".as_slice()],
        )
        .unwrap();
}

/// The same as version 2 had it, with a job that has come so far as to have looked at the first three deliveries.
fn database_of_version_2(directory: &Path) -> JobId {
    database_of_version_1(directory);
    let mut connection = Connection::open(directory.join(DATABASE_FILE)).unwrap();
    let transaction = connection.transaction().unwrap();
    transaction.execute_batch(STEPS[1].sql).unwrap();
    (STEPS[1].then)(&transaction, &a_vault()).unwrap();
    transaction.pragma_update(None, "user_version", 2).unwrap();
    let labels = "INSERT INTO event_channel SELECT workspace_id, channels, created_at, seq FROM event";
    transaction.execute(labels, params![]).unwrap();
    let filter = ReplayFilter {
        webhook_id: None,
        event_id: None,
        status: None,
        event_type: None,
        channel: None,
        since: None,
        until: at(100),
    };
    let kind = serde_json::to_string(&JobKind::Replay(filter)).unwrap();
    let place: Vec<u8> = [at(1).as_millisecond(), 0, 3].iter().flat_map(|number| number.to_be_bytes()).collect();
    let id = JobId::from(Uuid::from_u128(50));
    transaction
        .execute(
            "INSERT INTO job (id, workspace_id, kind, status, total, examined, replayed, place, created_at, updated_at)
             VALUES (?1, ?2, ?3, 0, 6, 3, 1, ?4, 0, 0)",
            params![id.uuid(), WORKSPACE, kind, place],
        )
        .unwrap();
    transaction.commit().unwrap();
    id
}

/// The same as version 3 had it.
fn database_of_version_3(directory: &Path) {
    database_of_version_2(directory);
    let mut connection = Connection::open(directory.join(DATABASE_FILE)).unwrap();
    let transaction = connection.transaction().unwrap();
    transaction.execute_batch(STEPS[2].sql).unwrap();
    (STEPS[2].then)(&transaction, &a_vault()).unwrap();
    transaction.pragma_update(None, "user_version", 3).unwrap();
    transaction.commit().unwrap();
}

/// What of the canaries stands anywhere in the files of a directory.
fn found_in(directory: &Path) -> Vec<&'static str> {
    let files = std::fs::read_dir(directory).unwrap();
    let bytes: Vec<u8> = files.flat_map(|entry| std::fs::read(entry.unwrap().path()).unwrap()).collect();
    let stands = |text: &str| bytes.windows(text.len()).any(|part| part == text.as_bytes());
    CANARIES.into_iter().filter(|canary| stands(canary)).collect()
}

fn open(directory: &Path) -> std::sync::Arc<SqliteStore> {
    SqliteStore::open(Options::new(directory, a_vault()), fake_ambient()).unwrap()
}

// behaviour D11
#[tokio::test]
async fn a_database_of_version_1_is_brought_up_with_everything_due_as_before() {
    let directory = tempfile::tempdir().unwrap();
    database_of_version_1(directory.path());
    let store = open(directory.path());
    let (workspace, webhook_id) = (WorkspaceId::from(WORKSPACE), WebhookId::from(WEBHOOK));

    let webhook = store.get_webhook(workspace, webhook_id).await.unwrap();
    assert_eq!(webhook.url.as_str(), "https://receiver.example/canary-url/0");
    assert_eq!(webhook.headers["X-Token"], "canary-header");
    assert_eq!((webhook.revision, webhook.enabled, webhook.fifo, webhook.rate_limit), (3, true, false, None));
    let secrets: Vec<_> = webhook.live_signing_keys(at(0)).map(|key| key.material.expose()).collect();
    assert_eq!(secrets, [OLD_SECRET, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]);
    assert_eq!(webhook.signing_keys[0].created_at, webhook.created_at);
    assert_eq!(store.config_version(workspace), 7);
    assert_eq!(store.load_config(workspace).await.unwrap().webhooks.len(), 1);

    let due = store.list_due(webhook_id, at(1_000), &[], 100).await.unwrap().due;
    let due: Vec<_> =
        due.iter().map(|due| (due.delivery_id, due.trigger, due.due_at, due.scheduled_attempts)).collect();
    let wanted = [
        (4, Trigger::Test, 6, 0),
        (1, Trigger::Schedule, 1, 0),
        (3, Trigger::Resend, 5, 4),
        (5, Trigger::Resend, 7, 1),
        (2, Trigger::Schedule, 300, 2),
        (5, Trigger::Schedule, 400, 1),
    ];
    assert_eq!(due, wanted.map(|(n, trigger, second, scheduled)| (delivery_id(n), trigger, at(second), scheduled)));
    let batch = store.list_due(webhook_id, at(8), &[], 100).await.unwrap();
    assert_eq!((batch.due.len(), batch.next_due_at), (4, Some(at(300))));
    let retrying = store.get_delivery(workspace, delivery_id(2)).await.unwrap();
    assert_eq!((retrying.status, retrying.next_attempt_at), (DeliveryStatus::Retrying, Some(at(300))));

    let attempts =
        store.list_attempts(workspace, AttemptsOf::Webhook(webhook_id), PageRequest::default()).await.unwrap();
    assert_eq!(attempts.rows[0].id, AttemptId::from(Uuid::from_u128(9)));
    assert_eq!(attempts.rows[0].exchange.url, "https://receiver.example/canary-record");
    let answer = store.find_answer(workspace, "key", at(-10)).await.unwrap().unwrap();
    assert_eq!(answer.body, b"canary-answer \xff");
    assert_eq!(answer.request_hash, CANARIES[5].as_bytes());
}

// behaviour D11
#[tokio::test]
async fn a_database_of_version_2_lists_what_it_did_by_every_filter() {
    let directory = tempfile::tempdir().unwrap();
    database_of_version_2(directory.path());
    let store = open(directory.path());
    let workspace = WorkspaceId::from(WORKSPACE);
    let listed = async |filter: DeliveryFilter| {
        let page = store.list_deliveries(workspace, &filter, PageRequest::default()).await.unwrap();
        assert_eq!(page.next, None);
        page.rows.into_iter().map(|delivery| delivery.id).collect::<Vec<_>>()
    };
    let all = || DeliveryFilter::default();
    let newest_first = [6, 5, 4, 3, 2, 1].map(delivery_id);
    let visited = Some("contact.visited".to_owned());
    assert_eq!(listed(all()).await, newest_first);
    assert_eq!(listed(DeliveryFilter { webhook_id: Some(WEBHOOK.into()), ..all() }).await, newest_first);
    assert_eq!(listed(DeliveryFilter { event_type: visited.clone(), ..all() }).await, newest_first);
    assert_eq!(listed(DeliveryFilter { event_type: Some("a.a".to_owned()), ..all() }).await, []);
    assert_eq!(
        listed(DeliveryFilter { channel: Some(Channel::of_segment(SegmentId(7))), ..all() }).await,
        newest_first
    );
    assert_eq!(
        listed(DeliveryFilter { event_id: Some(EventId::parse("evt-4").unwrap()), ..all() }).await,
        [delivery_id(4)]
    );
    for (status, wanted) in [
        (DeliveryStatus::Pending, &[4, 1][..]),
        (DeliveryStatus::Retrying, &[5, 2]),
        (DeliveryStatus::Delivered, &[6]),
        (DeliveryStatus::Failed, &[3]),
        (DeliveryStatus::Canceled, &[]),
    ] {
        let wanted: Vec<_> = wanted.iter().copied().map(delivery_id).collect();
        assert_eq!(listed(DeliveryFilter { status: Some(status), ..all() }).await, wanted, "{status:?}");
    }
    let filter = EventFilter { event_type: visited, ..EventFilter::default() };
    let events = store.list_events(workspace, &filter, PageRequest::default()).await.unwrap().rows;
    assert_eq!(
        events.iter().map(|event| event.id.as_str()).collect::<Vec<_>>(),
        [6, 5, 4, 3, 2, 1].map(|n| format!("evt-{n}"))
    );
}

// behaviour D11 (in part)
#[tokio::test]
async fn a_workspace_of_version_3_keeps_its_name_and_has_the_settings_of_a_new_one() {
    let directory = tempfile::tempdir().unwrap();
    database_of_version_3(directory.path());
    let store = open(directory.path());
    let workspace = WorkspaceId::from(WORKSPACE);
    let before = store.load_config(workspace).await.unwrap();
    assert_eq!((before.version, before.webhooks.len(), &before.settings), (7, 1, &WorkspaceSettings::default()));
    assert_eq!(store.list_members(workspace).await.unwrap(), []);
    assert_eq!(before.name, store.list_workspaces().await.unwrap()[0].name);
    let settings = WorkspaceSettings { public_catalog: true, ..WorkspaceSettings::default() };
    store.update_settings(workspace, "Renamed", &settings).await.unwrap();
    let after = store.load_config(workspace).await.unwrap();
    assert_eq!((after.version, after.name.as_str(), after.settings), (8, "Renamed", settings));
}

// behaviour V10 (in part)
#[tokio::test]
async fn a_job_of_version_2_goes_on_where_it_was() {
    let directory = tempfile::tempdir().unwrap();
    let id = database_of_version_2(directory.path());
    let store = open(directory.path());
    let workspace = WorkspaceId::from(WORKSPACE);
    let stepped = store.step_job(workspace, id, 100, vec![], at(10)).await.unwrap();
    assert_eq!((stepped.examined, stepped.replayed, stepped.status), (6, 2, JobStatus::Done));
    assert_eq!(store.get_delivery(workspace, delivery_id(6)).await.unwrap().status, DeliveryStatus::Retrying);
    assert_eq!(store.get_delivery(workspace, delivery_id(3)).await.unwrap().status, DeliveryStatus::Failed);
}

// behaviour S10
#[tokio::test]
async fn what_version_1_kept_open_is_gone_from_the_files() {
    let directory = tempfile::tempdir().unwrap();
    database_of_version_1(directory.path());
    assert_eq!(found_in(directory.path()), CANARIES, "they stood there");
    let store = open(directory.path());
    assert_eq!(found_in(directory.path()), [""; 0]);
    store.close().await;
    assert_eq!(found_in(directory.path()), [""; 0]);
}

#[tokio::test]
async fn a_rewriting_that_was_cut_off_is_made_up_at_the_next_start() {
    let directory = tempfile::tempdir().unwrap();
    database_of_version_1(directory.path());
    open(directory.path()).close().await;
    let behind = Connection::open(directory.path().join(DATABASE_FILE)).unwrap();
    let scrubbed = || behind.query_row("SELECT scrubbed FROM vault", [], |row| row.get::<_, bool>(0)).unwrap();
    assert!(scrubbed());
    behind.execute_batch("UPDATE vault SET scrubbed = 0; CREATE TABLE t AS SELECT 'canary-url'; DROP TABLE t").unwrap();
    assert_eq!(found_in(directory.path()), ["canary-url"], "in an unused part");
    open(directory.path()).close().await;
    assert!(scrubbed());
    behind.close().unwrap();
    assert_eq!(found_in(directory.path()), [""; 0]);
}

// behaviour S10 (in part)
#[test]
fn a_rewriting_under_the_eyes_of_a_reader_is_made_up_later() {
    let directory = tempfile::tempdir().unwrap();
    database_of_version_1(directory.path());
    let mut connection = Connection::open(directory.path().join(DATABASE_FILE)).unwrap();
    let scrubbed =
        |of: &Connection| of.query_row("SELECT scrubbed FROM vault", [], |row| row.get::<_, bool>(0)).unwrap();
    let reader = Connection::open(directory.path().join(DATABASE_FILE)).unwrap();
    reader.execute_batch("BEGIN; SELECT count(*) FROM webhook").unwrap();
    connection.busy_timeout(std::time::Duration::ZERO).unwrap();
    migrate(&mut connection, &a_vault()).unwrap();
    assert!(!scrubbed(&connection), "what the reader sees is still in the files");
    reader.execute_batch("COMMIT").unwrap();
    migrate(&mut connection, &a_vault()).unwrap();
    assert!(scrubbed(&connection));
    assert_eq!(found_in(directory.path()), [""; 0]);
}

// behaviour D9 (in part)
#[tokio::test]
async fn a_webhook_that_cannot_be_read_stops_no_upgrade_and_is_not_left_open() {
    let directory = tempfile::tempdir().unwrap();
    database_of_version_1(directory.path());
    let behind = Connection::open(directory.path().join(DATABASE_FILE)).unwrap();
    behind.execute("UPDATE webhook SET doc = '{\"url\": \"canary-url\"}'", []).unwrap();
    behind.close().unwrap();
    let store = open(directory.path());
    let unreadable = store.get_webhook(WORKSPACE.into(), WEBHOOK.into()).await.unwrap_err();
    assert_eq!(unreadable.to_string(), "a stored webhook cannot be read");
    store.close().await;
    assert_eq!(found_in(directory.path()), [""; 0]);
}

// behaviour S10 (in part)
#[tokio::test]
async fn another_key_is_refused_untouched_with_both_named() {
    let directory = tempfile::tempdir().unwrap();
    database_of_version_1(directory.path());
    open(directory.path()).close().await;
    let contents = || std::fs::read(directory.path().join(DATABASE_FILE)).unwrap();
    let before = contents();
    let other = Vault::new(&[9; 32], fake_ambient());
    let refused = SqliteStore::open(Options::new(directory.path(), other.clone()), fake_ambient()).err().unwrap();
    let (wanted, given) = (crate::open::named(&a_vault().key_id()), crate::open::named(&other.key_id()));
    assert!(matches!(refused, OpenError::OtherKey { .. }));
    let message = refused.to_string();
    assert!(message.contains(&wanted) && message.contains(&given) && message.contains("encryption key"), "{message}");
    assert_eq!(contents(), before);
    open(directory.path());
}

/// A database as version 3 wrote it, with people, a signal, a firing and what was announced of it.
fn people_of_version_3(directory: &Path) {
    let mut connection = Connection::open(directory.join(DATABASE_FILE)).unwrap();
    connection.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(())).unwrap();
    let transaction = connection.transaction().unwrap();
    for step in &STEPS[..3] {
        transaction.execute_batch(step.sql).unwrap();
        (step.then)(&transaction, &a_vault()).unwrap();
    }
    transaction.execute("INSERT INTO workspace VALUES (?1, 'Acme', 0, 7)", params![WORKSPACE]).unwrap();
    let contact = beckon_testkit::builders::a_contact();
    let doc = serde_json::to_string(&contact).unwrap();
    let insert = "INSERT INTO contact (workspace_id, id, doc) VALUES (?1, ?2, ?3)";
    transaction.execute(insert, params![WORKSPACE, contact.id.uuid(), doc]).unwrap();
    transaction.execute(insert, params![WORKSPACE, Uuid::from_u128(99), "{broken"]).unwrap();
    let company = serde_json::json!({
        "id": beckon_domain::id::CompanyId::from(Uuid::from_u128(5)), "domain": "acme.com", "group_id": null,
        "profile": {"name": "Acme Corp"}, "created_at": at(0), "updated_at": at(0),
    });
    let insert = "INSERT INTO company (workspace_id, id, doc) VALUES (?1, ?2, ?3)";
    transaction.execute(insert, params![WORKSPACE, Uuid::from_u128(5), company.to_string()]).unwrap();
    transaction
        .execute(
            "INSERT INTO signal (workspace_id, id, kind, at, received_at, raw) VALUES (?1, ?2, 'page', 0, 0, '{}')",
            params![WORKSPACE, Uuid::from_u128(6)],
        )
        .unwrap();
    for (subject, millis) in [(3, 5_000), (4, 7_000)] {
        transaction
            .execute(
                "INSERT INTO firing VALUES (?1, 0, ?2, 7, 'contact.visited', ?3, NULL)",
                params![WORKSPACE, Uuid::from_u128(subject), millis],
            )
            .unwrap();
    }
    transaction
        .execute(
            "INSERT INTO event (workspace_id, id, event_type, channels, contact_id, test, created_at, delivery_count,
                                payload)
             VALUES (?1, 'evt-1', 'contact.visited', '', ?2, 0, 0, 0, x'')",
            params![WORKSPACE, contact.id.uuid()],
        )
        .unwrap();
    transaction.execute("UPDATE vault SET scrubbed = 1", []).unwrap();
    transaction.pragma_update(None, "user_version", 3).unwrap();
    transaction.commit().unwrap();
}

#[tokio::test]
async fn who_was_stored_by_version_3_is_found_by_words() {
    let directory = tempfile::tempdir().unwrap();
    people_of_version_3(directory.path());
    let store = open(directory.path());
    let workspace = WorkspaceId::from(WORKSPACE);
    let jane = beckon_testkit::builders::a_contact();
    let filter = ContactFilter { text: Some("jan doe".to_owned()), ..ContactFilter::default() };
    let found = store.list_contacts(workspace, &filter, PageRequest::default()).await.unwrap().rows;
    assert_eq!(found, std::slice::from_ref(&jane));
    let filter = CompanyFilter { text: Some("acme".to_owned()), ..CompanyFilter::default() };
    assert_eq!(store.list_companies(workspace, &filter, PageRequest::default()).await.unwrap().rows.len(), 1);
    let about = EventFilter { about: Some("jane".to_owned()), ..EventFilter::default() };
    assert_eq!(store.list_events(workspace, &about, PageRequest::default()).await.unwrap().rows.len(), 1);
    let signal = store.get_signal(workspace, Uuid::from_u128(6).into()).await.unwrap();
    assert_eq!(signal.story, SignalStory::default());
    let fired = store.list_last_firings(workspace).await.unwrap();
    assert_eq!(fired, [(SegmentId(7), Timestamp::from_second(7).unwrap())]);
    store.erase_contact(workspace, jane.id, at(40)).await.unwrap();
    assert_eq!(store.list_events(workspace, &about, PageRequest::default()).await.unwrap().rows, []);
}

// behaviour V4 (in part)
#[tokio::test]
async fn what_version_6_counted_of_each_webhook_is_summed_over_all() {
    let directory = tempfile::tempdir().unwrap();
    database_of_version_3(directory.path());
    let mut connection = Connection::open(directory.path().join(DATABASE_FILE)).unwrap();
    let transaction = connection.transaction().unwrap();
    for step in &STEPS[3..6] {
        transaction.execute_batch(step.sql).unwrap();
        (step.then)(&transaction, &a_vault()).unwrap();
    }
    let (one, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let failed = crate::tally::Count::Failed.code();
    for (webhook, measure, count) in [(Some(one), failed, 3), (Some(other), failed, 4), (None, 127, 5)] {
        let webhook = webhook.map_or_else(Vec::new, |webhook: Uuid| webhook.as_bytes().to_vec());
        transaction
            .execute("INSERT INTO tally VALUES (?1, ?2, 0, ?3, ?4)", params![WORKSPACE, webhook, measure, count])
            .unwrap();
    }
    transaction.pragma_update(None, "user_version", 6).unwrap();
    transaction.commit().unwrap();
    drop(connection);

    let store = open(directory.path());
    let (since, until) = (Timestamp::UNIX_EPOCH, Timestamp::from_second(3_600).unwrap());
    let figures = async |of| {
        let tallies = store.list_tallies(WorkspaceId::from(WORKSPACE), of, since, until).await.unwrap();
        let mut figures: Vec<_> = tallies.into_iter().map(|tally| (tally.measure, tally.count)).collect();
        figures.sort();
        figures
    };
    assert_eq!(figures(TalliesOf::Workspace).await, [(Measure::Signals, 5), (Measure::Failed, 7)]);
    assert_eq!(figures(TalliesOf::Webhook(one.into())).await, [(Measure::Failed, 3)]);
}
