//! Puts the house together: the store, the services on it, HTTP in front; and takes it apart in order.
//!
//! ```text
//! start:  files of networks read ─► listener bound ─► encryption key ─► store opened ─► keys ready ─► intake, delivery, mail, retention, HTTP run
//! stop:   HTTP accepts nothing, ends streams, finishes requests ─► intake finishes ─► delivery finishes ─► mail
//!         ─► retention, networks ─► store closed
//! ```
//!
//! Promise: what is taken down first feeds what is taken down later, so nothing accepted is cut off; all of
//! it together takes little longer than the grace. A service that ends unasked ends the process.
//! Not here: the settings (`config.rs`), what each service does.

use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use beckon_delivery::mail;
use beckon_delivery::options::DISABLE_AFTER_MAX;
use beckon_domain::ambient::Ambient;
use beckon_domain::email::FreeMail;
use beckon_intake::{Publisher, network, retention};
use beckon_server::{App, AppParts};
use beckon_store::{ConfigCache, SharedStore, Vault};
use beckon_store_sqlite::{OpenError, SqliteStore};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

use crate::commands::serve::without_end_slash;
use crate::config::Config;
use crate::encryption_key::{self, Provided};
use crate::first_start::{self, GivenKeys, Made, OwnerLink};
use crate::{listener, portal};

/// How long after the grace the services have to record what they cut off.
const RECORD_ALLOWANCE: Duration = Duration::from_secs(3);
/// Largest share of the timeout that opening a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How much longer an API request may take than a delivery, for a test delivery is waited for.
const REQUEST_ALLOWANCE: Duration = Duration::from_secs(45);

/// A running Beckon.
pub(crate) struct Running {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// What was made because it was missing.
    pub(crate) first: FirstStart,
    /// The file with the encryption key, if it was made just now.
    pub(crate) made_key_file: Option<PathBuf>,
    store: Arc<SqliteStore>,
    http: Stage,
    intake: Stage,
    delivery: Stage,
    mail: Option<Stage>,
    retention: Stage,
    networks: Option<Stage>,
    ended: CancellationToken,
    grace: Duration,
}

/// What only this start knows.
pub(crate) struct FirstStart {
    /// The keys that were made.
    pub(crate) made: Made,
    /// The links that make the first accounts.
    pub(crate) owner_links: Vec<OwnerLink>,
}

/// A service's task, and the way to end it.
struct Stage {
    name: &'static str,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

/// Opens everything and starts it.
pub(crate) async fn start(config: &Config, ambient: Ambient) -> anyhow::Result<Running> {
    let portal = portal_options(config).await?;
    let (networks, networks_handle) = open_networks(config).await?;
    let socket = listener::bind(config.listen).await?;
    let address = socket.local_addr().context("the listener has no address")?;
    let Provided { key, file, made: key_was_made } = provide_key(config, &ambient).await?;
    let sqlite = open_store(config, key.vault(&ambient), &ambient).await?;
    let given = GivenKeys { api_key: config.api_key.as_ref(), write_key: config.write_key.as_ref() };
    let made = first_start::prepare(&*sqlite, given, &ambient).await.context("the workspace could not be prepared")?;
    let owner_links = first_start::invite_owners(&*sqlite, &ambient).await.context("the owner could not be invited")?;

    let store: SharedStore = sqlite.clone();
    let cache = Arc::new(ConfigCache::new(store.clone()));
    let (intake, intake_handle) =
        beckon_intake::Service::new(store.clone(), cache.clone(), ambient.clone(), intake_options(config));
    let (delivery, delivery_handle) =
        beckon_delivery::Service::new(store.clone(), cache.clone(), ambient.clone(), delivery_options(config))?;
    let mail = mail_service(config, &sqlite, &cache, &ambient, &delivery_handle)?;
    let retention =
        retention::Service::new(store.clone(), cache.clone(), ambient.clone(), retention::Options::default());
    let publisher = Publisher::new(store.clone(), cache.clone(), ambient.clone(), intake_options(config));
    // Streams to open pages never end by themselves: they end when HTTP is asked to, so that it can.
    let http_stop = CancellationToken::new();
    let router = beckon_server::router(App::new(AppParts {
        store,
        config: cache,
        intake: intake_handle,
        clients: beckon_intake::Clients::new(networks_handle, config.detect_bots),
        publisher: Arc::new(publisher),
        delivery: delivery_handle,
        ambient,
        options: server_options(config, portal),
        link_key: key.link_key(),
        stop: http_stop.clone(),
    }));

    let ended = CancellationToken::new();
    let grace = config.shutdown_grace;
    Ok(Running {
        address,
        first: FirstStart { made, owner_links },
        made_key_file: file.filter(|_| key_was_made),
        store: sqlite,
        networks: networks.map(|networks| Stage::begin("networks", &ended, |stop| networks.run(stop))),
        retention: Stage::begin("retention", &ended, |stop| retention.run(stop)),
        mail: mail.map(|mail| Stage::begin("mail", &ended, |stop| mail.run(stop))),
        delivery: Stage::begin("delivery", &ended, |stop| delivery.run(stop)),
        intake: Stage::begin("intake", &ended, |stop| intake.run(stop)),
        http: Stage::begin_with("http", http_stop, &ended, |stop| listener::serve(socket, router, stop, grace)),
        ended,
        grace,
    })
}

impl Running {
    /// Waits until a service ends that nobody asked to end.
    pub(crate) async fn ended(&self) {
        self.ended.cancelled().await;
    }

