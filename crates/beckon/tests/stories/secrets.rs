//! Behaviours S10 and its like: what is secret stays so on disk, and what opens it is looked after.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Output;

use beckon_testkit::receiver::{Receiver, Reply};
use serde_json::json;

use crate::beckon::{Beckon, binary};

/// What a webhook's owner may give us that nobody else is to read.
const URL_TOKEN: &str = "canary-token-in-the-url-3f9a";
const HEADER: &str = "canary-header-value-77c1";
const PASSWORD: &str = "canary-password-b02e";
const SIGNING_SECRET: &str = "whsec_Y2FuYXJ5LXNpZ25pbmctc2VjcmV0LTA0ZDE=";
const ANSWER: &str = "canary-what-the-receiver-answered-51d0";
/// What anybody may read who reads the disk. If this is not found, the search is broken.
const DESCRIPTION: &str = "canary-of-the-description-e4b8";

/// Every file under `folder`, with its bytes.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| {
            if path.is_dir() { files(&path) } else { vec![(path.display().to_string(), fs::read(&path).unwrap())] }
        })
        .collect()
}

fn files_with(folder: &Path, canary: &str) -> Vec<String> {
    let holds = |bytes: &[u8]| bytes.windows(canary.len()).any(|window| window == canary.as_bytes());
    files(folder).into_iter().filter(|(_, bytes)| holds(bytes)).map(|(name, _)| name).collect()
}

// behaviour S10
#[tokio::test]
async fn no_secret_of_a_webhook_can_be_read_in_the_data_directory() {
    let mut beckon = Beckon::start().await;
    let receiver = Receiver::start().await;
    receiver.reply_with(|_| Reply::status(200).with_body(ANSWER));
    let identity = rcgen::generate_simple_self_signed(["client.test".to_owned()]).unwrap();
    let key = identity.signing_key.serialize_pem();
    let webhook = beckon
        .webhook_with(json!({
            "url": receiver.url(&format!("/hook?token={URL_TOKEN}")),
            "description": DESCRIPTION,
            "event_types": ["contact.visited"],
            "headers": { "X-Api-Key": HEADER },
            "auth": { "kind": "basic", "username": "beckon", "password": PASSWORD },
            "client_certificate": { "certificates": identity.cert.pem(), "key": key },
            "secret": SIGNING_SECRET,
        }))
        .await;
    let path = format!("/api/v1/webhooks/{}", webhook["id"].as_str().unwrap());
    let rotated = beckon.api.post(&format!("{path}/secret/rotate"), json!({})).await.expect(200).json();
    let test = json!({ "event_type": "contact.visited" });
    let attempt = beckon.api.post(&format!("{path}/test"), test).await.expect(200).json();
    assert_eq!(attempt["response_body"], ANSWER, "the owner sees what was answered");

    let got = receiver.received(1).await.remove(0);
    assert!(got.path.contains(URL_TOKEN), "and the receiver gets all of it");
    assert_eq!(got.header("x-api-key"), Some(HEADER));
    assert!(got.header("authorization").unwrap().starts_with("Basic "));

    let key_line = key.lines().nth(1).unwrap();
    let new_secret = rotated["secret"].as_str().unwrap();
    let bare = |secret: &'static str| secret.strip_prefix("whsec_").unwrap();
    let canaries = [URL_TOKEN, HEADER, PASSWORD, bare(SIGNING_SECRET), ANSWER, key_line, &new_secret["whsec_".len()..]];
    let search = |when: &str| {
        for canary in canaries {
            assert_eq!(files_with(beckon.data(), canary), [""; 0], "{canary} lies open {when}");
        }
        assert_ne!(files_with(beckon.data(), DESCRIPTION), [""; 0], "the search finds what lies open");
    };
    search("while it runs");
    beckon.terminate().await;
    let search = |when: &str| {
        for canary in canaries {
            assert_eq!(files_with(beckon.data(), canary), [""; 0], "{canary} lies open {when}");
        }
    };
    search("after its end");

    let shown = {
        beckon.start_again().await;
        let webhook = String::from_utf8(beckon.api.get(&path).await.expect(200).body.to_vec()).unwrap();
        let attempts = beckon.api.get(&format!("{path}/attempts")).await.expect(200);
        webhook + &*String::from_utf8_lossy(&attempts.body)
    };
    for canary in [HEADER, PASSWORD, key_line, bare(SIGNING_SECRET)] {
        assert!(!shown.contains(canary), "{canary} can be read back: {shown}");
    }
    let secret = beckon.api.get(&format!("{path}/secret")).await.expect(200).json();
    assert_eq!(secret["secret"], new_secret, "what may be shown again is as it was");
}

/// Runs `serve` on `data` until it gives up, which it must.
fn refused(data: &Path, settings: &[(&str, &str)]) -> String {
    let mut command = binary();
    command.args(["serve", "--listen", "127.0.0.1:0", "--data-dir"]).arg(data).current_dir(data);
    for (name, value) in settings {
        command.env(name, value);
    }
    let Output { status, stderr, .. } = command.output().expect("beckon runs");
    let said = String::from_utf8_lossy(&stderr).into_owned();
    assert_eq!(status.code(), Some(1), "{said}");
    said
}

#[tokio::test]
async fn the_encryption_key_is_its_owners_and_no_other_and_none_opens_the_data() {
    let mut beckon = Beckon::start().await;
    let receiver = Receiver::start().await;
    beckon.event_type("invoice.paid").await;
    beckon.webhook(&receiver.url("/"), &["invoice.paid"]).await;
    let key = beckon.data().join("beckon.key");
    assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    beckon.terminate().await;

    let other = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    let said = refused(beckon.data(), &[("BECKON_ENCRYPTION_KEY", other)]);
    assert!(said.contains("another encryption key") && !said.contains(other), "{said}");

    let kept = fs::read_to_string(&key).unwrap();
    fs::remove_file(&key).unwrap();
    let said = refused(beckon.data(), &[]);
    assert!(said.contains("the key is missing") && said.contains("BECKON_ENCRYPTION_KEY"), "{said}");
    assert!(!key.exists(), "no new key is made");

    // The key alone is enough, wherever it comes from.
    fs::write(&key, kept).unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    beckon.start_again().await;
    assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600, "it is closed to others");
    beckon.publish("invoice.paid", json!({})).await;
    receiver.received(1).await;
}
