//! The server being measured.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Stdio;

use anyhow::Context;
use hyper::Method;
use serde_json::{Value, json};
use tempfile::NamedTempFile;
use tokio::process::{Child, Command};
use tokio::time::{Duration, Instant, sleep, timeout};

use crate::data::Data;
use crate::fsyncs::Tracer;
use crate::post::Connection;
use crate::process::Process;

/// Opens the API.
pub(crate) const API_KEY: &str = "bk_bench_0123456789abcdef";
/// The header value that opens the API.
pub(crate) const AUTHORIZATION: &str = "Bearer bk_bench_0123456789abcdef";
/// What [`set_up`] sets up, and the load publishes.
pub(crate) const EVENT_TYPE: &str = "bench.ran";
/// How the names of the variables begin that the server reads.
const SETTINGS: &str = "BECKON_";
/// How long a server may take to start or to stop.
const PATIENCE: Duration = Duration::from_secs(120);
/// How often it is asked whether it is ready.
const READY_EVERY: Duration = Duration::from_millis(1);
/// How much of its log is shown when something went wrong, in lines.
const LOG_LINES_SHOWN: usize = 20;

/// A running server; dropping it kills it.
pub(crate) struct Server {
    child: Child,
    log: NamedTempFile,
    said: NamedTempFile,
    /// Host and port.
    pub(crate) address: String,
    pub(crate) process: Process,
    /// From the start of the process until `/readyz` answered 200.
    pub(crate) ready_in: Duration,
}

impl Server {
    /// Starts one and waits until it is ready.
    pub(crate) async fn start(program: &Path, data: &Data) -> anyhow::Result<Server> {
        Server::run(Command::new(program), program, data, &[]).await
    }

    /// The same, with more variables in its environment.
    pub(crate) async fn start_with(program: &Path, data: &Data, more: &[(&str, &str)]) -> anyhow::Result<Server> {
        Server::run(Command::new(program), program, data, more).await
    }

    /// The same as [`Server::start`], with its flushes noted.
    pub(crate) async fn start_traced(program: &Path, data: &Data, tracer: &Tracer) -> anyhow::Result<Server> {
        Server::run(tracer.command(program), program, data, &[]).await
    }

    async fn run(mut command: Command, program: &Path, data: &Data, more: &[(&str, &str)]) -> anyhow::Result<Server> {
        let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let address = format!("127.0.0.1:{port}");
        let log = NamedTempFile::new().context("making a log file")?;
        let said = NamedTempFile::new().context("making a file for what it prints")?;
        // Neither this environment nor a beckon.toml of this directory says how it is measured.
        for (name, _) in std::env::vars_os().filter(|(name, _)| is_setting(name)) {
            command.env_remove(name);
        }
        let begun = Instant::now();
        let child = command
            .current_dir(data.path())
            .args(["serve", "--listen", &address, "--data-dir"])
            .arg(data.path())
            .env("BECKON_API_KEY", API_KEY)
            .env("BECKON_ALLOW_NETS", "127.0.0.0/8")
            .env("BECKON_LOG_LEVEL", "warn")
            .envs(more.iter().copied())
            .stdin(Stdio::null())
            .stdout(said.reopen()?)
            .stderr(log.reopen()?)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("starting {}", program.display()))?;
        let process = Process(child.id().context("the server's process id")?);
        let mut server = Server { child, log, said, address, process, ready_in: Duration::ZERO };
        while !server.is_ready().await {
            anyhow::ensure!(server.child.try_wait()?.is_none(), "the server ended: {}", server.last_words());
            anyhow::ensure!(begun.elapsed() < PATIENCE, "not ready after {PATIENCE:?}: {}", server.last_words());
            sleep(READY_EVERY).await;
        }
        server.ready_in = begun.elapsed();
        Ok(server)
    }

    async fn is_ready(&self) -> bool {
        let Ok(mut connection) = self.connect().await else { return false };
        let answer = connection.send(Method::GET, "/readyz", &[], "").await;
        answer.is_ok_and(|(status, _)| status.is_success())
    }

    /// Stops it as an operator does, and waits until it has written everything.
    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        let pid = rustix::process::Pid::from_raw(self.process.0.try_into()?).context("the server's process id")?;
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).context("stopping the server")?;
        let status = timeout(PATIENCE, self.child.wait()).await;
        let status = status.ok().with_context(|| format!("not stopped after {PATIENCE:?}"))??;
        anyhow::ensure!(status.success(), "the server ended with {status}: {}", self.last_words());
        Ok(())
    }

    /// The end of its log.
    fn last_words(&self) -> String {
        tail(self.log.path())
    }

    /// What it printed when it started.
    pub(crate) fn printed(&self) -> anyhow::Result<String> {
        std::fs::read_to_string(self.said.path()).context("what the server printed")
    }

    /// Opens a connection for [`call`] and [`get`].
    pub(crate) async fn connect(&self) -> anyhow::Result<Connection> {
        Connection::open(&self.address).await
    }
}

/// Whether a variable of the environment is one of the server's settings.
fn is_setting(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(SETTINGS.as_bytes())
}

fn tail(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(LOG_LINES_SHOWN)..].join("\n")
}

/// A webhook to set up.
pub(crate) struct Taker {
    pub(crate) url: String,
    /// Seconds between attempts, if not the installation's.
    pub(crate) retry_schedule: Option<&'static [u32]>,
}

/// Sets up an event type, and webhooks that take its events; their ids.
pub(crate) async fn set_up(server: &Server, takers: &[Taker]) -> anyhow::Result<Vec<String>> {
    let mut connection = server.connect().await?;
    let known = get(&mut connection, &format!("/api/v1/event-types/{EVENT_TYPE}")).await.is_ok();
    if !known {
        call(&mut connection, "/api/v1/event-types", &json!({ "name": EVENT_TYPE, "description": "Measures." }))
            .await?;
    }
    let mut ids = Vec::with_capacity(takers.len());
    for Taker { url, retry_schedule } in takers {
        let webhook = json!({ "url": url, "event_types": [EVENT_TYPE], "retry_schedule": retry_schedule });
        let made = call(&mut connection, "/api/v1/webhooks", &webhook).await?;
        ids.push(made["id"].as_str().context("the id of a webhook")?.to_owned());
    }
    Ok(ids)
}

/// POSTs JSON to the API; anything but 2xx is an error.
pub(crate) async fn call(connection: &mut Connection, path: &str, body: &Value) -> anyhow::Result<Value> {
    ask(connection, Method::POST, path, body.to_string()).await
}

/// Reads from the API; anything but 2xx is an error.
pub(crate) async fn get(connection: &mut Connection, path: &str) -> anyhow::Result<Value> {
    ask(connection, Method::GET, path, String::new()).await
}

/// Deletes by the API; anything but 2xx is an error.
pub(crate) async fn delete(connection: &mut Connection, path: &str) -> anyhow::Result<()> {
    ask(connection, Method::DELETE, path, String::new()).await.map(drop)
}

async fn ask(connection: &mut Connection, method: Method, path: &str, body: String) -> anyhow::Result<Value> {
    let headers = [("authorization", AUTHORIZATION), ("content-type", "application/json")];
    let (status, answer) = connection.send(method.clone(), path, &headers, body).await?;
    anyhow::ensure!(status.is_success(), "{method} {path}: {status}: {}", String::from_utf8_lossy(&answer));
    if answer.is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_slice(&answer).with_context(|| format!("the answer to {method} {path}"))
}
