//! What can be set about a webhook beside where it goes: pace, order, authentication, certificates.

#![expect(clippy::unwrap_used, reason = "a panic here is a failed test")]

use beckon_domain::webhook::{Auth, Webhook};
use beckon_server::Options;
use beckon_store::WebhookStore;
use serde_json::{Value, json};

use crate::house::House;

/// A certificate that signed itself, and its key, as PEM.
fn a_certificate() -> (String, String) {
    let made = rcgen::generate_simple_self_signed(vec!["receiver.example".to_owned()]).unwrap();
    (made.cert.pem(), made.signing_key.serialize_pem())
}

fn with(field: &str, value: impl Into<Value>) -> Value {
    let mut form = json!({"url": "https://a.example/", "event_types": ["contact.visited"]});
    form[field] = value.into();
    form
}

async fn stored(house: &House, id: &str) -> Webhook {
    house.store.get_webhook(house.workspace, id.parse().unwrap()).await.unwrap()
}

// behaviour A3
#[tokio::test]
async fn absent_keeps_null_clears_and_a_value_sets_how_a_webhook_is_sent_to() {
    let house = House::new().await;
    let (certificate, key) = a_certificate();
    let form = json!({
        "url": "https://a.example/", "event_types": ["contact.visited"],
        "rate_limit": {"requests": 5.0, "per": "minute"}, "fifo": true,
        "auth": {"kind": "bearer", "token": "s3cret"},
        "ca_certificates": certificate, "client_certificate": {"certificates": certificate, "key": key},
    });
    let made = house.post("/api/v1/webhooks", form).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let shown = made.json();
    assert_eq!(shown["rate_limit"], json!({"requests": 5, "per": "minute"}));
    assert_eq!((&shown["fifo"], &shown["signing"]), (&json!(true), &json!("hmac_sha256")));
    assert_eq!(shown["auth"], json!({"kind": "bearer", "token": "***"}));
    assert_eq!(shown["ca_certificates"], certificate);
    assert_eq!(shown["client_certificate"], json!({"certificates": certificate, "key": "***"}));
    let path = format!("/api/v1/webhooks/{}", made.id());
    assert_eq!(house.patch(&path, json!({})).await.json(), shown, "absent keeps");
    let per_second = house.patch(&path, json!({"rate_limit": 7})).await.json();
    assert_eq!(per_second["rate_limit"], json!({"requests": 7, "per": "second"}));

    let oauth2 = json!({"kind": "oauth2", "token_url": "https://auth.example/token", "client_id": "beckon",
                        "client_secret": "s3cret", "scope": null, "client_auth": "basic"});
    let values = json!({"rate_limit": {"requests": 100, "per": "second"}, "fifo": false, "auth": oauth2});
    let mut expected = values.clone();
    expected["auth"]["client_secret"] = json!("***");
    let set = house.patch(&path, values).await.json();
    for (field, value) in expected.as_object().unwrap() {
        assert_eq!(set[field], *value, "a value sets {field}");
    }
    let nulls =
        json!({"rate_limit": null, "fifo": null, "auth": null, "ca_certificates": null, "client_certificate": null});
    let cleared = house.patch(&path, nulls).await.json();
    for field in ["rate_limit", "auth", "ca_certificates", "client_certificate"] {
        assert_eq!(cleared[field], Value::Null, "null clears {field}");
    }
    assert_eq!(cleared["fifo"], false);
}

