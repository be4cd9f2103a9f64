//! Making and renaming a list.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use beckon_domain::id::ListId;
use http::StatusCode;
use maud::html;
use serde_json::json;

use crate::api::lists::{self, ListChange, NewList};
use crate::app::App;
use crate::extract::{ById, Json, Path};
use crate::problem::Problem;
use crate::reply::Created;
use crate::web::failure::Failure;
use crate::web::form::{Errors, Form, read};
use crate::web::page::{Page, Place};
use crate::web::parts::{Field, dialog_body, error_summary};
use crate::web::said::saying;
use crate::web::viewer::Viewer;

pub(super) async fn add(viewer: Viewer) -> Result<Response, Failure> {
    viewer.check_may_work()?;
    Ok(new_list(&viewer, &Form::default(), &Errors::default()))
}

pub(super) async fn create(state: State<App>, viewer: Viewer, form: Form) -> Result<Response, Failure> {
    viewer.check_may_work()?;
    let said = json!({ "name": form.text("name"), "subject": form.text("subject") });
    let made = match read::<NewList>(&said) {
        Ok(new) => lists::create(state, viewer.caller, Json(new)).await,
        Err(problem) => Err(problem),
    };
    match made {
        Ok(Created { value, .. }) => {
            Ok(Redirect::to(&viewer.path(&saying(&format!("/lists/{}", value.id), "created"))).into_response())
        }
        Err(problem) => Ok(new_list(&viewer, &form, &Errors::of(problem)?)),
    }
}

fn new_list(viewer: &Viewer, form: &Form, errors: &Errors) -> Response {
    let body = html! {
        section.card {
            form method="post" action=(viewer.path("/lists")) {
                (error_summary(errors))
                (Field::new("name", "Name").required().value(form.raw("name")).placeholder("Target accounts").errors(errors).show())
                (Field::new("subject", "What it holds").value(form.text("subject")).errors(errors)
                    .hint(html! { "A segment about companies can only ask for lists of companies." })
                    .select([("contact", "Contacts"), ("company", "Companies")]))
                div.form-foot {
                    button.primary { "Create list" }
                    a.button.quiet href=(viewer.path("/lists")) { "Cancel" }
                }
            }
        }
    };
    Page::new(viewer, Place::Lists, "New list").below("Lists", "/lists").status(status(errors)).show(body)
}

pub(super) async fn ask(
    State(app): State<App>,
    viewer: Viewer,
    Path(ById { id }): Path<ById<ListId>>,
) -> Result<Response, Failure> {
    viewer.check_may_work()?;
    let Json(list) = lists::get(State(app), viewer.caller, Path(ById { id })).await?;
    Ok(renaming(&viewer, id, &list.name, &Errors::default()))
}

pub(super) async fn rename(
    state: State<App>,
    viewer: Viewer,
    Path(ById { id }): Path<ById<ListId>>,
    form: Form,
) -> Result<Response, Failure> {
    viewer.check_may_work()?;
    let renamed = match read::<ListChange>(&json!({ "name": form.text("name") })) {
        Ok(change) => lists::change(state, viewer.caller, Path(ById { id }), Json(change)).await.map(drop),
        Err(problem) => Err::<(), Problem>(problem),
    };
    match renamed {
        Ok(()) => Ok(Redirect::to(&viewer.path(&saying(&format!("/lists/{id}"), "saved"))).into_response()),
        Err(problem) => Ok(renaming(&viewer, id, form.raw("name"), &Errors::of(problem)?)),
    }
}

fn renaming(viewer: &Viewer, id: ListId, name: &str, errors: &Errors) -> Response {
    let path = format!("/lists/{id}");
    let body = html! {
        form method="post" action=(viewer.path(&format!("{path}/rename"))) {
            (error_summary(errors))
            (Field::new("name", "Name").required().value(name).errors(errors).show())
            div.form-foot {
                button.primary { "Rename" }
                a.button.quiet href=(viewer.path(&path)) data-close { "Cancel" }
            }
        }
    };
    let page = Page::new(viewer, Place::Lists, "Rename list").below("Lists", "/lists").below("List", &path);
    page.status(status(errors)).show(html! { section.card { (dialog_body("Rename list", body)) } })
}

fn status(errors: &Errors) -> StatusCode {
    if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY }
}
