//! Sites: whose pages may send signals.

use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};
use serde_json::json;

use super::{as_lines, change_form, saved, shown};
use crate::app::App;
use crate::web::failure::Failure;
use crate::web::form::{Errors, Form};
use crate::web::parts::{Field, card};
use crate::web::viewer::Viewer;

const PATH: &str = "/settings/sites";

/// What is written, and what it means.
const EXAMPLES: &[(&str, &str)] = &[
    ("example.com", "that host only, not www.example.com"),
    ("www.example.com", "that host only"),
    ("*.example.com", "every host below example.com, not example.com itself"),
    ("example.com/careers", "in the list of denied ones: that page and those below it"),
];

pub(super) async fn show(State(app): State<App>, viewer: Viewer) -> Response {
    shown(&app, &viewer, PATH, draw, |set| {
        Form::of([("sites/allow", as_lines(&set.sites.allow)), ("sites/deny", as_lines(&set.sites.deny))])
    })
}

pub(super) async fn save(State(app): State<App>, viewer: Viewer, form: Form) -> Result<Response, Failure> {
    let change = json!({ "sites": { "allow": form.lines("sites/allow"), "deny": form.lines("sites/deny") } });
    saved(app, viewer, PATH, form, change, draw).await
}

fn draw(_: &App, viewer: &Viewer, form: &Form, errors: &Errors) -> Markup {
    let field = |name: &'static str, label: &'static str| {
        Field::new(name, label).lines(6).code().value(form.raw(name)).errors(errors)
    };
    let fields = html! {
        (field("sites/allow", "Allowed sites").placeholder("example.com\n*.example.com")
            .hint(html! { "One per line. Empty means that every site may send that is not denied below." }).show())
        (field("sites/deny", "Denied sites and pages").placeholder("staging.example.com\nexample.com/careers")
            .hint(html! { "One per line. They win over the allowed ones." }).show())
    };
    html! {
        div.columns {
            (card("Sites", html! {
                p.muted { "Page views and other signals that come from a page of another site are refused, so that copies of your website and test systems do not count. What servers send without naming a page passes." }
                (change_form(viewer, PATH, errors, fields))
            }))
            (card("How to write them", html! {
                dl.facts.tall { @for (text, means) in EXAMPLES { dt { code { (text) } } dd { (means) } } }
            }))
        }
    }
}
