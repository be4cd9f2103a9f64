//! Every way to write an address that must not be reached, through the path a webhook's URL takes: read, resolve, vet.

use std::io;
use std::sync::Arc;

use url::Url;

use super::*;
use crate::options::Options;
use crate::sender::Sender;
use crate::sender::failure::SendFailure;
use crate::transport::{Shipment, Transport};

/// What people type, or find on lists of tricks. `…` stands for the port of something that listens on this machine.
const REFUSED: &[&str] = &[
    // Loopback, as numbers.
    "http://127.0.0.1:…/",
    "http://127.0.0.1.:…/",
    "http://127.1:…/",
    "http://127.0.1:…/",
    "http://127.127.127.127:…/",
    "http://2130706433:…/",
    "http://017700000001:…/",
    "http://0177.0.0.1:…/",
    "http://0177.0.0.01:…/",
    "http://0x7f.0.0.1:…/",
    "http://0x7F000001:…/",
    "http://0x7f.1:…/",
    "http://0x7f.0x0.0x0.0x1:…/",
    "http://%31%32%37.0.0.1:…/",
    "http://127%2e0%2e0%2e1:…/",
    "http://user:pass@127.0.0.1:…/",
    "http://example.com@127.0.0.1:…/",
    "http:127.0.0.1:…/",
    "http:\\\\127.0.0.1:…\\",
    "http://127.0.0.1:…#@example.com/",
    // Loopback, in digits and dots of other scripts.
    "http://１２７.０.０.１:…/",
    "http://①②⑦.⓪.⓪.①:…/",
    "http://127。0。0。1:…/",
    "http://127．0．0．1:…/",
    "http://１２７｡１:…/",
    "http://𝟏𝟐𝟕.𝟎.𝟎.𝟏:…/",
    // This host, and everything at once.
    "http://0:…/",
    "http://0.0.0.0:…/",
    "http://0x0:…/",
    "http://00000:…/",
    "http://255.255.255.255:…/",
    // Loopback by name.
    "http://localhost:…/",
    "http://LOCALHOST:…/",
    "http://localhost.:…/",
    "http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ:…/",
    "http://foo.localhost:…/",
    "http://foo.bar.localhost.:…/",
    "http://localhost.localdomain:…/",
    // IPv6: itself, and IPv4 in it.
    "http://[::1]:…/",
    "http://[0:0:0:0:0:0:0:1]:…/",
    "http://[0000::0001]:…/",
    "http://[::]:…/",
    "http://[::ffff:127.0.0.1]:…/",
    "http://[::ffff:7f00:1]:…/",
    "http://[0:0:0:0:0:FFFF:7F00:0001]:…/",
    "http://[::ffff:0:127.0.0.1]:…/",
    "http://[::127.0.0.1]:…/",
    "http://[::7f00:1]:…/",
    "http://[64:ff9b::127.0.0.1]:…/",
    "http://[64:ff9b::7f00:1]:…/",
    "http://[64:ff9b:1::7f00:1]:…/",
    "http://[2002:7f00:1::]:…/",
    "http://[2002:7f00:0001::1]:…/",
    "http://[2001:0:7f00:1::1]:…/",
    // Private networks.
    "http://10.0.0.1/",
    "http://012.0.0.1/",
    "http://0xa.0.0.1/",
    "http://167772161/",
    "http://10.1/",
    "https://172.16.0.1/",
    "https://172.31.255.254/",
    "https://192.168.0.1/",
    "https://192.168.1/",
    "https://3232235777/",
    "https://0300.0250.1.1/",
    "http://[::ffff:10.0.0.1]/",
    "http://[::ffff:c0a8:101]/",
    "http://[64:ff9b::c0a8:101]/",
    "http://[2002:c0a8:101::1]/",
    "http://[fc00::1]/",
    "http://[fd00:ec2::254]/",
    "http://[fdff:ffff::1]/",
    // Link-local, and where clouds keep their secrets.
    "http://169.254.169.254/latest/meta-data/",
    "http://2852039166/latest/meta-data/",
    "http://0xa9fea9fe/",
    "http://0251.0376.0251.0376/",
    "http://169.254.43518/",
    "http://[::ffff:169.254.169.254]/",
    "http://[64:ff9b::a9fe:a9fe]/",
    "http://[2002:a9fe:a9fe::]/",
    "http://[fe80::1]/",
    "http://[febf::1]/",
    "http://[fec0::1]/",
    // Shared, benchmarking, documentation, multicast, reserved.
    "http://100.64.0.1/",
    "http://100.100.100.200/",
    "http://198.18.0.1/",
    "http://192.0.2.1/",
    "http://224.0.0.1/",
    "http://240.0.0.1/",
    "http://[2001:db8::1]/",
    "http://[3fff::1]/",
    "http://[ff02::1]/",
    "http://[100::1]/",
    // Names that lead to any of that.
    "http://private.test/",
    "http://metadata.google.internal/",
    "http://127.0.0.1.nip.test:…/",
    "http://mapped.test:…/",
    "http://nat64.test:…/",
];

