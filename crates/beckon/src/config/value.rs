//! How a setting's value is read, from text or from what TOML has, and how it is written.
//!
//! Promise: what [`Setting::show`] writes is TOML that [`Setting::read`] reads as the same value; secrets
//! are the exception, they show as `***`. A reason goes on where "`value` …" stops, and says what is right.

mod address;
mod company;
mod portal;
mod size;
mod time;

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use beckon_store_sqlite::DATABASE_FILE;
use figment::value::Value;
use ipnet::IpNet;
use tracing_subscriber::EnvFilter;

use crate::encryption_key::EncryptionKey;

pub(crate) use company::{DataFile, Domains, Files};
pub(crate) use portal::{ImageFile, Origins, PortalName};
pub(crate) use size::Bytes;
pub(crate) use time::read_duration;

/// Longest key that can be given, in bytes.
const KEY_BYTES_MAX: usize = 255;

/// A value that can be configured.
pub(crate) trait Setting: Sized {
    /// Reads it.
    fn read(value: &Value) -> Result<Self, String>;
    /// Writes it as TOML.
    fn show(&self) -> String;
}

/// A value as it was given, for error messages.
pub(crate) fn as_given(value: &Value) -> String {
    match value {
        Value::String(_, text) => format!("{text:?}"),
        Value::Char(_, letter) => format!("{letter:?}"),
        Value::Bool(_, yes) => yes.to_string(),
        Value::Array(_, items) => format!("[{}]", items.iter().map(as_given).collect::<Vec<_>>().join(", ")),
        Value::Num(..) => value
            .to_i128()
            .map(|number| number.to_string())
            .or_else(|| value.to_f64().map(|number| number.to_string()))
            .unwrap_or_else(|| "a number".to_owned()),
        Value::Dict(..) => "a table".to_owned(),
        Value::Empty(..) => "nothing".to_owned(),
    }
}

/// A text or a whole number as text: the sources other than TOML have only text.
fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(_, text) => Some(text.trim().to_owned()),
        Value::Char(_, letter) => Some(letter.to_string()),
        Value::Num(..) => value.to_i128().map(|number| number.to_string()),
        _ => None,
    }
}

/// A list, or a text with commas between its items.
fn items_of(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::Array(_, items) => items.iter().map(text_of).collect(),
        _ => text_of(value)
            .map(|text| text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()),
    }
}

fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

impl Setting for SocketAddr {
    fn read(value: &Value) -> Result<SocketAddr, String> {
        let form = "is not an address and a port: write one like 127.0.0.1:8420, 0.0.0.0:8420 or [::1]:8420";
        text_of(value).and_then(|text| text.parse().ok()).ok_or_else(|| form.to_owned())
    }

    fn show(&self) -> String {
        quoted(&self.to_string())
    }
}

impl Setting for PathBuf {
    fn read(value: &Value) -> Result<PathBuf, String> {
        text_of(value)
            .filter(|text| !text.is_empty())
            .map(PathBuf::from)
            .ok_or_else(|| "is not a directory's name: write one like ./beckon-data".to_owned())
    }

    fn show(&self) -> String {
        quoted(&self.display().to_string())
    }
}

