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
    let Some((text, conditions)) = select(sql, workspace, filter, page)? else {
        return Ok(Page { rows: Vec::new(), next: None });
    };
    let rows = sql.list(&text, conditions.values(), delivery)?;
    if is_walked_by_channel(filter) {
        return Ok(cut(List::DeliveriesOfChannel, page, rows));
    }
    let in_time = |((created_at, _, seq), delivery)| ((created_at, seq), delivery);
    Ok(cut(List::Deliveries, page, rows.into_iter().map(in_time).collect()))
}

/// The statement that reads a page; `None` if nothing can fit.
///
/// The narrowest condition picks the index that is walked, already in the order of the list; the others
/// sift what it gives.
fn select(
    sql: &Sql<'_>,
    workspace: WorkspaceId,
    filter: &DeliveryFilter,
    page: &PageRequest,
) -> Result<Option<(String, Conditions)>> {
    let (labelled, place) = match is_walked_by_channel(filter) {
        true => (begin::<(i64, i64, i64)>(List::DeliveriesOfChannel, page)?, None),
        false => (None, begin::<(i64, i64)>(List::Deliveries, page)?),
    };
    let mut conditions = Conditions::default();
    let mut time = "d.created_at";
    let mut order = "d.created_at DESC, d.seq DESC";
    let from = if let Some(event) = &filter.event_id {
        let Some(event) = event_seq(sql, workspace, event)? else {
            return Ok(None);
        };
        conditions.and("d.event = ?", event);
        "delivery d INDEXED BY delivery_by_event"
    } else if is_troubled(filter) {
        "delivery d INDEXED BY delivery_by_status"
    } else if let Some(channel) = &filter.channel {
        conditions.and("c.workspace_id = ?", workspace);
        conditions.and("c.channel = ?", channel.as_str().to_owned());
        time = "c.created_at";
        // A delivery may have been made long after its event: only the event's own key grows with its time.
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
    if let Some((created_at, event, seq)) = labelled {
        conditions.before(&["c.created_at", "c.event", "d.seq"], Some(&[created_at, event, seq]));
    }
    if let Some((created_at, seq)) = place {
        conditions.before(&["d.created_at", "d.seq"], Some(&[created_at, seq]));
    }
    let text = format!(
        "SELECT {COLUMNS} FROM {from} CROSS JOIN event e ON e.seq = d.event WHERE {} ORDER BY {order} LIMIT {}",
        conditions.text(),
        rows_wanted(page)
    );
    Ok(Some((text, conditions)))
}

/// Whether it asks for a status that few deliveries have.
fn is_troubled(filter: &DeliveryFilter) -> bool {
    filter.status.is_some_and(|status| status != DeliveryStatus::Delivered)
}

/// Whether the list goes through the events with a label: then its order, and its cursors, are of another kind.
fn is_walked_by_channel(filter: &DeliveryFilter) -> bool {
    filter.channel.is_some() && filter.event_id.is_none() && !is_troubled(filter)
}

pub(crate) fn event_seq(sql: &Sql<'_>, workspace: WorkspaceId, id: &EventId) -> Result<Option<i64>> {
    sql.find(
        "SELECT seq FROM event WHERE workspace_id = ?1 AND id = ?2",
        params![workspace.uuid(), id.as_str()],
        |row| Columns::of("event", row).value(),
    )
}

/// Reads [`COLUMNS`]: the delivery, and its place in the list.
fn delivery(row: &Row<'_>) -> Result<((i64, i64, i64), Delivery)> {
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
mod tests {
    use beckon_domain::channel::Channel;
    use beckon_domain::id::SegmentId;
    use beckon_store::Cursor;
    use jiff::Timestamp;
    use uuid::Uuid;

    use super::*;
    use crate::open;

    #[test]
    fn no_combination_of_filters_scans_or_sorts_a_log() {
        let directory = tempfile::tempdir().unwrap();
        let connection = open::writer(directory.path(), &beckon_testkit::a_vault()).unwrap();
        let workspace = WorkspaceId::from(Uuid::nil());
        connection
            .execute(
                "INSERT INTO event (workspace_id, id, event_type, channels, test, created_at, delivery_count, payload)
                 VALUES (?1, 'e', 'a.a', '', 0, 0, 0, x'')",
                [workspace.uuid()],
            )
            .unwrap();
        let vault = beckon_testkit::a_vault();
        let sql = Sql { connection: &connection, vault: &vault, doing: "testing" };
        for combination in 0..512 {
            let on = |bit: u32| combination & (1 << bit) != 0;
            let status = if on(8) { DeliveryStatus::Failed } else { DeliveryStatus::Delivered };
            let filter = DeliveryFilter {
                webhook_id: on(0).then(|| Uuid::nil().into()),
                event_id: on(1).then(|| EventId::parse("e").unwrap()),
                status: on(2).then_some(status),
                event_type: on(3).then(|| "a.a".to_owned()),
                channel: on(4).then(|| Channel::of_segment(SegmentId(7))),
                since: on(5).then_some(Timestamp::UNIX_EPOCH),
                until: on(6).then_some(Timestamp::UNIX_EPOCH),
            };
            let cursor = match is_walked_by_channel(&filter) {
                true => [&[List::DeliveriesOfChannel as u8][..], &[0; 24]].concat(),
                false => [&[List::Deliveries as u8][..], &[0; 16]].concat(),
            };
            let page = PageRequest { limit: 10, after: on(7).then_some(Cursor(cursor)) };
            let (text, conditions) = select(&sql, workspace, &filter, &page).unwrap().unwrap();
            let explain = format!("EXPLAIN QUERY PLAN {text}");
            let plan = sql.list(&explain, conditions.values(), |row| Ok(row.get::<_, String>(3).unwrap())).unwrap();
            assert!(plan.iter().all(|step| !step.starts_with("SCAN")), "{text}: {plan:?}");
            // Sorting the deliveries of one event is nothing.
            let sorts = plan.iter().any(|step| step.contains("TEMP B-TREE"));
            assert!(!sorts || filter.event_id.is_some(), "{text}: {plan:?}");
            let begins_there =
                plan.iter().any(|step| step.contains("created_at<?") || step.contains("(created_at,event)<(?,?)"));
            assert!(begins_there || !on(7) || filter.event_id.is_some(), "{text}: {plan:?}");
        }
    }
}
