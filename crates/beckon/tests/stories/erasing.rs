//! Behaviours V6 and Q14: a person asks what is kept of them, and to be forgotten.

use std::fs;
use std::path::Path;

use beckon_testkit::receiver::{Receiver, Reply};
use serde_json::{Value, json};

use crate::beckon::Beckon;

/// What is known of the person, in every place there is.
const CANARIES: [&str; 9] = [
    "canary-address@acme.example",
    "canary-other@acme.example",
    "Canaryfirstname",
    "canary-trait",
    "canary-user-id",
    "/canary-page",
    "canary-topic",
    "canary-browser",
    "canary-answer",
];

fn files_with(folder: &Path, canary: &str) -> Vec<String> {
    let mut found = vec![];
    for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            found.extend(files_with(&path, canary));
        } else if fs::read(&path).unwrap().windows(canary.len()).any(|window| window == canary.as_bytes()) {
            found.push(path.display().to_string());
        }
    }
    found
}

/// Somebody who is known by much, has done much, and was announced to a receiver that repeats it, and to one that is away.
async fn somebody(beckon: &Beckon, receiver: &Receiver, away: &Receiver) -> Value {
    receiver.reply_with(|_| Reply::status(200).with_body("canary-answer"));
    away.reply_with(|_| Reply::status(500));
    beckon.segment("Everybody", json!({ "all": [] })).await;
    beckon.webhook(&receiver.url("/"), &["contact.visited", "contact.intent"]).await;
    beckon.webhook(&away.url("/"), &["contact.visited"]).await;
    let known = json!({ "email": "canary-address@acme.example", "user_id": "canary-user-id", "first_name": "Canaryfirstname",
        "traits": { "note": "canary-trait" } });
    let contact = beckon.api.post("/api/v1/contacts", known).await.expect(201).json();
    let say = |kind: &'static str, item: Value| beckon.track(kind, item);
    say("page", json!({ "anonymousId": "canary-browser", "properties": { "url": "https://x.test/canary-page" } }))
        .await;
    say(
        "identify",
        json!({ "anonymousId": "canary-browser", "userId": "canary-user-id",
        "traits": { "email": "canary-other@acme.example" } }),
    )
    .await;
    say("page", json!({ "anonymousId": "canary-browser", "properties": { "url": "https://x.test/canary-page" } }))
        .await;
    let intent = json!({ "contact": { "email": "canary-address@acme.example" }, "topic": "canary-topic" });
    beckon.api.post("/api/v1/intent-signals", intent).await.expect(202);
    receiver.received(2).await;
    away.received(1).await;
    beckon
        .rows_once("/api/v1/deliveries", |rows| rows.iter().filter(|row| row["status"] == "delivered").count() == 2)
        .await;
    beckon.rows_once("/api/v1/deliveries", |rows| rows.iter().any(|row| row["status"] == "retrying")).await;
    contact
}

// behaviour V6, Q14
#[tokio::test]
async fn who_asks_gets_all_that_is_kept_of_them_and_then_nothing_is() {
    let mut beckon = Beckon::start().await;
    let (receiver, away) = (Receiver::start().await, Receiver::start().await);
    let contact = somebody(&beckon, &receiver, &away).await;
    let path = format!("/api/v1/contacts/{}", contact["id"].as_str().unwrap());

    let export = beckon.api.get(&format!("{path}/export")).await.expect(200);
    let text = String::from_utf8(export.body.to_vec()).unwrap();
    for canary in &CANARIES[..8] {
        assert!(text.contains(canary), "{canary} is kept, and not in the export");
    }
    let all: Value = serde_json::from_str(&text).unwrap();
    let count = |name: &str| all[name].as_array().unwrap().len();
    assert_eq!((count("signals"), count("events"), count("lists")), (3, 2, 0), "{all:#}");
    assert_eq!(all["events"][1]["payload"]["contact"]["first_name"], "Canaryfirstname");
    let statuses: Vec<_> =
        all["events"][1]["deliveries"].as_array().unwrap().iter().map(|d| d["status"].as_str().unwrap()).collect();
    assert!(statuses.contains(&"delivered") && statuses.contains(&"retrying"), "{statuses:?}");
    assert_eq!(all["identity"]["visitors"].as_array().unwrap().len(), 1);

    beckon.api.delete(&path).await.expect(204);
    assert_eq!(beckon.api.get(&format!("{path}/export")).await.status, 404);
    let deliveries = beckon.api.list("/api/v1/deliveries", 250).await;
    assert!(
        deliveries.iter().all(|row| row["next_attempt_at"].is_null()),
        "nothing of it is sent any more: {deliveries:#?}"
    );
    for event in beckon.api.list("/api/v1/events", 250).await {
        let event =
            beckon.api.get(&format!("/api/v1/events/{}", event["id"].as_str().unwrap())).await.expect(200).json();
        assert_eq!(event["payload"], json!({ "erased": true }));
    }
    beckon.terminate().await;
    for canary in CANARIES {
        let found = files_with(beckon.data(), canary);
        // The browser is there still, and nobody's.
        assert!(found.is_empty() || canary == "canary-browser", "{canary} is in {found:?}");
    }
}
