//! How a webhook authenticates to its receiver.

use url::Url;

use super::URL_BYTES_MAX;
use crate::invalid::Findings;
use crate::secret::SecretText;

/// Longest user name, password, token, client id or scope, in bytes.
pub const CREDENTIAL_BYTES_MAX: usize = 4096;

/// The `Authorization` header of a webhook's requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Auth {
    /// User name and password (RFC 7617).
    Basic {
        /// The user; no colon.
        username: String,
        /// The password.
        password: SecretText,
    },
    /// A token that does not change (RFC 6750).
    Bearer {
        /// The token.
        token: SecretText,
    },
    /// Tokens fetched from an authorization server, by the client-credentials grant.
    OAuth2(OAuth2),
}

/// The client-credentials grant (RFC 6749 §4.4).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OAuth2 {
    /// Where tokens are fetched, http or https.
    pub token_url: Url,
    /// The client.
    pub client_id: String,
    /// Its secret.
    pub client_secret: SecretText,
    /// What the token is for, as the server names it.
    pub scope: Option<String>,
    /// How the client identifies itself to the server.
    pub client_auth: ClientAuth,
}

/// How a client identifies itself (RFC 6749 §2.3.1).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum ClientAuth {
    /// In the `Authorization` header.
    #[default]
    Basic,
    /// In the body.
    Body,
}

/// A client certificate and its key, as PEM.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ClientIdentity {
    /// The certificate, and those that link it to an authority.
    pub certificates: String,
    /// The private key.
    pub key: SecretText,
}

impl Auth {
    /// Notes what is wrong with it, under `auth`.
    pub(super) fn check(&self, findings: &mut Findings) {
        let mut text = |field: &str, text: &str| {
            let field = format!("auth/{field}");
            if text.is_empty() {
                findings.add(&field, "must not be empty");
            }
            if text.len() > CREDENTIAL_BYTES_MAX {
                findings.add(&field, format!("at most {CREDENTIAL_BYTES_MAX} bytes"));
            }
            if text.chars().any(char::is_control) {
                findings.add(&field, "has control characters");
            }
        };
        match self {
            Auth::Basic { username, password } => {
                text("username", username);
                text("password", password.expose());
                if username.contains(':') {
                    findings.add("auth/username", "must not contain a colon (RFC 7617)");
                }
            }
            Auth::Bearer { token } => {
                text("token", token.expose());
                if !token.expose().bytes().all(|byte| byte.is_ascii_graphic()) {
                    findings.add("auth/token", "has characters that a header cannot carry: use visible ASCII");
                }
            }
            Auth::OAuth2(oauth2) => {
                text("client_id", &oauth2.client_id);
                text("client_secret", oauth2.client_secret.expose());
                if let Some(scope) = &oauth2.scope {
                    text("scope", scope);
                }
                let url = &oauth2.token_url;
                if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) {
                    findings.add("auth/token_url", "must be an http or https URL with a host");
                }
                if url.as_str().len() > URL_BYTES_MAX {
                    findings.add("auth/token_url", format!("at most {URL_BYTES_MAX} bytes"));
                }
                if !url.username().is_empty() || url.password().is_some() {
                    findings.add("auth/token_url", "must not hold user-info: client_id and client_secret are for that");
                }
            }
        }
    }
}
