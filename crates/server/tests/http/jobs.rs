//! Sending what was missed, in the background, over HTTP.

#![expect(clippy::unwrap_used, reason = "a panic here is a failed test")]

use beckon_domain::job::{Job, JobStatus, RUNNING_JOBS_MAX};
use beckon_store::JobStore;
use beckon_testkit::Receiver;
use http::Method;
use serde_json::{Value, json};

use crate::house::{Answer, House, KEY};

/// Before everything.
const SINCE: &str = "2020-01-01T00:00:00Z";

/// A house with an event type that takes any payload.
async fn a_house() -> House {
    let house = House::new().await;
    house.post("/api/v1/event-types", json!({"name": "order.paid"})).await;
    house
}

/// The path of a webhook that tries once.
async fn a_webhook(house: &House, receiver: &Receiver) -> String {
    let form = json!({"url": receiver.url("/"), "event_types": ["order.paid"], "retry_schedule": []});
    let made = house.post("/api/v1/webhooks", form).await;
    assert_eq!(made.status, 201, "{}", made.text);
    format!("/api/v1/webhooks/{}", made.id())
}

async fn publish(house: &House, id: &str) {
    let made = house.post("/api/v1/events", json!({"type": "order.paid", "payload": {}, "id": id})).await;
    assert_eq!(made.status, 201, "{}", made.text);
}

/// All of a webhook's deliveries, once they have this status.
async fn deliveries_once(house: &House, webhook: &str, status: &str, count: usize) {
    let of_status = |rows: &Value| {
        let rows = rows["data"].as_array().unwrap();
        rows.len() == count && rows.iter().all(|row| row["status"] == status)
    };
    house.once(&format!("{webhook}/deliveries"), of_status).await;
}

/// Follows a job that was begun to its end.
async fn ended(house: &House, begun: &Answer) -> Value {
    assert_eq!(begun.status, 202, "{}", begun.text);
    let path = begun.headers["location"].to_str().unwrap();
    assert_eq!(path, format!("/api/v1/jobs/{}", begun.id()));
    house.once(path, |job| job["status"] != "running").await
}

// behaviour V10 (in part)
#[tokio::test]
async fn what_failed_is_counted_on_a_dry_run_and_sent_again_by_a_job() {
    let house = a_house().await;
    let receiver = Receiver::start().await;
    receiver.always(500);
    let webhook = a_webhook(&house, &receiver).await;
    publish(&house, "a").await;
    publish(&house, "b").await;
    deliveries_once(&house, &webhook, "failed", 2).await;
    receiver.always(200);

    let path = format!("{webhook}/recover");
    let counted = house.post(&path, json!({"since": SINCE, "dry_run": true})).await;
    assert_eq!((counted.status.as_u16(), counted.json()), (200, json!({"examined": 2, "replayed": 2})));
    assert_eq!(receiver.count(), 2, "nothing was sent");
    assert_eq!(house.get("/api/v1/jobs").await.json()["data"], json!([]), "and nothing was begun");

    let begun = house.post(&path, json!({"since": SINCE})).await;
    let job = ended(&house, &begun).await;
    assert_eq!((&job["status"], &job["kind"], &job["error"]), (&json!("done"), &json!("recover"), &Value::Null));
    assert_eq!((&job["total"], &job["examined"], &job["replayed"]), (&json!(2), &json!(2), &json!(2)));
    assert_eq!(job["filter"]["webhook_id"], webhook.rsplit('/').next().unwrap());
    assert_eq!(job["filter"]["since"], SINCE);
    deliveries_once(&house, &webhook, "delivered", 2).await;
    assert_eq!(receiver.ids().into_values().collect::<Vec<_>>(), [2, 2]);
    assert_eq!(house.get("/api/v1/jobs").await.json()["data"], json!([job]));
    let attempts = house.get(&format!("{webhook}/attempts")).await.json();
    assert_eq!(attempts["data"][0]["trigger"], "replay");

    let again = ended(&house, &house.post(&path, json!({"since": SINCE})).await).await;
    assert_eq!(again["replayed"], 0, "each was sent once");
}

