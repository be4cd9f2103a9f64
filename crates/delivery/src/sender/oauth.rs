//! Access tokens, fetched from authorization servers and kept until shortly before they end.
//!
//! Source: RFC 6749 §4.4 (the client-credentials grant), §5 (answers), §2.3.1 (who the client is).
//! Promises: token requests go past the same guard as all others, and are bounded in bytes and time; those who want
//! the same token wait for one request; how many tokens are kept is bounded. What is said of a failure names the
//! server and its error code, never a secret.
//! Not here: which requests carry a token (`sender.rs`).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use beckon_domain::delivery::Timings;
use beckon_domain::secret::SecretText;
use beckon_domain::webhook::{ClientAuth, OAuth2};
use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use http::header::{ACCEPT, AUTHORIZATION, CONNECTION, CONTENT_TYPE, HOST};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Uri};
use http_body_util::Full;
use serde_json::Value;
use tokio::time::{Instant, timeout};
use url::form_urlencoded::{Serializer, byte_serialize};
use url::{Position, Url};

use super::answer::Body;
use super::connect::Connector;
use super::failure::{SendFailure, TlsFault};
use super::request::{basic, origin, place};
use crate::tls::{TlsConfigs, TlsId, TlsSettings};

/// Most tokens kept; those unused for longest go first.
const TOKENS_MAX: usize = 1_024;
/// Longest answer of an authorization server that is read, in bytes.
const ANSWER_BYTES_MAX: usize = 32 * 1024;
/// Longest token, in bytes: it becomes a header.
const TOKEN_BYTES_MAX: usize = 16 * 1024;
/// How long before its end a token is not used any more; of one that lives shortly, half its life at most.
const SKEW: Duration = Duration::from_secs(30);
/// How long a token lives whose server does not say.
const LIFE_DEFAULT: Duration = Duration::from_secs(300);
/// How long a token is kept at most, whatever its server says.
const LIFE_MAX: Duration = Duration::from_secs(24 * 3600);
/// Longest error code that is repeated, in bytes.
const ERROR_CODE_BYTES_MAX: usize = 64;

/// Fetches and keeps tokens.
pub(super) struct Tokens {
    connector: Arc<Connector>,
    tls: Arc<TlsConfigs>,
    timeout: Duration,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    tokens: HashMap<Settings, (u64, Fetching)>,
    /// Counts uses, to tell what was used last.
    uses: u64,
}

/// What a token depends on.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Settings {
    oauth2: OAuth2,
    tls: TlsId,
}

/// A token on its way, or here.
type Fetching = Shared<BoxFuture<'static, Result<Token, AuthFailure>>>;

#[derive(Clone)]
struct Token {
    text: SecretText,
    good_until: Instant,
}

/// Why there is no token.
#[derive(Debug, Clone)]
pub(crate) struct AuthFailure {
    /// The authorization server's host and port.
    pub(crate) place: String,
    /// What went wrong there.
    pub(crate) fault: Arc<AuthFault>,
}

/// What went wrong between us and an authorization server.
#[derive(Debug)]
pub(crate) enum AuthFault {
    /// There was no answer.
    NoAnswer(SendFailure),
    /// It refused, perhaps saying why with one of its error codes.
    Refused(StatusCode, Option<String>),
    /// Its answer is of no use, and why.
    Unusable(&'static str),
}

impl Tokens {
    /// Fetches through `connector`; each request may take as long as `timeout`, which should leave the request that
    /// needs the token some of its own time.
    pub(super) fn new(connector: Arc<Connector>, tls: Arc<TlsConfigs>, timeout: Duration) -> Tokens {
        Tokens { connector, tls, timeout, kept: Mutex::default() }
    }

    /// A token that is good for a while: a kept one, or one that is fetched now. Of a webhook's TLS settings the
    /// authorities count for its authorization server too, the certificate to show does not.
    pub(super) async fn get(&self, oauth2: &OAuth2, ca_certificates: Option<&str>) -> Result<SecretText, AuthFailure> {
        let tls = TlsSettings { ca_certificates, identity: None };
        let settings = Settings { oauth2: oauth2.clone(), tls: tls.id() };
        let fetching = self.kept_or_begun(settings, tls);
        fetching.await.map(|token| token.text)
    }

