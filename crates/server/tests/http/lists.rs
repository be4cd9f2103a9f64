//! Lists by API: made, filled, asked for by rules, deleted.

#![expect(clippy::unwrap_used, reason = "a panic here is a failed test")]

use beckon_store::audit::AuditFilter;
use beckon_store::{AuditStore, PageRequest};
use http::Method;
use serde_json::{Value, json};

use crate::house::{Answer, House, KEY};

const LISTS: &str = "/api/v1/lists";

async fn make(house: &House, name: &str, subject: &str) -> String {
    let made = house.post(LISTS, json!({"name": name, "subject": subject})).await;
    assert_eq!(made.status, 201, "{}", made.text);
    made.id()
}

async fn a_contact(house: &House, email: &str) -> String {
    house.post("/api/v1/contacts", json!({ "email": email })).await.id()
}

async fn import(house: &House, path: &str, csv: &str) -> Answer {
    let request = http::Request::post(format!("/api/v1{path}"))
        .header("authorization", format!("Bearer {KEY}"))
        .header("content-type", "text/csv")
        .body(axum::body::Body::from(csv.to_owned()));
    house.send(request.unwrap()).await
}

async fn put(house: &House, path: &str) -> Answer {
    house.call_as(KEY, Method::PUT, path, "").await
}

async fn emails_on(house: &House, list: &str) -> Vec<String> {
    let members = house.get(&format!("{LISTS}/{list}/members")).await.json();
    members["data"].as_array().unwrap().iter().map(|who| who["name"].as_str().unwrap().to_owned()).collect()
}

