//! Behaviours W: the tracking API as clients use it.

use hyper::Method;
use serde_json::json;

use crate::beckon::{Beckon, WRITE_KEY};

#[tokio::test]
async fn the_write_key_is_found_wherever_clients_put_it() {
    let beckon = Beckon::start().await;
    let nobody = beckon.tracking.without("authorization");
    let page = json!({ "type": "page", "anonymousId": "a", "properties": { "path": "/" } });
    beckon.tracking.post("/v1/page", page.clone()).await.expect(200);
    nobody.post(&format!("/v1/p?writeKey={WRITE_KEY}"), page.clone()).await.expect(200);
    nobody.with("x-write-key", WRITE_KEY).post("/v1/page", page.clone()).await.expect(200);
    nobody.post("/v1/batch", json!({ "writeKey": WRITE_KEY, "batch": [page] })).await.expect(200);
    let text = json!({ "writeKey": WRITE_KEY, "anonymousId": "a", "event": "Signed up" }).to_string();
    nobody.with("content-type", "text/plain").send(Method::POST, "/v1/track", text).await.expect(200);

    nobody.post("/v1/page", json!({ "anonymousId": "a" })).await.expect(401);
    nobody.with("x-write-key", "wk_nobody").post("/v1/page", json!({ "anonymousId": "a" })).await.expect(401);
    assert_eq!(beckon.api.list("/api/v1/signals", 250).await.len(), 5);
}

#[tokio::test]
async fn one_bad_item_does_not_fail_its_batch() {
    let beckon = Beckon::start().await;
    let batch = json!({ "batch": [
        { "type": "page", "anonymousId": "a", "properties": { "path": "/" } },
        { "type": "page", "messageId": "m-2" },
        { "type": "dance", "anonymousId": "a" },
        "not even an object",
        { "type": "identify", "anonymousId": "a", "traits": { "email": "jane@acme.test" } },
    ] });
    let answer = beckon.tracking.post("/v1/batch", batch).await.expect(200).json();
    assert_eq!(answer["accepted"], 2, "{answer}");
    let rejected: Vec<_> =
        answer["rejected"].as_array().unwrap().iter().map(|r| r["index"].as_u64().unwrap()).collect();
    assert_eq!(rejected, [1, 2, 3]);
    assert_eq!(answer["rejected"][0]["messageId"], "m-2");
    beckon.tracking.send(Method::POST, "/v1/batch", "{not json").await.expect(400);
}

// behaviour W6
#[tokio::test]
async fn the_write_key_reads_nothing() {
    let beckon = Beckon::start().await;
    let with_it = beckon.api.with("authorization", &format!("Bearer {WRITE_KEY}"));
    for path in ["/api/v1/webhooks", "/api/v1/contacts", "/api/v1/events", "/api/v1/signals"] {
        with_it.get(path).await.expect(401);
    }
}

#[tokio::test]
async fn people_come_by_csv_and_every_bad_line_is_reported() {
    let beckon = Beckon::start().await;
    let csv = "\u{feff}Email,First Name,title,traits.plan\r\n\
               jane@acme.test,Jane,\"VP, Sales\",pro\r\n\
               not-an-address,Joe,,\r\n\
               ,Nobody,,\r\n\
               joe@acme.test,Joe,CTO,\r\n";
    let api = beckon.api.with("content-type", "text/csv");
    let report = api.send(Method::POST, "/api/v1/contacts/import", csv).await.expect(200).json();
    assert_eq!(report["created"], 2, "{report}");
    assert_eq!(report["failed"], 2);
    let lines: Vec<_> = report["errors"].as_array().unwrap().iter().map(|e| e["line"].as_u64().unwrap()).collect();
    assert_eq!(lines, [3, 4]);
    let again = api.send(Method::POST, "/api/v1/contacts/import", csv).await.expect(200).json();
    assert_eq!(again["created"], 0, "an import can be repeated");
    assert_eq!(again["updated"], 2);
    let jane = &beckon.api.list("/api/v1/contacts?email=JANE@acme.test", 250).await[0];
    assert_eq!(jane["title"], "VP, Sales");
    assert_eq!(jane["traits"], json!({ "plan": "pro" }));
}
