//! Settings: the workspace, sites, keys, ideal customer profile, retention, notices, the public catalog.
//!
//! Everybody may look; admins and owners change. Each page changes its own part through the API's function, so that two
//! people on different pages do not undo each other.

mod audit;
mod catalog;
mod icp;
mod identity;
mod keys;
mod members;
mod notices;
mod pixel;
mod retention;
mod sites;
mod suppressions;
mod workspace;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use http::StatusCode;
use maud::{Markup, html};
use serde_json::Value;

use super::failure::Failure;
use super::form::{self, Errors, Form};
use super::page::{Page, Place};
use super::parts::{Tone, error_summary, note, tabs};
use super::said::saying;
use super::viewer::Viewer;
use crate::api::settings::{self, ChangeSettings, SettingsView};
use crate::app::App;
use crate::extract::Json;
use crate::problem::Problem;

/// The pages: words and path.
const TABS: &[(&str, &str)] = &[
    ("Workspace", "/settings"),
    ("Sites", "/settings/sites"),
    ("Keys", "/settings/keys"),
    ("Members", "/settings/members"),
    ("Ideal customer", "/settings/icp"),
    ("Identity", "/settings/identity"),
    ("Suppression", "/settings/suppressions"),
    ("Retention", "/settings/retention"),
    ("Notices", "/settings/notices"),
    ("Public catalog", "/settings/catalog"),
    ("Audit log", "/settings/audit"),
];

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/settings", get(workspace::show).post(workspace::save))
        .route("/settings/sites", get(sites::show).post(sites::save))
        .route("/settings/pixel", post(pixel::save))
        .route("/settings/icp", get(icp::show).post(icp::save))
        .route("/settings/identity", get(identity::show).post(identity::save))
        .route("/settings/suppressions", get(suppressions::show).post(suppressions::add))
        .route("/settings/suppressions/{id}/remove", post(suppressions::remove))
        .route("/settings/retention", get(retention::show).post(retention::save))
        .route("/settings/notices", get(notices::show).post(notices::save))
        .route("/settings/catalog", get(catalog::show).post(catalog::save))
        .route("/settings/keys", get(keys::show))
        .route("/settings/keys/api", post(keys::create_api_key))
        .route("/settings/keys/api/{id}/revoke", post(keys::revoke_api_key))
        .route("/settings/keys/write", post(keys::create_write_key))
        .route("/settings/keys/write/{id}/revoke", post(keys::revoke_write_key))
        .merge(members::routes())
        .merge(audit::routes())
}

/// The tabs above every page of settings; `path` is the one that is shown.
pub(super) fn tabs_at(viewer: &Viewer, path: &str) -> Markup {
    tabs("Settings", TABS.iter().map(|(words, to)| (*words, viewer.path(to), *to == path)))
}

/// A page of settings.
fn page(viewer: &Viewer, path: &str, status: StatusCode, body: Markup) -> Response {
    let words = TABS.iter().find(|(_, known)| *known == path).map_or("Settings", |(words, _)| words);
    let title = if path == "/settings" { "Settings".to_owned() } else { format!("{words} · Settings") };
    Page::new(viewer, Place::Settings, title).heading(html! { "Settings" }).status(status).show(html! {
        (tabs_at(viewer, path))
        div.stack { (body) }
    })
}

/// A form that changes settings, or shows them to those who may not change them.
fn change_form(viewer: &Viewer, path: &str, errors: &Errors, fields: Markup) -> Markup {
    let may = viewer.may_administer();
    html! {
        @if !may { (only_admins()) }
        form method="post" action=(viewer.path(path)) {
            (error_summary(errors))
            fieldset disabled[!may] { (fields) }
            @if may { div.form-foot { button.primary { "Save" } } }
        }
    }
}

fn only_admins() -> Markup {
    note(Tone::Plain, "You can look", html! { "Only admins and owners of the workspace change settings." }, None)
}

/// How a page of settings is drawn: from the form as it stands and what is wrong with it.
type Draw = fn(&App, &Viewer, &Form, &Errors) -> Markup;

/// The page with the settings as they are.
fn shown(app: &App, viewer: &Viewer, path: &str, draw: Draw, fill: fn(&SettingsView) -> Form) -> Response {
    let form = fill(&SettingsView::of(&viewer.workspace));
    page(viewer, path, StatusCode::OK, draw(app, viewer, &form, &Errors::default()))
}

/// Carries out `change`, and shows the page again with what is wrong with it.
async fn saved(
    app: App,
    viewer: Viewer,
    path: &str,
    form: Form,
    change: Value,
    draw: Draw,
) -> Result<Response, Failure> {
    viewer.check_may_administer()?;
    match carry_out(&app, &viewer, &change).await {
        Ok(()) => Ok(Redirect::to(&viewer.path(&saying(path, "saved"))).into_response()),
        Err(problem) => {
            let errors = Errors::of(problem)?;
            Ok(page(&viewer, path, StatusCode::UNPROCESSABLE_ENTITY, draw(&app, &viewer, &form, &errors)))
        }
    }
}

async fn carry_out(app: &App, viewer: &Viewer, change: &Value) -> Result<(), Problem> {
    let change = form::read::<ChangeSettings>(change)?;
    settings::change(State(app.clone()), viewer.caller, Json(change)).await.map(|_| ())
}

/// A list as a field of several lines holds it.
fn as_lines(all: impl IntoIterator<Item = impl ToString>) -> String {
    all.into_iter().map(|line| line.to_string()).collect::<Vec<_>>().join("\n")
}
