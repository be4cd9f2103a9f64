//! The receiver's own process.

use std::cell::{Cell, RefCell};
use std::convert::Infallible;
use std::rc::Rc;

use anyhow::Context;
use http_body_util::{BodyExt, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::time::{Duration, sleep};

use super::tally::Tally;
use super::{Ask, Manner};
use crate::clock::now_ns;
use crate::payload;
use crate::role::Prompter;

/// What all connections share; there is one thread.
struct Shared {
    tally: RefCell<Tally>,
    /// Answers everything, if set.
    status: Cell<Option<StatusCode>>,
    /// Bodies of what was taken, if they are to be kept.
    kept: RefCell<Option<Vec<Bytes>>>,
    reached: Notify,
}

/// Runs until its input ends.
pub(crate) async fn serve() -> anyhow::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await.context("listening")?;
    let address = listener.local_addr().context("the address")?.to_string();
    let shared = Rc::new(Shared {
        tally: RefCell::new(Tally::begin(now_ns())),
        status: Cell::new(None),
        kept: RefCell::new(None),
        reached: Notify::new(),
    });
    let local = tokio::task::LocalSet::new();
    let accepting = accept(listener, shared.clone());
    local
        .run_until(async {
            tokio::select! {
                ended = accepting => ended,
                ended = obey(&address, &shared) => ended,
            }
        })
        .await
}

async fn accept(listener: TcpListener, shared: Rc<Shared>) -> anyhow::Result<()> {
    let mut server = hyper::server::conn::http1::Builder::new();
    server.auto_date_header(false);
    loop {
        let (stream, _) = listener.accept().await.context("accepting")?;
        stream.set_nodelay(true).context("setting TCP_NODELAY")?;
        let (server, shared) = (server.clone(), shared.clone());
        tokio::task::spawn_local(async move {
            let service = service_fn(|request| answer(&shared, request));
            // The sender may close a connection whenever it likes.
            server.serve_connection(TokioIo::new(stream), service).await.ok();
        });
    }
}

async fn answer(shared: &Shared, request: Request<Incoming>) -> Result<Response<Empty<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    let Some((webhook, manner)) = manner_of(&head.uri) else {
        return Ok(empty(StatusCode::NOT_FOUND));
    };
    let payload = payload::read(&body);
    shared.tally.borrow_mut().note_arrival(webhook, payload, now_ns());
    let status = match manner {
        Manner::Well => StatusCode::NO_CONTENT,
        Manner::HangsMs(ms) => {
            sleep(Duration::from_millis(ms)).await;
            StatusCode::NO_CONTENT
        }
        Manner::Fails(status) => StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
    };
    let status = shared.status.get().unwrap_or(status);
    if status.is_success() {
        if let Some(kept) = shared.kept.borrow_mut().as_mut() {
            kept.push(body);
        }
        let id = head.headers.get("webhook-id").map_or(&[][..], |id| id.as_bytes());
        if shared.tally.borrow_mut().note_taken(webhook, id, payload, now_ns()) {
            shared.reached.notify_one();
        }
    }
    Ok(empty(status))
}

/// Which webhook a URL is of, and in what manner it is answered.
fn manner_of(uri: &Uri) -> Option<(usize, Manner)> {
    let webhook = uri.path().get(1..)?.parse().ok()?;
    let manner = match uri.query().map(|query| query.split_once('=')) {
        None => Manner::Well,
        Some(Some(("hang_ms", ms))) => Manner::HangsMs(ms.parse().ok()?),
        Some(Some(("status", status))) => Manner::Fails(status.parse().ok()?),
        Some(_) => return None,
    };
    Some((webhook, manner))
}

fn empty(status: StatusCode) -> Response<Empty<Bytes>> {
    let mut response = Response::new(Empty::new());
    *response.status_mut() = status;
    response
}

/// Answers what the director asks.
async fn obey(address: &str, shared: &Shared) -> anyhow::Result<()> {
    let mut prompter = Prompter::listen();
    while let Some(ask) = prompter.hear().await? {
        match ask {
            Ask::Address => prompter.answer(&address)?,
            Ask::Arrived { webhooks } => prompter.answer(&shared.tally.borrow().arrived(webhooks))?,
            Ask::When { webhooks, deliveries } => {
                shared.tally.borrow_mut().await_deliveries(webhooks, deliveries);
                prompter.answer(&reached(shared).await)?;
            }
            Ask::Latency { webhooks } => prompter.answer(&shared.tally.borrow().latency(webhooks))?,
            Ask::Answer { status } => {
                shared.status.set(Some(StatusCode::from_u16(status).context("a status")?));
                prompter.answer(&())?;
            }
            Ask::Keep => {
                shared.kept.borrow_mut().get_or_insert_default();
                prompter.answer(&())?;
            }
            Ask::Kept => {
                let kept = shared.kept.borrow();
                let texts: Vec<_> = kept.iter().flatten().map(|body| String::from_utf8_lossy(body)).collect();
                prompter.answer(&texts)?;
            }
            Ask::TakenBy { moment_ns } => prompter.answer(&shared.tally.borrow().taken_by(moment_ns))?,
        }
    }
    Ok(())
}

async fn reached(shared: &Shared) -> u64 {
    loop {
        let reached = shared.tally.borrow().reached_ns();
        match reached {
            Some(moment_ns) => return moment_ns,
            None => shared.reached.notified().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_says_which_webhook_it_is_of_and_in_what_manner_it_is_answered() {
        for (n, manner) in [(0, Manner::Well), (12, Manner::HangsMs(2_000)), (3, Manner::Fails(500))] {
            let url: Uri = manner.url("127.0.0.1:80", n).parse().unwrap();
            assert_eq!(manner_of(&url), Some((n, manner)));
        }
        for unknown in ["/", "/one", "/1?nonsense=1", "/1?status", "/1?status=bad"] {
            assert_eq!(manner_of(&unknown.parse().unwrap()), None, "{unknown}");
        }
    }
}
