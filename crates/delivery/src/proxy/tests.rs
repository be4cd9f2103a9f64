//! Requests through a proxy that keeps to the rules, and through some that do not.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use beckon_domain::delivery::{FailureKind, Outcome};
use beckon_domain::webhook::Webhook;
use beckon_testkit::builders::{a_due_attempt, a_webhook};
use beckon_testkit::{Authority, Receiver, ambient};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::classify::classify_failure;
use crate::lookup::Names;
use crate::options::Options;
use crate::sender::failure::SendFailure;
use crate::sender::{Sender, Sent};
use crate::transport::{Shipment, Transport};

/// A proxy on this machine that notes what it is asked for and goes to `way` whatever that is.
struct FakeProxy {
    port: u16,
    asked: Arc<Mutex<Vec<String>>>,
}

#[derive(Clone)]
enum Manner {
    /// Goes there.
    Open(SocketAddr),
    /// Answers this to a request, and goes nowhere.
    Answer(&'static [u8]),
    /// Answers nothing.
    Hang,
}

impl FakeProxy {
    async fn start(manner: Manner) -> FakeProxy {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(vec![]));
        let noted = asked.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (manner, noted) = (manner.clone(), noted.clone());
                tokio::spawn(serve(stream, manner, noted));
            }
        });
        FakeProxy { port, asked }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    fn options(&self, scheme: &str) -> Options {
        let proxy = ProxyUrl::parse(&format!("{scheme}://127.0.0.1:{}", self.port)).unwrap();
        Options {
            proxy: Some(proxy),
            timeout: Duration::from_secs(2),
            connect_timeout: Duration::from_secs(1),
            ..Options::default()
        }
    }
}

