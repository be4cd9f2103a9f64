//! Sessions: one for each browser somebody is signed in with.
//!
//! Promise: the token is in the browser's cookie only; the store has its hash. Scripts cannot read the cookie, and other
//! sites' forms do not send it.

use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use beckon_domain::id::MemberId;
use beckon_domain::member::{SESSION_LIFE, Session};
use beckon_domain::secret::SecretText;
use http::HeaderMap;
use http::header::SET_COOKIE;
use jiff::SignedDuration;

use crate::app::App;
use crate::auth;
use crate::problem::Problem;
use crate::web::viewer::{SESSION_COOKIE, cookie};

/// Signs a member in who has just shown the password kept as `shown`, and sends the browser to `path`. `None` if the
/// password was changed meanwhile: then the session would outlive the change that should have ended it.
pub(crate) async fn begin(
    app: &App,
    member: MemberId,
    shown: &SecretText,
    path: &str,
) -> Result<Option<Response>, Problem> {
    let token = auth::generate_token(&app.ambient);
    let (hash, now) = (auth::hash(&token), app.ambient.now());
    let session = Session { member_id: member, created_at: now, expires_at: now + SESSION_LIFE };
    app.store.create_session(&session, hash).await?;
    let found = app.store.find_session(hash, now).await?;
    if found.is_none_or(|(_, member)| member.password_hash != *shown) {
        app.store.delete_session(hash).await?;
        return Ok(None);
    }
    Ok(Some(with_cookie(app, &token, SESSION_LIFE, path)))
}

/// Ends the session of the browser that asks, if there is one, and sends it to `path`.
pub(crate) async fn end(app: &App, headers: &HeaderMap, path: &str) -> Result<Response, Problem> {
    if let Some(token) = cookie(headers, SESSION_COOKIE) {
        app.store.delete_session(auth::hash(token)).await?;
    }
    Ok(with_cookie(app, "", SignedDuration::ZERO, path))
}

/// Whether the browser that asks is signed in.
pub(crate) async fn is_open(app: &App, headers: &HeaderMap) -> Result<bool, Problem> {
    let Some(token) = cookie(headers, SESSION_COOKIE) else { return Ok(false) };
    Ok(app.store.find_session(auth::hash(token), app.ambient.now()).await?.is_some())
}

/// RFC 6265 §4.1; `SameSite=Lax` so that links from elsewhere still find whoever is signed in.
fn with_cookie(app: &App, token: &str, life: SignedDuration, path: &str) -> Response {
    let secure = if app.options.secure_cookies { "; Secure" } else { "" };
    let cookie =
        format!("{SESSION_COOKIE}={token}; Path=/; Max-Age={}; HttpOnly; SameSite=Lax{secure}", life.as_secs());
    (AppendHeaders([(SET_COOKIE, cookie)]), Redirect::to(path)).into_response()
}
