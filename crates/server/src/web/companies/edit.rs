//! Adding a company by hand, and changing one.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use beckon_domain::id::CompanyId;
use http::StatusCode;
use maud::{Markup, html};
use serde_json::Value;

use super::name;
use crate::api::companies::{self, CompanyForm};
use crate::app::App;
use crate::audit::as_shown;
use crate::extract::{ById, Json, Path};
use crate::problem::Problem;
use crate::web::failure::Failure;
use crate::web::form::{self, Errors, Form};
use crate::web::page::{Page, Place};
use crate::web::parts::{Field, error_summary};
use crate::web::people::{changed, made, text_of};
use crate::web::said::saying;
use crate::web::viewer::Viewer;

/// Every field, as the API calls it.
const FIELDS: [&str; 7] = ["domain", "group_id", "name", "industry", "employees", "country", "linkedin_url"];

/// What a form is for.
enum Of {
    New,
    Known(CompanyId, String),
}

pub(super) async fn add(viewer: Viewer) -> Result<Response, Failure> {
    viewer.check_may_work()?;
    Ok(page(&viewer, &Of::New, &Form::default(), &Errors::default()))
}

pub(super) async fn create(State(app): State<App>, viewer: Viewer, form: Form) -> Result<Response, Failure> {
    viewer.check_may_work()?;
    match upsert(app, &viewer, &form).await {
        Ok((id, created)) => {
            let said = if created { "created" } else { "saved" };
            Ok(Redirect::to(&viewer.path(&saying(&format!("/companies/{id}"), said))).into_response())
        }
        Err(problem) => Ok(page(&viewer, &Of::New, &form, &Errors::of(problem)?)),
    }
}

async fn upsert(app: App, viewer: &Viewer, form: &Form) -> Result<(CompanyId, bool), Problem> {
    let said = form::read::<CompanyForm>(&made(form, &FIELDS))?;
    let done = companies::upsert(State(app), viewer.caller, Json(said)).await?;
    Ok((done.value.id, done.created))
}

pub(super) async fn edit(
    State(app): State<App>,
    viewer: Viewer,
    Path(ById { id }): Path<ById<CompanyId>>,
) -> Result<Response, Failure> {
    viewer.check_may_work()?;
    let Json(company) = companies::get(State(app), viewer.caller, Path(ById { id })).await?;
    let known = as_shown(&company);
    let filled = Form::of(FIELDS.map(|field| (field, text_of(&known[field]))));
    Ok(page(&viewer, &Of::Known(id, name(&company)), &filled, &Errors::default()))
}

pub(super) async fn change(
    State(app): State<App>,
    viewer: Viewer,
    Path(ById { id }): Path<ById<CompanyId>>,
    form: Form,
) -> Result<Response, Failure> {
    viewer.check_may_work()?;
    let Json(company) = companies::get(State(app.clone()), viewer.caller, Path(ById { id })).await?;
    let change = changed(&form, &FIELDS, &as_shown(&company));
    match save(app, &viewer, id, change).await {
        Ok(()) => Ok(Redirect::to(&viewer.path(&saying(&format!("/companies/{id}"), "saved"))).into_response()),
        Err(problem) => Ok(page(&viewer, &Of::Known(id, name(&company)), &form, &Errors::of(problem)?)),
    }
}

async fn save(app: App, viewer: &Viewer, id: CompanyId, change: Value) -> Result<(), Problem> {
    let change = form::read::<CompanyForm>(&change)?;
    companies::change(State(app), viewer.caller, Path(ById { id }), Json(change)).await.map(|_| ())
}

fn page(viewer: &Viewer, of: &Of, form: &Form, errors: &Errors) -> Response {
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    match of {
        Of::New => Page::new(viewer, Place::Companies, "Add company")
            .below("Companies", "/companies")
            .lead(html! { "If there is one of that domain or group id already, it is changed." })
            .status(status)
            .show(fields(viewer, "/companies", "/companies", "Add company", form, errors)),
        Of::Known(id, name) => {
            let back = format!("/companies/{id}");
            Page::new(viewer, Place::Companies, "Edit company")
                .below("Companies", "/companies")
                .below(name, &back)
                .status(status)
                .show(fields(viewer, &format!("{back}/edit"), &back, "Save", form, errors))
        }
    }
}

fn fields(viewer: &Viewer, path: &str, back: &str, button: &str, form: &Form, errors: &Errors) -> Markup {
    let field = |name: &'static str, label: &'static str| Field::new(name, label).value(form.raw(name)).errors(errors);
    html! {
        section.card {
            form method="post" action=(viewer.path(path)) {
                (error_summary(errors))
                div.two {
                    (field("domain", "Domain").placeholder("acme.com").hint(html! { "Identifies the company. Give this or a group id." }).show())
                    (field("group_id", "Group id").hint(html! { "The id the company has in your own system." }).show())
                }
                div.two {
                    (field("name", "Name").placeholder("Acme Corp").show())
                    (field("industry", "Industry").show())
                }
                div.two {
                    (field("employees", "Employees").kind("number").show())
                    (field("country", "Country").show())
                }
                (field("linkedin_url", "LinkedIn page").show())
                div.form-foot {
                    button.primary { (button) }
                    a.button.quiet href=(viewer.path(back)) { "Cancel" }
                }
            }
        }
    }
}