async fn serve(mut stream: TcpStream, manner: Manner, noted: Arc<Mutex<Vec<String>>>) {
    let first = stream.read_u8().await.unwrap();
    let (asked, good) = if first == 5 {
        (read_socks5(&mut stream).await, &b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00"[..])
    } else {
        (read_connect(&mut stream).await, &b"HTTP/1.1 200 Open\r\nx-proxy: fake\r\n\r\n"[..])
    };
    noted.lock().unwrap().push(asked);
    match manner {
        Manner::Open(way) => {
            let mut onward = TcpStream::connect(way).await.unwrap();
            stream.write_all(good).await.unwrap();
            copy_bidirectional(&mut stream, &mut onward).await.ok();
        }
        Manner::Answer(answer) => {
            stream.write_all(answer).await.ok();
            stream.read_u8().await.ok();
        }
        Manner::Hang => {
            stream.read_u8().await.ok();
        }
    }
}

async fn read_connect(stream: &mut TcpStream) -> String {
    let mut head = b"C".to_vec();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    let head = String::from_utf8(head).unwrap();
    let line = head.lines().next().unwrap().to_owned();
    let credentials = head.lines().find_map(|line| line.strip_prefix("proxy-authorization: "));
    format!("{line} as {}", credentials.unwrap_or("nobody"))
}

/// Wants user "us:er" and password "p@ss" from those who offer to authenticate.
async fn read_socks5(stream: &mut TcpStream) -> String {
    let mut methods = vec![0; usize::from(stream.read_u8().await.unwrap())];
    stream.read_exact(&mut methods).await.unwrap();
    let mut who = "nobody".to_owned();
    if methods.contains(&2) {
        stream.write_all(&[5, 2]).await.unwrap();
        assert_eq!(stream.read_u8().await.unwrap(), 1);
        let (user, password) = (read_text(stream).await, read_text(stream).await);
        who = format!("{user} {password}");
        stream.write_all(&[1, 0]).await.unwrap();
    } else {
        stream.write_all(&[5, 0]).await.unwrap();
    }
    let mut head = [0; 4];
    stream.read_exact(&mut head).await.unwrap();
    let target = match head {
        [5, 1, 0, 1] => IpAddr::from(stream.read_u32().await.unwrap().to_be_bytes()).to_string(),
        [5, 1, 0, 4] => IpAddr::from(stream.read_u128().await.unwrap().to_be_bytes()).to_string(),
        [5, 1, 0, 3] => read_text(stream).await,
        _ => panic!("{head:?}"),
    };
    format!("{target} {} as {who}", stream.read_u16().await.unwrap())
}

async fn read_text(stream: &mut TcpStream) -> String {
    let mut text = vec![0; usize::from(stream.read_u8().await.unwrap())];
    stream.read_exact(&mut text).await.unwrap();
    String::from_utf8(text).unwrap()
}

/// Two names: one is public, the other is not.
fn names() -> Names {
    Names::of(Arc::new(|name: &str| {
        Ok(match name {
            "public.test" => vec![Ipv4Addr::new(93, 184, 216, 34).into()],
            "both.test" => vec!["93.184.216.34".parse().unwrap(), "2606:4700::1111".parse().unwrap()],
            _ => vec![Ipv4Addr::new(10, 0, 0, 1).into()],
        })
    }))
}

async fn send(options: &Options, url: &str) -> Sent {
    let webhook = Webhook { url: Url::parse(url).unwrap(), ..a_webhook() };
    send_to(options, &webhook).await
}

async fn send_to(options: &Options, webhook: &Webhook) -> Sent {
    let sender = Sender::with_names(options, names()).unwrap();
    let due = a_due_attempt();
    let webhook = &Arc::new(webhook.clone());
    sender.send_if(&|| true, Shipment { webhook, due: &due, at: ambient::FAKE_NOW }).await.unwrap()
}

fn status(sent: &Sent) -> u16 {
    sent.result.as_ref().unwrap().status.as_u16()
}

#[tokio::test]
async fn either_kind_of_proxy_is_given_the_vetted_address_and_not_the_name() {
    let receiver = Receiver::start().await;
    let proxy = FakeProxy::start(Manner::Open(receiver.address())).await;
    for scheme in ["http", "socks5"] {
        let sent = send(&proxy.options(scheme), "http://public.test/hook").await;
        assert_eq!(status(&sent), 200, "{scheme}");
        assert!(sent.exchange.timings.connect_us.is_some() && sent.exchange.timings.dns_us.is_some());
    }
    assert_eq!(proxy.asked(), ["CONNECT 93.184.216.34:80 HTTP/1.1 as nobody", "93.184.216.34 80 as nobody"]);
    let got = receiver.received(2).await;
    assert_eq!((got[0].path.as_str(), got[0].header("host")), ("/hook", Some("public.test")));

    send(&proxy.options("http"), "http://[2606:4700::1111]:8080/").await;
    send(&proxy.options("socks5"), "http://[2606:4700::1111]:8080/").await;
    let asked = proxy.asked();
    assert_eq!(asked[2..], ["CONNECT [2606:4700::1111]:8080 HTTP/1.1 as nobody", "2606:4700::1111 8080 as nobody"]);
}

#[tokio::test]
async fn tls_goes_through_the_tunnel_to_the_name() {
    let authority = Authority::default();
    let receiver = Receiver::start_tls(authority.issue("public.test").server()).await;
    let proxy = FakeProxy::start(Manner::Open(receiver.address())).await;
    let url = Url::parse("https://public.test/hook").unwrap();
    let webhook = Webhook { url, ca_certificates: Some(authority.pem()), ..a_webhook() };
    assert_eq!(status(&send_to(&proxy.options("http"), &webhook).await), 200);
    assert_eq!(proxy.asked(), ["CONNECT 93.184.216.34:443 HTTP/1.1 as nobody"]);
}

#[tokio::test]
async fn credentials_are_given_to_the_proxy_and_shown_to_nobody() {
    let receiver = Receiver::start().await;
    let proxy = FakeProxy::start(Manner::Open(receiver.address())).await;
    for scheme in ["http", "socks5"] {
        let user = if scheme == "http" { "user" } else { "us%3Aer" };
        let url = ProxyUrl::parse(&format!("{scheme}://{user}:p%40ss@127.0.0.1:{}", proxy.port)).unwrap();
        assert_eq!(url.to_string(), format!("{scheme}://***@127.0.0.1:{}", proxy.port));
        let options = Options { proxy: Some(url), ..proxy.options(scheme) };
        assert!(!format!("{options:?}").contains("p@ss") && !format!("{options:?}").contains("p%40ss"));
        let sent = send(&options, "http://public.test/").await;
        assert_eq!(status(&sent), 200);
        assert!(!format!("{:?}", sent.exchange).contains("proxy-authorization"));
    }
    let asked = proxy.asked();
    assert_eq!(asked[0], "CONNECT 93.184.216.34:80 HTTP/1.1 as Basic dXNlcjpwQHNz");
    assert_eq!(asked[1], "93.184.216.34 80 as us:er p@ss");
    assert!(receiver.received(2).await.iter().all(|request| request.header("proxy-authorization").is_none()));
}

// behaviour L6 (in part)
#[tokio::test]
async fn the_guard_holds_behind_a_proxy_as_before_it() {
    let proxy = FakeProxy::start(Manner::Answer(b"")).await;
    for url in ["http://private.test/", "http://10.0.0.1/", "http://[::ffff:127.0.0.1]/", "http://localhost/"] {
        for proxy_resolves_names in [false, true] {
            if url.contains("private") && proxy_resolves_names {
                continue;
            }
            let options = Options { proxy_resolves_names, ..proxy.options("http") };
            let result = send(&options, url).await.result;
            assert!(matches!(result, Err(SendFailure::NotAllowed)), "{url}: {result:?}");
        }
    }
    assert!(proxy.asked().is_empty());
}

#[tokio::test]
async fn a_proxy_that_insists_on_names_gets_them() {
    let receiver = Receiver::start().await;
    let proxy = FakeProxy::start(Manner::Open(receiver.address())).await;
    for scheme in ["http", "socks5"] {
        let options = Options { proxy_resolves_names: true, ..proxy.options(scheme) };
        let sent = send(&options, "http://private.test:8080/").await;
        assert_eq!((status(&sent), sent.exchange.timings.dns_us), (200, None));
    }
    assert_eq!(proxy.asked(), ["CONNECT private.test:8080 HTTP/1.1 as nobody", "private.test 8080 as nobody"]);
}

#[tokio::test]
async fn every_way_a_proxy_fails_is_told_in_words() {
    let cases: [(&str, Manner, &str); 8] = [
        (
            "http",
            Manner::Answer(b"HTTP/1.1 403 Forbidden\r\n\r\n"),
            "no way to public.test:80: it answered 403 Forbidden",
        ),
        ("http", Manner::Answer(b"HTTP/1.1 407 Who?\r\n\r\n"), "does not accept our user name and password"),
        ("http", Manner::Answer(b"SSH-2.0-OpenSSH_9.9\r\n"), "does not speak its protocol"),
        ("http", Manner::Answer(&[b'H'; 100_000]), "does not speak its protocol"),
        ("http", Manner::Hang, "no way to public.test:80 in time"),
        ("socks5", Manner::Answer(b"\x05\x05\x00\x01\x00\x00\x00\x00\x00\x00"), "the connection was refused"),
        ("socks5", Manner::Answer(b"\x05\x02\x00\x01\x00\x00\x00\x00\x00\x00"), "its rules do not allow it"),
        ("socks5", Manner::Answer(b"HTTP"), "does not speak its protocol"),
    ];
    for (scheme, manner, words) in cases {
        let proxy = FakeProxy::start(manner).await;
        told(&proxy.options(scheme), words).await;
    }
    let endless = FakeProxy::start(Manner::Answer(Box::leak(
        format!("HTTP/1.1 200 OK\r\nx: {}", "y".repeat(1024 * 1024)).into_bytes().into_boxed_slice(),
    )))
    .await;
    told(&endless.options("http"), "does not speak its protocol").await;
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let proxy = Some(ProxyUrl::parse(&format!("http://{gone}")).unwrap());
    told(&Options { proxy, ..Options::default() }, "cannot be reached").await;
}

async fn told(options: &Options, words: &str) {
    let failure = send(options, "http://public.test/").await.result.unwrap_err();
    let Outcome::Failed { kind, message } = classify_failure(&failure, "public.test:80") else { unreachable!() };
    assert_eq!(kind, FailureKind::Proxy, "{words}");
    assert!(message.contains(words), "{message}");
}

#[tokio::test]
async fn another_address_is_tried_when_the_proxy_cannot_reach_the_first() {
    let proxy = FakeProxy::start(Manner::Answer(b"HTTP/1.1 502 Bad Gateway\r\n\r\n")).await;
    send(&proxy.options("http"), "http://both.test/").await;
    let expected = ["CONNECT 93.184.216.34:80 HTTP/1.1 as nobody", "CONNECT [2606:4700::1111]:80 HTTP/1.1 as nobody"];
    assert_eq!(proxy.asked(), expected);
}

#[test]
fn a_proxy_url_that_cannot_be_used_says_why_without_repeating_credentials() {
    let wrong = [
        ("https://proxy:443", "not supported"),
        ("socks5h://proxy:1080", "proxy_resolves_names"),
        ("socks4://proxy:1080", "not a kind of proxy"),
        ("socks5://proxy", "names no port"),
        ("http://hush:hush@proxy:80/path", "more than a host and a port"),
        ("proxy:8080", "not a kind of proxy"),
        ("nonsense", "not a URL"),
        ("socks5://hu%ff:hush@:80", "a URL"),
    ];
    for (text, words) in wrong {
        let reason = ProxyUrl::parse(text).unwrap_err();
        assert!(reason.contains(words) && !reason.contains("hush"), "{text}: {reason}");
    }
    let long = ProxyUrl::parse(&format!("socks5://u:{}@proxy:1080", "x".repeat(256))).unwrap_err();
    assert!(long.contains("255 bytes"), "{long}");
    for (text, shown) in [
        ("http://proxy", "http://proxy:80"),
        (" socks5://[::1]:1080/ ", "socks5://[::1]:1080"),
        ("socks5://127.0.0.1:1080", "socks5://127.0.0.1:1080"),
    ] {
        assert_eq!(ProxyUrl::parse(text).unwrap().to_string(), shown);
    }
}
