//! The workspace: its name, and the time zone its days begin in.

use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};
use serde_json::json;

use super::{change_form, saved, shown};
use crate::app::App;
use crate::web::failure::Failure;
use crate::web::form::{Errors, Form};
use crate::web::parts::{Field, card, copyable, facts};
use crate::web::viewer::Viewer;

const PATH: &str = "/settings";

pub(super) async fn show(State(app): State<App>, viewer: Viewer) -> Response {
    shown(&app, &viewer, PATH, draw, |set| {
        Form::of([("name", set.name.as_str()), ("time_zone", set.time_zone.as_str())])
    })
}

pub(super) async fn save(State(app): State<App>, viewer: Viewer, form: Form) -> Result<Response, Failure> {
    let change = json!({ "name": form.text("name"), "time_zone": form.text("time_zone") });
    saved(app, viewer, PATH, form, change, draw).await
}

fn draw(_: &App, viewer: &Viewer, form: &Form, errors: &Errors) -> Markup {
    let fields = html! {
        (Field::new("name", "Name").required().value(form.raw("name")).errors(errors).show())
        (Field::new("time_zone", "Time zone").required().value(form.raw("time_zone")).errors(errors).list("time-zones")
            .hint(html! { "In which times are shown and days begin, such as " code { "Europe/Berlin" } "." }).show())
        datalist #time-zones { @for name in jiff::tz::db().available() { option value=(name.as_str()) {} } }
    };
    html! {
        (card("Workspace", change_form(viewer, PATH, errors, fields)))
        (card("About", facts([("Id", copyable(&viewer.caller.workspace_id.to_string(), "the workspace's id"))])))
    }
}
