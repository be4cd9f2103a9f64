//! The step to version 2 that SQL cannot do: seals what version 1 kept open.
//!
//! Promise: what could be read before can be read after. A row that could not be read before stays one that cannot,
//! and stops nothing.

use beckon_domain::secret::SigningSecret;
use beckon_domain::signing::{KeyMaterial, SigningKey};
use beckon_domain::webhook::{Kept, Webhook};
use beckon_store::Vault;
use rusqlite::{Row, Transaction, params};
use uuid::Uuid;

use crate::idempotency::place_of_answer;
use crate::open::OpenError;

pub(super) fn seal_what_lay_open(transaction: &Transaction<'_>, vault: &Vault) -> Result<(), OpenError> {
    transaction
        .execute("INSERT INTO vault (id, key_id, scrubbed) VALUES (1, ?1, 0)", params![vault.key_id().as_slice()])?;
    seal_webhooks(transaction, vault)?;
    seal_attempts(transaction, vault)?;
    seal_answers(transaction, vault)?;
    transaction.execute_batch("DROP TABLE webhook_open; DROP TABLE attempt_open")?;
    Ok(())
}

fn seal_webhooks(transaction: &Transaction<'_>, vault: &Vault) -> Result<(), OpenError> {
    let mut read = transaction.prepare(
        "SELECT id, workspace_id, revision, enabled, deleted_at, doc, secrets FROM webhook_open ORDER BY rowid",
    )?;
    let mut write = transaction.prepare(
        "INSERT INTO webhook (id, workspace_id, revision, enabled, fifo, deleted_at, doc, sealed)
         VALUES (?1, ?2, ?3, ?4, 0, ?5, ?6, ?7)",
    )?;
    let mut rows = read.query([])?;
    while let Some(row) = rows.next()? {
        let id: Uuid = row.get(0)?;
        let kept = kept(row)?;
        write.execute(params![
            id,
            row.get::<_, Uuid>(1)?,
            row.get::<_, i64>(2)?,
            row.get::<_, bool>(3)?,
            row.get::<_, Option<i64>>(4)?,
            kept.open,
            vault.seal(id.as_bytes(), &kept.secret)?,
        ])?;
    }
    Ok(())
}

/// A webhook of version 1 in the two parts of version 2.
fn kept(row: &Row<'_>) -> Result<Kept, OpenError> {
    let (doc, secrets): (String, String) = (row.get("doc")?, row.get("secrets")?);
    let read = || -> Result<Kept, String> {
        let webhook: Webhook = serde_json::from_str(&doc).map_err(|error| error.to_string())?;
        let secrets: Vec<String> = serde_json::from_str(&secrets).ok().ok_or("its secrets are no list")?;
        let key = |text: &String| {
            let material = KeyMaterial::Hmac(SigningSecret::parse(text)?);
            Ok(SigningKey::new(material, webhook.created_at))
        };
        let signing_keys = secrets.iter().map(key).collect::<Result<_, String>>()?;
        Webhook { signing_keys, ..webhook }.to_kept().map_err(|error| error.to_string())
    };
    Ok(read().unwrap_or_else(|reason| {
        tracing::error!(reason, "a stored webhook cannot be read; it is kept as it is, sealed");
        let all = serde_json::json!({ "doc": doc, "secrets": secrets });
        Kept { open: "{}".to_owned(), secret: beckon_domain::secret::SecretText::new(all.to_string()) }
    }))
}

fn seal_attempts(transaction: &Transaction<'_>, vault: &Vault) -> Result<(), OpenError> {
    let mut read = transaction.prepare(
        "SELECT seq, id, delivery, webhook_id, number, trigger, started_at, next_attempt_at, record
         FROM attempt_open ORDER BY seq",
    )?;
    let mut write = transaction.prepare(
        "INSERT INTO attempt (seq, id, delivery, webhook_id, number, trigger, started_at, next_attempt_at, record)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?;
    let mut rows = read.query([])?;
    while let Some(row) = rows.next()? {
        let (id, record): (Vec<u8>, String) = (row.get(1)?, row.get(8)?);
        write.execute(params![
            row.get::<_, i64>(0)?,
            id,
            row.get::<_, i64>(2)?,
            row.get::<_, Vec<u8>>(3)?,
            row.get::<_, i64>(4)?,
            row.get::<_, i64>(5)?,
            row.get::<_, i64>(6)?,
            row.get::<_, Option<i64>>(7)?,
            vault.seal_bytes(&id, record.as_bytes())?,
        ])?;
    }
    Ok(())
}

fn seal_answers(transaction: &Transaction<'_>, vault: &Vault) -> Result<(), OpenError> {
    let mut read = transaction.prepare("SELECT rowid, workspace_id, key FROM kept_answer")?;
    let rows = read.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let answers: Vec<(i64, Uuid, String)> = rows.collect::<Result<_, _>>()?;
    let mut read = transaction.prepare("SELECT request_hash, body FROM kept_answer WHERE rowid = ?1")?;
    let mut write = transaction.prepare("UPDATE kept_answer SET request_hash = ?2, body = ?3 WHERE rowid = ?1")?;
    for (rowid, workspace, key) in answers {
        let place = place_of_answer(workspace.into(), &key);
        let (hash, body): (Vec<u8>, Vec<u8>) = read.query_row([rowid], |row| Ok((row.get(0)?, row.get(1)?)))?;
        write.execute(params![rowid, vault.seal_bytes(&place, &hash)?, vault.seal_bytes(&place, &body)?])?;
    }
    Ok(())
}
