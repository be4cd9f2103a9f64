//! What is wrong with a configuration: all of it, each with its source.

use std::fmt;
use std::path::PathBuf;

use super::source::Origin;

/// A configuration that cannot be used.
#[derive(Debug, PartialEq)]
pub(crate) enum ConfigError {
    /// The file that was named is not there, or cannot be opened.
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The file is not TOML.
    NotToml {
        /// Which file.
        path: PathBuf,
        /// Where and why.
        reason: String,
    },
    /// Settings that are unknown or wrong; never empty.
    Settings(Vec<BadSetting>),
}

/// One setting that cannot be taken.
#[derive(Debug, PartialEq)]
pub(crate) struct BadSetting {
    /// Its name.
    pub(crate) key: String,
    /// Where it was given.
    pub(crate) origin: Origin,
    /// What was given, unless it is a secret; and what would be right.
    pub(crate) reason: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ConfigError::File { path, reason } => {
                write!(f, "the configuration file {} cannot be read: {reason}", path.display())
            }
            ConfigError::NotToml { path, reason } => write!(f, "{} is not TOML: {}", path.display(), reason.trim_end()),
            ConfigError::Settings(bad) => {
                f.write_str("the configuration has mistakes:")?;
                for BadSetting { key, origin, reason } in bad {
                    write!(f, "\n  {key} ({}): {reason}", origin.named(key))?;
                }
                Ok(())
            }
        }
    }
}

impl std::error::Error for ConfigError {}
