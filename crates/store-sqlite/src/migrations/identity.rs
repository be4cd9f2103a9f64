//! Writes down by what visitors and contacts are found that are stored already.

use beckon_domain::contact::Contact;
use beckon_domain::visit::Visitor;
use beckon_store::Vault;
use rusqlite::{Transaction, params};
use uuid::Uuid;

use crate::identity::keys::keys_of;
use crate::open::OpenError;

/// What cannot be read is passed over: nobody would find it anyway.
pub(super) fn fill(transaction: &Transaction<'_>, _: &Vault) -> Result<(), OpenError> {
    let mut read = transaction.prepare("SELECT rowid, doc FROM visitor")?;
    let mut write = transaction.prepare("UPDATE visitor SET id = ?2 WHERE rowid = ?1")?;
    let mut rows = read.query([])?;
    while let Some(row) = rows.next()? {
        let (place, doc): (i64, String) = (row.get(0)?, row.get(1)?);
        if let Ok(visitor) = serde_json::from_str::<Visitor>(&doc) {
            write.execute(params![place, visitor.id.uuid()])?;
        }
    }
    transaction.execute("CREATE INDEX visitor_by_id ON visitor (workspace_id, id)", [])?;
    let mut read = transaction.prepare("SELECT workspace_id, doc FROM contact")?;
    let mut write = transaction.prepare(
        "INSERT INTO contact_key (workspace_id, key, contact_id) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
    )?;
    let mut rows = read.query([])?;
    while let Some(row) = rows.next()? {
        let (workspace, doc): (Uuid, String) = (row.get(0)?, row.get(1)?);
        let Ok(contact) = serde_json::from_str::<Contact>(&doc) else { continue };
        for key in keys_of(&contact) {
            write.execute(params![workspace, key, contact.id.uuid()])?;
        }
    }
    Ok(())
}
