//! What a contact or company did, and what was announced of them.

use std::cmp::Reverse;

use beckon_domain::event::EventId;
use beckon_domain::id::{SegmentId, WorkspaceId};
use beckon_domain::signal::Intent;
use beckon_store::intake::SubjectId;
use beckon_store::people::Happening;
use beckon_store::{Result, StoreError};
use jiff::Timestamp;
use rusqlite::{Row, params};

use crate::columns::Columns;
use crate::filter::whole_millis;
use crate::intake::subject;
use crate::sql::Sql;

/// See [`beckon_store::PeopleStore::list_happenings`].
pub(super) fn list(
    sql: &Sql<'_>,
    workspace: WorkspaceId,
    of: SubjectId,
    before: Option<Timestamp>,
    limit: u32,
) -> Result<Vec<Happening>> {
    let who = match of {
        SubjectId::Contact(_) => "contact",
        SubjectId::Company(_) => "company",
    };
    let (_, id) = subject(of);
    let text = format!("SELECT 1 FROM {who} WHERE workspace_id = ?1 AND id = ?2");
    sql.has(&text, params![workspace.uuid(), id])?.then_some(()).ok_or(StoreError::NotFound(who))?;

    let before = before.map_or(i64::MAX, whole_millis);
    let rows = |text: String, read: fn(&Row<'_>) -> Result<Happening>| {
        sql.list(&text, params![workspace.uuid(), id, before, limit], read)
    };
    let page_views = format!(
        "SELECT at, visit_id, path FROM page_view INDEXED BY page_view_of_{who}
         WHERE workspace_id = ?1 AND {who}_id = ?2 AND at < ?3 ORDER BY at DESC LIMIT ?4"
    );
    let intents = format!(
        "SELECT observed_at, topic, score, source FROM intent INDEXED BY intent_of_{who}
         WHERE workspace_id = ?1 AND {who}_id = ?2 AND observed_at < ?3 ORDER BY observed_at DESC LIMIT ?4"
    );
    let events = format!(
        "SELECT created_at, id, event_type, segment_id FROM event INDEXED BY event_of_{who}
         WHERE workspace_id = ?1 AND {who}_id = ?2 AND created_at < ?3 ORDER BY created_at DESC, seq DESC LIMIT ?4"
    );
    // What is announced follows from what was done, so it comes first where both are of one moment.
    let mut happenings = rows(events, event)?;
    happenings.extend(rows(intents, intent)?);
    happenings.extend(rows(page_views, page_view)?);
    happenings.sort_by_key(|happening| Reverse(at(happening)));
    Ok(happenings)
}

fn at(happening: &Happening) -> Timestamp {
    match happening {
        Happening::PageView { at, .. } | Happening::Event { at, .. } => *at,
        Happening::Intent(intent) => intent.observed_at,
    }
}

fn page_view(row: &Row<'_>) -> Result<Happening> {
    let mut columns = Columns::of("page view", row);
    Ok(Happening::PageView { at: columns.time()?, visit_id: columns.id()?, path: columns.value()? })
}

fn intent(row: &Row<'_>) -> Result<Happening> {
    let mut columns = Columns::of("intent", row);
    let observed_at = columns.time()?;
    let intent = Intent { topic: columns.value()?, score: columns.value()?, source: columns.value()?, observed_at };
    Ok(Happening::Intent(intent))
}

fn event(row: &Row<'_>) -> Result<Happening> {
    let mut columns = Columns::of("event", row);
    Ok(Happening::Event {
        at: columns.time()?,
        id: columns.parsed(EventId::parse)?,
        event_type: columns.value()?,
        segment_id: columns.value::<Option<i64>>()?.map(SegmentId),
    })
}
