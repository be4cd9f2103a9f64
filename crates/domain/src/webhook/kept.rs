//! What of a webhook a store keeps: what may lie open, and what must be sealed.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use url::Url;

use super::{Auth, ClientAuth, ClientIdentity, OAuth2, Webhook};
use crate::secret::SecretText;
use crate::signing::{KeyMaterial, SigningKey};

/// Fields of [`Webhook`] that may hold secrets of the customer's: receivers put tokens into URLs.
const SEALED_FIELDS: [&str; 2] = ["url", "headers"];

/// A webhook in two parts, both JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// What may be read by whoever reads the database.
    pub open: String,
    /// What may not.
    pub secret: SecretText,
}

#[derive(Serialize, Deserialize)]
struct SecretPart {
    /// The [`SEALED_FIELDS`].
    fields: Map<String, Value>,
    signing_keys: Vec<KeptKey>,
    auth: Option<KeptAuth>,
    client_identity: Option<KeptIdentity>,
}

#[derive(Serialize, Deserialize)]
struct KeptKey {
    material: String,
    created_at: Timestamp,
    expires_at: Option<Timestamp>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
enum KeptAuth {
    Basic { username: String, password: String },
    Bearer { token: String },
    Oauth2 { token_url: Url, client_id: String, client_secret: String, scope: Option<String>, in_body: bool },
}

#[derive(Serialize, Deserialize)]
struct KeptIdentity {
    certificates: String,
    key: String,
}

impl Webhook {
    /// The webhook as a store keeps it.
    pub fn to_kept(&self) -> serde_json::Result<Kept> {
        let mut open = match serde_json::to_value(self)? {
            Value::Object(fields) => fields,
            other => Map::from_iter([("webhook".to_owned(), other)]),
        };
        let fields = SEALED_FIELDS.iter().filter_map(|name| open.remove_entry(*name)).collect();
        let secret = SecretPart {
            fields,
            signing_keys: self.signing_keys.iter().map(KeptKey::from).collect(),
            auth: self.auth.as_ref().map(KeptAuth::from),
            client_identity: self.client_identity.as_ref().map(KeptIdentity::from),
        };
        Ok(Kept { open: serde_json::to_string(&open)?, secret: SecretText::new(serde_json::to_string(&secret)?) })
    }

    /// The webhook of both parts; the error repeats nothing of the secret one.
    pub fn from_kept(kept: &Kept) -> Result<Webhook, String> {
        let unreadable = |_| "its sealed part is not of a form this version knows".to_owned();
        let mut fields: Map<String, Value> = serde_json::from_str(&kept.open).map_err(|error| error.to_string())?;
        let secret: SecretPart = serde_json::from_str(kept.secret.expose()).map_err(unreadable)?;
        fields.extend(secret.fields);
        let mut webhook: Webhook = serde_json::from_value(Value::Object(fields)).map_err(unreadable)?;
        webhook.signing_keys = secret.signing_keys.into_iter().map(KeptKey::read).collect::<Result<_, _>>()?;
        webhook.auth = secret.auth.map(KeptAuth::read);
        webhook.client_identity = secret.client_identity.map(KeptIdentity::read);
        Ok(webhook)
    }
}

impl From<&SigningKey> for KeptKey {
    fn from(key: &SigningKey) -> KeptKey {
        KeptKey { material: key.material.expose(), created_at: key.created_at, expires_at: key.expires_at }
    }
}

impl KeptKey {
    fn read(self) -> Result<SigningKey, String> {
        let material = KeyMaterial::parse(&self.material)?;
        Ok(SigningKey { material, created_at: self.created_at, expires_at: self.expires_at })
    }
}

impl From<&Auth> for KeptAuth {
    fn from(auth: &Auth) -> KeptAuth {
        match auth {
            Auth::Basic { username, password } => {
                KeptAuth::Basic { username: username.clone(), password: password.expose().to_owned() }
            }
            Auth::Bearer { token } => KeptAuth::Bearer { token: token.expose().to_owned() },
            Auth::OAuth2(oauth2) => KeptAuth::Oauth2 {
                token_url: oauth2.token_url.clone(),
                client_id: oauth2.client_id.clone(),
                client_secret: oauth2.client_secret.expose().to_owned(),
                scope: oauth2.scope.clone(),
                in_body: oauth2.client_auth == ClientAuth::Body,
            },
        }
    }
}

impl KeptAuth {
    fn read(self) -> Auth {
        match self {
            KeptAuth::Basic { username, password } => Auth::Basic { username, password: SecretText::new(password) },
            KeptAuth::Bearer { token } => Auth::Bearer { token: SecretText::new(token) },
            KeptAuth::Oauth2 { token_url, client_id, client_secret, scope, in_body } => Auth::OAuth2(OAuth2 {
                token_url,
                client_id,
                client_secret: SecretText::new(client_secret),
                scope,
                client_auth: if in_body { ClientAuth::Body } else { ClientAuth::Basic },
            }),
        }
    }
}

impl From<&ClientIdentity> for KeptIdentity {
    fn from(identity: &ClientIdentity) -> KeptIdentity {
        KeptIdentity { certificates: identity.certificates.clone(), key: identity.key.expose().to_owned() }
    }
}

impl KeptIdentity {
    fn read(self) -> ClientIdentity {
        ClientIdentity { certificates: self.certificates, key: SecretText::new(self.key) }
    }
}
