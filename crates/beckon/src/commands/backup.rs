//! `beckon backup`: a consistent copy of the data, also while a server runs on it.
//!
//! The encryption key is left out unless it is asked for: whoever gets hold of a backup should not get the secrets
//! with it.
//! Promise: nothing is overwritten.
//! Not here: copying (`beckon_store_sqlite::backup`).

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;

use crate::config::Config;
use crate::config::flags::DataFlags;
use crate::config::source::Sources;
use crate::config::value::{LogFilter, LogFormat};
use crate::encryption_key::{self, Provided};
use crate::{ambient, telemetry};

/// What is added to a backup's name for the file with its key.
pub(crate) const KEY_SUFFIX: &str = ".key";

/// What to copy, and where to.
#[derive(Debug, Args)]
#[command(
    after_help = "The encryption key is not in the copy, and without it nobody can read the secrets in it. Keep a copy of \
    the key elsewhere, or add --with-key."
)]
pub(crate) struct Flags {
    /// The file to write; there must be none of that name
    #[arg(long, value_name = "FILE")]
    to: PathBuf,

    /// Write the encryption key to FILE.key as well; then the two together are a secret
    #[arg(long)]
    with_key: bool,

    #[command(flatten)]
    data: DataFlags,
}

/// Copies the data, and says where the key is.
pub(crate) fn run(flags: &Flags) -> anyhow::Result<ExitCode> {
    let (config, _) = Config::read(&Sources::of_process(&flags.data.as_settings()))?;
    telemetry::init(LogFormat::Text, &LogFilter::default());
    let wanted = beckon_store_sqlite::key_of(&config.database_dir())?;
    let ambient = ambient::real()?;
    let fits = |found: &Provided| wanted.is_none_or(|wanted| found.key.vault(&ambient).key_id() == wanted);
    let key = encryption_key::find(&config)?.filter(fits);
    let key_file = key_file_beside(&flags.to);
    if flags.with_key {
        anyhow::ensure!(
            key.is_some(),
            "the encryption key of this data is not at hand to be written beside the copy: give it as BECKON_ENCRYPTION_KEY"
        );
        anyhow::ensure!(
            !key_file.exists(),
            "there is already something at {}: it is not overwritten",
            key_file.display()
        );
    }
    let made = beckon_store_sqlite::backup(&config.database_dir(), &flags.to)?;
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = writeln!(
        text,
        "{} holds the data of {}: {} bytes",
        flags.to.display(),
        config.database_dir().display(),
        made.bytes
    );
    match key {
        Some(Provided { key, .. }) if flags.with_key => {
            let kept = encryption_key::keep(&key, &key_file).context("the copy is made, but not that of the key")?;
            anyhow::ensure!(kept, "there is already something at {}: it is not overwritten", key_file.display());
            let _ = writeln!(
                text,
                "{} holds the key to its secrets: keep the two where nobody else reads",
                key_file.display()
            );
        }
        _ if made.key_id.is_none() => {}
        Some(Provided { file: Some(file), .. }) => text.push_str(&warning(&format!("in {}", file.display()))),
        Some(Provided { file: None, .. }) => text.push_str(&warning("the one given as encryption_key")),
        None => text.push_str(&warning("neither in the data directory nor in the settings of this command")),
    }
    super::print(&text)?;
    Ok(ExitCode::SUCCESS)
}

fn warning(where_it_is: &str) -> String {
    format!(
        "The encryption key is NOT in it. Without the key nobody can read the secrets in the copy.\n\
         The key is {where_it_is}: keep a copy of it apart from this one.\n"
    )
}

/// Where the key of a backup is, if it was written beside it.
pub(crate) fn key_file_beside(backup: &Path) -> PathBuf {
    let mut name = backup.as_os_str().to_owned();
    name.push(KEY_SUFFIX);
    name.into()
}
