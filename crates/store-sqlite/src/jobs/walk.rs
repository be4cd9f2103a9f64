//! What a job goes through, from the oldest on, along an index.
//!
//! Promise: a part of a walk reads as many rows as it was asked for, whatever else there is; only events that nobody
//! wanted are passed over unread, in the index, however many stand in a row. What is behind the place a
//! walk has come to is never looked at again. Counting goes by such parts too, each a read of its own, so that a long
//! history holds up nobody who reads something else meanwhile.
//! Not here: what becomes of what is found (`step.rs`).

use std::ops::ControlFlow;

use beckon_domain::channel::Channel;
use beckon_domain::delivery::DeliveryStatus;
use beckon_domain::id::{WebhookId, WorkspaceId};
use beckon_domain::job::{JobKind, ReplayFilter};
use beckon_domain::routing::wants;
use beckon_domain::webhook::Webhook;
use beckon_store::jobs::JobCount;
use beckon_store::{Result, StoreError};
use jiff::Timestamp;
use rusqlite::{Row, params};

use crate::columns::{Columns, status_code};
use crate::deliveries::{OWED_COLUMNS, Owed, event_seq};
use crate::filter::Conditions;
use crate::sql::Sql;
use crate::webhooks;

/// A place in the order of a walk: the time, the event if the walk goes by events, the row.
pub(super) type Step = (i64, i64, i64);

/// One thing that was looked at.
pub(super) struct Looked {
    /// Where it stands.
    pub(super) place: Step,
    /// What is to be replayed, if it is to be.
    pub(super) found: Option<Missed>,
}

/// What is to be replayed.
pub(super) enum Missed {
    /// A delivery that has ended.
    Delivery(Owed),
    /// An event, by its key, that has no delivery to the webhook.
    Event { seq: i64, created_at: Timestamp, event_type: String },
}

/// A job's way.
pub(super) enum Walk {
    /// Through deliveries.
    Deliveries(Wanted),
    /// Through events, with an eye on a webhook.
    Events { webhook: Box<Webhook>, since: Timestamp, until: Timestamp },
}

/// Which deliveries are to be replayed.
pub(super) struct Wanted {
    filter: ReplayFilter,
    /// Only those that failed, or were canceled with their webhook.
    missed: bool,
}

impl Walk {
    /// The way of a job of that kind. `NotFound` if its webhook is not of this workspace.
    pub(super) fn of(sql: &Sql<'_>, workspace: WorkspaceId, kind: &JobKind) -> Result<Walk> {
        if let Some(webhook) = kind.webhook_id() {
            // Its answer does not matter here: only whether there is such a webhook.
            let _ = webhooks::check_live(sql, workspace, webhook)?;
        }
        Ok(match kind {
            JobKind::Recover { webhook_id, since, until } => {
                let filter = ReplayFilter {
                    webhook_id: Some(*webhook_id),
                    event_id: None,
                    status: None,
                    event_type: None,
                    channel: None,
                    since: Some(*since),
                    until: *until,
                };
                Walk::Deliveries(Wanted { filter, missed: true })
            }
            JobKind::Replay(filter) => Walk::Deliveries(Wanted { filter: filter.clone(), missed: false }),
            JobKind::ReplayMissing { webhook_id, since, until } => {
                let webhook = Box::new(webhooks::get(sql, workspace, *webhook_id)?);
                Walk::Events { webhook, since: *since, until: *until }
            }
        })
    }

    /// Looks at what comes after a place, at most `limit` of it, in order.
    pub(super) fn look(
        &self,
        sql: &Sql<'_>,
        workspace: WorkspaceId,
        after: Option<Step>,
        limit: u32,
        each: impl FnMut(Looked) -> Result<()>,
    ) -> Result<()> {
        match self {
            Walk::Deliveries(wanted) => look_at_deliveries(sql, workspace, wanted, after, limit, each),
            Walk::Events { webhook, since, until } => {
                let (text, conditions) = events(workspace, *since, *until, after, limit);
                look_at(sql, &text, &conditions, |columns| missed_event(sql, webhook, columns), each)
            }
        }
    }
}

/// What was counted so far, and where to go on.
#[derive(Default)]
pub(super) struct Counted {
    pub(super) count: JobCount,
    after: Option<Step>,
}

impl Counted {
    /// Counts at most `limit` things more. Whether there may be others behind them.
    pub(super) fn go_on(&mut self, sql: &Sql<'_>, workspace: WorkspaceId, kind: &JobKind, limit: u32) -> Result<bool> {
        let before = self.count.examined;
        Walk::of(sql, workspace, kind)?.look(sql, workspace, self.after, limit, |looked| {
            self.count.examined += 1;
            self.count.replayed += u64::from(looked.found.is_some());
            self.after = Some(looked.place);
            Ok(())
        })?;
        Ok(self.count.examined - before == u64::from(limit))
    }
}

