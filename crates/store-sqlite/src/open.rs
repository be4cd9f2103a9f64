//! Opens the database: one process at a time, in the form and with the settings the engine relies on.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use beckon_store::Vault;
use beckon_store::vault::{KeyId, VaultError};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::migrations;

/// The database's file name in the data directory.
pub const DATABASE_FILE: &str = "beckon.db";
/// The file that is locked while a process has the database open.
pub const LOCK_FILE: &str = "beckon.lock";

/// How long a statement waits for a lock of SQLite's own, which only a backup from outside holds.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Page cache of the writer, in KiB: it keeps the right-hand edges of all indexes in memory.
const WRITER_CACHE_KIB: i64 = 64 * 1024;
/// Page cache of a reader, in KiB.
const READER_CACHE_KIB: i64 = 16 * 1024;
/// Pages in the write-ahead log before they are copied to the database.
const CHECKPOINT_PAGES: i64 = 4_000;
/// What the write-ahead log shrinks to after a burst, in bytes.
const LOG_BYTES_KEPT: i64 = 64 * 1024 * 1024;
/// Statements kept prepared per connection. There are fewer than this in the source.
const STATEMENTS_KEPT: usize = 256;

/// Where the database is and how it is used.
#[derive(Debug, Clone)]
pub struct Options {
    /// The data directory. Made if it is not there.
    pub path: PathBuf,
    /// Seals what must not lie open in the database.
    pub vault: Vault,
    /// Connections for reading, at least 1.
    pub readers: usize,
    /// Writes that may wait for the writer; more wait for room, asynchronously. At least 1.
    pub queue_jobs_max: usize,
    /// Most writes that share a commit. At least 1.
    pub commit_jobs_max: usize,
}

impl Options {
    /// The defaults, with the data in directory `path` and its secrets in `vault`.
    pub fn new(path: impl Into<PathBuf>, vault: Vault) -> Options {
        Options { path: path.into(), vault, readers: 2, queue_jobs_max: 1_024, commit_jobs_max: 256 }
    }
}

/// Why a database was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it open.
    #[error("another beckon process is using the data in {}: stop it first, or choose another data directory", .0.display())]
    InUse(PathBuf),
    /// A newer program wrote it.
    #[error(
        "the data was written by a newer beckon (format {found}; this one knows up to {known}): run that version or a newer one"
    )]
    Newer {
        /// The format found.
        found: i64,
        /// The newest format this program knows.
        known: i64,
    },
    /// Its secrets were sealed with another key.
    #[error(
        "the data was sealed with another encryption key: it wants the key named {}, and the one given is {}; give the key that this data was begun with",
        named(.wanted),
        named(.given)
    )]
    OtherKey {
        /// Names the key that the data wants.
        wanted: KeyId,
        /// Names the key that was given.
        given: KeyId,
    },
    /// Something could not be sealed while it was brought to the new form.
    #[error("a secret cannot be sealed")]
    Vault(#[from] VaultError),
    /// The directory or a file in it cannot be used.
    #[error("cannot use {}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// SQLite refused.
    #[error("the database cannot be opened")]
    Database(#[from] rusqlite::Error),
}

/// The name of a key as people read it.
pub(crate) fn named(id: &KeyId) -> String {
    id.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Makes the directory, and holds it for this process as long as the file is open.
pub(crate) fn lock(directory: &Path) -> Result<File, OpenError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| OpenError::File { path, source }
    };
    std::fs::create_dir_all(directory).map_err(failed(directory))?;
    let path = directory.join(LOCK_FILE);
    let file = private_file().open(&path).map_err(failed(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse(directory.to_owned())),
        Err(TryLockError::Error(source)) => Err(OpenError::File { path, source }),
    }
}

/// The one connection that writes, to a file in today's form.
pub(crate) fn writer(directory: &Path, vault: &Vault) -> Result<Connection, OpenError> {
    let path = directory.join(DATABASE_FILE);
    // SQLite's own files beside it take over the permissions of this one.
    private_file().open(&path).map_err(|source| OpenError::File { path: path.clone(), source })?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    // Before anything is changed.
    migrations::check(&connection, vault)?;
    connection.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))?;
    // A commit is on disk before it returns; `fullfsync` says so on macOS too.
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "fullfsync", true)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // What is deleted, such as a person, is overwritten.
    connection.pragma_update_and_check(None, "secure_delete", true, |_| Ok(()))?;
    connection.pragma_update_and_check(None, "wal_autocheckpoint", CHECKPOINT_PAGES, |_| Ok(()))?;
    connection.pragma_update_and_check(None, "journal_size_limit", LOG_BYTES_KEPT, |_| Ok(()))?;
    tune(&connection, WRITER_CACHE_KIB)?;
    migrations::migrate(&mut connection, vault)?;
    Ok(connection)
}

/// A connection that can only read. The file must have been opened by [`writer`] before.
pub(crate) fn reader(directory: &Path) -> Result<Connection, OpenError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(directory.join(DATABASE_FILE), flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    tune(&connection, READER_CACHE_KIB)?;
    Ok(connection)
}

/// Which encryption key the data in `directory` was sealed with; `None` if there is no data, or none that was sealed.
pub fn key_of(directory: &Path) -> Result<Option<KeyId>, OpenError> {
    if !directory.join(DATABASE_FILE).exists() {
        return Ok(None);
    }
    Ok(migrations::form(&reader(directory)?)?.key_id)
}

fn tune(connection: &Connection, cache_kib: i64) -> Result<(), rusqlite::Error> {
    connection.pragma_update(None, "temp_store", "memory")?;
    connection.pragma_update(None, "cache_size", -cache_kib)?;
    // Read errors of a mapped file are signals that end the process; those of read() are errors.
    connection.pragma_update_and_check(None, "mmap_size", 0, |_| Ok(()))?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    // A plan does not depend on what is bound, or statements would be prepared again with every new value.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

/// Opens or makes a file that only its owner can read, on systems that know owners.
pub(crate) fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    // behaviour S1
    #[test]
    fn a_commit_is_flushed_before_it_returns() {
        let directory = tempfile::tempdir().unwrap();
        let connection = writer(directory.path(), &beckon_testkit::a_vault()).unwrap();
        let setting = |name| connection.pragma_query_value(None, name, |row| row.get::<_, String>(0)).unwrap();
        assert_eq!(setting("journal_mode"), "wal");
        let synchronous: i64 = connection.pragma_query_value(None, "synchronous", |row| row.get(0)).unwrap();
        assert_eq!(synchronous, 2, "FULL: a log that is written is also flushed");
    }

    #[test]
    fn a_statement_is_prepared_once_whatever_is_bound_to_it() {
        let directory = tempfile::tempdir().unwrap();
        let connection = writer(directory.path(), &beckon_testkit::a_vault()).unwrap();
        let mut statement = connection
            .prepare("SELECT due_at FROM due WHERE webhook_id = ?1 AND lane = ?2 ORDER BY due_at, delivery")
            .unwrap();
        for n in 0..3 {
            assert!(statement.query((uuid::Uuid::from_u128(n), n as i64)).unwrap().next().unwrap().is_none());
        }
        assert_eq!(statement.get_status(rusqlite::StatementStatus::RePrepare), 0);
    }
}
