//! `/welcome/{token}`: what the link of an invitation opens.
//!
//! The first owner says who they are; whoever was invited is known by address; whoever was given a link to reset
//! their password is known altogether.
//! Promise: a link is used once; what was typed is still there when something is wrong with it, except passwords.

use axum::extract::State;
use axum::response::{Html, IntoResponse, Response};
use beckon_domain::email::Email;
use beckon_domain::id::WorkspaceId;
use beckon_domain::invalid::{Findings, Invalid};
use beckon_domain::member::{self, Invitation, Member, PASSWORD_CHARS_MIN};
use beckon_domain::secret::SecretText;
use beckon_store::StoreError;
use http::{HeaderMap, StatusCode};
use maud::{Markup, html};
use schemars::JsonSchema;
use serde::Deserialize;

use super::session;
use crate::api::members::MemberView;
use crate::app::App;
use crate::audit::{self, Change};
use crate::auth::{self, Caller, Who};
use crate::extract::Path;
use crate::problem::Problem;
use crate::web::failure::Failure;
use crate::web::form::{Errors, Form};
use crate::web::page;
use crate::web::parts::{Field, error_summary};
use crate::web::viewer::theme;

/// What is in the path.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct ByToken {
    /// The token.
    token: String,
}

/// An invitation that can be accepted.
struct Open {
    invitation: Invitation,
    /// Whose password is chosen anew.
    resets: Option<Member>,
    /// What people call the workspace.
    workspace: String,
}

pub(super) async fn show(
    State(app): State<App>,
    headers: HeaderMap,
    Path(ByToken { token }): Path<ByToken>,
) -> Result<Response, Failure> {
    match find(&app, &token).await? {
        Some(open) => Ok(asking(&headers, &open, &Form::default(), &Errors::default())),
        None => Ok(closed(&headers)),
    }
}

/// The invitation, unless it was used, taken back, replaced, has expired, or never was.
async fn find(app: &App, token: &str) -> Result<Option<Open>, Problem> {
    let found = app.store.find_invitation(auth::hash(token)).await?;
    let Some(invitation) = found.filter(|found| found.expires_at > app.ambient.now()) else { return Ok(None) };
    let resets = match invitation.resets {
        Some(id) => Some(app.store.get_member(invitation.workspace_id, id).await?),
        None => None,
    };
    let workspace = name_of(app, invitation.workspace_id).await?;
    Ok(Some(Open { invitation, resets, workspace }))
}

async fn name_of(app: &App, id: WorkspaceId) -> Result<String, Problem> {
    let all = app.store.list_workspaces().await?;
    Ok(all.into_iter().find(|workspace| workspace.id == id).map_or_else(String::new, |workspace| workspace.name))
}

pub(super) async fn accept(
    State(app): State<App>,
    headers: HeaderMap,
    Path(ByToken { token }): Path<ByToken>,
    form: Form,
) -> Result<Response, Failure> {
    let Some(open) = find(&app, &token).await? else { return Ok(closed(&headers)) };
    let again = |problem: Problem| Ok(asking(&headers, &open, &form, &Errors::of(problem)?));
    let read = match read(&app, &open, &form).await? {
        Ok(member) => member,
        Err(invalid) => return again(invalid.into()),
    };
    // Like every change of members, so that none is undone by one that began before it.
    let turn = app.edit_turns().take((open.invitation.workspace_id, crate::api::members::TURN.to_owned())).await;
    match app.store.accept_invitation(auth::hash(&token), &read, app.ambient.now()).await {
        Ok(()) => {}
        Err(StoreError::NotFound(_)) => return Ok(closed(&headers)),
        Err(StoreError::Exists(_)) => {
            return again(Problem::field("email", "is the address of a member already: sign in with it instead"));
        }
        Err(error) => return Err(error.into()),
    }
    let caller = Caller { workspace_id: read.workspace_id, who: Who::Member(read.id) };
    let shown = audit::as_shown(&MemberView::from(read.clone()));
    let (action, after) = match open.resets {
        Some(_) => ("member.password_reset", serde_json::Value::Null),
        None => ("member.joined", shown),
    };
    let change = Change { action, subject: &read.id.to_string(), before: serde_json::Value::Null, after };
    audit::record(&app, caller, change).await?;
    drop(turn);
    // They were held up by guesses that this ends.
    app.attempts().forget(read.email.as_str());
    session::end(&app, &headers, "/").await?;
    let signed_in = session::begin(&app, read.id, &read.password_hash, "/").await?;
    Ok(signed_in.unwrap_or_else(|| axum::response::Redirect::to("/sign-in").into_response()))
}

