//! The pages of deliveries, events and jobs, and the way to them by id: without scripts.

#![expect(clippy::unwrap_used, reason = "a panic here is a failed test")]

use beckon_domain::member::Role;
use beckon_testkit::{Receiver, receiver::Reply};
use http::Method;
use serde_json::{Value, json};

use crate::browser::Browser;
use crate::house::{Answer, House, KEY};

/// A webhook for `order.paid`.
async fn a_webhook(house: &House, receiver: &Receiver, description: &str) -> String {
    house.post("/api/v1/event-types", json!({"name": "order.paid"})).await;
    let form = json!({
        "url": receiver.url("/in"), "event_types": ["order.paid"], "description": description,
        "headers": {"X-Api-Key": "s3cret"}, "retry_schedule": [3600],
    });
    house.post("/api/v1/webhooks", form).await.id()
}

/// Publishes an event and gives its only delivery, once it `stands` so.
async fn delivered(house: &House, payload: Value, stands: &str) -> Value {
    let event = house.post("/api/v1/events", json!({"type": "order.paid", "payload": payload})).await.id();
    let path = format!("/api/v1/deliveries?event_id={event}");
    house.once(&path, |list| list["data"][0]["status"] == stands).await["data"][0].clone()
}

fn path_of(delivery: &Value) -> String {
    format!("/deliveries/{}", delivery["id"].as_str().unwrap())
}

fn jane(nth: u32) -> Value {
    json!({"contact": {"first_name": "Jane", "last_name": format!("Doe {nth}"), "email": "jane@acme.test"}})
}

// behaviour U4 (in part)
#[tokio::test]
async fn deliveries_are_listed_with_whom_they_are_about_and_narrowed_by_the_address() {
    let house = House::new().await;
    let browser = house.signed_in(Role::Viewer).await;
    browser.page("/deliveries").await.shows(&["No deliveries yet"]);

    let receiver = Receiver::start().await;
    let webhook = a_webhook(&house, &receiver, "CRM <b>").await;
    receiver.script([Reply::status(500), Reply::status(200)]);
    let failed = delivered(&house, jane(1), "retrying").await;
    let done = delivered(&house, json!({"company": {"name": "Acme", "domain": "acme.test"}}), "delivered").await;

    let all = browser.page("/deliveries").await;
    all.shows(&[
        "Jane Doe 1",
        "jane@acme.test",
        "acme.test",
        "CRM &lt;b&gt;",
        "Retrying",
        "next ",
        "Delivered",
        "order.paid",
    ]);
    all.shows(&[
        &path_of(&failed),
        &path_of(&done),
        "data-live",
        &format!("data-key=\"{}\"", done["id"].as_str().unwrap()),
    ]);

    let one =
        browser.page(&format!("/deliveries?status=retrying&webhook_id={webhook}&event_type=order.paid&about=")).await;
    one.shows(&["Jane Doe 1", "Remove filter Status: Retrying", "Remove filter Webhook: CRM &lt;b&gt;", "Clear all"]);
    assert!(!one.text.contains(&path_of(&done)), "{}", one.text);
    one.shows(&[&format!("href=\"/deliveries?webhook_id={webhook}&amp;event_type=order.paid\"")]);
    browser.page("/deliveries?period=1h").await.shows(&["Jane Doe 1", "Remove filter Time: Last hour"]);
    browser.page("/deliveries?until=2020-01-01T00:00").await.shows(&["No delivery fits"]);
    browser.page("/deliveries?status=canceled").await.shows(&["No delivery fits", "Remove filter Status: Canceled"]);
}

// behaviour A6 (in part)
#[tokio::test]
async fn an_address_with_wrong_values_says_which() {
    let house = House::new().await;
    let browser = house.signed_in(Role::Viewer).await;
    let query = "status=lost&webhook_id=wh_1&since=yesterday&period=24h&colour=%3Cred%3E";
    for path in [format!("/deliveries?{query}"), "/events?since=yesterday&colour=%3Cred%3E".to_owned()] {
        let refused = browser.page(&path).await;
        assert_eq!(refused.status, 422, "{path}");
        refused.shows(&[
            "These filters cannot be used",
            "<code>since</code>",
            "<code>colour</code>",
            "value=\"yesterday\"",
        ]);
    }
    browser.page(&format!("/deliveries?{query}")).await.shows(&["<code>status</code>", "<code>webhook_id</code>"]);
    let period = browser.page("/deliveries?period=2y").await;
    period.shows(&["<code>period</code>"]);
}

