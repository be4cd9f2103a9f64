//! Adding a contact by hand, and changing one.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use beckon_domain::id::ContactId;
use http::StatusCode;
use maud::{Markup, html};
use serde_json::Value;

use super::name;
use crate::api::contacts::{self, ContactForm};
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
const FIELDS: [&str; 12] = [
    "email",
    "user_id",
    "first_name",
    "last_name",
    "title",
    "company",
    "company_domain",
    "seniority",
    "department",
    "country",
    "phone",
    "linkedin_url",
];

/// What a form is for.
enum Of {
    New,
    Known(ContactId, String),
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
            Ok(Redirect::to(&viewer.path(&saying(&format!("/contacts/{id}"), said))).into_response())
        }
        Err(problem) => Ok(page(&viewer, &Of::New, &form, &Errors::of(problem)?)),
    }
}

async fn upsert(app: App, viewer: &Viewer, form: &Form) -> Result<(ContactId, bool), Problem> {
    let said = form::read::<ContactForm>(&made(form, &FIELDS))?;
    let done = contacts::upsert(State(app), viewer.caller, Json(said)).await?;
    Ok((done.value.id, done.created))
}

pub(super) async fn edit(
    State(app): State<App>,
    viewer: Viewer,
    Path(ById { id }): Path<ById<ContactId>>,
) -> Result<Response, Failure> {
    viewer.check_may_work()?;
    let Json(contact) = contacts::get(State(app), viewer.caller, Path(ById { id })).await?;
    let known = as_shown(&contact);
    let filled = Form::of(FIELDS.map(|field| (field, text_of(&known[field]))));
    Ok(page(&viewer, &Of::Known(id, name(&contact)), &filled, &Errors::default()))
}

pub(super) async fn change(
    State(app): State<App>,
    viewer: Viewer,
    Path(ById { id }): Path<ById<ContactId>>,
    form: Form,
) -> Result<Response, Failure> {
    viewer.check_may_work()?;
    let Json(contact) = contacts::get(State(app.clone()), viewer.caller, Path(ById { id })).await?;
    let change = changed(&form, &FIELDS, &as_shown(&contact));
    match save(app, &viewer, id, change).await {
        Ok(()) => Ok(Redirect::to(&viewer.path(&saying(&format!("/contacts/{id}"), "saved"))).into_response()),
        Err(problem) => Ok(page(&viewer, &Of::Known(id, name(&contact)), &form, &Errors::of(problem)?)),
    }
}

async fn save(app: App, viewer: &Viewer, id: ContactId, change: Value) -> Result<(), Problem> {
    let change = form::read::<ContactForm>(&change)?;
    contacts::change(State(app), viewer.caller, Path(ById { id }), Json(change)).await.map(|_| ())
}

fn page(viewer: &Viewer, of: &Of, form: &Form, errors: &Errors) -> Response {
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    match of {
        Of::New => Page::new(viewer, Place::Contacts, "Add contact")
            .below("Contacts", "/contacts")
            .lead(html! { "If there is somebody of that address or user id already, they are changed." })
            .status(status)
            .show(fields(viewer, "/contacts", "/contacts", "Add contact", form, errors)),
        Of::Known(id, name) => {
            let back = format!("/contacts/{id}");
            Page::new(viewer, Place::Contacts, "Edit contact")
                .below("Contacts", "/contacts")
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
                    (field("email", "Email").kind("email").hint(html! { "Identifies the person. Give this or a user id." }).show())
                    (field("user_id", "User id").hint(html! { "The id the person has in your own system." }).show())
                }
                div.two {
                    (field("first_name", "First name").show())
                    (field("last_name", "Last name").show())
                }
                div.two {
                    (field("title", "Title").placeholder("VP Marketing").show())
                    (field("seniority", "Seniority").placeholder("Director").show())
                }
                div.two {
                    (field("company", "Company").placeholder("Acme Corp").show())
                    (field("company_domain", "Company domain").placeholder("acme.com")
                        .hint(html! { "The account they belong to. One that is not known yet is made." }).show())
                }
                div.two {
                    (field("department", "Department").show())
                    (field("country", "Country").show())
                }
                div.two {
                    (field("phone", "Phone").kind("tel").show())
                    (field("linkedin_url", "LinkedIn profile").show())
                }
                div.form-foot {
                    button.primary { (button) }
                    a.button.quiet href=(viewer.path(back)) { "Cancel" }
                }
            }
        }
    }
}
