//! The pixel, on the page of sites: the lines for websites, and what it is called there.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use http::{HeaderMap, StatusCode};
use maud::{Markup, html};
use serde_json::json;

use super::{carry_out, change_form, sites};
use crate::api::settings::SettingsView;
use crate::app::App;
use crate::problem::Problem;
use crate::web::failure::Failure;
use crate::web::form::{Errors, Form};
use crate::web::home::pixel as lines;
use crate::web::parts::{Field, card, code_block};
use crate::web::said::saying;
use crate::web::viewer::Viewer;

const PATH: &str = "/settings/pixel";

/// The form as it is now.
pub(super) fn form_of(set: &SettingsView) -> Form {
    let base = set.pixel.base.clone().unwrap_or_default();
    Form::of([("pixel/path", set.pixel.path.clone()), ("pixel/name", set.pixel.name.clone()), ("pixel/base", base)])
}

pub(super) async fn save(
    State(app): State<App>,
    viewer: Viewer,
    headers: HeaderMap,
    form: Form,
) -> Result<Response, Failure> {
    viewer.check_may_administer()?;
    let said = |name: &str| form.given(name).map(str::to_owned);
    let change = json!({
        "pixel": { "path": said("pixel/path"), "name": said("pixel/name"), "base": said("pixel/base") },
    });
    match carry_out(&app, &viewer, &change).await {
        Ok(()) => Ok(Redirect::to(&viewer.path(&saying(sites::PATH, "saved"))).into_response()),
        Err(problem) => {
            let errors = Errors::of(problem)?;
            let pixel = draw(&app, &viewer, &headers, &form, &errors).await?;
            Ok(sites::page_with(&viewer, StatusCode::UNPROCESSABLE_ENTITY, None, pixel))
        }
    }
}

/// The card with the lines, and the form.
pub(super) async fn draw(
    app: &App,
    viewer: &Viewer,
    headers: &HeaderMap,
    form: &Form,
    errors: &Errors,
) -> Result<Markup, Problem> {
    let origin = lines::origin(app, headers);
    let key = lines::write_key(app, viewer).await?;
    let field =
        |name: &'static str, label: &'static str| Field::new(name, label).code().value(form.raw(name)).errors(errors);
    let fields = html! {
        (field("pixel/path", "Path of the script").placeholder("/beckon.js").hint(html! {
            "Choose another if you like. Pages with an earlier one go on working."
        }).show())
        (field("pixel/name", "Name of the function").placeholder("beckon").hint(html! {
            "What pages call, as in " code { "beckon(\"track\", \"Signed up\")" } ". Change the lines on your pages with it."
        }).show())
        (field("pixel/base", "Address on your own website").placeholder("https://www.example.com/w").hint(html! {
            "If your website passes requests below a path on to Beckon: that address, or the path alone. Empty: pages load the "
            "script from " code { (origin) } "."
        }).show())
    };
    Ok(html! {
        div.columns {
            (card("Pixel", html! {
                p.muted { "Put this on every page of your website, before " code { "</head>" } ":" }
                @match &key {
                    Some(key) => (code_block(&lines::snippet(&viewer.workspace.settings.pixel, &origin, &key.key), "the pixel")),
                    None => p {
                        "There is no write key in use. " a href=(viewer.path("/settings/keys")) { "Make a write key" } " first."
                    },
                }
                p.muted {
                    "It tells of page views by itself, and of what pages say: " code { "beckon(\"identify\", {email: …})" } ", "
                    code { "track" } ", " code { "group" } ". With " code { "data-consent=\"none\"" }
                    " on the script it sends nothing until " code { "beckon(\"consent\", \"granted\")" } " is called, or "
                    code { "\"cookieless\"" } " to send without keeping anything in the browser."
                }
            }))
            (card("What it is called", change_form(viewer, PATH, errors, fields)))
        }
    })
}
