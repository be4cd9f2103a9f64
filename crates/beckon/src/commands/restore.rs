//! `beckon restore`: a data directory of a copy that `beckon backup` made.
//!
//! Promise: the copy is checked first (whole, of a version this program knows, of the key at hand), and nothing is
//! overwritten.
//! Not here: checking and copying (`beckon_store_sqlite::backup`).

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use beckon_store_sqlite::{Backup, DATABASE_FILE, OpenError};
use clap::Args;

use super::backup::key_file_beside;
use crate::config::Config;
use crate::config::flags::DataFlags;
use crate::config::source::Sources;
use crate::config::value::{LogFilter, LogFormat};
use crate::encryption_key::{self, EncryptionKey, KEY_FILE};
use crate::{ambient, telemetry};

/// What to restore, and where.
#[derive(Debug, Args)]
#[command(
    after_help = "The key is taken from --key-file, BECKON_ENCRYPTION_KEY, beckon.key in the data directory, or FILE.key, \
    whichever of these there is first."
)]
pub(crate) struct Flags {
    /// The copy
    #[arg(long, value_name = "FILE")]
    from: PathBuf,

    /// A file with the encryption key of the copy; it is kept in the data directory
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,

    #[command(flatten)]
    data: DataFlags,
}

/// Restores the copy into a directory that holds no data yet.
pub(crate) fn run(flags: &Flags) -> anyhow::Result<ExitCode> {
    let (config, _) = Config::read(&Sources::of_process(&flags.data.as_settings()))?;
    telemetry::init(LogFormat::Text, &LogFilter::default());
    let database = config.database_dir().join(DATABASE_FILE);
    anyhow::ensure!(!database.exists(), "there is a database at {} already: it is not overwritten", database.display());
    // Whatever else is wrong with the copy is said even without a key.
    let copy = beckon_store_sqlite::check_backup(&flags.from, None)?;
    let Found { key, is_new } = find_key(flags, &config, &copy)?;
    let vault = key.vault(&ambient::real()?);
    if let Some(wanted) = copy.key_id.filter(|wanted| *wanted != vault.key_id()) {
        return Err(OpenError::OtherKey { wanted, given: vault.key_id() }.into());
    }
    if is_new {
        let file = config.data_dir.join(KEY_FILE);
        let kept = encryption_key::keep(&key, &file)?;
        anyhow::ensure!(kept, "there is a key at {} already: it is not overwritten", file.display());
    }
    let restored = beckon_store_sqlite::restore(&flags.from, &config.database_dir(), &vault)?;
    super::print(&format!(
        "{} holds the data of {}: {} bytes\nStart it with: beckon serve --data-dir {}\n",
        database.display(),
        flags.from.display(),
        restored.bytes,
        config.data_dir.display(),
    ))?;
    Ok(ExitCode::SUCCESS)
}

/// The key of the copy.
struct Found {
    key: EncryptionKey,
    /// Whether it is still to be kept in the data directory.
    is_new: bool,
}

fn find_key(flags: &Flags, config: &Config, copy: &Backup) -> anyhow::Result<Found> {
    let at_hand = encryption_key::find(config)?;
    if let Some(path) = &flags.key_file {
        let key =
            encryption_key::read_as_is(path)?.with_context(|| format!("there is no key file {}", path.display()))?;
        let other = at_hand.as_ref().is_some_and(|found| found.key != key);
        anyhow::ensure!(!other, "{} is not the key that is configured or lies in the data directory", path.display());
        return Ok(Found { key, is_new: at_hand.is_none() });
    }
    if let Some(found) = at_hand {
        return Ok(Found { key: found.key, is_new: false });
    }
    let beside = key_file_beside(&flags.from);
    if let Some(key) = encryption_key::read_as_is(&beside)? {
        return Ok(Found { key, is_new: true });
    }
    if copy.key_id.is_none() {
        // From before anything was sealed: any key will do from now on.
        let key = encryption_key::make(&ambient::real()?);
        return Ok(Found { key, is_new: true });
    }
    Err(no_key(&beside))
}

fn no_key(beside: &Path) -> anyhow::Error {
    anyhow::anyhow!(
        "the key of this copy is missing: name its file with --key-file, give it as BECKON_ENCRYPTION_KEY, or put it \
         beside the copy as {}",
        beside.display()
    )
}