    /// Lets go of a token that a receiver refused, so that the next request fetches another.
    pub(super) fn forget(&self, oauth2: &OAuth2, ca_certificates: Option<&str>, refused: &SecretText) {
        let tls = TlsSettings { ca_certificates, identity: None }.id();
        let settings = Settings { oauth2: oauth2.clone(), tls };
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let is_it = |fetching: &Fetching| matches!(fetching.peek(), Some(Ok(token)) if token.text == *refused);
        if kept.tokens.get(&settings).is_some_and(|(_, fetching)| is_it(fetching)) {
            kept.tokens.remove(&settings);
        }
    }

    fn kept_or_begun(&self, settings: Settings, tls: TlsSettings<'_>) -> Fetching {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = &mut *kept;
        kept.uses += 1;
        if let Some((used, fetching)) = kept.tokens.get_mut(&settings) {
            let still_good = match fetching.peek() {
                Some(Ok(token)) => Instant::now() < token.good_until,
                Some(Err(_)) => false,
                None => true,
            };
            if still_good {
                *used = kept.uses;
                return fetching.clone();
            }
        } else if kept.tokens.len() >= TOKENS_MAX {
            let oldest = kept.tokens.iter().min_by_key(|(_, (used, _))| *used).map(|(settings, _)| settings.clone());
            oldest.and_then(|settings| kept.tokens.remove(&settings));
        }
        let fetching = self.begin(&settings.oauth2, tls);
        kept.tokens.insert(settings, (kept.uses, fetching.clone()));
        fetching
    }

    /// Begins a request that ends on its own, whoever still waits for it.
    fn begin(&self, oauth2: &OAuth2, tls: TlsSettings<'_>) -> Fetching {
        let place = place(&oauth2.token_url);
        let failed = move |fault| AuthFailure { place, fault: Arc::new(fault) };
        let config = match self.tls.get(tls) {
            Ok(config) => config,
            Err(invalid) => {
                let fault = failed(AuthFault::NoAnswer(SendFailure::Tls(TlsFault::Settings(invalid))));
                return std::future::ready(Err(fault)).boxed().shared();
            }
        };
        let (connector, oauth2, tls, limit) = (self.connector.clone(), oauth2.clone(), tls.id(), self.timeout);
        let fetched = tokio::spawn(async move {
            match timeout(limit, fetch(&connector, &oauth2, tls, &config)).await {
                Ok(fetched) => fetched,
                Err(_) => Err(AuthFault::NoAnswer(SendFailure::Timeout(limit))),
            }
        });
        let fetched = fetched.map(|ended| ended.unwrap_or(Err(AuthFault::Unusable("reading it went wrong"))));
        fetched.map(|fetched| fetched.map_err(failed)).boxed().shared()
    }
}

async fn fetch(
    connector: &Connector,
    oauth2: &OAuth2,
    tls: TlsId,
    config: &Arc<rustls::ClientConfig>,
) -> Result<Token, AuthFault> {
    let request = request(oauth2).ok_or(AuthFault::Unusable("the request for it cannot be written"))?;
    let origin = origin(&oauth2.token_url, tls).map_err(AuthFault::NoAnswer)?;
    let mut line = connector.connect(&origin, config, &mut Timings::default()).await.map_err(AuthFault::NoAnswer)?;
    let (head, incoming) = match line.send(request).await {
        Ok(response) => response.into_parts(),
        Err(refused) => return Err(AuthFault::NoAnswer(line.explain(refused.into_error()).await)),
    };
    let mut body = Body::begun(ANSWER_BYTES_MAX);
    line.carry(body.read(incoming)).await;
    drop(line);
    let answer = serde_json::from_str(&body.into_text().0).unwrap_or(Value::Null);
    if !head.status.is_success() {
        return Err(AuthFault::Refused(head.status, error_code(&answer, oauth2)));
    }
    read_token(&answer)
}

fn request(oauth2: &OAuth2) -> Option<Request<Full<Bytes>>> {
    let OAuth2 { token_url, client_id, client_secret, scope, client_auth } = oauth2;
    let mut headers = HeaderMap::new();
    let mut form = Serializer::new(String::new());
    form.append_pair("grant_type", "client_credentials");
    if let Some(scope) = scope {
        form.append_pair("scope", scope);
    }
    match client_auth {
        ClientAuth::Basic => {
            // Both are form-encoded before they are put together.
            let encode = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
            let credentials = basic(encode(client_id).as_bytes(), encode(client_secret.expose()).as_bytes());
            headers.insert(AUTHORIZATION, HeaderValue::from_str(&credentials).ok()?);
        }
        ClientAuth::Body => {
            form.append_pair("client_id", client_id).append_pair("client_secret", client_secret.expose());
        }
    }
    headers.insert(HOST, HeaderValue::from_str(&token_url[Position::BeforeHost..Position::AfterPort]).ok()?);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
    let mut request = Request::new(Full::new(Bytes::from(form.finish())));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = path(token_url)?;
    *request.headers_mut() = headers;
    Some(request)
}

fn path(url: &Url) -> Option<Uri> {
    url[Position::BeforePath..Position::AfterQuery].parse().ok()
}

fn read_token(answer: &Value) -> Result<Token, AuthFault> {
    let text = answer.get("access_token").and_then(Value::as_str).filter(|text| !text.is_empty());
    let text = text.ok_or(AuthFault::Unusable("its answer is not JSON with an access_token"))?;
    if text.len() > TOKEN_BYTES_MAX || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(AuthFault::Unusable("its access_token cannot be sent in a header"));
    }
    let kind = answer.get("token_type").and_then(Value::as_str).unwrap_or("bearer");
    if !kind.eq_ignore_ascii_case("bearer") {
        return Err(AuthFault::Unusable("its token_type is not bearer"));
    }
    let life = read_life(answer.get("expires_in"));
    let good_until = Instant::now() + (life - SKEW.min(life / 2));
    Ok(Token { text: SecretText::new(text), good_until })
}

