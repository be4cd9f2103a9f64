//! What the handlers work with.
//!
//! Not here: making any of it. The binary opens the store, starts the services and hands them over.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use beckon_domain::ambient::Ambient;
use beckon_store::{ConfigCache, SharedStore};
use bytes::Bytes;
use ipnet::IpNet;
use tokio_util::sync::CancellationToken;

use crate::attempts::Attempts;
use crate::passwords::Passwords;
use crate::turns::Turns;

/// Largest body of an ordinary API request, in bytes, unless configured.
pub const BODY_BYTES_MAX: usize = 1024 * 1024;
/// Largest body of a tracking request, in bytes after decoding, unless configured.
pub const TRACKING_BODY_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Largest CSV file, in bytes, unless configured.
pub const IMPORT_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Longest time a request may take before it is answered 503, unless configured.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);

/// The limits and switches of the HTTP side.
#[derive(Debug, Clone)]
pub struct Options {
    /// Largest body of an ordinary API request, in bytes.
    pub body_bytes_max: usize,
    /// Largest body of a tracking request, in bytes after decoding.
    pub tracking_body_bytes_max: usize,
    /// Largest CSV file, in bytes.
    pub import_bytes_max: usize,
    /// Whether webhooks may only have `https` URLs.
    pub https_only: bool,
    /// Longest time a request may take before it is answered 503. It must be longer than a delivery's
    /// timeout, because a test delivery is waited for.
    pub request_timeout: Duration,
    /// Whether session cookies are for https only: whether people reach Beckon by https.
    pub secure_cookies: bool,
    /// Where people reach this Beckon, for links that are made to be sent; without a slash at the end.
    pub public_url: Option<String>,
    /// How the portal looks, and who may frame it.
    pub portal: Arc<PortalOptions>,
    /// Whether there is a mail server, so that notices are told by mail.
    pub sends_mail: bool,
    /// The networks of proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
}

/// The portal: the webhooks part of a workspace inside somebody else's page.
#[derive(Debug, Clone, Default)]
pub struct PortalOptions {
    /// What stands instead of our name.
    pub name: Option<String>,
    /// What stands instead of our sign: media type and bytes.
    pub logo: Option<(String, Bytes)>,
    /// The colour of buttons and links, for light and dark: `#rrggbb`.
    pub accent: Option<[String; 2]>,
    /// The origins whose pages may frame it, such as `https://app.example.com`.
    pub frame_ancestors: Vec<String>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            body_bytes_max: BODY_BYTES_MAX,
            tracking_body_bytes_max: TRACKING_BODY_BYTES_MAX,
            import_bytes_max: IMPORT_BYTES_MAX,
            https_only: false,
            request_timeout: REQUEST_TIMEOUT,
            secure_cookies: false,
            public_url: None,
            portal: Arc::default(),
            sends_mail: false,
            trusted_proxies: Vec::new(),
        }
    }
}

/// The services behind the API.
pub struct AppParts {
    /// The database.
    pub store: SharedStore,
    /// What workspaces have set up.
    pub config: Arc<ConfigCache>,
    /// Takes signals, contacts and companies.
    pub intake: beckon_intake::Handle,
    /// Finds out who is at the other end of a tracking call.
    pub clients: beckon_intake::Clients,
    /// Takes events published directly.
    pub publisher: Arc<beckon_intake::Publisher>,
    /// Sends tests and cancels deliveries.
    pub delivery: beckon_delivery::Handle,
    /// The clock and the generator.
    pub ambient: Ambient,
    /// Limits and switches.
    pub options: Options,
    /// What portal links are signed with.
    pub link_key: [u8; 32],
    /// Cancelled when this process is to end: streams that would go on end then.
    pub stop: CancellationToken,
}

/// What every handler gets: a cheap handle to [`AppParts`].
#[derive(Clone)]
pub struct App(Arc<Inner>);

struct Inner {
    parts: AppParts,
    idempotency: Turns,
    edits: Turns,
    passwords: Passwords,
    attempts: Attempts,
    own_attempts: Attempts,
}

impl App {
    /// Bundles the services.
    pub fn new(parts: AppParts) -> App {
        App(Arc::new(Inner {
            parts,
            idempotency: Turns::default(),
            edits: Turns::default(),
            passwords: Passwords::default(),
            attempts: Attempts::default(),
            own_attempts: Attempts::default(),
        }))
    }

    /// One request at a time for an idempotency key.
    pub(crate) fn idempotency_turns(&self) -> &Turns {
        &self.0.idempotency
    }

    /// One change at a time of a thing that is set up, by its id or name. Segments refer to each other, so
    /// all those of a workspace are one thing.
    pub(crate) fn edit_turns(&self) -> &Turns {
        &self.0.edits
    }

    /// Hashes and checks passwords.
    pub(crate) fn passwords(&self) -> &Passwords {
        &self.0.passwords
    }

    /// Counts guesses at passwords.
    pub(crate) fn attempts(&self) -> &Attempts {
        &self.0.attempts
    }

    /// Counts guesses of those who are signed in at the password they have; nobody else can use them up.
    pub(crate) fn own_attempts(&self) -> &Attempts {
        &self.0.own_attempts
    }
}

impl Deref for App {
    type Target = AppParts;

    fn deref(&self) -> &AppParts {
        &self.0.parts
    }
}
