//! The sender against a receiver that does as it is told.

mod auth;
mod rebinding;
mod tls;

use beckon_testkit::builders::{a_due_attempt, a_webhook};
use beckon_testkit::{Receiver, Reply, ambient};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use url::Url;

use super::*;

fn options() -> Options {
    Options {
        timeout: Duration::from_secs(1),
        connect_timeout: Duration::from_secs(1),
        allow_nets: vec!["127.0.0.0/8".parse().unwrap()],
        ..Options::default()
    }
}

fn sender() -> Sender {
    Sender::new(&options()).unwrap()
}

fn webhook_to(url: &str) -> Webhook {
    Webhook { url: Url::parse(url).unwrap(), ..a_webhook() }
}

impl Sender {
    async fn send(&self, webhook: &Webhook) -> Sent {
        self.send_while(&|| true, webhook).await.unwrap()
    }

    async fn send_while(&self, wanted: &Wanted<'_>, webhook: &Webhook) -> Option<Sent> {
        let due = a_due_attempt();
        let shipment = Shipment { webhook: &Arc::new(webhook.clone()), due: &due, at: ambient::FAKE_NOW };
        self.send_if(&|| wanted(), shipment).await
    }
}

fn status(sent: &Sent) -> u16 {
    sent.result.as_ref().unwrap().status.as_u16()
}

#[tokio::test]
async fn an_exchange_is_noted_with_its_phases() {
    let receiver = Receiver::start().await;
    receiver.script([Reply::status(202).with_header("X-Trace", "abc").with_body("thanks")]);
    let sent = sender().send(&webhook_to(&receiver.url("/hook?a=1"))).await;
    assert_eq!(status(&sent), 202);
    let exchange = sent.exchange;
    assert_eq!((exchange.response_body.as_str(), exchange.response_truncated), ("thanks", false));
    assert!(exchange.response_headers.contains(&("x-trace".to_owned(), "abc".to_owned())));
    let timings = exchange.timings;
    assert!(timings.connect_us.is_some() && timings.first_byte_us.is_some() && timings.body_us.is_some());
    assert_eq!((timings.dns_us, timings.tls_us), (None, None), "an address needs no DNS, http no TLS");

    let got = receiver.received(1).await.remove(0);
    assert_eq!((got.method.as_str(), got.path.as_str()), ("POST", "/hook?a=1"));
    assert_eq!(got.body, a_due_attempt().payload);
    assert_eq!(got.header("content-type"), Some("application/json"));
    assert_eq!(got.header("accept-encoding"), None);
    assert_eq!(got.header("host"), Some(receiver.address().to_string().as_str()));
}

#[tokio::test]
async fn a_connection_is_used_again_and_then_has_no_connect_phase() {
    let receiver = Receiver::start().await;
    let sender = sender();
    sender.send(&webhook_to(&receiver.url("/"))).await;
    receiver.received(1).await;
    // The connection is ready again in a moment of its own.
    while sender.pool.is_empty() {
        tokio::task::yield_now().await;
    }
    let sent = sender.send(&webhook_to(&receiver.url("/"))).await;
    assert_eq!((status(&sent), sent.exchange.timings.connect_us), (200, None));
    assert_eq!(receiver.received(2).await[1].connection, 0);
}

#[tokio::test]
async fn a_kept_connection_that_its_receiver_closes_is_let_go_and_the_next_request_opens_another() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let webhook = webhook_to(&format!("http://{}/", listener.local_addr().unwrap()));
    let (close, closed) = tokio::sync::oneshot::channel::<()>();
    let answering = tokio::spawn(async move {
        let mut first = answer_once(&listener).await;
        closed.await.ok();
        first.shutdown().await.unwrap();
        answer_once(&listener).await
    });
    let sender = sender();
    assert_eq!(status(&sender.send(&webhook).await), 204);
    while sender.pool.is_empty() {
        tokio::task::yield_now().await;
    }
    close.send(()).unwrap();
    while !sender.pool.is_empty() {
        sender.drop_idle();
        tokio::task::yield_now().await;
    }
    let sent = sender.send(&webhook).await;
    assert!(status(&sent) == 204 && sent.exchange.timings.connect_us.is_some());
    answering.await.unwrap();
}

/// Takes a connection, reads the head of a request and answers it.
async fn answer_once(listener: &TcpListener) -> tokio::net::TcpStream {
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut read = Vec::new();
    while !read.windows(4).any(|end| end == b"\r\n\r\n") {
        assert!(stream.read_buf(&mut read).await.unwrap() > 0);
    }
    stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
    stream
}

// behaviour R7
#[tokio::test]
async fn what_is_not_wanted_any_more_once_connected_is_not_sent() {
    let receiver = Receiver::start().await;
    let sender = sender();
    assert!(sender.send_while(&|| false, &webhook_to(&receiver.url("/not-wanted"))).await.is_none());
    sender.send(&webhook_to(&receiver.url("/wanted"))).await;
    let got = receiver.received(1).await;
    assert_eq!((got.len(), got[0].path.as_str()), (1, "/wanted"));
}

