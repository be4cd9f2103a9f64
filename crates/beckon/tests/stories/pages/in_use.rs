//! A workspace in the middle of its work: people, segments, webhooks well and unwell, and what came of it.

use beckon_testkit::receiver::{Receiver, Reply};
use hyper::Method;
use serde_json::json;

use crate::beckon::Beckon;

/// Fills a workspace.
pub async fn fill(beckon: &Beckon) -> Receiver {
    let receiver = set_up(beckon).await;
    go_on(beckon).await;
    receiver
}

/// People, segments, webhooks. What the webhooks lead to is told apart by path, and answers accordingly.
pub async fn set_up(beckon: &Beckon) -> Receiver {
    let receiver = Receiver::start().await;
    receiver.reply_with(|request| match request.path.as_str() {
        "/warehouse" => Reply::status(503).with_header("retry-after", "30").with_body("closed for maintenance"),
        _ => Reply::status(200).with_header("content-type", "application/json").with_body("{\"ok\": true}"),
    });
    people(beckon).await;
    let segments = segments(beckon).await;
    webhooks(beckon, &receiver, &segments).await;
    receiver
}

/// What happens on a day, until all of it was delivered or failed; and an attempt to recover what had failed.
pub async fn go_on(beckon: &Beckon) {
    visits(beckon).await;
    beckon.rows_once("/api/v1/deliveries?status=delivered", |rows| rows.len() >= 12).await;
    let failed = beckon.rows_once("/api/v1/deliveries?status=failed", |rows| !rows.is_empty()).await;
    let path = format!("/api/v1/webhooks/{}/recover", failed[0]["webhook_id"].as_str().unwrap());
    let job = beckon.api.post(&path, json!({ "since": failed[0]["created_at"] })).await.expect(202).json();
    beckon.value_once(&format!("/api/v1/jobs/{}", job["id"].as_str().unwrap()), |job| job["status"] == "done").await;
}

async fn people(beckon: &Beckon) {
    for company in [
        json!({ "domain": "acme.example", "name": "Acme Corp", "industry": "Retail", "employees": 420, "country": "United States" }),
        json!({ "domain": "brightwater.example", "name": "Brightwater", "industry": "Logistics", "employees": 2600 }),
        json!({ "domain": "kestrel.example", "name": "Kestrel Software", "industry": "Software", "employees": 85 }),
    ] {
        let answer = beckon.api.post("/api/v1/companies", company).await;
        assert!(answer.status.is_success(), "{answer:?}");
    }
    for (user, first_name, last_name, title, company) in [
        ("u-jane", "Jane", "Doe", "Marketing Manager", "acme"),
        ("u-omar", "Omar", "Haddad", "VP Sales", "brightwater"),
        ("u-mei", "Mei", "Tanaka", "Head of Growth", "kestrel"),
        ("u-lucas", "Lucas", "Moreau", "Data Engineer", "kestrel"),
        ("u-sam", "Sam", "Okafor", "Account Executive", "acme"),
    ] {
        let email = format!("{}.{}@{company}.example", first_name.to_lowercase(), last_name.to_lowercase());
        let contact = json!({
            "email": email, "user_id": user, "first_name": first_name, "last_name": last_name, "title": title,
            "company_domain": format!("{company}.example"), "traits": { "plan": "trial" },
        });
        beckon.contact(contact).await;
    }
    let api = beckon.api.with("content-type", "text/csv");
    let accounts = "domain,name\nacme.example,Acme Corp\nkestrel.example,Kestrel Software\n";
    api.send(Method::POST, "/api/v1/companies/import?list=Target%20accounts", accounts).await.expect(200);
    let sam = beckon.api.list("/api/v1/contacts?email=sam.okafor@acme.example", 10).await.remove(0);
    let path = format!("/api/v1/contacts/{}", sam["id"].as_str().unwrap());
    beckon.api.patch(&path, json!({ "suppressed": true })).await;
}

