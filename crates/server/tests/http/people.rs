//! Contacts, companies, their imports, and what people do elsewhere.

#![expect(clippy::unwrap_used, reason = "a panic here is a failed test")]

use beckon_domain::contact::ContactProfile;
use serde_json::{Map, Value, json};

use crate::house::{Answer, House};

async fn import(house: &House, what: &str, csv: &str) -> Answer {
    let path = format!("/api/v1/{what}/import");
    let request = http::Request::post(path)
        .header("authorization", format!("Bearer {}", crate::house::KEY))
        .header("content-type", "text/csv; charset=utf-8")
        .body(axum::body::Body::from(csv.to_owned()));
    house.send(request.unwrap()).await
}

// behaviour A3
#[tokio::test]
async fn a_contact_is_made_found_by_its_address_changed_and_erased() {
    let house = House::new().await;
    let new =
        json!({"email": "Jane@Acme.com", "title": "CMO", "company_domain": "www.acme.com", "traits": {"plan": "pro"}});
    let made = house.post("/api/v1/contacts", new).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let path = format!("/api/v1/contacts/{}", made.id());
    assert_eq!(made.headers["location"], path);
    let again = house.post("/api/v1/contacts", json!({"email": "jane@acme.com", "first_name": "Jane"})).await;
    assert_eq!((again.status.as_u16(), again.id()), (200, made.id()));
    let view = again.json();
    assert_eq!((&view["first_name"], &view["title"], &view["phone"]), (&json!("Jane"), &json!("CMO"), &json!(null)));
    assert_eq!((&view["company_domain"], &view["traits"]), (&json!("acme.com"), &json!({"plan": "pro"})));

    let changed =
        house.patch(&path, json!({"title": null, "user_id": "u1", "traits": {"plan": null, "seats": 3}})).await.json();
    assert_eq!(
        (&changed["title"], &changed["user_id"], &changed["traits"]),
        (&json!(null), &json!("u1"), &json!({"seats": 3}))
    );
    assert_eq!(house.patch(&path, json!({"traits": null})).await.json()["traits"], json!({}));
    let listed = house.get("/api/v1/contacts?email=JANE@acme.com").await.json();
    assert_eq!((listed["data"].as_array().unwrap().len(), &listed["data"][0]["id"]), (1, &view["id"]));
    assert_eq!(house.get("/api/v1/contacts?email=john@acme.com").await.json()["data"], json!([]));

    assert_eq!(house.delete(&path).await.status, 204);
    for gone in [house.get(&path).await, house.delete(&path).await, house.patch(&path, json!({"title": "x"})).await] {
        assert_eq!(gone.code(), "not_found");
    }
}

// behaviour A3
#[tokio::test]
async fn null_clears_every_field_of_a_contact_but_its_last_identifier() {
    let house = House::new().await;
    let mut all: Map<String, Value> =
        ContactProfile::FIELDS.map(|name| (name.to_owned(), json!("x"))).into_iter().collect();
    all.extend([("email".to_owned(), json!("jane@acme.com")), ("user_id".to_owned(), json!("u1"))]);
    all.extend([("company_domain".to_owned(), json!("acme.com")), ("traits".to_owned(), json!({"plan": "pro"}))]);
    let made = house.post("/api/v1/contacts", Value::Object(all.clone())).await;
    let path = format!("/api/v1/contacts/{}", made.id());
    assert_eq!(house.patch(&path, json!({})).await.json(), made.json(), "absent keeps");

    let nulls: Map<String, Value> = all.keys().map(|name| (name.clone(), Value::Null)).collect();
    let refused = house.patch(&path, Value::Object(nulls.clone())).await;
    assert_eq!((refused.status.as_u16(), refused.fields()), (422, vec!["email".to_owned(), "user_id".to_owned()]));
    assert_eq!(house.get(&path).await.json(), made.json(), "nothing changed");

    let but_one = nulls.into_iter().filter(|(name, _)| name != "user_id").collect();
    let cleared = house.patch(&path, Value::Object(but_one)).await.json();
    for name in all.keys().filter(|name| !["user_id", "traits"].contains(&name.as_str())) {
        assert_eq!(cleared[name], json!(null), "{name}");
    }
    assert_eq!((&cleared["user_id"], &cleared["traits"]), (&json!("u1"), &json!({})));
    assert_eq!(house.patch(&path, json!({"user_id": null})).await.fields(), ["user_id"]);
    assert_eq!(house.get("/api/v1/contacts?email=jane@acme.com").await.json()["data"], json!([]));
    let another = house.post("/api/v1/contacts", json!({"email": "jane@acme.com"})).await;
    assert_ne!((another.status.as_u16(), another.id()), (200, made.id()), "the address is free");
}

