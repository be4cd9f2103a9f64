//! Reads settings one by one, remembers where each came from, and gathers everything that is wrong.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::PathBuf;

use figment::Figment;

use super::error::{BadSetting, ConfigError};
use super::source::{Origin, Sources};
use super::value::{Setting, as_given};
use super::{KEYS, SECRET_KEYS};

/// The joined sources while they are read, and what was found.
#[derive(Debug)]
pub(crate) struct Reader {
    figment: Figment,
    origins: BTreeMap<&'static str, Origin>,
    bad: Vec<BadSetting>,
}

impl Reader {
    /// Joins the sources and notes every setting of the file that does not exist.
    pub(super) fn new(sources: &Sources) -> Result<Reader, ConfigError> {
        let (figment, file) = sources.join()?;
        let mut reader = Reader { figment, origins: BTreeMap::new(), bad: Vec::new() };
        reader.find_unknown(file)?;
        Ok(reader)
    }

    /// The setting `key`, or `default` where nobody gave it or what was given is wrong.
    pub(super) fn get<T: Setting>(&mut self, key: &'static str, default: T) -> T {
        let Ok(value) = self.figment.find_value(key) else {
            self.origins.insert(key, Origin::Default);
            return default;
        };
        let origin = Origin::of(self.figment.get_metadata(value.tag()));
        self.origins.insert(key, origin);
        match T::read(&value) {
            Ok(read) => read,
            Err(reason) => {
                let given = if SECRET_KEYS.contains(&key) { "what is given".to_owned() } else { as_given(&value) };
                self.add(key, format!("{given} {reason}"));
                default
            }
        }
    }

    /// The same for a setting with bounds.
    pub(super) fn within<T>(&mut self, key: &'static str, default: T, bounds: RangeInclusive<T>) -> T
    where
        T: Setting + PartialOrd,
    {
        let value = self.get(key, default);
        if !bounds.contains(&value) {
            let (given, least, most) = (value.show(), bounds.start().show(), bounds.end().show());
            self.add(key, format!("{given} is out of bounds: give {least} to {most}"));
        }
        value
    }

    /// The same for a setting with a check of its own.
    pub(super) fn checked<T: Setting>(
        &mut self,
        key: &'static str,
        default: T,
        check: impl FnOnce(&T) -> Result<(), String>,
    ) -> T {
        let value = self.get(key, default);
        if let Err(reason) = check(&value) {
            self.add(key, reason);
        }
        value
    }

    /// Tells what is wrong, if anything is.
    pub(super) fn finish(&mut self) -> Result<(), ConfigError> {
        let bad = std::mem::take(&mut self.bad);
        if bad.is_empty() { Ok(()) } else { Err(ConfigError::Settings(bad)) }
    }

    /// Where the value of `key` came from.
    pub(crate) fn origin(&self, key: &str) -> Origin {
        self.origins.get(key).cloned().unwrap_or(Origin::Default)
    }

    /// Whether something wrong was found about `key`.
    pub(super) fn is_wrong(&self, key: &str) -> bool {
        self.bad.iter().any(|bad| bad.key == key)
    }

    /// Notes what is wrong about `key`.
    pub(super) fn add(&mut self, key: &str, reason: String) {
        self.bad.push(BadSetting { key: key.to_owned(), origin: self.origin(key), reason });
    }

    fn find_unknown(&mut self, file: Option<PathBuf>) -> Result<(), ConfigError> {
        let given: figment::value::Dict = self.figment.extract().map_err(|error| ConfigError::NotToml {
            path: file.clone().unwrap_or_default(),
            reason: error.kind.to_string(),
        })?;
        for key in given.keys().filter(|key| !KEYS.contains(&key.as_str())) {
            let reason = match nearest(key) {
                Some(known) => format!("there is no such setting; did you mean {known}?"),
                None => format!("there is no such setting; there are {}", KEYS.join(", ")),
            };
            let origin = file.clone().map_or(Origin::Default, Origin::File);
            self.bad.push(BadSetting { key: key.clone(), origin, reason });
        }
        Ok(())
    }
}

/// The setting whose name is most like `key`, if any is much like it.
fn nearest(key: &str) -> Option<&'static str> {
    const LIKE_ENOUGH: f64 = 0.8;
    let likeness = |known: &&str| strsim::jaro_winkler(key, known);
    KEYS.into_iter().filter(|known| likeness(known) >= LIKE_ENOUGH).max_by(|a, b| likeness(a).total_cmp(&likeness(b)))
}
