//! `/account`: what people set for themselves: name, password, their sessions.
//!
//! Promise: another password ends every session but the one it was changed in, and is asked for the old one, so that a
//! browser left open gives nobody the account; guesses at it are limited, whatever goes on at the door.
//! Not here: what they may do, which others decide (`settings/members.rs`).

use std::borrow::Cow;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use beckon_domain::invalid::{Findings, Invalid};
use beckon_domain::member::{self, Member, PASSWORD_CHARS_MIN};
use beckon_domain::secret::SecretText;
use http::{HeaderMap, StatusCode};
use maud::html;
use serde_json::{Value, json};

use super::failure::Failure;
use super::form::{Errors, Form};
use super::page::{Page, Place};
use super::parts::{Field, card, error_summary, facts, moment};
use super::said::saying;
use super::sign_in::{end_session, in_words};
use super::viewer::Viewer;
use crate::api::members;
use crate::app::App;
use crate::audit::{self, Change};
use crate::problem::Problem;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/account", get(show).post(rename))
        .route("/account/password", post(change_password))
        .route("/account/sign-out-everywhere", post(sign_out_everywhere))
}

/// Which of the forms was wrong.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Name,
    Password,
    Sessions,
}

async fn show(State(app): State<App>, viewer: Viewer) -> Result<Response, Failure> {
    let member = own(&app, &viewer).await?;
    Ok(drawn(&viewer, &member, None, &Form::default(), &Errors::default()))
}

/// The member who looks. A portal link is nobody's account.
async fn own(app: &App, viewer: &Viewer) -> Result<Member, Problem> {
    let id = viewer.caller.member_id().ok_or_else(|| Problem::not_found("account"))?;
    Ok(app.store.get_member(viewer.caller.workspace_id, id).await?)
}

async fn rename(State(app): State<App>, viewer: Viewer, form: Form) -> Result<Response, Failure> {
    let _turn = members::turn(&app, viewer.caller.workspace_id).await;
    let before = own(&app, &viewer).await?;
    let mut findings = Findings::default();
    member::check_name(form.text("name"), &mut findings);
    if let Err(invalid) = findings.into_result(()) {
        return Ok(drawn(&viewer, &before, Some(Part::Name), &form, &Errors::of(invalid.into())?));
    }
    let after = Member { name: form.text("name").to_owned(), ..before.clone() };
    app.store.update_member(&after, viewer.session).await?;
    let (was, is) = (json!({ "name": before.name }), json!({ "name": after.name }));
    note(&app, &viewer, "member.renamed", was, is).await?;
    Ok(Redirect::to(&saying("/account", "saved")).into_response())
}

async fn change_password(State(app): State<App>, viewer: Viewer, form: Form) -> Result<Response, Failure> {
    let member = own(&app, &viewer).await?;
    let new = SecretText::new(form.raw("password"));
    let checked = match member::check_password(&new) {
        Ok(()) => check_own_password(&app, &member, &form).await?,
        Err(invalid) => Err(invalid),
    };
    if let Err(invalid) = checked {
        return Ok(drawn(&viewer, &member, Some(Part::Password), &form, &Errors::of(invalid.into())?));
    }
    rehash(&app, &viewer, &member, &new, Keep::ThisSession).await?;
    note(&app, &viewer, "member.password_changed", Value::Null, Value::Null).await?;
    Ok(Redirect::to(&saying("/account", "password-changed")).into_response())
}

async fn sign_out_everywhere(
    State(app): State<App>,
    viewer: Viewer,
    headers: HeaderMap,
    form: Form,
) -> Result<Response, Failure> {
    let member = own(&app, &viewer).await?;
    if let Err(invalid) = check_own_password(&app, &member, &form).await? {
        return Ok(drawn(&viewer, &member, Some(Part::Sessions), &form, &Errors::of(invalid.into())?));
    }
    // The same password hashed anew is another one to the store, which ends all sessions with the change.
    let same = SecretText::new(form.raw("current_password"));
    rehash(&app, &viewer, &member, &same, Keep::Nothing).await?;
    note(&app, &viewer, "member.signed_out_everywhere", Value::Null, Value::Null).await?;
    Ok(end_session(&app, &headers, &saying("/sign-in", "signed-out")).await?)
}

