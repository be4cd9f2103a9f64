//! One list: who is on it, and the segments that ask for it.

use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use beckon_domain::id::ListId;
use beckon_domain::segment::Segment;
use maud::{Markup, html};

use super::{noun, path_of};
use crate::api::lists::members::{self, ListMemberView, Membership};
use crate::api::lists::{self, ListView};
use crate::app::App;
use crate::extract::{ById, Json, Path, Query};
use crate::paging::Paged;
use crate::web::failure::Failure;
use crate::web::page::{Page, Place};
use crate::web::parts::{
    Icon, card, copyable, dialog_link, empty, further, moment, number, post_button, row_cell, table_card,
};
use crate::web::people::{self, ROWS, facts_at_side};
use crate::web::said::saying;
use crate::web::segments::used_by;
use crate::web::viewer::Viewer;

const COLUMNS: [&str; 5] = ["Name", "What", "Company", "On it since", ""];

pub(super) async fn show(
    State(app): State<App>,
    viewer: Viewer,
    Path(ById { id }): Path<ById<ListId>>,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let page = people::page(&people::query(query.as_deref()));
    let is_first = page.cursor.is_none();
    let Json(list) = lists::get(State(app.clone()), viewer.caller, Path(ById { id })).await?;
    let Json(found) = members::list(State(app), viewer.caller, Path(ById { id }), Query(page)).await?;
    let body = html! {
        div.columns {
            div.stack { (who(&viewer, &list, &found, is_first)) }
            div.stack { (asking(&viewer, id)) (about(&viewer, &list)) }
        }
    };
    let mut page = Page::new(&viewer, Place::Lists, &list.name)
        .below("Lists", "/lists")
        .lead(html! { (noun(list.subject)) " · " (number(list.members)) " on it" });
    if viewer.may_work() {
        page = page.actions(actions(&viewer, &list));
    }
    Ok(page.show(body))
}

fn actions(viewer: &Viewer, list: &ListView) -> Markup {
    let path = viewer.path(&format!("/lists/{}", list.id));
    html! {
        a.button.primary href=(viewer.path(&import_path(list))) { "Import CSV" }
        (dialog_link("button", &format!("{path}/rename"), "Rename"))
        (dialog_link("button danger", &format!("{path}/delete"), "Delete"))
    }
}

/// The import page, with this list filled in.
fn import_path(list: &ListView) -> String {
    let path = path_of(list.subject);
    let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("list", &list.name).finish();
    format!("{path}/import?{query}")
}

fn who(viewer: &Viewer, list: &ListView, found: &Paged<ListMemberView>, is_first: bool) -> Markup {
    if found.data.is_empty() && is_first {
        let text = html! { "Import a file with this list filled in, and everybody in the file is put on it." };
        let begin =
            viewer.may_work().then(|| html! { a.button href=(viewer.path(&import_path(list))) { "Import CSV" } });
        return html! { section.card { (empty(Icon::Contact, "Nobody is on it yet", text, begin)) } };
    }
    table_card(
        "Who is on it",
        &COLUMNS,
        html! { @for member in &found.data { (row(viewer, list, member)) } },
        further(&viewer.here, found.data.len(), ROWS, found.next_cursor.as_deref(), is_first),
    )
}

fn row(viewer: &Viewer, list: &ListView, member: &ListMemberView) -> Markup {
    let path = path_of(list.subject);
    let ListMemberView { who, added_at } = member;
    let remove = viewer.path(&format!("/lists/{}/members/{}/remove", list.id, who.id));
    html! {
        tr data-key=(who.id) {
            (row_cell(COLUMNS[0], html! { a href=(viewer.path(&format!("{path}/{}", who.id))) { (who.name.as_deref().unwrap_or("Unnamed")) } }))
            (row_cell(COLUMNS[1], html! { (who.about.as_deref().unwrap_or("–")) }))
            (row_cell(COLUMNS[2], html! { (who.company.as_deref().unwrap_or("–")) }))
            (row_cell(COLUMNS[3], moment(*added_at, &viewer.zone)))
            (row_cell(COLUMNS[4], html! { @if viewer.may_work() { (post_button(&remove, "small quiet", "Remove", None)) } }))
        }
    }
}

fn asking(viewer: &Viewer, id: ListId) -> Markup {
    let asking: Vec<&Segment> = viewer.workspace.segments_with_list(id).collect();
    card(
        "Segments that ask for it",
        html! {
            @if asking.is_empty() {
                p.muted { "None. In the rule of a segment, add a condition of the kind “On a list”." }
            } @else {
                (used_by(viewer, asking.into_iter()))
            }
        },
    )
}

fn about(viewer: &Viewer, list: &ListView) -> Markup {
    card(
        "About it",
        facts_at_side([
            Some(("Of", html! { (noun(list.subject)) })),
            Some(("Id", copyable(&list.id.to_string(), "the id"))),
            Some(("Made", moment(list.created_at, &viewer.zone))),
            Some(("Renamed", moment(list.updated_at, &viewer.zone))).filter(|_| list.updated_at != list.created_at),
        ]),
    )
}

pub(super) async fn remove(
    State(app): State<App>,
    viewer: Viewer,
    Path(membership): Path<Membership>,
) -> Result<Response, Failure> {
    viewer.check_may_work()?;
    let path = format!("/lists/{}", membership.id);
    members::delete(State(app), viewer.caller, Path(membership)).await?;
    Ok(Redirect::to(&viewer.path(&saying(&path, "off-list"))).into_response())
}
