//! The suppression list: who must not become known.

use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use beckon_domain::id::SuppressionId;
use beckon_domain::suppression::SuppressedKind;
use http::StatusCode;
use maud::{Markup, html};

use super::{only_admins, page};
use crate::api::suppressions::{self, AddSuppressions, SuppressionView};
use crate::app::App;
use crate::extract::{ById, Json, Path, Query};
use crate::web::failure::Failure;
use crate::web::form::{Errors, Form};
use crate::web::parts::{Field, card, choice, error_summary, further, moment, post_button, row_cell, table};
use crate::web::people::{self, ROWS};
use crate::web::said::saying;
use crate::web::viewer::Viewer;

pub(super) const PATH: &str = "/settings/suppressions";

pub(super) async fn show(
    State(app): State<App>,
    viewer: Viewer,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    draw(&app, &viewer, StatusCode::OK, &people::query(query.as_deref()), &Form::of([("", "")]), &Errors::default())
        .await
}

pub(super) async fn add(State(app): State<App>, viewer: Viewer, form: Form) -> Result<Response, Failure> {
    viewer.check_may_administer()?;
    let new = AddSuppressions {
        emails: form.lines("emails"),
        user_ids: form.lines("user_ids"),
        keep_values: form.has("keep_values"),
    };
    match suppressions::add(State(app.clone()), viewer.caller, Json(new)).await {
        Ok(_) => Ok(Redirect::to(&viewer.path(&saying(PATH, "saved"))).into_response()),
        Err(problem) => {
            let errors = Errors::of(problem)?;
            draw(&app, &viewer, StatusCode::UNPROCESSABLE_ENTITY, &people::query(None), &form, &errors).await
        }
    }
}

pub(super) async fn remove(
    State(app): State<App>,
    viewer: Viewer,
    path: Path<ById<SuppressionId>>,
) -> Result<Response, Failure> {
    viewer.check_may_administer()?;
    suppressions::remove(State(app), viewer.caller, path).await?;
    Ok(Redirect::to(&viewer.path(&saying(PATH, "off-list"))).into_response())
}

async fn draw(
    app: &App,
    viewer: &Viewer,
    status: StatusCode,
    query: &Form,
    form: &Form,
    errors: &Errors,
) -> Result<Response, Failure> {
    let wanted = people::page(query);
    let is_first = wanted.cursor.is_none();
    let Json(found) = suppressions::list(State(app.clone()), viewer.caller, Query(wanted)).await?;
    let body = html! {
        (card("Suppression list", html! {
            p.muted {
                "Whoever is on it does not become known: a signal that names them counts for nobody, and contacts and imports with "
                "their address are refused. Contacts that are known already cause no more events."
            }
            @if viewer.may_administer() { (add_form(viewer, form, errors)) } @else { (only_admins()) }
        }))
        @if !found.data.is_empty() || !is_first {
            section.card.flush {
                (table("On the list", &["Kind", "Who", "Since", ""], html! { @for entry in &found.data { (row(viewer, entry)) } }))
                (further(&viewer.here, found.data.len(), ROWS, found.next_cursor.as_deref(), is_first))
            }
        }
    };
    Ok(page(viewer, PATH, status, body))
}

fn add_form(viewer: &Viewer, form: &Form, errors: &Errors) -> Markup {
    let field = |name: &'static str, label: &'static str, example: &'static str| {
        Field::new(name, label).lines(4).code().value(form.raw(name)).placeholder(example).errors(errors).show()
    };
    html! {
        form method="post" action=(viewer.path(PATH)) {
            (error_summary(errors))
            div.two {
                (field("emails", "Addresses, one per line", "jane@acme.com"))
                (field("user_ids", "User ids, one per line", "u-17"))
            }
            (choice("keep_values", "1", form.has("keep_values"), html! { "Show them in the list" }, Some("If not, only hashes are kept: the list works, and nobody can read it.")))
            div.form-foot { button.primary { "Add" } }
        }
    }
}

fn row(viewer: &Viewer, entry: &SuppressionView) -> Markup {
    let kind = match entry.kind {
        SuppressedKind::Email => "Address",
        SuppressedKind::UserId => "User id",
    };
    let asks = "Take this off the suppression list? Whoever it is about can become known again.";
    html! {
        tr {
            (row_cell("Kind", html! { (kind) }))
            (row_cell("Who", html! { @match &entry.value { Some(value) => (value), None => span.muted { "Kept as a hash" } } }))
            (row_cell("Since", moment(entry.created_at, &viewer.zone)))
            (row_cell("", html! {
                @if viewer.may_administer() {
                    (post_button(&viewer.path(&format!("{PATH}/{}/remove", entry.id)), "small", "Take off", Some(asks)))
                }
            }))
        }
    }
}
