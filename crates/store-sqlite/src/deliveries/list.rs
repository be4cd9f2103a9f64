//! Reads deliveries, one or a page of those that fit a filter.

use beckon_domain::delivery::Delivery;
use beckon_domain::event::EventId;
use beckon_domain::id::{DeliveryId, WorkspaceId};
use beckon_store::deliveries::DeliveryFilter;
use beckon_store::{Page, PageRequest, Result, StoreError};
use rusqlite::{Row, params};

use super::ways;
use crate::about::{People, Reach, Walk};
use crate::columns::Columns;
use crate::paging::List;
use crate::sift::{Bounds, Entry};
use crate::sql::Sql;
use crate::standing::Standing;

const COLUMNS: &str = "d.created_at, d.event, d.seq, d.id, e.id, d.event_type, e.channels, d.webhook_id, d.updated_at, d.status, \
                       d.attempt_count, d.scheduled_attempts, d.schedule_due_at, d.resend_due_at, d.test_due_at, d.replay, \
                       d.canceled_with_webhook";

/// The delivery of that id.
pub(super) fn get(sql: &Sql<'_>, workspace: WorkspaceId, id: DeliveryId) -> Result<Delivery> {
    let text = format!(
        "SELECT {COLUMNS} FROM delivery d CROSS JOIN event e ON e.seq = d.event WHERE d.id = ?1 AND d.workspace_id = ?2"
    );
    let found = sql.find(&text, params![id.uuid(), workspace.uuid()], delivery)?;
    found.map(|(_, delivery)| delivery).ok_or(StoreError::NotFound("delivery"))
}

/// A page of the deliveries that fit.
pub(super) fn list(
    sql: &Sql<'_>,
    workspace: WorkspaceId,
    filter: &DeliveryFilter,
    page: &PageRequest,
) -> Result<Page<Delivery>> {
    let people = filter.about.as_deref().map(|text| People::find(sql, workspace, text)).transpose()?.flatten();
    match people {
        None => list_within(sql, workspace, filter, page, Bounds::OF_A_PAGE),
        Some(people) => list_about(sql, workspace, filter, &people, page, Reach::OF_A_PAGE),
    }
}

/// Those of events about some people, whatever else is wanted of them.
fn list_about(
    sql: &Sql<'_>,
    workspace: WorkspaceId,
    filter: &DeliveryFilter,
    people: &People,
    page: &PageRequest,
    reach: Reach,
) -> Result<Page<Delivery>> {
    if let Some(event) = &filter.event_id {
        // The few of one event, or none of them.
        return match event_seq(sql, workspace, event)? {
            Some(event) if people.includes(sql, event)? => list_within(sql, workspace, filter, page, Bounds::OF_A_PAGE),
            _ => Ok(Page { rows: Vec::new(), next: None }),
        };
    }
    let walk = Walk { sql, workspace, people, since: filter.since, until: filter.until, reach };
    walk.page(List::DeliveriesByEvent, page, |met| {
        let (text, wanted) = ways::of_met(workspace, filter, COLUMNS, &met);
        sql.list(&text, wanted.values(), delivery)
    })
}

fn list_within(
    sql: &Sql<'_>,
    workspace: WorkspaceId,
    filter: &DeliveryFilter,
    page: &PageRequest,
    bounds: Bounds,
) -> Result<Page<Delivery>> {
    let Some(way) = ways::choose(sql, workspace, filter, page, bounds)? else {
        return Ok(Page { rows: Vec::new(), next: None });
    };
    let by_event = way.list == List::DeliveriesByEvent;
    way.page(sql, COLUMNS, page, bounds, |row| {
        let ((created_at, event, seq), delivery) = delivery(row)?;
        Ok((if by_event { (created_at, event, seq) } else { (created_at, seq, 0) }, delivery))
    })
}

pub(crate) fn event_seq(sql: &Sql<'_>, workspace: WorkspaceId, id: &EventId) -> Result<Option<i64>> {
    sql.find(
        "SELECT seq FROM event WHERE workspace_id = ?1 AND id = ?2",
        params![workspace.uuid(), id.as_str()],
        |row| Columns::of("event", row).value(),
    )
}

/// Reads [`COLUMNS`]: the delivery, and its place in the list.
fn delivery(row: &Row<'_>) -> Result<(Entry, Delivery)> {
    let mut columns = Columns::of("delivery", row);
    let created_at = columns.time()?;
    let place = (created_at.as_millisecond(), columns.value()?, columns.value()?);
    let (id, event_id, event_type) = (columns.id()?, columns.parsed(EventId::parse)?, columns.value()?);
    let (channels, webhook_id, updated_at) = (columns.channels()?, columns.id()?, columns.time()?);
    let standing = standing(&mut columns)?;
    let delivery = Delivery {
        id,
        event_id,
        event_type,
        channels,
        webhook_id,
        status: standing.status,
        attempt_count: standing.attempt_count,
        next_attempt_at: standing.next_attempt_at(),
        created_at,
        updated_at,
    };
    Ok((place, delivery))
}

/// Reads `status, attempt_count, scheduled_attempts, schedule_due_at, resend_due_at, test_due_at, replay,
/// canceled_with_webhook`.
pub(crate) fn standing(columns: &mut Columns<'_>) -> Result<Standing> {
    Ok(Standing {
        status: columns.status()?,
        attempt_count: columns.value()?,
        scheduled_attempts: columns.value()?,
        schedule_due_at: columns.maybe_time()?,
        resend_due_at: columns.maybe_time()?,
        test_due_at: columns.maybe_time()?,
        replay: columns.value()?,
        canceled_with_webhook: columns.value()?,
    })
}

#[cfg(test)]
mod tests;
