//! Reads the log of signals: one, or a page, in the order of their ids, which grow as they come.

use beckon_domain::id::{SignalId, WorkspaceId};
use beckon_domain::signal::SignalKind;
use beckon_store::intake::{SignalFilter, SignalRecord};
use beckon_store::{Page, PageRequest, Result, StoreError};
use rusqlite::{Row, params};
use serde::Deserialize;
use serde::de::value::{Error, StrDeserializer};
use uuid::Uuid;

use crate::columns::Columns;
use crate::filter::Conditions;
use crate::paging::{List, begin, cursor, cut, rows_wanted};
use crate::sql::Sql;

const COLUMNS: &str = "id, kind, at, received_at, visitor_id, contact_id, company_id, raw, story";
/// Most signals that are looked at for a page of those of one kind.
const SIFTED_ROWS_MAX: i64 = 5_000;

/// The signal of that id.
pub(super) fn get(sql: &Sql<'_>, workspace: WorkspaceId, id: SignalId) -> Result<SignalRecord> {
    let text =
        format!("SELECT {COLUMNS} FROM signal INDEXED BY signal_of_workspace WHERE workspace_id = ?1 AND id = ?2");
    let found = sql.find(&text, params![workspace.uuid(), id.uuid()], signal)?;
    found.map(|(_, signal)| signal).ok_or(StoreError::NotFound("signal"))
}

/// A page of the signals that fit. No index knows of kinds: those of one are sifted out, a bounded part per page.
pub(super) fn list(
    sql: &Sql<'_>,
    workspace: WorkspaceId,
    filter: &SignalFilter,
    page: &PageRequest,
) -> Result<Page<SignalRecord>> {
    list_within(sql, workspace, filter, page, SIFTED_ROWS_MAX)
}

fn list_within(
    sql: &Sql<'_>,
    workspace: WorkspaceId,
    filter: &SignalFilter,
    page: &PageRequest,
    sifted_max: i64,
) -> Result<Page<SignalRecord>> {
    let before = begin(List::Signals, page)?.unwrap_or(Uuid::max());
    let mut way = Conditions::default();
    way.and("workspace_id = ?", workspace);
    let index = match filter.contact_id {
        Some(contact) => {
            way.and("contact_id = ?", contact.uuid());
            "signal_of_contact"
        }
        None => "signal_of_workspace",
    };
    way.and("id < ?", before);
    let mut given_up_at = None;
    if let Some(kind) = filter.kind {
        let text =
            format!("SELECT id FROM signal INDEXED BY {index} WHERE {} ORDER BY id DESC LIMIT 1 OFFSET ?", way.text());
        let mut last = way.clone();
        last.value(sifted_max - 1);
        given_up_at = sql.find(&text, last.values(), |row| Columns::of("signal", row).value::<Uuid>())?;
        if let Some(last) = given_up_at {
            way.and("id >= ?", last);
        }
        way.and("kind = ?", kind.as_str().to_owned());
    }
    let text = format!("SELECT {COLUMNS} FROM signal INDEXED BY {index} WHERE {} ORDER BY id DESC LIMIT ?", way.text());
    let wanted = rows_wanted(page);
    way.value(wanted);
    let rows = sql.list(&text, way.values(), signal)?;
    if let Some(last) = given_up_at.filter(|_| (rows.len() as i64) < wanted) {
        let rows = rows.into_iter().map(|(_, signal)| signal).collect();
        return Ok(Page { rows, next: Some(cursor(List::Signals, last)) });
    }
    Ok(cut(List::Signals, page, rows))
}

/// Reads [`COLUMNS`]: the signal, and its place in the list.
fn signal(row: &Row<'_>) -> Result<(Uuid, SignalRecord)> {
    let mut columns = Columns::of("signal", row);
    let id: Uuid = columns.value()?;
    let signal = SignalRecord {
        id: id.into(),
        kind: columns.parsed(|text| SignalKind::deserialize(StrDeserializer::<Error>::new(text)))?,
        at: columns.time()?,
        received_at: columns.time()?,
        visitor_id: columns.maybe_id()?,
        contact_id: columns.maybe_id()?,
        company_id: columns.maybe_id()?,
        raw: columns.value()?,
        story: columns.json()?,
    };
    Ok((id, signal))
}

#[cfg(test)]
mod tests {
    use beckon_testkit::a_vault;

    use super::*;
    use crate::open;

    const WORKSPACE: Uuid = Uuid::from_u128(1);

    // behaviour A5 (in part)
    #[test]
    fn pages_of_a_rare_kind_that_come_short_still_show_everything_once() {
        let directory = tempfile::tempdir().unwrap();
        let connection = open::writer(directory.path(), &a_vault()).unwrap();
        let vault = a_vault();
        let sql = Sql { connection: &connection, vault: &vault, doing: "testing" };
        for n in 0..100_u128 {
            let kind = if n % 23 == 5 { "track" } else { "page" };
            let contact = [None, Some(Uuid::from_u128(7))][(n % 2) as usize];
            sql.run(
                "INSERT INTO signal (workspace_id, id, kind, at, received_at, contact_id, raw)
                 VALUES (?1, ?2, ?3, 0, 0, ?4, '{}')",
                params![WORKSPACE, Uuid::from_u128(1_000 + n), kind, contact],
            )
            .unwrap();
        }
        let mut came_short = 0;
        for contact_id in [None, Some(Uuid::from_u128(7).into())] {
            for limit in [1, 3, 10] {
                let filter = SignalFilter { kind: Some(SignalKind::Track), contact_id };
                let (mut listed, mut after) = (Vec::new(), None);
                loop {
                    let page = list_within(&sql, WORKSPACE.into(), &filter, &PageRequest { limit, after }, 7).unwrap();
                    came_short += usize::from(page.rows.len() < limit as usize && page.next.is_some());
                    listed.extend(page.rows.iter().map(|signal| signal.id.uuid().as_u128() - 1_000));
                    after = page.next;
                    if after.is_none() {
                        break;
                    }
                }
                let wanted: &[u128] = if contact_id.is_some() { &[97, 51, 5] } else { &[97, 74, 51, 28, 5] };
                assert_eq!(listed, wanted);
            }
        }
        assert!(came_short > 10, "{came_short}: or this would show nothing");
    }
}
