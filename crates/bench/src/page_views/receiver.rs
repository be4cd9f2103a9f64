//! Where the events arrive: a receiver on a thread of its own.

use std::collections::HashSet;
use std::convert::Infallible;
use std::net::TcpListener;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::Value;

/// Whose event it is (their address), and of which segment.
pub(super) type Arrival = (String, String);

#[derive(Default)]
struct Arrived {
    ids: HashSet<Bytes>,
    bodies: Vec<Bytes>,
}

/// Answers 204 and keeps what it got.
pub(super) struct Receiver {
    pub(super) address: String,
    arrived: Arc<Mutex<Arrived>>,
}

impl Receiver {
    /// Starts one on a free port. It ends with the process.
    pub(super) fn start() -> anyhow::Result<Receiver> {
        let listener = TcpListener::bind("127.0.0.1:0").context("listening")?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?.to_string();
        let arrived = Arc::<Mutex<Arrived>>::default();
        let kept = arrived.clone();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        std::thread::spawn(move || runtime.block_on(serve(listener, kept)));
        Ok(Receiver { address, arrived })
    }

    /// How many distinct events arrived.
    pub(super) fn count(&self) -> usize {
        self.arrived().ids.len()
    }

    /// Every event that arrived, also twice if it did.
    pub(super) fn events(&self) -> Vec<Arrival> {
        let read = |body: &Bytes| -> Arrival {
            let event: Value = serde_json::from_slice(body).unwrap_or_default();
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            (text(&event["contact"]["email"]), text(&event["segment"]["id"]))
        };
        self.arrived().bodies.iter().map(read).collect()
    }

    fn arrived(&self) -> std::sync::MutexGuard<'_, Arrived> {
        self.arrived.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn serve(listener: TcpListener, arrived: Arc<Mutex<Arrived>>) -> anyhow::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    loop {
        let (stream, _) = listener.accept().await.context("accepting")?;
        stream.set_nodelay(true).context("setting TCP_NODELAY")?;
        let arrived = arrived.clone();
        tokio::spawn(async move {
            let service = service_fn(|request| answer(arrived.clone(), request));
            // A sender that goes away ends its connection.
            hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await.ok();
        });
    }
}

async fn answer(arrived: Arc<Mutex<Arrived>>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let id = request.headers().get("webhook-id").map(|id| Bytes::copy_from_slice(id.as_bytes())).unwrap_or_default();
    let body = request.into_body().collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let mut arrived = arrived.lock().unwrap_or_else(PoisonError::into_inner);
    arrived.ids.insert(id);
    arrived.bodies.push(body);
    drop(arrived);
    let mut response = Response::new(Full::default());
    *response.status_mut() = StatusCode::NO_CONTENT;
    Ok(response)
}
