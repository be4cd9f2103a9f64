//! The pages of webhooks, without scripts: what they show, what they do, and whom they refuse.

use beckon_domain::member::Role;
use beckon_testkit::{Receiver, receiver::Reply};
use http::Method;
use serde_json::json;

use crate::house::{House, KEY};

/// A form that makes a webhook, as a browser sends it when little is typed.
const TYPED: &[(&str, &str)] = &[
    ("description", "CRM <b>"),
    ("url", "https://crm.example.com/in?a=<1>"),
    ("event_types", "contact.visited"),
    ("event_types", "company.visited"),
    ("channels", ""),
    ("header_name", "X-Token"),
    ("header_value", "s3cret"),
    ("header_name", ""),
    ("header_value", ""),
    ("rate_limit", "30"),
    ("rate_limit_per", "minute"),
    ("auth_kind", "none"),
    ("retry", "own"),
    ("retry_schedule", "5s, 10m"),
    ("signing", "hmac_sha256"),
];

async fn a_webhook(house: &House, url: &str) -> String {
    let form = json!({"url": url, "event_types": ["contact.visited"], "description": "Zapier"});
    house.post("/api/v1/webhooks", form).await.id()
}

// behaviour U2 (in part)
#[tokio::test]
async fn a_webhook_is_made_with_the_form_shown_and_found_in_the_list() {
    let house = House::new().await;
    let browser = house.signed_in(Role::Member).await;
    browser.page("/webhooks").await.shows(&["No webhooks yet", "Add webhook"]);
    browser.page("/webhooks/new").await.shows(&[
        "Endpoint URL",
        "contact.intent",
        "Events of every segment",
        "Create webhook",
    ]);

    let path = browser.submit("/webhooks/new", TYPED).await.leads_to();
    let made = house.get(&format!("/api/v1{path}")).await.json();
    assert_eq!(made["event_types"], json!(["contact.visited", "company.visited"]));
    assert_eq!(made["rate_limit"], json!({"requests": 30, "per": "minute"}));
    assert_eq!(made["retry_schedule"], json!([5, 600]));
    assert_eq!(made["headers"], json!({"X-Token": "***"}));

    let shown = browser.page(&path).await;
    shown.shows(&["CRM &lt;b&gt;", "a=%3C1%3E", "Healthy", "Next: see it arrive", "Send a test", "whsec_••••"]);
    assert!(!shown.text.contains("CRM <b>") && !shown.text.contains("s3cret"));
    browser.page(&format!("{path}/advanced")).await.shows(&["At most 30 a minute", "5s, 10m", "X-Token", "***"]);
    browser.page("/webhooks").await.shows(&["CRM &lt;b&gt;", "crm.example.com", "No requests", "None yet"]);
    browser.page("/webhooks?q=CRM.example").await.shows(&["CRM &lt;b&gt;"]);
    browser.page("/webhooks?q=elsewhere").await.shows(&["No webhook fits"]);
    browser.page("/webhooks?status=disabled").await.shows(&["No webhook fits"]);
}

// behaviour A6 (in part)
#[tokio::test]
async fn a_wrong_form_is_shown_again_with_all_that_was_typed_and_every_error_at_its_field() {
    let house = House::new().await;
    let browser = house.signed_in(Role::Member).await;
    let typed = [
        ("description", "My CRM"),
        ("url", "nowhere"),
        ("channels", "segment_9 nginx"),
        ("header_name", "Host"),
        ("header_value", "kept-as-typed"),
        ("rate_limit", "many"),
        ("rate_limit_per", "second"),
        ("auth_kind", "basic"),
        ("auth/username", ""),
        ("auth/password", "pw"),
        ("retry", "own"),
        ("retry_schedule", "5s, soon"),
    ];
    let answer = browser.submit("/webhooks/new", &typed).await;
    assert_eq!(answer.status, 422);
    answer.shows(&[
        "This was not saved",
        "My CRM",
        "value=\"nowhere\"",
        "kept-as-typed",
        "segment_9 nginx",
        "5s, soon",
    ]);
    answer.shows(&["id=\"field-retry_schedule-error\"", "is not a delay", "id=\"field-rate_limit-error\""]);

    let answer = browser.submit("/webhooks/new", &[typed.as_slice(), &[("rate_limit", "5")]].concat()).await;
    assert_eq!(answer.status, 422, "the first of two values counts");
    let typed: Vec<_> = typed.into_iter().filter(|(name, _)| *name != "rate_limit").collect();
    let answer = browser.submit("/webhooks/new", &typed).await;
    answer.shows(&["id=\"field-url-error\"", "id=\"events-error\"", "id=\"field-channels-error\"", "headers-1-error"]);
    answer.shows(&[
        "id=\"field-auth-username-error\"",
        "is not a delay",
        "<details class=\"card\" id=\"advanced\" open>",
    ]);
    assert_eq!(house.get("/api/v1/webhooks").await.json()["data"], json!([]));
}

