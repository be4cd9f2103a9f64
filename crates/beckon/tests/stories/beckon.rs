//! The server under test: the real binary, with its own data directory and a free port.

use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::{NamedTempFile, TempDir};

use crate::http::Http;

pub const API_KEY: &str = "bk_test_0123456789abcdef";
pub const WRITE_KEY: &str = "wk_test_0123456789abcdef";
/// Events published at once.
const BATCH: usize = 100;
/// How long anything that must happen may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running server. Dropping it kills it.
pub struct Beckon {
    child: Child,
    data: TempDir,
    port: u16,
    settings: Vec<(&'static str, String)>,
    /// What it writes to its standard output. Not with its data: it may tell secrets there.
    output: NamedTempFile,
    /// The JSON API, with the API key.
    pub api: Http,
    /// The tracking API, with the write key.
    pub tracking: Http,
}

impl Beckon {
    pub async fn start() -> Beckon {
        Beckon::start_with(&[]).await
    }

    /// Starts a server with further environment settings.
    pub async fn start_with(settings: &[(&'static str, &str)]) -> Beckon {
        Beckon::start_on(TempDir::new().expect("a temporary directory"), settings).await
    }

    /// Starts a server on data that is there already.
    pub async fn start_on(data: TempDir, settings: &[(&'static str, &str)]) -> Beckon {
        let port = free_port();
        let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        let output = NamedTempFile::new().expect("a file for its output");
        let child = spawn(data.path(), port, &settings, &output);
        let base = format!("http://127.0.0.1:{port}");
        let http = Http::new(base);
        // "wk_test_0123456789abcdef:" in base64, the write key as Basic user.
        let basic = "Basic d2tfdGVzdF8wMTIzNDU2Nzg5YWJjZGVmOg==";
        let mut beckon = Beckon {
            child,
            data,
            port,
            settings,
            output,
            api: http.with("authorization", &format!("Bearer {API_KEY}")),
            tracking: http.with("authorization", basic),
        };
        beckon.ready().await;
        beckon
    }

    async fn ready(&mut self) {
        let wait = async {
            loop {
                if let Some(status) = self.child.try_wait().expect("the child's status") {
                    panic!("beckon ended at start: {status}");
                }
                match self.api.try_send(hyper::Method::GET, "/readyz", "").await {
                    Some(answer) if answer.status == 200 => return,
                    _ => tokio::time::sleep(Duration::from_millis(10)).await,
                }
            }
        };
        tokio::time::timeout(PATIENCE, wait).await.expect("beckon becomes ready");
    }

    /// The process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Kills it as a power cut would (SIGKILL).
    pub fn kill(&mut self) {
        self.child.kill().expect("SIGKILL");
        self.child.wait().expect("the end of the child");
    }

    /// Asks it to end (SIGTERM) and waits until it has.
    pub async fn terminate(&mut self) -> ExitStatus {
        self.ask_to_end();
        let wait = async {
            loop {
                if let Some(status) = self.child.try_wait().expect("the child's status") {
                    return status;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(PATIENCE, wait).await.expect("beckon ends")
    }

    /// Sends SIGTERM.
    pub fn ask_to_end(&self) {
        let status = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().expect("kill");
        assert!(status.success());
    }

    /// Starts it again on the same data and port.
    pub async fn start_again(&mut self) {
        self.child = spawn(self.data.path(), self.port, &self.settings, &self.output);
        self.ready().await;
    }

    /// What it has told whoever started it.
    pub fn printed(&self) -> String {
        std::fs::read_to_string(self.output.path()).expect("its output")
    }

    /// The base address.
    pub fn base(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The data directory.
    pub fn data(&self) -> &Path {
        self.data.path()
    }

    /// The most memory it ever held, in bytes.
    pub fn peak_memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("its status");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("its peak");
        let kib: u64 = line.trim().trim_end_matches(" kB").parse().expect("a number of kB");
        kib * 1024
    }

    /// Makes a webhook and gives it back.
    pub async fn webhook(&self, url: &str, event_types: &[&str]) -> Value {
        self.webhook_with(json!({ "url": url, "event_types": event_types })).await
    }

    /// Makes a webhook of that body.
    pub async fn webhook_with(&self, body: Value) -> Value {
        self.api.post("/api/v1/webhooks", body).await.expect(201).json()
    }

    /// Makes an event type that takes any payload.
    pub async fn event_type(&self, name: &str) {
        let body = json!({ "name": name, "description": "For a story.", "example": { "a": 1 } });
        self.api.post("/api/v1/event-types", body).await.expect(201);
    }

    /// Makes a segment of that rule, enabled, with the webhook action.
    pub async fn segment(&self, name: &str, rule: Value) -> Value {
        let body = json!({ "name": name, "subject": "contact", "rule": rule, "enabled": true, "actions": ["webhook"] });
        self.api.post("/api/v1/segments", body).await.expect(201).json()
    }

    /// Makes or changes a contact.
    pub async fn contact(&self, body: Value) -> Value {
        let answer = self.api.post("/api/v1/contacts", body).await;
        assert!(answer.status.is_success(), "{answer:?}");
        answer.json()
    }

    /// Publishes `count` events in batches and gives back their ids, in order.
    pub async fn publish_many(&self, event_type: &str, count: usize) -> Vec<String> {
        let mut ids = Vec::with_capacity(count);
        while ids.len() < count {
            let batch =
                (ids.len()..count.min(ids.len() + BATCH)).map(|n| json!({ "type": event_type, "payload": { "n": n } }));
            let body = json!({ "events": batch.collect::<Vec<_>>() });
            let answer = self.api.post("/api/v1/events/batch", body).await.expect(200).json();
            let events = answer["events"].as_array().expect("events");
            ids.extend(events.iter().map(|event| event["id"].as_str().expect("an id").to_owned()));
        }
        ids
    }

    /// Publishes an event and gives back its id.
    pub async fn publish(&self, event_type: &str, payload: Value) -> String {
        let body = json!({ "type": event_type, "payload": payload });
        let event = self.api.post("/api/v1/events", body).await.expect(201).json();
        event["id"].as_str().expect("an id").to_owned()
    }

    /// Sends one signal to the tracking API.
    pub async fn track(&self, kind: &str, body: Value) -> Value {
        let answer = self.tracking.post(&format!("/v1/{kind}"), body).await.expect(200).json();
        assert_eq!(answer["success"], true, "{answer}");
        answer
    }

    /// The deliveries of an event, once all of them fulfil `done`.
    pub async fn deliveries_once(&self, event: &str, done: impl Fn(&Value) -> bool) -> Vec<Value> {
        let path = format!("/api/v1/events/{event}/deliveries");
        self.rows_once(&path, |rows| !rows.is_empty() && rows.iter().all(&done)).await
    }

    /// What is at `path`, once it fulfils `done`.
    pub async fn value_once(&self, path: &str, done: impl Fn(&Value) -> bool) -> Value {
        let mut last = Value::Null;
        let wait = async {
            loop {
                last = self.api.get(path).await.expect(200).json();
                if done(&last) {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let waited = tokio::time::timeout(PATIENCE, wait).await;
        assert!(waited.is_ok(), "{path} never came to be as it should; at last: {last:#}");
        last
    }

    /// The rows of a list, once they fulfil `done`.
    pub async fn rows_once(&self, path: &str, done: impl Fn(&[Value]) -> bool) -> Vec<Value> {
        let mut last = Vec::new();
        let wait = async {
            loop {
                last = self.api.list(path, 250).await;
                if done(&last) {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let waited = tokio::time::timeout(PATIENCE, wait).await;
        assert!(waited.is_ok(), "{path} never came to be as it should; at last: {last:#?}");
        last
    }
}

impl Drop for Beckon {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// The binary, ready to be given a command.
pub fn binary() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_beckon"));
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).stdin(Stdio::null());
    command
}

fn spawn(data: &Path, port: u16, settings: &[(&'static str, String)], output: &NamedTempFile) -> Child {
    // A file that must not grow is an error to be told, and not a signal to die of.
    let mut command = Command::new("sh");
    command
        .args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_beckon")])
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .stdin(Stdio::null())
        .args(["serve", "--listen", &format!("127.0.0.1:{port}"), "--data-dir"])
        .arg(data)
        .current_dir(data)
        .env("BECKON_API_KEY", API_KEY)
        .env("BECKON_WRITE_KEY", WRITE_KEY)
        .env("BECKON_ALLOW_NETS", "127.0.0.0/8,::1/128")
        .stdout(output.reopen().expect("its output, to be written"));
    for (name, value) in settings {
        command.env(name, value);
    }
    command.spawn().expect("beckon starts")
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("its address").port()
}
