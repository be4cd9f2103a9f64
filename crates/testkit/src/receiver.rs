//! A receiver on a free loopback port that replies as told and remembers what it got.
//!
//! It speaks HTTP/1.1 by hand, over bare sockets: tests want header names as they were written, and want
//! it to misbehave in ways that no HTTP library would. Over TLS too, with certificates of [`crate::authority`].
//! Promise: waiting ends as soon as enough has arrived, and fails the test, saying what did, when nothing
//! more comes for a long time. Dropping a receiver closes it and every connection.

mod reply;
mod wire;

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::{CancellationToken, DropGuard};

pub use reply::Reply;

/// How long to wait for what a test is sure of. Long, because a busy machine must not fail a test.
const PATIENCE: Duration = Duration::from_secs(60);

/// A request as it arrived.
#[derive(Clone)]
pub struct Received {
    /// Method.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// Headers.
    pub headers: HeaderMap,
    /// Header names as they were spelled, and values, in order.
    pub header_lines: Vec<(String, String)>,
    /// The body, byte for byte.
    pub body: Bytes,
    /// Which connection it came over, counted from 0.
    pub connection: usize,
}

impl Received {
    /// The value of a header, by name without case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).expect("the body is JSON")
    }
}

impl fmt::Debug for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {:?} {:?}", self.method, self.path, self.header_lines, self.body)
    }
}

/// A receiver that is up until it is dropped. Replies 200 until it is told otherwise.
pub struct Receiver {
    address: SocketAddr,
    /// What its URLs begin with.
    base: String,
    shared: Arc<Shared>,
    _stop: DropGuard,
}

type Replying = Box<dyn FnMut(&Received) -> Reply + Send>;

struct Shared {
    received: Mutex<Vec<Received>>,
    script: Mutex<Script>,
    arrived: Notify,
    written: AtomicU64,
    ended: watch::Sender<usize>,
    stop: CancellationToken,
}

struct Script {
    next: VecDeque<Reply>,
    then: Replying,
}

impl Receiver {
    /// Opens a receiver that speaks plain HTTP.
    pub async fn start() -> Receiver {
        Receiver::open(None).await
    }

    /// Opens a receiver that speaks HTTPS, as `localhost`.
    pub async fn start_tls(config: rustls::ServerConfig) -> Receiver {
        Receiver::open(Some(TlsAcceptor::from(Arc::new(config)))).await
    }

    async fn open(tls: Option<TlsAcceptor>) -> Receiver {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let script = Script { next: VecDeque::new(), then: Box::new(|_| Reply::status(200)) };
        let shared = Arc::new(Shared {
            received: Mutex::default(),
            script: Mutex::new(script),
            arrived: Notify::new(),
            written: AtomicU64::new(0),
            ended: watch::Sender::new(0),
            stop: stop.clone(),
        });
        let base = match tls {
            Some(_) => format!("https://localhost:{}", address.port()),
            None => format!("http://{address}"),
        };
        tokio::spawn(accept(listener, tls, shared.clone()));
        Receiver { address, base, shared, _stop: stop.drop_guard() }
    }

    /// Gives these replies to the requests that come next, one each.
    pub fn script(&self, replies: impl IntoIterator<Item = Reply>) {
        lock(&self.shared.script).next.extend(replies);
    }

    /// Replies with that status, once the script is at its end.
    pub fn always(&self, status: u16) {
        self.reply_with(move |_| Reply::status(status));
    }

