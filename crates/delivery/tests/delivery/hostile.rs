//! Receivers that misbehave, all at once: each is bounded, and its attempt recorded with its own kind and words.

use std::io::Write as _;
use std::time::Duration;

use beckon_delivery::Options;
use beckon_domain::delivery::{Attempt, DeliveryStatus, FailureKind, Outcome};
use beckon_domain::webhook::Webhook;
use beckon_store::WebhookStore;
use beckon_testkit::authority::Issued;
use beckon_testkit::builders::a_webhook_to;
use beckon_testkit::{Authority, Receiver, Reply};
use flate2::Compression;
use flate2::write::GzEncoder;
use futures_util::future::join_all;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::engine::{Engine, options};

/// Most bytes that a receiver gets rid of before its connection is closed. We read less than 200 KiB; the rest is
/// what the two sides' sockets hold.
const WRITTEN_MAX: u64 = 16 * 1024 * 1024;
/// Most bytes of text that are kept of an answer's body: 16 KiB, of which each may have become a mark of three.
const KEPT_MAX: usize = 3 * 16 * 1024;

fn impatient() -> Options {
    Options {
        timeout: Duration::from_secs(4),
        connect_timeout: Duration::from_secs(2),
        first_byte_timeout: Some(Duration::from_secs(2)),
        ..options()
    }
}

/// What a receiver does, and what must be recorded of it.
struct Case {
    name: &'static str,
    reply: Reply,
    expected: Expected,
}