impl Setting for bool {
    fn read(value: &Value) -> Result<bool, String> {
        value.to_bool_lossy().ok_or_else(|| "is neither true nor false".to_owned())
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl Setting for Vec<IpNet> {
    fn read(value: &Value) -> Result<Vec<IpNet>, String> {
        let form = "is not a list of networks: write them like 10.0.0.0/8,fd00::/8";
        let items = items_of(value).ok_or_else(|| form.to_owned())?;
        let read = |item: &String| {
            let net = item.parse().ok().or_else(|| item.parse::<IpAddr>().ok().map(IpNet::from));
            net.ok_or_else(|| format!("{form} ({item:?} is none)"))
        };
        items.iter().map(read).collect()
    }

    fn show(&self) -> String {
        let nets: Vec<_> = self.iter().map(|net| quoted(&net.to_string())).collect();
        format!("[{}]", nets.join(", "))
    }
}

impl<T: Setting> Setting for Option<T> {
    fn read(value: &Value) -> Result<Option<T>, String> {
        T::read(value).map(Some)
    }

    fn show(&self) -> String {
        self.as_ref().map_or_else(String::new, T::show)
    }
}

/// The directory that a database URL names. There is one engine and its file has one name, so that is all
/// a URL can say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DatabaseDirectory(pub(crate) PathBuf);

impl Setting for DatabaseDirectory {
    fn read(value: &Value) -> Result<DatabaseDirectory, String> {
        let right = format!(
            "write sqlite:DIRECTORY, for a {DATABASE_FILE} in it, or leave it out for one in the data directory"
        );
        let text = text_of(value).unwrap_or_default();
        if text.starts_with("postgres:") || text.starts_with("postgresql:") {
            // A URL of that kind may hold a password, so that it is not repeated.
            return Err(format!("names PostgreSQL, which this version does not support: {right}"));
        }
        let rest = text.strip_prefix("sqlite:").unwrap_or_default();
        let path = Path::new(rest.strip_prefix("//").unwrap_or(rest));
        let directory = if path.ends_with(DATABASE_FILE) { path.parent().unwrap_or(path) } else { path };
        let is_other_file =
            directory.extension().is_some_and(|ending| ["db", "sqlite", "sqlite3"].iter().any(|e| ending == *e));
        if rest.is_empty() || rest.contains('?') || rest == ":memory:" || is_other_file {
            return Err(format!("is not a database: {right}"));
        }
        let directory = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
        Ok(DatabaseDirectory(directory.to_owned()))
    }

    fn show(&self) -> String {
        quoted(&format!("sqlite:{}", self.0.display()))
    }
}

/// A key, which nothing prints.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret(String);

impl Secret {
    /// The key itself.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl Setting for EncryptionKey {
    fn read(value: &Value) -> Result<EncryptionKey, String> {
        EncryptionKey::parse(&text_of(value).unwrap_or_default())
    }

    fn show(&self) -> String {
        quoted("***")
    }
}

impl Setting for Secret {
    fn read(value: &Value) -> Result<Secret, String> {
        let key = text_of(value).unwrap_or_default();
        let sendable = key.bytes().all(|b| b.is_ascii_graphic() && b != b':');
        if key.is_empty() || key.len() > KEY_BYTES_MAX || !sendable {
            return Err(format!(
                "is not a key: use up to {KEY_BYTES_MAX} visible ASCII characters, no space and no colon"
            ));
        }
        Ok(Secret(key))
    }

    fn show(&self) -> String {
        quoted("***")
    }
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// For machines: one JSON object a line.
    Json,
}

impl Setting for LogFormat {
    fn read(value: &Value) -> Result<LogFormat, String> {
        match text_of(value).unwrap_or_default().to_lowercase().as_str() {
            "text" => Ok(LogFormat::Text),
            "json" => Ok(LogFormat::Json),
            _ => Err("is neither text nor json".to_owned()),
        }
    }

    fn show(&self) -> String {
        match self {
            LogFormat::Text => quoted("text"),
            LogFormat::Json => quoted("json"),
        }
    }
}

/// Which log lines are written, in the words of [`EnvFilter`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LogFilter(String);

impl LogFilter {
    /// Errors only.
    pub(crate) fn errors() -> LogFilter {
        LogFilter("error".to_owned())
    }

    /// The filter itself.
    pub(crate) fn filter(&self) -> EnvFilter {
        EnvFilter::new(&self.0)
    }
}

impl Default for LogFilter {
    fn default() -> LogFilter {
        LogFilter("info".to_owned())
    }
}

impl Setting for LogFilter {
    fn read(value: &Value) -> Result<LogFilter, String> {
        let form = "is no level: write error, warn, info, debug or trace, or per part as in info,beckon_delivery=debug";
        let text = text_of(value).ok_or_else(|| form.to_owned())?;
        // A lone word that is no level would be taken for the name of a part, and silence everything.
        let words = ["off", "error", "warn", "info", "debug", "trace"];
        let known = |part: &str| part.contains('=') || words.contains(&part.trim().to_lowercase().as_str());
        let well_formed = text.split(',').all(known) && EnvFilter::builder().parse(&text).is_ok();
        well_formed.then_some(LogFilter(text)).ok_or_else(|| form.to_owned())
    }

    fn show(&self) -> String {
        quoted(&self.0)
    }
}