// behaviour S10 (in part)
#[tokio::test]
async fn secrets_that_were_not_touched_stay_when_a_webhook_is_edited() {
    let house = House::new().await;
    let receiver = Receiver::start().await;
    let form = json!({"url": receiver.url("/in"), "event_types": ["contact.visited"], "headers": {"X-Token": "s3cret"},
                      "auth": {"kind": "bearer", "token": "t0ken"}});
    let id = house.post("/api/v1/webhooks", form).await.id();
    let browser = house.signed_in(Role::Member).await;
    let path = format!("/webhooks/{id}");
    let edit = browser.page(&format!("{path}/edit")).await;
    edit.shows(&["value=\"***\"", "Save changes"]);
    assert!(!edit.text.contains("s3cret") && !edit.text.contains("t0ken"));
    let url = receiver.url("/in");
    let fields = [
        ("description", "New name"),
        ("url", url.as_str()),
        ("event_types", "contact.intent"),
        ("header_name", "X-Token"),
        ("header_value", "***"),
        ("auth_kind", "bearer"),
        ("auth/token", "***"),
    ];
    assert_eq!(browser.submit(&format!("{path}/edit"), &fields).await.leads_to(), path);
    let tested = browser.submit(&format!("{path}/testing"), &[("event_type", "contact.intent"), ("payload", "")]).await;
    tested.shows(&["Delivered: the receiver answered 200"]);
    let request = receiver.received(1).await.remove(0);
    assert_eq!(request.header("x-token"), Some("s3cret"));
    assert_eq!(request.header("authorization"), Some("Bearer t0ken"));
    assert!(!tested.text.contains("s3cret") && !tested.text.contains("t0ken"));
}

// behaviour U3 (in part)
#[tokio::test]
async fn a_test_shows_the_receivers_answer_and_what_to_check() {
    let house = House::new().await;
    let receiver = Receiver::start().await;
    let id = a_webhook(&house, &receiver.url("/in")).await;
    let browser = house.signed_in(Role::Member).await;
    let path = format!("/webhooks/{id}/testing");
    browser.page(&path).await.shows(&["jane.doe@example.com", "Send test", "Reset to sample", "not retried"]);
    browser.page(&format!("{path}?event_type=company.visited")).await.shows(&["selected>company.visited"]);

    receiver.script([Reply::status(401).with_body("who <are> you"), Reply::status(204)]);
    let sent = r#"{"n":  1}"#;
    let fields = [("event_type", "contact.intent"), ("payload", sent)];
    let refused = browser.submit(&path, &fields).await;
    assert_eq!(refused.status, 422, "what does not fit the schema is not sent");
    refused.shows(&["Nothing was sent", "field-payload-error"]);
    assert_eq!(receiver.count(), 0);

    let example = house.get("/api/v1/event-types/contact.visited").await.json()["example"].to_string();
    let fields = [("event_type", "contact.visited"), ("payload", example.as_str())];
    let failed = browser.submit(&path, &fields).await;
    assert_eq!(failed.status, 200);
    failed.shows(&[
        "Not delivered",
        "401",
        "who &lt;are&gt; you",
        "What to check",
        "wants to know who sends",
        "webhook-id",
    ]);
    assert_eq!(receiver.received(1).await[0].body, example.as_bytes(), "byte for byte");
    browser.submit(&path, &fields).await.shows(&[
        "Delivered: the receiver answered 204",
        "Time by phase",
        "Request headers",
    ]);

    let odd = browser.submit(&path, &[("event_type", "contact.visited"), ("payload", "{odd")]).await;
    assert_eq!(odd.status, 422);
    odd.shows(&["this is not JSON", "{odd"]);
}

