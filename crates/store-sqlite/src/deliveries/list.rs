//! Reads deliveries, one or a page of those that fit a filter.

use beckon_domain::delivery::{Delivery, DeliveryStatus};
use beckon_domain::event::EventId;
use beckon_domain::id::{DeliveryId, WorkspaceId};
use beckon_store::deliveries::DeliveryFilter;
use beckon_store::{Page, PageRequest, Result, StoreError};
use rusqlite::{Row, params};

use crate::columns::{Columns, status_code};
use crate::filter::Conditions;
use crate::paging::{List, begin, cut, rows_wanted};
use crate::sql::Sql;
use crate::standing::Standing;

const COLUMNS: &str = "d.created_at, d.seq, d.id, e.id, d.event_type, e.channels, d.webhook_id, d.updated_at, d.status, \
                       d.attempt_count, d.scheduled_attempts, d.schedule_due_at, d.resend_due_at, d.test_due_at";

/// The delivery of that id.
pub(super) fn get(sql: &Sql<'_>, workspace: WorkspaceId, id: DeliveryId) -> Result<Delivery> {
    let text = format!(
        "SELECT {COLUMNS} FROM delivery d CROSS JOIN event e ON e.seq = d.event WHERE d.id = ?1 AND d.workspace_id = ?2"
    );
    let found = sql.find(&text, params![id.uuid(), workspace.uuid()], delivery)?;
    found.map(|(_, delivery)| delivery).ok_or(StoreError::NotFound("delivery"))
}

/// A page of the deliveries that fit.
///
/// The narrowest condition picks the index that is walked, already in the order of the list; the others
/// sift what it gives.
pub(super) fn list(
    sql: &Sql<'_>,
    workspace: WorkspaceId,
    filter: &DeliveryFilter,
    page: &PageRequest,
) -> Result<Page<Delivery>> {
    let place = begin(List::Deliveries, page)?;
    let mut conditions = Conditions::default();
    let mut time = "d.created_at";
    let mut order = "d.created_at DESC, d.seq DESC";
    let troubled = filter.status.is_some_and(|status| status != DeliveryStatus::Delivered);
    let from = if let Some(event) = &filter.event_id {
        let Some(event) = event_seq(sql, workspace, event)? else {
            return Ok(Page { rows: Vec::new(), next: None });
        };
        conditions.and("d.event = ?", event);
        "delivery d INDEXED BY delivery_by_event"
    } else if troubled {
        "delivery d INDEXED BY delivery_by_status"
    } else if let Some(channel) = &filter.channel {
        conditions.and("c.workspace_id = ?", workspace);
        conditions.and("c.channel = ?", channel.as_str().to_owned());
        if let Some((created_at, _)) = place {
            conditions.and("c.created_at <= ?", created_at);
        }
        time = "c.created_at";
        order = "c.created_at DESC, c.event DESC, d.seq DESC";
        "event_channel c CROSS JOIN delivery d INDEXED BY delivery_by_event ON d.event = c.event"
    } else if filter.webhook_id.is_some() {
        "delivery d INDEXED BY delivery_by_webhook"
    } else if filter.event_type.is_some() {
        "delivery d INDEXED BY delivery_by_type"
    } else if filter.status.is_some() {
        "delivery d INDEXED BY delivery_by_status"
    } else {
        "delivery d INDEXED BY delivery_by_time"
    };
    conditions.and("d.workspace_id = ?", workspace);
    if let Some(webhook) = filter.webhook_id {
        conditions.and("d.webhook_id = ?", webhook.uuid());
    }
    if let Some(status) = filter.status {
        conditions.and("d.status = ?", status_code(status));
    }
    if let Some(event_type) = &filter.event_type {
        conditions.and("d.event_type = ?", event_type.clone());
    }
    if let Some(channel) = filter.channel.as_ref().filter(|_| !from.starts_with("event_channel")) {
        let labelled = "EXISTS (SELECT 1 FROM event_channel c WHERE c.workspace_id = d.workspace_id AND c.channel = ? \
                        AND c.created_at = d.created_at AND c.event = d.event)";
        conditions.and(labelled, channel.as_str().to_owned());
    }
    conditions.between(time, filter.since, filter.until);
    conditions.before("d.created_at", "d.seq", place);
    let text = format!(
        "SELECT {COLUMNS} FROM {from} CROSS JOIN event e ON e.seq = d.event WHERE {} ORDER BY {order} LIMIT {}",
        conditions.text(),
        rows_wanted(page)
    );
    let rows = sql.list(&text, conditions.values(), delivery)?;
    Ok(cut(List::Deliveries, page, rows))
}

fn event_seq(sql: &Sql<'_>, workspace: WorkspaceId, id: &EventId) -> Result<Option<i64>> {
    sql.find(
        "SELECT seq FROM event WHERE workspace_id = ?1 AND id = ?2",
        params![workspace.uuid(), id.as_str()],
        |row| Columns::of("event", row).value(),
    )
}

/// Reads [`COLUMNS`]: the delivery, and its place in the list.
fn delivery(row: &Row<'_>) -> Result<((i64, i64), Delivery)> {
    let mut columns = Columns::of("delivery", row);
    let created_at = columns.time()?;
    let place = (created_at.as_millisecond(), columns.value()?);
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

/// Reads `status, attempt_count, scheduled_attempts, schedule_due_at, resend_due_at, test_due_at`.
pub(super) fn standing(columns: &mut Columns<'_>) -> Result<Standing> {
    Ok(Standing {
        status: columns.status()?,
        attempt_count: columns.value()?,
        scheduled_attempts: columns.value()?,
        schedule_due_at: columns.maybe_time()?,
        resend_due_at: columns.maybe_time()?,
        test_due_at: columns.maybe_time()?,
    })
}
