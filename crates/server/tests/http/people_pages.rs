//! The pages of contacts and companies: search, forms, timelines, imports, erasing.

#![expect(clippy::unwrap_used, reason = "a panic here is a failed test")]

use axum::body::Body;
use beckon_domain::member::Role;
use http::Request;
use serde_json::{Value, json};

use crate::house::{Answer, House};

async fn a_contact(house: &House, contact: Value) -> String {
    let made = house.post("/api/v1/contacts", contact).await;
    assert_eq!(made.status, 201, "{}", made.text);
    made.id()
}

#[tokio::test]
async fn a_contact_is_added_found_edited_and_everything_is_escaped() {
    let house = House::new().await;
    let browser = house.signed_in(Role::Member).await;
    browser.page("/contacts").await.shows(&["No contacts yet", "Import contacts", "Add contact"]);

    let typed = [
        ("email", "Jane@Acme.com"),
        ("first_name", "<Jane>"),
        ("last_name", "Doe"),
        ("title", ""),
        ("company_domain", "acme.com"),
    ];
    let path = browser.submit("/contacts", &typed).await.leads_to();
    let shown = browser.page(&path).await;
    shown.shows(&["&lt;Jane&gt; Doe", "jane@acme.com", "acme.com", "Nothing seen yet", "href=\"/companies/com_"]);
    assert!(!shown.text.contains("<Jane>"));

    browser.page("/contacts?text=doe").await.shows(&["&lt;Jane&gt; Doe"]);
    browser.page("/contacts?text=smith").await.shows(&["Nobody found", "value=\"smith\""]);

    browser.page(&format!("{path}/edit")).await.shows(&["value=\"jane@acme.com\"", "value=\"&lt;Jane&gt;\""]);
    let wrong = browser.submit(&format!("{path}/edit"), &[("email", "nobody"), ("title", "CM<O>")]).await;
    assert_eq!(wrong.status, 422);
    wrong.shows(&["This was not saved", "value=\"nobody\"", "value=\"CM&lt;O&gt;\"", "id=\"field-email-error\""]);
    let edited = browser.submit(&format!("{path}/edit"), &[("first_name", ""), ("title", "CMO")]).await;
    assert_eq!(edited.leads_to(), path);
    let known = house.get(&format!("/api/v1{path}")).await.json();
    assert_eq!(
        (&known["title"], &known["first_name"], &known["last_name"]),
        (&json!("CMO"), &json!(null), &json!("Doe"))
    );
    assert_eq!(
        (&known["email"], &known["company_domain"]),
        (&json!("jane@acme.com"), &json!("acme.com")),
        "what was not sent is kept"
    );

    let neither = browser.submit("/contacts", &[("title", "CMO")]).await;
    assert_eq!(neither.status, 422);
    neither.shows(&["is required, or else user_id", "value=\"CMO\""]);
}

#[tokio::test]
async fn a_contact_is_suppressed_and_no_longer_and_the_log_says_who_did_it() {
    let house = House::new().await;
    let browser = house.signed_in(Role::Member).await;
    let id = a_contact(&house, json!({"email": "jane@acme.com"})).await;
    let path = format!("/contacts/{id}");
    let api = format!("/api/v1/contacts/{id}");
    assert_eq!(browser.submit(&format!("{path}/suppress"), &[]).await.leads_to(), path);
    browser.page(&path).await.shows(&["Suppressed", "Causes no events since", "Unsuppress"]);
    browser.page("/contacts").await.shows(&["Suppressed"]);
    assert!(house.get(&api).await.json()["suppressed_at"].is_string());
    assert_eq!(browser.submit(&format!("{path}/unsuppress"), &[]).await.leads_to(), path);
    assert_eq!(house.get(&api).await.json()["suppressed_at"], json!(null));

    let by_api = house.post(&format!("{api}/suppress"), "").await;
    assert_eq!((by_api.status.as_u16(), by_api.json()["suppressed_at"].is_string()), (200, true));
    assert_eq!(house.post(&format!("{api}/unsuppress"), "").await.json()["suppressed_at"], json!(null));
    let log = audit(&house).await;
    let actions: Vec<_> = log.iter().map(|(action, _)| action.as_str()).collect();
    assert_eq!(actions, ["contact.unsuppressed", "contact.suppressed", "contact.unsuppressed", "contact.suppressed"]);
}

// behaviour V6 (in part)
#[tokio::test]
async fn erasing_says_what_goes_and_leaves_nothing_of_the_person_in_the_log() {
    let house = House::new().await;
    let browser = house.signed_in(Role::Member).await;
    let id =
        a_contact(&house, json!({"email": "jane@acme.com", "first_name": "Jane", "company_domain": "acme.com"})).await;
    let company = house.get("/api/v1/companies").await.json()["data"][0]["id"].as_str().unwrap().to_owned();
    browser.page(&format!("/contacts/{id}/erase")).await.shows(&["data-dialog-body", "page views", "Erase for good"]);
    browser.page(&format!("/companies/{company}/erase")).await.shows(&["acme.com", "Its contacts and visitors stay"]);
    assert_eq!(browser.submit(&format!("/contacts/{id}/erase"), &[]).await.leads_to(), "/contacts");
    assert_eq!(browser.submit(&format!("/companies/{company}/erase"), &[]).await.leads_to(), "/companies");
    assert_eq!(browser.page(&format!("/contacts/{id}")).await.status, 404);
    assert_eq!(browser.page(&format!("/companies/{company}")).await.status, 404);
    let log = audit(&house).await;
    assert_eq!((log[0].0.as_str(), log[1].0.as_str()), ("company.erased", "contact.erased"));
    assert!(log.iter().all(|(_, whole)| !whole.contains("jane")), "{log:?}");
}

