//! A payload: indented to read, as it was sent, and as a file byte for byte.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use beckon_domain::event::{Event, EventId};
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use maud::{Markup, html};

use super::indent::indent;
use crate::app::App;
use crate::docs::JSON;
use crate::extract::{ById, Path};
use crate::problem::Problem;
use crate::web::Failure;
use crate::web::parts::{card_with, code_block};
use crate::web::viewer::Viewer;

/// Largest payload that is shown on a page, in bytes. All of it is in the file.
const SHOWN_BYTES_MAX: usize = 256 * 1024;

/// Shows the payload of an event.
pub(in crate::web) fn view(viewer: &Viewer, event: &Event) -> Markup {
    let path = viewer.path(&format!("/events/{}/payload", event.id));
    let size = event.payload.len();
    let actions = html! { a.button.small href=(path) download { "Download" } };
    let body = match std::str::from_utf8(&event.payload) {
        Ok(text) if size <= SHOWN_BYTES_MAX => html! {
            (code_block(&indent(text), "the payload"))
            details.more #payload-as-sent data-kept-open {
                summary { "As it was sent, byte for byte" }
                (code_block(text, "the payload as it was sent"))
            }
        },
        _ => html! { p { "It is too large to show here. The file has all of it." } },
    };
    let told = html! { p.small.muted { (size_words(size)) ", the same for every webhook." } };
    card_with("Payload", actions, html! { (told) (body) })
}

fn size_words(bytes: usize) -> String {
    match bytes {
        0..1_024 => format!("{bytes} bytes"),
        _ => format!("{:.1} KiB", bytes as f64 / 1024.0),
    }
}

/// The payload's bytes, as a file.
pub(super) async fn download(
    State(app): State<App>,
    viewer: Viewer,
    Path(ById { id }): Path<ById<String>>,
) -> Result<Response, Failure> {
    let id = EventId::parse(&id).ok().ok_or_else(|| Problem::not_found("event"))?;
    let event = app.store.get_event(viewer.caller.workspace_id, &id).await?;
    // An event id has no character that means anything in a header.
    let name = format!("attachment; filename=\"{id}.json\"");
    let headers = [(CONTENT_TYPE, JSON), (CONTENT_DISPOSITION, name.as_str()), (X_CONTENT_TYPE_OPTIONS, "nosniff")];
    Ok((headers, event.payload).into_response())
}