/// Reads a place, and what stands there; what cannot be read there is passed over.
fn look_at(
    sql: &Sql<'_>,
    text: &str,
    conditions: &Conditions,
    mut read: impl FnMut(&mut Columns<'_>) -> Result<Option<Missed>>,
    mut each: impl FnMut(Looked) -> Result<()>,
) -> Result<()> {
    sql.scan(text, conditions.values(), |row: &Row<'_>| {
        let mut columns = Columns::of("delivery or event", row);
        let place = (columns.value()?, columns.value()?, columns.value()?);
        let found = match read(&mut columns) {
            Err(error @ StoreError::Corrupt { .. }) => {
                tracing::error!(?place, error = &error as &dyn std::error::Error, "passed over by a job");
                None
            }
            found => found?,
        };
        each(Looked { place, found })?;
        Ok(ControlFlow::Continue(()))
    })
}

fn look_at_deliveries(
    sql: &Sql<'_>,
    workspace: WorkspaceId,
    wanted: &Wanted,
    after: Option<Step>,
    limit: u32,
    each: impl FnMut(Looked) -> Result<()>,
) -> Result<()> {
    let event = match &wanted.filter.event_id {
        None => None,
        Some(id) => match event_seq(sql, workspace, id)? {
            Some(seq) => Some(seq),
            None => return Ok(()),
        },
    };
    let (text, conditions) = deliveries(workspace, wanted, event, after, limit);
    look_at(sql, &text, &conditions, |columns| wanted.missed_delivery(columns), each)
}

/// The statement that walks the deliveries. The narrowest condition picks the index; the others sift, outside of it,
/// so that what a part of the walk reads is bounded.
fn deliveries(
    workspace: WorkspaceId,
    wanted: &Wanted,
    event: Option<i64>,
    after: Option<Step>,
    limit: u32,
) -> (String, Conditions) {
    let filter = &wanted.filter;
    let ended_badly = matches!(filter.status, Some(DeliveryStatus::Failed | DeliveryStatus::Canceled));
    let mut conditions = Conditions::default();
    let by_delivery = ["d.created_at", "0", "d.seq"];
    let (from, columns) = if let Some(event) = event {
        conditions.and("d.event = ?", event);
        conditions.and("d.workspace_id = ?", workspace);
        ("delivery d INDEXED BY delivery_of_event LEFT JOIN event e ON e.seq = d.event", by_delivery)
    } else if let Some(webhook) = filter.webhook_id {
        conditions.and("d.webhook_id = ?", webhook.uuid());
        if wanted.missed || ended_badly {
            conditions.and_text("d.status IN (3, 4)");
            ("delivery d INDEXED BY delivery_missed LEFT JOIN event e ON e.seq = d.event", by_delivery)
        } else {
            conditions.and("d.workspace_id = ?", workspace);
            ("delivery d INDEXED BY delivery_of_webhook LEFT JOIN event e ON e.seq = d.event", by_delivery)
        }
    } else if let Some(channel) = &filter.channel {
        conditions.and("c.workspace_id = ?", workspace);
        conditions.and("c.channel = ?", channel.as_str().to_owned());
        (
            "event_channel c CROSS JOIN delivery d INDEXED BY delivery_of_event ON d.event = c.event
             LEFT JOIN event e ON e.seq = d.event",
            ["c.created_at", "c.event", "d.seq"],
        )
    } else if let Some(status) = filter.status.filter(|status| *status != DeliveryStatus::Delivered) {
        conditions.and("d.workspace_id = ?", workspace);
        conditions.and("d.status = ?", status_code(status));
        conditions.and_text("d.status <> 2");
        ("delivery d INDEXED BY delivery_undelivered LEFT JOIN event e ON e.seq = d.event", by_delivery)
    } else {
        conditions.and("e.workspace_id = ?", workspace);
        // Events that nobody wanted are passed over in the index.
        conditions.and_text("e.delivery_count > 0");
        (
            "event e INDEXED BY event_in_time CROSS JOIN delivery d INDEXED BY delivery_of_event ON d.event = e.seq",
            ["e.created_at", "e.seq", "d.seq"],
        )
    };
    let [time, middle, row] = columns;
    conditions.between(time, filter.since, Some(filter.until));
    let order = match (middle, after) {
        ("0", after) => {
            if let Some((time_of_last, _, last)) = after {
                conditions.and_place(&[time, row], ">", &[time_of_last, last]);
            }
            format!("{time}, {row}")
        }
        (_, after) => {
            if let Some((time_of_last, event, last)) = after {
                conditions.and_place(&columns, ">", &[time_of_last, event, last]);
            }
            columns.join(", ")
        }
    };
    let text = format!(
        "SELECT {time}, {middle}, {row}, {OWED_COLUMNS}, coalesce(w.enabled AND w.deleted_at IS NULL, 0), d.event_type,
                e.test, e.channels
         FROM {from} LEFT JOIN webhook w ON w.id = d.webhook_id
         WHERE {} ORDER BY {order} LIMIT {limit}",
        conditions.text(),
    );
    (text, conditions)
}

impl Wanted {
    /// Reads a delivery, if it is to be replayed.
    fn missed_delivery(&self, columns: &mut Columns<'_>) -> Result<Option<Missed>> {
        let owed = Owed::read(columns)?;
        let (live, event_type) = (columns.value::<bool>()?, columns.value::<String>()?);
        let (test, channels) = (columns.value::<bool>()?, columns.channels()?);
        let replayed = live && !test && !owed.standing.status.is_open() && self.fits(&owed, &event_type, &channels);
        Ok(replayed.then_some(Missed::Delivery(owed)))
    }