// behaviour A6
#[tokio::test]
async fn everything_wrong_with_how_a_webhook_is_sent_to_is_named_at_once() {
    let house = House::new().await;
    let (certificate, _) = a_certificate();
    let (_, key_of_another) = a_certificate();
    let form = json!({
        "url": "https://jane:pw@a.example/", "event_types": ["contact.visited"],
        "rate_limit": {"requests": 0, "per": "second"},
        "auth": {"kind": "basic", "username": "a:b", "password": "***"},
        "ca_certificates": "not a certificate",
        "client_certificate": {"certificates": certificate, "key": key_of_another},
        "signing": "ed25519", "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    });
    let answer = house.post("/api/v1/webhooks", form).await;
    assert_eq!(answer.status, 422, "{}", answer.text);
    let expected = [
        "auth",
        "auth/password",
        "auth/username",
        "ca_certificates",
        "client_certificate/key",
        "rate_limit/requests",
        "signing",
    ];
    assert_eq!(answer.fields(), expected);
    for (value, fields) in [
        (json!({"kind": "bearer"}), vec!["auth/token"]),
        (json!({"kind": "digest", "token": "a"}), vec!["auth/kind"]),
        (json!({"kind": "basic", "token": "a"}), vec!["auth/password", "auth/token", "auth/username"]),
        (json!({"kind": "bearer", "token": "a b"}), vec!["auth/token"]),
        (json!("Bearer abc"), vec!["auth"]),
    ] {
        assert_eq!(house.post("/api/v1/webhooks", with("auth", value.clone())).await.fields(), fields, "{value}");
    }
    for (value, fields) in [
        (json!(0), ["rate_limit/requests"]),
        (json!("fast"), ["rate_limit"]),
        (json!({"requests": 1}), ["rate_limit/per"]),
        (json!({"requests": 100_001, "per": "second"}), ["rate_limit/requests"]),
        (json!({"requests": 1.5, "per": "second"}), ["rate_limit/requests"]),
        (json!({"requests": 1, "per": "hour"}), ["rate_limit/per"]),
        (json!([1, "second"]), ["rate_limit"]),
    ] {
        assert_eq!(house.post("/api/v1/webhooks", with("rate_limit", value.clone())).await.fields(), fields, "{value}");
    }
    let no_key = json!({"client_certificate": {"certificates": certificate, "key": "***"}});
    let answer = house.post("/api/v1/webhooks", with("client_certificate", no_key["client_certificate"].clone())).await;
    assert_eq!(answer.fields(), ["client_certificate/key"]);
}

// behaviour S10 (in part)
#[tokio::test]
async fn credentials_are_shown_masked_and_kept_when_sent_back_masked() {
    let house = House::new().await;
    let (certificate, key) = a_certificate();
    let form = json!({
        "url": "https://a.example/", "event_types": ["contact.visited"],
        "auth": {"kind": "basic", "username": "jane", "password": "hunter2"},
        "client_certificate": {"certificates": certificate, "key": key},
    });
    let made = house.post("/api/v1/webhooks", form).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let path = format!("/api/v1/webhooks/{}", made.id());
    for answer in [&made, &house.get(&path).await, &house.get("/api/v1/webhooks").await] {
        assert!(!answer.text.contains("hunter2") && !answer.text.contains("PRIVATE KEY"), "{}", answer.text);
    }
    let mut back = json!({"auth": made.json()["auth"], "client_certificate": made.json()["client_certificate"]});
    back["auth"]["username"] = json!("john");
    assert_eq!(house.patch(&path, &back).await.status, 200);
    let webhook = stored(&house, &made.id()).await;
    let Some(Auth::Basic { username, password }) = &webhook.auth else { panic!("it has Basic authentication") };
    assert_eq!((username.as_str(), password.expose()), ("john", "hunter2"));
    assert_eq!(webhook.client_identity.unwrap().key.expose(), key);

    let other_kind = house.patch(&path, json!({"auth": {"kind": "bearer", "token": "***"}})).await;
    assert_eq!(other_kind.fields(), ["auth/token"], "there is no token to keep");
}

// behaviour S10 (in part)
#[tokio::test]
async fn no_secret_follows_a_webhook_to_another_host() {
    let house = House::new().await;
    let form = json!({
        "url": "https://a.example/in", "event_types": ["contact.visited"], "headers": {"X-Token": "s3cret", "X-Team": "sales"},
        "auth": {"kind": "bearer", "token": "t0ken"},
    });
    let id = house.post("/api/v1/webhooks", form).await.id();
    let path = format!("/api/v1/webhooks/{id}");
    let (headers, auth) = (json!({"X-Token": "***"}), json!({"kind": "bearer", "token": "***"}));
    for url in ["https://evil.example/in", "https://a.example:8443/in", "http://a.example/in"] {
        for (body, wrong) in [
            (json!({"url": url}), ["auth", "headers/X-Token"]),
            (json!({"url": url, "headers": headers, "auth": auth}), ["auth/token", "headers/X-Token"]),
        ] {
            assert_eq!(house.patch(&path, body).await.fields(), wrong, "{url}");
        }
    }
    assert_eq!(house.patch(&path, json!({"url": "https://a.example/other"})).await.status, 200, "of the same host");
    let given_anew = json!({"url": "https://b.example/", "headers": {"X-Token": "n3w"}, "auth": null});
    assert_eq!(house.patch(&path, given_anew).await.status, 200);
    let webhook = stored(&house, &id).await;
    assert_eq!((webhook.headers["X-Token"].as_str(), webhook.auth), ("n3w", None));
}

// behaviour S13
#[tokio::test]
async fn tokens_are_not_fetched_over_http_where_only_https_is_allowed() {
    let house = House::with(Options { https_only: true, ..Options::default() }).await;
    let auth = json!({"kind": "oauth2", "token_url": "http://auth.example/", "client_id": "a", "client_secret": "b"});
    assert_eq!(house.post("/api/v1/webhooks", with("auth", auth)).await.fields(), ["auth/token_url"]);
}

#[tokio::test]
async fn a_header_and_auth_do_not_both_set_authorization() {
    let house = House::new().await;
    let mut form = with("auth", json!({"kind": "bearer", "token": "abc"}));
    form["headers"] = json!({"authorization": "Bearer def"});
    assert_eq!(house.post("/api/v1/webhooks", form).await.fields(), ["headers/authorization"]);
}

#[tokio::test]
async fn a_webhook_shows_how_its_receiver_has_been_doing_while_it_is_enabled() {
    let house = House::new().await;
    let made = house.post("/api/v1/webhooks", with("enabled", true)).await.json();
    let untouched = json!({"state": "healthy", "failing_since": null, "last_failure_at": null, "paused_until": null});
    assert_eq!(made["health"], untouched);
    let path = format!("/api/v1/webhooks/{}", made["id"].as_str().unwrap());
    assert_eq!(house.patch(&path, json!({"enabled": false})).await.json()["health"], Value::Null);
}
