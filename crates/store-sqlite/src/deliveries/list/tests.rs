use std::collections::BTreeSet;

use beckon_domain::channel::Channel;
use beckon_domain::delivery::DeliveryStatus;
use beckon_domain::id::{SegmentId, WebhookId};
use beckon_store::Cursor;
use beckon_testkit::a_vault;
use jiff::Timestamp;
use rusqlite::Connection;
use uuid::Uuid;

use super::*;
use crate::open;
use crate::sift::Sift;

const WORKSPACE: Uuid = Uuid::from_u128(1);
/// Small enough that the pages of the few deliveries here come short in every way they can.
const SMALL: Bounds = Bounds { entries: 20, rows: 7, first: 3 };

fn webhook(n: i64) -> WebhookId {
    Uuid::from_u128(10 + n as u128).into()
}

fn add_event(connection: &Connection, seq: i64, created_at: i64, deliveries: i64) {
    let channels: &[i64] = [&[][..], &[7], &[8, 7]][(seq % 3) as usize];
    let text = channels.iter().map(|n| format!("segment_{n}")).collect::<Vec<_>>().join(" ");
    connection
        .execute(
            "INSERT INTO event (seq, workspace_id, id, event_type, channels, test, created_at, delivery_count, payload)
             VALUES (?1, ?2, ?3, ?4, ?5, 0, ?6, ?7, x'')",
            params![
                seq,
                WORKSPACE,
                format!("e{seq}"),
                ["a.a", "b.b"][(seq % 2) as usize],
                text,
                created_at,
                deliveries
            ],
        )
        .unwrap();
    for n in channels {
        let channel = format!("segment_{n}");
        connection
            .execute("INSERT INTO event_channel VALUES (?1, ?2, ?3, ?4)", params![WORKSPACE, channel, created_at, seq])
            .unwrap();
    }
}

fn add_delivery(connection: &Connection, event: i64, to: i64, status: i64) {
    connection
        .execute(
            "INSERT INTO delivery (id, workspace_id, webhook_id, event, event_type, status, attempt_count,
                                   scheduled_attempts, created_at, updated_at)
             SELECT randomblob(16), workspace_id, ?2, seq, event_type, ?3, 0, 0, created_at, created_at
             FROM event WHERE seq = ?1",
            params![event, webhook(to).uuid(), status],
        )
        .unwrap();
}

/// Events of a few moments, some that nobody wanted, and deliveries of every kind; some made long after their event.
fn a_history() -> (Connection, tempfile::TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let connection = open::writer(directory.path(), &a_vault()).unwrap();
    connection.execute("INSERT INTO workspace VALUES (?1, 'Acme', 0, 1, '{}')", params![WORKSPACE]).unwrap();
    for n in 0..3 {
        connection
            .execute(
                "INSERT INTO webhook VALUES (?1, ?2, 1, 1, 0, NULL, '', x'')",
                params![webhook(n).uuid(), WORKSPACE],
            )
            .unwrap();
    }
    for seq in 1..=120 {
        let takers = if seq % 40 < 12 { 0 } else { 1 + seq % 2 };
        // A clock that was set back once.
        let created_at = if seq < 60 { seq / 4 } else { seq / 4 - 5 };
        add_event(&connection, seq, created_at, takers);
        for n in 0..takers {
            // What goes to the last webhook is rare.
            let to = if seq % 50 == 25 { 2 } else { (seq / 2 + n) % 2 };
            add_delivery(&connection, seq, to, if seq % 4 == 0 { 2 } else { (seq / 3) % 5 });
        }
    }
    for event in [3, 20, 50, 51, 90] {
        add_delivery(&connection, event, 2, 3);
        connection.execute("UPDATE event SET delivery_count = delivery_count + 1 WHERE seq = ?1", [event]).unwrap();
    }
    (connection, directory)
}

/// Every combination of the filters, with and without what fits.
fn filters() -> Vec<DeliveryFilter> {
    let mut filters = Vec::new();
    for combination in 0..1_024 {
        let on = |bit: u32| combination & (1 << bit) != 0;
        let at = |millis| Timestamp::from_millisecond(millis).unwrap();
        filters.push(DeliveryFilter {
            webhook_id: on(0).then(|| webhook(if on(7) { 0 } else { 2 })),
            event_id: on(1).then(|| EventId::parse("e51").unwrap()),
            status: on(2).then(|| if on(8) { DeliveryStatus::Failed } else { DeliveryStatus::Delivered }),
            event_type: on(3).then(|| "a.a".to_owned()),
            channel: on(4).then(|| Channel::of_segment(SegmentId(if on(9) { 7 } else { 8 }))),
            since: on(5).then(|| at(6)),
            until: on(6).then(|| at(20)),
            about: None,
        });
    }
    filters
}

