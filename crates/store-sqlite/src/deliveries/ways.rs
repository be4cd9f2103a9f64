//! Which index a list of deliveries walks.
//!
//! By event, by webhook, by channel, by what is not delivered, or by time: whatever is given of these. If several are, the
//! first that is short, or else the one that mostly is the shortest. What is not of the index sifts what it gives.
//! Not here: how much of it a page looks at (`sift.rs`).

use beckon_domain::channel::Channel;
use beckon_domain::delivery::DeliveryStatus;
use beckon_domain::id::{WebhookId, WorkspaceId};
use beckon_store::deliveries::DeliveryFilter;
use beckon_store::{PageRequest, Result};
use rusqlite::params;

use super::list::event_seq;
use crate::about::Met;
use crate::columns::status_code;
use crate::filter::{Conditions, whole_millis};
use crate::paging::{List, is_begun};
use crate::sift::{Bounds, Sift};
use crate::sql::Sql;

/// The way for a filter, which is the one it was begun on if the page is not the first; `None` if nothing can fit.
pub(super) fn choose(
    sql: &Sql<'_>,
    workspace: WorkspaceId,
    filter: &DeliveryFilter,
    page: &PageRequest,
    bounds: Bounds,
) -> Result<Option<Sift>> {
    // The index of a webhook says nothing of its workspace.
    if let Some(webhook) = filter.webhook_id
        && !sql.has(
            "SELECT 1 FROM webhook WHERE id = ?1 AND workspace_id = ?2",
            params![webhook.uuid(), workspace.uuid()],
        )?
    {
        return Ok(None);
    }
    if let Some(event) = &filter.event_id {
        let event = event_seq(sql, workspace, event)?;
        return Ok(event.map(|event| of_event(filter, event)));
    }
    let mut ways = Vec::new();
    ways.extend(
        filter
            .status
            .filter(|status| *status != DeliveryStatus::Delivered)
            .map(|status| undelivered(workspace, filter, status)),
    );
    ways.extend(filter.channel.as_ref().map(|channel| of_channel(workspace, filter, channel)));
    ways.extend(filter.webhook_id.map(|webhook| of_webhook(filter, webhook)));
    if ways.is_empty() {
        ways.push(in_time(workspace, filter));
    }
    // A cursor is good for any way in the same order.
    if ways.iter().any(|way| is_begun(way.list, page)) {
        ways.retain(|way| is_begun(way.list, page));
    }
    if ways.len() > 1 {
        for n in 0..ways.len() {
            if ways[n].is_shorter_than(sql, page, bounds.first)? {
                return Ok(Some(ways.swap_remove(n)));
            }
        }
    }
    Ok(ways.into_iter().next())
}

/// The few deliveries of an event, whatever else is wanted of them.
fn of_event(filter: &DeliveryFilter, event: i64) -> Sift {
    let mut way = by_delivery("delivery d INDEXED BY delivery_of_event", filter);
    way.range.and("d.event = ?", event);
    and_webhook(&mut way.range, filter);
    and_status(&mut way.range, filter);
    and_type(&mut way.range, filter);
    and_labelled(&mut way.range, filter);
    way
}

fn undelivered(workspace: WorkspaceId, filter: &DeliveryFilter, status: DeliveryStatus) -> Sift {
    let mut way = by_delivery("delivery d INDEXED BY delivery_undelivered", filter);
    way.range.and("d.workspace_id = ?", workspace);
    way.range.and("d.status = ?", status_code(status));
    // Or SQLite would not see that the index has them all.
    way.range.and_text("d.status <> 2");
    and_webhook(&mut way.light, filter);
    and_type(&mut way.light, filter);
    and_labelled(&mut way.heavy, filter);
    way
}

fn of_webhook(filter: &DeliveryFilter, webhook: WebhookId) -> Sift {
    let mut way = by_delivery("delivery d INDEXED BY delivery_of_webhook", filter);
    way.range.and("d.webhook_id = ?", webhook.uuid());
    and_type(&mut way.light, filter);
    and_status(&mut way.heavy, filter);
    and_labelled(&mut way.heavy, filter);
    way
}