// behaviour S8 (in part)
#[tokio::test]
async fn a_secret_shows_only_when_asked_for_and_is_rotated_with_a_grace() {
    let house = House::new().await;
    let id = a_webhook(&house, "https://a.example/in").await;
    let browser = house.signed_in(Role::Member).await;
    let path = format!("/webhooks/{id}/secret");
    let secret = |answer: serde_json::Value| answer["secret"].as_str().unwrap().to_owned();
    let first = secret(house.get(&format!("/api/v1/webhooks/{id}/secret")).await.json());
    let asked = browser.page(&path).await;
    asked.shows(&["Show the secret", "What signs now"]);
    assert!(!asked.text.contains(&first));
    let revealed = browser.submit(&path, &[]).await;
    revealed.shows(&[&first]);
    assert_eq!(revealed.headers["cache-control"], "no-store");

    let wrong = browser.submit(&format!("{path}/rotate"), &[("grace_seconds", "3600"), ("secret", "odd")]).await;
    assert_eq!(wrong.status, 422);
    wrong.shows(&["field-secret-error", "value=\"odd\""]);
    assert_eq!(browser.submit(&format!("{path}/rotate"), &[("grace_seconds", "3600")]).await.leads_to(), path);
    browser.page(&path).await.shows(&["Older", "signed with each of these"]);
    let second = secret(house.get(&format!("/api/v1/webhooks/{id}/secret")).await.json());
    assert_ne!(first, second);
    for language in ["javascript", "python", "rust", "go", "php"] {
        let page = browser.page(&format!("/webhooks/{id}/verify?language={language}")).await;
        page.shows(&["WEBHOOK_SECRET"]);
        assert!(!page.text.contains(&second));
    }
}

#[tokio::test]
async fn a_webhook_is_disabled_with_a_reason_enabled_copied_and_deleted() {
    let house = House::new().await;
    let id = a_webhook(&house, "https://a.example/in").await;
    let browser = house.signed_in(Role::Member).await;
    let path = format!("/webhooks/{id}");
    browser.page(&format!("{path}/disable")).await.shows(&["data-dialog-body", "Reason", "Disable webhook"]);
    let fields = [("disabled_reason", "CRM moves <soon>")];
    assert_eq!(browser.submit(&format!("{path}/disable"), &fields).await.leads_to(), path);
    browser.page(&path).await.shows(&["Disabled: it gets nothing", "CRM moves &lt;soon&gt;", "Enable"]);
    browser.page("/webhooks?status=disabled").await.shows(&["CRM moves &lt;soon&gt;"]);
    let refused = browser.submit(&format!("{path}/recover"), &[("window", "8h")]).await;
    assert_eq!(refused.status, 422);
    refused.shows(&["enable it to send it anything"]);
    assert_eq!(browser.submit(&format!("{path}/enable"), &[]).await.leads_to(), path);
    let view = house.get(&format!("/api/v1{path}")).await.json();
    assert_eq!((&view["enabled"], &view["disabled_reason"]), (&json!(true), &json!(null)));

    browser.page(&format!("/webhooks/new?from={id}")).await.shows(&[
        "A copy",
        "value=\"https://a.example/in\"",
        "Zapier",
    ]);
    browser.page(&format!("{path}/delete")).await.shows(&["What goes", "What stays", "Delete webhook"]);
    assert_eq!(browser.submit(&format!("{path}/delete"), &[]).await.leads_to(), "/webhooks");
    assert_eq!(browser.page(&path).await.status, 404);
}

#[tokio::test]
async fn only_a_disabled_webhook_has_a_reason() {
    let house = House::new().await;
    let id = a_webhook(&house, "https://a.example/in").await;
    let path = format!("/api/v1/webhooks/{id}");
    assert_eq!(house.patch(&path, json!({"disabled_reason": "why"})).await.fields(), ["disabled_reason"]);
    let long = "x".repeat(1_025);
    let answer = house.patch(&path, json!({"enabled": false, "disabled_reason": long})).await;
    assert_eq!(answer.fields(), ["disabled_reason"]);
}

