//! What a webhook's requests are signed with: showing it, and replacing it.
//!
//! Promise: no answer of Beckon's has a private key in it; one that has a secret in it is kept by nobody.
//! Not here: for how long the old ones go on signing (`beckon_domain::signing`), and signing (`beckon-delivery`).

use axum::extract::State;
use beckon_domain::ambient::Ambient;
use beckon_domain::id::WebhookId;
use beckon_domain::invalid::{Findings, Invalid};
use beckon_domain::signing::{self, GRACE_DEFAULT, KeyMaterial, PrivateKey, SigningKey, SigningScheme};
use beckon_domain::webhook::Webhook;
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{change, find};
use crate::app::App;
use crate::auth::Caller;
use crate::docs;
use crate::extract::{ById, Json, Path, Whole};
use crate::problem::Problem;
use crate::reply::NotKept;

/// What a webhook's requests are signed with.
#[derive(Serialize, JsonSchema)]
pub(crate) struct WebhookSecret {
    /// How they are signed.
    pub(crate) scheme: SigningScheme,
    /// The secret to verify with, `whsec_` and base64. Only of `hmac_sha256`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) secret: Option<String>,
    /// The public key to verify with, `whpk_` and base64. Only of `ed25519`; the private key is never shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) public_key: Option<String>,
    /// When it was made or given.
    #[schemars(schema_with = "docs::timestamp")]
    pub(crate) created_at: Timestamp,
    /// Older ones that still sign beside it, newest first. Their secrets are not repeated.
    pub(crate) also_valid: Vec<OlderKey>,
}

/// A secret or key that was replaced and still signs.
#[derive(Serialize, JsonSchema)]
pub(crate) struct OlderKey {
    /// How it signs.
    pub(crate) scheme: SigningScheme,
    /// Its public key. Only of `ed25519`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) public_key: Option<String>,
    /// When it was made or given.
    #[schemars(schema_with = "docs::timestamp")]
    pub(crate) created_at: Timestamp,
    /// When it ends.
    #[schemars(schema_with = "docs::timestamp")]
    pub(crate) expires_at: Timestamp,
}

impl WebhookSecret {
    fn of(webhook: &Webhook, now: Timestamp) -> Result<WebhookSecret, Problem> {
        let mut live = webhook.live_signing_keys(now);
        let newest = live.next().ok_or_else(|| Problem::not_found("secret"))?;
        let secret = match &newest.material {
            KeyMaterial::Hmac(secret) => Some(secret.expose()),
            KeyMaterial::Ed25519(_) => None,
        };
        Ok(WebhookSecret {
            scheme: newest.material.scheme(),
            secret,
            public_key: public_key(newest),
            created_at: newest.created_at,
            also_valid: live.filter_map(OlderKey::of).collect(),
        })
    }
}

impl OlderKey {
    fn of(key: &SigningKey) -> Option<OlderKey> {
        Some(OlderKey {
            scheme: key.material.scheme(),
            public_key: public_key(key),
            created_at: key.created_at,
            expires_at: key.expires_at?,
        })
    }
}

fn public_key(key: &SigningKey) -> Option<String> {
    match &key.material {
        KeyMaterial::Hmac(_) => None,
        KeyMaterial::Ed25519(key) => Some(key.public_key()),
    }
}

pub(crate) async fn get(
    State(app): State<App>,
    caller: Caller,
    Path(ById { id }): Path<ById<WebhookId>>,
) -> Result<NotKept<Json<WebhookSecret>>, Problem> {
    let webhook = find(&app, caller, id).await?;
    Ok(NotKept(Json(WebhookSecret::of(&webhook, app.ambient.now())?)))
}

/// How to replace what a webhook's requests are signed with.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("examples" = [{"grace_seconds": 3600}]))]
pub(crate) struct RotateSecret {
    /// What to sign with from now on: `whsec_` and 24 to 64 bytes in base64, or `whsk_` and the 32 or 64 bytes of
    /// a private Ed25519 key. Made if not given.
    #[serde(default)]
    secret: Option<String>,
    /// How to sign from now on; as `secret` says, or else as before, if not given.
    #[serde(default)]
    signing: Option<SigningScheme>,
    /// For how many seconds the old ones go on signing beside the new one; a day if not given. 0 ends all of them
    /// at once.
    #[serde(default)]
    #[schemars(range(min = 0, max = 604_800))]
    grace_seconds: Option<Whole<i64>>,
}

pub(crate) async fn rotate(
    State(app): State<App>,
    caller: Caller,
    Path(ById { id }): Path<ById<WebhookId>>,
    Json(form): Json<RotateSecret>,
) -> Result<NotKept<Json<WebhookSecret>>, Problem> {
    let edit = |stored: &Webhook, _: &_| form.applied_to(stored, &app.ambient);
    let changed = change(&app, caller, id, "webhook.secret_rotated", edit).await?;
    Ok(NotKept(Json(WebhookSecret::of(&changed, app.ambient.now())?)))
}

