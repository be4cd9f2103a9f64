//! A receiver in a process of its own: answers 204, remembers every `webhook-id` it saw.
//!
//! `GET /seen` answers `<requests> <distinct ids>`.

use std::cell::RefCell;
use std::collections::HashSet;
use std::convert::Infallible;
use std::process::Stdio;
use std::rc::Rc;

use anyhow::Context;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};

use crate::post::Connection;

#[derive(Default)]
struct Seen {
    requests: u64,
    ids: HashSet<(String, Bytes)>,
}

pub(crate) async fn serve() -> anyhow::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await.context("listening")?;
    println!("{}", listener.local_addr().context("the address")?);
    let seen = Rc::new(RefCell::new(Seen::default()));
    let local = tokio::task::LocalSet::new();
    let accept = async {
        loop {
            let (stream, _) = listener.accept().await.context("accepting")?;
            stream.set_nodelay(true).context("setting TCP_NODELAY")?;
            let seen = seen.clone();
            tokio::task::spawn_local(async move {
                let service = service_fn(|request| answer(seen.clone(), request));
                hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await.ok();
            });
        }
    };
    local.run_until(accept).await
}

async fn answer(seen: Rc<RefCell<Seen>>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let mut response = Response::new(Full::default());
    if request.method() == Method::GET {
        let seen = seen.borrow();
        *response.body_mut() = Full::from(format!("{} {}", seen.requests, seen.ids.len()));
        return Ok(response);
    }
    let id = request.headers().get("webhook-id").map(|id| Bytes::copy_from_slice(id.as_bytes())).unwrap_or_default();
    let path = request.uri().path().to_owned();
    request.into_body().collect().await.ok();
    let mut seen = seen.borrow_mut();
    seen.requests += 1;
    seen.ids.insert((path, id));
    *response.status_mut() = hyper::StatusCode::NO_CONTENT;
    Ok(response)
}

/// A running receiver; dropping it ends it.
pub(crate) struct Receiver {
    _child: Child,
    pub(crate) address: String,
}

impl Receiver {
    pub(crate) async fn start() -> anyhow::Result<Receiver> {
        let me = std::env::current_exe().context("finding this program")?;
        let mut child = Command::new(me).arg("receiver").stdout(Stdio::piped()).kill_on_drop(true).spawn()?;
        let stdout = child.stdout.take().context("the receiver's output")?;
        let address = BufReader::new(stdout).lines().next_line().await?.context("the receiver's address")?;
        Ok(Receiver { _child: child, address })
    }

    /// Requests that came, and distinct deliveries among them.
    pub(crate) async fn seen(&self) -> anyhow::Result<(u64, u64)> {
        let (_, body) = Connection::open(&self.address).await?.send(Method::GET, "/seen", &[], "").await?;
        let text = String::from_utf8_lossy(&body).into_owned();
        let (requests, ids) = text.split_once(' ').context("two numbers")?;
        Ok((requests.parse()?, ids.parse()?))
    }
}
