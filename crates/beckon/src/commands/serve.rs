//! `beckon serve`: runs until it is asked to stop.

use std::fmt::Write as _;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use beckon_store_sqlite::DATABASE_FILE;
use tokio::signal::unix::{SignalKind, signal};
use url::Url;

use crate::config::Config;
use crate::config::flags::ServeFlags;
use crate::config::source::Sources;
use crate::first_start::{Made, OwnerLink};
use crate::wiring::FirstStart;
use crate::{ambient, telemetry, wiring};

/// Serves. Answers with success after SIGTERM or SIGINT.
pub(crate) async fn run(flags: &ServeFlags) -> anyhow::Result<ExitCode> {
    let (config, _) = Config::read(&Sources::of_process(flags))?;
    telemetry::init(config.log_format, &config.log_level);
    // Before anything else, so that a request to stop is heard from the first moment on.
    let mut asked = StopRequest::listen()?;
    let running = wiring::start(&config, ambient::real()?).await?;
    if let Err(error) =
        super::print(&greeting(&config, running.address, &running.first, running.made_key_file.as_deref()))
    {
        tracing::warn!("nobody reads the greeting, and with it keys and links that were made just now: {error:#}");
    }
    tracing::info!(address = %running.address, "listening");
    tokio::select! {
        name = asked.heard() => tracing::info!("{name}: stopping"),
        () = running.ended() => tracing::error!("a service ended unexpectedly: stopping"),
    }
    tokio::select! {
        stopped = running.stop() => stopped?,
        () = asked.insisted() => anyhow::bail!("SIGINT while stopping: stopped at once"),
    }
    tracing::info!("stopped");
    Ok(ExitCode::SUCCESS)
}

/// The ways in which a process is asked to stop.
pub(crate) struct StopRequest {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

impl StopRequest {
    /// Takes the signals over from the system's default, which is to end at once.
    pub(crate) fn listen() -> anyhow::Result<StopRequest> {
        let terminate = signal(SignalKind::terminate()).context("SIGTERM cannot be heard")?;
        let interrupt = signal(SignalKind::interrupt()).context("SIGINT cannot be heard")?;
        Ok(StopRequest { terminate, interrupt })
    }

    /// Waits for somebody who has no patience: SIGINT. A repeated SIGTERM is none, because supervisors repeat
    /// it where people would wait.
    async fn insisted(&mut self) {
        self.interrupt.recv().await;
    }