fn fits(filter: &DeliveryFilter, delivery: &Delivery) -> bool {
    filter.webhook_id.is_none_or(|wanted| wanted == delivery.webhook_id)
        && filter.event_id.as_ref().is_none_or(|wanted| *wanted == delivery.event_id)
        && filter.status.is_none_or(|wanted| wanted == delivery.status)
        && filter.event_type.as_ref().is_none_or(|wanted| *wanted == delivery.event_type)
        && filter.channel.as_ref().is_none_or(|wanted| delivery.channels.contains(wanted))
        && filter.since.is_none_or(|since| delivery.created_at >= since)
        && filter.until.is_none_or(|until| delivery.created_at < until)
}

// behaviour A5 (in part)
#[test]
fn pages_that_come_short_still_show_everything_once_and_in_order() {
    let (connection, _directory) = a_history();
    let vault = a_vault();
    let sql = Sql { connection: &connection, vault: &vault, doing: "testing" };
    let text = format!("SELECT {COLUMNS} FROM delivery d CROSS JOIN event e ON e.seq = d.event");
    let all: Vec<Delivery> = sql.list(&text, [], |row| Ok(delivery(row)?.1)).unwrap();
    let mut came_short = 0;
    for filter in filters() {
        for limit in [1, 5, 50] {
            let mut listed: Vec<Delivery> = Vec::new();
            let mut after = None;
            loop {
                let request = PageRequest { limit, after };
                let page = list_within(&sql, WORKSPACE.into(), &filter, &request, SMALL).unwrap();
                assert!(page.rows.len() <= limit as usize);
                came_short += usize::from(page.rows.len() < limit as usize && page.next.is_some());
                listed.extend(page.rows);
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
            assert!(listed.is_sorted_by(|a, b| a.created_at >= b.created_at), "{filter:?}");
            let ids: Vec<_> = listed.iter().map(|delivery| delivery.id).collect();
            let wanted: BTreeSet<_> =
                all.iter().filter(|delivery| fits(&filter, delivery)).map(|delivery| delivery.id).collect();
            assert_eq!(ids.len(), wanted.len(), "{filter:?}");
            assert_eq!(ids.into_iter().collect::<BTreeSet<_>>(), wanted, "{filter:?}");
        }
    }
    assert!(came_short > 100, "{came_short}: or this would show nothing");
}

/// What is known of how SQLite does it.
fn plan(sql: &Sql<'_>, (text, conditions): &(String, crate::filter::Conditions)) -> Vec<String> {
    let explain = format!("EXPLAIN QUERY PLAN {text}");
    sql.list(&explain, conditions.values(), |row| Ok(row.get::<_, String>(3).unwrap())).unwrap()
}

#[test]
fn no_combination_of_filters_scans_or_sorts_a_log() {
    let (connection, _directory) = a_history();
    let vault = a_vault();
    let sql = Sql { connection: &connection, vault: &vault, doing: "testing" };
    for filter in filters() {
        for list in [None, Some(List::Deliveries), Some(List::DeliveriesByEvent)] {
            let cursor = list.map(|list| Cursor([&[list as u8][..], &[0; 24]].concat()));
            let page = PageRequest { limit: 10, after: cursor };
            // A cursor of another order than that of any way is refused.
            let Ok(Some(way)) = ways::choose(&sql, WORKSPACE.into(), &filter, &page, SMALL) else { continue };
            if list.is_some_and(|list| list != way.list) {
                continue;
            }
            let from = list.map(|_| (5, 5, 5));
            for statement in [way.select(COLUMNS, from, Some((1, 1, 1)), 10), way.select(COLUMNS, from, None, 10)] {
                let plan = plan(&sql, &statement);
                assert!(plan.iter().all(|step| !step.starts_with("SCAN")), "{}: {plan:?}", statement.0);
                // Sorting the deliveries of one event is nothing.
                let sorts = plan.iter().any(|step| step.contains("TEMP B-TREE"));
                assert!(!sorts || filter.event_id.is_some(), "{}: {plan:?}", statement.0);
                let begins_there = plan[0].contains("created_at<?") || plan[0].contains("(created_at,event)<(?,?)");
                assert!(begins_there || list.is_none() || filter.event_id.is_some(), "{}: {plan:?}", statement.0);
            }
            looks_ahead_in_the_index_alone(&sql, &way, &filter);
        }
    }
}

fn looks_ahead_in_the_index_alone(sql: &Sql<'_>, way: &Sift, filter: &DeliveryFilter) {
    for fitting in [false, true] {
        let statement = way.select_entry(Some((5, 5, 5)), Some((1, 1, 1)), 10, fitting);
        let plan = plan(sql, &statement);
        let in_index = plan.len() == 1 && (plan[0].contains("COVERING INDEX") || plan[0].contains("PRIMARY KEY"));
        assert!(in_index || filter.event_id.is_some(), "{}: {plan:?}", statement.0);
    }
}
