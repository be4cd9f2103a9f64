//! What a webhook's requests are signed with, over HTTP.

#![expect(clippy::unwrap_used, reason = "a panic here is a failed test")]

use beckon_domain::signing::LIVE_KEYS_MAX;
use beckon_server::Options;
use beckon_testkit::{FakeClock, Receiver, ambient::ambient_with};
use http::Method;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::house::{Answer, House};

/// 32 bytes, which is all that a private key has to be.
const A_PRIVATE_KEY: &str = "whsk_BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=";
/// Its public half, as another implementation of RFC 8032 makes it.
const ITS_PUBLIC_KEY: &str = "whpk_6kpsY+KcUgq+9VB7Ey7F+ZVHdq6+vnuSQh7qaRRG0iw=";

async fn a_webhook(house: &House, more: Value) -> Answer {
    let mut form = json!({"url": "https://a.example/", "event_types": ["contact.visited"]});
    form.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    house.post("/api/v1/webhooks", form).await
}

// behaviour S7
#[tokio::test]
async fn a_private_key_is_in_no_answer() {
    let house = House::new().await;
    let made = a_webhook(&house, json!({"secret": A_PRIVATE_KEY})).await;
    assert_eq!(made.json()["signing"], "ed25519");
    let path = format!("/api/v1/webhooks/{}", made.id());
    let shown = house.get(&format!("{path}/secret")).await;
    assert_eq!(shown.json()["public_key"], ITS_PUBLIC_KEY);
    assert_eq!(shown.json()["scheme"], "ed25519");
    assert_eq!(shown.json().get("secret"), None);
    let rotate = format!("{path}/secret/rotate");
    let rotated = house.post(&rotate, json!({})).await;
    assert_eq!(rotated.json()["scheme"], "ed25519", "it stays as it was");
    assert_ne!(rotated.json()["public_key"], ITS_PUBLIC_KEY);
    assert_eq!(rotated.json()["also_valid"][0]["public_key"], ITS_PUBLIC_KEY);
    let given = house.post(&rotate, json!({"secret": A_PRIVATE_KEY})).await;
    assert_eq!(given.json()["public_key"], ITS_PUBLIC_KEY);
    let wrong = house.post(&rotate, json!({"secret": A_PRIVATE_KEY, "signing": "hmac_sha256"})).await;
    assert_eq!(wrong.fields(), ["signing"]);
    let changed = house.patch(&path, json!({"description": "d"})).await;
    for answer in [made, shown, rotated, given, wrong, changed, house.get("/api/v1/webhooks").await] {
        assert!(!answer.text.contains("whsk_") && !answer.text.contains("BwcHBwcH"), "{}", answer.text);
    }
}

// behaviour S9
#[tokio::test]
async fn a_key_that_cannot_be_one_is_refused_by_field() {
    let house = House::new().await;
    for (more, field) in [
        (json!({"secret": "whsk_BwcH"}), "secret"),
        (json!({"secret": "whsec_BwcH"}), "secret"),
        (json!({"secret": "odd", "signing": "ed25519"}), "secret"),
        (json!({"secret": A_PRIVATE_KEY, "signing": "hmac_sha256"}), "signing"),
        (json!({"signing": "rsa"}), "signing"),
    ] {
        let refused = a_webhook(&house, more.clone()).await;
        assert_eq!((refused.status.as_u16(), refused.fields()), (422, vec![field.to_owned()]), "{more}");
        assert!(!refused.text.contains("BwcH"), "{}", refused.text);
    }
    let path = format!("/api/v1/webhooks/{}", a_webhook(&house, json!({})).await.id());
    assert_eq!(house.patch(&path, json!({"signing": "ed25519"})).await.fields(), ["signing"], "it is rotated instead");
    let wrong = json!({"secret": "odd", "grace_seconds": -1, "colour": "red"});
    let rotate = format!("{path}/secret/rotate");
    assert_eq!(house.post(&rotate, wrong).await.fields(), ["colour", "grace_seconds"]);
    assert_eq!(house.post(&rotate, json!({"secret": "odd"})).await.fields(), ["secret"]);
}

