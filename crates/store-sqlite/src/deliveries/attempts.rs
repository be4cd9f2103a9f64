//! The log of attempts. What was sent and what came back is sealed: it repeats URLs and what receivers answered.

use std::borrow::Cow;

use beckon_domain::delivery::{Attempt, Exchange, Outcome};
use beckon_domain::event::EventId;
use beckon_domain::id::{AttemptId, WorkspaceId};
use beckon_store::deliveries::AttemptsOf;
use beckon_store::{Page, PageRequest, Result, StoreError, Vault};
use jiff::Timestamp;
use rusqlite::{Row, params};
use serde::{Deserialize, Serialize};

use crate::columns::{Columns, corrupt, doc, trigger_code};
use crate::paging::{List, begin, cut, rows_wanted};
use crate::sql::Sql;
use crate::writer::Write;

/// The part of an attempt that nobody asks the database about.
#[derive(Serialize, Deserialize)]
struct Record<'a> {
    exchange: Cow<'a, Exchange>,
    outcome: Cow<'a, Outcome>,
}

/// The sealed part of an attempt. Made before the writer has it, for there is only one writer.
pub(super) fn seal(doing: &'static str, vault: &Vault, attempt: &Attempt) -> Result<Vec<u8>> {
    let record = Record { exchange: Cow::Borrowed(&attempt.exchange), outcome: Cow::Borrowed(&attempt.outcome) };
    let sealed = vault.seal_bytes(attempt.id.uuid().as_bytes(), doc(doing, &record)?.as_bytes());
    sealed.map_err(|error| StoreError::Failed { doing, source: Box::new(error) })
}

/// Writes down an attempt of the delivery with key `delivery`, as its `number`-th, with its `sealed` part.
pub(super) fn record(
    write: &mut Write<'_>,
    delivery: i64,
    number: u32,
    attempt: &Attempt,
    sealed: &[u8],
) -> Result<()> {
    write
        .run(
            "INSERT INTO attempt (id, delivery, webhook_id, number, trigger, started_at, next_attempt_at, record)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                attempt.id.uuid(),
                delivery,
                attempt.webhook_id.uuid(),
                number,
                trigger_code(attempt.trigger),
                attempt.started_at.as_millisecond(),
                attempt.next_attempt_at.map(Timestamp::as_millisecond),
                sealed,
            ],
        )
        .map(drop)
}

/// Whether the attempt is written down already.
pub(super) fn is_recorded(sql: &Sql<'_>, delivery: i64, attempt: AttemptId) -> Result<bool> {
    sql.has("SELECT 1 FROM attempt WHERE delivery = ?1 AND id = ?2", params![delivery, attempt.uuid()])
}

/// A page of the attempts of a delivery or of a webhook.
pub(super) fn list(sql: &Sql<'_>, workspace: WorkspaceId, of: AttemptsOf, page: &PageRequest) -> Result<Page<Attempt>> {
    match of {
        AttemptsOf::Delivery(id) => {
            let delivery = sql.find(
                "SELECT seq FROM delivery WHERE id = ?1 AND workspace_id = ?2",
                params![id.uuid(), workspace.uuid()],
                |row| Columns::of("delivery", row).value::<i64>(),
            )?;
            let list = List::AttemptsOfDelivery;
            let rows = sql.list(
                "SELECT a.seq, a.id, d.id, a.webhook_id, e.id, d.event_type, a.number, a.trigger, a.started_at,
                        a.next_attempt_at, a.record
                 FROM attempt a INDEXED BY attempt_of_delivery
                     CROSS JOIN delivery d ON d.seq = a.delivery CROSS JOIN event e ON e.seq = d.event
                 WHERE a.delivery = ?1 AND a.seq > ?2 ORDER BY a.seq LIMIT ?3",
                params![
                    delivery.ok_or(StoreError::NotFound("delivery"))?,
                    begin(list, page)?.unwrap_or(i64::MIN),
                    rows_wanted(page)
                ],
                |row| attempt(sql, row),
            )?;
            Ok(cut(list, page, rows))
        }
        AttemptsOf::Webhook(id) => {
            let there = sql.has(
                "SELECT 1 FROM webhook WHERE id = ?1 AND workspace_id = ?2",
                params![id.uuid(), workspace.uuid()],
            )?;
            there.then_some(()).ok_or(StoreError::NotFound("webhook"))?;
            let list = List::AttemptsOfWebhook;
            let rows = sql.list(
                "SELECT a.seq, a.id, d.id, a.webhook_id, e.id, d.event_type, a.number, a.trigger, a.started_at,
                        a.next_attempt_at, a.record
                 FROM attempt a INDEXED BY attempt_of_webhook
                     CROSS JOIN delivery d ON d.seq = a.delivery CROSS JOIN event e ON e.seq = d.event
                 WHERE a.webhook_id = ?1 AND a.seq < ?2 ORDER BY a.seq DESC LIMIT ?3",
                params![id.uuid(), begin(list, page)?.unwrap_or(i64::MAX), rows_wanted(page)],
                |row| attempt(sql, row),
            )?;
            Ok(cut(list, page, rows))
        }
    }
}

fn attempt(sql: &Sql<'_>, row: &Row<'_>) -> Result<(i64, Attempt)> {
    let mut columns = Columns::of("attempt", row);
    let place = columns.value()?;
    let (id, delivery_id, webhook_id): (AttemptId, _, _) = (columns.id()?, columns.id()?, columns.id()?);
    let (event_id, event_type) = (columns.parsed(EventId::parse)?, columns.value()?);
    let (number, trigger, started_at) = (columns.value()?, columns.trigger()?, columns.time()?);
    let next_attempt_at = columns.maybe_time()?;
    let record = columns.sealed(sql.vault, id.uuid().as_bytes())?;
    let Record { exchange, outcome } =
        serde_json::from_str(record.expose()).map_err(|error| corrupt("attempt", error))?;
    let attempt = Attempt {
        id,
        delivery_id,
        webhook_id,
        event_id,
        event_type,
        number,
        trigger,
        started_at,
        exchange: exchange.into_owned(),
        outcome: outcome.into_owned(),
        next_attempt_at,
    };
    Ok((place, attempt))
}
