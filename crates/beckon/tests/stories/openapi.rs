//! The OpenAPI document against the running server, checked by a schema-driven tester.

use std::process::Command;

use serde_json::json;

use crate::beckon::{API_KEY, Beckon};
use crate::clients::installed;

// behaviour A7
#[tokio::test]
async fn every_answer_matches_the_openapi_document() {
    let beckon = Beckon::start().await;
    // Something of everything, so that the tester finds ids that exist.
    beckon.event_type("invoice.paid").await;
    beckon.segment("Everyone", json!({ "all": [] })).await;
    beckon.webhook("http://127.0.0.1:9/", &["contact.visited", "invoice.paid"]).await;
    let whole = json!({
        "url": "http://127.0.0.1:9/", "event_types": ["invoice.paid"], "signing": "ed25519", "fifo": true,
        "rate_limit": { "requests": 100, "per": "second" }, "retry_schedule": [],
        "auth": { "kind": "basic", "username": "jane", "password": "s3cret" },
    });
    let whole = beckon.webhook_with(whole).await;
    beckon.contact(json!({ "email": "jane@acme.test" })).await;
    beckon.publish("invoice.paid", json!({})).await;
    let recover = format!("/api/v1/webhooks/{}/recover", whole["id"].as_str().expect("an id"));
    beckon.api.post(&recover, json!({ "since": "2024-01-01T00:00:00Z" })).await.expect(202);

    let folder = tempfile::tempdir().expect("a folder for what the tester writes");
    let output = Command::new(installed().join("python/bin/schemathesis"))
        .args(["run", &format!("{}/api/v1/openapi.json", beckon.base())])
        .args(["--header", &format!("Authorization: Bearer {API_KEY}")])
        .args([
            "--checks",
            "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance",
        ])
        .args(["--phases", "examples,coverage,fuzzing"])
        // One worker: before 3.12, Python's parser counts its depth over all threads, and fails when two parse at once.
        .args(["--max-examples", "25", "--seed", "1", "--workers", "1", "--no-color", "--suppress-health-check", "all"])
        // Revoking the key the tester works with would end the test.
        .args(["--exclude-path-regex", "/(api-keys|write-keys)/"])
        .current_dir(folder.path())
        .output()
        .expect("schemathesis runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
}
