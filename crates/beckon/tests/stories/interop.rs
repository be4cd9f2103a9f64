//! Behaviour W1: client libraries of others, pointed at us: those for servers here, those for browsers in `browsers.rs`.

#[path = "interop/browsers.rs"]
mod browsers;

use std::process::Command;

use beckon_testkit::receiver::Receiver;
use serde_json::json;

use crate::beckon::{Beckon, WRITE_KEY};
use crate::clients::{installed, script};

/// The person and the account that every library tells of.
const PERSON: &str =
    r#"{ "email": "Ann@Kestrel.example", "firstName": "Ann", "lastName": "Doe", "title": "VP Sales" }"#;
const ACCOUNT: &str = r#"{ "name": "Kestrel Software", "website": "https://kestrel.example" }"#;

/// A Beckon with a segment that whoever the libraries tell of comes into, and somebody who wants to know.
struct House {
    beckon: Beckon,
    receiver: Receiver,
}

impl House {
    async fn start(settings: &[(&'static str, &str)]) -> House {
        let (beckon, receiver) = (Beckon::start_with(settings).await, Receiver::start().await);
        let rule = json!({ "all": [{ "prop": "contact.title", "op": "contains", "value": "vp" }, { "visited": { "path": "/pricing" } }] });
        beckon.segment("Leaders at the prices", rule).await;
        beckon.webhook(&receiver.url("/"), &["contact.visited"]).await;
        House { beckon, receiver }
    }

    /// A page view, who it was, of which account, and something done; all of it one person's, who was announced once.
    async fn sees_what_was_done(&self, in_order: bool) {
        let beckon = &self.beckon;
        let signals = beckon.rows_once("/api/v1/signals", |signals| signals.len() == 4).await;
        let mut kinds: Vec<_> = signals.iter().rev().map(|signal| signal["kind"].as_str().unwrap()).collect();
        let mut expected = ["page", "identify", "group", "track"];
        if !in_order {
            kinds.sort_unstable();
            expected.sort_unstable();
        }
        assert_eq!(kinds, expected);
        let contacts = beckon.api.list("/api/v1/contacts", 250).await;
        assert_eq!(contacts.len(), 1, "{contacts:?}");
        let said =
            ["email", "user_id", "first_name", "last_name", "title"].map(|name| contacts[0][name].as_str().unwrap());
        assert_eq!(said, ["ann@kestrel.example", "u1", "Ann", "Doe", "VP Sales"]);
        let companies = beckon.api.list("/api/v1/companies", 250).await;
        assert_eq!(companies.len(), 1, "{companies:?}");
        assert_eq!(
            (&companies[0]["name"], &companies[0]["domain"]),
            (&json!("Kestrel Software"), &json!("kestrel.example"))
        );
        let event = self.receiver.received(1).await.remove(0).json();
        assert_eq!(
            (&event["event"], &event["contact"]["email"]),
            (&json!("contact.visited"), &json!("ann@kestrel.example"))
        );
        assert_eq!(beckon.api.list("/api/v1/events", 250).await.len(), 1, "once in the visit");
    }
}

/// Whichever library tells it, the same comes of it.
async fn the_same_comes_of(library: &mut Command) {
    let house = House::start(&[]).await;
    let ran = tokio::task::block_in_place(|| library.args([&house.beckon.base(), WRITE_KEY]).output()).unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    house.sees_what_was_done(true).await;
}

fn node(library: &str) -> Command {
    let mut command = Command::new("node");
    command.arg(script("signals.mjs")).arg(installed()).arg(library);
    command
}

fn python() -> Command {
    let mut command = Command::new(installed().join("python/bin/python"));
    command.arg(script("signals.py"));
    command
}

// behaviour W1
#[tokio::test(flavor = "multi_thread")]
async fn segments_library_for_node_needs_only_its_host_changed() {
    the_same_comes_of(&mut node("segment")).await;
}

// behaviour W1
#[tokio::test(flavor = "multi_thread")]
async fn rudderstacks_library_for_node_needs_only_its_host_changed() {
    the_same_comes_of(&mut node("rudderstack")).await;
}

// behaviour W1
#[tokio::test(flavor = "multi_thread")]
async fn jitsus_library_needs_only_its_host_changed() {
    the_same_comes_of(&mut node("jitsu")).await;
}

// behaviour W1
#[tokio::test(flavor = "multi_thread")]
async fn segments_library_for_python_needs_only_its_host_changed() {
    the_same_comes_of(&mut python()).await;
}

// behaviour W1
#[tokio::test(flavor = "multi_thread")]
async fn segments_library_for_python_may_compress() {
    the_same_comes_of(python().arg("--gzip")).await;
}
