//! The configuration of `beckon serve`: one struct, four sources.
//!
//! A setting has one name everywhere: `data_dir` in the file is `BECKON_DATA_DIR` in the environment and
//! `--data-dir` on the command line. Flags win over the environment, the environment over the file, the
//! file over the defaults. Everything that is wrong is told at once, each with its source.
//! Not here: the environment itself. It is an argument ([`source::Sources`]).

pub(crate) mod error;
pub(crate) mod flags;
pub(crate) mod reader;
pub(crate) mod show;
pub(crate) mod source;
pub(crate) mod value;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use beckon_delivery::mail::{MailAddress, SmtpServer};
use beckon_delivery::options::{DISABLE_AFTER_MAX, DISABLE_AFTER_MIN, SHUTDOWN_GRACE_MAX, TIMEOUT_MAX, TIMEOUT_MIN};
use beckon_delivery::proxy::ProxyUrl;
use beckon_domain::health::DISABLE_AFTER_DEFAULT;
use beckon_domain::retry::RetrySchedule;
use beckon_server::portal::accent::Colour;
use ipnet::IpNet;
use url::Url;

use error::ConfigError;
use reader::Reader;
use source::Sources;
use value::{
    Bytes, DataFile, DatabaseDirectory, Domains, Files, ImageFile, LogFilter, LogFormat, Origins, PortalName, Secret,
};

use crate::encryption_key::EncryptionKey;

/// The port Beckon listens on when nobody says.
pub(crate) const PORT_DEFAULT: u16 = 8420;
/// Bounds of the largest payload.
pub(crate) const PAYLOAD_BYTES_MIN: usize = 1024;
/// See [`PAYLOAD_BYTES_MIN`].
pub(crate) const PAYLOAD_BYTES_LIMIT: usize = 16 * 1024 * 1024;
/// Largest request body that can be configured.
pub(crate) const BODY_BYTES_LIMIT: usize = 64 * 1024 * 1024;

/// What `serve` runs with.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Config {
    /// Where HTTP is served.
    pub(crate) listen: SocketAddr,
    /// The directory that holds the data.
    pub(crate) data_dir: PathBuf,
    /// The directory that holds the database, if not `data_dir`.
    pub(crate) database_url: Option<DatabaseDirectory>,
    /// Networks that deliveries may go to although they are not public.
    pub(crate) allow_nets: Vec<IpNet>,
    /// Refuse webhooks that are not https.
    pub(crate) https_only: bool,
    /// An API key of the default workspace.
    pub(crate) api_key: Option<Secret>,
    /// A write key of the default workspace.
    pub(crate) write_key: Option<Secret>,
    /// What secrets are sealed with in the database, if not the key in the data directory.
    pub(crate) encryption_key: Option<EncryptionKey>,
    /// When failed deliveries are tried again, unless the webhook says otherwise.
    pub(crate) retry_schedule: RetrySchedule,
    /// How long a receiver has to answer.
    pub(crate) timeout: Duration,
    /// Nothing but failures for so long disables a webhook.
    pub(crate) disable_after: Duration,
    /// What every request to a receiver goes through.
    pub(crate) proxy: Option<ProxyUrl>,
    /// Whether the proxy is given names instead of addresses.
    pub(crate) proxy_resolves_names: bool,
    /// Where people reach this Beckon, for links.
    pub(crate) public_url: Option<Url>,
    /// What stands in the portal instead of our name.
    pub(crate) portal_name: Option<PortalName>,
    /// The file with what stands in the portal instead of our sign.
    pub(crate) portal_logo: Option<ImageFile>,
    /// The colour of buttons and links in the portal.
    pub(crate) portal_accent: Option<Colour>,
    /// The origins whose pages may frame the portal.
    pub(crate) portal_frame_ancestors: Origins,
    /// The server that takes mails.
    pub(crate) smtp_url: Option<SmtpServer>,
    /// Who sends them.
    pub(crate) mail_from: Option<MailAddress>,
    /// Who gets them.
    pub(crate) mail_to: Vec<MailAddress>,
    /// Files of networks, in the formats of vendors.
    pub(crate) company_mmdb: Files,
    /// The operator's own file of networks.
    pub(crate) company_networks: Option<DataFile>,
    /// Proxies whose word on the client's address is taken.
    pub(crate) trusted_proxies: Vec<IpNet>,
    /// Further domains where anybody can open a mailbox.
    pub(crate) free_mail_domains: Domains,
    /// Mark what bots send.
    pub(crate) detect_bots: bool,
    /// How long work in progress may go on after a request to stop.
    pub(crate) shutdown_grace: Duration,
    /// Largest payload of an event.
    pub(crate) payload_bytes_max: Bytes,
    /// Largest body of an API request.
    pub(crate) body_bytes_max: Bytes,
    /// How log lines are written.
    pub(crate) log_format: LogFormat,
    /// Which log lines are written.
    pub(crate) log_level: LogFilter,
}

/// Every setting, in the order in which people see them.
pub(crate) const KEYS: [&str; 31] = [
    "listen",
    "data_dir",
    "database_url",
    "allow_nets",
    "https_only",
    "api_key",
    "write_key",
    "encryption_key",
    "retry_schedule",
    "timeout",
    "disable_after",
    "proxy",
    "proxy_resolves_names",
    "public_url",
    "portal_name",
    "portal_logo",
    "portal_accent",
    "portal_frame_ancestors",
    "smtp_url",
    "mail_from",
    "mail_to",
    "company_mmdb",
    "company_networks",
    "trusted_proxies",
    "free_mail_domains",
    "detect_bots",
    "shutdown_grace",
    "payload_bytes_max",
    "body_bytes_max",
    "log_format",
    "log_level",
];

