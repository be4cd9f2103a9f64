//! Three months of a busy workspace, and a little of another.
//!
//! Ten webhooks, twenty event types, three hundred channels. Of each there are some that are everywhere, some that are
//! rare, and some of which there is nothing but in the beginning. Most is delivered, a quarter of it at the second
//! attempt; some failed, some was canceled; of the newest, some is still to be done.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use beckon_domain::ambient::Ambient;
use beckon_domain::id::{WebhookId, WorkspaceId};
use beckon_domain::key::Workspace;
use beckon_domain::rate::{Period, RateLimit};
use beckon_domain::signing::{KeyMaterial, SigningKey, SigningScheme};
use beckon_domain::webhook::Webhook;
use beckon_store::{ConfigStore, DeliveryStore, EventStore, KeyStore, WebhookStore};
use beckon_store_sqlite::SqliteStore;
use jiff::Timestamp;

use super::census::Census;
use super::made::{Chance, store};
use super::story::{Round, Story, channel, type_name};
use super::{KEY_BASE64, KEY_FILE};

const DAYS: i64 = 90;
const WEBHOOKS: u64 = 10;
/// A step of the story: this many events, and then what came of their deliveries.
const STEP_EVENTS: u64 = 2_000;

/// Fills a directory that holds nothing yet, up to `now`.
pub(crate) async fn seed(directory: &Path, deliveries: u64, now: Timestamp) -> anyhow::Result<()> {
    let end = now.as_millisecond();
    let begin = end - DAYS * 24 * 3_600_000;
    let (store, clock, ambient) = store(directory, begin)?;
    keep_key(directory)?;
    let (main, little) = (workspace(&store, &ambient, "Main").await?, workspace(&store, &ambient, "Little").await?);
    let mut webhooks = Vec::new();
    for n in 0..WEBHOOKS {
        webhooks.push(webhook(&store, &ambient, main, n).await?);
    }
    let theirs = webhook(&store, &ambient, little, 0).await?;
    let mut story = Story { ambient, chance: Chance::new(2), webhooks, main, deliveries, told: 0, end };
    let (mut census, mut step) = (Census::default(), 0);
    while story.told < deliveries {
        let from = begin + part(end - begin, story.told, deliveries);
        let events: Vec<_> = (0..STEP_EVENTS)
            .map_while(|_| {
                let at = begin + part(end - begin, story.told, deliveries);
                clock.set(at);
                (story.told < deliveries).then(|| story.event(at))
            })
            .collect();
        events.iter().for_each(|(event, fates)| census.count(event, fates));
        let made: Vec<_> = events.iter().flat_map(|(event, fates)| story.rounds(event, fates)).collect();
        let routed_at = store.config_version(main);
        store.publish_events(main, routed_at, events.into_iter().map(|(event, _)| event).collect()).await?;
        finish(&store, made).await?;
        if step % 50 == 0 {
            clock.set(from);
            let event = story.event_of(little, type_name(0), vec![channel(0)], from, &[theirs]);
            store.publish_events(little, store.config_version(little), vec![event]).await?;
        }
        step += 1;
    }
    store.close().await;
    census.keep(directory)
}

/// The part of a span that stands at `told` of `all`.
fn part(span: i64, told: u64, all: u64) -> i64 {
    (span as f64 * (told as f64 / all as f64)) as i64
}

fn keep_key(directory: &Path) -> anyhow::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(directory.join(KEY_FILE)).context("the key file")?;
    writeln!(file, "{KEY_BASE64}").context("the key file")
}

async fn workspace(store: &SqliteStore, ambient: &Ambient, name: &str) -> anyhow::Result<WorkspaceId> {
    let workspace = Workspace { id: ambient.new_id(), name: name.to_owned(), created_at: ambient.now() };
    store.create_workspace(&workspace).await?;
    Ok(workspace.id)
}

/// A webhook that cannot be reached. What is new for number 6 waits: it takes one request a minute.
async fn webhook(
    store: &SqliteStore,
    ambient: &Ambient,
    workspace_id: WorkspaceId,
    n: u64,
) -> anyhow::Result<WebhookId> {
    let now = ambient.now();
    let webhook = Webhook {
        id: ambient.new_id(),
        workspace_id,
        description: format!("Webhook {n}"),
        url: "http://127.0.0.1:9/hook".parse()?,
        event_types: (0..20).map(type_name).collect(),
        channels: vec![],
        headers: [("X-Team".to_owned(), "sales".to_owned())].into(),
        enabled: true,
        disabled_reason: None,
        retry_schedule: None,
        rate_limit: (n == 6).then_some(RateLimit { requests: 1, per: Period::Minute }),
        fifo: false,
        ca_certificates: None,
        metadata: Default::default(),
        revision: 1,
        created_at: now,
        updated_at: now,
        deleted_at: None,
        signing_keys: vec![SigningKey::new(KeyMaterial::generate(SigningScheme::HmacSha256, ambient), now)],
        auth: None,
        client_identity: None,
    };
    store.create_webhook(&webhook).await?;
    Ok(webhook.id)
}

/// Records what was done, round by round.
async fn finish(store: &SqliteStore, mut rounds: Vec<Round>) -> anyhow::Result<()> {
    rounds.sort_by_key(|(round, ..)| *round);
    for same in rounds.chunk_by(|a, b| a.0 == b.0) {
        let finished = same.iter().filter_map(|(_, finished, _)| finished.clone().map(Arc::new)).collect();
        for result in store.finish_attempts(finished).await? {
            result?;
        }
        for (workspace, delivery, at) in same.iter().filter_map(|(.., canceled)| *canceled) {
            store.cancel_delivery(workspace, delivery, at).await?;
        }
    }
    Ok(())
}
