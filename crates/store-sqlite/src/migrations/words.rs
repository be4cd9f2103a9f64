//! Writes down the words that those who are stored already are found by.

use beckon_store::Vault;
use rusqlite::{Row, Transaction, params};
use uuid::Uuid;

use crate::open::OpenError;
use crate::people::words::{self, Found};

/// What cannot be read is passed over: nobody would find it anyway.
pub(super) fn fill(transaction: &Transaction<'_>, _: &Vault) -> Result<(), OpenError> {
    fill_kind::<beckon_domain::contact::Contact>(transaction, "SELECT workspace_id, id, doc FROM contact")?;
    fill_kind::<beckon_domain::company::Company>(transaction, "SELECT workspace_id, id, doc FROM company")
}

fn fill_kind<T: Found>(transaction: &Transaction<'_>, text: &str) -> Result<(), OpenError> {
    let mut read = transaction.prepare(text)?;
    let mut write = transaction.prepare(words::INSERT)?;
    let mut rows = read.query([])?;
    while let Some(row) = rows.next()? {
        let (workspace, id, words) = words_of::<T>(row)?;
        for word in words {
            write.execute(params![workspace, T::KIND, word, id])?;
        }
    }
    Ok(())
}

fn words_of<T: Found>(row: &Row<'_>) -> Result<(Uuid, Uuid, std::collections::BTreeSet<String>), OpenError> {
    let (workspace, id, doc): (Uuid, Uuid, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
    let words = match serde_json::from_str::<T>(&doc) {
        Ok(noun) => noun.words(),
        Err(error) => {
            tracing::error!(%id, %error, "someone who cannot be read is not found by words");
            Default::default()
        }
    };
    Ok((workspace, id, words))
}