#[tokio::test]
async fn a_company_has_a_page_with_its_people_and_a_form() {
    let house = House::new().await;
    let browser = house.signed_in(Role::Member).await;
    browser.page("/companies").await.shows(&["No companies yet", "Add company"]);
    let typed = [("domain", "acme.com"), ("name", "Acme & Sons"), ("employees", "12")];
    let path = browser.submit("/companies", &typed).await.leads_to();
    a_contact(&house, json!({"email": "jane@acme.com", "company_domain": "acme.com"})).await;
    browser.page(&path).await.shows(&["Acme &amp; Sons", "acme.com", "12", "jane@acme.com"]);
    browser.page("/companies?text=acm").await.shows(&["Acme &amp; Sons"]);
    let wrong = browser.submit(&format!("{path}/edit"), &[("employees", "a dozen")]).await;
    assert_eq!(wrong.status, 422);
    wrong.shows(&["value=\"a dozen\"", "field-employees-error"]);
    browser.submit(&format!("{path}/edit"), &[("employees", ""), ("name", "Acme")]).await;
    let known = house.get(&format!("/api/v1{path}")).await.json();
    assert_eq!(
        (&known["employees"], &known["name"], &known["domain"]),
        (&json!(null), &json!("Acme"), &json!("acme.com"))
    );
}

#[tokio::test]
async fn a_timeline_shows_visits_interests_and_events_and_goes_on() {
    let house = House::new().await;
    let browser = house.signed_in(Role::Viewer).await;
    let key =
        house.post("/api/v1/write-keys", json!({"name": "site"})).await.json()["key"].as_str().unwrap().to_owned();
    let rule = json!({"visited": {"path": "/pricing", "match": "exactly"}});
    let segment = json!({"name": "Looked at prices", "subject": "contact", "rule": rule, "actions": ["webhook"], "enabled": true});
    assert_eq!(house.post("/api/v1/segments", segment).await.status, 201);
    let track = async |path: &str, body: Value| {
        let request = Request::post(format!("{path}?writeKey={key}")).body(Body::from(body.to_string())).unwrap();
        assert_eq!(house.send(request).await.json()["accepted"], 1);
    };
    track("/v1/identify", json!({"anonymousId": "a1", "traits": {"email": "jane@acme.com"}})).await;
    for page in ["/", "/pricing", "/about"] {
        track("/v1/page", json!({"anonymousId": "a1", "properties": {"url": format!("https://acme.com{page}")}})).await;
    }
    house
        .post("/api/v1/intent-signals", json!({"contact": {"email": "jane@acme.com"}, "topic": "crm", "score": 80}))
        .await;
    let id = house.get("/api/v1/contacts").await.json()["data"][0]["id"].as_str().unwrap().to_owned();
    let path = format!("/contacts/{id}");
    browser.page(&path).await.shows(&[
        "Visit: 3 pages",
        "/pricing",
        "Interest in crm",
        "score 80",
        "contact.visited",
        "Looked at prices",
    ]);

    let api = format!("/api/v1/contacts/{id}/timeline");
    let whole = house.get(&api).await.json();
    let all = whole["data"].as_array().unwrap();
    assert!(all.len() >= 5 && whole["next_before"].is_null(), "{whole}");
    let mut walked = vec![];
    let mut next = format!("{api}?limit=1");
    loop {
        let part = house.get(&next).await.json();
        walked.extend(part["data"].as_array().unwrap().clone());
        let Some(before) = part["next_before"].as_str() else { break };
        next = format!("{api}?limit=1&before={before}");
    }
    let moments = |all: &[Value]| {
        all.iter().map(|entry| entry["at"].to_string()).collect::<std::collections::BTreeSet<_>>().len()
    };
    assert_eq!(moments(&walked), moments(all), "every moment is come by");
    let before = all[0]["at"].as_str().unwrap();
    browser.page(&format!("{path}?before={before}")).await.shows(&["Back to the newest"]);
    assert_eq!(house.get(&format!("{api}?limit=0")).await.fields(), ["limit"]);
    let company = house.get("/api/v1/companies").await.json()["data"][0]["id"].as_str().unwrap().to_owned();
    browser.page(&format!("/companies/{company}")).await.shows(&["Visit: 3 pages", "jane@acme.com"]);
}

