//! The workspace that is measured: its segments, its webhook, and the server that has it.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use beckon_domain::id::{SegmentId, WorkspaceId};
use beckon_domain::key::Workspace;
use beckon_store::{KeyStore, SegmentStore, Vault};
use beckon_store_sqlite::SqliteStore;
use beckon_testkit::real_ambient;
use futures_util::future::try_join_all;
use serde_json::json;

use super::rules;
use crate::bench::Bench;
use crate::data::Data;
use crate::server::{Server, call};

/// The write key of the workspace.
pub(super) const WRITE_KEY: &str = "wk_bench_0123456789abcdef";
/// Seals what the server keeps; of no secret here.
const ENCRYPTION_KEY: [u8; 32] = [7; 32];

/// Starts a server on it.
pub(super) async fn start(bench: &Bench, data: &Data) -> anyhow::Result<Server> {
    let key = STANDARD.encode(ENCRYPTION_KEY);
    let more = [("BECKON_WRITE_KEY", WRITE_KEY), ("BECKON_ENCRYPTION_KEY", &key)];
    Server::start_with(&bench.program, data, &more).await
}

/// Adds one webhook that takes all events of the segments.
pub(super) async fn add_webhook(server: &Server, url: &str) -> anyhow::Result<()> {
    let webhook = json!({ "url": url, "event_types": ["contact.visited"] });
    call(&mut server.connect().await?, "/api/v1/webhooks", &webhook).await?;
    Ok(())
}

/// Makes it in a data directory that holds nothing yet: so many segments, by what they were made from. Through the
/// store, because the API checks each segment against all others.
pub(super) async fn set_up(directory: &Path, segments: usize) -> anyhow::Result<Vec<SegmentId>> {
    let ambient = real_ambient();
    let vault = Vault::new(&ENCRYPTION_KEY, ambient.clone());
    let store = SqliteStore::open(beckon_store_sqlite::Options::new(directory, vault), ambient.clone())?;
    let (id, now): (WorkspaceId, _) = (ambient.new_id(), ambient.now());
    store.create_workspace(&Workspace { id, name: "Bench".to_owned(), created_at: now }).await?;
    let segments = (0..segments).map(|n| rules::segment(n, now)).collect::<anyhow::Result<Vec<_>>>()?;
    let made = try_join_all(segments.iter().map(|segment| store.create_segment(id, segment))).await?;
    store.close().await;
    Ok(made.into_iter().map(|segment| segment.id).collect())
}
