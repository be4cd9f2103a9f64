//! Which identifiers name nobody.

use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};
use serde_json::json;

use super::{as_lines, change_form, saved, shown};
use crate::api::settings::SettingsView;
use crate::app::App;
use crate::web::failure::Failure;
use crate::web::form::{Errors, Form};
use crate::web::parts::{Field, card};
use crate::web::viewer::Viewer;

const PATH: &str = "/settings/identity";
const FIELD: &str = "identity/blocked_values";

pub(super) async fn show(State(app): State<App>, viewer: Viewer) -> Response {
    shown(&app, &viewer, PATH, draw, form_of)
}

pub(super) async fn save(State(app): State<App>, viewer: Viewer, form: Form) -> Result<Response, Failure> {
    let change = json!({ "identity": { "blocked_values": form.lines(FIELD) } });
    saved(app, viewer, PATH, form, change, draw).await
}

fn form_of(set: &SettingsView) -> Form {
    Form::of([(FIELD, as_lines(&set.identity.blocked_values))])
}

fn draw(_: &App, viewer: &Viewer, form: &Form, errors: &Errors) -> Markup {
    let field = Field::new(FIELD, "Blocked values").lines(6).code().value(form.raw(FIELD)).errors(errors);
    let fields = field
        .placeholder("demo\ntest@example.com")
        .hint(html! { "One per line, whatever the case: user ids, addresses, ids of browsers and of accounts." })
        .show();
    card(
        "What names nobody",
        html! {
            p.muted {
                "An id that many people share, such as that of a demo account, would make them one person. Put it here, and it is as if "
                "nobody had said it. What programs write when they don't know who it is, such as " code { "null" } ", "
                code { "undefined" } " or " code { "anonymous" } ", never names anybody."
            }
            (change_form(viewer, PATH, errors, fields))
        },
    )
}
