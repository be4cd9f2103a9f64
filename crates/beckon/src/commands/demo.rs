//! `beckon demo`: a scene that plays itself, through the real APIs, on a store of its own.
//!
//! Visitors come, some are identified in mid-visit, intent is reported; segments match; events go to three
//! receivers, one of which is unwell at first. The receivers verify every signature with a library that is
//! not ours, and at the end what arrived is compared with what must ([`tally`]).
//! Not here: anything the server does. The demo is a client like any other.

mod account;
mod client;
mod receiver;
mod scene;
mod setup;
mod stream;
mod summary;
mod tally;

use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use serde_json::json;
use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, sleep_until};

use crate::commands::serve::{StopRequest, local_url};
use crate::commands::tell;
use crate::config::Config;
use crate::config::value::{LogFilter, LogFormat};
use crate::wiring::{self, Running};
use crate::{ambient, telemetry};
use account::Account;
use client::Client;
use receiver::Seen;
use stream::{Beat, STREAM, Shown};
use tally::{Sent, Tally};

/// How long after the last signal the last delivery may take.
const SETTLE_MAX: Duration = Duration::from_secs(30);
/// How often deliveries are asked after meanwhile.
const SETTLE_PAUSE: Duration = Duration::from_millis(100);
/// Only the webhooks of the demo are on this machine's loopback.
const LOOPBACK: [&str; 2] = ["127.0.0.0/8", "::1/128"];

/// How to play it.
#[derive(Debug, Args)]
#[command(after_help = "Exit code: 0 every event arrived exactly once, where it should; 1 otherwise.")]
pub(crate) struct Flags {
    /// End after the scene, instead of leaving the server running to look around
    #[arg(long)]
    once: bool,

    /// Where the demo's server listens; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    listen: SocketAddr,

