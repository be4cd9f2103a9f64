//! Behaviour W1: client libraries of others on servers, pointed at us.

use std::process::Command;

use beckon_testkit::receiver::Receiver;
use serde_json::json;

use crate::beckon::{Beckon, WRITE_KEY};
use crate::clients::{installed, script};

/// Somebody looks at the prices, says who they are and of which account, and does something: whichever library tells it, the same
/// comes of it.
async fn the_same_comes_of(library: &mut Command) {
    let beckon = Beckon::start().await;
    let receiver = Receiver::start().await;
    let rule = json!({ "all": [{ "prop": "contact.title", "op": "contains", "value": "vp" }, { "visited": { "path": "/pricing" } }] });
    beckon.segment("Leaders at the prices", rule).await;
    beckon.webhook(&receiver.url("/"), &["contact.visited"]).await;

    let ran = tokio::task::block_in_place(|| library.args([&beckon.base(), WRITE_KEY]).output()).unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));

    let signals = beckon.rows_once("/api/v1/signals", |signals| signals.len() == 4).await;
    let kinds: Vec<_> = signals.iter().rev().map(|signal| signal["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["page", "identify", "group", "track"]);
    let contacts = beckon.api.list("/api/v1/contacts", 250).await;
    assert_eq!(contacts.len(), 1, "{contacts:?}");
    let said = ["email", "user_id", "first_name", "last_name", "title"].map(|name| contacts[0][name].as_str().unwrap());
    assert_eq!(said, ["ann@kestrel.example", "u1", "Ann", "Doe", "VP Sales"]);
    let companies = beckon.api.list("/api/v1/companies", 250).await;
    assert_eq!(companies.len(), 1, "{companies:?}");
    assert_eq!(
        (&companies[0]["name"], &companies[0]["domain"]),
        (&json!("Kestrel Software"), &json!("kestrel.example"))
    );

    let event = receiver.received(1).await.remove(0).json();
    assert_eq!(
        (&event["event"], &event["contact"]["email"]),
        (&json!("contact.visited"), &json!("ann@kestrel.example"))
    );
    assert_eq!(beckon.api.list("/api/v1/events", 250).await.len(), 1, "once in the visit");
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

// behaviour W1 (in part)
#[tokio::test(flavor = "multi_thread")]
async fn segments_library_for_node_needs_only_its_host_changed() {
    the_same_comes_of(&mut node("segment")).await;
}

// behaviour W1 (in part)
#[tokio::test(flavor = "multi_thread")]
async fn rudderstacks_library_for_node_needs_only_its_host_changed() {
    the_same_comes_of(&mut node("rudderstack")).await;
}

// behaviour W1 (in part)
#[tokio::test(flavor = "multi_thread")]
async fn jitsus_library_needs_only_its_host_changed() {
    the_same_comes_of(&mut node("jitsu")).await;
}

// behaviour W1 (in part)
#[tokio::test(flavor = "multi_thread")]
async fn segments_library_for_python_needs_only_its_host_changed() {
    the_same_comes_of(&mut python()).await;
}

// behaviour W1 (in part)
#[tokio::test(flavor = "multi_thread")]
async fn segments_library_for_python_may_compress() {
    the_same_comes_of(python().arg("--gzip")).await;
}