// behaviour A3
#[tokio::test]
async fn null_clears_every_field_of_a_company_but_its_last_identifier() {
    let house = House::new().await;
    let all = json!({"domain": "acme.com", "group_id": "g1", "name": "Acme", "linkedin_url": "x", "industry": "x",
        "employees": 5.0, "country": "x", "traits": {"plan": "pro"}});
    let made = house.post("/api/v1/companies", all.clone()).await;
    assert_eq!(made.json()["employees"], 5, "5.0 is a whole number");
    let path = format!("/api/v1/companies/{}", made.id());
    assert_eq!(house.patch(&path, json!({})).await.json(), made.json(), "absent keeps");
    let nulls = |but: &str| {
        let names = all.as_object().unwrap().keys().filter(|name| *name != but);
        Value::Object(names.map(|name| (name.clone(), Value::Null)).collect())
    };
    assert_eq!(house.patch(&path, nulls("")).await.fields(), ["domain", "group_id"]);
    let cleared = house.patch(&path, nulls("group_id")).await.json();
    for name in ["domain", "name", "linkedin_url", "industry", "employees", "country"] {
        assert_eq!(cleared[name], json!(null), "{name}");
    }
    assert_eq!((&cleared["group_id"], &cleared["traits"]), (&json!("g1"), &json!({})));
    assert_eq!(house.patch(&path, json!({"group_id": null})).await.fields(), ["group_id"]);
    assert_eq!(house.patch(&path, json!({"employees": 5.5})).await.fields(), ["employees"]);
}

// behaviour A6
#[tokio::test]
async fn everything_wrong_with_a_contact_is_named_at_once() {
    let house = House::new().await;
    let wrong = json!({"email": "jane", "user_id": " ", "company_domain": "acme"});
    assert_eq!(house.post("/api/v1/contacts", wrong).await.fields(), ["company_domain", "email", "user_id"]);
    assert_eq!(house.post("/api/v1/contacts", json!({"title": "CMO"})).await.fields(), ["email"]);
    assert_eq!(
        house.post("/api/v1/contacts", json!({"email": 5, "mail": "x", "title": 7})).await.fields(),
        ["email", "mail", "title"]
    );
    assert_eq!(house.post("/api/v1/contacts", json!({"email": null, "title": "CMO"})).await.fields(), ["email"]);
    assert_eq!(house.get("/api/v1/contacts?email=jane").await.fields(), ["email"]);
    let long = json!({"email": "a@b.com", "title": "x".repeat(10_000)});
    assert_eq!(house.post("/api/v1/contacts", long).await.fields(), ["title"]);
}

#[tokio::test]
async fn a_company_is_made_found_by_its_domain_changed_and_erased() {
    let house = House::new().await;
    let made = house.post("/api/v1/companies", json!({"domain": "https://www.Acme.com/", "employees": 12})).await;
    assert_eq!((made.status.as_u16(), &made.json()["domain"]), (201, &json!("acme.com")));
    let path = format!("/api/v1/companies/{}", made.id());
    let again = house.post("/api/v1/companies", json!({"domain": "acme.com", "name": "Acme"})).await;
    assert_eq!((again.status.as_u16(), again.id()), (200, made.id()));
    let changed = house.patch(&path, json!({"employees": null, "industry": "Anvils"})).await.json();
    assert_eq!(
        (&changed["employees"], &changed["industry"], &changed["name"]),
        (&json!(null), &json!("Anvils"), &json!("Acme"))
    );
    assert_eq!(house.get("/api/v1/companies?domain=acme.com").await.json()["data"][0], changed);
    assert_eq!(
        house.post("/api/v1/companies", json!({"domain": "acme", "employees": -1})).await.fields(),
        ["employees"]
    );
    assert_eq!(house.delete(&path).await.status, 204);
    assert_eq!(house.get(&path).await.code(), "not_found");
}

#[tokio::test]
async fn a_file_makes_and_changes_contacts_and_wrong_lines_fail_alone() {
    let house = House::new().await;
    house.post("/api/v1/contacts", json!({"email": "jane@acme.com", "title": "CMO"})).await;
    let report =
        import(&house, "contacts", "email,first name,plan\njohn@acme.com,John,pro\njane,J,\njane@acme.com,Jane,\n")
            .await;
    assert_eq!(report.status, 200, "{}", report.text);
    let report = report.json();
    assert_eq!((&report["lines"], &report["created"], &report["updated"]), (&json!(3), &json!(1), &json!(1)));
    assert_eq!((&report["failed"], &report["errors_total"]), (&json!(1), &json!(1)));
    assert_eq!((&report["errors"][0]["line"], &report["errors"][0]["field"]), (&json!(3), &json!("email")));
    let jane = house.get("/api/v1/contacts?email=jane@acme.com").await.json()["data"][0].clone();
    assert_eq!((&jane["first_name"], &jane["title"]), (&json!("Jane"), &json!("CMO")));
    let companies = import(&house, "companies", "domain,employees\nacme.com,many\nx.com,7\n").await.json();
    assert_eq!((&companies["created"], &companies["errors"][0]["field"]), (&json!(1), &json!("employees")));
}

