//! Composes the request of an attempt, and what of it may be shown.
//!
//! Source of the `webhook-*` headers: Standard Webhooks 1.0.
//! Promise: nothing that can be shown later holds a secret: neither the URL nor a header value.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use beckon_domain::delivery::DueAttempt;
use beckon_domain::secret::SecretText;
use beckon_domain::webhook::{Auth, Webhook, is_secret_header};
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST, USER_AGENT};
use http::{Extensions, HeaderMap, HeaderName, HeaderValue, Method, Request, Uri};
use http_body_util::Full;
use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use url::{Position, Url};

use super::failure::SendFailure;
use super::header_case::{is_spelled, spelling_of};
use super::pool::Origin;
use crate::headers::{WEBHOOK_ID, WEBHOOK_SIGNATURE, WEBHOOK_TIMESTAMP};
use crate::sign::Signer;
use crate::tls::{TlsId, TlsSettings};

const AGENT: &str = concat!("Beckon/", env!("CARGO_PKG_VERSION"));
const MASK: &str = "***";

/// What all requests of a webhook have in common.
#[derive(Clone)]
pub(super) struct Template {
    origin: Origin,
    target: Uri,
    headers: HeaderMap,
    /// As the headers may be shown.
    shown_headers: BTreeMap<String, String>,
    /// Custom header names as their owner spelled them.
    spelling: Extensions,
    signer: Signer,
}

/// A request, ready to be sent.
#[derive(Debug)]
pub(crate) struct Outgoing {
    /// Where to.
    pub(super) origin: Origin,
    /// What is written.
    pub(super) http_request: Request<Full<Bytes>>,
    /// The headers, secret values masked.
    pub(crate) shown_headers: BTreeMap<String, String>,
}

impl Template {
    /// What requests of this webhook have in common.
    pub(super) async fn of(webhook: &Webhook) -> Result<Template, SendFailure> {
        let url = &webhook.url;
        let headers = constant_headers(webhook).ok_or(SendFailure::Unsendable("a header cannot be written"))?;
        let target = url[Position::BeforePath..Position::AfterQuery].parse::<Uri>().ok();
        let names: Vec<&str> = webhook.headers.keys().map(String::as_str).collect();
        Ok(Template {
            origin: Origin { spelled: is_spelled(&names), ..origin(url, tls_settings(webhook).id())? },
            target: target.ok_or(SendFailure::Unsendable("the URL's path cannot be written"))?,
            shown_headers: headers.iter().map(|(name, value)| shown_header(name, value)).collect(),
            headers,
            spelling: spelling_of(&names).await,
            signer: Signer::new(&webhook.signing_keys),
        })
    }

    /// Composes and signs a request. What a token has yet to be fetched for, it lacks.
    pub(super) fn compose(&self, due: &DueAttempt, at: Timestamp) -> Result<Outgoing, SendFailure> {
        let id = due.event_id.as_str();
        let signature = self.signer.sign(id, at, &due.payload);
        let mut http_request = Request::new(Full::new(due.payload.clone()));
        *http_request.method_mut() = Method::POST;
        *http_request.uri_mut() = self.target.clone();
        *http_request.headers_mut() = self.headers.clone();
        *http_request.extensions_mut() = self.spelling.clone();
        let mut shown_headers = self.shown_headers.clone();
        for (name, value) in [
            (HeaderName::from_static(WEBHOOK_ID), HeaderValue::from_str(id).ok()),
            (HeaderName::from_static(WEBHOOK_TIMESTAMP), Some(HeaderValue::from(at.as_second()))),
            (HeaderName::from_static(WEBHOOK_SIGNATURE), HeaderValue::try_from(signature).ok()),
        ] {
            let value = value.ok_or(SendFailure::Unsendable("a header cannot be written"))?;
            let (shown_name, shown) = shown_header(&name, &value);
            shown_headers.insert(shown_name, shown);
            http_request.headers_mut().insert(name, value);
        }
        Ok(Outgoing { origin: self.origin.clone(), http_request, shown_headers })
    }
}

impl Outgoing {
    /// Adds an access token (RFC 6750 §2.1).
    pub(super) fn authorize(&mut self, token: &SecretText) -> Result<(), SendFailure> {
        let value = HeaderValue::from_str(&format!("Bearer {}", token.expose())).ok();
        let value = value.ok_or(SendFailure::Unsendable("its access token cannot be written"))?;
        self.http_request.headers_mut().insert(AUTHORIZATION, value);
        self.shown_headers.insert(AUTHORIZATION.as_str().to_owned(), MASK.to_owned());
        Ok(())
    }
}

/// What a webhook adds to TLS.
pub(super) fn tls_settings(webhook: &Webhook) -> TlsSettings<'_> {
    TlsSettings { ca_certificates: webhook.ca_certificates.as_deref(), identity: webhook.client_identity.as_ref() }
}

