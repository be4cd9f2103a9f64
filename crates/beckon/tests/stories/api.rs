//! Behaviours A: the JSON API.

use std::collections::BTreeSet;

use beckon_testkit::receiver::{Receiver, Reply};
use hyper::Method;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::beckon::Beckon;

fn webhook_body() -> Value {
    json!({ "url": "https://example.com/hook", "event_types": ["contact.visited"] })
}

// behaviour A1
#[tokio::test]
async fn the_same_idempotency_key_and_body_give_the_same_answer_stored_once() {
    let beckon = Beckon::start().await;
    let api = beckon.api.with("idempotency-key", "k-1");
    let first = api.post("/api/v1/webhooks", webhook_body()).await.expect(201);
    let second = api.post("/api/v1/webhooks", webhook_body()).await.expect(201);
    assert_eq!(first.body, second.body);
    assert_eq!(second.headers["idempotent-replayed"], "true");
    assert_eq!(beckon.api.list("/api/v1/webhooks", 250).await.len(), 1);

    let other = json!({ "url": "https://example.com/other", "event_types": ["contact.visited"] });
    let refused = api.post("/api/v1/webhooks", other).await.expect(409).json();
    assert_eq!(refused["code"], "idempotency_mismatch");
}

// behaviour A1
#[tokio::test]
async fn concurrent_calls_with_one_idempotency_key_store_one_event() {
    let mut beckon = Beckon::start().await;
    beckon.event_type("invoice.paid").await;
    let api = beckon.api.with("idempotency-key", "pay-7");
    let body = || json!({ "type": "invoice.paid", "payload": { "n": 7 } });
    let call = || async { api.post("/api/v1/events", body()).await.expect(201).json()["id"].clone() };
    let (a, b, c, d) = tokio::join!(call(), call(), call(), call());
    assert_eq!([&a, &b, &c], [&b, &c, &d]);
    assert_eq!(beckon.api.list("/api/v1/events", 250).await.len(), 1);

    beckon.kill();
    beckon.start_again().await;
    assert_eq!(call().await, a, "after a crash too");
}

// behaviour A2
#[tokio::test]
async fn the_same_event_id_twice_is_the_first_event_or_a_conflict_that_names_it() {
    let beckon = Beckon::start().await;
    beckon.event_type("invoice.paid").await;
    let body = json!({ "type": "invoice.paid", "payload": { "n": 1 }, "id": "invoice-1" });
    let first = beckon.api.post("/api/v1/events", body.clone()).await.expect(201).json();
    assert_eq!(first["id"], "invoice-1");
    let again = beckon.api.post("/api/v1/events", body).await.expect(200).json();
    assert_eq!(again, first);
    let other = json!({ "type": "invoice.paid", "payload": { "n": 2 }, "id": "invoice-1" });
    let refused = beckon.api.post("/api/v1/events", other).await.expect(409).json();
    assert_eq!(refused["code"], "event_id_taken");
    assert!(refused["detail"].as_str().unwrap().contains("invoice-1"), "{refused}");
    assert_eq!(beckon.api.list("/api/v1/events", 250).await.len(), 1);
}

