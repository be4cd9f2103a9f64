//! What is sent, made before anything is measured, and what is to follow from it.

use std::rc::Rc;

use anyhow::Context;
use beckon_domain::id::SegmentId;
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::body::Bytes;
use hyper::client::conn::http1::SendRequest;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;

use super::receiver::Arrival;
use super::rules;
use super::server::WRITE_KEY;

/// Page views of each visitor; one of them qualifies.
const PAGES_PER_VISITOR: usize = 10;
/// Identifies per request.
const IDENTIFY_BATCH: usize = 500;

/// The body of a call, and how many items are in it.
#[derive(Clone)]
pub(super) struct Body {
    json: Bytes,
    items: usize,
}

/// All that is sent.
pub(super) struct Load {
    /// Makes everybody known.
    pub(super) identifies: Rc<[Body]>,
    /// The page views.
    pub(super) batches: Rc<[Body]>,
    /// Who must have qualified for which segment, sorted.
    pub(super) expected: Vec<Arrival>,
}

impl Load {
    /// Everybody looks at their first page, then everybody at their second, and so on: a batch holds page views of as
    /// many visitors as it has items, which is the most work a batch can be. One in ten of each batch qualifies.
    pub(super) fn new(segments: &[SegmentId], page_views: usize, batch: usize) -> Load {
        let (visitors, winners) = (page_views / PAGES_PER_VISITOR, segments.len() / rules::WINNER_EVERY);
        let mut expected = Vec::new();
        let mut items = Vec::with_capacity(batch);
        let mut batches = Vec::new();
        for page in 0..PAGES_PER_VISITOR {
            for visitor in 0..visitors {
                let path = if (visitor + page) % PAGES_PER_VISITOR == 0 {
                    let winner = visitor % winners;
                    expected.push((rules::email(visitor), segments[winner * rules::WINNER_EVERY].to_string()));
                    rules::winning_page(winner)
                } else {
                    rules::other_page(visitor * 7 + page)
                };
                items.push(page_view(visitor, page, &path));
                if items.len() == batch {
                    batches.push(body(&items));
                    items.clear();
                }
            }
        }
        batches.extend((!items.is_empty()).then(|| body(&items)));
        expected.sort_unstable();
        let identifies: Vec<Value> = (0..visitors).map(identify).collect();
        let identifies = identifies.chunks(IDENTIFY_BATCH).map(body).collect();
        Load { identifies, batches: batches.into(), expected }
    }
}

fn body(items: &[Value]) -> Body {
    Body { json: json!({ "batch": items, "writeKey": WRITE_KEY }).to_string().into(), items: items.len() }
}

/// A page view as `@segment/analytics-node` sends it for a browser.
fn page_view(visitor: usize, page: usize, path: &str) -> Value {
    let url = format!("https://www.example.com{path}?ref=nav");
    json!({
        "integrations": {},
        "type": "page",
        "properties": { "path": path, "url": url, "title": format!("Page {path}"), "referrer": "https://www.example.com/" },
        "context": {
            "ip": "203.0.113.7",
            "userAgent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
            "locale": "en-US",
            "library": { "name": "@segment/analytics-node", "version": "3.1.0" },
        },
        "anonymousId": format!("7f3a9c1e-0000-4000-8000-{visitor:012}"),
        "messageId": format!("node-next-1795423698669-cdd1e73f-{page:04}-4000-8000-{visitor:012}"),
        "_metadata": { "nodeVersion": "v20.20.2", "jsRuntime": "node" },
    })
}

fn identify(visitor: usize) -> Value {
    json!({
        "type": "identify",
        "anonymousId": format!("7f3a9c1e-0000-4000-8000-{visitor:012}"),
        "messageId": format!("node-next-1795423698669-identify-{visitor:012}"),
        "traits": rules::traits(visitor),
    })
}

/// A kept connection to the tracking API.
pub(super) struct Client {
    sender: SendRequest<Full<Bytes>>,
    address: String,
}

impl Client {
    pub(super) async fn connect(address: &str) -> anyhow::Result<Client> {
        let stream = TcpStream::connect(address).await.with_context(|| format!("connecting to {address}"))?;
        stream.set_nodelay(true).context("setting TCP_NODELAY")?;
        let (sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(Client { sender, address: address.to_owned() })
    }

    /// Sends a batch; all of it must be taken.
    pub(super) async fn send(&mut self, body: &Body) -> anyhow::Result<()> {
        let request = Request::post("/v1/batch")
            .header("host", &self.address)
            .header("content-type", "application/json")
            .body(Full::new(body.json.clone()))?;
        let response = self.sender.send_request(request).await?;
        let status = response.status();
        let answer = response.into_body().collect().await?.to_bytes();
        anyhow::ensure!(status.is_success(), "POST /v1/batch: {status}: {}", String::from_utf8_lossy(&answer));
        let report: Value = serde_json::from_slice(&answer)?;
        anyhow::ensure!(report["accepted"] == body.items, "of {} items not all were taken: {report}", body.items);
        Ok(())
    }
}