/// The settings whose values are not repeated when they are wrong.
pub(crate) const SECRET_KEYS: [&str; 6] =
    ["api_key", "write_key", "database_url", "encryption_key", "proxy", "smtp_url"];

impl Default for Config {
    fn default() -> Config {
        Config {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, PORT_DEFAULT)),
            data_dir: PathBuf::from("./beckon-data"),
            database_url: None,
            allow_nets: Vec::new(),
            https_only: false,
            api_key: None,
            write_key: None,
            encryption_key: None,
            retry_schedule: RetrySchedule::default(),
            timeout: Duration::from_secs(15),
            disable_after: DISABLE_AFTER_DEFAULT.unsigned_abs(),
            proxy: None,
            proxy_resolves_names: false,
            public_url: None,
            portal_name: None,
            portal_logo: None,
            portal_accent: None,
            portal_frame_ancestors: Origins::default(),
            smtp_url: None,
            mail_from: None,
            mail_to: Vec::new(),
            company_mmdb: Files::default(),
            company_networks: None,
            trusted_proxies: Vec::new(),
            free_mail_domains: Domains::default(),
            detect_bots: true,
            shutdown_grace: Duration::from_secs(20),
            payload_bytes_max: Bytes(256 * 1024),
            body_bytes_max: Bytes(1024 * 1024),
            log_format: LogFormat::Text,
            log_level: LogFilter::default(),
        }
    }
}

impl Config {
    /// Reads the configuration, or tells everything that is wrong with it.
    pub(crate) fn read(sources: &Sources) -> Result<(Config, Reader), ConfigError> {
        let mut reader = Reader::new(sources)?;
        let default = Config::default();
        let config = Config {
            listen: reader.get("listen", default.listen),
            data_dir: reader.get("data_dir", default.data_dir),
            database_url: reader.get("database_url", default.database_url),
            allow_nets: reader.get("allow_nets", default.allow_nets),
            https_only: reader.get("https_only", default.https_only),
            api_key: reader.checked("api_key", default.api_key, |key| {
                key.as_ref().map_or(Ok(()), |key| beckon_server::auth::check_key(key.expose()))
            }),
            write_key: reader.get("write_key", default.write_key),
            encryption_key: reader.get("encryption_key", default.encryption_key),
            retry_schedule: reader.get("retry_schedule", default.retry_schedule),
            timeout: reader.within("timeout", default.timeout, TIMEOUT_MIN..=TIMEOUT_MAX),
            disable_after: reader.within(
                "disable_after",
                default.disable_after,
                DISABLE_AFTER_MIN.unsigned_abs()..=DISABLE_AFTER_MAX.unsigned_abs(),
            ),
            proxy: reader.get("proxy", default.proxy),
            proxy_resolves_names: reader.get("proxy_resolves_names", default.proxy_resolves_names),
            public_url: reader.get("public_url", default.public_url),
            portal_name: reader.get("portal_name", default.portal_name),
            portal_logo: reader.get("portal_logo", default.portal_logo),
            portal_accent: reader.get("portal_accent", default.portal_accent),
            portal_frame_ancestors: reader.get("portal_frame_ancestors", default.portal_frame_ancestors),
            smtp_url: reader.get("smtp_url", default.smtp_url),
            mail_from: reader.get("mail_from", default.mail_from),
            mail_to: reader.get("mail_to", default.mail_to),
            company_mmdb: reader.get("company_mmdb", default.company_mmdb),
            company_networks: reader.get("company_networks", default.company_networks),
            trusted_proxies: reader.get("trusted_proxies", default.trusted_proxies),
            free_mail_domains: reader.get("free_mail_domains", default.free_mail_domains),
            detect_bots: reader.get("detect_bots", default.detect_bots),
            shutdown_grace: reader.within(
                "shutdown_grace",
                default.shutdown_grace,
                Duration::ZERO..=SHUTDOWN_GRACE_MAX,
            ),
            payload_bytes_max: reader.within(
                "payload_bytes_max",
                default.payload_bytes_max,
                Bytes(PAYLOAD_BYTES_MIN)..=Bytes(PAYLOAD_BYTES_LIMIT),
            ),
            body_bytes_max: reader.within(
                "body_bytes_max",
                default.body_bytes_max,
                Bytes(PAYLOAD_BYTES_MIN)..=Bytes(BODY_BYTES_LIMIT),
            ),
            log_format: reader.get("log_format", default.log_format),
            log_level: reader.get("log_level", default.log_level),
        };
        config.check_together(&mut reader);
        reader.finish()?;
        Ok((config, reader))
    }

    /// Notes settings that make sense only beside others.
    fn check_together(&self, reader: &mut Reader) {
        let mail = [("mail_from", self.mail_from.is_some()), ("mail_to", !self.mail_to.is_empty())];
        for (key, is_set) in mail {
            if reader.is_wrong(key) || reader.is_wrong("smtp_url") {
                continue;
            }
            if self.smtp_url.is_some() && !is_set {
                reader.add(key, "is not set, and is needed beside smtp_url".to_owned());
            }
            if self.smtp_url.is_none() && is_set {
                reader.add(key, "has no effect without smtp_url, which names the mail server".to_owned());
            }
        }
        if self.proxy.is_none() && self.proxy_resolves_names && !reader.is_wrong("proxy") {
            reader.add("proxy_resolves_names", "has no effect without proxy".to_owned());
        }
    }

    /// The directory that holds the database.
    pub(crate) fn database_dir(&self) -> PathBuf {
        self.database_url.as_ref().map_or_else(|| self.data_dir.clone(), |directory| directory.0.clone())
    }
}

#[cfg(test)]
mod tests;
