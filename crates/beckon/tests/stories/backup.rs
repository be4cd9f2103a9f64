//! Behaviour D10: a copy that was made while everything goes on, and what becomes of it elsewhere.

use std::fs;
use std::path::Path;
use std::process::Output;

use beckon_testkit::receiver::{Receiver, Reply};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::beckon::{Beckon, binary};

/// Runs a command of the binary; gives its exit code and what it said.
fn run(arguments: &[&str], paths: &[(&str, &Path)]) -> (Option<i32>, String) {
    let mut command = binary();
    command.args(arguments);
    for (flag, path) in paths {
        command.arg(flag).arg(path);
    }
    let Output { status, stdout, stderr } = command.output().expect("beckon runs");
    (status.code(), String::from_utf8_lossy(&stdout).into_owned() + &*String::from_utf8_lossy(&stderr))
}

/// What the API shows of everything that was there before the copy was made.
async fn everything(beckon: &Beckon, events: &[String]) -> Vec<Value> {
    let mut all = beckon.api.list("/api/v1/webhooks", 250).await;
    for webhook in all.clone() {
        let path = format!("/api/v1/webhooks/{}/secret", webhook["id"].as_str().unwrap());
        all.push(beckon.api.get(&path).await.expect(200).json());
    }
    for event in events {
        let path = format!("/api/v1/events/{event}");
        all.push(beckon.api.get(&path).await.expect(200).json());
        let deliveries = beckon.api.list(&format!("{path}/deliveries"), 250).await;
        for delivery in &deliveries {
            let path = format!("/api/v1/deliveries/{}/attempts", delivery["id"].as_str().unwrap());
            all.extend(beckon.api.list(&path, 250).await);
        }
        all.extend(deliveries);
    }
    all
}

// behaviour D10
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_made_while_events_are_published_has_the_same_data_elsewhere() {
    let beckon = Beckon::start().await;
    let receiver = Receiver::start().await;
    beckon.event_type("invoice.paid").await;
    beckon.event_type("invoice.lost").await;
    let webhook = beckon.webhook(&receiver.url("/good"), &["invoice.paid"]).await;
    let path = format!("/api/v1/webhooks/{}/secret", webhook["id"].as_str().unwrap());
    let secret = beckon.api.get(&path).await.expect(200).json()["secret"].clone();
    let bad = json!({ "url": receiver.url("/bad"), "event_types": ["invoice.lost"], "retry_schedule": [3600] });
    beckon.webhook_with(bad).await;
    receiver.reply_with(|request| Reply::status(if request.path == "/bad" { 500 } else { 200 }));
    let mut events = beckon.publish_many("invoice.paid", 20).await;
    for event in &events {
        beckon.deliveries_once(event, |delivery| delivery["status"] == "delivered").await;
    }
    let lost = beckon.publish("invoice.lost", json!({ "n": 1 })).await;
    beckon.deliveries_once(&lost, |delivery| delivery["status"] == "retrying").await;
    events.push(lost.clone());
    let before = everything(&beckon, &events).await;

    let elsewhere = TempDir::new().unwrap();
    let copy = elsewhere.path().join("copy.db");
    let publishing = async {
        let mut ids = Vec::new();
        for _ in 0..10 {
            ids.extend(beckon.publish_many("invoice.paid", 30).await);
        }
        ids
    };
    let (data, to) = (beckon.data().to_owned(), copy.clone());
    let backing_up = tokio::task::spawn_blocking(move || run(&["backup"], &[("--data-dir", &data), ("--to", &to)]));
    let (meanwhile, backed_up) = tokio::join!(publishing, backing_up);
    let (code, said) = backed_up.unwrap();
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("NOT in it") && said.contains("beckon.key"), "{said}");
    let (code, said) = run(&["backup"], &[("--data-dir", beckon.data()), ("--to", &copy)]);
    assert!(code == Some(1) && said.contains("already something"), "{said}");

    // Without the key there is nothing to begin with, with it there is everything.
    let data = TempDir::new().unwrap();
    let restore = [("--from", &*copy), ("--data-dir", data.path())];
    let (code, said) = run(&["restore"], &restore);
    assert!(code == Some(1) && said.contains("the key of this copy is missing"), "{said}");
    assert_eq!(fs::read_dir(data.path()).unwrap().count(), 0, "nothing was begun");
    let key = beckon.data().join("beckon.key");
    let (code, said) = run(&["restore"], &[restore[0], restore[1], ("--key-file", &key)]);
    assert_eq!(code, Some(0), "{said}");
    let (code, said) = run(&["restore"], &restore);
    assert!(code == Some(1) && said.contains("not overwritten"), "{said}");

    drop(beckon);
    let requests = receiver.count();
    let restored = Beckon::start_on(data, &[]).await;
    assert_eq!(everything(&restored, &events).await, before);
    // Of what was published meanwhile, the copy has the beginning.
    let kept: Vec<String> = {
        let rows = restored.api.list("/api/v1/events?type=invoice.paid", 250).await;
        rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()).filter(|id| meanwhile.contains(id)).collect()
    };
    assert!(meanwhile[..kept.len()].iter().all(|id| kept.contains(id)), "the copy is of one moment");

    // Its secrets work: what was left is sent, signed as before.
    let delivered = restored.deliveries_once(&events[0], |delivery| delivery["status"] == "delivered").await;
    let resend = format!("/api/v1/deliveries/{}/resend", delivered[0]["id"].as_str().unwrap());
    restored.api.post(&resend, json!({})).await.expect(202);
    let resent = |all: &[beckon_testkit::Received]| {
        all[requests..].iter().any(|request| request.header("webhook-id") == Some(events[0].as_str()))
    };
    let got = receiver.until("the resend arrives", resent).await;
    let got = got.iter().rfind(|request| request.header("webhook-id") == Some(events[0].as_str())).unwrap();
    let verifier = standardwebhooks::Webhook::new(secret.as_str().unwrap()).unwrap();
    assert!(verifier.verify(&got.body, &got.headers).is_ok(), "it verifies with the secret of before");
}

