//! Whether anybody may read the event catalog.

use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};
use serde_json::json;

use super::{change_form, saved, shown};
use crate::api::settings::public_catalog_path;
use crate::app::App;
use crate::web::failure::Failure;
use crate::web::form::{Errors, Form};
use crate::web::parts::{card, choice, copyable};
use crate::web::viewer::Viewer;

const PATH: &str = "/settings/catalog";

pub(super) async fn show(State(app): State<App>, viewer: Viewer) -> Response {
    shown(&app, &viewer, PATH, draw, |set| Form::of(set.public_catalog.then_some(("public_catalog", "true"))))
}

pub(super) async fn save(State(app): State<App>, viewer: Viewer, form: Form) -> Result<Response, Failure> {
    let change = json!({ "public_catalog": form.has("public_catalog") });
    saved(app, viewer, PATH, form, change, draw).await
}

fn draw(app: &App, viewer: &Viewer, form: &Form, errors: &Errors) -> Markup {
    let path = public_catalog_path(viewer.caller.workspace_id);
    let address = format!("{}{path}", app.options.public_url.as_deref().unwrap_or_default().trim_end_matches('/'));
    let is_public = form.has("public_catalog");
    let hint =
        "Event types with their descriptions, schemas and examples; nothing of contacts, webhooks or deliveries.";
    let fields =
        choice("public_catalog", "true", is_public, html! { "Anybody may read the event catalog" }, Some(hint));
    card(
        "Public event catalog",
        html! {
            p.muted { "For those who build what receives your events, and have no account here." }
            (change_form(viewer, PATH, errors, fields))
            p {
                "Its address: " (copyable(&address, "the address"))
                @if viewer.workspace.settings.public_catalog { " " a href=(path) { "Open it" } }
            }
        },
    )
}
