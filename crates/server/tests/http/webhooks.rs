//! Webhooks over HTTP.

use beckon_domain::channel::Channel;
use beckon_domain::id::SegmentId;
use beckon_server::Options;
use beckon_testkit::Receiver;
use http::Method;
use serde_json::{Value, json};

use crate::house::House;

fn a_form() -> Value {
    json!({"url": "https://example.com/in", "event_types": ["contact.visited"]})
}

async fn a_segment(house: &House) -> String {
    let segment = json!({"name": "s", "subject": "contact", "rule": {"all": []}});
    house.post("/api/v1/segments", segment).await.id()
}

#[tokio::test]
async fn a_webhook_is_created_shown_listed_and_deleted() {
    let house = House::new().await;
    let made = house.post("/api/v1/webhooks", a_form()).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let path = made.headers["location"].to_str().unwrap().to_owned();
    assert_eq!(path, format!("/api/v1/webhooks/{}", made.id()));
    assert_eq!(house.get(&path).await.json(), made.json());
    assert_eq!(house.get("/api/v1/webhooks").await.json(), json!({"data": [made.json()], "next_cursor": null}));
    assert_eq!(made.json()["enabled"], true);
    assert!(!made.text.contains("whsec"), "{}", made.text);

    let secret = house.get(&format!("{path}/secret")).await;
    assert!(secret.json()["secret"].as_str().unwrap().starts_with("whsec_"));
    assert_eq!(secret.headers["cache-control"], "no-store");

    let deleted = house.delete(&path).await;
    assert_eq!((deleted.status.as_u16(), deleted.text.as_str()), (204, ""));
    for path in [path.clone(), format!("{path}/secret")] {
        assert_eq!(house.get(&path).await.code(), "not_found");
    }
    assert_eq!(house.delete(&path).await.code(), "not_found");
    assert_eq!(house.get(&format!("{path}/deliveries")).await.status, 200, "its history stays readable");
}

// behaviour A6
#[tokio::test]
async fn everything_wrong_with_a_webhook_is_named_at_once() {
    let house = House::new().await;
    let form = json!({"url": "nowhere", "event_types": ["contact.visited", "no.such"], "channels": "segment_9 nginx",
                      "headers": {"Host": "x"}, "retry_schedule": [5], "secret": "whsec_short"});
    let answer = house.post("/api/v1/webhooks", form).await;
    assert_eq!(answer.status, 422);
    assert_eq!(answer.fields(), ["channels", "channels", "event_types/1", "headers/Host", "secret", "url"]);
    let empty = house.post("/api/v1/webhooks", json!({"url": "https://a.example", "event_types": []})).await;
    assert_eq!(empty.fields(), ["event_types"]);
    let schedule = json!({"url": "https://a.example", "event_types": ["contact.visited"], "retry_schedule": [-1]});
    assert_eq!(house.post("/api/v1/webhooks", schedule).await.fields(), ["retry_schedule/0"]);
}

// behaviour R3
#[tokio::test]
async fn channels_are_taken_as_people_type_them() {
    let house = House::new().await;
    let (a, b) = (a_segment(&house).await, a_segment(&house).await);
    let both = json!([format!("segment_{a}"), format!("segment_{b}")]);
    for typed in [json!(format!("segment_{a} segment_{b}")), json!([a, b]), json!([format!("{a},\n{b}")])] {
        let form = json!({"url": "https://a.example", "event_types": ["contact.visited"], "channels": typed});
        assert_eq!(house.post("/api/v1/webhooks", form).await.json()["channels"], both, "{typed}");
    }
}

// behaviour R4
#[tokio::test]
async fn the_channel_of_a_deleted_segment_may_stay_but_not_come_back() {
    let house = House::new().await;
    let (a, b) = (a_segment(&house).await, a_segment(&house).await);
    let form = json!({"url": "https://a.example", "event_types": ["contact.visited"], "channels": [a, b]});
    let path = format!("/api/v1/webhooks/{}", house.post("/api/v1/webhooks", form).await.id());
    house.delete(&format!("/api/v1/segments/{a}")).await;

    let listed = Channel::of_segment(SegmentId(a.parse().unwrap())).to_string();
    let kept = house.patch(&path, json!({"channels": [listed], "description": "x"})).await;
    assert_eq!(kept.json()["channels"], json!([listed]));
    house.patch(&path, json!({"channels": [b]})).await;
    assert_eq!(house.patch(&path, json!({"channels": [listed]})).await.fields(), ["channels"]);
}