#[tokio::test]
async fn a_backup_with_its_key_beside_it_is_restored_without_more_and_a_damaged_one_not_at_all() {
    let beckon = Beckon::start().await;
    beckon.event_type("invoice.paid").await;
    beckon.webhook("https://example.com/hook", &["invoice.paid"]).await;
    let elsewhere = TempDir::new().unwrap();
    let copy = elsewhere.path().join("copy.db");
    let (code, said) = run(&["backup", "--with-key"], &[("--data-dir", beckon.data()), ("--to", &copy)]);
    assert!(code == Some(0) && said.contains("copy.db.key"), "{said}");

    // A key that does not open the copy is not written beside it.
    let (other, with_other) = ("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", elsewhere.path().join("other.db"));
    let mut command = binary();
    command.args(["backup", "--with-key", "--data-dir"]).arg(beckon.data()).arg("--to").arg(&with_other);
    let refused = command.env("BECKON_ENCRYPTION_KEY", other).output().expect("beckon runs");
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("not at hand"), "{refused:?}");
    assert!(!with_other.exists() && !elsewhere.path().join("other.db.key").exists());

    let torn = elsewhere.path().join("torn.db");
    let bytes = fs::read(&copy).unwrap();
    fs::write(&torn, &bytes[..bytes.len() / 2]).unwrap();
    fs::copy(elsewhere.path().join("copy.db.key"), elsewhere.path().join("torn.db.key")).unwrap();
    let data = TempDir::new().unwrap();
    let (code, said) = run(&["restore"], &[("--from", &torn), ("--data-dir", data.path())]);
    assert!(code == Some(1) && said.contains("torn.db"), "{said}");
    let (code, said) = run(&["restore"], &[("--from", &copy), ("--data-dir", data.path())]);
    assert_eq!(code, Some(0), "{said}");
    let restored = Beckon::start_on(data, &[]).await;
    assert_eq!(restored.api.list("/api/v1/webhooks", 250).await, beckon.api.list("/api/v1/webhooks", 250).await);
}