#[tokio::test]
async fn who_may_only_look_changes_nothing_and_other_workspaces_are_not_there() {
    let house = House::new().await;
    let id = a_contact(&house, json!({"email": "jane@acme.com"})).await;
    let viewer = house.signed_in(Role::Viewer).await;
    let page = viewer.page(&format!("/contacts/{id}")).await;
    assert!(!page.text.contains("Erase…") && !page.text.contains("/edit"), "{}", page.text);
    let path = format!("/contacts/{id}");
    for refused in [
        viewer.submit("/contacts", &[("email", "a@b.com")]).await,
        viewer.submit(&format!("{path}/edit"), &[("title", "x")]).await,
        viewer.submit(&format!("{path}/suppress"), &[]).await,
        viewer.submit(&format!("{path}/erase"), &[]).await,
        viewer.page("/contacts/import").await,
        upload(&house, Role::Viewer, "/contacts/import", "text/csv", "email\nx@y.com\n").await,
    ] {
        assert_eq!(refused.status, 403);
    }
    let other = house.add_workspace("bk_another_0123456789").await;
    let stranger = house.signed_in_to(other, Role::Owner).await;
    assert_eq!(stranger.page(&path).await.status, 404);
    assert_eq!(stranger.submit(&format!("{path}/erase"), &[]).await.status, 404);
    assert_eq!(stranger.submit(&format!("{path}/edit"), &[("title", "x")]).await.status, 404);
    assert_eq!(house.get(&format!("/api/v1{path}")).await.json()["title"], json!(null));
}

#[tokio::test]
async fn a_file_is_imported_with_progress_or_with_a_form_and_the_report_names_every_wrong_line() {
    let house = House::new().await;
    let browser = house.signed_in(Role::Member).await;
    browser.page("/contacts/import").await.shows(&["multipart/form-data", "company_domain", "Download template"]);
    let template = browser.page("/contacts/import/template.csv").await;
    let imported = upload(&house, Role::Member, "/contacts/import", "text/csv", &template.text).await;
    let lines: Vec<Value> = imported.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[0], json!({"progress": {"lines": 1, "created": 0, "updated": 0, "failed": 0}}));
    assert_eq!(lines[1]["progress"]["created"], 1, "{}", imported.text);
    assert!(lines[2]["html"].as_str().unwrap().contains("Imported"), "{}", imported.text);
    let jane = house.get("/api/v1/contacts?email=jane.doe@example.com").await.json();
    assert_eq!(
        (&jane["data"][0]["title"], &jane["data"][0]["company_domain"]),
        (&json!("Marketing Manager"), &json!("acme.com"))
    );

    let csv = "email,title\nnew@acme.com,<b>\nnobody,x\njane.doe@example.com,CMO\n";
    let form = "multipart/form-data; boundary=----bnd";
    let posted = upload(&house, Role::Member, "/contacts/import", form, &in_form(csv)).await;
    assert_eq!(posted.status, 200, "{}", posted.text);
    posted.shows(&[
        "not every line",
        "<td data-label=\"Line\"><span>3</span>",
        "&quot;nobody&quot; is not an e-mail address",
    ]);
    posted.shows(&["Download the errors as CSV", "data:text/csv", "Show contacts"]);
    assert_eq!(house.get("/api/v1/contacts").await.json()["data"].as_array().unwrap().len(), 2);
    assert_eq!(audit(&house).await[0].0, "contacts.imported");

    let wrong = upload(&house, Role::Member, "/companies/import", form, &in_form("color\nred\n")).await;
    assert_eq!(wrong.status, 422);
    wrong.shows(&["no column gives a domain or a group_id"]);
    let wrong = upload(&house, Role::Member, "/companies/import", "text/csv", "color\nred\n").await;
    assert!(wrong.json()["problem"].as_str().unwrap().contains("no column gives"), "{}", wrong.text);
    let none = upload(&house, Role::Member, "/companies/import", form, &in_form("")).await;
    assert_eq!(none.status, 422);
    let companies =
        upload(&house, Role::Member, "/companies/import", form, &in_form("domain,name\nkestrel.example,Kestrel\n"))
            .await;
    companies.shows(&["Imported", "Show companies"]);
    browser.page("/companies?text=kestrel").await.shows(&["Kestrel"]);
}

fn in_form(csv: &str) -> String {
    format!(
        "------bnd\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\nContent-Type: text/csv\r\n\r\n{csv}\r\n------bnd--\r\n"
    )
}

/// What comes of a file that somebody of that role, signed in before, sends.
async fn upload(house: &House, role: Role, path: &str, kind: &str, body: &str) -> Answer {
    let cookie = format!("beckon_session={}-{}", role.as_str(), house.workspace);
    let request = Request::post(path)
        .header("cookie", cookie)
        .header("sec-fetch-site", "same-origin")
        .header("content-type", kind)
        .body(Body::from(body.to_owned()));
    house.send(request.unwrap()).await
}

/// What is in the audit log, newest first: the action, and the whole entry as text.
async fn audit(house: &House) -> Vec<(String, String)> {
    use beckon_store::AuditStore as _;
    let filter = beckon_store::audit::AuditFilter::default();
    let log = house.store.list_audit(house.workspace, &filter, Default::default()).await.unwrap();
    log.rows.into_iter().map(|entry| (entry.action.clone(), format!("{entry:?}"))).collect()
}
