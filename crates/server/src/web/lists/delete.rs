//! Deleting a list, after saying what that means.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use beckon_domain::id::ListId;
use beckon_domain::segment::Segment;
use maud::html;

use crate::api::lists;
use crate::app::App;
use crate::extract::{ById, Json, Path};
use crate::web::failure::Failure;
use crate::web::page::{Page, Place};
use crate::web::parts::{Tone, dialog_body, note};
use crate::web::said::saying;
use crate::web::segments::used_by;
use crate::web::viewer::Viewer;

pub(super) async fn ask(
    State(app): State<App>,
    viewer: Viewer,
    Path(ById { id }): Path<ById<ListId>>,
) -> Result<Response, Failure> {
    viewer.check_may_work()?;
    let Json(list) = lists::get(State(app), viewer.caller, Path(ById { id })).await?;
    let title = format!("Delete {}?", list.name);
    let path = viewer.path(&format!("/lists/{id}"));
    let asking: Vec<&Segment> = viewer.workspace.segments_with_list(id).collect();
    let is_free = asking.is_empty();
    let body = html! {
        @if is_free {
            p { "Whoever is on it stays: only the list goes." }
        } @else {
            (note(Tone::Bad, "It cannot be deleted yet", html! { "The rules of these segments ask for it. Change those first." }, None))
            (used_by(&viewer, asking.into_iter()))
        }
        form method="post" action=(format!("{path}/delete")) {
            div.form-foot {
                @if is_free { button.danger { "Delete list" } }
                a.button.quiet href=(path) data-close { "Keep it" }
            }
        }
    };
    let page =
        Page::new(&viewer, Place::Lists, &title).below("Lists", "/lists").below(&list.name, format!("/lists/{id}"));
    Ok(page.show(html! { section.card { (dialog_body(&title, body)) } }))
}

pub(super) async fn delete(state: State<App>, viewer: Viewer, id: Path<ById<ListId>>) -> Result<Response, Failure> {
    viewer.check_may_work()?;
    let _gone = lists::delete(state, viewer.caller, id).await?;
    Ok(Redirect::to(&viewer.path(&saying("/lists", "deleted"))).into_response())
}