    fn fits(&self, owed: &Owed, event_type: &str, channels: &[Channel]) -> bool {
        let filter = &self.filter;
        let status = owed.standing.status;
        let missed = match status {
            DeliveryStatus::Failed => true,
            DeliveryStatus::Canceled => owed.standing.canceled_with_webhook,
            DeliveryStatus::Pending | DeliveryStatus::Retrying | DeliveryStatus::Delivered => false,
        };
        (missed || !self.missed)
            && filter.webhook_id.is_none_or(|wanted: WebhookId| wanted == owed.webhook_id)
            && filter.status.is_none_or(|wanted| wanted == status)
            && filter.event_type.as_deref().is_none_or(|wanted| wanted == event_type)
            && filter.channel.as_ref().is_none_or(|wanted| channels.contains(wanted))
    }
}

/// The statement that walks the events.
fn events(
    workspace: WorkspaceId,
    since: Timestamp,
    until: Timestamp,
    after: Option<Step>,
    limit: u32,
) -> (String, Conditions) {
    let mut conditions = Conditions::default();
    conditions.and("e.workspace_id = ?", workspace);
    conditions.between("e.created_at", Some(since), Some(until));
    if let Some((time, _, row)) = after {
        conditions.and_place(&["e.created_at", "e.seq"], ">", &[time, row]);
    }
    let text = format!(
        "SELECT e.created_at, 0, e.seq, e.event_type, e.channels, e.test FROM event e INDEXED BY event_in_time
         WHERE {} ORDER BY e.created_at, e.seq LIMIT {limit}",
        conditions.text(),
    );
    (text, conditions)
}

/// Reads an event, if `webhook` would get it today and never had it.
fn missed_event(sql: &Sql<'_>, webhook: &Webhook, columns: &mut Columns<'_>) -> Result<Option<Missed>> {
    let (event_type, channels, test) = (columns.value::<String>()?, columns.channels()?, columns.value::<bool>()?);
    if test || !wants(webhook, &event_type, &channels) {
        return Ok(None);
    }
    columns.rewind();
    let (created_at, _, seq) = (columns.time()?, columns.value::<i64>()?, columns.value::<i64>()?);
    let had = sql.has(
        "SELECT 1 FROM delivery INDEXED BY delivery_of_event WHERE event = ?1 AND webhook_id = ?2",
        params![seq, webhook.id.uuid()],
    )?;
    Ok((!had).then_some(Missed::Event { seq, created_at, event_type }))
}

#[cfg(test)]
mod tests {
    use beckon_domain::id::SegmentId;
    use uuid::Uuid;

    use super::*;
    use crate::open;

    /// The plan of a statement.
    fn plan(sql: &Sql<'_>, (text, conditions): (String, Conditions)) -> (Vec<String>, String) {
        let explain = format!("EXPLAIN QUERY PLAN {text}");
        (sql.list(&explain, conditions.values(), |row| Ok(row.get::<_, String>(3).unwrap())).unwrap(), text)
    }

    // behaviour V10 (in part)
    #[test]
    fn no_walk_scans_or_sorts_a_log_or_reads_again_what_is_behind_it() {
        let directory = tempfile::tempdir().unwrap();
        let vault = beckon_testkit::a_vault();
        let connection = open::writer(directory.path(), &vault).unwrap();
        let sql = Sql { connection: &connection, vault: &vault, doing: "testing" };
        let workspace = WorkspaceId::from(Uuid::nil());
        let mut plans = Vec::new();
        for combination in 0..128 {
            let on = |bit: u32| combination & (1 << bit) != 0;
            let status = if on(6) { DeliveryStatus::Failed } else { DeliveryStatus::Delivered };
            let filter = ReplayFilter {
                webhook_id: on(0).then(|| Uuid::nil().into()),
                event_id: None,
                status: on(1).then_some(status),
                event_type: on(2).then(|| "a.a".to_owned()),
                channel: on(3).then(|| Channel::of_segment(SegmentId(7))),
                since: on(4).then_some(Timestamp::UNIX_EPOCH),
                until: Timestamp::UNIX_EPOCH,
            };
            let wanted = Wanted { filter, missed: on(0) && on(5) };
            plans.push(plan(&sql, deliveries(workspace, &wanted, None, Some((1, 2, 3)), 10)));
        }
        let epoch = Timestamp::UNIX_EPOCH;
        plans.push(plan(&sql, events(workspace, epoch, epoch, Some((1, 2, 3)), 10)));
        for (plan, text) in plans {
            assert!(
                plan.iter().all(|step| !step.starts_with("SCAN") && !step.contains("TEMP B-TREE")),
                "{text}: {plan:?}"
            );
            let begins_there = plan[0].contains("created_at>?") || plan[0].contains("(created_at,event)>(?,?)");
            assert!(begins_there, "{text}: {plan:?}");
        }
    }
}