#[tokio::test]
async fn a_large_file_is_imported_whole_with_an_idempotency_key_too() {
    let house = House::new().await;
    let lines: String = (0..1_700).map(|n| format!("user{n}@acme.com,{}\n", "x".repeat(500))).collect();
    let csv = format!("email,title\n{lines}{lines}");
    assert!(csv.len() > beckon_server::Options::default().body_bytes_max);
    let request = || {
        http::Request::post("/api/v1/contacts/import")
            .header("authorization", format!("Bearer {}", crate::house::KEY))
            .header("content-type", "text/csv")
            .header("idempotency-key", "import-1")
            .body(axum::body::Body::from(csv.clone()))
            .unwrap()
    };
    let first = house.send(request()).await;
    let report = first.json();
    assert_eq!((&report["created"], &report["updated"], &report["failed"]), (&json!(1_700), &json!(1_700), &json!(0)));
    assert_eq!(house.send(request()).await.text, first.text);
}

#[tokio::test]
async fn a_file_of_another_type_or_too_large_is_refused() {
    let options = beckon_server::Options { import_bytes_max: 100, ..beckon_server::Options::default() };
    let house = House::with(options).await;
    let typed = house.post("/api/v1/contacts/import", "{}").await;
    assert_eq!(typed.code(), "unsupported_media_type");
    let large = import(&house, "contacts", &"x".repeat(101)).await;
    assert_eq!((large.status.as_u16(), large.code().as_str()), (413, "payload_too_large"));
}

// behaviour Q7
#[tokio::test]
async fn an_intent_is_on_disk_when_it_is_answered() {
    let house = House::new().await;
    let body = r#"{"contact": {"email": "jane@acme.com", "title": "CMO"}, "topic": "crm",  "score": 80}"#;
    let taken = house.post("/api/v1/intent-signals", body).await;
    assert_eq!(taken.status, 202, "{}", taken.text);
    let signals = house.get("/api/v1/signals").await;
    assert!(signals.text.contains(body), "kept as it came: {}", signals.text);
    let signal = signals.json()["data"][0].clone();
    assert_eq!((&signal["id"], &signal["kind"]), (&json!(taken.id()), &json!("intent")));
    let jane = house.get("/api/v1/contacts?email=jane@acme.com").await.json()["data"][0].clone();
    assert_eq!((&jane["id"], &jane["title"]), (&signal["contact_id"], &json!("CMO")));
    let wrong =
        house.post("/api/v1/intent-signals", json!({"contact": {"email": "x"}, "topic": "", "score": 101})).await;
    assert_eq!(wrong.fields(), ["contact/email", "score", "topic"]);
}

#[tokio::test]
async fn each_intent_of_a_batch_stands_for_itself_in_its_place() {
    let house = House::new().await;
    let batch = json!({"signals": [{"contact": {}, "topic": "crm"}, {"contact": {"user_id": "u7"}, "topic": "crm"}]});
    let answer = house.post("/api/v1/intent-signals/batch", batch).await;
    assert_eq!(answer.status, 200);
    let outcomes = answer.json()["signals"].clone();
    assert_eq!(outcomes[0]["error"]["code"], "invalid_request");
    assert!(outcomes[1]["id"].as_str().unwrap().starts_with("sig_"));
    assert_eq!(house.get("/api/v1/signals").await.json()["data"].as_array().unwrap().len(), 1);
    for count in [0, 501] {
        let signals = vec![json!({"contact": {"user_id": "u7"}, "topic": "crm"}); count];
        let refused = house.post("/api/v1/intent-signals/batch", json!({"signals": signals})).await;
        assert_eq!(refused.fields(), ["signals"], "{count}");
    }
}

// behaviour A6
#[tokio::test]
async fn a_batch_of_another_shape_is_refused_whole_with_every_place_named() {
    let house = House::new().await;
    let batch = json!({"signals": [
        {"contact": {"user_id": "u7"}, "topic": "crm"},
        {"contact": {"mail": "x"}, "topic": "crm", "score": 101},
        {"contact": {"user_id": "u8"}, "observed_at": "2026-01-01T12:99:00Z"},
        7,
    ]});
    let refused = house.post("/api/v1/intent-signals/batch", batch).await;
    assert_eq!(refused.status, 422);
    let places = ["1/contact/mail", "1/score", "2/observed_at", "2/topic", "3"];
    assert_eq!(refused.fields(), places.map(|place| format!("signals/{place}")));
    assert_eq!(house.get("/api/v1/signals").await.json()["data"], json!([]));
}