// behaviour U4 (in part)
// behaviour V1 (in part)
#[tokio::test]
async fn a_delivery_shows_each_attempt_with_request_and_response() {
    let house = House::new().await;
    let browser = house.signed_in(Role::Member).await;
    let receiver = Receiver::start().await;
    a_webhook(&house, &receiver, "CRM").await;
    receiver.script([
        Reply::status(503).with_header("x-why", "<busy>").with_body("<script>alert(1)</script>\u{1b}\u{202e}"),
        Reply::status(204),
    ]);
    let waiting = delivered(&house, json!({"n": 12_345, "html": "<i>"}), "retrying").await;
    let path = path_of(&waiting);
    let shown = browser.page(&path).await;
    shown.shows(&[
        "Failed once so far.",
        "Attempt 1: failed, 503 Service Unavailable",
        "first attempt",
        "What to check",
        "x-why",
        "&lt;busy&gt;",
        "&lt;script&gt;alert(1)&lt;/script&gt;␛⟨U+202E⟩",
        "Total ",
        "webhook-id",
        "***",
        "Resend",
        "Retry now",
        "Cancel",
        "Next attempt",
        "&lt;i&gt;",
        "data-copy=\"curl --request POST",
    ]);
    assert!(!shown.text.contains("<script>alert") && !shown.text.contains("s3cret"), "{}", shown.text);

    assert_eq!(browser.submit(&format!("{path}/retry"), &[]).await.leads_to(), path);
    house.once(&format!("/api/v1{path}"), |delivery| delivery["status"] == "delivered").await;
    let shown = browser.page(&path).await;
    shown.shows(&["Delivered at the second attempt, ", "Attempt 2: delivered, 204 No Content", "Resend"]);
    assert!(!shown.text.contains("Retry now"), "{}", shown.text);
    assert!(shown.text.find("Attempt 1:").unwrap() < shown.text.find("Attempt 2:").unwrap(), "newest last");
}

// behaviour U5 (in part)
#[tokio::test]
async fn a_delivery_is_resent_and_what_cannot_be_done_says_why() {
    let house = House::new().await;
    let browser = house.signed_in(Role::Member).await;
    let receiver = Receiver::start().await;
    let webhook = a_webhook(&house, &receiver, "CRM").await;
    let done = delivered(&house, jane(1), "delivered").await;
    let path = path_of(&done);
    let resent = browser.submit(&format!("{path}/resend"), &[]).await;
    assert_eq!(resent.headers["location"], format!("{path}?said=resent").as_str());
    house.once(&format!("/api/v1{path}"), |delivery| delivery["attempt_count"] == 2).await;
    browser.page(&format!("{path}?said=resent")).await.shows(&["Resent. The new attempt", "resent by a person"]);

    let ended = browser.submit(&format!("{path}/cancel"), &[]).await;
    assert_eq!(ended.status, 409);
    ended.shows(&["This was not done", "Attempts"]);
    house.patch(&format!("/api/v1/webhooks/{webhook}"), json!({"enabled": false})).await;
    browser.page(&path).await.shows(&["Its webhook is disabled"]);
    let refused = browser.submit(&format!("{path}/resend"), &[]).await;
    assert_eq!(refused.status, 409);
    refused.shows(&["This was not done", "disabled"]);
}

#[tokio::test]
async fn a_waiting_delivery_is_canceled() {
    let house = House::new().await;
    let browser = house.signed_in(Role::Member).await;
    let receiver = Receiver::start().await;
    a_webhook(&house, &receiver, "CRM").await;
    receiver.always(500);
    let path = path_of(&delivered(&house, jane(1), "retrying").await);
    browser.page(&path).await.shows(&["data-confirm=\"Cancel this delivery?"]);
    assert_eq!(browser.submit(&format!("{path}/cancel"), &[]).await.leads_to(), path);
    browser.page(&path).await.shows(&["Canceled", "No more attempts are made"]);
}

