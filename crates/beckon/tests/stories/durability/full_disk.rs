//! No room to write: files of the server must not grow beyond a limit (RLIMIT_FSIZE) that is set and lifted while
//! it runs. That is what a full disk looks like to a database, and it needs no disk of its own.

use std::fs;
use std::process::Command;

use beckon_testkit::receiver::{Receiver, Reply};
use hyper::Method;
use serde_json::json;

use crate::beckon::Beckon;

/// Events that are published before there is no room, and while there is none.
const EVENTS: usize = 40;

/// Sets how long files of the server may become, in bytes.
fn limit_files(beckon: &Beckon, bytes: Option<u64>) {
    let soft = bytes.map_or("unlimited".to_owned(), |bytes| bytes.to_string());
    let pid = beckon.pid().to_string();
    let set = Command::new("prlimit").args(["--pid", &pid, &format!("--fsize={soft}:unlimited")]).status();
    assert!(set.expect("prlimit (util-linux) is installed").success());
}

/// The largest file of the data directory, in bytes.
fn largest_file(beckon: &Beckon) -> u64 {
    let files = fs::read_dir(beckon.data()).expect("the data directory");
    files.map(|file| file.expect("a file").metadata().expect("its size").len()).max().expect("files")
}

// behaviour D4
#[tokio::test]
async fn without_room_new_work_is_refused_clearly_and_nothing_accepted_is_lost() {
    let mut beckon = Beckon::start().await;
    let receiver = Receiver::start().await;
    receiver.reply_with(|_| Reply::hang());
    beckon.event_type("invoice.paid").await;
    beckon.webhook(&receiver.url("/"), &["invoice.paid"]).await;
    let mut accepted = Vec::new();
    for n in 0..EVENTS {
        accepted.push(beckon.publish("invoice.paid", json!({ "n": n })).await);
    }
    receiver.received(1).await;

    // No file may grow beyond what the largest is by now: there is room for a little, and then for nothing.
    limit_files(&beckon, Some(largest_file(&beckon)));
    let api = beckon.api.with("content-type", "application/json");
    let mut refused = 0;
    for n in 0.. {
        let body = json!({ "type": "invoice.paid", "payload": { "filling": "x".repeat(50_000), "n": n } }).to_string();
        let answer = api.send(Method::POST, "/api/v1/events", body).await;
        match answer.status.as_u16() {
            201 => accepted.push(answer.json()["id"].as_str().expect("an id").to_owned()),
            503 | 507 => {
                let problem = answer.json();
                assert_eq!(answer.headers["content-type"], "application/problem+json");
                assert!(
                    ["store_unavailable", "disk_full"].contains(&problem["code"].as_str().expect("a code")),
                    "{problem}"
                );
                refused += 1;
            }
            other => panic!("{other}: {answer:?}"),
        }
        if refused == EVENTS {
            break;
        }
        assert!(n < 2_000, "it never runs out of room");
    }
    // What is stored can still be read, and whoever watches is told.
    beckon.api.get("/api/v1/deliveries?limit=1").await.expect(200);
    assert_eq!(beckon.api.get("/readyz").await.status, 503);

    // There is room again: it goes on by itself, with all that it had accepted.
    limit_files(&beckon, None);
    receiver.always(200);
    accepted.push(beckon.publish("invoice.paid", json!({ "n": "again" })).await);
    assert_eq!(beckon.api.get("/readyz").await.status, 200);
    beckon.kill();
    beckon.start_again().await;
    let arrived = receiver
        .until("every accepted event has arrived", |received| {
            let ids: std::collections::BTreeSet<_> =
                received.iter().filter_map(|request| request.header("webhook-id")).collect();
            accepted.iter().all(|id| ids.contains(id.as_str()))
        })
        .await;
    let unknown = arrived.iter().filter_map(|request| request.header("webhook-id"));
    let unknown: Vec<_> = unknown.filter(|id| !accepted.iter().any(|accepted| accepted == id)).collect();
    assert!(unknown.is_empty(), "what was refused was not stored: {unknown:?}");
}

// behaviour D4
#[tokio::test]
async fn what_was_delivered_while_there_was_no_room_is_recorded_once_there_is() {
    let beckon = Beckon::start().await;
    let receiver = Receiver::start().await;
    let (reply, release) = Reply::status(200).held();
    receiver.script([reply]);
    beckon.event_type("invoice.paid").await;
    beckon.webhook(&receiver.url("/"), &["invoice.paid"]).await;
    let event = beckon.publish("invoice.paid", json!({})).await;
    receiver.received(1).await;

    limit_files(&beckon, Some(0));
    release.send(()).expect("a request waits for its reply");
    // The record of the attempt cannot be written now. It is not sent again for that.
    beckon.api.get("/readyz").await.expect(503);
    limit_files(&beckon, None);
    let deliveries = beckon.deliveries_once(&event, |delivery| delivery["status"] == "delivered").await;
    assert_eq!(deliveries[0]["attempt_count"], 1);
    assert_eq!(receiver.count(), 1);
}
