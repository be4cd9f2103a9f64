//! Deliveries verified by independent Standard Webhooks libraries.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use beckon_testkit::receiver::Receiver;
use serde_json::{Value, json};

use crate::beckon::Beckon;

/// Where `make clients` puts what the tests use from PyPI and npm.
pub fn installed() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/clients");
    assert!(
        folder.join("installed").exists(),
        "the test clients are not installed: run `make clients` (make test does)"
    );
    folder
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/clients").join(name)
}

fn accepts(command: &mut Command, delivery: &Value) -> bool {
    let mut child = command.stdin(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the verifier starts");
    let mut stdin = child.stdin.take().expect("its standard input");
    stdin.write_all(delivery.to_string().as_bytes()).expect("the delivery is written");
    drop(stdin);
    child.wait().expect("the verifier ends").success()
}

// behaviour S3
#[tokio::test]
async fn python_javascript_and_rust_libraries_verify_a_delivery_and_refuse_a_forged_one() {
    let beckon = Beckon::start().await;
    let receiver = Receiver::start().await;
    let webhook = beckon.webhook(&receiver.url("/"), &["contact.visited"]).await;
    let id = webhook["id"].as_str().unwrap();
    let secret = beckon.api.get(&format!("/api/v1/webhooks/{id}/secret")).await.expect(200).json()["secret"].clone();
    beckon
        .api
        .post(&format!("/api/v1/webhooks/{id}/test"), json!({ "event_type": "contact.visited" }))
        .await
        .expect(200);
    let got = receiver.received(1).await.remove(0);

    let headers: Value = ["webhook-id", "webhook-timestamp", "webhook-signature"]
        .into_iter()
        .map(|name| (name.to_owned(), json!(got.header(name).unwrap())))
        .collect::<serde_json::Map<_, _>>()
        .into();
    let body = String::from_utf8(got.body.to_vec()).unwrap();
    let genuine = json!({ "secret": secret, "headers": headers, "body": body });
    let forged = json!({ "secret": secret, "headers": headers, "body": body.replace("Jane", "Jack") });
    assert_ne!(genuine, forged);

    let python = || {
        let mut command = Command::new(installed().join("python/bin/python"));
        command.arg(script("verify.py"));
        command
    };
    let node = || {
        let mut command = Command::new("node");
        command.arg(script("verify.mjs")).arg(installed());
        command
    };
    assert!(accepts(&mut python(), &genuine), "Python verifies");
    assert!(!accepts(&mut python(), &forged), "Python refuses a forgery");
    assert!(accepts(&mut node(), &genuine), "JavaScript verifies");
    assert!(!accepts(&mut node(), &forged), "JavaScript refuses a forgery");

    let rust = standardwebhooks::Webhook::new(secret.as_str().unwrap()).unwrap();
    assert!(rust.verify(body.as_bytes(), &got.headers).is_ok(), "Rust verifies");
    assert!(rust.verify(forged["body"].as_str().unwrap().as_bytes(), &got.headers).is_err());
}