// behaviour U5 (in part)
#[tokio::test]
async fn recovering_says_how_much_it_will_send_before_it_does_and_shows_how_far_it_has_come() {
    let house = House::new().await;
    let receiver = Receiver::start().await;
    receiver.always(500);
    let form = json!({"url": receiver.url("/in"), "event_types": ["shop.sold"], "retry_schedule": []});
    house.post("/api/v1/event-types", json!({"name": "shop.sold"})).await;
    let id = house.post("/api/v1/webhooks", form).await.id();
    let browser = house.signed_in(Role::Member).await;
    for n in 0..2 {
        house.post("/api/v1/events", json!({"type": "shop.sold", "payload": {"n": n}})).await;
    }
    let failed = format!("/api/v1/deliveries?webhook_id={id}&status=failed");
    house.once(&failed, |answer| answer["data"].as_array().is_some_and(|data| data.len() == 2)).await;
    browser.page(&format!("/webhooks/{id}")).await.shows(&["Failed 500", "The last attempts failed"]);
    browser.page("/webhooks?status=failing").await.shows(&[&id, "0 %"]);

    let path = format!("/webhooks/{id}/recover");
    browser.page(&path).await.shows(&["is counted before you decide", "Last 8 hours"]);
    browser.page(&format!("{path}?window=8h")).await.shows(&["This will send 2 deliveries again.", "Last 8 hours"]);
    let counted = browser
        .submit(
            &format!("{path}/count"),
            &[("window", "own"), ("since", "2001-01-01T00:00"), ("until", "2001-01-02T00:00")],
        )
        .await;
    counted.shows(&["there is nothing to send"]);
    browser.submit(&format!("{path}/count"), &[("window", "own")]).await.shows(&["say from when on"]);
    assert_eq!(receiver.count(), 2, "counting sends nothing");

    receiver.always(200);
    let job = browser.submit(&path, &[("window", "8h")]).await.leads_to();
    receiver.received(4).await;
    let api = format!("/api/v1/jobs/{}", job.rsplit('/').next().unwrap());
    house.once(&api, |job| job["status"] == "done").await;
    browser.page(&job).await.shows(&["Done", "2 of 2"]);
    browser.page(&format!("/webhooks/{id}")).await.shows(&["Sent again", "Recover failed"]);
    let other = a_webhook(&house, "https://a.example/in").await;
    assert_eq!(browser.page(&job.replace(&id, &other)).await.status, 404, "it is not that webhook's");
    browser
        .page(&format!("/webhooks/{other}/replay-missing?window=2w"))
        .await
        .shows(&["Nothing is missing in this time"]);
}

#[tokio::test]
async fn a_url_and_segments_are_explained_while_they_are_typed() {
    let house = House::new().await;
    let segment = json!({"name": "High Intent", "subject": "contact", "rule": {"all": []}});
    let segment = house.post("/api/v1/segments", segment).await.id();
    let browser = house.signed_in(Role::Member).await;
    let said = async |url: &str| browser.submit("/webhooks/check-url", &[("url", url)]).await;
    said("nowhere").await.shows(&["Not readable", "not a URL"]);
    said("ftp://a.example/").await.shows(&["Not a web address"]);
    said("http://10.0.0.1/in").await.shows(&["Cannot be sent to", "address not allowed", "Not encrypted"]);
    said("http://127.0.0.1:9/in").await.shows(&["Address found", "allows"]);
    let said = async |text: &str| browser.submit("/webhooks/check-segments", &[("channels", text)]).await;
    said(&segment).await.shows(&["Only events of", "High Intent"]);
    said("").await.shows(&["Events of every segment"]);
}

#[tokio::test]
async fn a_viewer_looks_and_changes_nothing() {
    let house = House::new().await;
    let id = a_webhook(&house, "https://a.example/in").await;
    let path = format!("/webhooks/{id}");
    let viewer = house.signed_in(Role::Viewer).await;
    for page in ["/webhooks", &path, &format!("{path}/testing"), &format!("{path}/advanced"), &format!("{path}/verify")]
    {
        let answer = viewer.page(page).await;
        assert_eq!(answer.status, 200, "{page}");
        for word in ["Add webhook", ">Disable<", ">Delete", ">Edit<", "Reveal", "Rotate<", ">Send test<"] {
            assert!(!answer.text.contains(word), "{page} has {word}");
        }
    }
    for page in ["/webhooks/new", &format!("{path}/edit"), &format!("{path}/secret"), &format!("{path}/recover")] {
        assert_eq!(viewer.page(page).await.status, 403, "{page}");
    }
    for action in ["/webhooks/new", "/webhooks/check-url", "/webhooks/check-segments"] {
        assert_eq!(viewer.submit(action, TYPED).await.status, 403, "{action}");
    }
    for action in [
        "edit",
        "testing",
        "secret",
        "secret/rotate",
        "enable",
        "disable",
        "delete",
        "recover",
        "recover/count",
        "replay-missing",
        "replay-missing/count",
    ] {
        assert_eq!(viewer.submit(&format!("{path}/{action}"), TYPED).await.status, 403, "{action}");
    }
}

