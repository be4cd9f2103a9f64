//! The embedded store: SQLite in one file.
//!
//! One thread writes: it takes all requests that wait, runs each in a savepoint of its own, and commits
//! them together ([`writer`]). A few connections read, each method in one snapshot ([`readers`]).
//! Promise: a method that returned `Ok` is committed and flushed (`synchronous=FULL`); one process at a
//! time, and the second is told so; what one request does wrong is taken back alone.
//! Not here: a second process. The other engine is for that.

mod about;
mod activity;
mod announce;
mod audit;
mod backup;
mod columns;
mod config;
mod deliveries;
mod events;
mod filter;
mod forget;
mod health;
mod idempotency;
mod identity;
mod intake;
mod jobs;
mod keys;
mod lists;
mod mail;
mod members;
mod migrations;
mod open;
mod paging;
mod people;
mod queue;
mod readers;
mod segments;
mod settings;
mod sift;
mod sql;
mod standing;
mod stats;
mod suppressions;
mod tally;
mod webhooks;
mod writer;

use std::path::PathBuf;
use std::sync::Arc;

use beckon_domain::ambient::Ambient;
use beckon_store::{DueBell, Result, Vault};
use tokio::sync::Semaphore;

pub use backup::{Backup, BackupError, backup, check_backup, restore};
pub use open::{DATABASE_FILE, LOCK_FILE, OpenError, Options, key_of};

use activity::Activity;
use config::Versions;
use forget::Places;
use keys::KnownKeys;
use readers::Readers;
use sql::Sql;
use writer::{Audience, Write, Writer};

/// Beckon's data in one SQLite file.
pub struct SqliteStore {
    writer: Writer,
    readers: Arc<Readers>,
    versions: Arc<Versions>,
    keys: Arc<KnownKeys>,
    bell: Arc<DueBell>,
    forgetting: Places,
    activity: Arc<Activity>,
    /// The turn to count what a job would do.
    counting: Semaphore,
    vault: Vault,
    ambient: Ambient,
    path: PathBuf,
}

impl SqliteStore {
    /// Opens the database, or makes it. Blocks for as long as that takes: milliseconds, or as long as
    /// a migration needs.
    pub fn open(options: Options, ambient: Ambient) -> std::result::Result<Arc<SqliteStore>, OpenError> {
        let lock = open::lock(&options.path)?;
        let connection = open::writer(&options.path, &options.vault)?;
        let versions = Arc::new(Versions::load(&connection)?);
        let keys = Arc::new(KnownKeys::default());
        let bell = Arc::new(DueBell::default());
        let activity = Arc::new(Activity::default());
        let mut idle = Vec::with_capacity(options.readers.max(1));
        for _ in 0..options.readers.max(1) {
            idle.push(open::reader(&options.path)?);
        }
        let readers = Readers::new(idle, options.vault.clone());
        let audience =
            Audience { versions: versions.clone(), keys: keys.clone(), activity: activity.clone(), bell: bell.clone() };
        let writer = Writer::start(&options, connection, lock, audience)?;
        Ok(Arc::new(SqliteStore {
            writer,
            readers,
            versions,
            keys,
            bell,
            forgetting: Places::default(),
            activity,
            counting: Semaphore::new(1),
            vault: options.vault,
            ambient,
            path: options.path,
        }))
    }

    /// Takes no more requests, finishes those taken, and lets the file go. Requests from now on are
    /// answered [`beckon_store::StoreError::Unavailable`].
    pub async fn close(&self) {
        self.readers.close();
        self.writer.close().await;
    }

    /// How many transactions were committed since the store was opened.
    pub fn commits(&self) -> u64 {
        self.writer.commits()
    }

    async fn write<T, W>(&self, doing: &'static str, work: W) -> Result<T>
    where
        T: Send + 'static,
        W: FnOnce(&mut Write<'_>) -> Result<T> + Send + 'static,
    {
        self.writer.write(doing, work).await
    }

    async fn read<T, R>(&self, doing: &'static str, read: R) -> Result<T>
    where
        T: Send + 'static,
        R: FnOnce(&Sql<'_>) -> Result<T> + Send + 'static,
    {
        self.readers.clone().read(doing, read).await
    }
}
