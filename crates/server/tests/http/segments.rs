//! Segments: made, changed by several at once, and kept while others need them.

use futures_util::future::join_all;
use http::Method;
use serde_json::{Value, json};

use crate::house::House;

const SEGMENTS: &str = "/api/v1/segments";

async fn make(house: &House, name: &str, rule: Value) -> String {
    let made = house.post(SEGMENTS, json!({"name": name, "rule": rule})).await;
    assert_eq!(made.status, 201, "{}", made.text);
    made.id()
}

#[tokio::test]
async fn a_segment_is_made_shown_listed_and_deleted() {
    let house = House::new().await;
    let rule = json!({"all": [{"visited": {"path": "/pricing", "match": "prefix"}, "within": "7d"}]});
    let new = json!({"name": "Hot", "rule": rule, "frequency": {"cooldown": "24h"}});
    let made = house.post(SEGMENTS, new).await;
    let id = made.id();
    assert_eq!(made.status, 201);
    assert_eq!(made.headers["location"], format!("{SEGMENTS}/{id}"));
    let view = made.json();
    assert_eq!(
        (&view["subject"], &view["enabled"], &view["actions"]),
        (&json!("contact"), &json!(true), &json!(["webhook"]))
    );
    assert_eq!((&view["rule"], &view["frequency"]), (&rule, &json!({"cooldown": "24h"})));
    assert_eq!(view["channel"], format!("segment_{id}"));
    assert_eq!(house.get(&format!("{SEGMENTS}/{id}")).await.json(), view);
    assert_eq!(house.get(SEGMENTS).await.json(), json!({"data": [view], "next_cursor": null}));
    assert_eq!(house.delete(&format!("{SEGMENTS}/{id}")).await.status, 204);
    assert_eq!(house.get(&format!("{SEGMENTS}/{id}")).await.code(), "not_found");
    assert_eq!(house.delete(&format!("{SEGMENTS}/{id}")).await.code(), "not_found");
}

// behaviour A6
#[tokio::test]
async fn everything_wrong_with_a_segment_is_named_at_once() {
    let house = House::new().await;
    let rule =
        json!({"all": [{"prop": "contact.title", "op": "exists"}, {"prop": "contact.title", "op": "is"}, {"any": 7}]});
    let wrong = house.post(SEGMENTS, json!({"name": " ", "rule": rule, "frequency": "cooldown"})).await;
    assert_eq!((wrong.status.as_u16(), wrong.code().as_str()), (422, "invalid_request"));
    assert_eq!(wrong.fields(), ["frequency", "name", "rule/all/1/op", "rule/all/2/any"]);
    let unknown = house.post(SEGMENTS, json!({"name": "n", "rule": {"not": {"segment": "7264"}}})).await;
    assert_eq!(unknown.fields(), ["rule/not/segment"]);
    let missing = house.post(SEGMENTS, json!({"nam": "n"})).await;
    assert_eq!(missing.fields(), ["nam", "name", "rule"]);
}

#[tokio::test]
async fn a_segment_that_others_refer_to_stays_as_they_need_it() {
    let house = House::new().await;
    let base = make(&house, "Base", json!({"all": []})).await;
    let above = make(&house, "Above", json!({"not": {"segment": base}})).await;
    let path = format!("{SEGMENTS}/{base}");
    for refused in [house.delete(&path).await, house.patch(&path, json!({"subject": "company"})).await] {
        assert_eq!((refused.status.as_u16(), refused.code().as_str()), (409, "conflict"));
        assert!(refused.text.contains(&format!("{above} (Above)")), "{}", refused.text);
    }
    let circle = house.patch(&path, json!({"rule": {"segment": above}})).await;
    assert_eq!(circle.fields(), ["rule/segment"]);
    assert_eq!(house.delete(&format!("{SEGMENTS}/{above}")).await.status, 204);
    assert_eq!(house.patch(&path, json!({"subject": "company"})).await.json()["subject"], "company");
    assert_eq!(house.delete(&path).await.status, 204);
}

// behaviour A3
#[tokio::test]
async fn changes_of_different_fields_at_once_are_all_made() {
    let house = House::new().await;
    let path = format!("{SEGMENTS}/{}", make(&house, "n", json!({"all": []})).await);
    let changes = [
        json!({"name": "New"}),
        json!({"rule": {"any": []}}),
        json!({"enabled": false}),
        json!({"actions": []}),
        json!({"frequency": "first_visit"}),
    ];
    let answers = join_all(changes.iter().map(|change| house.patch(&path, change))).await;
    assert!(answers.iter().all(|answer| answer.status == 200));
    let after = house.get(&path).await.json();
    for change in changes {
        for (field, value) in change.as_object().unwrap() {
            assert_eq!(&after[field], value);
        }
    }
    let nulls = house.patch(&path, json!({"enabled": null, "actions": null, "frequency": null})).await.json();
    assert_eq!(
        (&nulls["enabled"], &nulls["actions"], &nulls["frequency"]),
        (&json!(true), &json!(["webhook"]), &json!("every_visit"))
    );
    for field in ["name", "subject", "rule"] {
        let refused = house.patch(&path, json!({ (field): null })).await;
        assert!(refused.fields().iter().all(|wrong| wrong == field), "{field}: {}", refused.text);
    }
    assert_eq!(house.patch(&path, json!({"name": "New"})).await.status, 200);
}

// behaviour R9
#[tokio::test]
async fn a_segment_of_another_workspace_is_not_there() {
    let house = House::new().await;
    let id = make(&house, "n", json!({"all": []})).await;
    let path = format!("{SEGMENTS}/{id}");
    let other = "bk_other_0123456789";
    house.add_workspace(other).await;
    for (method, body) in [(Method::GET, ""), (Method::PATCH, r#"{"name":"x"}"#), (Method::DELETE, "")] {
        let answer = house.call_as(other, method, &path, body).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (404, "not_found"));
    }
    let refers = json!({"name": "n", "rule": {"segment": id}}).to_string();
    assert_eq!(house.call_as(other, Method::POST, SEGMENTS, &refers).await.fields(), ["rule/segment"]);
    assert_eq!(house.get(&path).await.json()["name"], "n");
}
