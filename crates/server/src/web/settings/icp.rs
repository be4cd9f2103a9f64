//! The ideal customer profile, which rules of segments can ask for.

use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};
use serde_json::{Value, json};

use super::{as_lines, change_form, saved, shown};
use crate::app::App;
use crate::web::failure::Failure;
use crate::web::form::{Errors, Form};
use crate::web::parts::{Field, card};
use crate::web::viewer::Viewer;

const PATH: &str = "/settings/icp";

pub(super) async fn show(State(app): State<App>, viewer: Viewer) -> Response {
    shown(&app, &viewer, PATH, draw, |set| {
        Form::of([
            ("icp/titles", as_lines(&set.icp.titles)),
            ("icp/titles_not", as_lines(&set.icp.titles_not)),
            ("icp/seniorities", as_lines(&set.icp.seniorities)),
            ("icp/domains", as_lines(&set.icp.domains)),
        ])
    })
}

pub(super) async fn save(State(app): State<App>, viewer: Viewer, form: Form) -> Result<Response, Failure> {
    let lines = |name: &str| Value::from(form.lines(name));
    let change = json!({ "icp": {
        "titles": lines("icp/titles"), "titles_not": lines("icp/titles_not"),
        "seniorities": lines("icp/seniorities"), "domains": lines("icp/domains"),
    } });
    saved(app, viewer, PATH, form, change, draw).await
}

fn draw(_: &App, viewer: &Viewer, form: &Form, errors: &Errors) -> Markup {
    let field =
        |name: &'static str, label: &'static str| Field::new(name, label).lines(5).value(form.raw(name)).errors(errors);
    let fields = html! {
        div.two {
            (field("icp/titles", "Titles").placeholder("VP\nHead of\nDirector").hint(html! { "A title has one of these words." }).show())
            (field("icp/titles_not", "Not these titles").placeholder("Intern\nAssistant").hint(html! { "A title has none of these words." }).show())
        }
        div.two {
            (field("icp/seniorities", "Seniorities").placeholder("C-suite\nDirector\nManager").hint(html! { "The seniority is one of these." }).show())
            (field("icp/domains", "Target accounts").placeholder("acme.com").hint(html! { "The company's domain is one of these." }).show())
        }
    };
    card(
        "Ideal customer profile",
        html! {
            p.muted { "Whom you want to sell to. One entry per line; a list that is empty asks for nothing. Segments can ask for whoever fits; changing it here changes all of them." }
            (change_form(viewer, PATH, errors, fields))
        },
    )
}
