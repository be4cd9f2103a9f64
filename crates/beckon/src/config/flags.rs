//! The flags of `serve` and `config`. Each is a setting of the same name; see [`super::Config`].

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

/// Every setting as a flag. Also taken from the environment as BECKON_<NAME> and from beckon.toml as <name>.
#[derive(Debug, Clone, Default, Args, Serialize)]
#[command(
    after_help = "Every setting can also be given as an environment variable (--data-dir is BECKON_DATA_DIR) or in \
                  beckon.toml (data_dir). Flags win over the environment, the environment over the file."
)]
pub(crate) struct ServeFlags {
    /// Read settings from this file [default: beckon.toml, if there is one] [env: BECKON_CONFIG]
    #[arg(long, value_name = "FILE")]
    #[serde(skip)]
    pub(crate) config: Option<PathBuf>,

    /// Address and port to listen on [default: 127.0.0.1:8420]
    #[arg(long, value_name = "ADDRESS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) listen: Option<String>,

    /// Directory that holds the data [default: ./beckon-data]
    #[arg(long, value_name = "DIR")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) data_dir: Option<String>,

    /// Database, as sqlite:DIRECTORY [default: in the data directory]
    #[arg(long, value_name = "URL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) database_url: Option<String>,

    /// Networks that deliveries may go to although they are not public, such as 10.0.0.0/8,::1/128
    #[arg(long, value_name = "NETS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) allow_nets: Option<String>,

    /// Refuse webhooks that are not https [default: false]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) https_only: Option<String>,

    /// An API key of the default workspace (better given as BECKON_API_KEY: flags show in process lists)
    #[arg(long, value_name = "KEY")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) api_key: Option<String>,

    /// A write key of the default workspace, for websites
    #[arg(long, value_name = "KEY")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) write_key: Option<String>,

    /// What secrets are sealed with in the database: 32 bytes in base64 [default: the file beckon.key in the
    /// data directory, made at the first start] (better given as BECKON_ENCRYPTION_KEY)
    #[arg(long, value_name = "KEY")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) encryption_key: Option<String>,

    /// Waits between attempts [default: 5s,5m,30m,2h,5h,10h,10h]; none makes one attempt only
    #[arg(long, value_name = "DELAYS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) retry_schedule: Option<String>,

    /// How long a receiver has to answer, 1s to 30s [default: 15s]
    #[arg(long, value_name = "TIME")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) timeout: Option<String>,

    /// Nothing but failures for so long disables a webhook [default: 5d]
    #[arg(long, value_name = "TIME")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) disable_after: Option<String>,

    /// What every request to a receiver goes through: http://[user:password@]host:port or
    /// socks5://[user:password@]host:port
    #[arg(long, value_name = "URL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) proxy: Option<String>,

    /// Give the proxy names instead of vetted addresses, if it insists; then it must keep private networks out
    /// [default: false]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) proxy_resolves_names: Option<String>,

    /// Where people reach this Beckon, for links, such as https://beckon.example.com
    #[arg(long, value_name = "URL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) public_url: Option<String>,

    /// What stands in the portal instead of Beckon's name
    #[arg(long, value_name = "NAME")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) portal_name: Option<String>,

    /// A picture that stands in the portal instead of Beckon's sign: a svg, png, jpeg or webp file of up to 256 KiB
    #[arg(long, value_name = "FILE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) portal_logo: Option<String>,

    /// The colour of buttons and links in the portal, such as #7a1fa2
    #[arg(long, value_name = "COLOUR")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) portal_accent: Option<String>,

    /// The origins whose pages may frame the portal, such as https://app.example.com [default: none may]
    #[arg(long, value_name = "ORIGINS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) portal_frame_ancestors: Option<String>,

    /// Tell of failing webhooks by mail, through this server: smtps://user:password@host (TLS),
    /// smtp://user:password@host (STARTTLS) or smtp://host?tls=none
    #[arg(long, value_name = "URL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) smtp_url: Option<String>,

    /// Who those mails are from, such as Beckon <beckon@example.com>
    #[arg(long, value_name = "ADDRESS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) mail_from: Option<String>,

    /// Who gets them, such as ops@example.com,dev@example.com
    #[arg(long, value_name = "ADDRESSES")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) mail_to: Option<String>,

    /// A file of networks that tells the company behind an address: MMDB of IPinfo or MaxMind. Give it once per file;
    /// elsewhere the files are a list
    #[arg(long, value_name = "FILE")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) company_mmdb: Vec<String>,

    /// Your own file of networks, which goes before those: CSV lines of network,domain,name[,kind]
    #[arg(long, value_name = "FILE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) company_networks: Option<String>,

    /// Networks of the proxies in front, such as 10.0.0.0/8, whose X-Forwarded-For tells the visitor's address
    #[arg(long, value_name = "NETS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) trusted_proxies: Option<String>,

    /// Further domains where anybody can open a mailbox, so that addresses there tell no company
    #[arg(long, value_name = "DOMAINS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) free_mail_domains: Option<String>,

    /// Mark what bots send, so that it means nothing; false helps to try things out with scripted browsers
    /// [default: true]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) detect_bots: Option<String>,

    /// How long work in progress may go on after SIGTERM [default: 20s]
    #[arg(long, value_name = "TIME")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) shutdown_grace: Option<String>,

    /// Largest payload of an event [default: 256KiB]
    #[arg(long, value_name = "BYTES")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) payload_bytes_max: Option<String>,

    /// Largest body of an API request [default: 1MiB]
    #[arg(long, value_name = "BYTES")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) body_bytes_max: Option<String>,

    /// How log lines are written: text or json [default: text]
    #[arg(long, value_name = "FORMAT")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) log_format: Option<String>,

    /// Which log lines are written: error, warn, info, debug, trace, or per part as in
    /// info,beckon_delivery=debug [default: info]
    #[arg(long, value_name = "LEVEL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) log_level: Option<String>,
}

/// The flags of commands that need to know where the data is, and nothing else.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct DataFlags {
    /// Read settings from this file [default: beckon.toml, if there is one] [env: BECKON_CONFIG]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// Directory that holds the data [default: ./beckon-data] [env: BECKON_DATA_DIR]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<String>,

    /// Database, as sqlite:DIRECTORY [default: in the data directory] [env: BECKON_DATABASE_URL]
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,
}

impl DataFlags {
    /// The same as flags of `serve`.
    pub(crate) fn as_settings(&self) -> ServeFlags {
        let DataFlags { config, data_dir, database_url } = self.clone();
        ServeFlags { config, data_dir, database_url, ..ServeFlags::default() }
    }
}
