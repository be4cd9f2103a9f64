//! Behaviours Q: who qualifies, for what, and how often.

use beckon_testkit::receiver::Receiver;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::beckon::Beckon;

/// A moment some minutes ago, as clients write it.
fn minutes_ago(minutes: i64) -> String {
    (Timestamp::now() - SignedDuration::from_mins(minutes)).to_string()
}

fn page(anonymous_id: &str, path: &str) -> Value {
    json!({ "anonymousId": anonymous_id, "properties": { "path": path, "url": format!("https://www.acme.test{path}") } })
}

async fn events(beckon: &Beckon) -> Vec<Value> {
    beckon.api.list("/api/v1/events", 250).await
}

// behaviour Q1 (in part)
#[tokio::test]
async fn a_known_contact_in_an_enabled_segment_is_announced_in_the_published_shape() {
    let beckon = Beckon::start().await;
    let receiver = Receiver::start().await;
    let segment = beckon
        .segment("High Intent - ABM Contacts", json!({ "visited": { "path": "/pricing", "match": "prefix" } }))
        .await;
    beckon.webhook(&receiver.url("/"), &["contact.visited"]).await;
    beckon
        .contact(json!({
            "email": "Jane.Doe@example.com", "user_id": "u1", "first_name": "Jane", "last_name": "Doe",
            "title": "Marketing Manager", "company": "Acme Corp", "linkedin_url": "https://linkedin.com/in/janedoe",
        }))
        .await;
    beckon
        .track(
            "page",
            json!({ "userId": "u1", "timestamp": "2024-04-15T14:32:00.250Z", "properties": { "path": "/pricing" } }),
        )
        .await;

    let got = receiver.received(1).await;
    let body = String::from_utf8(got[0].body.to_vec()).unwrap();
    let published = concat!(
        r#"{"event":"contact.visited","timestamp":"2024-04-15T14:32:00Z","#,
        r#""contact":{"first_name":"Jane","last_name":"Doe","email":"jane.doe@example.com","title":"Marketing Manager","#,
        r#""company":"Acme Corp","linkedin_url":"https://linkedin.com/in/janedoe"},"#,
        r#""segment":{"id":"#,
    );
    let rest = body.strip_prefix(published).unwrap_or_else(|| panic!("{body}"));
    let expected = format!(r#""{}","name":"High Intent - ABM Contacts"}}"#, segment["id"].as_str().unwrap());
    assert!(rest.starts_with(&expected), "{rest}");
}

// behaviour Q2
#[tokio::test]
async fn once_per_visit_on_the_page_view_that_makes_the_rule_true() {
    let beckon = Beckon::start().await;
    let rule = json!({ "visited": { "path": "/pricing", "match": "prefix" }, "count": { "op": "gte", "value": 3 }, "within": "7d" });
    beckon.segment("Third look", rule).await;
    beckon.contact(json!({ "email": "jane@acme.test", "user_id": "u1" })).await;
    let view = json!({ "userId": "u1", "properties": { "path": "/pricing/enterprise" } });
    for (views, announced) in [(1, 0), (2, 0), (3, 1), (4, 1), (5, 1)] {
        beckon.track("page", view.clone()).await;
        assert_eq!(events(&beckon).await.len(), announced, "after {views} page views");
    }
    let event = beckon.api.get(&format!("/api/v1/events/{}", events(&beckon).await[0]["id"].as_str().unwrap())).await;
    assert_eq!(event.expect(200).json()["payload"]["visit"]["page_views"], 3);
}

// behaviour Q2
#[tokio::test]
async fn two_matching_segments_make_two_events() {
    let beckon = Beckon::start().await;
    beckon.segment("One", json!({ "all": [] })).await;
    beckon.segment("Two", json!({ "prop": "contact.email", "op": "ends_with", "value": "@ACME.test" })).await;
    beckon.contact(json!({ "email": "jane@acme.test", "user_id": "u1" })).await;
    beckon.track("page", json!({ "userId": "u1", "properties": { "path": "/" } })).await;
    assert_eq!(events(&beckon).await.len(), 2);
}

// behaviour Q3
#[tokio::test]
async fn thirty_minutes_of_silence_start_a_new_visit() {
    let beckon = Beckon::start().await;
    beckon.segment("Everyone", json!({ "all": [] })).await;
    beckon.contact(json!({ "email": "jane@acme.test", "user_id": "u1" })).await;
    for (minutes, announced) in [(100, 1), (71, 1), (42, 1), (11, 2), (0, 2)] {
        let view = json!({ "userId": "u1", "timestamp": minutes_ago(minutes), "properties": { "path": "/" } });
        beckon.track("page", view).await;
        assert_eq!(events(&beckon).await.len(), announced, "{minutes} minutes ago");
    }
}

// behaviour Q4
#[tokio::test]
async fn pages_seen_before_identification_count_in_the_visit() {
    let beckon = Beckon::start().await;
    let rule = json!({ "visited": { "path": "pricing", "match": "exactly" }, "count": { "op": "gte", "value": 2 } });
    beckon.segment("Looked twice", rule).await;
    for _ in 0..2 {
        beckon.track("page", page("browser-1", "/pricing")).await;
    }
    assert!(events(&beckon).await.is_empty(), "nobody is known yet");
    beckon.track("identify", json!({ "anonymousId": "browser-1", "traits": { "email": "jane@acme.test" } })).await;
    let events = events(&beckon).await;
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["type"], "contact.visited");
}

