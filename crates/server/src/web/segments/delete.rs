//! Deleting a segment, after saying what that means.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use beckon_domain::id::SegmentId;
use maud::html;

use super::{find, limited_to, webhook_name};
use crate::api::segments;
use crate::app::App;
use crate::extract::{ById, Path};
use crate::web::failure::Failure;
use crate::web::page::{Page, Place};
use crate::web::parts::{Tone, dialog_body, note};
use crate::web::said::saying;
use crate::web::viewer::Viewer;

pub(super) async fn ask(viewer: Viewer, Path(ById { id }): Path<ById<SegmentId>>) -> Result<Response, Failure> {
    viewer.check_may_work()?;
    let segment = find(&viewer.workspace, id)?;
    let title = format!("Delete {}?", segment.name);
    let path = viewer.path(&format!("/segments/{id}"));
    let limited: Vec<_> = limited_to(&viewer.workspace, id).collect();
    let referring = segments::referring(&viewer.workspace, id);
    let body = html! {
        @if let Some(referring) = &referring {
            (note(Tone::Bad, "It cannot be deleted yet", html! { "The rules of other segments refer to it: " (referring) ". Change those first." }, None))
        } @else {
            p { "Nobody qualifies for it from then on. Its events and their deliveries stay, and its number is never used again." }
            @if limited.is_empty() {
                p { "No webhook is limited to it." }
            } @else {
                p { "These webhooks are limited to it, and keep that limit: unless they list other segments as well, they get nothing from segments any more." }
                ul { @for webhook in &limited { li { a href=(viewer.path(&format!("/webhooks/{}", webhook.id))) { (webhook_name(webhook)) } } } }
            }
        }
        form method="post" action=(format!("{path}/delete")) {
            div.form-foot {
                @if referring.is_none() { button.danger { "Delete segment" } }
                a.button.quiet href=(path) data-close { "Keep it" }
            }
        }
    };
    let page = Page::new(&viewer, Place::Segments, &title)
        .below("Segments", "/segments")
        .below(&segment.name, format!("/segments/{id}"));
    Ok(page.show(html! { section.card { (dialog_body(&title, body)) } }))
}

pub(super) async fn delete(state: State<App>, viewer: Viewer, id: Path<ById<SegmentId>>) -> Result<Response, Failure> {
    viewer.check_may_work()?;
    let _gone = segments::delete(state, viewer.caller, id).await?;
    Ok(Redirect::to(&viewer.path(&saying("/segments", "deleted"))).into_response())
}
