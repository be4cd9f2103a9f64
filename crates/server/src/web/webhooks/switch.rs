//! Switching a webhook on, and off with a reason.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use beckon_domain::id::WebhookId;
use http::StatusCode;
use maud::html;
use serde_json::{Value, json};

use super::frame::Shown;
use crate::api::webhooks;
use crate::app::App;
use crate::extract::{ById, Json, Path};
use crate::problem::Problem;
use crate::web::Failure;
use crate::web::form::{Errors, Form, read};
use crate::web::parts::{Field, dialog_body, error_summary};
use crate::web::said::saying;
use crate::web::viewer::Viewer;

pub(super) async fn enable(
    State(app): State<App>,
    viewer: Viewer,
    Path(ById { id }): Path<ById<WebhookId>>,
) -> Result<Response, Failure> {
    viewer.check_may_work()?;
    change(&app, &viewer, id, json!({"enabled": true})).await?;
    Ok(Redirect::to(&viewer.path(&saying(&format!("/webhooks/{id}"), "enabled"))).into_response())
}

pub(super) async fn ask(
    State(app): State<App>,
    viewer: Viewer,
    Path(ById { id }): Path<ById<WebhookId>>,
) -> Result<Response, Failure> {
    viewer.check_may_work()?;
    let shown = Shown::find(&app, &viewer, id).await?;
    Ok(page(&viewer, &shown, &Form::default(), &Errors::default()))
}

pub(super) async fn disable(
    State(app): State<App>,
    viewer: Viewer,
    Path(ById { id }): Path<ById<WebhookId>>,
    form: Form,
) -> Result<Response, Failure> {
    viewer.check_may_work()?;
    let shown = Shown::find(&app, &viewer, id).await?;
    let reason = form.given("disabled_reason").map_or(Value::Null, Value::from);
    match change(&app, &viewer, id, json!({"enabled": false, "disabled_reason": reason})).await {
        Ok(()) => Ok(Redirect::to(&viewer.path(&saying(&format!("/webhooks/{id}"), "disabled"))).into_response()),
        Err(problem) => Ok(page(&viewer, &shown, &form, &Errors::of(problem)?)),
    }
}

async fn change(app: &App, viewer: &Viewer, id: WebhookId, change: Value) -> Result<(), Problem> {
    let change = read(&change)?;
    webhooks::update(State(app.clone()), viewer.caller, Path(ById { id }), Json(change)).await?;
    Ok(())
}

fn page(viewer: &Viewer, shown: &Shown, form: &Form, errors: &Errors) -> Response {
    let body = html! {
        form method="post" action={ (shown.path) "/disable" } data-exchange novalidate {
            (error_summary(errors))
            p { strong { (shown.title) } " gets nothing until it is enabled again." }
            ul {
                li { "What waits for it is canceled. " em { "Recover failed" } " sends it later." }
                li { "Events that come meanwhile are not sent. " em { "Replay missing" } " sends them later." }
                li { "Its settings, secret and history stay." }
            }
            (Field::new("disabled_reason", "Reason").value(form.raw("disabled_reason")).errors(errors)
                .placeholder("CRM is being migrated").hint(html! { "Shown beside the status, for your colleagues. Optional." }).show())
            div.form-foot {
                button.primary { "Disable webhook" }
                a.button.quiet href=(shown.path) data-close { "Cancel" }
            }
        }
    };
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    shown
        .below(viewer, "Disable webhook")
        .status(status)
        .show(html! { section.card { (dialog_body("Disable webhook", body)) } })
}