    /// Waits for a request to stop, and names it.
    pub(crate) async fn heard(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}

/// The URL under which this machine reaches what listens on `address`.
pub(crate) fn local_url(address: SocketAddr) -> String {
    let mut reachable = address;
    if address.ip().is_unspecified() {
        reachable.set_ip(if address.is_ipv4() { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() });
    }
    format!("http://{reachable}")
}

/// Where people reach the pages of what listens on `address`; without a slash at the end.
pub(crate) fn pages_url(config: &Config, address: SocketAddr) -> String {
    config.public_url.as_ref().map_or_else(|| local_url(address), without_end_slash)
}

/// An address that paths can be put behind.
pub(crate) fn without_end_slash(url: &Url) -> String {
    url.as_str().trim_end_matches('/').to_owned()
}

/// What people see first. Keys are in it only if they were made just now.
fn greeting(config: &Config, address: SocketAddr, first: &FirstStart, made_key_file: Option<&Path>) -> String {
    let FirstStart { made, owner_links } = first;
    let url = local_url(address);
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = writeln!(text, "Beckon {} is at {url}, its API explained at {url}/api/docs", env!("CARGO_PKG_VERSION"));
    let _ = writeln!(text, "Data is in {}", config.database_dir().join(DATABASE_FILE).display());
    if let Some(file) = made_key_file {
        let _ = writeln!(text, "Its secrets are sealed with a key that was made just now: {}", file.display());
        let _ = writeln!(text, "Keep a copy of that file apart from the data: without it nobody can read them again.");
    }
    text.push_str(&invitations(&pages_url(config, address), owner_links));
    if *made == Made::default() {
        return text;
    }
    if made.workspace {
        let _ = writeln!(text, "\nThis is the first start: the workspace \"Default\" was made.");
    }
    if made.api_key.is_some() || made.write_key.is_some() {
        let _ = writeln!(text, "Keep these keys: they are shown only this once.");
    }
    let key_line = |what: &str, made: &Option<String>, variable: &str, use_of_it: &str| match made {
        Some(key) => format!("  {what}  {key}  {use_of_it}\n"),
        None => format!("  {what}  as given in {variable}  {use_of_it}\n"),
    };
    text.push_str(&key_line("API key  ", &made.api_key, "the configuration", "(manages everything: keep it secret)"));
    text.push_str(&key_line(
        "write key",
        &made.write_key,
        "the configuration",
        "(for your website: it can only add signals)",
    ));
    let shown = |made: &Option<String>, variable: &str| made.clone().unwrap_or_else(|| format!("${variable}"));
    let api_key = shown(&made.api_key, "BECKON_API_KEY");
    let write_key = shown(&made.write_key, "BECKON_WRITE_KEY");
    let _ = writeln!(text, "\nTry it:");
    let _ = writeln!(text, "  curl -H \"Authorization: Bearer {api_key}\" {url}/api/v1/event-types");
    let _ = writeln!(
        text,
        "  curl -u \"{write_key}:\" -H 'content-type: application/json' {url}/v1/identify \\\n       \
         -d '{{\"anonymousId\": \"a-1\", \"userId\": \"u-1\", \"traits\": {{\"email\": \"jane.doe@example.com\"}}}}'"
    );
    text
}

/// How the first person of a workspace comes in.
fn invitations(url: &str, owner_links: &[OwnerLink]) -> String {
    let mut text = String::new();
    for OwnerLink { workspace, path } in owner_links {
        // Writing to a String cannot fail.
        let _ =
            writeln!(text, "\nNobody has an account in the workspace {workspace:?} yet. Make the owner's account at");
        let _ = writeln!(text, "  {url}{path}");
        let _ = writeln!(text, "The link works once, for three days, until the next start makes another.");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(made: Made) -> FirstStart {
        FirstStart { made, owner_links: vec![] }
    }

    #[test]
    fn as_long_as_nobody_has_an_account_the_start_shows_how_to_make_one() {
        let owner_links = vec![OwnerLink { workspace: "Default".to_owned(), path: "/welcome/abc".to_owned() }];
        let start = FirstStart { made: Made::default(), owner_links };
        let text = greeting(&Config::default(), address(), &start, None);
        assert!(text.contains("\n  http://127.0.0.1:8420/welcome/abc\n"), "{text}");
        let config = Config { public_url: Some("https://example.com/beckon/".parse().unwrap()), ..Config::default() };
        let text = greeting(&config, address(), &start, None);
        assert!(text.contains("\n  https://example.com/beckon/welcome/abc\n"), "{text}");
    }

    fn address() -> SocketAddr {
        SocketAddr::from(([0, 0, 0, 0], 8420))
    }

    #[test]
    fn the_first_start_shows_its_keys_and_a_line_to_try() {
        let made = Made { workspace: true, api_key: Some("bk_1".to_owned()), write_key: Some("bw_1".to_owned()) };
        let text = greeting(&Config::default(), address(), &first(made), None);
        assert!(text.contains("API key    bk_1 ") && text.contains("write key  bw_1 "), "{text}");
        assert!(text.contains("Bearer bk_1\" http://127.0.0.1:8420/api/v1/"), "{text}");
    }

    #[test]
    fn a_later_start_shows_no_key() {
        let text = greeting(&Config::default(), address(), &first(Made::default()), None);
        assert!(!text.contains("key"), "{text}");
        assert!(text.contains("./beckon-data/beckon.db"), "{text}");
    }

    #[test]
    fn a_key_that_was_given_is_not_repeated() {
        let made = Made { workspace: true, api_key: None, write_key: Some("bw_1".to_owned()) };
        let text = greeting(&Config::default(), address(), &first(made), None);
        assert!(text.contains("Bearer $BECKON_API_KEY"), "{text}");
    }
}