/// By the events with the channel.
fn of_channel(workspace: WorkspaceId, filter: &DeliveryFilter, channel: &Channel) -> Sift {
    let joined =
        "CROSS JOIN delivery d INDEXED BY delivery_of_event ON d.event = c.event CROSS JOIN event e ON e.seq = c.event";
    let mut way = by_event("event_channel c", joined, ["c.created_at", "c.event"], filter);
    way.range.and("c.workspace_id = ?", workspace);
    way.range.and("c.channel = ?", channel.as_str().to_owned());
    and_webhook(&mut way.heavy, filter);
    and_status(&mut way.heavy, filter);
    and_type(&mut way.heavy, filter);
    way
}

/// By all events that somebody wanted.
fn in_time(workspace: WorkspaceId, filter: &DeliveryFilter) -> Sift {
    let joined = "CROSS JOIN delivery d INDEXED BY delivery_of_event ON d.event = e.seq";
    let mut way = by_event("event e INDEXED BY event_in_time", joined, ["e.created_at", "e.seq"], filter);
    way.range.and("e.workspace_id = ?", workspace);
    way.light.and_text("e.delivery_count > 0");
    if let Some(event_type) = &filter.event_type {
        way.light.and("e.event_type = ?", event_type.clone());
    }
    and_status(&mut way.heavy, filter);
    way
}

/// What is wanted of the deliveries of one event on a walk that goes by events of its own choice (`about.rs`).
pub(super) fn of_met(
    workspace: WorkspaceId,
    filter: &DeliveryFilter,
    columns: &str,
    met: &Met,
) -> (String, Conditions) {
    let mut conditions = Conditions::default();
    conditions.and("d.event = ?", met.seq);
    conditions.and("d.seq < ?", met.rows_before);
    conditions.and("d.workspace_id = ?", workspace);
    and_webhook(&mut conditions, filter);
    and_status(&mut conditions, filter);
    and_type(&mut conditions, filter);
    and_labelled(&mut conditions, filter);
    let text = format!(
        "SELECT {columns} FROM delivery d INDEXED BY delivery_of_event CROSS JOIN event e ON e.seq = d.event
         WHERE {} ORDER BY d.seq DESC LIMIT ?",
        conditions.text()
    );
    conditions.value(met.rows_wanted);
    (text, conditions)
}

/// A way along an index of deliveries.
fn by_delivery(walked: &'static str, filter: &DeliveryFilter) -> Sift {
    Sift {
        list: List::Deliveries,
        walked,
        joined: "CROSS JOIN event e ON e.seq = d.event",
        order: ["d.created_at", "d.seq"],
        row: None,
        range: Conditions::default(),
        since: filter.since.map(whole_millis),
        until: filter.until.map(whole_millis),
        light: Conditions::default(),
        heavy: Conditions::default(),
    }
}

/// A way along an index of events. A delivery may have been made long after its event, whose time it has: only the
/// event's own key grows with the time.
fn by_event(walked: &'static str, joined: &'static str, order: [&'static str; 2], filter: &DeliveryFilter) -> Sift {
    let list = List::DeliveriesByEvent;
    Sift { list, walked, joined, order, row: Some("d.seq"), ..by_delivery(walked, filter) }
}

fn and_webhook(conditions: &mut Conditions, filter: &DeliveryFilter) {
    if let Some(webhook) = filter.webhook_id {
        conditions.and("d.webhook_id = ?", webhook.uuid());
    }
}

fn and_status(conditions: &mut Conditions, filter: &DeliveryFilter) {
    if let Some(status) = filter.status {
        conditions.and("d.status = ?", status_code(status));
    }
}

fn and_type(conditions: &mut Conditions, filter: &DeliveryFilter) {
    if let Some(event_type) = &filter.event_type {
        conditions.and("d.event_type = ?", event_type.clone());
    }
}

fn and_labelled(conditions: &mut Conditions, filter: &DeliveryFilter) {
    if let Some(channel) = &filter.channel {
        let labelled = "EXISTS (SELECT 1 FROM event_channel c WHERE c.workspace_id = d.workspace_id AND c.channel = ? \
                        AND c.created_at = d.created_at AND c.event = d.event)";
        conditions.and(labelled, channel.as_str().to_owned());
    }
}
