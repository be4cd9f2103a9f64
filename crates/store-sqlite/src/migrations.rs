//! Brings a database file to the form this program knows.
//!
//! Promise: forward only, all steps in one transaction; a file that a newer program wrote, or that was sealed with
//! another key, is refused untouched. What an older form kept open is gone from the file once it is opened in
//! the new one.
//! Not here: the forms themselves (`migrations/`).

mod identity;
mod places;
mod sealing;
mod words;

use beckon_store::Vault;
use beckon_store::vault::KeyId;
use rusqlite::{Connection, Transaction, ffi, params};

use crate::open::OpenError;

/// A step to the next version.
struct Step {
    sql: &'static str,
    /// What SQL cannot do, after it.
    then: fn(&Transaction<'_>, &Vault) -> Result<(), OpenError>,
}

/// The steps, in order: the first makes version 1 of an empty file.
const STEPS: &[Step] = &[
    Step { sql: include_str!("migrations/0001_first.sql"), then: |_, _| Ok(()) },
    Step { sql: include_str!("migrations/0002_engine.sql"), then: sealing::seal_what_lay_open },
    Step { sql: include_str!("migrations/0003_lists.sql"), then: places::name_events },
    Step { sql: include_str!("migrations/0004_people.sql"), then: |_, _| Ok(()) },
    Step { sql: include_str!("migrations/0005_figures.sql"), then: words::fill },
    Step { sql: include_str!("migrations/0006_named_lists.sql"), then: |_, _| Ok(()) },
    Step { sql: include_str!("migrations/0007_totals.sql"), then: |_, _| Ok(()) },
    Step { sql: include_str!("migrations/0008_identity.sql"), then: identity::fill },
    Step { sql: include_str!("migrations/0009_erasing.sql"), then: |_, _| Ok(()) },
    Step { sql: include_str!("migrations/0010_suppressions.sql"), then: |_, _| Ok(()) },
];

/// The form of the file this program writes, kept in `user_version`.
pub(crate) const VERSION: i64 = STEPS.len() as i64;
/// The first version that knows a vault.
const VERSION_OF_VAULT: i64 = 2;

/// What a file says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Form {
    /// Its version; 0 if it is empty.
    pub(crate) version: i64,
    /// The key it is sealed with, if anything is.
    pub(crate) key_id: Option<KeyId>,
}

/// Reads what the file says of itself, and refuses one that a newer program wrote.
pub(crate) fn form(connection: &Connection) -> Result<Form, OpenError> {
    let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if version > VERSION {
        return Err(OpenError::Newer { found: version, known: VERSION });
    }
    let key_id = match version {
        VERSION_OF_VAULT.. => {
            Some(connection.query_row("SELECT key_id FROM vault WHERE id = 1", [], |row| row.get(0))?)
        }
        _ => None,
    };
    Ok(Form { version, key_id })
}

/// Refuses a file that is not for this program or this key.
pub(crate) fn check(connection: &Connection, vault: &Vault) -> Result<Form, OpenError> {
    let form = form(connection)?;
    match form.key_id {
        Some(wanted) if wanted != vault.key_id() => Err(OpenError::OtherKey { wanted, given: vault.key_id() }),
        _ => Ok(form),
    }
}

/// Runs the steps the file has not seen.
pub(crate) fn migrate(connection: &mut Connection, vault: &Vault) -> Result<(), OpenError> {
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let found = check(&transaction, vault)?.version;
    for step in &STEPS[usize::try_from(found).unwrap_or(0)..] {
        transaction.execute_batch(step.sql)?;
        (step.then)(&transaction, vault)?;
    }
    if found == 0 {
        transaction.execute("UPDATE vault SET scrubbed = 1", params![])?;
    }
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.commit()?;
    scrub(connection)
}

/// Writes the file anew, without anything that stands in its unused parts, unless that was done since something
/// was sealed that had lain open.
fn scrub(connection: &Connection) -> Result<(), OpenError> {
    let scrubbed: bool = connection.query_row("SELECT scrubbed FROM vault WHERE id = 1", [], |row| row.get(0))?;
    if scrubbed {
        return Ok(());
    }
    // The copy is as large as the database, so it is made in a file, not in memory.
    connection.pragma_update(None, "temp_store", "file")?;
    let done = connection.execute_batch("VACUUM").and_then(|()| {
        // Of the log, too, nothing from before is left; unless somebody, such as a backup, is still reading it.
        let is_held: bool = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        if is_held {
            return Err(rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_BUSY), None));
        }
        connection.execute("UPDATE vault SET scrubbed = 1", params![])
    });
    if let Err(error) = done {
        tracing::warn!(%error, "the database could not be rewritten after its secrets were sealed; the next start tries again");
    }
    connection.pragma_update(None, "temp_store", "memory")?;
    Ok(())
}

#[cfg(test)]
mod tests;
