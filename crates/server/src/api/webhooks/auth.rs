//! How a webhook authenticates to its receiver, as people type it and as it is shown.
//!
//! Promise: a secret is shown as `***`, and that sent back means the one that is there. Nothing here prints.
//! Not here: whether the values make sense (`beckon_domain::webhook`), and fetching tokens (`beckon-delivery`).

use beckon_domain::invalid::Findings;
use beckon_domain::secret::SecretText;
use beckon_domain::webhook::{Auth, CREDENTIAL_BYTES_MAX, ClientAuth, OAuth2, parse_url};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::masked::{MASK, Stored, kept_if_masked, stand_in_url, stays};

/// How a webhook's requests authenticate: what their `Authorization` header is made of. Secrets are shown as
/// `***`; sent back so, they stay as they are.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[schemars(
    rename = "WebhookAuth",
    extend("examples" = [{"kind": "basic", "username": "beckon", "password": "correct horse"}])
)]
pub(crate) enum TypedAuth {
    /// User name and password (RFC 7617).
    Basic {
        /// The user; no colon.
        #[schemars(length(min = 1, max = CREDENTIAL_BYTES_MAX))]
        username: String,
        /// The password.
        #[schemars(length(min = 1, max = CREDENTIAL_BYTES_MAX))]
        password: String,
    },
    /// A token that does not change (RFC 6750).
    Bearer {
        /// The token.
        #[schemars(length(min = 1, max = CREDENTIAL_BYTES_MAX))]
        token: String,
    },
    /// Tokens fetched by the client-credentials grant (RFC 6749 §4.4), and fetched anew before they end.
    Oauth2 {
        /// Where tokens are fetched, http or https.
        #[schemars(length(min = 1, max = 2048), extend("format" = "uri"))]
        token_url: String,
        /// The client.
        #[schemars(length(min = 1, max = CREDENTIAL_BYTES_MAX))]
        client_id: String,
        /// Its secret.
        #[schemars(length(min = 1, max = CREDENTIAL_BYTES_MAX))]
        client_secret: String,
        /// What the token is for, as the server names it.
        #[serde(default)]
        #[schemars(length(min = 1, max = CREDENTIAL_BYTES_MAX))]
        scope: Option<String>,
        /// Where the client's id and secret stand in the request for a token; `basic` if not given.
        #[serde(default)]
        client_auth: Option<TypedClientAuth>,
    },
}

/// Where a client's id and secret stand in its request for a token (RFC 6749 §2.3.1).
#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "ClientAuth")]
pub(crate) enum TypedClientAuth {
    /// In the `Authorization` header.
    Basic,
    /// In the body.
    Body,
}

impl TypedAuth {
    /// What was meant; where a secret came masked, it is the one in `stored`, if that goes where it was given for:
    /// `same_host` says so of the receiver. What cannot be read is a finding.
    pub(crate) fn read(&self, stored: Option<&Auth>, same_host: bool, findings: &mut Findings) -> Option<Auth> {
        // In the place of a secret that is missing the mask does no harm: it is a finding, so nothing is stored.
        let mut secret = |field: &str, text: &str, stored: Stored<&SecretText>| {
            let kept = kept_if_masked(&format!("auth/{field}"), text, stored, findings);
            kept.unwrap_or_else(|| SecretText::new(MASK))
        };
        match self {
            TypedAuth::Basic { username, password } => {
                let stored = match stored {
                    Some(Auth::Basic { password, .. }) => Some(password),
                    _ => None,
                };
                Some(Auth::Basic {
                    username: username.clone(),
                    password: secret("password", password, Stored::of(stored, same_host)),
                })
            }
            TypedAuth::Bearer { token } => {
                let stored = match stored {
                    Some(Auth::Bearer { token }) => Some(token),
                    _ => None,
                };
                Some(Auth::Bearer { token: secret("token", token, Stored::of(stored, same_host)) })
            }
            TypedAuth::Oauth2 { token_url, client_id, client_secret, scope, client_auth } => {
                let stored = match stored {
                    Some(Auth::OAuth2(oauth2)) => Some(oauth2),
                    _ => None,
                };
                let read_url = parse_url("auth/token_url", token_url);
                // The secret goes to where tokens are, and the tokens to the receiver.
                let same_hosts = same_host
                    && stored.zip(read_url.as_ref().ok()).is_none_or(|(stored, url)| stays(&stored.token_url, url));
                let stored = Stored::of(stored.map(|stored| &stored.client_secret), same_hosts);
                let client_secret = secret("client_secret", client_secret, stored);
                let token_url = findings.take(read_url).or_else(stand_in_url)?;
                Some(Auth::OAuth2(OAuth2 {
                    token_url,
                    client_id: client_id.clone(),
                    client_secret,
                    scope: scope.clone(),
                    client_auth: match client_auth {
                        Some(TypedClientAuth::Body) => ClientAuth::Body,
                        Some(TypedClientAuth::Basic) | None => ClientAuth::Basic,
                    },
                }))
            }
        }
    }
}

