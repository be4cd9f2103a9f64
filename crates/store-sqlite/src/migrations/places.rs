//! Brings what running jobs say of how far they have come to the order in which their walks go now.

use beckon_store::Vault;
use rusqlite::{OptionalExtension, Transaction, params};

use crate::open::OpenError;
use crate::paging::Place;

/// Walks of deliveries that went by time alone go by events now: the place of a row names its event. Other walks that
/// left the event out do not look there.
pub(super) fn name_events(transaction: &Transaction<'_>, _: &Vault) -> Result<(), OpenError> {
    let jobs: Vec<(i64, Vec<u8>)> = transaction
        .prepare("SELECT seq, place FROM job WHERE status = 0 AND place IS NOT NULL")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    for (job, place) in jobs {
        let Some((time, 0, row)) = <(i64, i64, i64)>::read(&place) else { continue };
        let event: Option<i64> = transaction
            .query_row("SELECT event FROM delivery WHERE seq = ?1", params![row], |row| row.get(0))
            .optional()?;
        let Some(event) = event else { continue };
        let mut named = Vec::new();
        (time, event, row).write(&mut named);
        transaction.execute("UPDATE job SET place = ?2 WHERE seq = ?1", params![job, named])?;
    }
    Ok(())
}
