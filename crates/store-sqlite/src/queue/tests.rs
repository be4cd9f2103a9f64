use beckon_domain::id::WebhookId;
use beckon_testkit::a_vault;
use rusqlite::{Connection, StatementStatus};

use super::*;
use crate::open;

/// Some that wait in every lane of a webhook.
fn a_backlog(connection: &Connection, webhook: Uuid, rows: i64) {
    connection
        .execute(
            "INSERT OR IGNORE INTO webhook (id, workspace_id, revision, enabled, fifo, deleted_at, doc, sealed)
             VALUES (?1, ?1, 1, 1, 0, NULL, '{}', x'')",
            params![webhook],
        )
        .unwrap();
    connection
        .execute_batch(
            "INSERT OR IGNORE INTO event (seq, workspace_id, id, event_type, channels, test, created_at, delivery_count, payload)
             VALUES (1, x'00000000000000000000000000000001', 'e', 'a.a', '', 0, 0, 1, x'')",
        )
        .unwrap();
    connection
        .execute(
            "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ?2)
             INSERT INTO delivery (id, workspace_id, webhook_id, event, event_type, status, attempt_count,
                 scheduled_attempts, schedule_due_at, created_at, updated_at)
             SELECT randomblob(16), ?1, ?1, 1, 'a.a', 1, 1, 1, 1000 + n, 0, 0 FROM n",
            params![webhook, rows],
        )
        .unwrap();
    // One lane after the other, and one that stands far in the future.
    connection
        .execute(
            "INSERT INTO due (webhook_id, lane, due_at, delivery)
             SELECT ?1, CASE seq % 5 WHEN 1 THEN 3 ELSE seq % 5 END, schedule_due_at, seq
             FROM delivery WHERE webhook_id = ?1",
            params![webhook],
        )
        .unwrap();
}

/// How much work SQLite does for a look at the queue: steps of its machine, and steps of full scans and sorts.
fn work(connection: &Connection, webhook: Uuid, now: i64, limit: usize) -> (i32, i32) {
    let vault = a_vault();
    let sql = Sql { connection, vault: &vault, doing: "testing" };
    let skip = HashSet::new();
    let now = Timestamp::from_millisecond(now).unwrap();
    list_due(&sql, WebhookId::from(webhook), now, &skip, limit).unwrap();
    due_webhooks(&sql, now).unwrap();
    let taken = |text: &str| {
        let statement = connection.prepare_cached(text).unwrap();
        let slow = [StatementStatus::FullscanStep, StatementStatus::Sort].map(|what| statement.reset_status(what));
        (statement.reset_status(StatementStatus::VmStep), slow.iter().sum())
    };
    taken(LANE)
}

// behaviour D8
#[test]
fn a_look_at_the_queue_costs_the_same_however_much_waits() {
    let directory = tempfile::tempdir().unwrap();
    let connection = open::writer(directory.path(), &a_vault()).unwrap();
    let (few, many) = (Uuid::from_u128(1), Uuid::from_u128(2));
    a_backlog(&connection, few, 100);
    a_backlog(&connection, many, 1_000);
    // What is due at 900 is nothing that has to wait; at 5000 everything is.
    for (now, limit) in [(900, 0), (900, 5), (5_000, 5)] {
        let before = work(&connection, few, now, limit);
        assert_eq!(work(&connection, many, now, limit), before, "now {now}, limit {limit}");
        assert_eq!(before.1, 0, "nothing is scanned or sorted");
        assert!(before.0 < 1_000, "{before:?}");
    }
    let before = work(&connection, many, 5_000, 5);
    a_backlog(&connection, Uuid::from_u128(3), 100_000);
    connection.execute("UPDATE due SET webhook_id = ?1 WHERE webhook_id = ?2", [many, Uuid::from_u128(3)]).unwrap();
    let one_more_webhook = work(&connection, many, 5_000, 5);
    assert_eq!(one_more_webhook, before, "a hundred thousand more wait");
}

#[test]
fn a_lane_is_read_along_its_key() {
    let directory = tempfile::tempdir().unwrap();
    let connection = open::writer(directory.path(), &a_vault()).unwrap();
    let mut explain = connection.prepare(&format!("EXPLAIN QUERY PLAN {LANE}")).unwrap();
    let plan = explain.query_map(params![Uuid::nil(), 0], |row| row.get::<_, String>(3)).unwrap();
    let plan: Vec<String> = plan.map(|step| step.unwrap()).collect();
    assert_eq!(plan.len(), 2, "{plan:?}");
    assert!(plan[0].contains("USING PRIMARY KEY (webhook_id=? AND lane=?)"), "{plan:?}");
}