/// Whether they gave the password they have.
async fn check_own_password(app: &App, member: &Member, form: &Form) -> Result<Result<(), Invalid>, Problem> {
    let wrong = |reason: Cow<'static, str>| Ok(Err(Invalid::one("current_password", reason)));
    let account = member.id.to_string();
    if let Err(wait) = app.own_attempts().count(&account, None, app.ambient.now()) {
        return wrong(format!("was tried too often: try again in {}", in_words(wait)).into());
    }
    let given = SecretText::new(form.raw("current_password"));
    if !app.passwords().is_right(&given, Some(&member.password_hash)).await? {
        return wrong("is not your password".into());
    }
    app.own_attempts().forget(&account);
    Ok(Ok(()))
}

/// Which sessions outlive a change of password.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keep {
    ThisSession,
    Nothing,
}

/// Stores a password. If it was changed since `member` was read, whoever did that wins.
async fn rehash(app: &App, viewer: &Viewer, member: &Member, password: &SecretText, keep: Keep) -> Result<(), Problem> {
    let password_hash = app.passwords().hash(password, &app.ambient).await?;
    // Not while hashing, which takes long.
    let _turn = members::turn(app, viewer.caller.workspace_id).await;
    let now = own(app, viewer).await?;
    if now.password_hash != member.password_hash {
        return Err(Problem::conflict("your password was changed in the meantime: sign in with the new one"));
    }
    let keep = viewer.session.filter(|_| keep == Keep::ThisSession);
    Ok(app.store.update_member(&Member { password_hash, ..now }, keep).await?)
}

async fn note(app: &App, viewer: &Viewer, action: &'static str, before: Value, after: Value) -> Result<(), Problem> {
    let subject = viewer.caller.member_id().map(|id| id.to_string()).unwrap_or_default();
    audit::record(app, viewer.caller, Change { action, subject: &subject, before, after }).await
}

fn drawn(viewer: &Viewer, member: &Member, wrong: Option<Part>, form: &Form, errors: &Errors) -> Response {
    let none = Errors::default();
    let of = |part| if wrong == Some(part) { errors } else { &none };
    let name = if wrong == Some(Part::Name) { form.raw("name") } else { &member.name };
    let about = facts([
        ("E-mail address", html! { (member.email) }),
        ("Role", html! { (member.role) }),
        ("Workspace", html! { (viewer.workspace.name) }),
        (
            "Last sign-in",
            html! {
                @match member.signed_in_at { Some(at) => (moment(at, &viewer.zone)), None => "never" }
            },
        ),
    ]);
    let body = html! {
        div.halves {
            (card("You", html! {
                (about)
                form method="post" action="/account" {
                    (error_summary(of(Part::Name)))
                    (Field::new("name", "Name").required().autocomplete("name").value(name).errors(of(Part::Name)).show())
                    div.form-foot { button.primary { "Save name" } }
                }
            }))
            (card("Password", html! {
                form method="post" action="/account/password" {
                    (error_summary(of(Part::Password)))
                    input type="hidden" name="username" autocomplete="username" value=(member.email);
                    (Field::new("current_password", "Your password now").kind("password").required()
                        .autocomplete("current-password").errors(of(Part::Password)).show())
                    (Field::new("password", "New password").kind("password").required().autocomplete("new-password")
                        .hint(html! { "At least " (PASSWORD_CHARS_MIN) " characters. Other browsers are signed out." })
                        .errors(of(Part::Password)).show())
                    div.form-foot { button.primary { "Change password" } }
                }
            }))
            (card("Sessions", html! {
                p.muted { "A session ends by itself after two weeks. If a browser got lost, or you forgot to sign out somewhere, end all of them: this one too." }
                form method="post" action="/account/sign-out-everywhere" {
                    (error_summary(of(Part::Sessions)))
                    div.field {
                        label for="sessions-password" { "Your password" span aria-hidden="true" { " *" } }
                        input id="sessions-password" type="password" name="current_password" required autocomplete="current-password"
                            aria-invalid=[of(Part::Sessions).at("current_password").map(|_| "true")]
                            aria-describedby=[of(Part::Sessions).at("current_password").map(|_| "sessions-password-error")];
                        @if let Some(error) = of(Part::Sessions).at("current_password") {
                            span.error #sessions-password-error { (error) }
                        }
                    }
                    div.form-foot { button.danger { "Sign out everywhere" } }
                }
            }))
        }
    };
    let status = if wrong.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Page::new(viewer, Place::Nowhere, "Your account").status(status).show(body)
}
