//! Reads the files, and takes them in again when they change.
//!
//! Promise: at the start a file that cannot be used is an error; later it is a line in the log, once for each state of the
//! file, and what was read before stays in force. A file that changes while it is read is read again.

use std::fs;
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use super::mmdb::{MMDB_BYTES_MAX, Mmdb};
use super::table::Table;
use super::{Error, Files, Networks, Options};

/// How often the files are looked at, to see whether they changed.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// Largest CSV file of networks taken, in bytes.
const TABLE_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// Takes in files that change.
pub struct Service {
    watching: Watching,
}

impl Service {
    /// Reads all files. Blocks while it reads.
    ///
    /// # Errors
    /// The first file that cannot be used.
    pub fn open(options: Options) -> Result<(Service, Networks), Error> {
        let networks = Networks::default();
        let watching = Watching::open(options, networks.clone())?;
        Ok((Service { watching }, networks))
    }

    /// Looks at the files every five seconds until `shutdown`.
    pub async fn run(self, shutdown: CancellationToken) {
        let Service { mut watching } = self;
        let mut looks = tokio::time::interval(LOOK_EVERY);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let Some(_tick) = shutdown.run_until_cancelled(looks.tick()).await else { return };
            // Reading a large file takes seconds, and must hold up nobody.
            let look = tokio::task::spawn_blocking(move || {
                watching.look();
                watching
            });
            match look.await {
                Ok(back) => watching = back,
                Err(error) => {
                    tracing::error!(
                        error = &error as &dyn std::error::Error,
                        "looking at the files of networks failed"
                    );
                    return;
                }
            }
        }
    }
}

/// The files, and the state in which each was read last.
pub(super) struct Watching {
    mmdb: Vec<Watched>,
    table: Option<Watched>,
    files: Files,
    networks: Networks,
}

struct Watched {
    path: PathBuf,
    /// How it was when it was last read or found not to be usable.
    seen: State,
}

/// How a file is, as far as can be seen without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Absent,
    There { modified: Option<SystemTime>, bytes: u64, inode: u64 },
}

/// What came of reading a file.
enum Attempt {
    Read(Vec<u8>, State),
    /// It changed meanwhile.
    Changing,
    Failed(String, State),
}

impl Watching {
    pub(super) fn open(options: Options, networks: Networks) -> Result<Watching, Error> {
        let mut files = Files { free_mail: Arc::new(options.free_mail), ..Files::default() };
        let mut watching = Watching { mmdb: Vec::new(), table: None, files: Files::default(), networks };
        for path in options.mmdb {
            let (bytes, seen) = read_at_start(&path, MMDB_BYTES_MAX)?;
            let file = Mmdb::parse(bytes).map_err(|reason| Error { path: path.clone(), reason })?;
            tracing::info!(path = %path.display(), "networks: {}", file.described());
            files.mmdb.push(Arc::new(file));
            watching.mmdb.push(Watched { path, seen });
        }
        if let Some(path) = options.table {
            let (bytes, seen) = read_at_start(&path, TABLE_BYTES_MAX)?;
            let table = Table::parse(&bytes).map_err(|reason| Error { path: path.clone(), reason })?;
            files.table = Some(Arc::new(table));
            watching.table = Some(Watched { path, seen });
        }
        watching.networks.put(files.clone());
        watching.files = files;
        Ok(watching)
    }

    /// Takes in what changed since the last look.
    pub(super) fn look(&mut self) {
        let mut changed = false;
        for (watched, file) in self.mmdb.iter_mut().zip(&mut self.files.mmdb) {
            changed |= watched.take_in(MMDB_BYTES_MAX, Mmdb::parse, file);
        }
        if let (Some(watched), Some(table)) = (&mut self.table, &mut self.files.table) {
            changed |= watched.take_in(TABLE_BYTES_MAX, |bytes| Table::parse(&bytes), table);
        }
        if changed {
            self.networks.put(self.files.clone());
        }
    }
}

impl Watched {
    /// Reads the file if it changed, and puts it in the place of what was read before; says whether it did.
    fn take_in<T>(
        &mut self,
        bytes_max: u64,
        parse: impl FnOnce(Vec<u8>) -> Result<T, String>,
        kept: &mut Arc<T>,
    ) -> bool {
        if State::of(&self.path) == self.seen {
            return false;
        }
        let (read, seen) = match attempt(&self.path, bytes_max) {
            Attempt::Read(bytes, seen) => (parse(bytes), seen),
            Attempt::Failed(reason, seen) => (Err(reason), seen),
            Attempt::Changing => return false,
        };
        self.seen = seen;
        match read {
            Ok(new) => {
                *kept = Arc::new(new);
                tracing::info!(path = %self.path.display(), "networks: the file changed and was taken in");
                true
            }
            Err(reason) => {
                tracing::warn!(path = %self.path.display(), reason, "networks: the file changed and cannot be used; what it held before stays in force");
                false
            }
        }
    }
}

impl State {
    fn of(path: &Path) -> State {
        fs::metadata(path).map_or(State::Absent, |metadata| State::There {
            modified: metadata.modified().ok(),
            bytes: metadata.len(),
            inode: metadata.ino(),
        })
    }
}

fn read_at_start(path: &Path, bytes_max: u64) -> Result<(Vec<u8>, State), Error> {
    let error = |reason| Error { path: path.to_owned(), reason };
    match attempt(path, bytes_max) {
        Attempt::Read(bytes, seen) => Ok((bytes, seen)),
        Attempt::Failed(reason, _) => Err(error(reason)),
        Attempt::Changing => Err(error("it changed while it was read: start again once it is whole".to_owned())),
    }
}

fn attempt(path: &Path, bytes_max: u64) -> Attempt {
    let before = State::of(path);
    let read = || {
        let file = fs::File::open(path).map_err(|error| error.to_string())?;
        let mut bytes = Vec::new();
        file.take(bytes_max + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
        if bytes.len() as u64 > bytes_max {
            return Err(format!("it has more than {bytes_max} bytes"));
        }
        Ok(bytes)
    };
    let read = read();
    if State::of(path) != before {
        return Attempt::Changing;
    }
    match read {
        Ok(bytes) => Attempt::Read(bytes, before),
        Err(reason) => Attempt::Failed(reason, before),
    }
}
