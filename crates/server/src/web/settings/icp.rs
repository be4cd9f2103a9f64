//! The ideal customer profile, which rules of segments can ask for.

use axum::extract::State;
use axum::response::Response;
use beckon_domain::segment::Segment;
use maud::{Markup, html};
use serde_json::{Value, json};

use super::{as_lines, change_form, saved, shown};
use crate::app::App;
use crate::web::failure::Failure;
use crate::web::form::{Errors, Form};
use crate::web::parts::{Field, card};
use crate::web::segments::used_by;
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
            (field("icp/titles", "Titles").placeholder("VP\nHead of\nDirector").hint(html! { "A title has one of these words or phrases, as whole words: VP is in “VP Sales”, not in “Development”." }).show())
            (field("icp/titles_not", "Not these titles").placeholder("Intern\nAssistant").hint(html! { "A title has none of these words or phrases." }).show())
        }
        div.two {
            (field("icp/seniorities", "Seniorities").placeholder("C-suite\nDirector\nManager").hint(html! { "The seniority is one of these." }).show())
            (field("icp/domains", "Target accounts").placeholder("acme.com").hint(html! { "The company's domain is one of these." }).show())
        }
    };
    let profile = card(
        "Ideal customer profile",
        html! {
            p.muted {
                "Whom you want to sell to. One entry per line. Whoever fits matches every list that is not empty; if all of them are empty, nobody fits. "
                "Segments about companies look at the target accounts only."
            }
            (change_form(viewer, PATH, errors, fields))
        },
    );
    html! { (profile) (segments(viewer)) }
}

/// What a change of the profile changes with it.
fn segments(viewer: &Viewer) -> Markup {
    let asking: Vec<&Segment> = viewer.workspace.segments.iter().filter(|segment| segment.rule.asks_icp()).collect();
    card(
        "Segments that ask for it",
        html! {
            @if asking.is_empty() {
                p.muted { "None. In the rule of a segment, add a condition of the kind “Ideal customer profile”." }
            } @else {
                p.muted { "A change of the profile counts for them from the next signal on." }
                (used_by(viewer, asking.into_iter()))
            }
        },
    )
}