// behaviour S11
#[tokio::test]
async fn custom_headers_arrive_as_they_were_spelled() {
    let receiver = Receiver::start().await;
    let headers = [("X-API-Key", "k"), ("x-lower", "l"), ("X-Mixed-CASE", "m")];
    let webhook = Webhook {
        url: Url::parse(&receiver.url("/")).unwrap(),
        headers: headers.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect(),
        ..a_webhook()
    };
    sender().send(&webhook).await;
    let lines = receiver.received(1).await.remove(0).header_lines;
    for (name, value) in headers {
        assert!(lines.contains(&(name.to_owned(), value.to_owned())), "{name} in {lines:?}");
    }
    assert!(lines.iter().any(|(name, _)| name == "webhook-id"), "{lines:?}");
}

// behaviour L2
#[tokio::test]
async fn an_endless_body_is_cut() {
    let receiver = Receiver::start().await;
    receiver.script([Reply::endless(vec![b'x'; 4096])]);
    let options = Options { timeout: Duration::from_secs(30), ..options() };
    let sent = Sender::new(&options).unwrap().send(&webhook_to(&receiver.url("/"))).await;
    assert_eq!(status(&sent), 200);
    assert_eq!(sent.exchange.response_body.len(), options.response_body_kept_max);
    assert!(sent.exchange.response_truncated);
    assert!(sent.exchange.timings.total_us < 20_000_000, "it did not wait for the deadline");
}

// behaviour L1 (in part)
#[tokio::test]
async fn a_body_that_stalls_is_cut_at_the_deadline_and_what_came_is_kept() {
    let receiver = Receiver::start().await;
    receiver.script([Reply::stalled("the beginn")]);
    let sent = sender().send(&webhook_to(&receiver.url("/"))).await;
    assert_eq!(status(&sent), 200);
    assert_eq!((sent.exchange.response_body.as_str(), sent.exchange.response_truncated), ("the beginn", true));
}

// behaviour L1 (in part)
#[tokio::test]
async fn a_receiver_that_never_answers_is_given_up_at_the_deadline() {
    let receiver = Receiver::start().await;
    receiver.script([Reply::hang()]);
    let sent = sender().send(&webhook_to(&receiver.url("/"))).await;
    assert!(matches!(sent.result, Err(SendFailure::Timeout(_))), "{:?}", sent.result);
    assert!(sent.exchange.timings.total_us >= 1_000_000);
}

// behaviour L2
#[tokio::test]
async fn oversized_heads_are_refused() {
    let receiver = Receiver::start().await;
    let many: String = (0..5_000).map(|n| format!("x-{n}: y\r\n")).collect();
    let huge = format!("x-big: {}\r\n", "y".repeat(1024 * 1024));
    for headers in [many, huge] {
        receiver.script([Reply::raw(format!("HTTP/1.1 200 OK\r\n{headers}\r\n"))]);
        let sent = sender().send(&webhook_to(&receiver.url("/"))).await;
        assert!(matches!(sent.result, Err(SendFailure::TooLarge)), "{:?}", sent.result);
    }
}

// behaviour T2
#[tokio::test]
async fn each_way_to_fail_is_its_own_kind() {
    let sender = sender();
    let receiver = Receiver::start().await;
    receiver.script([Reply::drop_connection(), Reply::raw("SSH-2.0-OpenSSH_9.9\r\n")]);
    let result = sender.send(&webhook_to(&receiver.url("/"))).await.result;
    assert!(matches!(result, Err(SendFailure::Reset)), "{result:?}");
    let result = sender.send(&webhook_to(&receiver.url("/"))).await.result;
    assert!(matches!(result, Err(SendFailure::NotHttp(_))), "{result:?}");

    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let result = sender.send(&webhook_to(&format!("http://{closed}/"))).await.result;
    assert!(matches!(result, Err(SendFailure::Refused(_))), "{result:?}");

    let plain = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let webhook = webhook_to(&format!("https://{}/", plain.local_addr().unwrap()));
    let talks_http = async {
        let (mut stream, _) = plain.accept().await.unwrap();
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
        stream
    };
    let (result, _stream) = tokio::join!(sender.send(&webhook), talks_http);
    let result = result.result;
    assert!(matches!(result, Err(SendFailure::Tls(TlsFault::Handshake(_)))), "{result:?}");

    let result = sender.send(&webhook_to("http://no-such-host.invalid/")).await.result;
    assert!(matches!(result, Err(SendFailure::Unresolved(_))), "{result:?}");
}

// behaviour L4
#[tokio::test]
async fn a_private_address_is_not_connected_to() {
    let receiver = Receiver::start().await;
    let sender = Sender::new(&Options { allow_nets: vec![], ..options() }).unwrap();
    for host in ["127.0.0.1", "localhost", "2130706433", "[::ffff:127.0.0.1]"] {
        let url = format!("http://{host}:{}/", receiver.address().port());
        let result = sender.send(&webhook_to(&url)).await.result;
        assert!(matches!(result, Err(SendFailure::NotAllowed)), "{host}: {result:?}");
    }
    assert_eq!(receiver.count(), 0);
}

// behaviour S13
#[tokio::test]
async fn plain_http_is_refused_where_only_https_is_wanted() {
    let receiver = Receiver::start().await;
    let sender = Sender::new(&Options { https_only: true, ..options() }).unwrap();
    let result = sender.send(&webhook_to(&receiver.url("/"))).await.result;
    assert!(matches!(result, Err(SendFailure::HttpsOnly)), "{result:?}");
    assert_eq!(receiver.count(), 0);
}
