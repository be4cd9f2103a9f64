//! Making, listing and revoking keys.

use http::Method;
use serde_json::json;

use crate::house::{House, KEY};

// behaviour A9 (in part)
#[tokio::test]
async fn an_api_key_is_shown_once() {
    let house = House::new().await;
    let made = house.post("/api/v1/api-keys", json!({"name": " ci "})).await;
    let key = made.json()["key"].as_str().unwrap().to_owned();
    assert_eq!((made.status.as_u16(), &made.headers["cache-control"]), (201, &"no-store".parse().unwrap()));
    let listed = house.get("/api/v1/api-keys").await;
    assert!(!listed.text.contains(&key));
    let entry = listed.json()["data"][0].clone();
    assert_eq!((&entry["id"], &entry["name"], &entry["revoked_at"]), (&json!(made.id()), &json!("ci"), &json!(null)));
    assert!(key.starts_with(entry["hint"].as_str().unwrap()));
    assert_eq!(house.post("/api/v1/api-keys", json!({"name": ""})).await.fields(), ["name"]);
}

#[tokio::test]
async fn a_key_can_revoke_others_and_not_itself() {
    let house = House::new().await;
    let own = house.get("/api/v1/api-keys").await.json()["data"][0]["id"].as_str().unwrap().to_owned();
    let refused = house.delete(&format!("/api/v1/api-keys/{own}")).await;
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (409, "conflict"));
    let second =
        house.post("/api/v1/api-keys", json!({"name": "second"})).await.json()["key"].as_str().unwrap().to_owned();
    assert_eq!(house.call_as(&second, Method::DELETE, &format!("/api/v1/api-keys/{own}"), "").await.status, 204);
    assert_eq!(house.call_as(KEY, Method::GET, "/api/v1/api-keys", "").await.code(), "unauthorized_revoked");
}

// behaviour A4
#[tokio::test]
async fn keys_are_listed_a_page_at_a_time() {
    let house = House::new().await;
    for name in ["a", "b", "c"] {
        house.post("/api/v1/api-keys", json!({ "name": name })).await;
        house.post("/api/v1/write-keys", json!({ "name": name })).await;
    }
    // The house has an API key of its own, the oldest.
    for (list, pages) in [("api-keys", ["c b", "a "]), ("write-keys", ["c b", "a"])] {
        let first = house.get(&format!("/api/v1/{list}?limit=2")).await.json();
        let cursor = first["next_cursor"].as_str().unwrap();
        let second = house.get(&format!("/api/v1/{list}?limit=2&cursor={cursor}")).await.json();
        assert_eq!(second["next_cursor"], json!(null));
        for (page, expected) in [first.clone(), second].iter().zip(pages) {
            let names: Vec<_> =
                page["data"].as_array().unwrap().iter().map(|key| key["name"].as_str().unwrap()).collect();
            assert!(names.join(" ").starts_with(expected), "{list}: {names:?}");
        }
        assert_eq!(house.get(&format!("/api/v1/{list}?limit=251&cursor=x")).await.fields(), ["limit"]);
    }
}

// behaviour R9
#[tokio::test]
async fn a_key_of_another_workspace_is_not_there() {
    let house = House::new().await;
    let other = "bk_other_0123456789";
    house.add_workspace(other).await;
    let write_key = house.post("/api/v1/write-keys", json!({"name": "site"})).await.id();
    let api_key = house.post("/api/v1/api-keys", json!({"name": "ci"})).await.id();
    for path in [format!("/api/v1/write-keys/{write_key}"), format!("/api/v1/api-keys/{api_key}")] {
        assert_eq!(house.call_as(other, Method::DELETE, &path, "").await.code(), "not_found");
    }
    assert_eq!(house.call_as(other, Method::GET, "/api/v1/write-keys", "").await.json()["data"], json!([]));
}
