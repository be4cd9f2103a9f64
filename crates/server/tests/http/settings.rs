//! Settings, by API and by page; what they change elsewhere.

use axum::body::Body;
use beckon_domain::member::Role;
use beckon_server::Options;
use http::Request;
use serde_json::{Value, json};

use crate::house::{Answer, House};

// behaviour A12 (in part)
#[tokio::test]
async fn settings_are_read_changed_and_noted() {
    let house = House::new().await;
    let fresh = house.get("/api/v1/settings").await.json();
    assert_eq!((&fresh["time_zone"], &fresh["retention"]["audit_days"]), (&json!("UTC"), &json!(365)));
    let change = json!({"name": " Acme ", "time_zone": "Europe/Berlin", "retention": {"signals_days": null},
        "sites": {"allow": ["acme.com"]}, "public_catalog": true});
    let changed = house.patch("/api/v1/settings", change).await;
    assert_eq!(changed.status, 200, "{}", changed.text);
    let known = house.get("/api/v1/settings").await.json();
    assert_eq!(known, changed.json());
    assert_eq!((&known["name"], &known["retention"]["signals_days"]), (&json!("Acme"), &json!(null)));
    assert_eq!((&known["retention"]["events_days"], &known["icp"]), (&json!(90), &fresh["icp"]));
    assert!(known["public_catalog_path"].as_str().unwrap().starts_with("/public/"), "{known}");

    let wrong = json!({"name": "", "time_zone": "Mars", "sites": {"allow": ["acme.com/x"], "deny": ["a b"]},
        "retention": {"events_days": 0}, "notices": {"mail_to": ["x"]}});
    let expected = ["name", "notices/mail_to/0", "retention/events_days", "sites/allow/0", "sites/deny/0", "time_zone"];
    assert_eq!(house.patch("/api/v1/settings", wrong).await.fields(), expected);
    assert_eq!(house.patch("/api/v1/settings", json!({"nmae": "x"})).await.fields(), ["nmae"]);
    assert_eq!(house.get("/api/v1/settings").await.json(), known, "nothing changed");

    use beckon_store::AuditStore as _;
    let filter = beckon_store::audit::AuditFilter::default();
    let log = house.store.list_audit(house.workspace, &filter, Default::default()).await.unwrap().rows;
    assert_eq!((log.len(), log[0].action.as_str()), (1, "settings.updated"));
    let of = |value: &Option<Value>| value.as_ref().unwrap()["time_zone"].clone();
    assert_eq!((of(&log[0].before), of(&log[0].after)), (json!("UTC"), json!("Europe/Berlin")));
}

#[tokio::test]
async fn each_page_changes_its_own_part_and_shows_what_is_wrong() {
    let house = House::new().await;
    let admin = house.signed_in(Role::Admin).await;
    admin.page("/settings").await.shows(&[
        "Time zone",
        "Europe/Berlin",
        "href=\"/settings/members\"",
        "href=\"/settings/audit\"",
    ]);
    let saved = admin.submit("/settings", &[("name", "Acme <&>"), ("time_zone", "Europe/Berlin")]).await;
    assert_eq!(saved.leads_to(), "/settings");
    admin.page("/settings").await.shows(&["Acme &lt;&amp;&gt;"]);

    let sites = [("sites/allow", "acme.com\r\n*.acme.com"), ("sites/deny", "acme.com/careers")];
    assert_eq!(admin.submit("/settings/sites", &sites).await.leads_to(), "/settings/sites");
    admin.page("/settings/sites").await.shows(&["acme.com\n*.acme.com</textarea>", "acme.com/careers</textarea>"]);
    let wrong = admin.submit("/settings/sites", &[("sites/allow", "acme.com\r\nno site"), ("sites/deny", "")]).await;
    assert_eq!(wrong.status, 422);
    wrong.shows(&["no site", "is no site", "id=\"field-sites-allow-error\""]);

    admin
        .submit("/settings/icp", &[("icp/titles", "VP\r\nHead of"), ("icp/domains", "Acme.com, kestrel.example")])
        .await
        .leads_to();
    let days = [("retention/signals_days", ""), ("retention/events_days", "30"), ("retention/audit_days", "365")];
    admin.submit("/settings/retention", &days).await.leads_to();
    let wrong = [("retention/signals_days", "soon"), ("retention/events_days", "0"), ("retention/audit_days", "365")];
    let wrong = admin.submit("/settings/retention", &wrong).await;
    assert_eq!(wrong.status, 422);
    wrong.shows(&["value=\"soon\""]);
    admin.submit("/settings/notices", &[("notices/mail_to", "ops@acme.com\r\ndev@acme.com")]).await.leads_to();
    admin.page("/settings/notices").await.shows(&["No mails are sent", "ops@acme.com\ndev@acme.com</textarea>"]);
    admin.submit("/settings/catalog", &[("public_catalog", "true")]).await.leads_to();
    admin.page("/settings/catalog").await.shows(&["/public/", "checked", "Open it"]);

    let known = house.get("/api/v1/settings").await.json();
    assert_eq!(known["icp"]["domains"], json!(["acme.com", "kestrel.example"]));
    assert_eq!(known["retention"], json!({"signals_days": null, "events_days": 30, "audit_days": 365}));
    assert_eq!((&known["sites"]["deny"], &known["public_catalog"]), (&json!(["acme.com/careers"]), &json!(true)));
    admin.submit("/settings/catalog", &[]).await.leads_to();
    assert_eq!(house.get("/api/v1/settings").await.json()["public_catalog"], json!(false));
}