/// How long a token lives. Some servers write the number as a text.
fn read_life(expires_in: Option<&Value>) -> Duration {
    let seconds = match expires_in {
        Some(Value::Number(number)) => number.as_f64(),
        Some(Value::String(text)) => text.parse().ok(),
        _ => None,
    };
    let life = seconds.map(|seconds| Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(LIFE_MAX));
    life.unwrap_or(LIFE_DEFAULT).min(LIFE_MAX)
}

/// The error code of an answer, if it is one: not whatever a server puts there, least of all what it was sent.
fn error_code(answer: &Value, oauth2: &OAuth2) -> Option<String> {
    let code = answer.get("error")?.as_str()?;
    let is_code =
        code.len() <= ERROR_CODE_BYTES_MAX && code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    let is_told = code.contains(oauth2.client_secret.expose());
    (is_code && !code.is_empty() && !is_told).then(|| code.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_token_is_good_until_shortly_before_its_end_and_a_day_at_most() {
        let life = |expires_in: Value| read_life(Some(&expires_in)).as_secs();
        assert_eq!((life(json!(3600)), life(json!("3600")), life(json!(90.5))), (3600, 3600, 90));
        assert_eq!((life(json!(-5)), life(json!(1e300)), life(json!("x"))), (0, 86_400, 300));
        assert_eq!(read_life(None), LIFE_DEFAULT);
        let good_for = |expires_in: u64| {
            let token = read_token(&json!({"access_token": "t", "expires_in": expires_in})).ok().unwrap();
            token.good_until.saturating_duration_since(Instant::now()).as_secs_f64().round()
        };
        assert_eq!((good_for(3600), good_for(40), good_for(0)), (3570.0, 20.0, 0.0));
    }

    #[test]
    fn answers_without_a_bearer_token_for_a_header_are_of_no_use() {
        let wrong = [
            json!(null),
            json!({"access_token": ""}),
            json!({"access_token": 5}),
            json!({"access_token": "a b"}),
            json!({"access_token": "a\nb"}),
            json!({"access_token": "x".repeat(TOKEN_BYTES_MAX + 1)}),
            json!({"access_token": "t", "token_type": "mac"}),
        ];
        for answer in wrong {
            assert!(matches!(read_token(&answer), Err(AuthFault::Unusable(_))), "{answer}");
        }
    }
}