// behaviour A3
#[tokio::test]
async fn patch_keeps_what_is_absent_clears_what_is_null_and_sets_what_has_a_value() {
    let beckon = Beckon::start().await;
    let segment = beckon.segment("One", json!({ "all": [] })).await;
    let full = json!({
        "url": "https://example.com/hook", "event_types": ["contact.visited"], "description": "CRM",
        "channels": [segment["channel"]], "headers": { "X-Team": "growth" }, "enabled": true,
        "retry_schedule": [5, 60], "metadata": { "owner": "ann" },
    });
    let webhook = beckon.webhook_with(full.clone()).await;
    let path = format!("/api/v1/webhooks/{}", webhook["id"].as_str().unwrap());
    let settings = |webhook: &Value| {
        let mut settings = webhook.as_object().unwrap().clone();
        settings.retain(|name, _| full.get(name).is_some());
        Value::Object(settings)
    };
    assert_eq!(settings(&webhook), full);

    let unchanged = beckon.api.patch(&path, json!({})).await.expect(200).json();
    assert_eq!(settings(&unchanged), full, "absent keeps");

    let cleared = [
        ("description", json!("")),
        ("channels", json!([])),
        ("headers", json!({})),
        ("retry_schedule", Value::Null),
        ("metadata", json!({})),
    ];
    let mut expected = full.clone();
    for (field, empty) in cleared {
        expected[field] = empty;
        let body = json!({ field: null });
        let patched = beckon.api.patch(&path, body).await.expect(200).json();
        assert_eq!(settings(&patched), expected, "null clears {field} and nothing else");
    }
    beckon.api.patch(&path, json!({ "enabled": false })).await.expect(200);
    let enabled = beckon.api.patch(&path, json!({ "enabled": null })).await.expect(200).json();
    assert_eq!(settings(&enabled), expected, "null brings back what a new webhook has");
    for field in ["url", "event_types"] {
        let refused = beckon.api.patch(&path, json!({ field: null })).await.expect(422);
        assert_eq!(refused.fields(), [field], "cannot be cleared");
    }
    let values = json!({
        "url": "http://example.com/other", "event_types": ["company.visited"], "description": "Ops", "enabled": false,
        "channels": [segment["channel"]], "headers": { "X-Team": "ops" }, "retry_schedule": [], "metadata": { "a": "b" },
    });
    let patched = beckon.api.patch(&path, values.clone()).await.expect(200).json();
    assert_eq!(settings(&patched), values, "a value sets");
}

// behaviour A4
#[tokio::test]
async fn paging_is_complete_and_free_of_duplicates_while_rows_arrive() {
    let beckon = Beckon::start().await;
    beckon.event_type("invoice.paid").await;
    let mut before = BTreeSet::new();
    for n in 0..25 {
        before.insert(beckon.publish("invoice.paid", json!({ "n": n })).await);
    }
    let mut seen = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = beckon.api.get(&format!("/api/v1/events?limit=4{cursor}")).await.expect(200).json();
        seen.extend(page["data"].as_array().unwrap().iter().map(|event| event["id"].as_str().unwrap().to_owned()));
        beckon.publish("invoice.paid", json!({ "late": true })).await;
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    let distinct: BTreeSet<_> = seen.iter().cloned().collect();
    assert_eq!(distinct.len(), seen.len(), "no row twice");
    assert!(before.is_subset(&distinct), "every row that was there is shown");

    for bad in ["limit=251", "limit=0", "limit=ten"] {
        assert_eq!(beckon.api.get(&format!("/api/v1/events?{bad}")).await.expect(422).fields(), ["limit"], "{bad}");
    }
    let foreign = beckon.api.get("/api/v1/webhooks?cursor=nonsense").await.expect(422);
    assert_eq!(foreign.fields(), ["cursor"]);
}