/// The receiver's host and port, for messages.
pub(crate) fn place(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port_or_known_default() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

/// The URL as it may be shown.
pub(crate) fn shown_url(url: &Url) -> String {
    let mut url = url.clone();
    url.set_fragment(None);
    // These only fail for URLs that cannot have user-info, and so have none.
    url.set_username("").ok();
    url.set_password(None).ok();
    url.into()
}

/// Where a URL leads, with TLS of those settings if it is an https one.
pub(crate) fn origin(url: &Url, tls: TlsId) -> Result<Origin, SendFailure> {
    let https = match url.scheme() {
        "https" => true,
        "http" => false,
        _ => return Err(SendFailure::Unsendable("the URL is neither http nor https")),
    };
    let host = url.host().ok_or(SendFailure::Unsendable("the URL names no host"))?.to_owned();
    let port = url.port_or_known_default().ok_or(SendFailure::Unsendable("the URL names no port"))?;
    Ok(Origin { https, host, port, spelled: false, tls: tls.filter(|_| https) })
}

/// The headers that every request of a webhook has.
fn constant_headers(webhook: &Webhook) -> Option<HeaderMap> {
    let mut headers = HeaderMap::new();
    headers.insert(HOST, HeaderValue::from_str(&webhook.url[Position::BeforeHost..Position::AfterPort]).ok()?);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
    if let Some(credentials) = credentials(webhook) {
        headers.insert(AUTHORIZATION, HeaderValue::from_str(&credentials).ok()?);
    }
    for (name, value) in &webhook.headers {
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        headers.insert(name, HeaderValue::from_str(value).ok()?);
    }
    Some(headers)
}

/// The credentials of a webhook that need not be fetched.
fn credentials(webhook: &Webhook) -> Option<String> {
    match &webhook.auth {
        Some(Auth::Basic { username, password }) => Some(basic(username.as_bytes(), password.expose().as_bytes())),
        Some(Auth::Bearer { token }) => Some(format!("Bearer {}", token.expose())),
        Some(Auth::OAuth2(_)) => None,
        None => credentials_in(&webhook.url),
    }
}

/// The user-info of a URL as credentials.
fn credentials_in(url: &Url) -> Option<String> {
    if url.username().is_empty() && url.password().is_none() {
        return None;
    }
    let read = |text: &str| percent_decode_str(text).collect::<Vec<u8>>();
    Some(basic(&read(url.username()), &read(url.password().unwrap_or_default())))
}

/// Basic credentials (RFC 7617).
pub(crate) fn basic(user: &[u8], password: &[u8]) -> String {
    format!("Basic {}", STANDARD.encode([user, b":", password].concat()))
}

fn shown_header(name: &HeaderName, value: &HeaderValue) -> (String, String) {
    let name = name.as_str();
    let secret = name != WEBHOOK_SIGNATURE && is_secret_header(name);
    let shown = if secret { MASK.to_owned() } else { String::from_utf8_lossy(value.as_bytes()).into_owned() };
    (name.to_owned(), shown)
}

#[cfg(test)]
mod tests {
    use super::*;
    use beckon_testkit::builders::{a_due_attempt, a_webhook};

    async fn composed(url: &str, headers: &[(&str, &str)]) -> Outgoing {
        let webhook = Webhook {
            url: Url::parse(url).unwrap(),
            headers: headers.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect(),
            ..a_webhook()
        };
        composed_for(&webhook).await
    }

    async fn composed_for(webhook: &Webhook) -> Outgoing {
        let at = Timestamp::from_second(1_614_265_330).unwrap();
        let template = Template::of(webhook).await.unwrap();
        template.compose(&a_due_attempt(), at).unwrap()
    }

    // behaviour S12
    #[tokio::test]
    async fn user_info_becomes_basic_auth_and_is_shown_nowhere() {
        let outgoing = composed("https://us%65r:p%40ss@example.com:8443/hook?a=b#frag", &[]).await;
        let sent = &outgoing.http_request.headers()[AUTHORIZATION];
        assert_eq!(sent, &format!("Basic {}", STANDARD.encode("user:p@ss")));
        let url = Url::parse("https://us%65r:p%40ss@example.com:8443/hook?a=b#frag").unwrap();
        assert_eq!(shown_url(&url), "https://example.com:8443/hook?a=b");
        assert_eq!(outgoing.shown_headers["authorization"], "***");
        assert_eq!(outgoing.http_request.headers()[HOST], "example.com:8443");
        assert_eq!(outgoing.http_request.uri(), "/hook?a=b");
        assert_eq!(place(&Url::parse("https://user:pass@example.com/").unwrap()), "example.com:443");
    }

    // behaviour S10 (in part)
    #[tokio::test]
    async fn values_that_are_secrets_are_masked_and_others_shown() {
        let custom = [("X-Api-Key", "k1"), ("Cookie", "c=1"), ("X-Access-Token", "t"), ("X-Team", "sales")];
        let shown = composed("https://example.com/", &custom).await.shown_headers;
        for name in ["x-api-key", "cookie", "x-access-token"] {
            assert_eq!(shown[name], "***", "{name}");
        }
        assert_eq!(shown["x-team"], "sales");
        assert!(shown["webhook-signature"].starts_with("v1,"));
        assert_eq!(shown["webhook-timestamp"], "1614265330");
        assert_eq!(shown["content-type"], "application/json");
        assert!(shown["user-agent"].starts_with("Beckon/"));
    }
}
