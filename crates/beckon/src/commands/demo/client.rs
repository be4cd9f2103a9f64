//! A small HTTP client: the demo talks to Beckon as anybody would, through its two APIs.

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{Method, Request};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::client::legacy::Client as HyperClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

/// Longest answer read, in bytes.
const ANSWER_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Talks to one Beckon.
#[derive(Clone)]
pub(super) struct Client {
    hyper: HyperClient<HttpConnector, Full<Bytes>>,
    base: String,
    api: String,
    tracking: String,
}

impl Client {
    /// A client for the Beckon at `base`, with its keys.
    pub(super) fn new(base: &str, api_key: &str, write_key: &str) -> Client {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        Client {
            hyper: HyperClient::builder(TokioExecutor::new()).build(connector),
            base: base.to_owned(),
            api: format!("Bearer {api_key}"),
            tracking: format!("Basic {}", STANDARD.encode(format!("{write_key}:"))),
        }
    }

    /// GETs from the JSON API; `path` begins behind `/api/v1`.
    pub(super) async fn get(&self, path: &str) -> anyhow::Result<Value> {
        self.send(Method::GET, &format!("/api/v1{path}"), &self.api, "application/json", Bytes::new()).await
    }

    /// POSTs to the JSON API; `path` begins behind `/api/v1`.
    pub(super) async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        let body = Bytes::from(body.to_string());
        self.send(Method::POST, &format!("/api/v1{path}"), &self.api, "application/json", body).await
    }

    /// POSTs a CSV file to the JSON API.
    pub(super) async fn post_csv(&self, path: &str, csv: &'static str) -> anyhow::Result<Value> {
        let body = Bytes::from_static(csv.as_bytes());
        self.send(Method::POST, &format!("/api/v1{path}"), &self.api, "text/csv", body).await
    }

    /// POSTs to the tracking API, as a website does; `call` is `page`, `identify` or `group`.
    pub(super) async fn track(&self, call: &str, body: &Value) -> anyhow::Result<Value> {
        let body = Bytes::from(body.to_string());
        self.send(Method::POST, &format!("/v1/{call}"), &self.tracking, "application/json", body).await
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        authorization: &str,
        content_type: &str,
        body: Bytes,
    ) -> anyhow::Result<Value> {
        let doing = || format!("{method} {path}");
        let request = Request::builder()
            .method(method.clone())
            .uri(format!("{}{path}", self.base))
            .header(AUTHORIZATION, authorization)
            .header(CONTENT_TYPE, content_type)
            .body(Full::new(body))?;
        let response = self.hyper.request(request).await.with_context(doing)?;
        let status = response.status();
        let body = Limited::new(response.into_body(), ANSWER_BYTES_MAX).collect().await;
        let body = body.map_err(|error| anyhow::anyhow!(error)).with_context(doing)?.to_bytes();
        let text = String::from_utf8_lossy(&body);
        anyhow::ensure!(status.is_success(), "{} was answered {status}: {text}", doing());
        Ok(serde_json::from_str(&text).unwrap_or_default())
    }
}
