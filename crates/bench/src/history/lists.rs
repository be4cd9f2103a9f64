//! Asks for every list with every combination of filters, and tells how long the answers took.

use std::collections::BTreeMap;

use anyhow::Context;
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::body::Bytes;
use hyper::client::conn::http1::SendRequest;
use hyper_util::rt::TokioIo;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::time::Instant;

use super::seed::{channel, type_name};

/// Rows asked for.
const LIMIT: usize = 50;
/// How many pages are followed of a list.
const PAGES: usize = 3;
/// How many pages are followed to fill one, where pages come short.
const SHORT_PAGES: usize = 1_000;

/// What was asked, by the names of the filters alone, and how long each answer took, in milliseconds.
pub(crate) type Times = BTreeMap<String, Vec<f64>>;

struct Asker {
    sender: SendRequest<Full<Bytes>>,
    address: String,
    api_key: String,
    times: Times,
}

/// Lists what a server at `address` holds: of the combinations of filters every `stride`-th, or all.
pub(crate) async fn lists(address: &str, api_key: &str, now: Timestamp, stride: usize) -> anyhow::Result<Times> {
    let stream = TcpStream::connect(address).await.with_context(|| format!("connecting to {address}"))?;
    stream.set_nodelay(true).context("setting TCP_NODELAY")?;
    let (sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let mut asker = Asker { sender, address: address.to_owned(), api_key: api_key.to_owned(), times: Times::new() };
    let webhooks = asker.ask("webhooks", "/api/v1/webhooks?limit=50").await?;
    let mut webhooks: Vec<(String, String)> = webhooks["data"]
        .as_array()
        .context("webhooks")?
        .iter()
        .filter_map(|webhook| Some((webhook["description"].as_str()?.to_owned(), webhook["id"].as_str()?.to_owned())))
        .collect();
    webhooks.sort();
    // Common, never failing, with pending, rare, of the beginning.
    let chosen: Vec<_> = [0, 5, 6, 8, 9].iter().filter_map(|n| Some(webhooks.get(*n)?.1.clone())).collect();

    for (n, path) in delivery_lists(&chosen, now).into_iter().enumerate() {
        if n % stride == 0 {
            asker.follow(&path).await?;
        }
    }
    for path in event_lists(now) {
        asker.follow(&path).await?;
    }
    for (_, webhook) in &webhooks {
        asker.follow(&format!("/api/v1/webhooks/{webhook}/attempts?limit={LIMIT}")).await?;
        let page = asker.ask("some", &format!("/api/v1/webhooks/{webhook}/deliveries?limit=5")).await?;
        for delivery in page["data"].as_array().context("deliveries")? {
            let id = delivery["id"].as_str().context("an id")?;
            asker.follow(&format!("/api/v1/deliveries/{id}/attempts?limit={LIMIT}")).await?;
            let event = delivery["event_id"].as_str().context("an id")?;
            asker.follow(&format!("/api/v1/events/{event}/deliveries?limit={LIMIT}")).await?;
            for webhook in &chosen[..2] {
                let query = format!("event_id={event}&webhook_id={webhook}&status=failed&limit={LIMIT}");
                asker.follow(&format!("/api/v1/deliveries?{query}")).await?;
            }
        }
    }
    asker.deep().await?;
    Ok(asker.times)
}

/// Every value of a filter beside none at all.
fn options(name: &str, values: &[String]) -> Vec<String> {
    [String::new()].into_iter().chain(values.iter().map(|value| format!("{name}={value}&"))).collect()
}

fn times(now: Timestamp) -> Vec<String> {
    let day = |ago: i64| now - SignedDuration::from_hours(24 * ago);
    vec![
        String::new(),
        format!("since={}&", day(1)),
        format!("until={}&", day(45)),
        format!("until={}&", day(89)),
        format!("since={}&until={}&", day(60), day(30)),
    ]
}

fn types() -> Vec<String> {
    options("event_type", &[0, 10, 18, 19].map(type_name))
}

fn channels() -> Vec<String> {
    options("channel", &[0, 150, 297, 299, 400].map(|n| channel(n).as_str().to_owned()))
}

fn delivery_lists(webhooks: &[String], now: Timestamp) -> Vec<String> {
    let statuses = ["pending", "retrying", "delivered", "failed", "canceled"].map(str::to_owned);
    let mut paths = Vec::new();
    for webhook in options("webhook_id", webhooks) {
        for status in options("status", &statuses) {
            for event_type in types() {
                for channel in channels() {
                    for time in times(now) {
                        let filters = format!("{webhook}{status}{event_type}{channel}{time}");
                        paths.push(format!("/api/v1/deliveries?{filters}limit={LIMIT}"));
                    }
                }
            }
        }
    }
    paths
}

fn event_lists(now: Timestamp) -> Vec<String> {
    let mut paths = Vec::new();
    for event_type in types() {
        for channel in channels() {
            for time in times(now) {
                let event_type = event_type.replace("event_type", "type");
                paths.push(format!("/api/v1/events?{event_type}{channel}{time}limit={LIMIT}"));
            }
        }
    }
    paths
}

/// A path without its ids and values.
fn shape(path: &str) -> String {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let names = query.split('&').filter_map(|pair| Some(pair.split_once('=')?.0)).filter(|name| *name != "limit");
    let path = path.split('/').map(|part| if part.len() > 25 { "…" } else { part }).collect::<Vec<_>>().join("/");
    format!("{path} {}", names.collect::<Vec<_>>().join("+"))
}

impl Asker {
    /// Follows a list for a few pages.
    async fn follow(&mut self, path: &str) -> anyhow::Result<()> {
        let (mut cursor, shape) = (String::new(), shape(path));
        for _ in 0..PAGES {
            let (mut rows, mut asked) = (0, 0);
            while rows < LIMIT {
                let page = self.ask(&shape, &format!("{path}{cursor}")).await?;
                rows += page["data"].as_array().map_or(0, Vec::len);
                asked += 1;
                match page["next_cursor"].as_str() {
                    Some(next) if asked < SHORT_PAGES => cursor = format!("&cursor={next}"),
                    _ => {
                        cursor.clear();
                        break;
                    }
                }
            }
            if cursor.is_empty() {
                break;
            }
        }
        Ok(())
    }

    /// Follows the whole list of deliveries for a while, and looks on from there.
    async fn deep(&mut self) -> anyhow::Result<()> {
        for path in ["/api/v1/deliveries?limit=250", "/api/v1/events?limit=250"] {
            let mut cursor = String::new();
            for n in 0..400 {
                let name = format!("{} page {}..", shape(path), n / 200 * 200);
                let page = self.ask(&name, &format!("{path}{cursor}")).await?;
                let Some(next) = page["next_cursor"].as_str() else { break };
                cursor = format!("&cursor={next}");
            }
        }
        Ok(())
    }

    async fn ask(&mut self, shape: &str, path: &str) -> anyhow::Result<Value> {
        let request = Request::get(path)
            .header("host", &self.address)
            .header("authorization", format!("Bearer {}", self.api_key))
            .body(Full::<Bytes>::default())?;
        let begun = Instant::now();
        let response = self.sender.send_request(request).await?;
        let status = response.status();
        let body = response.into_body().collect().await?.to_bytes();
        let took = millis(begun);
        anyhow::ensure!(status.is_success(), "GET {path}: {status}: {}", String::from_utf8_lossy(&body));
        self.times.entry(shape.to_owned()).or_default().push(took);
        serde_json::from_slice(&body).context("an answer")
    }
}

fn millis(begun: Instant) -> f64 {
    begun.elapsed().as_secs_f64() * 1e3
}