/// What no URL can be read from, so no webhook be made of.
const UNREADABLE: &[&str] = &[
    "http://[fe80::1%25eth0]/",
    "http://[fe80::1%eth0]/",
    "http://[::1%25lo]/",
    "http://[::ffff:127.0.0.1/",
    "http://127.0.0.1%00.example.com/",
    "http://127.0.0.256/",
    "http://0x100000000/",
    "http://4294967296/",
    "http://1.2.3.4.5/",
    "http://xn--private-.test/",
    "http:///",
    "http://%/",
];

/// What is let through, up to the connection, which does not happen: the names lead there.
const LET_THROUGH: &[&str] = &[
    "https://1.1.1.1/",
    "https://8.8.8.8/",
    "https://0x08080808/",
    "https://134744072/",
    "https://9.255.255.255/",
    "https://11.0.0.1/",
    "https://172.32.0.1/",
    "https://192.169.0.1/",
    "https://100.128.0.1/",
    "https://169.253.1.1/",
    "https://223.255.255.255/",
    "https://[2606:4700::1111]/",
    "https://[::ffff:8.8.8.8]/",
    "https://[64:ff9b::8.8.8.8]/",
    "https://[2002:808:808::1]/",
    "https://hooks.example.test/",
    "https://notlocalhost/",
    "https://localhost.example.test/",
];

fn resolve(name: &str) -> io::Result<Vec<IpAddr>> {
    let address = match name.trim_end_matches('.') {
        "private.test" => "10.1.2.3",
        "metadata.google.internal" => "169.254.169.254",
        "127.0.0.1.nip.test" => "127.0.0.1",
        "mapped.test" => "::ffff:127.0.0.1",
        "nat64.test" => "64:ff9b::7f00:1",
        "hooks.example.test" | "notlocalhost" | "localhost.example.test" => "93.184.216.34",
        _ => return Err(io::ErrorKind::NotFound.into()),
    };
    Ok(vec![address.parse().unwrap()])
}

// behaviour L4
#[tokio::test]
async fn no_spelling_of_an_address_that_is_not_public_is_connected_to() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let sender = Sender::with_names(&Options::default(), Names::of(Arc::new(resolve))).unwrap();
    let due = beckon_testkit::builders::a_due_attempt();
    for text in REFUSED {
        let url = Url::parse(&text.replace('…', &port)).unwrap_or_else(|error| panic!("{text}: {error}"));
        let webhook = beckon_domain::webhook::Webhook { url, ..beckon_testkit::builders::a_webhook() };
        let webhook = Arc::new(webhook);
        let shipment = Shipment { webhook: &webhook, due: &due, at: beckon_testkit::ambient::FAKE_NOW };
        let sent = sender.send_if(&|| true, shipment).await.unwrap();
        assert!(matches!(sent.result, Err(SendFailure::NotAllowed)), "{text} as {}: {:?}", webhook.url, sent.result);
        assert_eq!(sent.exchange.timings.connect_us, None, "{text}");
    }
    let nobody_came = std::future::poll_fn(|cx| std::task::Poll::Ready(listener.poll_accept(cx).is_pending()));
    assert!(nobody_came.await);
}

// behaviour L4 (in part)
#[test]
fn what_is_neither_an_address_nor_a_name_is_no_url() {
    for text in UNREADABLE {
        assert!(Url::parse(text).is_err(), "{text} is {:?}", Url::parse(text));
    }
}

// behaviour L8 (in part)
#[tokio::test]
async fn spellings_of_public_addresses_are_let_through() {
    let guard = Guard::new(vec![], Names::of(Arc::new(resolve)));
    for text in LET_THROUGH {
        let host = Url::parse(text).unwrap().host().unwrap().to_owned();
        assert!(guard.resolve(&host, 443).await.is_ok(), "{text}");
    }
    assert!(REFUSED.len() >= 60);
}