// behaviour S11 (in part)
#[tokio::test]
async fn the_webhook_of_another_workspace_is_not_found() {
    let house = House::new().await;
    let id = a_webhook(&house, "https://a.example/in").await;
    let path = format!("/webhooks/{id}");
    let other = house.add_workspace("bk_other_0123456789").await;
    let stranger = house.signed_in_to(other, Role::Owner).await;
    for page in [
        "",
        "/edit",
        "/testing",
        "/advanced",
        "/verify",
        "/secret",
        "/secret/rotate",
        "/disable",
        "/delete",
        "/recover",
    ] {
        assert_eq!(stranger.page(&format!("{path}{page}")).await.status, 404, "{page}");
    }
    for action in
        ["edit", "testing", "secret", "secret/rotate", "enable", "disable", "delete", "recover", "replay-missing"]
    {
        assert_eq!(stranger.submit(&format!("{path}/{action}"), TYPED).await.status, 404, "{action}");
    }
    assert_eq!(stranger.page(&format!("/webhooks/new?from={id}")).await.status, 404);
    assert_eq!(house.call_as(KEY, Method::GET, &format!("/api/v1{path}"), "").await.json()["enabled"], true);
}

// behaviour A12 (in part)
#[tokio::test]
async fn who_changed_a_webhook_is_in_the_audit_log_without_its_secrets() {
    use beckon_store::{AuditStore, PageRequest, audit::AuditFilter};
    let house = House::new().await;
    let browser = house.signed_in(Role::Member).await;
    let path = browser.submit("/webhooks/new", TYPED).await.leads_to();
    browser.submit(&format!("{path}/disable"), &[("disabled_reason", "moving")]).await.leads_to();
    browser.submit(&format!("{path}/secret/rotate"), &[("grace_seconds", "0")]).await.leads_to();
    browser.submit(&format!("{path}/delete"), &[]).await.leads_to();
    let page = PageRequest { limit: 50, after: None };
    let entries = house.store.list_audit(house.workspace, &AuditFilter::default(), page).await.unwrap().rows;
    let actions: Vec<_> = entries.iter().map(|entry| entry.action.as_str()).collect();
    assert_eq!(actions, ["webhook.deleted", "webhook.secret_rotated", "webhook.updated", "webhook.created"]);
    let disabled = entries[2].after.as_ref().unwrap();
    assert_eq!((&disabled["enabled"], &disabled["disabled_reason"]), (&json!(false), &json!("moving")));
    for entry in &entries {
        let text = format!("{:?}{:?}", entry.before, entry.after);
        assert!(!text.contains("s3cret") && !text.contains("whsec_"), "{text}");
    }
}

#[tokio::test]
async fn a_portal_link_opens_all_of_it_and_every_link_stays_inside() {
    let house = House::new().await;
    let receiver = Receiver::start().await;
    let browser = house.signed_in(Role::Viewer).await;
    let portal = house.portal();
    browser.page(&format!("{portal}/webhooks")).await.shows(&["No webhooks yet", "Add webhook"]);
    let url = receiver.url("/in");
    let typed = [("url", url.as_str()), ("event_types", "contact.visited")];
    let path = browser.submit(&format!("{portal}/webhooks/new"), &typed).await.leads_to();
    assert!(path.starts_with(&format!("{portal}/webhooks/wh_")), "{path}");
    let tested =
        browser.submit(&format!("{path}/testing"), &[("event_type", "contact.visited"), ("payload", "")]).await;
    tested.shows(&["Delivered: the receiver answered 200"]);
    for page in [
        "",
        "/edit",
        "/testing",
        "/advanced",
        "/verify",
        "/secret",
        "/secret/rotate",
        "/disable",
        "/delete",
        "/recover",
        "/replay-missing",
    ] {
        let answer = browser.page(&format!("{path}{page}")).await;
        assert_eq!(answer.status, 200, "{page}: {}", answer.text);
        for attribute in ["href=\"/", "action=\"/"] {
            for (at, _) in answer.text.match_indices(attribute) {
                let link = &answer.text[at + attribute.len() - 1..];
                assert!(link.starts_with(&portal) || link.starts_with("/assets/"), "{page}: {}", &link[..60]);
            }
        }
    }
    let job = browser.submit(&format!("{path}/recover"), &[("window", "8h")]).await.leads_to();
    assert!(job.starts_with(&format!("{path}/jobs/")), "{job}");
    assert_eq!(browser.page(&job).await.status, 200);
}
