//! Lists of contacts and companies: all of them, one with who is on it, make, rename, delete.
//!
//! Not here: filling one from a file, which the import pages do (`import.rs`).

mod delete;
mod edit;
mod show;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use axum::routing::{get, post};
use beckon_domain::id::ListId;
use beckon_domain::segment::Subject;
use maud::{Markup, html};

use super::failure::Failure;
use super::page::{Page, Place};
use super::parts::{Icon, card, empty, further, icon, moment, number, row_cell, table_card};
use super::people::{self, ROWS};
use super::segments::used_by;
use super::viewer::Viewer;
use crate::api::lists::{self, ListView, Wanted};
use crate::app::App;
use crate::extract::{Json, Listing};

const COLUMNS: [&str; 5] = ["List", "Of", "On it", "Segments that ask for it", "Made"];

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/lists", get(list).post(edit::create))
        .route("/lists/new", get(edit::add))
        .route("/lists/{id}", get(show::show))
        .route("/lists/{id}/rename", get(edit::ask).post(edit::rename))
        .route("/lists/{id}/delete", get(delete::ask).post(delete::delete))
        .route("/lists/{id}/members/{member}/remove", post(show::remove))
}

async fn list(State(app): State<App>, viewer: Viewer, RawQuery(query): RawQuery) -> Result<Response, Failure> {
    let query = people::query(query.as_deref());
    let page = people::page(&query);
    let is_first = page.cursor.is_none();
    let Json(found) = lists::list(State(app), viewer.caller, Listing { filter: Wanted::default(), page }).await?;
    let body = html! {
        @if found.data.is_empty() && is_first {
            section.card { (none(&viewer)) }
        } @else {
            (table_card(
                "Lists",
                &COLUMNS,
                html! { @for list in &found.data { (row(&viewer, list)) } },
                further(&viewer.here, found.data.len(), ROWS, found.next_cursor.as_deref(), is_first),
            ))
        }
    };
    let mut page = Page::new(&viewer, Place::Lists, "Lists").lead(
        html! { "Contacts or companies under a name, for the rules of segments: target accounts, guests of an event." },
    );
    if viewer.may_work() {
        page = page.actions(html! {
            a.button.primary href=(viewer.path("/lists/new")) { (icon(Icon::Plus)) "New list" }
        });
    }
    Ok(page.show(body))
}

fn none(viewer: &Viewer) -> Markup {
    let text =
        html! { "Import a file and put everybody in it on a list; then a segment can ask for whoever is on it." };
    let begin = viewer.may_work().then(|| {
        html! {
            a.button.primary href=(viewer.path("/companies/import")) { "Import companies" }
            a.button href=(viewer.path("/contacts/import")) { "Import contacts" }
        }
    });
    empty(Icon::List, "No lists yet", text, begin)
}

fn row(viewer: &Viewer, list: &ListView) -> Markup {
    let segments: Vec<_> = viewer.workspace.segments_with_list(list.id).collect();
    html! {
        tr data-key=(list.id) {
            (row_cell(COLUMNS[0], html! { a href=(viewer.path(&format!("/lists/{}", list.id))) { (list.name) } }))
            (row_cell(COLUMNS[1], html! { (noun(list.subject)) }))
            (row_cell(COLUMNS[2], html! { (number(list.members)) }))
            (row_cell(COLUMNS[3], html! { @if segments.is_empty() { span.muted { "None" } } @else { (used_by(viewer, segments.into_iter())) } }))
            (row_cell(COLUMNS[4], moment(list.created_at, &viewer.zone)))
        }
    }
}

/// The card that says which lists somebody is on; nothing if on none.
pub(super) fn lists_of(viewer: &Viewer, ids: &[ListId]) -> Markup {
    let on: Vec<_> = viewer.workspace.lists.iter().filter(|list| ids.contains(&list.id)).collect();
    html! {
        @if !on.is_empty() {
            (card("Lists", html! {
                ul.plain { @for list in on { li { a href=(viewer.path(&format!("/lists/{}", list.id))) { (list.name) } } } }
            }))
        }
    }
}

/// What a list holds.
fn noun(subject: Subject) -> &'static str {
    match subject {
        Subject::Contact => "Contacts",
        Subject::Company => "Companies",
    }
}

/// Where those it holds have their pages.
fn path_of(subject: Subject) -> &'static str {
    match subject {
        Subject::Contact => "/contacts",
        Subject::Company => "/companies",
    }
}