// behaviour T15
#[tokio::test]
async fn what_was_canceled_because_a_webhook_was_disabled_can_be_recovered_when_it_is_enabled_again() {
    let house = a_house().await;
    let receiver = Receiver::start().await;
    receiver.always(500);
    let webhook = a_webhook(&house, &receiver).await;
    house.patch(&webhook, json!({"retry_schedule": [3600]})).await;
    publish(&house, "a").await;
    deliveries_once(&house, &webhook, "retrying", 1).await;
    house.patch(&webhook, json!({"enabled": false})).await;
    deliveries_once(&house, &webhook, "canceled", 1).await;
    publish(&house, "b").await;
    receiver.always(200);

    for (path, more) in [("recover", json!({})), ("recover", json!({"dry_run": true})), ("replay-missing", json!({}))] {
        let mut form = json!({"since": SINCE});
        form.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let refused = house.post(&format!("{webhook}/{path}"), form).await;
        assert_eq!((refused.status.as_u16(), refused.code().as_str()), (409, "webhook_disabled"), "{path}");
    }
    house.patch(&webhook, json!({"enabled": true})).await;
    let recovered = ended(&house, &house.post(&format!("{webhook}/recover"), json!({"since": SINCE})).await).await;
    assert_eq!(recovered["replayed"], 1, "{recovered}");
    let missing = house.post(&format!("{webhook}/replay-missing"), json!({"since": SINCE})).await;
    let missing = ended(&house, &missing).await;
    assert_eq!((&missing["kind"], &missing["replayed"]), (&json!("replay_missing"), &json!(1)), "{missing}");
    deliveries_once(&house, &webhook, "delivered", 2).await;
}

// behaviour T11
#[tokio::test]
async fn nothing_is_sent_to_a_deleted_webhook_and_that_is_said() {
    let house = a_house().await;
    let receiver = Receiver::start().await;
    let webhook = a_webhook(&house, &receiver).await;
    let id = webhook.rsplit('/').next().unwrap().to_owned();
    house.delete(&webhook).await;
    let replay = json!({"webhook_id": id});
    for (path, form) in [
        (format!("{webhook}/recover"), json!({"since": SINCE})),
        (format!("{webhook}/replay-missing"), json!({"since": SINCE})),
        ("/api/v1/deliveries/replay".to_owned(), replay),
    ] {
        let refused = house.post(&path, form).await;
        assert_eq!((refused.status.as_u16(), refused.code().as_str()), (409, "webhook_disabled"), "{path}");
        assert!(refused.json()["detail"].as_str().unwrap().contains("deleted"), "{}", refused.text);
    }
}

// behaviour V10 (in part)
#[tokio::test]
async fn deliveries_are_sent_again_by_any_condition_but_not_by_none() {
    let house = a_house().await;
    let receiver = Receiver::start().await;
    let webhook = a_webhook(&house, &receiver).await;
    for id in ["a", "b"] {
        publish(&house, id).await;
    }
    deliveries_once(&house, &webhook, "delivered", 2).await;
    let replay = async |form: Value| house.post("/api/v1/deliveries/replay", form).await;

    let all = replay(json!({})).await;
    assert_eq!((all.status.as_u16(), all.code().as_str()), (422, "invalid_request"));
    assert!(all.json()["detail"].as_str().unwrap().contains("at least one"), "{}", all.text);
    assert_eq!(replay(json!({"dry_run": true})).await.status, 422);
    let wrong = json!({"status": "retrying", "since": "2999-01-01T00:00:00Z", "event_id": "a"});
    assert_eq!(replay(wrong).await.fields(), ["since", "status"]);
    let backwards = json!({"since": SINCE, "until": SINCE});
    assert_eq!(replay(backwards).await.fields(), ["until"]);

    let form = json!({"event_id": "a", "event_type": "order.paid", "status": "delivered", "since": SINCE});
    let job = ended(&house, &replay(form).await).await;
    assert_eq!((&job["kind"], &job["replayed"]), (&json!("replay"), &json!(1)), "{job}");
    assert_eq!((&job["filter"]["event_id"], &job["filter"]["channel"]), (&json!("a"), &Value::Null));
    let got = receiver.received(3).await;
    assert_eq!(got[2].header("webhook-id"), Some("a"));
}

// behaviour A6
#[tokio::test]
async fn what_cannot_be_recovered_is_named() {
    let house = a_house().await;
    let webhook = a_webhook(&house, &Receiver::start().await).await;
    for path in [format!("{webhook}/recover"), format!("{webhook}/replay-missing")] {
        assert_eq!(house.post(&path, json!({"colour": 1})).await.fields(), ["colour", "since"]);
        assert_eq!(house.post(&path, json!({"since": "2999-01-01T00:00:00Z"})).await.fields(), ["since"]);
        assert_eq!(house.post(&path, json!({"since": SINCE, "until": SINCE})).await.fields(), ["until"]);
    }
}