    /// Keep the demo's data in this directory, which must not hold any yet [default: a temporary one]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

/// Plays the scene.
pub(crate) async fn run(flags: Flags) -> anyhow::Result<ExitCode> {
    let mut asked = StopRequest::listen()?;
    let stage = Stage::open(&flags).await?;
    let played = tokio::select! {
        played = stage.play() => played,
        name = asked.heard() => Err(anyhow::anyhow!("{name}: the demo was cut off")),
    };
    let told = match played {
        Ok(mut audience) => {
            let as_expected = summary::tell(&audience.account, &audience.tally);
            if !flags.once {
                stage.invite();
                tokio::select! {
                    () = audience.watch() => {}
                    _ = asked.heard() => {}
                }
            }
            Ok(as_expected)
        }
        Err(error) => Err(error),
    };
    stage.running.stop().await?;
    Ok(if told? { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A Beckon of the demo's own, and the way to talk to it.
struct Stage {
    running: Running,
    client: Client,
    account: Account,
    url: String,
    api_key: String,
    write_key: String,
    /// Kept for as long as the data is needed.
    _temporary: Option<TempDir>,
}

impl Stage {
    async fn open(flags: &Flags) -> anyhow::Result<Stage> {
        let temporary = match &flags.data_dir {
            Some(_) => None,
            None => {
                Some(tempfile::Builder::new().prefix("beckon-demo-").tempdir().context("no room for temporary data")?)
            }
        };
        let data_dir = match (&flags.data_dir, &temporary) {
            (Some(directory), _) => directory.clone(),
            (None, Some(temporary)) => temporary.path().to_owned(),
            (None, None) => anyhow::bail!("the demo has no data directory"),
        };
        let used = data_dir.join(beckon_store_sqlite::DATABASE_FILE).exists();
        anyhow::ensure!(!used, "{} holds data already: the demo needs a directory of its own", data_dir.display());
        let config = Config { listen: flags.listen, data_dir, allow_nets: loopback()?, ..Config::default() };
        telemetry::init(LogFormat::Text, &LogFilter::errors());
        let running = wiring::start(&config, ambient::real()?).await?;
        let keys = (running.first.made.api_key.clone(), running.first.made.write_key.clone());
        let (Some(api_key), Some(write_key)) = keys else { anyhow::bail!("the first start made no keys") };
        let url = local_url(running.address);
        Ok(Stage {
            client: Client::new(&url, &api_key, &write_key),
            account: Account::new(telemetry::has_colour(std::io::stdout().is_terminal())),
            running,
            url,
            api_key,
            write_key,
            _temporary: temporary,
        })
    }

    /// Plays the scene to an audience, which has seen all there is to see when this returns.
    async fn play(&self) -> anyhow::Result<Audience> {
        let (sender, arrivals) = mpsc::unbounded_channel();
        self.account.headline(&format!("Beckon is at {}. The stage:", self.url));
        setup::set_up(&self.client, &self.account, &sender).await?;
        self.account.headline("The scene: signals as they come in, and below each the events as they arrive");
        let begun = Instant::now();
        let account = self.account.begun_at(begun);
        let sent = Arc::new(Mutex::new(Sent::default()));
        let mut audience = Audience { arrivals, account, tally: Tally::new(scene::SUBSCRIBERS.len(), sent.clone()) };
        let watching = tokio::spawn(async move {
            audience.watch().await;
            audience
        });
        for (number, beat) in STREAM.iter().enumerate() {
            sleep_until(begun + Duration::from_millis(beat.at_ms)).await;
            account.signal(beat, &STREAM[..number]);
            sent.lock().unwrap_or_else(PoisonError::into_inner).note(beat.fires, Instant::now());
            self.send(number, beat).await?;
        }
        self.settle().await?;
        // What the receivers took is in the channel by now, ahead of this.
        sender.send(Seen::End).ok();
        watching.await.context("the account broke off")
    }

    async fn send(&self, number: usize, beat: &Beat) -> anyhow::Result<()> {
        let message_id = format!("demo-{number:02}");
        let answer = match beat.signal {
            Shown::Page { visitor, user_id, path } => {
                let url = format!("https://www.routewise.example{path}");
                let mut page =
                    json!({"messageId": message_id, "anonymousId": visitor, "properties": {"path": path, "url": url}});
                if let Some(user_id) = user_id {
                    page["userId"] = json!(user_id);
                }
                self.client.track("page", &page).await
            }
            Shown::Identify { visitor, email } => {
                let identify = json!({"messageId": message_id, "anonymousId": visitor, "traits": {"email": email}});
                self.client.track("identify", &identify).await
            }
            Shown::Group { visitor, domain } => {
                let group = json!({"messageId": message_id, "anonymousId": visitor, "groupId": domain, "traits": {"domain": domain}});
                self.client.track("group", &group).await
            }
            Shown::Intent { email, topic, score } => {
                let intent = json!({"contact": {"email": email}, "topic": topic, "score": score, "source": "demo"});
                self.client.post("/intent-signals", &intent).await
            }
        }?;
        let refused = answer["rejected"].as_array().is_some_and(|rejected| !rejected.is_empty());
        anyhow::ensure!(!refused, "a signal was refused: {answer}");
        Ok(())
    }

    /// Waits until no delivery is owed any more. From then on nothing can arrive.
    async fn settle(&self) -> anyhow::Result<()> {
        let deadline = Instant::now() + SETTLE_MAX;
        while Instant::now() < deadline {
            let mut open = 0;
            for status in ["pending", "retrying"] {
                let page = self.client.get(&format!("/deliveries?status={status}&limit=1")).await?;
                open += page["data"].as_array().map_or(0, Vec::len);
            }
            if open == 0 {
                return Ok(());
            }
            sleep(SETTLE_PAUSE).await;
        }
        Ok(())
    }

    /// Says where to look around, and how to take part.
    fn invite(&self) {
        let Stage { url, api_key, write_key, .. } = self;
        self.account.headline("Look around; Ctrl-C ends it");
        tell!("  {url}/api/docs explains the API. The API key: {api_key}");
        for path in ["webhooks", "deliveries?status=delivered", "events?type=contact.intent"] {
            tell!("  curl -H 'Authorization: Bearer {api_key}' '{url}/api/v1/{path}'");
        }
        self.account.headline("Be a visitor yourself; what follows shows below");
        let say = |call: &str, body: &str| {
            tell!("  curl -u {write_key}: {url}/v1/{call} -H 'content-type: application/json' -d '{body}'");
        };
        say("page", r#"{"anonymousId": "me", "properties": {"path": "/pricing"}}"#);
        say(
            "identify",
            r#"{"anonymousId": "me", "traits": {"email": "me@mine.example", "title": "Head of Curiosity"}}"#,
        );
        say("page", r#"{"anonymousId": "me", "properties": {"path": "/pricing/teams"}}"#);
        tell!("");
    }
}

/// Sees everything that arrives.
struct Audience {
    arrivals: mpsc::UnboundedReceiver<Seen>,
    account: Account,
    tally: Tally,
}

impl Audience {
    /// Notes and tells what arrives, until the end.
    async fn watch(&mut self) {
        while let Some(Seen::Arrival(arrival)) = self.arrivals.recv().await {
            let noted = self.tally.note(&arrival);
            self.account.arrival(&arrival, noted);
        }
    }
}

fn loopback() -> anyhow::Result<Vec<ipnet::IpNet>> {
    LOOPBACK.iter().map(|net| net.parse().context("loopback is no network")).collect()
}