// behaviour Q5
#[tokio::test]
async fn a_shared_browser_never_makes_two_people_one() {
    let beckon = Beckon::start().await;
    for email in ["jane@acme.test", "joe@acme.test"] {
        beckon.track("identify", json!({ "anonymousId": "shared", "traits": { "email": email } })).await;
        beckon.track("page", page("shared", "/pricing")).await;
    }
    let contacts = beckon.api.list("/api/v1/contacts", 250).await;
    let mut emails: Vec<_> = contacts.iter().map(|contact| contact["email"].as_str().unwrap()).collect();
    emails.sort_unstable();
    assert_eq!(emails, ["jane@acme.test", "joe@acme.test"]);
}

#[tokio::test]
async fn an_anonymous_visitor_of_a_known_company_is_announced_without_a_contact() {
    let beckon = Beckon::start().await;
    let receiver = Receiver::start().await;
    beckon.webhook(&receiver.url("/"), &["company.visited", "contact.visited"]).await;
    let rule = json!({ "prop": "company.industry", "op": "eq", "value": "software" });
    let body = json!({ "name": "Software companies", "subject": "company", "rule": rule, "enabled": true, "actions": ["webhook"] });
    beckon.api.post("/api/v1/segments", body).await.expect(201);
    beckon.track("group", json!({
        "anonymousId": "a1", "groupId": "g1", "traits": { "name": "Acme", "website": "https://www.acme.test", "industry": "Software" },
    })).await;
    beckon.track("page", page("a1", "/")).await;
    let body = receiver.received(1).await[0].json();
    assert_eq!(body["event"], "company.visited");
    assert_eq!(body["company"]["domain"], "acme.test");
    assert_eq!(body.get("contact"), None);
}

// behaviour Q7
#[tokio::test]
async fn an_intent_signal_is_announced_with_its_topic() {
    let beckon = Beckon::start().await;
    let receiver = Receiver::start().await;
    beckon.webhook(&receiver.url("/"), &["contact.intent"]).await;
    let rule = json!({ "intent": { "topic": ["CRM"] }, "score": { "op": "gte", "value": 70 }, "within": "14d" });
    beckon.segment("Researching", rule).await;
    let signal = |topic: &str, score: u32| json!({ "contact": { "email": "jane@acme.test" }, "topic": topic, "score": score, "source": "reviews" });
    beckon.api.post("/api/v1/intent-signals", signal("crm", 50)).await.expect(202);
    beckon.api.post("/api/v1/intent-signals", signal("payroll", 90)).await.expect(202);
    assert!(events(&beckon).await.is_empty(), "too weak, or about something else");
    beckon.api.post("/api/v1/intent-signals", signal("crm", 82)).await.expect(202);
    let body = receiver.received(1).await[0].json();
    assert_eq!(body["event"], "contact.intent");
    assert_eq!(body["contact"]["email"], "jane@acme.test");
    assert_eq!(body["intent"]["topic"], "crm");
    assert_eq!(body["intent"]["score"], 82.0);
}