async fn segments(beckon: &Beckon) -> Vec<String> {
    let pricing = json!({ "visited": { "path": "/pricing", "match": "prefix" }, "count": { "op": "gte", "value": 2 }, "within": "7d" });
    let leaders = json!({ "all": [
        { "prop": "contact.title", "op": "contains_any", "value": ["vp", "head", "director"] },
        { "any": [
            { "visited": { "path": "/pricing", "match": "prefix" }, "within": "7d" },
            { "intent": { "topic": ["crm"] }, "score": { "op": "gte", "value": 70 }, "within": "14d" },
        ] },
    ] });
    let mut channels = Vec::new();
    for (name, rule) in [("Pricing page, twice", pricing), ("Decision makers with intent", leaders)] {
        channels.push(beckon.segment(name, rule).await["channel"].as_str().unwrap().to_owned());
    }
    let form = json!({
        "name": "Software companies", "subject": "company", "enabled": true, "actions": ["webhook"],
        "rule": { "prop": "company.industry", "op": "eq", "value": "software" }, "frequency": { "cooldown": "24h" },
    });
    beckon.api.post("/api/v1/segments", form).await.expect(201);
    let form = json!({ "name": "Careers", "subject": "contact", "enabled": false, "actions": [], "rule": { "visited": { "path": "/careers" } } });
    beckon.api.post("/api/v1/segments", form).await.expect(201);
    channels
}

async fn webhooks(beckon: &Beckon, receiver: &Receiver, channels: &[String]) {
    let schema = json!({
        "type": "object", "required": ["number"],
        "properties": { "number": { "type": "integer", "description": "The invoice's number." } },
    });
    let form = json!({ "name": "invoice.paid", "description": "A customer paid an invoice.", "schema": schema, "example": { "number": 1042 } });
    beckon.api.post("/api/v1/event-types", form).await.expect(201);
    let all = json!(["contact.visited", "contact.intent", "company.visited", "invoice.paid"]);
    for form in [
        json!({ "url": receiver.url("/crm"), "event_types": all, "description": "CRM", "headers": { "X-Team": "sales" } }),
        json!({ "url": receiver.url("/slack"), "event_types": ["contact.visited", "contact.intent"], "channels": [channels[1]], "description": "Slack: decision makers" }),
        json!({ "url": receiver.url("/warehouse"), "event_types": ["contact.visited"], "description": "Data warehouse", "retry_schedule": [300, 3600] }),
        json!({ "url": receiver.url("/warehouse"), "event_types": ["contact.intent"], "description": "Old warehouse", "retry_schedule": [] }),
        json!({ "url": "https://hooks.example.com/leads", "event_types": ["contact.visited"], "description": "Zapier: new leads", "enabled": false }),
    ] {
        beckon.webhook_with(form).await;
    }
}

async fn visits(beckon: &Beckon) {
    for number in 1042..1051 {
        beckon.publish("invoice.paid", json!({ "number": number })).await;
    }
    for (user, path, title) in [
        ("u-jane", "/", "Home"),
        ("u-jane", "/pricing", "Pricing"),
        ("u-omar", "/customers", "Customers"),
        ("u-omar", "/pricing", "Pricing"),
        ("u-omar", "/pricing/enterprise", "Enterprise"),
        ("u-jane", "/pricing/teams", "Teams"),
        ("u-mei", "/docs", "Documentation"),
        ("u-mei", "/pricing", "Pricing"),
        ("u-lucas", "/pricing", "Pricing"),
        ("u-sam", "/careers", "Careers"),
    ] {
        let properties = json!({ "path": path, "title": title, "url": format!("https://www.routewise.example{path}") });
        beckon
            .track("page", json!({ "userId": user, "anonymousId": format!("b-{user}"), "properties": properties }))
            .await;
    }
    beckon
        .track(
            "group",
            json!({ "anonymousId": "b-1", "groupId": "kestrel.example", "traits": { "domain": "kestrel.example" } }),
        )
        .await;
    beckon
        .track("page", json!({ "anonymousId": "b-1", "properties": { "path": "/product/api", "title": "API" } }))
        .await;
    beckon.track("page", json!({ "anonymousId": "b-2", "properties": { "path": "/blog", "title": "Blog" } })).await;
    for (contact, topic, score) in [("omar.haddad@brightwater", "CRM", 85), ("mei.tanaka@kestrel", "CRM", 74)] {
        let intent = json!({ "contact": { "email": format!("{contact}.example") }, "topic": topic, "score": score, "source": "Reviews" });
        beckon.api.post("/api/v1/intent-signals", intent).await;
    }
}