// behaviour U5 (in part)
#[tokio::test]
async fn what_fits_is_sent_again_after_its_count_was_shown() {
    let house = House::new().await;
    let browser = house.signed_in(Role::Member).await;
    let receiver = Receiver::start().await;
    let webhook = a_webhook(&house, &receiver, "CRM").await;
    for n in 0..3 {
        delivered(&house, jane(n), "delivered").await;
    }
    let everything = browser.page("/deliveries/replay").await;
    assert_eq!(everything.status, 422);
    everything.shows(&["These deliveries cannot be sent again", "everything there is"]);
    let about = browser.page("/deliveries/replay?status=failed&about=jane").await;
    about.shows(&["<code>about</code>", "take this filter away first"]);
    browser
        .page("/deliveries/replay?status=retrying")
        .await
        .shows(&["<code>status</code>", "wait for a request anyway"]);
    browser.page("/deliveries/replay/count?status=failed").await.shows(&["<strong>0</strong>", "Back"]);

    let query = format!("status=delivered&webhook_id={webhook}");
    let first = browser.page(&format!("/deliveries/replay?{query}")).await;
    first.shows(&["data-dialog-body", "Webhook: <strong>CRM", "Count them"]);
    let asked = browser.page(&format!("/deliveries/replay/count?{query}")).await;
    asked.shows(&["data-dialog-body", "Send 3 again", "Webhook: <strong>CRM", "name=\"until\""]);
    let job =
        browser.submit("/deliveries/replay", &[("status", "delivered"), ("webhook_id", &webhook)]).await.leads_to();
    house.once(&format!("/api/v1{job}"), |job| job["status"] == "done").await;
    receiver.received(6).await;
    browser.page(&job).await.shows(&["Replay deliveries", "Done", "<strong>3</strong> sent again", "CRM"]);
    browser.page("/jobs").await.shows(&["Replay deliveries", "Done", "3 of 3", &job]);
    let ended = browser.submit(&format!("{job}/cancel"), &[]).await;
    assert_eq!(ended.status, 409);
    ended.shows(&["This was not done"]);
}

