//! Making a webhook, and changing one.

use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use beckon_domain::id::WebhookId;
use beckon_domain::invalid::{Findings, Invalid, InvalidField};
use http::StatusCode;
use maud::{Markup, html};
use serde::Deserialize;

use super::form::{self, Purpose};
use super::frame::Shown;
use crate::api::webhooks;
use crate::api::webhooks::form::{CreateWebhook, UpdateWebhook};
use crate::app::App;
use crate::extract::{ById, Json, Path};
use crate::problem::Problem;
use crate::reply::Created;
use crate::web::Failure;
use crate::web::form::{Errors, Form, read};
use crate::web::page::{Page, Place};
use crate::web::parts::{Tone, note};
use crate::web::said::saying;
use crate::web::viewer::Viewer;

/// What a new webhook begins with.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Beginning {
    /// The webhook it is a copy of.
    from: Option<String>,
    /// The segments it is limited to, as they are typed.
    channels: Option<String>,
}

pub(super) async fn begin(
    State(app): State<App>,
    viewer: Viewer,
    Query(beginning): Query<Beginning>,
) -> Result<Response, Failure> {
    viewer.check_may_work()?;
    let copied = match &beginning.from {
        Some(id) => {
            let id = id.parse().ok().ok_or_else(|| Problem::not_found("webhook"))?;
            Some(Shown::find(&app, &viewer, id).await?)
        }
        None => None,
    };
    let form = match &copied {
        Some(shown) => form::of_view(&shown.view, true),
        None => Form::of(beginning.channels.map(|channels| ("channels", channels))),
    };
    let above = html! {
        @if let Some(shown) = &copied {
            (note(Tone::Info, "A copy", html! {
                "Everything is as in " strong { (shown.title) } ", but secrets are not copied: give passwords, tokens and secret headers again."
            }, None))
        }
    };
    Ok(new_page(&app, &viewer, &form, &Errors::default(), above))
}

pub(super) async fn create(State(app): State<App>, viewer: Viewer, form: Form) -> Result<Response, Failure> {
    viewer.check_may_work()?;
    match make(&app, &viewer, &form).await {
        Ok(id) => {
            Ok(Redirect::to(&viewer.path(&saying(&format!("/webhooks/{id}"), "webhook-created"))).into_response())
        }
        Err(problem) => Ok(new_page(&app, &viewer, &form, &Errors::of(problem)?, html! {})),
    }
}

async fn make(app: &App, viewer: &Viewer, form: &Form) -> Result<WebhookId, Problem> {
    let mut findings = Findings::default();
    let json = form::to_json(form, true, &mut findings);
    let ours = findings.into_result(()).err();
    let new: CreateWebhook = read(&json).map_err(|theirs| both(ours.clone(), Some(theirs)))?;
    if let Some(ours) = ours {
        let theirs = new.webhook(app, &viewer.workspace).err();
        return Err(both(Some(ours), theirs.map(Problem::from)));
    }
    let Created { value, .. } = webhooks::create(State(app.clone()), viewer.caller, Json(new)).await?;
    Ok(value.id)
}

fn new_page(app: &App, viewer: &Viewer, form: &Form, errors: &Errors, above: Markup) -> Response {
    let back = viewer.path("/webhooks");
    let default = &app.delivery.options().retry_schedule;
    let page = Page::new(viewer, Place::Webhooks, "Add webhook").below("Webhooks", "/webhooks");
    let drawn = form::draw(viewer, Purpose::Create, form, errors, default, &back);
    page.status(status(errors)).show(html! { (above) (drawn) })
}

pub(super) async fn show(
    State(app): State<App>,
    viewer: Viewer,
    Path(ById { id }): Path<ById<WebhookId>>,
) -> Result<Response, Failure> {
    viewer.check_may_work()?;
    let shown = Shown::find(&app, &viewer, id).await?;
    let form = form::of_view(&shown.view, false);
    Ok(edit_page(&app, &viewer, &shown, &form, &Errors::default()))
}

pub(super) async fn save(
    State(app): State<App>,
    viewer: Viewer,
    Path(ById { id }): Path<ById<WebhookId>>,
    form: Form,
) -> Result<Response, Failure> {
    viewer.check_may_work()?;
    let shown = Shown::find(&app, &viewer, id).await?;
    match change(&app, &viewer, id, &form).await {
        Ok(()) => Ok(Redirect::to(&viewer.path(&saying(&format!("/webhooks/{id}"), "saved"))).into_response()),
        Err(problem) => Ok(edit_page(&app, &viewer, &shown, &form, &Errors::of(problem)?)),
    }
}

async fn change(app: &App, viewer: &Viewer, id: WebhookId, form: &Form) -> Result<(), Problem> {
    let mut findings = Findings::default();
    let json = form::to_json(form, false, &mut findings);
    let ours = findings.into_result(()).err();
    let change: UpdateWebhook = read(&json).map_err(|theirs| both(ours.clone(), Some(theirs)))?;
    if let Some(ours) = ours {
        let stored = webhooks::find(app, viewer.caller, id).await?;
        let theirs = change.applied_to(&stored, app, &viewer.workspace).err();
        return Err(both(Some(ours), theirs.map(Problem::from)));
    }
    webhooks::update(State(app.clone()), viewer.caller, Path(ById { id }), Json(change)).await?;
    Ok(())
}

fn edit_page(app: &App, viewer: &Viewer, shown: &Shown, form: &Form, errors: &Errors) -> Response {
    let default = &app.delivery.options().retry_schedule;
    let drawn = form::draw(viewer, Purpose::Edit, form, errors, default, &shown.path);
    shown.below(viewer, "Edit webhook").status(status(errors)).show(drawn)
}

fn status(errors: &Errors) -> StatusCode {
    if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY }
}

/// What the form found wrong, and what the API did: everything that is wrong is told at once.
fn both(ours: Option<Invalid>, theirs: Option<Problem>) -> Problem {
    let mut fields = ours.map(|Invalid(fields)| fields).unwrap_or_default();
    let theirs = theirs.map(|problem| problem.body().errors).unwrap_or_default();
    fields.extend(theirs.into_iter().map(|error| InvalidField { field: error.field, reason: error.reason }));
    Invalid(fields).into()
}