// behaviour A5
#[tokio::test]
async fn every_filter_combines_with_every_other() {
    let beckon = Beckon::start().await;
    let receiver = Receiver::start().await;
    receiver.script([Reply::status(200)]);
    receiver.always(500);
    let segment = beckon.segment("One", json!({ "all": [] })).await;
    for name in ["invoice.paid", "invoice.void"] {
        beckon.event_type(name).await;
    }
    let mut webhooks = Vec::new();
    for path in ["/one", "/two"] {
        let body =
            json!({ "url": receiver.url(path), "event_types": ["invoice.paid", "invoice.void"], "retry_schedule": [] });
        webhooks.push(beckon.webhook_with(body).await["id"].as_str().unwrap().to_owned());
    }
    let mut middle = String::new();
    let labelled = json!([segment["channel"]]);
    let published = [("invoice.paid", &labelled), ("invoice.void", &json!([])), ("invoice.paid", &labelled)];
    for (event_type, channels) in published {
        let body = json!({ "type": event_type, "payload": {}, "channels": channels });
        let event = beckon.api.post("/api/v1/events", body).await.expect(201).json();
        beckon.deliveries_once(event["id"].as_str().unwrap(), |d| d["next_attempt_at"].is_null()).await;
        middle = event["created_at"].as_str().unwrap().to_owned();
    }
    let all = beckon.api.list("/api/v1/deliveries", 250).await;
    assert_eq!(all.len(), 6);
    assert_eq!(all.iter().filter(|delivery| delivery["status"] == "delivered").count(), 1);

    let channel = segment["channel"].as_str().unwrap();
    let moment: Timestamp = middle.parse().unwrap();
    let at = |delivery: &Value| delivery["created_at"].as_str().unwrap().parse::<Timestamp>().unwrap();
    type Keeps = Box<dyn Fn(&Value) -> bool>;
    let filters: Vec<(String, Keeps)> = vec![
        (format!("webhook_id={}", webhooks[0]), {
            let id = webhooks[0].clone();
            Box::new(move |d| d["webhook_id"] == id)
        }),
        ("status=failed".to_owned(), Box::new(|d| d["status"] == "failed")),
        ("event_type=invoice.paid".to_owned(), Box::new(|d| d["event_type"] == "invoice.paid")),
        (format!("channel={channel}"), {
            let c = json!([channel]);
            Box::new(move |d| d["channels"] == c)
        }),
        (format!("since={middle}"), Box::new(move |d| at(d) >= moment)),
        (format!("until={middle}"), Box::new(move |d| at(d) < moment)),
    ];
    for (query, keeps) in &filters {
        let kept = all.iter().filter(|delivery| keeps(delivery)).count();
        assert!((1..all.len()).contains(&kept), "{query} tells nothing apart: it keeps {kept}");
    }
    for subset in 0..1_usize << filters.len() {
        let chosen: Vec<_> = filters.iter().enumerate().filter(|(n, _)| subset >> n & 1 == 1).map(|(_, f)| f).collect();
        let query = chosen.iter().map(|(query, _)| query.as_str()).collect::<Vec<_>>().join("&");
        let expected: Vec<_> =
            all.iter().filter(|delivery| chosen.iter().all(|(_, keeps)| keeps(delivery))).cloned().collect();
        let got = beckon.api.list(&format!("/api/v1/deliveries?{query}"), 250).await;
        assert_eq!(got, expected, "{query}");
    }
}

// behaviour A6
#[tokio::test]
async fn every_wrong_field_is_named_at_once_in_a_problem() {
    let beckon = Beckon::start().await;
    let body = json!({ "url": 7, "event_types": "contact.visited", "enabled": "yes", "colour": "red" });
    let answer = beckon.api.post("/api/v1/webhooks", body).await.expect(422);
    assert_eq!(answer.headers["content-type"], "application/problem+json");
    let problem = answer.json();
    assert_eq!(problem["code"], "invalid_request");
    assert_eq!(problem["status"], 422);
    let fields: BTreeSet<_> = answer.fields().into_iter().collect();
    assert_eq!(fields, BTreeSet::from(["colour", "enabled", "event_types", "url"].map(str::to_owned)));

    let body = json!({
        "url": "ftp://example.com", "event_types": [], "headers": { "Webhook-Id": "x", "Host": "y" },
        "retry_schedule": [-1], "secret": "short", "channels": "nginx",
    });
    let answer = beckon.api.post("/api/v1/webhooks", body).await.expect(422);
    let fields: BTreeSet<_> = answer.fields().into_iter().collect();
    for field in ["url", "event_types", "headers/Webhook-Id", "headers/Host", "retry_schedule/0", "secret", "channels"]
    {
        assert!(fields.contains(field), "{field} is missing in {fields:?}");
    }
}