// behaviour Q8
#[tokio::test]
async fn every_kind_of_condition_decides_over_real_signals() {
    let beckon = Beckon::start().await;
    let visited = |path: &str, how: &str| json!({ "visited": { "path": path, "match": how } });
    let prop = |name: &str, op: &str, value: Value| json!({ "prop": name, "op": op, "value": value });
    beckon
        .contact(
            json!({ "email": "jane@acme.test", "user_id": "u1", "title": "VP Sales", "traits": { "plan": "pro" } }),
        )
        .await;
    // What she did before anyone asked: two hours, and two days, ago.
    let old = json!({ "userId": "u1", "timestamp": minutes_ago(120), "properties": { "path": "/old" } });
    beckon.track("page", old).await;
    let interest = json!({ "contact": { "email": "jane@acme.test" }, "topic": "crm", "score": 80, "observed_at": minutes_ago(2 * 24 * 60) });
    beckon.api.post("/api/v1/intent-signals", interest).await.expect(202);

    let vips = beckon.segment("VPs", prop("contact.title", "contains_any", json!(["vp", "head"]))).await;
    let nobody = beckon.segment("Nobody", json!({ "any": [] })).await;
    let mut expected = vec!["VPs"];
    for (name, rule, holds) in [
        ("contains", visited("pric", "contains"), true),
        ("does not contain", visited("prices", "contains"), false),
        ("exactly", visited("pricing", "exactly"), true),
        ("not exactly", visited("/pric", "exactly"), false),
        ("prefix", visited("/pri", "prefix"), true),
        ("not a prefix", visited("ricing", "prefix"), false),
        ("has not", json!({ "not": visited("careers", "contains") }), true),
        ("has after all", json!({ "not": visited("pricing", "contains") }), false),
        ("once", json!({ "visited": { "path": "/pricing" }, "count": { "op": "gte", "value": 1 } }), true),
        ("twice", json!({ "visited": { "path": "/pricing" }, "count": { "op": "gte", "value": 2 } }), false),
        ("within", json!({ "visited": { "path": "/old" }, "within": "3h" }), true),
        ("too long ago", json!({ "visited": { "path": "/old" }, "within": "1h" }), false),
        ("interest within", json!({ "intent": { "topic": ["crm"] }, "within": "3d" }), true),
        ("interest too long ago", json!({ "intent": { "topic": ["crm"] }, "within": "1d" }), false),
        ("interest too weak", json!({ "intent": { "topic": ["crm"] }, "score": { "op": "gt", "value": 80 } }), false),
        (
            "all",
            json!({ "all": [visited("pricing", "exactly"), { "any": [visited("x", "exactly"), visited("pricing", "prefix")] }] }),
            true,
        ),
        ("all but one", json!({ "all": [visited("pricing", "exactly"), visited("x", "exactly")] }), false),
        ("none", json!({ "any": [visited("x", "exactly"), visited("y", "exactly")] }), false),
        ("in another", json!({ "segment": vips["id"] }), true),
        ("not in another", json!({ "not": { "segment": vips["id"] } }), false),
        ("in an empty one", json!({ "segment": nobody["id"] }), false),
        ("eq", prop("contact.traits.plan", "eq", json!("PRO")), true),
        ("eq of another", prop("contact.traits.plan", "eq", json!("free")), false),
        ("neq", prop("contact.traits.plan", "neq", json!("free")), true),
        ("neq of the same", prop("contact.traits.plan", "neq", json!("pro")), false),
        ("unknown", prop("contact.department", "neq", json!("sales")), false),
        ("utm", prop("visit.utm.source", "eq", json!("newsletter")), true),
    ] {
        beckon.segment(name, rule).await;
        if holds {
            expected.push(name);
        }
    }
    let view =
        json!({ "userId": "u1", "properties": { "url": "https://www.acme.test/Pricing/?utm_source=newsletter#top" } });
    beckon.track("page", view).await;
    let mut announced = Vec::new();
    for event in events(&beckon).await {
        let event =
            beckon.api.get(&format!("/api/v1/events/{}", event["id"].as_str().unwrap())).await.expect(200).json();
        announced.push(event["payload"]["segment"]["name"].as_str().unwrap().to_owned());
    }
    announced.reverse();
    assert_eq!(announced, expected);

    let rule = json!({ "all": [{ "prop": "contact.tilte", "op": "eq", "value": "x" }, { "any": [{ "visited": { "path": 7 } }] }, { "nor": [] }] });
    let body = json!({ "name": "Wrong", "subject": "contact", "rule": rule });
    let refused = beckon.api.post("/api/v1/segments", body).await.expect(422);
    let fields = refused.fields();
    for node in ["rule/all/0", "rule/all/1/any/0", "rule/all/2"] {
        assert!(fields.iter().any(|field| field.starts_with(node)), "{node} is not named in {fields:?}");
    }
}

// behaviour Q10
#[tokio::test]
async fn the_frequency_of_a_segment_holds_over_visits() {
    let beckon = Beckon::start().await;
    for (name, frequency) in
        [("every", json!("every_visit")), ("first", json!("first_visit")), ("cooldown", json!({ "cooldown": "90m" }))]
    {
        let body = json!({ "name": name, "rule": { "all": [] }, "frequency": frequency });
        beckon.api.post("/api/v1/segments", body).await.expect(201);
    }
    beckon.contact(json!({ "email": "jane@acme.test", "user_id": "u1" })).await;
    for (minutes, announced) in [(200, 3), (150, 4), (100, 6)] {
        let view = json!({ "userId": "u1", "timestamp": minutes_ago(minutes), "properties": { "path": "/" } });
        beckon.track("page", view).await;
        assert_eq!(events(&beckon).await.len(), announced, "{minutes} minutes ago");
    }
}

// behaviour Q11
#[tokio::test]
async fn a_repeated_message_id_is_one_signal() {
    let beckon = Beckon::start().await;
    let rule = json!({ "visited": { "path": "/pricing" }, "count": { "op": "gte", "value": 2 } });
    beckon.segment("Looked twice", rule).await;
    beckon.contact(json!({ "email": "jane@acme.test", "user_id": "u1" })).await;
    let view = |id: &str| json!({ "userId": "u1", "messageId": id, "properties": { "path": "/pricing" } });
    beckon.track("page", view("m-1")).await;
    let again = beckon.track("page", view("m-1")).await;
    assert_eq!(again["duplicates"], 1, "{again}");
    let batch = json!({ "batch": [
        { "type": "page", "userId": "u1", "messageId": "m-1", "properties": { "path": "/pricing" } },
    ] });
    beckon.track("batch", batch).await;
    assert!(events(&beckon).await.is_empty());
    beckon.track("page", view("m-2")).await;
    assert_eq!(events(&beckon).await.len(), 1);
}
