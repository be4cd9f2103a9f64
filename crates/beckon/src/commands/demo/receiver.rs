//! The receivers of the demo: real HTTP servers on free loopback ports that verify what they get.
//!
//! Signatures are checked with the independent `standardwebhooks` crate, not with Beckon's own code.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use anyhow::Context as _;
use axum::Router;
use axum::extract::State;
use axum::routing::post;
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::tally::Fact;

/// What the audience is told of, in the order in which it happened.
#[derive(Debug)]
pub(super) enum Seen {
    /// A request came.
    Arrival(Arrival),
    /// The scene is over.
    End,
}

/// A request as its receiver saw it.
#[derive(Debug)]
pub(super) struct Arrival {
    /// The webhook's position in the scene.
    pub(super) webhook: usize,
    /// `webhook-id`
    pub(super) event_id: String,
    /// What the body says.
    pub(super) fact: Fact,
    /// How it was answered.
    pub(super) answer: Answer,
    /// When it was there completely.
    pub(super) at: Instant,
}

/// How a receiver answered.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// 200
    Taken,
    /// 503, as told. The signature was good.
    TurnedAway,
    /// 401: the signature does not verify, and why.
    Unverified(String),
}

/// A running receiver. It runs as long as the process.
pub(super) struct Receiver {
    /// Where it listens.
    pub(super) url: String,
    shared: Arc<Shared>,
}

struct Shared {
    webhook: usize,
    sick_requests: AtomicU32,
    verifier: OnceLock<standardwebhooks::Webhook>,
    arrivals: mpsc::UnboundedSender<Seen>,
}

impl Receiver {
    /// Starts a receiver that turns its first `sick_requests` requests away.
    pub(super) async fn start(
        webhook: usize,
        sick_requests: u32,
        arrivals: mpsc::UnboundedSender<Seen>,
    ) -> anyhow::Result<Receiver> {
        let listener = TcpListener::bind("127.0.0.1:0").await.context("no free port for a receiver")?;
        let url = format!("http://{}/hook", listener.local_addr()?);
        let sick_requests = AtomicU32::new(sick_requests);
        let shared = Arc::new(Shared { webhook, sick_requests, verifier: OnceLock::new(), arrivals });
        let router = Router::new().route("/hook", post(take)).with_state(shared.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Receiver { url, shared })
    }

    /// Tells the receiver the secret to verify with.
    pub(super) fn trust(&self, secret: &str) -> anyhow::Result<()> {
        let verifier = standardwebhooks::Webhook::new(secret).context("the webhook's secret is none")?;
        self.shared.verifier.set(verifier).ok().context("a receiver has one secret")
    }
}

async fn take(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let at = Instant::now();
    let (status, answer) = shared.answer(&headers, &body);
    let event_id = headers.get("webhook-id").and_then(|id| id.to_str().ok()).unwrap_or_default().to_owned();
    let arrival = Arrival { webhook: shared.webhook, event_id, fact: fact_of(&body), answer, at };
    // Nobody listens any more once the demo has ended; the answer is the same.
    shared.arrivals.send(Seen::Arrival(arrival)).ok();
    status
}

impl Shared {
    fn answer(&self, headers: &HeaderMap, body: &[u8]) -> (StatusCode, Answer) {
        let verified = match self.verifier.get() {
            Some(verifier) => verifier.verify(body, headers).map_err(|error| error.to_string()),
            None => Err("the receiver knows no secret yet".to_owned()),
        };
        if let Err(reason) = verified {
            return (StatusCode::UNAUTHORIZED, Answer::Unverified(reason));
        }
        let sick = self.sick_requests.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        match sick {
            Ok(_) => (StatusCode::SERVICE_UNAVAILABLE, Answer::TurnedAway),
            Err(_) => (StatusCode::OK, Answer::Taken),
        }
    }
}

/// What the body says, as a consumer reads it.
fn fact_of(body: &[u8]) -> Fact {
    let payload: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |pointer: &str| payload.pointer(pointer).and_then(Value::as_str).unwrap_or("?").to_owned();
    let is_contact = payload.get("contact").is_some();
    Fact {
        event_type: text("/event"),
        who: text(if is_contact { "/contact/email" } else { "/company/domain" }),
        segment: text("/segment/name"),
    }
}