    /// Takes everything down in order. An error says which service had died.
    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        let deadline = Instant::now() + self.grace + RECORD_ALLOWANCE;
        let stages = [self.http, self.intake, self.delivery]
            .into_iter()
            .chain(self.mail)
            .chain([self.retention])
            .chain(self.networks);
        let stages: Vec<_> = stages.collect();
        // Only before the first is asked to end: a service may well end because the one in front has ended.
        let mut died: Vec<_> = stages.iter().filter(|stage| stage.task.is_finished()).map(|stage| stage.name).collect();
        for stage in stages {
            let name = stage.name;
            if !stage.end(deadline).await && !died.contains(&name) {
                died.push(name);
            }
        }
        self.store.close().await;
        anyhow::ensure!(died.is_empty(), "the service {} died: see the log lines above", died.join(", "));
        Ok(())
    }
}

impl Stage {
    fn begin<F>(name: &'static str, ended: &CancellationToken, run: impl FnOnce(CancellationToken) -> F) -> Stage
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Stage::begin_with(name, CancellationToken::new(), ended, run)
    }

    /// The same with a request to stop that others hear as well.
    fn begin_with<F>(
        name: &'static str,
        stop: CancellationToken,
        ended: &CancellationToken,
        run: impl FnOnce(CancellationToken) -> F,
    ) -> Stage
    where
        F: Future<Output = ()> + Send + 'static,
    {
        // Also when the task panics, for the guard lives in it.
        let ended = ended.clone().drop_guard();
        let service = run(stop.clone());
        let task = tokio::spawn(async move {
            let _ended = ended;
            service.await;
        });
        Stage { name, stop, task }
    }

    /// Asks the service to end, waits for it until `deadline`, and says whether it ended without a panic.
    async fn end(mut self, deadline: Instant) -> bool {
        self.stop.cancel();
        match timeout_at(deadline, &mut self.task).await {
            Ok(ended) => ended.is_ok(),
            Err(_late) => {
                tracing::warn!("{} was cut off: the grace is over; the next start makes up what it left", self.name);
                self.task.abort();
                true
            }
        }
    }
}

/// Reads what the portal looks like before anything is begun: a file that is wrong is told at once.
async fn portal_options(config: &Config) -> anyhow::Result<beckon_server::PortalOptions> {
    let config = config.clone();
    tokio::task::spawn_blocking(move || portal::options(&config)).await?
}