// behaviour A3 (in part)
#[tokio::test]
async fn a_list_is_made_renamed_and_deleted_and_every_change_is_noted() {
    let house = House::new().await;
    let made = house.post(LISTS, json!({"name": " Target accounts ", "subject": "company"})).await;
    let (id, path) = (made.id(), made.headers["location"].to_str().unwrap().to_owned());
    assert_eq!(path, format!("{LISTS}/{id}"));
    let view = made.json();
    assert_eq!(
        (&view["name"], &view["subject"], &view["members"]),
        (&json!("Target accounts"), &json!("company"), &json!(0))
    );
    assert_eq!(house.get(&path).await.json(), view);
    assert_eq!(house.post(LISTS, json!({"name": "TARGET accounts", "subject": "company"})).await.code(), "conflict");
    let same_name = make(&house, "Target accounts", "contact").await;
    assert_eq!(house.patch(&path, json!({"name": "Accounts"})).await.json()["name"], "Accounts");
    assert_eq!(house.patch(&path, json!({"name": "Accounts"})).await.status, 200, "which changes nothing");
    for (wrong, field) in [
        (json!({"name": " "}), "name"),
        (json!({"name": "x".repeat(101)}), "name"),
        (json!({"subject": "contact"}), "subject"),
    ] {
        assert_eq!(house.patch(&path, wrong).await.fields(), [field]);
    }
    assert_eq!(house.post(LISTS, json!({"name": "x", "subject": "visit"})).await.fields(), ["subject"]);

    let ids = |answer: &Value| {
        answer["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|list| list["id"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let first = house.get(&format!("{LISTS}?limit=1")).await.json();
    assert_eq!(ids(&first), std::slice::from_ref(&same_name));
    let next = house.get(&format!("{LISTS}?limit=1&cursor={}", first["next_cursor"].as_str().unwrap())).await.json();
    assert_eq!((ids(&next), &next["next_cursor"]), (vec![id.clone()], &Value::Null));
    assert_eq!(ids(&house.get(&format!("{LISTS}?subject=contact")).await.json()), [same_name]);

    assert_eq!(house.delete(&path).await.status, 204);
    for gone in [house.get(&path).await, house.delete(&path).await, house.patch(&path, json!({"name": "x"})).await] {
        assert_eq!(gone.code(), "not_found");
    }
    let log = house.store.list_audit(house.workspace, &AuditFilter::default(), PageRequest::default()).await.unwrap();
    let mut noted: Vec<_> = log.rows.into_iter().filter(|entry| entry.subject == id).collect();
    noted.reverse();
    let actions: Vec<_> = noted.iter().map(|entry| entry.action.as_str()).collect();
    assert_eq!(actions, ["list.created", "list.updated", "list.deleted"]);
    assert_eq!(noted[1].before.as_ref().unwrap()["name"], "Target accounts");
}

#[tokio::test]
async fn somebody_is_put_on_a_list_and_taken_off_and_only_on_one_of_their_kind() {
    let house = House::new().await;
    let list = make(&house, "Guests", "contact").await;
    let (jane, joe) = (a_contact(&house, "jane@acme.test").await, a_contact(&house, "joe@acme.test").await);
    let path = |who: &str| format!("{LISTS}/{list}/members/{who}");
    for who in [&jane, &joe, &jane] {
        assert_eq!(put(&house, &path(who)).await.status, 204);
    }
    assert_eq!(emails_on(&house, &list).await, ["joe@acme.test", "jane@acme.test"]);
    let first = house.get(&format!("{LISTS}/{list}/members?limit=1")).await.json();
    assert_eq!((&first["data"][0]["id"], first["data"][0]["added_at"].is_string()), (&json!(joe), true));
    assert!(first["next_cursor"].is_string());
    let company = house.get("/api/v1/companies").await.json()["data"][0]["id"].as_str().unwrap().to_owned();
    for wrong in [company.as_str(), "jane@acme.test", "con_00000000000000000000000000"] {
        assert_eq!(put(&house, &path(wrong)).await.code(), "not_found", "{wrong}");
    }
    assert_eq!(house.delete(&path(&jane)).await.status, 204);
    assert_eq!(house.delete(&path(&jane)).await.code(), "not_found");
    assert_eq!(house.get(&format!("{LISTS}/{list}")).await.json()["members"], 1);
    assert_eq!(house.delete(&format!("/api/v1/contacts/{joe}")).await.status, 204);
    assert_eq!(emails_on(&house, &list).await, [""; 0], "who is erased is on no list");
    let log = house.store.list_audit(house.workspace, &AuditFilter::default(), PageRequest::default()).await.unwrap();
    let noted: Vec<_> =
        log.rows.iter().filter(|entry| entry.subject == list).map(|entry| entry.action.as_str()).collect();
    assert_eq!(noted, ["list.member_removed", "list.member_added", "list.member_added", "list.created"]);
}

#[tokio::test]
async fn an_import_puts_everybody_it_takes_on_the_list_it_names() {
    let house = House::new().await;
    let csv = "email,title\nann@acme.test,CEO\nnobody,x\nbob@acme.test,CFO\n";
    let report = import(&house, "/contacts/import?list=Spring%20fair", csv).await.json();
    assert_eq!((&report["created"], &report["failed"]), (&json!(2), &json!(1)));
    let id = report["list_id"].as_str().unwrap().to_owned();
    let list = house.get(&format!("{LISTS}/{id}")).await.json();
    assert_eq!(
        (&list["name"], &list["subject"], &list["members"]),
        (&json!("Spring fair"), &json!("contact"), &json!(2))
    );
    // Again, by name in another case and by id; whoever is on it stays on it once.
    for named in ["SPRING%20FAIR", id.as_str()] {
        let again =
            import(&house, &format!("/contacts/import?list={named}"), "email\nann@acme.test\ncy@acme.test\n").await;
        assert_eq!(again.json()["list_id"], json!(id), "{}", again.text);
    }
    assert_eq!(emails_on(&house, &id).await, ["cy@acme.test", "bob@acme.test", "ann@acme.test"]);
    let companies = import(&house, "/companies/import?list=Spring%20fair", "domain\nkestrel.test\n").await.json();
    assert_ne!(companies["list_id"], json!(id), "a list of companies is another");
    let wrong = import(&house, &format!("/companies/import?list={id}"), "domain\nx.test\n").await;
    assert_eq!(wrong.fields(), ["list"], "{}", wrong.text);
    let long = import(&house, &format!("/contacts/import?list={}", "x".repeat(101)), "email\nx@y.test\n").await;
    assert_eq!(long.fields(), ["list"]);
    assert_eq!(import(&house, "/contacts/import?list=Nothing", "color\nred\n").await.status, 422);
    let without = import(&house, "/contacts/import?list=", "email\ndee@acme.test\n").await.json();
    assert!(without.get("list_id").is_none(), "{without}");
    let names = house.get(LISTS).await.json();
    assert_eq!(names["data"].as_array().unwrap().len(), 2, "a file that cannot be read makes no list: {names}");
}

#[tokio::test]
async fn a_rule_asks_for_lists_that_are_there_and_keeps_them() {
    let house = House::new().await;
    let (people, accounts) = (make(&house, "People", "contact").await, make(&house, "Accounts", "company").await);
    let segment = |subject: &str, rule: Value| json!({"name": "On it", "subject": subject, "rule": rule});
    let nowhere = "lst_00000000000000000000000000";
    let wrong = house.post("/api/v1/segments", segment("contact", json!({"any": [{"list": nowhere}]}))).await;
    assert_eq!(wrong.fields(), ["rule/any/0/list"], "{}", wrong.text);
    let wrong = house.post("/api/v1/segments", segment("company", json!({"list": people}))).await;
    assert_eq!(wrong.fields(), ["rule/list"], "{}", wrong.text);
    let both = json!({"any": [{"list": people}, {"list": accounts}]});
    let made = house.post("/api/v1/segments", segment("contact", both.clone())).await;
    assert_eq!((made.status.as_u16(), &made.json()["rule"]), (201, &both), "{}", made.text);
    let refused = house.delete(&format!("{LISTS}/{people}")).await;
    assert_eq!(refused.code(), "conflict");
    assert!(refused.text.contains(&format!("{} (On it)", made.id())), "{}", refused.text);
    assert_eq!(house.delete(&format!("/api/v1/segments/{}", made.id())).await.status, 204);
    assert_eq!(house.delete(&format!("{LISTS}/{people}")).await.status, 204);
}

#[tokio::test]
async fn a_preview_counts_those_on_a_list_and_those_whose_company_is() {
    let house = House::new().await;
    let report =
        import(&house, "/contacts/import?list=People", "email\nann@acme.test\nbob@kestrel.test\n").await.json();
    let people = report["list_id"].clone();
    let report = import(&house, "/companies/import?list=Accounts", "domain\nacme.test\n").await.json();
    let accounts = report["list_id"].clone();
    a_contact(&house, "cy@acme.test").await;
    let count = async |subject: &str, rule: Value| {
        let form = json!({"subject": subject, "rule": rule});
        house.post("/api/v1/segments/preview", form).await.json()["count"].clone()
    };
    assert_eq!(count("contact", json!({"list": people})).await, 2);
    assert_eq!(count("contact", json!({"list": accounts})).await, 2, "Ann and Cy are of that company");
    assert_eq!(count("contact", json!({"all": [{"list": people}, {"not": {"list": accounts}}]})).await, 1);
    assert_eq!(count("company", json!({"list": accounts})).await, 1);
    assert_eq!(count("company", json!({"not": {"list": accounts}})).await, 1);
}

// behaviour R9 (in part)
#[tokio::test]
async fn a_list_of_another_workspace_is_not_there() {
    let house = House::new().await;
    let list = make(&house, "People", "contact").await;
    let jane = a_contact(&house, "jane@acme.test").await;
    put(&house, &format!("{LISTS}/{list}/members/{jane}")).await;
    let key = "bk_another_0123456789";
    house.add_workspace(key).await;
    for (method, path, body) in [
        (Method::GET, String::new(), ""),
        (Method::PATCH, String::new(), "{\"name\":\"x\"}"),
        (Method::DELETE, String::new(), ""),
        (Method::GET, "/members".to_owned(), ""),
        (Method::PUT, format!("/members/{jane}"), ""),
        (Method::DELETE, format!("/members/{jane}"), ""),
    ] {
        let answer = house.call_as(key, method.clone(), &format!("{LISTS}/{list}{path}"), body).await;
        assert_eq!(answer.code(), "not_found", "{method} {path}");
    }
    let rule = json!({"name": "x", "rule": {"list": list}}).to_string();
    let theirs = house.call_as(key, Method::POST, "/api/v1/segments", &rule).await;
    assert_eq!(theirs.fields(), ["rule/list"]);
    assert_eq!(house.call_as(key, Method::GET, LISTS, "").await.json()["data"], json!([]));
    assert_eq!(emails_on(&house, &list).await, ["jane@acme.test"]);
}
