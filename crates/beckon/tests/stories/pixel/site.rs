//! A customer's website on a port of its own: pages of our making, and a proxy that passes `/w/` on to Beckon.
//!
//! Everything that is asked of it is written down. Promise: the proxy passes on what a real one does, and nothing else:
//! method, query, body and the headers that matter here.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, Request, Response};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::beckon::{Beckon, WRITE_KEY};
use crate::http::Http;

/// Below which path the proxy is.
const PROXY: &str = "/w";
/// How long anything that must happen may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);
const BODY_BYTES_MAX: usize = 1024 * 1024;

/// What a proxy passes on, and back.
const PASSED_ON: &[&str] =
    &["origin", "referer", "content-type", "cookie", "sec-fetch-site", "sec-gpc", "access-control-request-headers"];
const PASSED_BACK: &[&str] = &[
    "content-type",
    "set-cookie",
    "access-control-allow-origin",
    "access-control-allow-credentials",
    "access-control-allow-headers",
    "access-control-expose-headers",
];

/// A request to the proxy.
#[derive(Debug, Clone)]
pub struct Asked {
    pub method: Method,
    pub query: String,
    pub headers: HeaderMap,
    pub body: String,
}

impl Asked {
    /// What the pixel said: the items of its batch.
    pub fn items(&self) -> Vec<Value> {
        let body: Value = serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"));
        body["batch"].as_array().cloned().unwrap_or_default()
    }
}

/// A website.
pub struct Site {
    port: u16,
    inner: Arc<Inner>,
}

struct Inner {
    beckon: String,
    /// What is in the head of every page.
    head: Mutex<String>,
    /// Files of the website by their path: what they are, and what is in them.
    files: Mutex<BTreeMap<String, (String, Vec<u8>)>>,
    asked: watch::Sender<Vec<Asked>>,
    /// Whether calls are answered, or held.
    open: watch::Sender<bool>,
}

impl Site {
    /// A website in front of that Beckon, with an empty head.
    pub async fn start(beckon: &Beckon) -> Site {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let inner = Arc::new(Inner {
            beckon: beckon.base(),
            head: Mutex::default(),
            files: Mutex::default(),
            asked: watch::Sender::new(vec![]),
            open: watch::Sender::new(true),
        });
        let router = Router::new().fallback(answer).with_state(inner.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Site { port, inner }
    }

    /// Puts this into the head of every page from now on.
    pub fn head(&self, head: &str) -> &Site {
        *self.inner.head.lock().unwrap() = head.to_owned();
        self
    }

    /// Has the website serve a file.
    pub fn file(&self, path: &str, kind: &str, bytes: Vec<u8>) -> &Site {
        self.inner.files.lock().unwrap().insert(path.to_owned(), (kind.to_owned(), bytes));
        self
    }

    /// The host, with its port.
    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The address of a page.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.host())
    }

    /// The lines of the pixel, loaded through this website's proxy, with these attributes on the script.
    pub fn pixel(&self, attributes: &str) -> String {
        let src = self.url(&format!("{PROXY}/x.js"));
        format!(
            r#"<script>!function (w, n) {{ w[n] = w[n] || function () {{ (w[n].q = w[n].q || []).push(arguments) }} }}(window, "beckon");</script>
            <script async src="{src}" data-key="{WRITE_KEY}" {attributes}></script>"#
        )
    }

    /// Holds calls from now on, or answers them.
    pub fn answer(&self, open: bool) {
        self.inner.open.send_replace(open);
    }

    /// What the proxy was asked for, once that is enough.
    pub async fn asked_once(&self, what: &str, enough: impl Fn(&[Asked]) -> bool) -> Vec<Asked> {
        let mut asked = self.inner.asked.subscribe();
        let waited = tokio::time::timeout(PATIENCE, asked.wait_for(|asked| enough(asked))).await;
        match waited {
            Ok(asked) => asked.expect("the site is there").clone(),
            Err(_) => panic!("{what} never came; only: {:#?}", self.calls()),
        }
    }

    /// The items of all calls so far, in their order, once there are so many. What is sent again, because the pixel could
    /// not know that it had arrived, is one, as it is for Beckon.
    pub async fn items(&self, count: usize) -> Vec<Value> {
        let items = |asked: &[Asked]| -> Vec<Value> {
            let mut seen = BTreeSet::new();
            let all = asked.iter().filter(is_call).flat_map(Asked::items);
            all.filter(|item| seen.insert(item["messageId"].to_string())).collect()
        };
        let asked = self.asked_once(&format!("{count} items"), |asked| items(asked).len() >= count).await;
        items(&asked)
    }

    /// The calls so far.
    pub fn calls(&self) -> Vec<Asked> {
        self.asked().into_iter().filter(|asked| is_call(&asked)).collect()
    }

    /// What the proxy was asked for so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.inner.asked.borrow().clone()
    }
}

fn is_call(asked: &&Asked) -> bool {
    asked.method == Method::POST
}

async fn answer(State(inner): State<Arc<Inner>>, request: Request<Body>) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, BODY_BYTES_MAX).await.expect("a body");
    match parts.uri.path().strip_prefix(PROXY) {
        Some(path) => pass_on(&inner, path.to_owned(), parts, body).await,
        None => file(&inner, parts.uri.path()).unwrap_or_else(|| page(&inner, parts.uri.path())),
    }
}

fn file(inner: &Inner, path: &str) -> Option<Response<Body>> {
    let (kind, bytes) = inner.files.lock().unwrap().get(path)?.clone();
    Some(Response::builder().header("content-type", kind).body(bytes.into()).expect("a file"))
}

fn page(inner: &Inner, path: &str) -> Response<Body> {
    let head = inner.head.lock().unwrap().clone();
    let html =
        format!("<!doctype html><html lang=en><head><title>Page {path}</title>{head}</head><body><p>{path}</p></body>");
    Response::builder().header("content-type", "text/html").body(html.into()).expect("a page")
}

async fn pass_on(inner: &Inner, path: String, parts: Parts, body: Bytes) -> Response<Body> {
    let query = parts.uri.query().unwrap_or_default().to_owned();
    let mut beckon = Http::new(inner.beckon.clone());
    for name in PASSED_ON {
        if let Some(value) = parts.headers.get(*name).and_then(|value| value.to_str().ok()) {
            beckon = beckon.with(name, value);
        }
    }
    let is_post = parts.method == Method::POST;
    let asked = Asked {
        method: parts.method.clone(),
        query: query.clone(),
        headers: parts.headers,
        body: String::from_utf8_lossy(&body).into_owned(),
    };
    inner.asked.send_modify(|all| all.push(asked));
    if is_post {
        inner.open.subscribe().wait_for(|open| *open).await.expect("the site is there");
    }
    let answer = beckon.try_send(parts.method, &format!("{path}?{query}"), body).await.expect("an answer of Beckon");
    let mut response = Response::builder().status(answer.status);
    for name in PASSED_BACK {
        for value in answer.headers.get_all(*name) {
            response = response.header(*name, value);
        }
    }
    response.body(answer.body.into()).expect("an answer")
}
