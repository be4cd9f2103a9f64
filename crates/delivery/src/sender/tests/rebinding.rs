//! Names whose answers change, or have a private address among public ones.

use std::net::IpAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

/// Names that answer with these addresses, one answer after the other and then the last again; and how often they
/// were asked.
fn answering(answers: &'static [&'static [&'static str]]) -> (Names, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let names = Names::of(Arc::new(move |_: &str| {
        let n = count.fetch_add(1, Ordering::SeqCst);
        let addresses: Vec<IpAddr> = answers[n.min(answers.len() - 1)].iter().map(|ip| ip.parse().unwrap()).collect();
        Ok(addresses)
    }));
    (names, asked)
}

/// Lets 127.0.0.2 stand for the public internet, and nothing else of this machine.
fn options_with_a_public_address() -> Options {
    Options { allow_nets: vec!["127.0.0.2/32".parse().unwrap()], ..options() }
}

// behaviour L5
#[tokio::test]
async fn a_name_that_also_has_a_private_address_never_leads_there() {
    let private = Receiver::start().await;
    let port = private.address().port();
    // Nobody listens at the public one: there is nowhere to go, and still the private one is not tried.
    for answer in [&["127.0.0.1", "127.0.0.2"][..], &["127.0.0.2", "127.0.0.1", "::1", "10.0.0.1"]] {
        let answers: &'static [&'static [&'static str]] = Box::leak(Box::new([answer]));
        let (names, _) = answering(answers);
        let sender = Sender::with_names(&options_with_a_public_address(), names).unwrap();
        let result = sender.send(&webhook_to(&format!("http://mixed.test:{port}/"))).await.result;
        assert!(matches!(result, Err(SendFailure::Refused(_))), "{result:?}");
    }
    assert_eq!(private.count(), 0);
}

// behaviour L5
#[tokio::test]
async fn a_name_that_is_rebound_after_it_was_vetted_gains_nothing() {
    let public = TcpListener::bind("127.0.0.2:0").await.unwrap();
    let port = public.local_addr().unwrap().port();
    let private = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
    let reached = Arc::new(Mutex::new(vec![]));
    for (name, listener) in [("public", public), ("private", private)] {
        let reached = reached.clone();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                reached.lock().unwrap().push(name);
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await.ok();
                let mut rest = Vec::new();
                tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut rest).await.ok();
            }
        });
    }
    let (names, asked) = answering(&[&["127.0.0.2"], &["127.0.0.1"]]);
    let sender = Sender::with_names(&options_with_a_public_address(), names).unwrap();
    let webhook = webhook_to(&format!("http://rebinding.test:{port}/"));
    let sent = sender.send(&webhook).await;
    assert_eq!(status(&sent), 200);
    assert_eq!(asked.load(Ordering::SeqCst), 1, "the address that was vetted is the one connected to");
    let result = sender.send(&webhook).await.result;
    assert!(matches!(result, Err(SendFailure::NotAllowed)), "{result:?}");
    assert_eq!(*reached.lock().unwrap(), ["public"]);
}