// behaviour A8
#[tokio::test]
async fn unknown_fields_and_parameters_are_refused_by_name() {
    let beckon = Beckon::start().await;
    let mut body = webhook_body();
    body["colour"] = json!("red");
    body["shape"] = json!("round");
    let answer = beckon.api.post("/api/v1/webhooks", body).await.expect(422);
    assert_eq!(answer.fields(), ["colour", "shape"]);
    assert_eq!(beckon.api.get("/api/v1/webhooks?color=red").await.expect(422).fields(), ["color"]);
}

// behaviour A10
#[tokio::test]
async fn a_request_without_a_good_key_is_told_which_way_it_is_bad() {
    let beckon = Beckon::start().await;
    let nobody = beckon.api.without("authorization");
    let code = async |answer: crate::http::Answer| answer.expect(401).json()["code"].as_str().unwrap().to_owned();
    assert_eq!(code(nobody.get("/api/v1/webhooks").await).await, "unauthorized_missing");
    let basic = nobody.with("authorization", "Basic abc");
    assert_eq!(code(basic.get("/api/v1/webhooks").await).await, "unauthorized_malformed");
    let unknown = nobody.with("authorization", "Bearer bk_nobody_knows_this_key");
    assert_eq!(code(unknown.get("/api/v1/webhooks").await).await, "unauthorized_unknown");

    let made = beckon.api.post("/api/v1/api-keys", json!({ "name": "CI" })).await.expect(201).json();
    let with_it = nobody.with("authorization", &format!("Bearer {}", made["key"].as_str().unwrap()));
    with_it.get("/api/v1/webhooks").await.expect(200);
    beckon.api.delete(&format!("/api/v1/api-keys/{}", made["id"].as_str().unwrap())).await;
    assert_eq!(code(with_it.get("/api/v1/webhooks").await).await, "unauthorized_revoked");
}

#[tokio::test]
async fn the_secret_is_shown_by_its_own_route_only() {
    let beckon = Beckon::start().await;
    let mut body = webhook_body();
    body["secret"] = json!("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    let answer = beckon.api.post("/api/v1/webhooks", body).await.expect(201);
    assert!(!String::from_utf8_lossy(&answer.body).contains("whsec_"));
    let id = answer.json()["id"].as_str().unwrap().to_owned();
    let shown = beckon.api.get(&format!("/api/v1/webhooks/{id}/secret")).await.expect(200).json();
    assert_eq!(shown["secret"], "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
}

#[tokio::test]
async fn a_batch_of_events_answers_for_each_and_one_bad_one_harms_none() {
    let beckon = Beckon::start().await;
    beckon.event_type("invoice.paid").await;
    let body = json!({ "events": [
        { "type": "invoice.paid", "payload": {}, "id": "a-1" },
        { "type": "invoice.unheard_of", "payload": {} },
        { "type": "invoice.paid", "payload": {} },
    ] });
    let events = beckon.api.post("/api/v1/events/batch", body).await.expect(200).json()["events"].clone();
    assert_eq!(events[0]["id"], "a-1");
    assert_eq!(events[1]["error"]["code"], "invalid_request", "{events}");
    assert!(events[2]["id"].is_string());
    assert_eq!(beckon.api.list("/api/v1/events", 250).await.len(), 2);
}

#[tokio::test]
async fn alive_and_ready_are_told_without_a_key_and_unknown_routes_are_problems() {
    let beckon = Beckon::start().await;
    let nobody = beckon.api.without("authorization");
    nobody.get("/healthz").await.expect(200);
    nobody.get("/readyz").await.expect(200);
    let docs = nobody.get("/api/docs").await.expect(200);
    let policy = docs.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("default-src 'none'") || policy.contains("default-src 'self'"), "{policy}");
    assert!(!policy.contains("http"), "no other host: {policy}");
    assert_eq!(beckon.api.get("/api/v1/nothing").await.expect(404).json()["code"], "not_found");
    assert_eq!(
        beckon.api.send(Method::PUT, "/api/v1/webhooks", "").await.expect(405).json()["code"],
        "method_not_allowed"
    );
}