    /// Asks `reply` for each reply, once the script is at its end.
    pub fn reply_with(&self, reply: impl FnMut(&Received) -> Reply + Send + 'static) {
        lock(&self.shared.script).then = Box::new(reply);
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A URL that leads to it; `path` begins with a slash.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// Waits until `count` connections have ended, and tells how many bytes were written over all so far.
    pub async fn written_until_ended(&self, count: usize) -> u64 {
        let mut ended = self.shared.ended.subscribe();
        let waited = tokio::time::timeout(PATIENCE, ended.wait_for(|ended| *ended >= count)).await;
        waited.unwrap_or_else(|_| panic!("waited in vain until {count} connections end")).unwrap();
        self.shared.written.load(Ordering::SeqCst)
    }

    /// How many connections have ended by now.
    pub fn ended(&self) -> usize {
        *self.shared.ended.borrow()
    }

    /// Waits until at least `count` requests have arrived, and gives all that have, in order of arrival.
    pub async fn received(&self, count: usize) -> Vec<Received> {
        self.until(&format!("{count} requests arrive"), |received| received.len() >= count).await
    }

    /// Waits until what has arrived is `enough`, and gives all of it, in order of arrival.
    pub async fn until(&self, what: &str, enough: impl Fn(&[Received]) -> bool) -> Vec<Received> {
        let wait = async {
            loop {
                let mut arrived = std::pin::pin!(self.shared.arrived.notified());
                arrived.as_mut().enable();
                if enough(&lock(&self.shared.received)) {
                    return self.received_so_far();
                }
                arrived.await;
            }
        };
        match tokio::time::timeout(PATIENCE, wait).await {
            Ok(received) => received,
            Err(_) => {
                let received = self.received_so_far();
                let last = &received[received.len().saturating_sub(20)..];
                panic!("waited in vain until {what}; {} arrived, the last ones: {last:#?}", received.len());
            }
        }
    }

    /// What has arrived by now.
    pub fn received_so_far(&self) -> Vec<Received> {
        lock(&self.shared.received).clone()
    }

    /// How much has arrived by now.
    pub fn count(&self) -> usize {
        lock(&self.shared.received).len()
    }

    /// Which event ids (`webhook-id`) have arrived by now, and how often each.
    pub fn ids(&self) -> BTreeMap<String, usize> {
        let mut ids = BTreeMap::new();
        for id in lock(&self.shared.received).iter().filter_map(|request| request.header("webhook-id")) {
            *ids.entry(id.to_owned()).or_default() += 1;
        }
        ids
    }
}

impl Shared {
    /// Notes a request and picks its reply, so that both happen in one order.
    fn take(&self, request: Received) -> Reply {
        let mut script = lock(&self.script);
        let reply = match script.next.pop_front() {
            Some(reply) => reply,
            None => (script.then)(&request),
        };
        lock(&self.received).push(request);
        self.arrived.notify_waiters();
        reply
    }
}

async fn accept(listener: TcpListener, tls: Option<TlsAcceptor>, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    let mut count = 0;
    loop {
        tokio::select! {
            () = shared.stop.cancelled() => return,
            accepted = listener.accept() => {
                let Ok((stream, _)) = accepted else { continue };
                connections.spawn(serve(stream, tls.clone(), count, shared.clone()));
                count += 1;
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn serve(stream: TcpStream, tls: Option<TlsAcceptor>, count: usize, shared: Arc<Shared>) {
    match tls {
        None => wire::serve(stream, count, shared.clone()).await,
        Some(tls) => match tls.accept(stream).into_fallible().await {
            Ok(stream) => wire::serve(stream, count, shared.clone()).await,
            Err((_, mut stream)) => {
                // To close with something unread would take back the alert that says what was wrong.
                tokio::io::copy(&mut stream, &mut tokio::io::sink()).await.ok();
            }
        },
    }
    shared.ended.send_modify(|ended| *ended += 1);
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    #[tokio::test]
    async fn it_keeps_bytes_and_spelling_and_replies_in_order() {
        let receiver = Receiver::start().await;
        receiver.script([Reply::status(500), Reply::status(200).with_body("hi")]);
        let mut stream = TcpStream::connect(receiver.address()).await.unwrap();
        stream.write_all(b"POST /a?b HTTP/1.1\r\nX-ODD: 1\r\ncontent-length: 3\r\n\r\n\x00\xff.").await.unwrap();
        stream.write_all(b"POST /c HTTP/1.1\r\nwebhook-id: x\r\nconnection: close\r\n\r\n").await.unwrap();
        let mut answers = String::new();
        stream.read_to_string(&mut answers).await.unwrap();
        assert!(answers.starts_with("HTTP/1.1 500 "), "{answers}");
        assert!(answers.ends_with("\r\n\r\nhi"), "{answers}");

        let received = receiver.received(2).await;
        assert_eq!(received[0].header_lines[0], ("X-ODD".to_owned(), "1".to_owned()));
        assert_eq!(received[0].header("x-odd"), Some("1"));
        assert_eq!(received[0].body, Bytes::from_static(b"\x00\xff."));
        assert_eq!((received[1].path.as_str(), received[1].connection), ("/c", 0));
        assert_eq!(receiver.ids(), BTreeMap::from([("x".to_owned(), 1)]));
    }
}
