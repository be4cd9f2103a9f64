//! Figures, and finding what was announced and delivered by whom it is about.

use beckon_testkit::receiver::Receiver;
use serde_json::{Value, json};

use crate::beckon::Beckon;

fn page(user: &str, path: &str) -> Value {
    json!({ "userId": user, "anonymousId": format!("browser-of-{user}"), "properties": { "path": path } })
}

// behaviour V4
#[tokio::test]
async fn statistics_equal_the_attempts_they_summarise() {
    let mut beckon = Beckon::start().await;
    let (good, bad) = (Receiver::start().await, Receiver::start().await);
    bad.always(500);
    beckon.event_type("invoice.paid").await;
    let taken = beckon.webhook(&good.url("/"), &["invoice.paid"]).await;
    let failing = json!({ "url": bad.url("/"), "event_types": ["invoice.paid"], "retry_schedule": [0] });
    let failing = beckon.webhook_with(failing).await;
    let events = beckon.publish_many("invoice.paid", 3).await;
    for event in &events {
        beckon.deliveries_once(event, |one| one["status"] != "pending" && one["status"] != "retrying").await;
    }
    let id = taken["id"].as_str().unwrap().to_owned();
    beckon.api.post(&format!("/api/v1/webhooks/{id}/test"), json!({ "event_type": "invoice.paid" })).await.expect(200);

    for kill in [false, true] {
        if kill {
            beckon.kill();
            beckon.start_again().await;
        }
        for (webhook, delivered, failed) in [(&taken, 3, 0), (&failing, 0, 3)] {
            let id = webhook["id"].as_str().unwrap();
            let attempts = beckon.api.list(&format!("/api/v1/webhooks/{id}/attempts"), 250).await;
            let of_test = attempts.iter().filter(|attempt| attempt["trigger"] == "test").count();
            let stats = beckon.api.get(&format!("/api/v1/webhooks/{id}/stats")).await.expect(200).json();
            let totals = &stats["totals"];
            assert_eq!((&totals["delivered"], &totals["failed"]), (&json!(delivered), &json!(failed)));
            let tried = totals["attempts_succeeded"].as_u64().unwrap() + totals["attempts_failed"].as_u64().unwrap();
            assert_eq!(tried as usize, attempts.len() - of_test, "{stats:#}");
            assert_eq!(totals["time_to_deliver"]["p95"].is_u64(), delivered > 0);
            assert!(totals["response_time"]["p50"].is_u64() && totals["signals"].is_null());
            assert_eq!(stats["data"].as_array().unwrap().len(), 24);
        }
        let totals = beckon.api.get("/api/v1/stats").await.expect(200).json()["totals"].clone();
        let events = beckon.api.list("/api/v1/events", 250).await;
        let announced = events.iter().filter(|event| event["source"]["test"] == false).count();
        assert!(announced > 3, "notices too");
        assert_eq!((&totals["delivered"], &totals["failed"]), (&json!(3), &json!(3)));
        assert_eq!(totals["events"], json!(announced));
    }
    let wrong = beckon.api.get("/api/v1/stats?since=2024-01-01T00:00:00Z").await.expect(422).json();
    assert_eq!(wrong["errors"][0]["field"], "since");
}

// behaviour A5 (in part)
#[tokio::test]
async fn what_is_about_somebody_is_found_by_their_words() {
    let beckon = Beckon::start().await;
    let receiver = Receiver::start().await;
    beckon.segment("Everybody", json!({ "all": [] })).await;
    let webhook = beckon.webhook(&receiver.url("/"), &["contact.visited"]).await;
    for (user, first, company) in [("u1", "Jane", "Acme Corp"), ("u2", "Joe", "Acme Corp"), ("u3", "Ann", "Other")] {
        let email = format!("{user}@example.com");
        beckon.contact(json!({ "email": email, "user_id": user, "first_name": first, "company": company })).await;
        beckon.track("page", page(user, "/pricing")).await;
    }
    receiver.received(3).await;
    let count = async |path: &str| beckon.api.list(path, 250).await.len();
    let of_webhook = format!("/api/v1/webhooks/{}/deliveries?about=acme", webhook["id"].as_str().unwrap());
    for (path, wanted) in [
        ("/api/v1/contacts?text=acme", 2),
        ("/api/v1/contacts?text=acme%20ja", 1),
        ("/api/v1/companies?text=acme", 0),
        ("/api/v1/events?about=acme", 2),
        ("/api/v1/events?about=jane", 1),
        ("/api/v1/events?about=nobody", 0),
        ("/api/v1/deliveries?about=acme", 2),
        (of_webhook.as_str(), 2),
        ("/api/v1/signals?kind=page", 3),
        ("/api/v1/signals?kind=track", 0),
    ] {
        assert_eq!(count(path).await, wanted, "{path}");
    }
    let long = format!("/api/v1/events?about={}", "x".repeat(201));
    assert_eq!(beckon.api.get(&long).await.expect(422).json()["errors"][0]["field"], "about");
    let unknown = beckon.api.get("/api/v1/signals?kind=nothing").await.expect(422).json();
    assert_eq!(unknown["errors"][0]["field"], "kind");

    let signal = beckon.api.list("/api/v1/signals", 250).await[0].clone();
    let shown = beckon.api.get(&format!("/api/v1/signals/{}", signal["id"].as_str().unwrap())).await.expect(200).json();
    assert_eq!((&shown, &shown["recognised_by"]), (&signal, &json!("user_id")));
    assert!(shown["visit_id"].is_string());
    let event = shown["fired"][0]["event_id"].as_str().unwrap();
    assert_eq!(beckon.api.get(&format!("/api/v1/events/{event}")).await.expect(200).json()["type"], "contact.visited");
}
