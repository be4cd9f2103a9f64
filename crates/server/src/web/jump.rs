//! `/jump?id=…`: from any id to its page.

mod find;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use http::StatusCode;
use maud::{Markup, html};

use super::Failure;
use super::page::{Page, Place};
use super::parts::{Field, Tone, note, row_cell, table};
use super::viewer::Viewer;
use crate::app::App;

/// Longest text that is looked for, in bytes: an event type's name or an address is the longest that can be found.
const TEXT_BYTES_MAX: usize = 320;

/// What can be looked for: what it is, how it begins, whether a portal link opens it.
const KINDS: &[(&str, &str, bool)] = &[
    ("Webhook", "wh_…", true),
    ("Delivery", "dlv_…", true),
    ("Attempt", "att_… (of each webhook's latest)", true),
    ("Event", "evt_…, or the id its publisher gave it", true),
    ("Event type", "contact.visited", true),
    ("Replay", "job_…", true),
    ("Segment", "7264 or segment_7264", false),
    ("Contact", "con_…, or an e-mail address", false),
    ("Company", "com_…", false),
    ("Signal", "sig_…", false),
    ("Visitor or visit", "vis_… or vst_… (of the latest signals)", false),
];

pub(super) fn routes() -> Router<App> {
    Router::new().route("/jump", get(jump))
}

async fn jump(State(app): State<App>, viewer: Viewer, RawQuery(query): RawQuery) -> Result<Response, Failure> {
    let pairs = url::form_urlencoded::parse(query.as_deref().unwrap_or_default().as_bytes());
    let given = pairs.filter(|(name, _)| name == "id").map(|(_, value)| value.trim().to_owned()).next();
    let text = given.unwrap_or_default();
    if text.is_empty() {
        return Ok(draw(&viewer, "", StatusCode::OK));
    }
    let found = if text.len() <= TEXT_BYTES_MAX { find::path(&app, &viewer, &text).await? } else { None };
    match found {
        Some(path) => Ok(Redirect::to(&viewer.path(&path)).into_response()),
        None => Ok(draw(&viewer, &text, StatusCode::NOT_FOUND)),
    }
}

fn draw(viewer: &Viewer, text: &str, status: StatusCode) -> Response {
    let query = url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let elsewhere = html! {
        a.button.small href=(viewer.path(&format!("/deliveries?about={query}"))) { "Look in deliveries" }
        @if !viewer.is_portal() {
            a.button.small href=(viewer.path(&format!("/contacts?text={query}"))) { "Look in contacts" }
        }
    };
    let why = html! {
        "There is nothing of this id in this workspace: " code.wrap-anywhere { (text) } ". Ids are copied whole, with what \
         stands before the " code { "_" } ". What is older than the workspace keeps things is gone."
    };
    Page::new(viewer, Place::Nowhere, "Jump to an id").status(status).show(html! {
        @if status != StatusCode::OK { (note(Tone::Warn, "Not found", why, Some(elsewhere))) }
        section.card {
            form.filters method="get" action=(viewer.path("/jump")) {
                (Field::new("id", "Id").value(text).kind("search").autocomplete("off").show())
                button.primary { "Jump" }
            }
        }
        section.card.flush { (kinds(viewer)) }
    })
}

fn kinds(viewer: &Viewer) -> Markup {
    let shown = KINDS.iter().filter(|(.., in_portal)| *in_portal || !viewer.is_portal());
    table(
        "What can be jumped to",
        &["What", "How its id looks"],
        html! {
            @for (what, form, _) in shown {
                tr { (row_cell("What", html! { (what) })) (row_cell("How its id looks", html! { code { (form) } })) }
            }
        },
    )
}