impl RotateSecret {
    /// `stored` with the new key, or all that is wrong with what was asked for.
    fn applied_to(&self, stored: &Webhook, ambient: &Ambient) -> Result<Webhook, Invalid> {
        let mut findings = Findings::default();
        let before = stored.signing_keys.first().map(|key| key.material.scheme());
        let scheme = self.signing.or(before.filter(|_| self.secret.is_none()));
        let grace = self.grace_seconds.map_or(GRACE_DEFAULT, |Whole(seconds)| SignedDuration::from_secs(seconds));
        let material = findings.take(read_material(self.secret.as_deref(), scheme, ambient));
        // Rotating on a stand-in says what is wrong with the grace even if the secret cannot be read.
        let stand_in = || KeyMaterial::generate(SigningScheme::default(), ambient);
        let material = material.unwrap_or_else(stand_in);
        // Whoever gives a secret again that still signs means the same secret: it signs once.
        let others: Vec<_> = stored.signing_keys.iter().filter(|key| key.material != material).cloned().collect();
        let keys = findings.take(signing::rotate(&others, material, grace, ambient.now()));
        let signing_keys = keys.unwrap_or_default();
        findings.into_result(Webhook { signing_keys, ..stored.clone() })
    }
}

/// What to sign with: what was given as `secret`, or else something nobody can guess. Both fields must agree.
pub(crate) fn read_material(
    secret: Option<&str>,
    signing: Option<SigningScheme>,
    ambient: &Ambient,
) -> Result<KeyMaterial, Invalid> {
    let Some(text) = secret else { return Ok(KeyMaterial::generate(signing.unwrap_or_default(), ambient)) };
    // What is neither is told how the scheme that was asked for would be written.
    let material = match (KeyMaterial::parse(text), signing) {
        (Err(_), Some(SigningScheme::Ed25519)) => PrivateKey::parse(text).map(KeyMaterial::Ed25519),
        (read, _) => read,
    };
    let material = material.map_err(|reason| Invalid::one("secret", reason))?;
    match signing {
        Some(SigningScheme::HmacSha256) if material.scheme() != SigningScheme::HmacSha256 => {
            Err(Invalid::one("signing", "the secret given is a private key, which is for ed25519"))
        }
        Some(SigningScheme::Ed25519) if material.scheme() != SigningScheme::Ed25519 => {
            Err(Invalid::one("signing", "the secret given is a shared one, which is for hmac_sha256"))
        }
        _ => Ok(material),
    }
}

#[cfg(test)]
mod tests {
    use beckon_testkit::builders::{A_SECRET, a_webhook};
    use beckon_testkit::real_ambient;

    use super::*;

    /// 32 bytes, which is all a private key has to be.
    const A_PRIVATE_KEY: &str = "whsk_BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=";

    fn named(result: Result<impl Sized, Invalid>) -> Vec<String> {
        result.err().unwrap().0.into_iter().map(|wrong| wrong.field).collect()
    }

    // behaviour S9
    #[test]
    fn a_secret_and_a_scheme_that_disagree_are_refused() {
        let ambient = real_ambient();
        let read = |secret, signing| read_material(secret, signing, &ambient);
        let (hmac, ed25519) = (Some(SigningScheme::HmacSha256), Some(SigningScheme::Ed25519));
        assert_eq!(read(None, None).unwrap().scheme(), SigningScheme::HmacSha256);
        assert_eq!(read(None, ed25519).unwrap().scheme(), SigningScheme::Ed25519);
        assert_eq!(read(Some(A_PRIVATE_KEY), None).unwrap().scheme(), SigningScheme::Ed25519);
        assert_eq!(read(Some(A_SECRET), hmac).unwrap().expose(), A_SECRET);
        assert_eq!(named(read(Some(A_SECRET), ed25519)), ["signing"]);
        assert_eq!(named(read(Some(A_PRIVATE_KEY), hmac)), ["signing"]);
        let invalid = read(Some("odd"), ed25519).unwrap_err();
        assert_eq!(invalid.0[0].field, "secret");
        assert!(invalid.0[0].reason.contains("whsk_"), "{invalid}");
    }

    fn rotated(form: &str, webhook: &Webhook) -> Result<Webhook, Invalid> {
        serde_json::from_str::<RotateSecret>(form).unwrap().applied_to(webhook, &real_ambient())
    }

    // behaviour S8 (in part)
    #[test]
    fn a_rotation_keeps_the_scheme_unless_another_is_asked_for() {
        let scheme = |webhook: &Webhook| webhook.signing_keys[0].material.scheme();
        let hmac = a_webhook();
        assert_eq!(scheme(&rotated("{}", &hmac).unwrap()), SigningScheme::HmacSha256);
        let ed25519 = rotated(r#"{"signing":"ed25519"}"#, &hmac).unwrap();
        assert_eq!(scheme(&ed25519), SigningScheme::Ed25519);
        assert_eq!(scheme(&rotated("{}", &ed25519).unwrap()), SigningScheme::Ed25519);
        let back = rotated(&format!(r#"{{"secret":"{A_SECRET}"}}"#), &ed25519).unwrap();
        assert_eq!(scheme(&back), SigningScheme::HmacSha256, "the secret given says which");
        assert_eq!(back.signing_keys.len(), 2, "the secret that signed already does not sign twice");
    }

    // behaviour A6
    #[test]
    fn everything_wrong_with_a_rotation_is_named_at_once() {
        let wrong = rotated(r#"{"secret":"odd","grace_seconds":604801}"#, &a_webhook());
        assert_eq!(named(wrong), ["secret", "grace_seconds"]);
    }
}
