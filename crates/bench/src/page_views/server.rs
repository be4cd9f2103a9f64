//! The server being measured, with its segments already there.

use std::process::Stdio;

use anyhow::Context;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use beckon_domain::id::{SegmentId, WorkspaceId};
use beckon_domain::key::Workspace;
use beckon_store::{KeyStore, SegmentStore, Vault};
use beckon_store_sqlite::SqliteStore;
use beckon_testkit::real_ambient;
use futures_util::future::try_join_all;
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper_util::rt::TokioIo;
use serde_json::json;
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::{Duration, sleep};

use super::rules;
use crate::bench::Bench;

/// The write key of the workspace.
pub(super) const WRITE_KEY: &str = "wk_bench_0123456789abcdef";
const API_KEY: &str = "bk_bench_0123456789abcdef";
/// Seals what the server keeps; of no secret here.
const ENCRYPTION_KEY: [u8; 32] = [7; 32];
/// Clock ticks a second in /proc (`getconf CLK_TCK`; 100 on every Linux in use).
const TICKS_PER_SECOND: f64 = 100.0;

/// A running server; dropping it ends it.
pub(super) struct Server {
    _child: Child,
    _data: TempDir,
    pub(super) address: String,
    process: u32,
    /// Its segments, by what they were made from.
    pub(super) segments: Vec<SegmentId>,
}

impl Server {
    /// Starts a server with so many segments and one webhook that takes all their events.
    pub(super) async fn start(bench: &Bench, segments: usize, receiver: &str) -> anyhow::Result<Server> {
        let data = tempfile::tempdir_in(&bench.scratch).context("a data directory")?;
        // Through the store, because the API checks each segment against all others.
        let segments = set_up(&data, segments).await?;
        let binary = &bench.program;
        let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let address = format!("127.0.0.1:{port}");
        let child = Command::new(binary)
            .args(["serve", "--listen", &address, "--data-dir"])
            .arg(data.path())
            .env("BECKON_API_KEY", API_KEY)
            .env("BECKON_WRITE_KEY", WRITE_KEY)
            .env("BECKON_ENCRYPTION_KEY", STANDARD.encode(ENCRYPTION_KEY))
            .env("BECKON_ALLOW_NETS", "127.0.0.0/8")
            .env("BECKON_LOG_LEVEL", "warn")
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("starting {}", binary.display()))?;
        let process = child.id().context("the server's process id")?;
        let server = Server { _child: child, _data: data, address, process, segments };
        while TcpStream::connect(&server.address).await.is_err() {
            sleep(Duration::from_millis(10)).await;
        }
        server.add_webhook(receiver).await?;
        Ok(server)
    }

    async fn add_webhook(&self, receiver: &str) -> anyhow::Result<()> {
        let stream = TcpStream::connect(&self.address).await?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        let webhook = json!({ "url": format!("http://{receiver}/"), "event_types": ["contact.visited"] });
        let request = Request::post("/api/v1/webhooks")
            .header("host", &self.address)
            .header("authorization", format!("Bearer {API_KEY}"))
            .header("content-type", "application/json")
            .body(Full::<hyper::body::Bytes>::from(webhook.to_string()))?;
        let response = sender.send_request(request).await?;
        let status = response.status();
        let answer = response.into_body().collect().await?.to_bytes();
        anyhow::ensure!(status.is_success(), "making a webhook: {status}: {}", String::from_utf8_lossy(&answer));
        Ok(())
    }

    /// CPU time used so far, user and system, in microseconds.
    pub(super) fn cpu_us(&self) -> anyhow::Result<f64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.process))?;
        // The name in parentheses may hold spaces; utime and stime are the 12th and 13th fields behind it.
        let (_, fields) = stat.rsplit_once(')').context("/proc/*/stat")?;
        let ticks = |n: usize| fields.split_whitespace().nth(n).and_then(|field| field.parse::<f64>().ok());
        let total = ticks(11).zip(ticks(12)).map(|(user, system)| user + system).context("/proc/*/stat")?;
        Ok(total / TICKS_PER_SECOND * 1e6)
    }

    /// Peak resident memory, in MiB.
    pub(super) fn rss_mib(&self) -> anyhow::Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("VmHWM")?;
        let kib: f64 = line.split_whitespace().next().context("a number")?.parse()?;
        Ok(kib / 1024.0)
    }
}

async fn set_up(data: &TempDir, segments: usize) -> anyhow::Result<Vec<SegmentId>> {
    let ambient = real_ambient();
    let vault = Vault::new(&ENCRYPTION_KEY, ambient.clone());
    let store = SqliteStore::open(beckon_store_sqlite::Options::new(data.path(), vault), ambient.clone())?;
    let (id, now): (WorkspaceId, _) = (ambient.new_id(), ambient.now());
    store.create_workspace(&Workspace { id, name: "Bench".to_owned(), created_at: now }).await?;
    let segments = (0..segments).map(|n| rules::segment(n, now)).collect::<anyhow::Result<Vec<_>>>()?;
    let made = try_join_all(segments.iter().map(|segment| store.create_segment(id, segment))).await?;
    store.close().await;
    Ok(made.into_iter().map(|segment| segment.id).collect())
}