#[tokio::test]
async fn a_mail_server_is_told_of() {
    let house = House::with(Options { sends_mail: true, ..Options::default() }).await;
    house.signed_in(Role::Viewer).await.page("/settings/notices").await.shows(&["Mails are sent"]);
}

#[tokio::test]
async fn the_ideal_customer_page_names_the_segments_that_ask_for_it() {
    let house = House::new().await;
    let admin = house.signed_in(Role::Admin).await;
    admin.page("/settings/icp").await.shows(&["if all of them are empty, nobody fits", "None. In the rule"]);
    let rule = json!({"all": [{"not": {"icp": true}}, {"prop": "contact.title", "op": "exists"}]});
    let id = house.post("/api/v1/segments", json!({"name": "Others & co", "rule": rule})).await.id();
    house.post("/api/v1/segments", json!({"name": "Everybody", "rule": {"all": []}})).await.id();
    let page = admin.page("/settings/icp").await;
    page.shows(&["Others &amp; co", &format!("href=\"/segments/{id}\"")]);
    assert!(!page.text.contains("Everybody"), "{}", page.text);
    admin.page(&format!("/segments/{id}")).await.shows(&["Does not fit the ideal customer profile"]);
}

// behaviour A9 (in part)
#[tokio::test]
async fn an_api_key_is_shown_once_and_a_revoked_one_opens_nothing() {
    let house = House::new().await;
    let owner = house.signed_in(Role::Owner).await;
    let bare = owner.page("/settings/keys").await;
    bare.shows(&["is the last key in use", "Create API key", "Create write key"]);
    let made = owner.submit("/settings/keys/api", &[("name", "CRM <sync>")]).await;
    made.shows(&["Your new API key", "CRM &lt;sync&gt;", "data-copy=\"bk_"]);
    assert_eq!(made.headers["cache-control"], "no-store");
    let key = made.text.split("data-copy=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    assert_eq!(house.call_as(&key, http::Method::GET, "/api/v1/contacts", "").await.status, 200);
    let listed = owner.page("/settings/keys").await;
    assert!(!listed.text.contains(&key) && !listed.text.contains("is the last key in use"), "{}", listed.text);

    let ids = house.get("/api/v1/api-keys").await.json();
    let id = ids["data"][0]["id"].as_str().unwrap();
    assert_eq!(owner.submit(&format!("/settings/keys/api/{id}/revoke"), &[]).await.leads_to(), "/settings/keys");
    assert_eq!(house.call_as(&key, http::Method::GET, "/api/v1/contacts", "").await.code(), "unauthorized_revoked");
    let secret = key;
    owner.page("/settings/keys").await.shows(&["Revoked"]);

    owner.submit("/settings/keys/write", &[("name", "Site")]).await.leads_to();
    let key = house.get("/api/v1/write-keys").await.json()["data"][0].clone();
    owner.page("/settings/keys").await.shows(&[key["key"].as_str().unwrap()]);
    owner.submit(&format!("/settings/keys/write/{}/revoke", key["id"].as_str().unwrap()), &[]).await.leads_to();
    let wrong = owner.submit("/settings/keys/write", &[("name", " ")]).await;
    assert_eq!(wrong.status, 422);
    wrong.shows(&["cannot be empty", "new-write-key-error"]);

    use beckon_store::AuditStore as _;
    let log = house.store.list_audit(house.workspace, &Default::default(), Default::default()).await.unwrap().rows;
    let actions: Vec<_> = log.iter().map(|entry| entry.action.as_str()).collect();
    assert_eq!(actions, ["write_key.revoked", "write_key.created", "api_key.revoked", "api_key.created"]);
    assert!(log.iter().all(|entry| !format!("{entry:?}").contains(&secret)), "{log:?}");
}

#[tokio::test]
async fn only_admins_change_settings() {
    let house = House::new().await;
    let before = house.get("/api/v1/settings").await.json();
    for role in [Role::Viewer, Role::Member] {
        let browser = house.signed_in(role).await;
        browser.page("/settings").await.shows(&["Only admins and owners", "<fieldset disabled"]);
        let keys = browser.page("/settings/keys").await;
        assert!(keys.status == 200 && !keys.text.contains("Create API key"), "{}", keys.text);
        for (path, field) in [
            ("/settings", ("name", "x")),
            ("/settings/sites", ("sites/allow", "x.com")),
            ("/settings/icp", ("icp/titles", "x")),
            ("/settings/retention", ("retention/audit_days", "1")),
            ("/settings/notices", ("notices/mail_to", "x@y.com")),
            ("/settings/catalog", ("public_catalog", "true")),
            ("/settings/keys/api", ("name", "x")),
            ("/settings/keys/write", ("name", "x")),
        ] {
            assert_eq!(browser.submit(path, &[field]).await.status, 403, "{path}");
        }
    }
    assert_eq!(house.get("/api/v1/settings").await.json(), before);
    assert_eq!(house.get("/api/v1/api-keys").await.json()["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn pages_of_sites_that_are_not_admitted_are_refused_alone() {
    let house = House::new().await;
    let key =
        house.post("/api/v1/write-keys", json!({"name": "site"})).await.json()["key"].as_str().unwrap().to_owned();
    house
        .patch(
            "/api/v1/settings",
            json!({"sites": {"allow": ["acme.com", "*.acme.com"], "deny": ["acme.com/careers"]}}),
        )
        .await;
    let page = |url: &str| json!({"type": "page", "anonymousId": "a1", "properties": {"url": url}});
    let batch = json!({"batch": [
        page("https://acme.com/pricing"), page("https://evil.example/pricing"), page("https://www.acme.com/"),
        page("https://acme.com/careers/open"), {"type": "track", "userId": "u1", "event": "Bought"},
        {"type": "identify", "userId": "u1", "context": {"page": {"url": "https://evil.example/"}}},
    ]});
    let send = async |body: Value| -> Answer {
        let request = Request::post(format!("/v1/batch?writeKey={key}")).body(Body::from(body.to_string())).unwrap();
        house.send(request).await
    };
    let answer = send(batch.clone()).await;
    let report = answer.json();
    assert_eq!((answer.status.as_u16(), &report["accepted"]), (200, &json!(3)), "{report}");
    let refused = report["rejected"].as_array().unwrap();
    let places: Vec<_> = refused.iter().map(|item| item["index"].as_u64().unwrap()).collect();
    assert_eq!(places, [1, 3, 5]);
    assert!(refused.iter().all(|item| item["code"] == "site_not_admitted"), "{report}");
    assert!(refused[0]["message"].as_str().unwrap().contains("evil.example"), "{report}");
    assert_eq!(house.get("/api/v1/signals").await.json()["data"].as_array().unwrap().len(), 3);

    house.patch("/api/v1/settings", json!({"sites": null})).await;
    assert_eq!(send(batch).await.json()["accepted"], 6, "from then on");
}