// behaviour A3
#[tokio::test]
async fn absent_keeps_null_clears_and_a_value_sets() {
    let house = House::new().await;
    let segment = a_segment(&house).await;
    let form = json!({"url": "https://a.example/", "event_types": ["contact.visited"], "description": "d",
                      "channels": [segment], "headers": {"X-Team": "sales"}, "enabled": false,
                      "retry_schedule": [5, 60], "metadata": {"k": "v"}});
    let made = house.post("/api/v1/webhooks", form).await.json();
    let path = format!("/api/v1/webhooks/{}", made["id"].as_str().unwrap());
    assert_eq!(house.patch(&path, json!({})).await.json(), made, "absent keeps");

    let values = json!({"url": "https://b.example/", "event_types": ["contact.intent"], "description": "e",
                        "channels": [], "headers": {"X-Team": "ops"}, "enabled": true, "retry_schedule": [],
                        "metadata": {"a": "b"}});
    let set = house.patch(&path, &values).await.json();
    for (field, value) in values.as_object().unwrap() {
        assert_eq!(set[field], *value, "a value sets {field}");
    }
    let nulls = json!({"description": null, "channels": null, "headers": null, "enabled": null,
                       "retry_schedule": null, "metadata": null});
    let cleared = house.patch(&path, nulls).await.json();
    let empty = json!({"description": "", "channels": [], "headers": {}, "enabled": true, "retry_schedule": null,
                       "metadata": {}});
    for (field, value) in empty.as_object().unwrap() {
        assert_eq!(cleared[field], *value, "null clears {field}");
    }
    assert_eq!(house.patch(&path, json!({"url": null, "event_types": null})).await.fields(), ["event_types", "url"]);
}

#[tokio::test]
async fn changes_at_the_same_time_do_not_undo_one_another() {
    let house = House::new().await;
    let path = format!("/api/v1/webhooks/{}", house.post("/api/v1/webhooks", a_form()).await.id());
    let (a, b, c) = tokio::join!(
        house.patch(&path, json!({"description": "new"})),
        house.patch(&path, json!({"metadata": {"a": "b"}})),
        house.patch(&path, json!({"enabled": false})),
    );
    assert_eq!((a.status.as_u16(), b.status.as_u16(), c.status.as_u16()), (200, 200, 200));
    let after = house.get(&path).await.json();
    assert_eq!(after["description"], "new");
    assert_eq!(after["metadata"], json!({"a": "b"}));
    assert_eq!(after["enabled"], false);
}

// behaviour S10 (in part)
#[tokio::test]
async fn secrets_are_shown_masked_and_kept_when_sent_back_masked() {
    let house = House::new().await;
    let form = json!({"url": "https://jane:hunter2@a.example/", "event_types": ["contact.visited"],
                      "headers": {"Authorization": "Bearer s3cret", "X-Team": "sales"}});
    let made = house.post("/api/v1/webhooks", form).await;
    assert!(!made.text.contains("hunter2") && !made.text.contains("s3cret"), "{}", made.text);
    let shown = made.json();
    assert_eq!(shown["url"], "https://jane:***@a.example/");
    assert_eq!(shown["headers"], json!({"Authorization": "***", "X-Team": "sales"}));

    let path = format!("/api/v1/webhooks/{}", made.id());
    let back = json!({"url": shown["url"], "headers": shown["headers"], "description": "changed"});
    assert_eq!(house.patch(&path, back).await.status, 200);
    let stored = beckon_store::WebhookStore::get_webhook(&*house.store, house.workspace, made.id().parse().unwrap());
    let stored = stored.await.unwrap();
    assert_eq!(stored.url.password(), Some("hunter2"));
    assert_eq!(stored.headers["Authorization"], "Bearer s3cret");
}

// behaviour S13
#[tokio::test]
async fn http_is_refused_where_only_https_is_allowed() {
    let house = House::with(Options { https_only: true, ..Options::default() }).await;
    let form = json!({"url": "http://a.example/", "event_types": ["contact.visited"]});
    assert_eq!(house.post("/api/v1/webhooks", form).await.fields(), ["url"]);
}