#[tokio::test]
async fn an_event_shows_its_payload_byte_for_byte_and_its_deliveries() {
    let house = House::new().await;
    let browser = house.signed_in(Role::Viewer).await;
    browser.page("/events").await.shows(&["No events yet"]);
    let receiver = Receiver::start().await;
    a_webhook(&house, &receiver, "CRM").await;
    let payload = r#"{"b":1e400, "a":[ 1,2.0],  "b":"<x>"}"#;
    let event =
        house.post("/api/v1/events", format!(r#"{{"type":"order.paid","id":"order-1","payload":{payload}}}"#)).await;
    assert_eq!(event.id(), "order-1");
    house.once("/api/v1/events/order-1/deliveries", |list| list["data"][0]["status"] == "delivered").await;
    let shown = browser.page("/events/order-1").await;
    shown.shows(&["order.paid", "CRM", "Delivered", "1e400", "2.0", "&lt;x&gt;", "Published directly"]);
    shown.shows(&["{\n  &quot;b&quot;: 1e400,\n  &quot;a&quot;: [\n    1,\n    2.0\n  ]"]);
    let file = browser.page("/events/order-1/payload").await;
    assert_eq!((file.text.as_str(), &file.headers["content-type"]), (payload, &"application/json".parse().unwrap()));
    browser.page("/events").await.shows(&["/events/order-1", "Delivered"]);

    house
        .post("/api/v1/events", json!({"type": "order.paid", "id": "lonely", "payload": jane(7), "channels": ["x"]}))
        .await;
    browser.page("/events?type=order.paid").await.shows(&[
        "Jane Doe 7",
        "/events/lonely",
        "Remove filter Event type: order.paid",
    ]);
    browser.page("/events?type=contact.visited").await.shows(&["No event fits"]);
}

#[tokio::test]
async fn viewers_look_and_change_nothing() {
    let house = House::new().await;
    let browser = house.signed_in(Role::Viewer).await;
    let receiver = Receiver::start().await;
    a_webhook(&house, &receiver, "CRM").await;
    let path = path_of(&delivered(&house, jane(1), "delivered").await);
    for page in ["/deliveries", &path] {
        let shown = browser.page(page).await;
        for button in ["Resend", "Replay…", ">Cancel<"] {
            assert!(!shown.text.contains(button), "{page} shows {button}");
        }
    }
    for action in ["resend", "retry", "cancel"] {
        assert_eq!(browser.submit(&format!("{path}/{action}"), &[]).await.status, 403, "{action}");
    }
    assert_eq!(browser.submit("/deliveries/replay", &[("status", "delivered")]).await.status, 403);
    assert_eq!(browser.page("/deliveries/replay?status=delivered").await.status, 403);
    assert_eq!(receiver.count(), 1);
}

async fn leads(browser: &Browser<'_>, id: &str) -> Option<String> {
    let answer: Answer = browser.page(&format!("/jump?id={id}")).await;
    (answer.status == 303).then(|| answer.leads_to())
}

// behaviour U4 (in part)
#[tokio::test]
async fn every_id_leads_to_its_page_and_an_unknown_one_is_kept() {
    let house = House::new().await;
    let browser = house.signed_in(Role::Member).await;
    let receiver = Receiver::start().await;
    let webhook = a_webhook(&house, &receiver, "CRM").await;
    let delivery = delivered(&house, jane(1), "delivered").await;
    let path = path_of(&delivery);
    let attempts = house.get(&format!("/api/v1{path}/attempts")).await.json();
    let attempt = attempts["data"][0]["id"].as_str().unwrap().to_owned();
    house.post("/api/v1/events", json!({"type": "order.paid", "id": "order-1", "payload": {}})).await;
    let segment = house.post("/api/v1/segments", json!({"name": "s", "rule": {"all": []}})).await.id();
    let contact = house.post("/api/v1/contacts", json!({"email": "jane@acme.test"})).await.id();
    let replay = json!({"status": "delivered"});
    let job = house.post("/api/v1/deliveries/replay", replay).await.id();
    let event = delivery["event_id"].as_str().unwrap();

    for (id, page) in [
        (webhook.clone(), format!("/webhooks/{webhook}")),
        (delivery["id"].as_str().unwrap().to_owned(), path.clone()),
        (attempt, path),
        (event.to_owned(), format!("/events/{event}")),
        ("%20order-1%20".to_owned(), "/events/order-1".to_owned()),
        (segment.clone(), format!("/segments/{segment}")),
        (format!("segment_{segment}"), format!("/segments/{segment}")),
        (contact.clone(), format!("/contacts/{contact}")),
        ("jane@acme.test".to_owned(), format!("/contacts/{contact}")),
        (job.clone(), format!("/jobs/{job}")),
        ("order.paid".to_owned(), "/catalog/order.paid".to_owned()),
    ] {
        assert_eq!(leads(&browser, &id).await, Some(page), "{id}");
    }
    for unknown in ["nothing", "wh_0", "999999", "dlv_01hzx3k9qv7m2c8d5e6f7g8h9j", "att_01hzx3k9qv7m2c8d5e6f7g8h9j"] {
        let answer = browser.page(&format!("/jump?id={unknown}")).await;
        assert_eq!(answer.status, 404, "{unknown}");
        answer.shows(&["Not found", &format!("value=\"{unknown}\"")]);
    }
    browser.page("/jump?id=%3Cb%3E").await.shows(&["&lt;b&gt;"]);
    assert_eq!(browser.page("/jump").await.status, 200);

    let portal = house.portal();
    let through = |id: &str| format!("{portal}/jump?id={id}");
    let found = browser.page(&through(&webhook)).await;
    assert_eq!(found.leads_to(), format!("{portal}/webhooks/{webhook}"));
    for hidden in [&segment, &contact] {
        assert_eq!(browser.page(&through(hidden)).await.status, 404, "a portal link finds webhooks only");
    }
}

// behaviour R9 (in part)
#[tokio::test]
async fn what_is_of_another_workspace_is_not_there() {
    let house = House::new().await;
    let receiver = Receiver::start().await;
    let webhook = a_webhook(&house, &receiver, "CRM").await;
    let delivery = delivered(&house, jane(1), "delivered").await;
    let job = house.post("/api/v1/deliveries/replay", json!({"status": "delivered"})).await.id();
    let other = house.add_workspace("bk_other_0123456789").await;
    let stranger = house.signed_in_to(other, Role::Owner).await;
    let (path, event) = (path_of(&delivery), delivery["event_id"].as_str().unwrap());
    for page in [path.clone(), format!("/events/{event}"), format!("/events/{event}/payload"), format!("/jobs/{job}")] {
        assert_eq!(stranger.page(&page).await.status, 404, "{page}");
    }
    for id in [webhook.as_str(), delivery["id"].as_str().unwrap(), event, &job] {
        assert_eq!(leads(&stranger, id).await, None, "{id}");
    }
    assert_eq!(stranger.submit(&format!("{path}/resend"), &[]).await.status, 404);
    assert_eq!(stranger.submit(&format!("/jobs/{job}/cancel"), &[]).await.status, 404);
    stranger.page("/deliveries").await.shows(&["No deliveries yet"]);
    let asked = stranger.page(&format!("/deliveries?webhook_id={webhook}")).await;
    asked.shows(&["No delivery fits"]);
    assert_eq!(house.call_as(KEY, Method::GET, &format!("/api/v1{path}"), "").await.status, 200);
}

#[tokio::test]
async fn a_portal_link_shows_deliveries_and_nothing_of_contacts() {
    let house = House::new().await;
    let browser = house.signed_in(Role::Member).await;
    let receiver = Receiver::start().await;
    a_webhook(&house, &receiver, "CRM").await;
    let path = path_of(&delivered(&house, jane(1), "delivered").await);
    let portal = house.portal();
    for page in ["/deliveries", &path, "/events", "/jobs"] {
        let shown = browser.page(&format!("{portal}{page}")).await;
        assert_eq!(shown.status, 200, "{page}: {}", shown.text);
        assert!(!shown.text.contains("href=\"/deliveries") && !shown.text.contains("/contacts/"), "{page}");
    }
    let resent = browser.submit(&format!("{portal}{path}/resend"), &[]).await;
    assert_eq!(resent.leads_to(), format!("{portal}{path}"));
}