fn a_running_job(house: &House) -> Job {
    let now = house.ambient.now();
    let filter = serde_json::from_value(json!({"kind": "replay", "until": now})).unwrap();
    Job {
        id: house.ambient.new_id(),
        workspace_id: house.workspace,
        kind: filter,
        status: JobStatus::Running,
        error: None,
        total: 0,
        examined: 0,
        replayed: 0,
        created_at: now,
        updated_at: now,
    }
}

#[tokio::test]
async fn a_job_is_canceled_once() {
    let house = a_house().await;
    // The engine knows of no job that it was not asked for, so this one stays.
    let job = a_running_job(&house);
    house.store.create_job(&job).await.unwrap();
    let path = format!("/api/v1/jobs/{}", job.id);
    assert_eq!(house.get(&path).await.json()["status"], "running");
    let canceled = house.post(&format!("{path}/cancel"), "").await;
    assert_eq!((canceled.status.as_u16(), &canceled.json()["status"]), (200, &json!("canceled")));
    let again = house.post(&format!("{path}/cancel"), "").await;
    assert_eq!((again.status.as_u16(), again.code().as_str()), (409, "conflict"));
}

#[tokio::test]
async fn the_jobs_that_run_at_once_are_bounded() {
    let house = a_house().await;
    let webhook = a_webhook(&house, &Receiver::start().await).await;
    for _ in 0..RUNNING_JOBS_MAX {
        house.store.create_job(&a_running_job(&house)).await.unwrap();
    }
    let refused = house.post(&format!("{webhook}/recover"), json!({"since": SINCE})).await;
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (409, "conflict"), "{}", refused.text);
}

// behaviour R9
#[tokio::test]
async fn jobs_of_another_workspace_are_not_there() {
    let house = a_house().await;
    let webhook = a_webhook(&house, &Receiver::start().await).await;
    let job = a_running_job(&house);
    house.store.create_job(&job).await.unwrap();
    let key = "bk_test_another_one_0123456789";
    house.add_workspace(key).await;
    let job = format!("/api/v1/jobs/{}", job.id);
    let replay = json!({"webhook_id": webhook.rsplit('/').next().unwrap()}).to_string();
    let since = json!({"since": SINCE}).to_string();
    for (method, path, body) in [
        (Method::GET, job.clone(), ""),
        (Method::POST, format!("{job}/cancel"), ""),
        (Method::POST, format!("{webhook}/recover"), &since),
        (Method::POST, format!("{webhook}/replay-missing"), &since),
        (Method::POST, format!("{webhook}/secret/rotate"), "{}"),
        (Method::POST, "/api/v1/deliveries/replay".to_owned(), &replay),
    ] {
        let answer = house.call_as(key, method, &path, body).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (404, "not_found"), "{path}");
    }
    assert_eq!(house.call_as(key, Method::GET, "/api/v1/jobs", "").await.json()["data"], json!([]));
    assert_eq!(house.call_as(KEY, Method::GET, &job, "").await.json()["status"], "running");
}

// behaviour A1
#[tokio::test]
async fn a_job_asked_for_twice_with_one_key_is_one_job() {
    let house = a_house().await;
    let path = format!("{}/recover", a_webhook(&house, &Receiver::start().await).await);
    let body = json!({"since": SINCE}).to_string();
    let asked = async || house.call_with(Method::POST, &path, &body, &[("idempotency-key", "r-1")]).await;
    let (first, second) = (asked().await, asked().await);
    assert_eq!((first.status.as_u16(), &first.text), (202, &second.text));
    assert_eq!(second.headers["location"], first.headers["location"]);
    assert_eq!(house.get("/api/v1/jobs").await.json()["data"].as_array().unwrap().len(), 1);
}

// behaviour A4
#[tokio::test]
async fn jobs_are_paged_newest_first() {
    let house = a_house().await;
    let mut made = vec![];
    for _ in 0..5 {
        let job = a_running_job(&house);
        house.store.create_job(&job).await.unwrap();
        made.insert(0, job.id.to_string());
    }
    let mut seen = vec![];
    let mut path = "/api/v1/jobs?limit=2".to_owned();
    loop {
        let page = house.get(&path).await.json();
        seen.extend(page["data"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/api/v1/jobs?limit=2&cursor={cursor}");
    }
    assert_eq!(seen, made);
}
