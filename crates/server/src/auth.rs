//! Who is asking; API keys, which manage; and making keys nobody can guess.
//!
//! Promise: a key that is revoked opens nothing from the moment that call returned; a 401 says whether the
//! key is missing, malformed, unknown or revoked, and repeats nothing of it.
//! Not here: storing and revoking keys (`api/keys.rs`), and who shows a write key (`tracking/write_key.rs`).

use aide::OperationInput;
use aide::generate::GenContext;
use aide::openapi::Operation;
use axum::extract::FromRequestParts;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use beckon_domain::ambient::Ambient;
use beckon_domain::id::{ApiKeyId, MemberId, PortalLinkId, WorkspaceId};
use beckon_store::keys::KeyHash;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use http::request::Parts;
use sha2::{Digest, Sha256};

use crate::app::App;
use crate::problem::{Code, Problem};

/// Fewest characters an API key may have.
pub const KEY_CHARS_MIN: usize = 16;
/// Most characters an API key may have.
pub const KEY_CHARS_MAX: usize = 256;
/// What the API keys we make begin with.
const KEY_PREFIX: &str = "bk_";
/// What the write keys we make begin with.
const WRITE_KEY_PREFIX: &str = "bw_";
/// How much of a key people may see again, in characters.
const HINT_CHARS: usize = 7;
/// Randomness of an API key we make, in bytes.
const KEY_BYTES: usize = 32;
/// Randomness of a write key we make, in bytes. It need not be secret, only never the same twice.
const WRITE_KEY_BYTES: usize = 18;
/// Randomness of a token in a link or a cookie, in bytes.
const TOKEN_BYTES: usize = 32;
/// The security scheme's name in the document.
pub(crate) const API_KEY_SCHEME: &str = "api_key";

/// Makes an API key nobody can guess.
pub fn generate(ambient: &Ambient) -> String {
    random::<KEY_BYTES>(KEY_PREFIX, ambient)
}

/// Makes a write key that nobody has.
pub fn generate_write_key(ambient: &Ambient) -> String {
    random::<WRITE_KEY_BYTES>(WRITE_KEY_PREFIX, ambient)
}

/// Makes the token of an invitation's link or a session's cookie, which nobody can guess.
pub fn generate_token(ambient: &Ambient) -> String {
    random::<TOKEN_BYTES>("", ambient)
}

/// Nothing in it means anything in a URL, a header or a page.
fn random<const BYTES: usize>(prefix: &str, ambient: &Ambient) -> String {
    let mut bytes = [0; BYTES];
    ambient.fill(&mut bytes);
    format!("{prefix}{}", URL_SAFE_NO_PAD.encode(bytes))
}

/// What is stored of an API key or a token, and found by.
///
/// A plain SHA-256: both are random, or chosen by the operator as randomly as any secret.
pub fn hash(key: &str) -> KeyHash {
    Sha256::digest(key.as_bytes()).into()
}

/// The first characters of a key, so that people can tell keys apart.
pub fn hint(key: &str) -> String {
    key.chars().take(HINT_CHARS).collect()
}

/// Checks that an operator's choice of a key can be one, naming nothing of it.
pub fn check_key(key: &str) -> Result<(), String> {
    let visible = key.bytes().all(|byte| byte.is_ascii_graphic());
    if visible && (KEY_CHARS_MIN..=KEY_CHARS_MAX).contains(&key.len()) {
        Ok(())
    } else {
        Err(format!("an API key is {KEY_CHARS_MIN} to {KEY_CHARS_MAX} visible ASCII characters"))
    }
}

/// Whoever asks, and has shown that they may. Extracted from a request, it is whoever showed an API key; people who are
/// signed in, or came by a portal link, are told by `web/viewer.rs`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller {
    /// Where they may ask.
    pub workspace_id: WorkspaceId,
    /// Who they are.
    pub who: Who,
}

impl Caller {
    /// The member who calls, unless it is a key or a portal link.
    pub(crate) fn member_id(self) -> Option<MemberId> {
        match self.who {
            Who::Member(id) => Some(id),
            Who::Key(_) | Who::Portal(_) => None,
        }
    }
}

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// The holder of an API key.
    Key(ApiKeyId),
    /// A person who has signed in.
    Member(MemberId),
    /// Whoever was given a portal link.
    Portal(PortalLinkId),
}

impl FromRequestParts<App> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Caller, Problem> {
        if let Some(caller) = parts.extensions.get::<Caller>() {
            return Ok(*caller);
        }
        let caller = find_caller(app, bearer(&parts.headers)?).await?;
        parts.extensions.insert(caller);
        Ok(caller)
    }
}

/// That the operation asks for a key is said once for the whole API (`openapi.rs`).
impl OperationInput for Caller {
    fn operation_input(_: &mut GenContext, _: &mut Operation) {}
}

/// Asked of the store every time: this is what makes a revocation act at once. The store may remember.
async fn find_caller(app: &App, key: &str) -> Result<Caller, Problem> {
    let Some(found) = app.store.find_api_key(hash(key)).await? else {
        return Err(Problem::new(Code::UnauthorizedUnknown, "nobody has this API key"));
    };
    if found.revoked_at.is_some() {
        return Err(Problem::new(Code::UnauthorizedRevoked, "this API key was revoked"));
    }
    Ok(Caller { workspace_id: found.workspace_id, who: Who::Key(found.id) })
}

/// The key of `Authorization: Bearer …` (RFC 6750 §2.1).
fn bearer(headers: &HeaderMap) -> Result<&str, Problem> {
    let malformed = |detail: &str| Problem::new(Code::UnauthorizedMalformed, detail);
    let mut given = headers.get_all(AUTHORIZATION).iter();
    let Some(value) = given.next() else {
        let detail = "no API key was given: send the header Authorization: Bearer <API key>";
        return Err(Problem::new(Code::UnauthorizedMissing, detail));
    };
    if given.next().is_some() {
        return Err(malformed("the Authorization header was given twice"));
    }
    let form = "the Authorization header is not of the form: Bearer <API key>";
    let text = value.to_str().ok().ok_or_else(|| malformed(form))?;
    let (scheme, key) = text.split_once(' ').ok_or_else(|| malformed(form))?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(malformed(form));
    }
    let key = key.trim();
    check_key(key).map_err(|reason| malformed(&reason))?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(authorization: &[&str]) -> HeaderMap {
        authorization.iter().map(|value| (AUTHORIZATION, value.parse().unwrap())).collect()
    }

    // behaviour A10
    #[test]
    fn a_key_that_is_missing_or_malformed_is_told_apart() {
        let code = |authorization: &[&str]| bearer(&headers(authorization)).unwrap_err().code();
        assert_eq!(code(&[]), Code::UnauthorizedMissing);
        let long = format!("Bearer {}", "k".repeat(KEY_CHARS_MAX + 1));
        for odd in [
            "Bearer",
            "Bearer ",
            "Bearer short",
            "Basic abcdefghijklmnopqrst",
            "abc",
            "Bearer a b c d e f g h i",
            &long,
        ] {
            assert_eq!(code(&[odd]), Code::UnauthorizedMalformed, "{odd}");
        }
        assert_eq!(code(&["Bearer abcdefghijklmnop", "Bearer abcdefghijklmnop"]), Code::UnauthorizedMalformed);
        assert_eq!(bearer(&headers(&["bearer abcdefghijklmnop"])), Ok("abcdefghijklmnop"));
    }
}
