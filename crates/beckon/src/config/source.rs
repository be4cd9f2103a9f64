//! Where settings come from, and how figment is told, so that every value knows its source.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use figment::providers::{Format as _, Serialized, Toml};
use figment::value::{Dict, Map, Value};
use figment::{Error, Figment, Metadata, Profile, Provider, Source};

use super::KEYS;
use super::error::ConfigError;
use super::flags::ServeFlags;

/// The file that is read when nobody names one.
pub(crate) const FILE_DEFAULT: &str = "beckon.toml";
/// What the names of environment variables begin with.
pub(crate) const ENV_PREFIX: &str = "BECKON_";

const FROM_ENVIRONMENT: &str = "environment";
const FROM_FLAGS: &str = "command line";

/// All that a configuration is read from.
#[derive(Debug, Default)]
pub(crate) struct Sources {
    /// The flags.
    pub(crate) flags: ServeFlags,
    /// The environment variables that begin with [`ENV_PREFIX`]. Empty ones count as not set.
    pub(crate) environment: BTreeMap<String, String>,
    /// Where [`FILE_DEFAULT`] is looked for, and what a relative file name is relative to.
    pub(crate) directory: PathBuf,
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Nobody said otherwise.
    Default,
    /// A file.
    File(PathBuf),
    /// The environment.
    Environment,
    /// The command line.
    Flag,
}

impl Origin {
    /// The place in words, for the setting `key`.
    pub(crate) fn named(&self, key: &str) -> String {
        match self {
            Origin::Default => "default".to_owned(),
            Origin::File(path) => path.display().to_string(),
            Origin::Environment => variable(key),
            Origin::Flag => format!("--{}", key.replace('_', "-")),
        }
    }

    pub(super) fn of(metadata: Option<&Metadata>) -> Origin {
        let Some(metadata) = metadata else { return Origin::Default };
        match (metadata.source.as_ref().and_then(Source::file_path), &*metadata.name) {
            (Some(path), _) => Origin::File(path.to_owned()),
            (None, FROM_ENVIRONMENT) => Origin::Environment,
            (None, FROM_FLAGS) => Origin::Flag,
            (None, _) => Origin::Default,
        }
    }
}

/// The environment variable of a setting.
fn variable(key: &str) -> String {
    format!("{ENV_PREFIX}{}", key.to_ascii_uppercase())
}

impl Sources {
    /// The sources of this process.
    pub(crate) fn of_process(flags: &ServeFlags) -> Sources {
        let environment = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.to_string_lossy().into_owned())))
            .filter(|(name, _)| name.starts_with(ENV_PREFIX))
            .collect();
        Sources { flags: flags.clone(), environment, directory: PathBuf::new() }
    }

    /// Joins all sources, the strongest last.
    pub(super) fn join(&self) -> Result<(Figment, Option<PathBuf>), ConfigError> {
        let file = self.file()?;
        let mut figment = Figment::new();
        if let Some(path) = &file {
            figment = figment.merge(Toml::file_exact(path));
        }
        let figment = figment.merge(Environment(&self.environment)).merge(Flags(&self.flags));
        Ok((figment, file))
    }

    /// The file to read, if there is one. One that was named must be there.
    fn file(&self) -> Result<Option<PathBuf>, ConfigError> {
        let named = self
            .flags
            .config
            .clone()
            .or_else(|| self.environment.get("BECKON_CONFIG").filter(|path| !path.is_empty()).map(PathBuf::from));
        let path = self.directory.join(named.as_deref().unwrap_or(Path::new(FILE_DEFAULT)));
        match std::fs::File::open(&path) {
            Ok(_) if path.is_dir() => Err(ConfigError::File { path, reason: "it is a directory".to_owned() }),
            Ok(_) => Ok(Some(path)),
            Err(error) if named.is_none() && error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(ConfigError::File { path, reason: error.to_string() }),
        }
    }
}

/// The environment, for figment: values stay text, so that a key of digits stays a key.
struct Environment<'a>(&'a BTreeMap<String, String>);

impl Provider for Environment<'_> {
    fn metadata(&self) -> Metadata {
        Metadata::named(FROM_ENVIRONMENT)
    }

    fn data(&self) -> Result<Map<Profile, Dict>, Error> {
        let dict: Dict = KEYS
            .into_iter()
            .filter_map(|key| Some((key, self.0.get(&variable(key))?)))
            .filter(|(_, value)| !value.is_empty())
            .map(|(key, value)| (key.to_owned(), Value::from(value.as_str())))
            .collect();
        Ok(Profile::Default.collect(dict))
    }
}

/// The flags, for figment.
struct Flags<'a>(&'a ServeFlags);

impl Provider for Flags<'_> {
    fn metadata(&self) -> Metadata {
        Metadata::named(FROM_FLAGS)
    }

    fn data(&self) -> Result<Map<Profile, Dict>, Error> {
        Serialized::defaults(self.0).data()
    }
}
