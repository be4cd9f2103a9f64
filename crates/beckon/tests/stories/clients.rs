//! Deliveries verified by independent Standard Webhooks libraries.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use beckon_testkit::receiver::{Received, Receiver};
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

/// A script that uses them.
pub fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/clients").join(name)
}

fn accepts(command: &mut Command, delivery: &Value) -> bool {
    let mut child = command.stdin(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the verifier starts");
    let mut stdin = child.stdin.take().expect("its standard input");
    stdin.write_all(delivery.to_string().as_bytes()).expect("the delivery is written");
    drop(stdin);
    child.wait().expect("the verifier ends").success()
}

fn python() -> Command {
    let mut command = Command::new(installed().join("python/bin/python"));
    command.arg(script("verify.py"));
    command
}

fn node() -> Command {
    let mut command = Command::new("node");
    command.arg(script("verify.mjs")).arg(installed());
    command
}

/// A webhook that gets `contact.visited`, and how it is signed.
async fn a_webhook(beckon: &Beckon, receiver: &Receiver, signing: &str) -> String {
    let form = json!({ "url": receiver.url("/"), "event_types": ["contact.visited"], "signing": signing });
    format!("/api/v1/webhooks/{}", beckon.webhook_with(form).await["id"].as_str().unwrap())
}

/// The next request that a test of the webhook makes.
async fn a_test(beckon: &Beckon, receiver: &Receiver, path: &str) -> Received {
    let before = receiver.count();
    let test = json!({ "event_type": "contact.visited" });
    beckon.api.post(&format!("{path}/test"), test).await.expect(200);
    receiver.received(before + 1).await.remove(before)
}

/// A request as the verifiers read it, with what they know: a `secret` or a `public_key`.
fn as_seen_by(knows: &str, key: &Value, got: &Received) -> Value {
    let headers: serde_json::Map<_, _> = ["webhook-id", "webhook-timestamp", "webhook-signature"]
        .into_iter()
        .map(|name| (name.to_owned(), json!(got.header(name).unwrap())))
        .collect();
    json!({ knows: key, "headers": headers, "body": String::from_utf8(got.body.to_vec()).unwrap() })
}

/// The same with a body that was changed on the way.
fn forged(delivery: &Value) -> Value {
    let mut forged = delivery.clone();
    forged["body"] = json!(delivery["body"].as_str().unwrap().replace("Jane", "Jack"));
    assert_ne!(forged, *delivery);
    forged
}

// behaviour S3
#[tokio::test]
async fn python_javascript_and_rust_libraries_verify_a_delivery_and_refuse_a_forged_one() {
    let beckon = Beckon::start().await;
    let receiver = Receiver::start().await;
    let path = a_webhook(&beckon, &receiver, "hmac_sha256").await;
    let secret = beckon.api.get(&format!("{path}/secret")).await.expect(200).json()["secret"].clone();
    let got = a_test(&beckon, &receiver, &path).await;
    let genuine = as_seen_by("secret", &secret, &got);
    let forged = forged(&genuine);

    assert!(accepts(&mut python(), &genuine), "Python verifies");
    assert!(!accepts(&mut python(), &forged), "Python refuses a forgery");
    assert!(accepts(&mut node(), &genuine), "JavaScript verifies");
    assert!(!accepts(&mut node(), &forged), "JavaScript refuses a forgery");

    let rust = standardwebhooks::Webhook::new(secret.as_str().unwrap()).unwrap();
    assert!(rust.verify(&got.body, &got.headers).is_ok(), "Rust verifies");
    assert!(rust.verify(forged["body"].as_str().unwrap().as_bytes(), &got.headers).is_err());
}

// behaviour S7
#[tokio::test]
async fn python_and_javascript_verify_an_ed25519_signature_with_the_public_key_alone() {
    let beckon = Beckon::start().await;
    let receiver = Receiver::start().await;
    let path = a_webhook(&beckon, &receiver, "ed25519").await;
    let shown = beckon.api.get(&format!("{path}/secret")).await.expect(200);
    assert!(!String::from_utf8_lossy(&shown.body).contains("whsk_"), "the private key is not shown");
    let public_key = shown.json()["public_key"].clone();
    let got = a_test(&beckon, &receiver, &path).await;
    assert!(got.header("webhook-signature").unwrap().starts_with("v1a,"));
    let genuine = as_seen_by("public_key", &public_key, &got);
    let forged = forged(&genuine);

    let another = a_webhook(&beckon, &receiver, "ed25519").await;
    let another = beckon.api.get(&format!("{another}/secret")).await.expect(200).json()["public_key"].clone();
    let of_another = as_seen_by("public_key", &another, &got);
    for (name, verifier) in [("Python", python as fn() -> Command), ("JavaScript", node)] {
        assert!(accepts(&mut verifier(), &genuine), "{name} verifies");
        assert!(!accepts(&mut verifier(), &forged), "{name} refuses a forgery");
        assert!(!accepts(&mut verifier(), &of_another), "{name} refuses another key");
    }
}

// behaviour S8
#[tokio::test]
async fn python_and_javascript_verify_with_old_and_new_secret_until_the_grace_ends() {
    let beckon = Beckon::start().await;
    let receiver = Receiver::start().await;
    let path = a_webhook(&beckon, &receiver, "hmac_sha256").await;
    let old = beckon.api.get(&format!("{path}/secret")).await.expect(200).json()["secret"].clone();
    let rotate = format!("{path}/secret/rotate");
    let new = beckon.api.post(&rotate, json!({})).await.expect(200).json()["secret"].clone();
    assert_ne!(old, new);
    let during = a_test(&beckon, &receiver, &path).await;
    let newest = beckon.api.post(&rotate, json!({ "grace_seconds": 0 })).await.expect(200).json()["secret"].clone();
    let after = a_test(&beckon, &receiver, &path).await;

    for (name, verifier) in [("Python", python as fn() -> Command), ("JavaScript", node)] {
        for (secret, got, holds, which) in [
            (&old, &during, true, "the old one during the grace"),
            (&new, &during, true, "the new one during the grace"),
            (&newest, &after, true, "the newest one"),
            (&old, &after, false, "the old one after the grace"),
            (&new, &after, false, "one that was replaced without a grace"),
        ] {
            let delivery = as_seen_by("secret", secret, got);
            assert_eq!(accepts(&mut verifier(), &delivery), holds, "{name}: {which}");
        }
    }
}
