//! API keys and write keys: making one, which shows it, and revoking one.
//!
//! A new API key is shown in the answer that makes it, and nowhere else: that page is not kept, and cannot be come back to.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use beckon_domain::id::{ApiKeyId, WriteKeyId};
use beckon_domain::key::WriteKeyKind;
use beckon_store::page::PAGE_ROWS_MAX;
use http::StatusCode;
use jiff::Timestamp;
use maud::{Markup, html};
use serde_json::json;

use super::{only_admins, page};
use crate::api::keys::{self, ApiKeyView, NewApiKey, NewKey, NewWriteKey, WriteKeyView};
use crate::app::App;
use crate::extract::{ById, Json, Path, Query};
use crate::paging::PageQuery;
use crate::problem::Problem;
use crate::web::failure::Failure;
use crate::web::form::{self, Errors, Form};
use crate::web::parts::{Tone, badge, copyable, error_summary, moment, note, post_button, row_cell, table};
use crate::web::said::saying;
use crate::web::viewer::Viewer;

const PATH: &str = "/settings/keys";

/// Which of the two forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Of {
    Api,
    Write,
}

/// What stands in the forms, and above the page.
#[derive(Default)]
struct Filled<'a> {
    of: Option<Of>,
    name: &'a str,
    errors: Errors,
    made: Option<NewApiKey>,
}

pub(super) async fn show(State(app): State<App>, viewer: Viewer) -> Result<Response, Failure> {
    draw(&app, &viewer, StatusCode::OK, Filled::default()).await
}

pub(super) async fn create_api_key(State(app): State<App>, viewer: Viewer, form: Form) -> Result<Response, Failure> {
    viewer.check_may_administer()?;
    match make_api_key(&app, &viewer, &form).await {
        Ok(made) => draw(&app, &viewer, StatusCode::OK, Filled { made: Some(made), ..Filled::default() }).await,
        Err(problem) => again(&app, &viewer, Of::Api, &form, problem).await,
    }
}

async fn make_api_key(app: &App, viewer: &Viewer, form: &Form) -> Result<NewApiKey, Problem> {
    let new = form::read::<NewKey>(&json!({ "name": form.text("name") }))?;
    Ok(keys::create_api_key(State(app.clone()), viewer.caller, Json(new)).await?.0.value)
}

pub(super) async fn create_write_key(State(app): State<App>, viewer: Viewer, form: Form) -> Result<Response, Failure> {
    viewer.check_may_administer()?;
    match make_write_key(&app, &viewer, &form).await {
        Ok(()) => Ok(Redirect::to(&viewer.path(&saying(PATH, "created"))).into_response()),
        Err(problem) => again(&app, &viewer, Of::Write, &form, problem).await,
    }
}

async fn make_write_key(app: &App, viewer: &Viewer, form: &Form) -> Result<(), Problem> {
    let kind = form.given("kind").unwrap_or("browser");
    let new = form::read::<NewWriteKey>(&json!({ "name": form.text("name"), "kind": kind }))?;
    keys::create_write_key(State(app.clone()), viewer.caller, Json(new)).await.map(|_| ())
}

async fn again(app: &App, viewer: &Viewer, of: Of, form: &Form, problem: Problem) -> Result<Response, Failure> {
    let filled = Filled { of: Some(of), name: form.raw("name"), errors: Errors::of(problem)?, made: None };
    draw(app, viewer, StatusCode::UNPROCESSABLE_ENTITY, filled).await
}

pub(super) async fn revoke_api_key(
    State(app): State<App>,
    viewer: Viewer,
    path: Path<ById<ApiKeyId>>,
) -> Result<Response, Failure> {
    viewer.check_may_administer()?;
    keys::revoke_api_key(State(app), viewer.caller, path).await?;
    Ok(Redirect::to(&viewer.path(&saying(PATH, "revoked"))).into_response())
}

pub(super) async fn revoke_write_key(
    State(app): State<App>,
    viewer: Viewer,
    path: Path<ById<WriteKeyId>>,
) -> Result<Response, Failure> {
    viewer.check_may_administer()?;
    keys::revoke_write_key(State(app), viewer.caller, path).await?;
    Ok(Redirect::to(&viewer.path(&saying(PATH, "revoked"))).into_response())
}

async fn draw(app: &App, viewer: &Viewer, status: StatusCode, filled: Filled<'_>) -> Result<Response, Failure> {
    let newest = || Query(PageQuery { limit: Some(PAGE_ROWS_MAX), cursor: None });
    let Json(api) = keys::list_api_keys(State(app.clone()), viewer.caller, newest()).await?;
    let Json(write) = keys::list_write_keys(State(app.clone()), viewer.caller, newest()).await?;
    let body = html! {
        @if let Some(made) = &filled.made { (shown_once(made)) }
        @if !viewer.may_administer() { (only_admins()) }
        (api_keys(viewer, &api.data, &filled))
        (write_keys(viewer, &write.data, &filled))
    };
    Ok(page(viewer, PATH, status, body))
}

fn shown_once(made: &NewApiKey) -> Markup {
    let text = html! {
        p { "This is the only time “" (made.name) "” is shown. Keep it where you keep passwords." }
        p { (copyable(&made.key, "the key")) }
    };
    note(Tone::Good, "Your new API key", text, None)
}