#[derive(Debug, Clone, Copy)]
enum Expected {
    /// The receiver took it, and what is kept of its answer's body begins like this.
    Delivered(&'static str),
    /// It did not: the kind, and some of the words.
    Failed(FailureKind, &'static str),
}
use Expected::{Delivered, Failed};

fn cases() -> Vec<Case> {
    let case = |name, reply, expected| Case { name, reply, expected };
    let head = |rest: &str| format!("HTTP/1.1 200 OK\r\n{rest}");
    let many = |count: usize| (0..count).map(|n| format!("x-{n}: y\r\n")).collect::<String>();
    let too_large = Failed(FailureKind::TooLarge, "larger than we read");
    let broke = Failed(FailureKind::Reset, "broke before the receiver answered");
    let not_http = Failed(FailureKind::Protocol, "does not speak HTTP/1.1");
    let redirect = Failed(FailureKind::Redirect, "Redirects are not followed");
    vec![
        // More than anyone wants.
        case("endless body", Reply::endless("x".repeat(4096)), Delivered("xxx")),
        case("10 GB declared", Reply::promising(10 << 30, "x".repeat(65_536)), Delivered("xxx")),
        case("gzip bomb", gzip_bomb(), Delivered("\u{1f}")),
        case(
            "endless chunks",
            endless_after(&head("transfer-encoding: chunked\r\n\r\n"), "5\r\nhello\r\n"),
            Delivered("hello"),
        ),
        case(
            "endless chunk extension",
            endless_after(&head("transfer-encoding: chunked\r\n\r\n5;"), "x"),
            Delivered(""),
        ),
        case(
            "endless trailers",
            endless_after(&head("transfer-encoding: chunked\r\n\r\n0\r\n"), "x: y\r\n"),
            Delivered(""),
        ),
        case("1 MB header", Reply::raw(head(&format!("x: {}\r\n\r\n", "y".repeat(1 << 20)))), too_large),
        case("1 MB reason", Reply::raw(format!("HTTP/1.1 200 {}\r\n\r\n", "y".repeat(1 << 20))), too_large),
        case("101 headers", Reply::raw(head(&format!("{}\r\n", many(101)))), too_large),
        case("thousands of headers", Reply::raw(head(&format!("{}\r\n", many(20_000)))), too_large),
        case("endless head", Reply::flood("x"), not_http),
        case("endless headers", endless_after(&head(""), "x: y\r\n"), too_large),
        case("endless 100 Continue", Reply::flood("HTTP/1.1 100 Continue\r\n\r\n"), too_large),
        case("endless 103 Early Hints", Reply::flood("HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n"), too_large),
        // Less than it takes, or later.
        case("no answer", Reply::hang(), Failed(FailureKind::Timeout, "No answer within 2 s")),
        case("dripping head", Reply::dripping_head(), Failed(FailureKind::Timeout, "were not complete within 2 s")),
        case("dripping body", Reply::dripping_body("d".repeat(1000)), Delivered("ddd")),
        case("body that stalls", Reply::stalled("the begin"), Delivered("the begin")),
        case("closed without an answer", Reply::drop_connection(), broke),
        case("closed in its head", Reply::raw("HTTP/1.1 200 OK\r\nx: "), broke),
        case("broken in its head", Reply::breaking_after("HTTP/1.1 200 OK\r\nx: "), broke),
        case("closed in its body", Reply::raw(head("content-length: 9\r\n\r\nbegin")), Delivered("begin")),
        case("broken in its body", Reply::breaking_after(head("content-length: 9\r\n\r\nbegin")), Delivered("")),
        // Not what was asked for.
        case("NUL bytes", Reply::status(200).with_body(&b"a\0b"[..]), Delivered("a\u{fffd}b")),
        case("broken UTF-8", Reply::status(200).with_body(&b"a\xff\xc3"[..]), Delivered("a\u{fffd}\u{fffd}")),
        case(
            "broken UTF-8 in a header",
            Reply::raw(&b"HTTP/1.1 200 OK\r\nx: \xff\xfe\r\ncontent-length: 0\r\n\r\n"[..]),
            Delivered(""),
        ),
        case("NUL in a header", Reply::raw(head("x: a\0b\r\n\r\n")), not_http),
        case("another protocol", Reply::raw("SSH-2.0-OpenSSH_9.9\r\n"), not_http),
        case("two lengths", Reply::raw(head("content-length: 1\r\ncontent-length: 2\r\n\r\nab")), not_http),
        case("a length below zero", Reply::raw(head("content-length: -1\r\n\r\nab")), not_http),
        case("a chunk without a size", Reply::raw(head("transfer-encoding: chunked\r\n\r\nzz\r\n")), Delivered("")),
        case("no status", Reply::raw("HTTP/1.1 OK\r\n\r\n"), not_http),
        case("status 999", Reply::status(999), Failed(FailureKind::Status, "answered 999")),
        case(
            "another protocol, politely",
            Reply::raw("HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n"),
            Failed(FailureKind::Status, "101"),
        ),
        case("redirect to itself", Reply::status(307).with_header("location", "/hook"), redirect),
        case("redirect inside", Reply::status(302).with_header("location", "http://169.254.169.254/latest/"), redirect),
        case("redirect to a file", Reply::status(301).with_header("location", "file:///etc/passwd"), redirect),
        case(
            "broken after a refusal",
            Reply::breaking_after("HTTP/1.1 500 No\r\ncontent-length: 9\r\n\r\n"),
            Failed(FailureKind::Status, "500"),
        ),
    ]
}

/// 10 MB of zeros in 10 KB.
fn gzip_bomb() -> Reply {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&vec![0; 10 << 20]).unwrap();
    let bomb = encoder.finish().unwrap();
    assert!(bomb.len() < (10 << 20) / 900);
    Reply::status(200).with_header("content-encoding", "gzip").with_body(bomb)
}

/// These bytes, and then `chunk` without end.
fn endless_after(beginning: &str, chunk: &str) -> Reply {
    let chunk = chunk.repeat(4096 / chunk.len());
    Reply::flood(chunk).after(beginning.to_owned())
}

// behaviour L1, L2
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_a_receiver_does_is_bounded_and_recorded_as_what_it_is() {
    let engine = Engine::with(impatient()).await;
    let mut stages = Vec::new();
    for case in cases() {
        let receiver = Receiver::start().await;
        let webhook = engine.webhook(&receiver).await;
        stages.push((case, receiver, webhook));
    }
    let checked = stages.into_iter().map(async |(Case { name, reply, expected }, receiver, webhook)| {
        receiver.script([reply]);
        let attempt = attempt(&engine, &webhook, name).await;
        check(name, &attempt, expected);
        assert_eq!(receiver.count(), 1, "{name}");
        let whole = matches!(attempt.outcome, Outcome::Delivered) && !attempt.exchange.response_truncated;
        if !whole && attempt.exchange.status.is_none_or(|status| status == 200) {
            let written = receiver.written_until_ended(1).await;
            assert!(written < WRITTEN_MAX, "{name}: {written} bytes");
        }
        attempt.exchange.timings.total_us
    });
    let took = join_all(checked).await;
    assert!(took.iter().all(|us| *us < 5_000_000), "{took:?}");
}

/// What is recorded of an event's first attempt to reach `webhook`.
async fn attempt(engine: &Engine, webhook: &Webhook, name: &str) -> Attempt {
    let event = engine.announce(&[webhook]).await;
    let ended = |status| status == DeliveryStatus::Delivered || status == DeliveryStatus::Retrying;
    let delivery = engine.delivery_is(event.deliveries[0].id, |delivery| ended(delivery.status)).await;
    let attempts = engine.attempts(delivery.id).await;
    assert_eq!(attempts.len(), 1, "{name}");
    attempts.into_iter().next().unwrap()
}

fn check(name: &str, attempt: &Attempt, expected: Expected) {
    let exchange = &attempt.exchange;
    match (&attempt.outcome, expected) {
        (Outcome::Delivered, Delivered(beginning)) => {
            assert!(exchange.response_body.starts_with(beginning), "{name}: {:?}", exchange.response_body);
        }
        (Outcome::Failed { kind, message }, Failed(expected, words)) => {
            assert_eq!(*kind, expected, "{name}: {message}");
            assert!(message.contains(words) && message.ends_with(['.', '?']), "{name}: {message}");
        }
        (outcome, expected) => panic!("{name}: {outcome:?}, not {expected:?}"),
    }
    assert!(exchange.response_body.len() <= KEPT_MAX, "{name}: {} bytes", exchange.response_body.len());
    assert!(!exchange.response_body.contains('\0') && !format!("{:?}", exchange.response_headers).contains("\\0"));
    assert!(exchange.response_headers.len() <= 64, "{name}");
}

// behaviour L2 (in part)
#[tokio::test]
async fn what_is_packed_stays_packed() {
    let engine = Engine::start().await;
    let receiver = Receiver::start().await;
    receiver.script([gzip_bomb()]);
    let webhook = engine.webhook(&receiver).await;
    let exchange = attempt(&engine, &webhook, "gzip bomb").await.exchange;
    assert_eq!(receiver.received(1).await[0].header("accept-encoding"), None);
    // Unpacked it would be nothing but NUL, of which 16 KiB would be kept; packed, it is shorter than that.
    assert!(!exchange.response_truncated && exchange.response_body.chars().count() < 16 * 1024);
    assert!(exchange.response_body.chars().any(|c| !matches!(c, '\u{fffd}')));
}

// behaviour T2
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_of_tls_and_of_connecting_is_recorded_as_what_it_is() {
    let engine = Engine::with(impatient()).await;
    let authority = Authority::default();
    let expired = Receiver::start_tls(authority.issue_expired("localhost").server()).await;
    let other = Receiver::start_tls(authority.issue("other.example").server()).await;
    let self_signed = Receiver::start_tls(Issued::self_signed("localhost").server()).await;
    let choosy = Receiver::start_tls(authority.issue("localhost").server_for_clients_of(&authority)).await;
    let garbage = listen(|mut stream| async move {
        stream.write_all(&[b'x'; 4096]).await.ok();
        stream.read_to_end(&mut Vec::new()).await.ok();
    })
    .await;
    let silent = listen(|mut stream| async move {
        stream.read_to_end(&mut Vec::new()).await.ok();
    })
    .await;
    let breaks = listen(|mut stream| async move {
        stream.read_u8().await.ok();
        stream.set_zero_linger().unwrap();
    })
    .await;
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let tls = |words| Failed(FailureKind::Tls, words);
    let cases = [
        (expired.url("/"), tls("has expired")),
        (other.url("/"), tls("is for another host name")),
        (self_signed.url("/"), tls("not from an authority we trust")),
        (choosy.url("/"), tls("wants a client certificate")),
        (format!("https://localhost:{garbage}/"), tls("does not speak TLS in a way we understand")),
        (format!("https://localhost:{silent}/"), tls("did not finish the TLS handshake within 2 s")),
        (format!("https://localhost:{breaks}/"), tls("broke off the TLS handshake")),
        (format!("http://{closed}/"), Failed(FailureKind::Refused, "the connection was refused")),
        ("http://no-such-host.invalid/".to_owned(), Failed(FailureKind::Dns, "is it spelled right?")),
        ("http://10.0.0.1/".to_owned(), Failed(FailureKind::AddressNotAllowed, "address not allowed")),
    ];
    let mut webhooks = Vec::new();
    for (url, expected) in cases {
        let webhook = Webhook { ca_certificates: Some(authority.pem()), ..a_webhook_to(&engine.ambient, &url) };
        engine.store.create_webhook(&webhook).await.unwrap();
        webhooks.push((url, webhook, expected));
    }
    join_all(webhooks.iter().map(async |(url, webhook, expected)| {
        check(url, &attempt(&engine, webhook, url).await, *expected);
    }))
    .await;
    assert_eq!(expired.count() + other.count() + self_signed.count() + choosy.count(), 0);
}

/// The port of something on this machine that does that with each connection.
async fn listen<F: Future<Output = ()> + Send + 'static>(serve: impl Fn(TcpStream) -> F + Send + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream));
        }
    });
    port
}
