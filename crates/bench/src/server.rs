//! The server being measured, and what a process used.

use std::process::Stdio;

use anyhow::Context;
use hyper::Method;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::{Child, Command};
use tokio::time::{Duration, sleep};

use crate::post::Connection;

const API_KEY: &str = "bk_bench_0123456789abcdef";
const AUTHORIZATION: &str = "Bearer bk_bench_0123456789abcdef";
/// Clock ticks a second in /proc (`getconf CLK_TCK`; 100 on every Linux in use).
const TICKS_PER_SECOND: f64 = 100.0;

/// A running server with fresh data; dropping it ends it.
pub(crate) struct Server {
    _child: Child,
    _data: TempDir,
    pub(crate) address: String,
    pub(crate) process: Process,
}

impl Server {
    pub(crate) async fn start() -> anyhow::Result<Server> {
        let binary = std::env::current_exe()?.with_file_name("beckon");
        let data = tempfile::tempdir().context("a data directory")?;
        let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let address = format!("127.0.0.1:{port}");
        let child = Command::new(&binary)
            .args(["serve", "--listen", &address, "--data-dir"])
            .arg(data.path())
            .env("BECKON_API_KEY", API_KEY)
            .env("BECKON_ALLOW_NETS", "127.0.0.0/8")
            .env("BECKON_LOG_LEVEL", "warn")
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("starting {}", binary.display()))?;
        let process = Process(child.id().context("the server's process id")?.to_string());
        let server = Server { _child: child, _data: data, address, process };
        while Connection::open(&server.address).await.is_err() {
            sleep(Duration::from_millis(10)).await;
        }
        Ok(server)
    }

    /// Opens a connection for [`call`].
    pub(crate) async fn connect(&self) -> anyhow::Result<Connection> {
        Connection::open(&self.address).await
    }

    /// Sets up an event type and some webhooks on the receiver, one per path.
    pub(crate) async fn set_up(&self, receiver: &str, webhooks: u64) -> anyhow::Result<()> {
        let mut connection = self.connect().await?;
        call(&mut connection, "/api/v1/event-types", &json!({ "name": "bench.ran", "description": "Measures." }))
            .await?;
        for n in 0..webhooks {
            let url = format!("http://{receiver}/{n}");
            call(&mut connection, "/api/v1/webhooks", &json!({ "url": url, "event_types": ["bench.ran"] })).await?;
        }
        Ok(())
    }
}

/// POSTs JSON to the API; anything but 2xx is an error.
pub(crate) async fn call(connection: &mut Connection, path: &str, body: &Value) -> anyhow::Result<()> {
    let headers = [("authorization", AUTHORIZATION), ("content-type", "application/json")];
    let (status, answer) = connection.send(Method::POST, path, &headers, body.to_string()).await?;
    anyhow::ensure!(status.is_success(), "POST {path}: {status}: {}", String::from_utf8_lossy(&answer));
    Ok(())
}

/// A process, by its number in /proc.
pub(crate) struct Process(String);

impl Process {
    pub(crate) fn of_this() -> Process {
        Process("self".to_owned())
    }

    /// CPU time used so far, user and system, in microseconds.
    pub(crate) fn cpu_us(&self) -> anyhow::Result<f64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.0))?;
        // The name in parentheses may hold spaces; utime and stime are the 12th and 13th fields behind it.
        let (_, fields) = stat.rsplit_once(')').context("/proc/*/stat")?;
        let ticks = |n: usize| fields.split_whitespace().nth(n).and_then(|field| field.parse::<f64>().ok());
        let total = ticks(11).zip(ticks(12)).map(|(user, system)| user + system).context("/proc/*/stat")?;
        Ok(total / TICKS_PER_SECOND * 1e6)
    }

    /// Peak resident memory, in MiB.
    pub(crate) fn rss_mib(&self) -> anyhow::Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("VmHWM")?;
        let kib: f64 = line.split_whitespace().next().context("a number")?.parse()?;
        Ok(kib / 1024.0)
    }
}