// behaviour S8
#[tokio::test]
async fn old_and_new_sign_until_the_grace_ends_and_then_only_the_new() {
    let clock = std::sync::Arc::new(FakeClock::default());
    let house = House::over(Options::default(), ambient_with(clock.clone())).await;
    let receiver = Receiver::start().await;
    let path = format!("/api/v1/webhooks/{}", a_webhook(&house, json!({"url": receiver.url("/")})).await.id());
    let first = house.get(&format!("{path}/secret")).await.json();
    let rotated = house.post(&format!("{path}/secret/rotate"), json!({"grace_seconds": 60})).await;
    assert_eq!((rotated.status.as_u16(), &rotated.headers["cache-control"]), (200, &"no-store".parse().unwrap()));
    let second = rotated.json();
    assert_ne!(first["secret"], second["secret"]);
    assert_eq!(second["also_valid"].as_array().unwrap().len(), 1);
    assert_eq!(second["also_valid"][0].get("secret"), None, "old secrets are not repeated");
    let signatures = async |count: usize| {
        house.post(&format!("{path}/test"), json!({"event_type": "contact.visited"})).await;
        let got = receiver.received(count).await.remove(count - 1);
        got.header("webhook-signature").unwrap().split(' ').count()
    };
    assert_eq!(signatures(1).await, 2);
    clock.advance(SignedDuration::from_secs(60));
    assert_eq!(signatures(2).await, 1);
    assert_eq!(house.get(&format!("{path}/secret")).await.json()["also_valid"], json!([]));
}

// behaviour S8 (in part)
#[tokio::test]
async fn what_signs_beside_the_newest_is_bounded_and_ends_at_once_if_so_asked() {
    let house = House::new().await;
    let path = format!("/api/v1/webhooks/{}/secret", a_webhook(&house, json!({})).await.id());
    let rotate = format!("{path}/rotate");
    for live in 2..=LIVE_KEYS_MAX {
        assert_eq!(house.post(&rotate, json!({})).await.json()["also_valid"].as_array().unwrap().len(), live - 1);
    }
    let newest = house.get(&path).await.json();
    let refused = house.post(&rotate, json!({})).await;
    assert_eq!((refused.status.as_u16(), refused.fields()), (422, vec!["grace_seconds".to_owned()]));
    assert_eq!(house.get(&path).await.json(), newest, "nothing changed");
    assert_eq!(house.post(&rotate, json!({"grace_seconds": 0})).await.json()["also_valid"], json!([]));
    assert_eq!(house.post(&rotate, json!({"grace_seconds": 604_801})).await.fields(), ["grace_seconds"]);
}

#[tokio::test]
async fn a_secret_that_is_given_again_signs_once() {
    let house = House::new().await;
    let path = format!("/api/v1/webhooks/{}/secret", a_webhook(&house, json!({})).await.id());
    let given = json!({"secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"});
    for _ in 0..2 {
        let rotated = house.post(&format!("{path}/rotate"), &given).await.json();
        assert_eq!(rotated["secret"], given["secret"]);
        assert_eq!(rotated["also_valid"].as_array().unwrap().len(), 1, "{rotated}");
    }
}

// behaviour A1 (in part)
#[tokio::test]
async fn an_answer_with_a_secret_is_not_kept_for_an_idempotency_key() {
    let house = House::new().await;
    let path = format!("/api/v1/webhooks/{}/secret/rotate", a_webhook(&house, json!({})).await.id());
    let rotated = async || house.call_with(Method::POST, &path, "{}", &[("idempotency-key", "r-1")]).await;
    let (first, second) = (rotated().await, rotated().await);
    assert_eq!(first.status, 200, "{}", first.text);
    assert!(!second.headers.contains_key("idempotent-replayed"));
    assert_ne!(first.json()["secret"], second.json()["secret"]);
}

#[tokio::test]
async fn rotations_and_changes_at_the_same_time_do_not_undo_one_another() {
    let house = House::new().await;
    let path = format!("/api/v1/webhooks/{}", a_webhook(&house, json!({})).await.id());
    let rotate = format!("{path}/secret/rotate");
    let (a, b, c) = tokio::join!(
        house.post(&rotate, json!({})),
        house.patch(&path, json!({"description": "new"})),
        house.post(&rotate, json!({})),
    );
    assert_eq!((a.status.as_u16(), b.status.as_u16(), c.status.as_u16()), (200, 200, 200));
    assert_eq!(house.get(&path).await.json()["description"], "new");
    let shown = house.get(&format!("{path}/secret")).await.json();
    assert_eq!(shown["also_valid"].as_array().unwrap().len(), 2);
    assert!([&a, &c].iter().any(|answer| answer.json()["secret"] == shown["secret"]));
}
