//! Coming in with an address and a password, by the link of an invitation, and going out.
//!
//! Promise: an address that nobody has and a wrong password are answered with the same words after the same time;
//! guesses are limited; whoever was signed in before with this browser is not any more.
//! Not here: what a session opens (`viewer.rs`), and making invitations (`api/members.rs`).

mod next;
mod session;
mod welcome;

use axum::Router;
use axum::extract::State;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use beckon_domain::email::Email;
use beckon_domain::member::Member;
use beckon_domain::secret::SecretText;
use http::header::RETRY_AFTER;
use http::{HeaderMap, StatusCode, Uri};
use maud::{Markup, html};
use std::time::Duration;

use super::failure::Failure;
use super::form::{Errors, Form};
use super::page;
use super::parts::{Field, Tone, note};
use super::said;
use super::viewer::theme;
use crate::app::App;
use crate::client_address::From;
use crate::problem::Problem;

pub(super) use session::end as end_session;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/sign-in", get(show).post(sign_in))
        .route("/sign-out", post(sign_out))
        .route("/welcome/{token}", get(welcome::show).post(welcome::accept))
}

async fn show(State(app): State<App>, headers: HeaderMap, uri: Uri) -> Result<Response, Failure> {
    let query = uri.query().unwrap_or_default();
    let given = Form::of(url::form_urlencoded::parse(query.as_bytes()).map(|(k, v)| (k.into_owned(), v.into_owned())));
    if session::is_open(&app, &headers).await? {
        return Ok(Redirect::to(&next::own_path(given.text("next"))).into_response());
    }
    let above = html! {
        @if let Some(said) = said::sentence(given.text("said")) { (note(Tone::Info, said, html! {}, None)) }
        @if nobody_has_an_account(&app).await? {
            (note(Tone::Info, "Nobody has an account yet", html! {
                "Open the link that " code { "beckon serve" } " printed when it started: it makes the owner's account. "
                "A link is good for three days; each start prints a new one until there is an account."
            }, None))
        }
    };
    Ok(drawn(&headers, StatusCode::OK, above, &given, &Errors::default()))
}

/// Whether this is a Beckon that was only just started.
async fn nobody_has_an_account(app: &App) -> Result<bool, Problem> {
    for workspace in app.store.list_workspaces().await? {
        if !app.store.list_members(workspace.id).await?.is_empty() {
            return Ok(false);
        }
    }
    Ok(true)
}

async fn sign_in(State(app): State<App>, from: From, headers: HeaderMap, form: Form) -> Result<Response, Failure> {
    let refused = |status, title: &str, text: &str| {
        drawn(&headers, status, note(Tone::Bad, title, html! { (text) }, None), &form, &Errors::default())
    };
    let (email, password) = (Email::parse(form.text("email")), SecretText::new(form.raw("password")));
    let Some(email) = email.filter(|_| !password.expose().is_empty()) else {
        return Ok(refused(
            StatusCode::UNPROCESSABLE_ENTITY,
            WRONG,
            "Give the address and the password of your account.",
        ));
    };
    if let Err(wait) = app.attempts().count(email.as_str(), from.0, app.ambient.now()) {
        let text = format!("Try again in {}. Other browsers that are signed in stay so.", in_words(wait));
        let mut response = refused(StatusCode::TOO_MANY_REQUESTS, "Too many attempts", &text);
        response.headers_mut().insert(RETRY_AFTER, http::HeaderValue::from(seconds(wait)));
        return Ok(response);
    }
    if let Some(member) = proven(&app, &email, &password).await? {
        app.attempts().forget(email.as_str());
        // Whoever was signed in here before leaves.
        session::end(&app, &headers, "/").await?;
        let path = next::own_path(form.text("next"));
        if let Some(response) = session::begin(&app, member.id, &member.password_hash, &path).await? {
            return Ok(response);
        }
    }
    Ok(refused(StatusCode::UNPROCESSABLE_ENTITY, WRONG, "The address or the password is not right."))
}

/// What is said whenever somebody does not come in.
const WRONG: &str = "You are not signed in";

/// The member with that address, if that is their password.
async fn proven(app: &App, email: &Email, password: &SecretText) -> Result<Option<Member>, Problem> {
    let member = app.store.find_member(email).await?;
    let is_right = app.passwords().is_right(password, member.as_ref().map(|member| &member.password_hash)).await?;
    Ok(member.filter(|_| is_right))
}

async fn sign_out(State(app): State<App>, headers: HeaderMap) -> Result<Response, Failure> {
    Ok(session::end(&app, &headers, &said::saying("/sign-in", "signed-out")).await?)
}

fn drawn(headers: &HeaderMap, status: StatusCode, above: Markup, form: &Form, errors: &Errors) -> Response {
    let body = html! {
        (above)
        section.card {
            form method="post" action="/sign-in" {
                input type="hidden" name="next" value=(form.text("next"));
                (Field::new("email", "E-mail address").kind("email").required().autocomplete("username")
                    .value(form.text("email")).errors(errors).show())
                (Field::new("password", "Password").kind("password").required().autocomplete("current-password")
                    .errors(errors).show())
                div.form-foot { button.primary { "Sign in" } }
            }
        }
        p.small.muted {
            "Forgotten your password? An admin of your workspace can make a link with which you choose a new one."
        }
    };
    (status, Html(page::alone_in("Sign in", theme(headers), body).into_string())).into_response()
}

/// Whole seconds, never less than asked.
pub(super) fn seconds(wait: Duration) -> u64 {
    u64::try_from(wait.as_millis().div_ceil(1000)).unwrap_or(u64::MAX).max(1)
}

/// How long to wait, in words.
pub(super) fn in_words(wait: Duration) -> String {
    match seconds(wait) {
        1 => "a second".to_owned(),
        some @ 2..=90 => format!("{some} seconds"),
        more => format!("{} minutes", more.div_ceil(60)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_never_said_to_be_shorter_than_it_is() {
        let said = |millis| in_words(Duration::from_millis(millis));
        assert_eq!(
            [1, 1_001, 30_000, 91_000, 120_001].map(said),
            ["a second", "2 seconds", "30 seconds", "2 minutes", "3 minutes"]
        );
    }
}
