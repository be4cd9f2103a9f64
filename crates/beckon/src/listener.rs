//! The HTTP listener: accepts connections, serves the router on each, ends in order.
//!
//! Promise: the number of connections and the time to send a request's head are bounded; after `stop` no
//! connection is accepted and no request begun, and those in progress end within the grace.
//! Not here: routes, and limits on bodies and answers (`beckon-server`).

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use axum::extract::ConnectInfo;
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

/// Most connections served at once. Further ones wait in the system's queue.
const CONNECTIONS_MAX: usize = 8_192;
/// Longest time a connection may be idle, or take to send a request's head.
const HEAD_READ_TIMEOUT: Duration = Duration::from_secs(60);
/// How long to wait after the system could give no connection, as when files run out.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Takes the address, or says why it cannot be had and what to do.
pub(crate) async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    use std::io::ErrorKind::{AddrInUse, AddrNotAvailable, PermissionDenied};
    TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}")).map_err(|error| {
        let kind = error.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
        let advice = match kind {
            Some(AddrInUse) => {
                "another program, perhaps another beckon, listens there: stop it, or choose another address with --listen"
            }
            Some(AddrNotAvailable) => "this machine has no such address: choose one it has with --listen",
            Some(PermissionDenied) => "ports below 1024 need a privilege: choose a higher one with --listen",
            _ => "choose another address with --listen",
        };
        anyhow::anyhow!("{error:#}\n  {advice}")
    })
}

/// Serves until `stop`, then lets requests in progress end within `grace`.
pub(crate) async fn serve(listener: TcpListener, router: Router, stop: CancellationToken, grace: Duration) {
    let connections = GracefulShutdown::new();
    let room = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let Some((stream, peer)) = stop.run_until_cancelled(accept(&listener)).await else { break };
        let Some(Ok(permit)) = stop.run_until_cancelled(Arc::clone(&room).acquire_owned()).await else { break };
        // So that handlers can know whom they talk to.
        let with_peer = router.clone().map_request(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(ConnectInfo(peer));
            request
        });
        let service = TowerToHyperService::new(with_peer);
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_READ_TIMEOUT)
            .serve_connection(TokioIo::new(stream), service);
        let watched = connections.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = watched.await {
                tracing::debug!(%error, "a connection broke");
            }
            drop(permit);
        });
    }
    drop(listener);
    if tokio::time::timeout(grace, connections.shutdown()).await.is_err() {
        tracing::warn!("requests in progress were cut off: the shutdown grace is over");
    }
}

async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                // Without this, small answers wait for the client's acknowledgement of the one before.
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(%error, "a connection was gone before it began");
                }
                return (stream, peer);
            }
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::routing::get;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::sync::Notify;

    const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n";

    struct Served {
        client: TcpStream,
        release: Arc<Notify>,
        stop: CancellationToken,
        serving: tokio::task::JoinHandle<()>,
        address: SocketAddr,
    }

    /// A server in the middle of answering one request, which it does once it is released.
    async fn in_the_middle(grace: Duration) -> Served {
        let listener = bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (entered, release) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (told, waited) = (entered.clone(), release.clone());
        let router = Router::new().route(
            "/",
            get(move || async move {
                told.notify_one();
                waited.notified().await;
                "done"
            }),
        );
        let stop = CancellationToken::new();
        let serving = tokio::spawn(serve(listener, router, stop.clone(), grace));
        let mut client = TcpStream::connect(address).await.unwrap();
        client.write_all(REQUEST).await.unwrap();
        entered.notified().await;
        Served { client, release, stop, serving, address }
    }

    // behaviour D6
    #[tokio::test]
    async fn a_request_in_progress_is_finished_after_the_stop_and_its_connection_ends() {
        let mut served = in_the_middle(Duration::from_secs(60)).await;
        served.stop.cancel();
        while TcpStream::connect(served.address).await.is_ok() {
            tokio::task::yield_now().await;
        }
        served.release.notify_one();
        let mut answer = String::new();
        served.client.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("done"), "{answer}");
        served.serving.await.unwrap();
        assert!(TcpStream::connect(served.address).await.is_err(), "nobody listens any more");
    }

    // behaviour D6
    #[tokio::test]
    async fn a_request_that_does_not_end_is_left_when_the_grace_is_over() {
        let served = in_the_middle(Duration::ZERO).await;
        served.stop.cancel();
        served.serving.await.unwrap();
    }

    #[tokio::test]
    async fn a_taken_port_is_refused_with_advice() {
        let first = bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let error = bind(first.local_addr().unwrap()).await.unwrap_err().to_string();
        assert!(error.contains("cannot listen on 127.0.0.1:") && error.contains("--listen"), "{error}");
    }
}
