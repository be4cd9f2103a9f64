//! Copies the database while it is in use, checks such a copy, and makes a data directory of it again.
//!
//! Promise: a backup is one moment of the database, whole, readable by its owner only, and on disk when
//! [`backup`] returns; nothing is ever overwritten. It needs the same encryption key as the original.
//! Not here: that key, and when backups are made.

use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};

use beckon_store::Vault;
use beckon_store::vault::KeyId;
use rusqlite::{Connection, ErrorCode, OpenFlags, params};

use crate::SqliteStore;
use crate::migrations;
use crate::open::{self, DATABASE_FILE, OpenError};

/// What a backup is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backup {
    /// Its size in bytes.
    pub bytes: u64,
    /// Which form it is written in; this program knows those up to its own.
    pub format: i64,
    /// Names the encryption key that its secrets are sealed with; `None` if it is older than sealing.
    pub key_id: Option<KeyId>,
}

/// Why a backup was not made, or is not one.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// There is something already where it was to go.
    #[error("there is already something at {}: it is not overwritten", .0.display())]
    Exists(PathBuf),
    /// There is no database to copy.
    #[error("there is no database in {}", .0.display())]
    NoDatabase(PathBuf),
    /// It is not a backup, or is damaged.
    #[error("{} is not a whole backup: {why}", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// It is of another program's version, or of another key, or the directory is in use.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A file cannot be used.
    #[error("cannot use {}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// SQLite refused.
    #[error("the database cannot be copied")]
    Database(#[from] rusqlite::Error),
}

impl SqliteStore {
    /// Copies the database as it is at this moment to the file `to`, while writing goes on.
    pub async fn backup(&self, to: &Path) -> Result<Backup, BackupError> {
        let (directory, to) = (self.path.clone(), to.to_owned());
        let made = tokio::task::spawn_blocking({
            let to = to.clone();
            move || backup(&directory, &to)
        });
        made.await.unwrap_or_else(|error| Err(BackupError::File { path: to, source: std::io::Error::other(error) }))
    }
}

/// Copies the database in `directory` as it is at this moment to the file `to`, whether or not a process has it open.
/// Blocks for as long as it takes to read and write it all; nobody else waits for it.
pub fn backup(directory: &Path, to: &Path) -> Result<Backup, BackupError> {
    if !directory.join(DATABASE_FILE).is_file() {
        return Err(BackupError::NoDatabase(directory.to_owned()));
    }
    let connection = open::reader(directory)?;
    let form = migrations::form(&connection)?;
    place(to, |part| {
        let path = part.to_str().ok_or_else(|| file_error(part)(std::io::ErrorKind::InvalidFilename.into()))?;
        connection.execute("VACUUM INTO ?1", params![path])?;
        Ok(())
    })?;
    let bytes = fs::metadata(to).map_err(file_error(to))?.len();
    Ok(Backup { bytes, format: form.version, key_id: form.key_id })
}

/// Reads a backup from end to end, and says what it is. `Damaged` if it is not whole; refused as on opening if it is of
/// a newer program, or not of the key of `vault`, if one is given.
pub fn check_backup(file: &Path, vault: Option<&Vault>) -> Result<Backup, BackupError> {
    let damaged = |why: String| BackupError::Damaged { path: file.to_owned(), why };
    let bytes = fs::metadata(file).map_err(file_error(file))?.len();
    let connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let checked = match vault {
        Some(vault) => migrations::check(&connection, vault),
        None => migrations::form(&connection),
    };
    let form = checked.map_err(|error| match error {
        OpenError::Database(error) if is_damage(&error) => damaged(error.to_string()),
        error => error.into(),
    })?;
    if form.version == 0 {
        return Err(damaged("it holds none of beckon's data".to_owned()));
    }
    let verdict = connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get::<_, String>(0));
    match verdict {
        Ok(verdict) if verdict == "ok" => Ok(Backup { bytes, format: form.version, key_id: form.key_id }),
        Ok(verdict) => Err(damaged(verdict)),
        Err(error) if is_damage(&error) => Err(damaged(error.to_string())),
        Err(error) => Err(error.into()),
    }
}

/// Makes a backup the database of `directory`, which has none yet, after [`check_backup`].
pub fn restore(file: &Path, directory: &Path, vault: &Vault) -> Result<Backup, BackupError> {
    let backup = check_backup(file, Some(vault))?;
    let _lock = open::lock(directory)?;
    let database = directory.join(DATABASE_FILE);
    // A log that was left behind would be taken for one of the new database.
    for left in ["-wal", "-shm", "-journal"] {
        let left = with_suffix(&database, left);
        if left.exists() {
            return Err(BackupError::Exists(left));
        }
    }
    place(&database, |part| {
        let mut from = File::open(file).map_err(file_error(file))?;
        let mut to = OpenOptions::new().write(true).open(part).map_err(file_error(part))?;
        std::io::copy(&mut from, &mut to).map_err(file_error(part))?;
        Ok(())
    })?;
    Ok(backup)
}

/// Has a file written beside `to`, and gives it that name once it is whole and on disk: nothing of that name is there
/// before, whenever this is cut off. `Exists` if something is there.
fn place(to: &Path, write: impl FnOnce(&Path) -> Result<(), BackupError>) -> Result<(), BackupError> {
    if to.symlink_metadata().is_ok() {
        return Err(BackupError::Exists(to.to_owned()));
    }
    // Only its owner can read such a file. What is not whole is worth nothing, and goes with it.
    let part = tempfile::Builder::new().prefix(".beckon-copy-").tempfile_in(directory_of(to));
    let part = part.map_err(file_error(to))?;
    write(part.path())?;
    part.as_file().sync_all().map_err(file_error(part.path()))?;
    part.persist_noclobber(to).map_err(|error| match error.error.kind() {
        std::io::ErrorKind::AlreadyExists => BackupError::Exists(to.to_owned()),
        _ => file_error(to)(error.error),
    })?;
    sync_directory_of(to)
}

fn directory_of(file: &Path) -> &Path {
    file.parent().filter(|parent| *parent != Path::new("")).unwrap_or(Path::new("."))
}

/// A name in a directory is on disk when the directory is, on systems where directories can be opened.
fn sync_directory_of(file: &Path) -> Result<(), BackupError> {
    #[cfg(unix)]
    {
        let directory = directory_of(file);
        File::open(directory).and_then(|opened| opened.sync_all()).map_err(file_error(directory))?;
    }
    #[cfg(not(unix))]
    let _ = file;
    Ok(())
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt))
}

fn file_error(path: &Path) -> impl Fn(std::io::Error) -> BackupError {
    let path = path.to_owned();
    move |source| BackupError::File { path: path.clone(), source }
}

#[cfg(test)]
mod tests;
