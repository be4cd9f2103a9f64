//! Brings a database file to the form this program knows.
//!
//! Promise: forward only, all steps in one transaction; a file that a newer program wrote is refused
//! untouched.

use rusqlite::Connection;

use crate::open::OpenError;

/// The steps, in order: the first makes version 1 of an empty file.
const STEPS: &[&str] = &[include_str!("migrations/0001_first.sql")];

/// The form of the file this program writes, kept in `user_version`.
pub(crate) const VERSION: i64 = STEPS.len() as i64;

/// Runs the steps the file has not seen.
pub(crate) fn migrate(connection: &mut Connection) -> Result<(), OpenError> {
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let found: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if found > VERSION {
        return Err(OpenError::Newer { found, known: VERSION });
    }
    let seen = usize::try_from(found).unwrap_or(0);
    for step in &STEPS[seen..] {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.commit()?;
    Ok(())
}