// behaviour R9
#[tokio::test]
async fn nothing_of_one_workspace_is_there_for_another() {
    let house = House::new().await;
    let other = "bk_other_0123456789";
    house.add_workspace(other).await;
    let path = format!("/api/v1/webhooks/{}", house.post("/api/v1/webhooks", a_form()).await.id());
    let all = [
        (Method::GET, "", ""),
        (Method::PATCH, "", r#"{"enabled":false}"#),
        (Method::DELETE, "", ""),
        (Method::GET, "/secret", ""),
        (Method::GET, "/deliveries", ""),
        (Method::GET, "/attempts", ""),
        (Method::POST, "/test", r#"{"event_type":"contact.visited"}"#),
    ];
    for (method, rest, body) in all {
        let answer = house.call_as(other, method.clone(), &format!("{path}{rest}"), body).await;
        assert_eq!(answer.code(), "not_found", "{method} {rest}");
    }
    let listed = house.call_as(other, Method::GET, "/api/v1/webhooks", "").await;
    assert_eq!(listed.json()["data"], json!([]));
}

// behaviour A4
#[tokio::test]
async fn pages_show_every_webhook_once_and_take_only_their_own_cursors() {
    let house = House::new().await;
    let mut made = vec![];
    for _ in 0..5 {
        made.push(house.post("/api/v1/webhooks", a_form()).await.id());
    }
    made.reverse();
    let mut seen = vec![];
    let mut path = "/api/v1/webhooks?limit=2".to_owned();
    loop {
        let page = house.get(&path).await.json();
        seen.extend(page["data"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        assert_eq!(house.get(&format!("/api/v1/deliveries?cursor={cursor}")).await.fields(), ["cursor"]);
        path = format!("/api/v1/webhooks?limit=2&cursor={cursor}");
    }
    assert_eq!(seen, made);
    let odd = house.get("/api/v1/webhooks?limit=251&colour=red").await;
    assert_eq!((odd.status.as_u16(), odd.fields()), (422, vec!["colour".to_owned()]));
    assert_eq!(house.get("/api/v1/webhooks?limit=251").await.fields(), ["limit"]);
}

// behaviour V1
#[tokio::test]
async fn a_test_sends_at_once_and_shows_the_attempt() {
    let house = House::new().await;
    let receiver = Receiver::start().await;
    let form = json!({"url": receiver.url("/in"), "event_types": ["contact.visited"]});
    let path = format!("/api/v1/webhooks/{}", house.post("/api/v1/webhooks", form).await.id());
    let attempt =
        house.post(&format!("{path}/test"), r#"{"event_type":"contact.intent","payload":{"b" : 1e400}}"#).await;
    assert_eq!(attempt.status, 422, "it violates the schema: {}", attempt.text);

    let attempt = house.post(&format!("{path}/test"), json!({"event_type": "contact.intent"})).await;
    assert_eq!(attempt.status, 200, "{}", attempt.text);
    let shown = attempt.json();
    assert_eq!(
        (&shown["outcome"], &shown["status_code"], &shown["trigger"]),
        (&json!("delivered"), &json!(200), &json!("test"))
    );
    let received = receiver.received(1).await;
    let sent: Value = serde_json::from_slice(&received[0].body).unwrap();
    assert_eq!(sent["event"], "contact.intent");
    assert_eq!(received[0].header("webhook-id"), shown["event_id"].as_str());
    assert_eq!(house.get(&format!("{path}/attempts")).await.json()["data"], json!([shown]));

    let unknown = house.post(&format!("{path}/test"), json!({"event_type": "no.such"})).await;
    assert_eq!(unknown.fields(), ["event_type"]);
    house.patch(&path, json!({"enabled": false})).await;
    let disabled = house.post(&format!("{path}/test"), json!({"event_type": "contact.intent"})).await;
    assert_eq!((disabled.status.as_u16(), disabled.code().as_str()), (409, "webhook_disabled"));
}

#[tokio::test]
async fn many_who_change_one_webhook_at_once_all_succeed() {
    let house = std::sync::Arc::new(House::new().await);
    let path = format!("/api/v1/webhooks/{}", house.post("/api/v1/webhooks", a_form()).await.id());
    let changes: Vec<_> = (0..100)
        .map(|n| {
            let (house, path) = (house.clone(), path.clone());
            tokio::spawn(async move { house.patch(&path, json!({"description": n.to_string()})).await })
        })
        .collect();
    for change in changes {
        let answer = change.await.unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
}