/// The member as they will be, with the password hashed; or everything that is wrong with what they gave.
async fn read(app: &App, open: &Open, form: &Form) -> Result<Result<Member, Invalid>, Problem> {
    let mut findings = Findings::default();
    let email = match (&open.resets, &open.invitation.email) {
        (Some(member), _) => Ok(member.email.clone()),
        (None, Some(email)) => Ok(email.clone()),
        (None, None) => Email::parse(form.text("email"))
            .ok_or_else(|| Invalid::one("email", "is no e-mail address: write one such as jane.doe@example.com")),
    };
    findings.take(email.clone());
    if open.resets.is_none() {
        member::check_name(form.text("name"), &mut findings);
    }
    let password = SecretText::new(form.raw("password"));
    findings.take(member::check_password(&password));
    let email = match findings.into_result(()).and(email) {
        Ok(email) => email,
        Err(invalid) => return Ok(Err(invalid)),
    };
    let password_hash = app.passwords().hash(&password, &app.ambient).await?;
    Ok(Ok(match &open.resets {
        Some(member) => Member { password_hash, ..member.clone() },
        None => Member {
            id: app.ambient.new_id(),
            workspace_id: open.invitation.workspace_id,
            email,
            name: form.text("name").to_owned(),
            role: open.invitation.role,
            password_hash,
            created_at: app.ambient.now(),
            signed_in_at: None,
        },
    }))
}

fn asking(headers: &HeaderMap, open: &Open, form: &Form, errors: &Errors) -> Response {
    let known = open.resets.as_ref().map(|member| &member.email).or(open.invitation.email.as_ref());
    let (title, button) = match &open.resets {
        Some(_) => ("Choose a new password", "Save and sign in"),
        None => ("Welcome to Beckon", "Make my account"),
    };
    let body = html! {
        (error_summary(errors))
        p { (about(open)) }
        section.card {
            form method="post" {
                @match known {
                    Some(email) => {
                        div.field {
                            label for="field-email" { "E-mail address" }
                            span.hint id="field-email-hint" { "You sign in with it." }
                            input id="field-email" type="email" value=(email) readonly autocomplete="username" aria-describedby="field-email-hint";
                        }
                    }
                    None => (Field::new("email", "E-mail address").kind("email").required().autocomplete("username")
                        .hint(html! { "You sign in with it." }).value(form.text("email")).errors(errors).show()),
                }
                @if open.resets.is_none() {
                    (Field::new("name", "Your name").required().autocomplete("name").value(form.text("name"))
                        .errors(errors).show())
                }
                (Field::new("password", "Password").kind("password").required().autocomplete("new-password")
                    .hint(html! { "At least " (PASSWORD_CHARS_MIN) " characters. A few words that do not belong together are good." })
                    .errors(errors).show())
                div.form-foot { button.primary { (button) } }
            }
        }
    };
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    (status, Html(page::alone_in(title, theme(headers), body).into_string())).into_response()
}

fn about(open: &Open) -> Markup {
    let role = open.invitation.role;
    html! {
        @if open.resets.is_some() {
            "Whatever else is signed in with this account is signed out."
        } @else if open.invitation.email.is_none() {
            "This account will own the workspace " strong { (open.workspace) } ": it can do everything, and invite others."
        } @else {
            "You were invited to the workspace " strong { (open.workspace) } " as " strong { (role) } "."
        }
    }
}

/// One answer to all that does not open, so that nobody learns which links there were.
fn closed(headers: &HeaderMap) -> Response {
    let body = html! {
        section.card {
            p { "It was used already, was replaced by a newer one, was taken back, or is older than three days." }
            p {
                "Have you used it yourself? Then sign in. Otherwise ask whoever sent it to you for a new one. "
                "For the very first account, start " code { "beckon serve" } " again: it prints a new link."
            }
            div.actions { a.button.primary href="/sign-in" { "Sign in" } }
        }
    };
    let page = page::alone_in("This link does not open anything", theme(headers), body);
    (StatusCode::NOT_FOUND, Html(page.into_string())).into_response()
}
