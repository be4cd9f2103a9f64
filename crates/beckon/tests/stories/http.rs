//! A small HTTP client for the stories: every answer is read whole.

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::{HeaderMap, Method, Request, StatusCode};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

/// Speaks to one base address with one set of headers.
#[derive(Clone)]
pub struct Http {
    client: Client<HttpConnector, Full<Bytes>>,
    base: String,
    headers: HeaderMap,
}

/// An answer, read whole.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Answer {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{} is not JSON: {error}: {:?}", self.status, self.body))
    }

    /// The answer itself if its status is `status`; a readable failure if not.
    #[track_caller]
    pub fn expect(self, status: u16) -> Answer {
        let body = String::from_utf8_lossy(&self.body).into_owned();
        assert_eq!(self.status.as_u16(), status, "{body}");
        self
    }

    /// The fields a problem names, in order.
    pub fn fields(&self) -> Vec<String> {
        let errors = self.json()["errors"].as_array().cloned().unwrap_or_default();
        errors.iter().map(|error| error["field"].as_str().unwrap_or_default().to_owned()).collect()
    }
}

impl Http {
    pub fn new(base: String) -> Http {
        let client = Client::builder(TokioExecutor::new()).build_http();
        Http { client, base, headers: HeaderMap::new() }
    }

    /// The same, with one more header on every request.
    pub fn with(&self, name: &'static str, value: &str) -> Http {
        let mut with = self.clone();
        with.headers.insert(name, value.parse().expect("a header value"));
        with
    }

    /// The same without that header.
    pub fn without(&self, name: &'static str) -> Http {
        let mut without = self.clone();
        without.headers.remove(name);
        without
    }

    /// Sends a request; `None` if there is no answer at all.
    pub async fn try_send(&self, method: Method, path: &str, body: impl Into<Bytes>) -> Option<Answer> {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.base));
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let request = request.body(Full::new(body.into())).expect("a request");
        let (head, body) = self.client.request(request).await.ok()?.into_parts();
        let body = body.collect().await.ok()?.to_bytes();
        Some(Answer { status: head.status, headers: head.headers, body })
    }

    pub async fn send(&self, method: Method, path: &str, body: impl Into<Bytes>) -> Answer {
        let shown = format!("{method} {path}");
        self.try_send(method, path, body).await.unwrap_or_else(|| panic!("no answer to {shown}"))
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, "").await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, "").await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.with("content-type", "application/json").send(Method::POST, path, body.to_string()).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.with("content-type", "application/json").send(Method::PATCH, path, body.to_string()).await
    }

    /// Follows a list to its end, `limit` rows at a time.
    pub async fn list(&self, path: &str, limit: u32) -> Vec<Value> {
        let joiner = if path.contains('?') { '&' } else { '?' };
        let mut rows = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = self.get(&format!("{path}{joiner}limit={limit}{cursor}")).await.expect(200).json();
            rows.extend(page["data"].as_array().expect("data").iter().cloned());
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return rows,
            }
        }
    }
}
