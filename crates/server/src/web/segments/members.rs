//! Who is in a segment: a page of its own, and the parts of it that other pages show.

use axum::extract::State;
use axum::response::Response;
use beckon_domain::id::SegmentId;
use beckon_domain::segment::Subject;
use maud::{Markup, html};

use super::find;
use crate::api::segments::preview::MemberView;
use crate::api::segments::{self, PreviewView};
use crate::app::App;
use crate::extract::{ById, Json, Path};
use crate::web::failure::Failure;
use crate::web::page::{Page, Place};
use crate::web::parts::{card, number, row_cell, table};
use crate::web::viewer::Viewer;

pub(super) async fn show(
    state: State<App>,
    viewer: Viewer,
    Path(ById { id }): Path<ById<SegmentId>>,
) -> Result<Response, Failure> {
    let segment = find(&viewer.workspace, id)?;
    let Json(preview) = segments::preview_segment(state, viewer.caller, Path(ById { id })).await?;
    let body = card(
        "Who is in it now",
        html! {
            p hidden { span data-part="members-figure" { (figure(&preview)) } }
            div.stack data-part="members" { (members(&viewer, segment.subject, &preview)) }
        },
    );
    Ok(Page::new(&viewer, Place::Segments, format!("Members of {}", segment.name))
        .below("Segments", "/segments")
        .below(&segment.name, format!("/segments/{id}"))
        .show(body))
}

/// The count in a word: a lower bound if not everybody was looked at.
fn figure(preview: &PreviewView) -> String {
    let count = number(preview.count as u64);
    if preview.more { format!("at least {count}") } else { count }
}

/// The count in a sentence, and some of them.
pub(super) fn members(viewer: &Viewer, subject: Subject, preview: &PreviewView) -> Markup {
    let (one, many, place) = match subject {
        Subject::Contact => ("contact", "contacts", "/contacts"),
        Subject::Company => ("company", "companies", "/companies"),
    };
    let named = |count: usize| format!("{} {}", number(count as u64), if count == 1 { one } else { many });
    html! {
        p {
            @if preview.looked_at == 0 {
                "There are no " (many) " yet. "
                a href=(viewer.path(place)) { "Import " (many) } ", or let them come in with signals."
            } @else if preview.more {
                strong { "At least " (named(preview.count)) }
                " of the latest " (number(preview.looked_at as u64)) "; there are more that were not looked at."
            } @else {
                strong { (named(preview.count)) } " of " (number(preview.looked_at as u64)) " in all."
            }
        }
        @if preview.asks_about_visit {
            p.muted.small { "The rule asks about the visit in progress, which only somebody on the website has: here that counts as not known." }
        }
        @if !preview.sample.is_empty() {
            (table(
                if preview.sample.len() < preview.count { "The latest of them" } else { "All of them" },
                &["Name", "Company"],
                html! { @for member in &preview.sample { (row(viewer, place, member)) } },
            ))
            @if preview.sample.len() < preview.count { p.muted.small { "The latest " (preview.sample.len()) " are shown." } }
        }
    }
}

fn row(viewer: &Viewer, place: &str, member: &MemberView) -> Markup {
    html! {
        tr data-key=(member.id) {
            (row_cell("Name", html! {
                a href=(viewer.path(&format!("{place}/{}", member.id))) { (member.name.as_deref().unwrap_or("Unnamed")) }
                @if let Some(about) = &member.about { div.muted.small { (about) } }
            }))
            (row_cell("Company", html! { (member.company.as_deref().unwrap_or("–")) }))
        }
    }
}
