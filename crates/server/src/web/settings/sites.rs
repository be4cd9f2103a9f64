//! Sites: whose pages may send signals, and the pixel that they send them with (`pixel.rs`).

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use http::{HeaderMap, StatusCode};
use maud::{Markup, html};
use serde_json::json;

use super::{as_lines, carry_out, change_form, page, pixel};
use crate::api::settings::SettingsView;
use crate::app::App;
use crate::problem::Problem;
use crate::web::failure::Failure;
use crate::web::form::{Errors, Form};
use crate::web::parts::{Field, card};
use crate::web::said::saying;
use crate::web::viewer::Viewer;

pub(super) const PATH: &str = "/settings/sites";

/// What is written, and what it means.
const EXAMPLES: &[(&str, &str)] = &[
    ("example.com", "that host only, not www.example.com"),
    ("www.example.com", "that host only"),
    ("*.example.com", "every host below example.com, not example.com itself"),
    ("example.com/careers", "in the list of denied ones: that page and those below it; with https:// before it, too"),
];

pub(super) async fn show(State(app): State<App>, viewer: Viewer, headers: HeaderMap) -> Result<Response, Failure> {
    let pixel = drawn(&app, &viewer, &headers).await?;
    Ok(page_with(&viewer, StatusCode::OK, None, pixel))
}

pub(super) async fn save(
    State(app): State<App>,
    viewer: Viewer,
    headers: HeaderMap,
    form: Form,
) -> Result<Response, Failure> {
    viewer.check_may_administer()?;
    let change = json!({ "sites": { "allow": form.lines("sites/allow"), "deny": form.lines("sites/deny") } });
    match carry_out(&app, &viewer, &change).await {
        Ok(()) => Ok(Redirect::to(&viewer.path(&saying(PATH, "saved"))).into_response()),
        Err(problem) => {
            let errors = Errors::of(problem)?;
            let pixel = drawn(&app, &viewer, &headers).await?;
            Ok(page_with(&viewer, StatusCode::UNPROCESSABLE_ENTITY, Some((&form, &errors)), pixel))
        }
    }
}

/// The page, with the sites as somebody wants them and what is wrong with that, or else as they are.
pub(super) fn page_with(
    viewer: &Viewer,
    status: StatusCode,
    wanted: Option<(&Form, &Errors)>,
    pixel: Markup,
) -> Response {
    let set = SettingsView::of(&viewer.workspace).sites;
    let known = Form::of([("sites/allow", as_lines(&set.allow)), ("sites/deny", as_lines(&set.deny))]);
    let right = Errors::default();
    let (form, errors) = wanted.unwrap_or((&known, &right));
    page(viewer, PATH, status, html! { (pixel) (draw(viewer, form, errors)) })
}

async fn drawn(app: &App, viewer: &Viewer, headers: &HeaderMap) -> Result<Markup, Problem> {
    let form = pixel::form_of(&SettingsView::of(&viewer.workspace));
    pixel::draw(app, viewer, headers, &form, &Errors::default()).await
}

fn draw(viewer: &Viewer, form: &Form, errors: &Errors) -> Markup {
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