pub(crate) async fn provide_key(config: &Config, ambient: &Ambient) -> anyhow::Result<Provided> {
    let (config, ambient) = (config.clone(), ambient.clone());
    tokio::task::spawn_blocking(move || encryption_key::provide(&config, &ambient)).await?
}

pub(crate) async fn open_store(config: &Config, vault: Vault, ambient: &Ambient) -> anyhow::Result<Arc<SqliteStore>> {
    let options = beckon_store_sqlite::Options::new(config.database_dir(), vault);
    let ambient = ambient.clone();
    let opened = tokio::task::spawn_blocking(move || SqliteStore::open(options, ambient)).await?;
    opened.map_err(|error| match error {
        OpenError::File { .. } => {
            let advice = "choose a directory that this user can write to with --data-dir";
            anyhow::anyhow!("{:#}\n  {advice}", anyhow::Error::new(error))
        }
        error => error.into(),
    })
}

/// Reads the files of networks before anything is begun, and gives the service that takes them in when they change, if
/// there are any.
async fn open_networks(config: &Config) -> anyhow::Result<(Option<network::Service>, network::Networks)> {
    let options = network::Options {
        mmdb: config.company_mmdb.0.clone(),
        table: config.company_networks.as_ref().map(|file| file.0.clone()),
        free_mail: free_mail(config),
    };
    if options.is_empty() {
        return Ok((None, network::Networks::default()));
    }
    let (service, networks) = tokio::task::spawn_blocking(move || network::Service::open(options)).await??;
    Ok((Some(service), networks))
}

fn free_mail(config: &Config) -> FreeMail {
    FreeMail::with(config.free_mail_domains.0.iter().cloned())
}

/// The service that tells of troubles by mail, if there is a server to take them.
fn mail_service(
    config: &Config,
    store: &Arc<SqliteStore>,
    cache: &Arc<ConfigCache>,
    ambient: &Ambient,
    delivery: &beckon_delivery::Handle,
) -> anyhow::Result<Option<mail::Service>> {
    let Some(options) = mail_options(config) else { return Ok(None) };
    Ok(Some(mail::Service::new(store.clone(), cache.clone(), ambient.clone(), options, delivery.noticed())?))
}

fn mail_options(config: &Config) -> Option<mail::Options> {
    let (server, from) = config.smtp_url.clone().zip(config.mail_from.clone())?;
    Some(mail::Options { server, from, to: config.mail_to.clone(), public_url: config.public_url.clone() })
}

fn intake_options(config: &Config) -> beckon_intake::Options {
    beckon_intake::Options {
        payload_bytes_max: config.payload_bytes_max.0,
        free_mail: free_mail(config),
        ..Default::default()
    }
}

fn delivery_options(config: &Config) -> beckon_delivery::Options {
    beckon_delivery::Options {
        timeout: config.timeout,
        connect_timeout: CONNECT_TIMEOUT.min(config.timeout),
        retry_schedule: config.retry_schedule.clone(),
        allow_nets: config.allow_nets.clone(),
        https_only: config.https_only,
        proxy: config.proxy.clone(),
        proxy_resolves_names: config.proxy_resolves_names,
        // Within the bounds of the setting.
        disable_after: config.disable_after.try_into().unwrap_or(DISABLE_AFTER_MAX),
        mail_notices: config.smtp_url.is_some(),
        shutdown_grace: config.shutdown_grace,
        ..Default::default()
    }
}

fn server_options(config: &Config, portal: beckon_server::PortalOptions) -> beckon_server::Options {
    beckon_server::Options {
        body_bytes_max: config.body_bytes_max.0,
        https_only: config.https_only,
        request_timeout: config.timeout + REQUEST_ALLOWANCE,
        secure_cookies: config.public_url.as_ref().is_some_and(|url| url.scheme() == "https"),
        public_url: config.public_url.as_ref().map(without_end_slash),
        portal: Arc::new(portal),
        sends_mail: config.smtp_url.is_some(),
        trusted_proxies: config.trusted_proxies.clone(),
        ..Default::default()
    }
}