impl From<&Auth> for TypedAuth {
    fn from(auth: &Auth) -> TypedAuth {
        let masked = || MASK.to_owned();
        match auth {
            Auth::Basic { username, .. } => TypedAuth::Basic { username: username.clone(), password: masked() },
            Auth::Bearer { .. } => TypedAuth::Bearer { token: masked() },
            Auth::OAuth2(oauth2) => TypedAuth::Oauth2 {
                token_url: oauth2.token_url.to_string(),
                client_id: oauth2.client_id.clone(),
                client_secret: masked(),
                scope: oauth2.scope.clone(),
                client_auth: Some(match oauth2.client_auth {
                    ClientAuth::Basic => TypedClientAuth::Basic,
                    ClientAuth::Body => TypedClientAuth::Body,
                }),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(typed: Value, stored: Option<&Auth>) -> Result<Auth, Vec<String>> {
        let typed: TypedAuth = serde_json::from_value(typed).unwrap();
        let mut findings = Findings::default();
        let auth = typed.read(stored, true, &mut findings);
        findings.into_result(auth.unwrap()).map_err(|invalid| invalid.0.into_iter().map(|wrong| wrong.field).collect())
    }

    fn shown(auth: &Auth) -> Value {
        serde_json::to_value(TypedAuth::from(auth)).unwrap()
    }

    // behaviour S10 (in part)
    #[test]
    fn what_is_shown_has_no_secret_and_sent_back_changes_nothing() {
        let oauth2 = json!({"kind": "oauth2", "token_url": "https://auth.example/token", "client_id": "beckon",
                            "client_secret": "s3cret", "scope": "events", "client_auth": "body"});
        for typed in [
            json!({"kind": "basic", "username": "jane", "password": "s3cret"}),
            json!({"kind": "bearer", "token": "s3cret"}),
            oauth2,
        ] {
            let auth = read(typed.clone(), None).unwrap();
            let shown = shown(&auth);
            assert!(!shown.to_string().contains("s3cret"), "{shown}");
            assert_eq!(shown["kind"], typed["kind"]);
            assert!(read(shown.clone(), Some(&auth)) == Ok(auth), "{shown}");
            assert_eq!(read(shown, None).unwrap_err().len(), 1, "there is nothing to keep");
        }
    }

    #[test]
    fn a_masked_secret_of_another_kind_is_not_taken_over() {
        let stored = read(json!({"kind": "basic", "username": "jane", "password": "s3cret"}), None).unwrap();
        assert_eq!(read(json!({"kind": "bearer", "token": MASK}), Some(&stored)).unwrap_err(), ["auth/token"]);
    }

    // behaviour S10 (in part)
    #[test]
    fn a_masked_secret_does_not_follow_to_another_host() {
        let oauth2 = |token_url: &str, client_secret: &str| json!({"kind": "oauth2", "token_url": token_url, "client_id": "beckon", "client_secret": client_secret});
        let again = |typed: &Value, stored: &Auth, same_host| {
            let typed: TypedAuth = serde_json::from_value(typed.clone()).unwrap();
            let mut findings = Findings::default();
            typed.read(Some(stored), same_host, &mut findings);
            findings.into_result(()).map_err(|invalid| invalid.0[0].field.clone())
        };
        for (typed, field) in [
            (json!({"kind": "basic", "username": "jane", "password": "s3cret"}), "auth/password"),
            (json!({"kind": "bearer", "token": "s3cret"}), "auth/token"),
            (oauth2("https://auth.example/token", "s3cret"), "auth/client_secret"),
        ] {
            let stored = read(typed, None).unwrap();
            assert_eq!(again(&shown(&stored), &stored, true), Ok(()));
            assert_eq!(again(&shown(&stored), &stored, false), Err(field.to_owned()));
        }
        let stored = read(oauth2("https://auth.example/token", "s3cret"), None).unwrap();
        assert_eq!(again(&oauth2("https://auth.example/other", MASK), &stored, true), Ok(()));
        for elsewhere in ["https://evil.example/token", "https://auth.example:8443/token", "http://auth.example/token"]
        {
            let told = again(&oauth2(elsewhere, MASK), &stored, true);
            assert_eq!(told, Err("auth/client_secret".to_owned()), "{elsewhere}");
        }
    }

    // behaviour A6
    #[test]
    fn a_token_url_that_cannot_be_read_does_not_hide_what_else_is_wrong() {
        let typed = json!({"kind": "oauth2", "token_url": "nowhere", "client_id": "", "client_secret": MASK});
        assert_eq!(read(typed, None).unwrap_err(), ["auth/client_secret", "auth/token_url"]);
    }
}