fn api_keys(viewer: &Viewer, all: &[ApiKeyView], filled: &Filled<'_>) -> Markup {
    let in_use = all.iter().filter(|key| key.revoked_at.is_none()).count();
    let rows = html! {
        @for key in all {
            tr data-key=(key.id) {
                (row_cell("Name", html! { (key.name) }))
                (row_cell("Key", html! { code { (key.hint) "…" } }))
                (row_cell("Status", status(key.revoked_at)))
                (row_cell("Made", moment(key.created_at, &viewer.zone)))
                (row_cell("", html! {
                    @if viewer.may_administer() && key.revoked_at.is_none() {
                        (post_button(&viewer.path(&format!("{PATH}/api/{}/revoke", key.id)), "danger small", "Revoke", Some(&ask(&key.name, in_use == 1, "no program can use the API any more"))))
                    }
                }))
            }
        }
    };
    html! {
        section.card.flush aria-labelledby="api-keys" {
            div.card-head { h2 #api-keys { "API keys" } }
            div.card-body {
                p.muted { "For programs that manage this workspace. They may do everything: keep them secret." }
                (new_key(viewer, Of::Api, "API key", &format!("{PATH}/api"), filled))
            }
            @if all.is_empty() { div.table-foot { "None yet." } }
            @else { (table("API keys", &["Name", "Key", "Status", "Made", ""], rows)) }
        }
    }
}

fn write_keys(viewer: &Viewer, all: &[WriteKeyView], filled: &Filled<'_>) -> Markup {
    let in_use = all.iter().filter(|key| key.revoked_at.is_none()).count();
    let rows = html! {
        @for key in all {
            tr data-key=(key.id) {
                (row_cell("Name", html! { (key.name) }))
                (row_cell("Kept", html! { (kept(key.kind)) }))
                (row_cell("Key", copyable(&key.key, &format!("the write key {}", key.name))))
                (row_cell("Status", status(key.revoked_at)))
                (row_cell("Made", moment(key.created_at, &viewer.zone)))
                (row_cell("", html! {
                    @if viewer.may_administer() && key.revoked_at.is_none() {
                        (post_button(&viewer.path(&format!("{PATH}/write/{}/revoke", key.id)), "danger small", "Revoke", Some(&ask(&key.name, in_use == 1, "no website can send signals any more"))))
                    }
                }))
            }
        }
    };
    html! {
        section.card.flush aria-labelledby="write-keys" {
            div.card-head { h2 #write-keys { "Write keys" } }
            div.card-body {
                p.muted {
                    "For websites, apps and servers that send signals. They can only add. One that is kept in browsers may stand in a "
                    "page; what is said with it of people is taken as a claim, and does not replace what a server said with a key of "
                    "its own."
                }
                (new_key(viewer, Of::Write, "write key", &format!("{PATH}/write"), filled))
            }
            @if all.is_empty() { div.table-foot { "None yet." } }
            @else { (table("Write keys", &["Name", "Kept", "Key", "Status", "Made", ""], rows)) }
        }
    }
}

fn status(revoked_at: Option<Timestamp>) -> Markup {
    if revoked_at.is_some() { badge(Tone::Plain, "Revoked") } else { badge(Tone::Good, "In use") }
}

fn kept(kind: WriteKeyKind) -> &'static str {
    match kind {
        WriteKeyKind::Browser => "In browsers",
        WriteKeyKind::Server => "On servers",
    }
}

/// What is asked before a key is revoked.
fn ask(name: &str, is_last: bool, then: &str) -> String {
    if is_last {
        return format!("“{name}” is the last key in use: without it {then}. Revoke it for good?");
    }
    format!("Revoke “{name}”? It opens nothing from that moment on, for good.")
}

fn new_key(viewer: &Viewer, of: Of, what: &str, path: &str, filled: &Filled<'_>) -> Markup {
    if !viewer.may_administer() {
        return html! {};
    }
    let is_this = filled.of == Some(of);
    let nothing = Errors::default();
    let errors = if is_this { &filled.errors } else { &nothing };
    let label = format!("Name of the new {what}");
    // Two forms on a page: their fields need ids of their own.
    let id = format!("new-{}", what.replace(' ', "-").to_lowercase());
    let wrong = errors.at("name");
    let example = if of == Of::Api { "CRM sync" } else { "Website" };
    html! {
        (error_summary(errors))
        form.filters method="post" action=(viewer.path(path)) {
            div.field {
                label for=(id) { (label) }
                input id=(id) name="name" required value=(if is_this { filled.name } else { "" }) placeholder=(example)
                    aria-invalid=[wrong.is_some().then_some("true")] aria-describedby=[wrong.is_some().then(|| format!("{id}-error"))];
                @if let Some(wrong) = wrong { span.error id={ (id) "-error" } { (wrong) } }
            }
            @if of == Of::Write {
                div.field {
                    label for="new-write-key-kind" { "Kept" }
                    select id="new-write-key-kind" name="kind" {
                        option value="browser" { (kept(WriteKeyKind::Browser)) }
                        option value="server" { (kept(WriteKeyKind::Server)) }
                    }
                }
            }
            button.primary { "Create " (what) }
        }
    }
}
