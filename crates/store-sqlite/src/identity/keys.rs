//! By what contacts are found beside their first address and their user id.

use std::collections::BTreeSet;

use beckon_domain::contact::Contact;
use beckon_domain::email::Email;
use beckon_domain::id::{ContactId, WorkspaceId};
use beckon_domain::identity::merge::emails;
use beckon_domain::identity::{EmailHash, LinkedIn};
use beckon_store::Result;
use rusqlite::params;

use crate::columns::Columns;
use crate::sql::Sql;

/// The contact that a key leads to, as a condition on its table: the key is `?2`.
pub(crate) const FOUND_BY_KEY: &str = "SELECT contact.doc FROM contact_key JOIN contact
     ON contact.workspace_id = contact_key.workspace_id AND contact.id = contact_key.contact_id
     WHERE contact_key.workspace_id = ?1 AND contact_key.key = ?2";

pub(crate) fn of_email(email: &Email) -> String {
    format!("email:{email}")
}

pub(crate) fn of_hash(hash: &EmailHash) -> String {
    format!("sha256:{hash}")
}

pub(crate) fn of_linkedin(name: &LinkedIn) -> String {
    format!("linkedin:{}", name.as_str())
}

/// All keys of a contact.
pub(crate) fn keys_of(contact: &Contact) -> BTreeSet<String> {
    let hashes = emails(contact).map(|email| of_hash(&EmailHash::of(email)));
    let others = contact.identity.other_emails.iter().map(of_email);
    hashes.chain(others).chain(contact.identity.linkedin.as_ref().map(of_linkedin)).collect()
}

/// Takes off a contact the keys that are no longer theirs.
pub(crate) fn release(sql: &Sql<'_>, workspace: WorkspaceId, id: ContactId, wanted: &BTreeSet<String>) -> Result<()> {
    let known = sql.list(
        "SELECT key FROM contact_key INDEXED BY contact_key_of_contact WHERE workspace_id = ?1 AND contact_id = ?2",
        params![workspace.uuid(), id.uuid()],
        |row| Columns::of("key of a contact", row).value::<String>(),
    )?;
    for key in known.iter().filter(|key| !wanted.contains(*key)) {
        sql.run("DELETE FROM contact_key WHERE workspace_id = ?1 AND key = ?2", params![workspace.uuid(), key])?;
    }
    Ok(())
}

/// Gives a contact its keys. One that is somebody else's stays with them: the hash of an address follows the address.
pub(crate) fn put(sql: &Sql<'_>, workspace: WorkspaceId, id: ContactId, wanted: &BTreeSet<String>) -> Result<()> {
    for key in wanted {
        sql.run(
            "INSERT INTO contact_key (workspace_id, key, contact_id) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
            params![workspace.uuid(), key, id.uuid()],
        )?;
    }
    Ok(())
}
