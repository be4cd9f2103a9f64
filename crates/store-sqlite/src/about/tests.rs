use beckon_testkit::a_vault;
use rusqlite::Connection;

use super::*;
use crate::open;

const WORKSPACE: Uuid = Uuid::from_u128(1);
/// Small enough that pages come short in every way they can.
const SMALL: Reach = Reach { events: 9, stretches: 2, stretch_min: 2 };

/// Events of three contacts and two companies; some of somebody else, some of nobody. Many are of one moment.
fn a_history(connection: &Connection) {
    for seq in 1..=200_u128 {
        let contact = (seq % 4 != 3).then(|| Uuid::from_u128(10 + seq % 4));
        let company = (seq % 7 < 2).then(|| Uuid::from_u128(20 + seq % 7));
        connection
            .execute(
                "INSERT INTO event (seq, workspace_id, id, event_type, channels, contact_id, company_id, test, created_at,
                                    delivery_count, payload)
                 VALUES (?1, ?2, ?3, 'a.a', '', ?4, ?5, 0, ?6, 0, x'')",
                params![seq as i64, WORKSPACE, format!("e{seq}"), contact, company, (seq / 10) as i64],
            )
            .unwrap();
    }
}

fn people(contacts: &[u128], companies: &[u128]) -> People {
    let ids = |ids: &[u128]| ids.iter().map(|id| Uuid::from_u128(*id)).collect();
    People { contacts: ids(contacts), companies: ids(companies) }
}

/// Rows of an event, as deliveries are: three of each, but none of every fifth.
fn rows(met: &Met, at: i64) -> Vec<(Entry, i64)> {
    let rows = (0..3).rev().map(|n| met.seq * 3 + n).filter(|row| met.seq % 5 != 0 && *row < met.rows_before);
    let wanted = usize::try_from(met.rows_wanted).unwrap();
    rows.take(wanted).map(|row| ((at, met.seq, row), row)).collect()
}

#[test]
fn pages_that_come_short_still_show_everything_once_and_in_order() {
    let directory = tempfile::tempdir().unwrap();
    let connection = open::writer(directory.path(), &a_vault()).unwrap();
    a_history(&connection);
    let vault = a_vault();
    let sql = Sql { connection: &connection, vault: &vault, doing: "testing" };
    let at = |millis| Some(Timestamp::from_millisecond(millis).unwrap());
    let mut came_short = 0;
    for people in [people(&[], &[]), people(&[10], &[]), people(&[10, 12, 99], &[20]), people(&[], &[20, 21])] {
        for (since, until) in [(None, None), (at(3), None), (None, at(15)), (at(3), at(15))] {
            for limit in [1, 4, 100] {
                let walk = Walk { sql: &sql, workspace: WORKSPACE.into(), people: &people, since, until, reach: SMALL };
                let (mut listed, mut after) = (Vec::new(), None);
                loop {
                    let request = PageRequest { limit, after };
                    let read = |met: Met| Ok(rows(&met, met.seq / 10));
                    let page = walk.page(List::DeliveriesByEvent, &request, read).unwrap();
                    assert!(page.rows.len() <= limit as usize);
                    came_short += usize::from(page.rows.len() < limit as usize && page.next.is_some());
                    listed.extend(page.rows);
                    after = page.next;
                    if after.is_none() {
                        break;
                    }
                }
                let fits = |seq: &i64| {
                    people.includes(&sql, *seq).unwrap()
                        && since.is_none_or(|since| seq / 10 >= since.as_millisecond())
                        && until.is_none_or(|until| seq / 10 < until.as_millisecond())
                };
                let events = (1..=200).rev().filter(fits);
                let met = |seq| Met { seq, rows_before: i64::MAX, rows_wanted: 3 };
                let wanted: Vec<_> = events.flat_map(|seq| rows(&met(seq), 0)).map(|(_, row)| row).collect();
                assert_eq!(listed, wanted, "{since:?} {until:?} {limit}");
            }
        }
    }
    assert!(came_short > 50, "{came_short}: or this would show nothing");
}

#[test]
fn a_stretch_is_read_from_the_index_alone() {
    let directory = tempfile::tempdir().unwrap();
    let connection = open::writer(directory.path(), &a_vault()).unwrap();
    for who in ["contact", "company"] {
        let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {}", stretch_of(who))).unwrap();
        let plan: Vec<String> =
            statement.raw_query().mapped(|row| row.get(3)).collect::<rusqlite::Result<_>>().unwrap();
        assert!(plan.len() == 1 && plan[0].starts_with("SEARCH event USING COVERING INDEX"), "{plan:?}");
    }
}
