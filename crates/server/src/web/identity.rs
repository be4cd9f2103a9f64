//! Who is taken for whom, and why: of a contact, and of a browser; and undoing a merge.

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use beckon_domain::id::{ContactId, VisitorId};
use beckon_domain::identity::{IdentifierKind, Standing};
use maud::{Markup, html};

use super::contacts::name as contact_name;
use super::failure::Failure;
use super::page::{Page, Place};
use super::parts::{Tone, badge, card, card_with, copyable, facts, moment, note, post_button, row_cell, table_card};
use super::said::saying;
use super::viewer::Viewer;
use crate::api::contacts;
use crate::api::identity::{self, IdentifierView, MergeView, NoteView, OfContact, VisitorView};
use crate::app::App;
use crate::extract::{ById, Json, Path};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/contacts/{id}/identity", get(of_contact))
        .route("/contacts/{id}/merges/{merge_id}/undo", post(undo))
        .route("/visitors/{id}", get(of_visitor))
}

async fn of_contact(
    State(app): State<App>,
    viewer: Viewer,
    Path(ById { id }): Path<ById<ContactId>>,
) -> Result<Response, Failure> {
    let Json(contact) = contacts::get(State(app.clone()), viewer.caller, Path(ById { id })).await?;
    let Json(known) = identity::of_contact(State(app), viewer.caller, Path(ById { id })).await?;
    let name = contact_name(&contact);
    let path = format!("/contacts/{}", contact.id);
    let body = html! {
        div.columns {
            div.stack {
                (log(&viewer, &known.log))
                (browsers(&viewer, &known.visitors))
            }
            div.stack {
                (card("Known by", identifiers(&known.identifiers)))
                (verified(&known.verified))
                @for merge in &known.merges { (merged(&viewer, known.contact_id, merge)) }
            }
        }
    };
    let page = Page::new(&viewer, Place::Contacts, format!("Identity of {name}"))
        .below("Contacts", "/contacts")
        .below(&name, &path)
        .heading(html! { "Identity" })
        .lead(html! { "By what " (name) " is known, what told so, and what was not believed." });
    Ok(page.show(body))
}

async fn of_visitor(
    State(app): State<App>,
    viewer: Viewer,
    Path(ById { id }): Path<ById<VisitorId>>,
) -> Result<Response, Failure> {
    let Json(known) = identity::of_visitor(State(app), viewer.caller, Path(ById { id })).await?;
    let visitor = &known.visitor;
    let tone = if visitor.contact_id.is_some() { Tone::Good } else { Tone::Plain };
    let title = if visitor.contact_id.is_some() { "A known visitor" } else { "An anonymous visitor" };
    let link = visitor.contact_id.map(|contact| {
        html! { a.button.small href=(viewer.path(&format!("/contacts/{contact}"))) { "Open the contact" } }
    });
    let body = html! {
        (note(tone, title, html! { (known.why) }, link))
        div.columns {
            div.stack { (log(&viewer, &known.log)) }
            div.stack {
                (card("Browser", facts([
                    ("Id", copyable(&visitor.id.to_string(), "the id")),
                    ("Anonymous id", copyable(&visitor.anonymous_id, "the anonymous id")),
                    ("First seen", moment(visitor.created_at, &viewer.zone)),
                    ("Last seen", visitor.last_seen_at.map_or_else(|| html! { "Never on a visit" }, |at| moment(at, &viewer.zone))),
                ])))
                @if !known.identifiers.is_empty() { (card("The contact is known by", identifiers(&known.identifiers))) }
            }
        }
    };
    Ok(Page::new(&viewer, Place::Signals, "Visitor").below("Signals", "/signals").show(body))
}

async fn undo(State(app): State<App>, viewer: Viewer, Path(of): Path<OfContact>) -> Result<Response, Failure> {
    viewer.check_may_work()?;
    identity::undo(State(app), viewer.caller, Path(of)).await?;
    Ok(Redirect::to(&viewer.path(&saying(&format!("/contacts/{}/identity", of.id), "split"))).into_response())
}

/// By what a contact is known, in a card that leads to the whole of it.
pub(super) fn known_by(viewer: &Viewer, contact: ContactId, known: &[IdentifierView]) -> Markup {
    let path = viewer.path(&format!("/contacts/{contact}/identity"));
    card_with("Known by", html! { a.button.small href=(path) { "Why" } }, identifiers(known))
}

fn identifiers(known: &[IdentifierView]) -> Markup {
    html! {
        dl.facts.tall {
            @for identifier in known {
                dt { (kind(identifier.kind)) }
                dd { (identifier.value) " " (standing(identifier.standing)) }
            }
        }
    }
}

fn kind(kind: IdentifierKind) -> &'static str {
    match kind {
        IdentifierKind::UserId => "User id",
        IdentifierKind::Email => "Address",
        IdentifierKind::EmailSha256 => "Hash of an address",
        IdentifierKind::LinkedinUrl => "LinkedIn",
        IdentifierKind::AnonymousId => "Browser",
    }
}

fn standing(standing: Standing) -> Markup {
    match standing {
        Standing::Verified => badge(Tone::Good, "Verified"),
        Standing::Claimed => badge(Tone::Plain, "Claimed"),
    }
}

fn verified(names: &[String]) -> Markup {
    if names.is_empty() {
        return html! {};
    }
    card(
        "Verified",
        html! {
            p.muted { "A server said so, or somebody here. What browsers say does not take its place." }
            p { @for name in names { code { (name) } " " } }
        },
    )
}

fn merged(viewer: &Viewer, survivor: ContactId, merge: &MergeView) -> Markup {
    let path = viewer.path(&format!("/contacts/{survivor}/merges/{}/undo", merge.id));
    let asks =
        "Make two contacts of this one again? What was the other's goes back to it, and the two are not merged again.";
    let may = viewer.may_work() && merge.undone_at.is_none();
    let title = if merge.undone_at.is_some() { "Was merged with" } else { "Merged with" };
    let action = html! { @if may { (post_button(&path, "small", "Undo", Some(asks))) } };
    card_with(
        title,
        action,
        html! {
            (identifiers(&merge.identifiers))
            p.muted {
                (moment(merge.at, &viewer.zone))
                @if let Some(signal) = merge.signal_id { ", because of " a href=(viewer.path(&format!("/signals/{signal}"))) { "a signal that named both" } }
                @if let Some(at) = merge.undone_at { "; undone " (moment(at, &viewer.zone)) }
                "."
            }
        },
    )
}

fn browsers(viewer: &Viewer, all: &[VisitorView]) -> Markup {
    if all.is_empty() {
        return html! {};
    }
    let rows = html! {
        @for visitor in all {
            tr {
                (row_cell("Browser", html! { a href=(viewer.path(&format!("/visitors/{}", visitor.id))) { (visitor.anonymous_id) } }))
                (row_cell("First seen", moment(visitor.created_at, &viewer.zone)))
                (row_cell("Last seen", visitor.last_seen_at.map_or_else(|| html! { "–" }, |at| moment(at, &viewer.zone))))
            }
        }
    };
    table_card("Browsers", &["Browser", "First seen", "Last seen"], rows, html! {})
}

fn log(viewer: &Viewer, all: &[NoteView]) -> Markup {
    if all.is_empty() {
        return card("What happened", html! { p.muted { "Nothing that is still kept." } });
    }
    let rows = html! {
        @for note in all {
            tr {
                (row_cell("When", moment(note.at, &viewer.zone)))
                (row_cell("What", html! {
                    @if note.change == "refused" { (badge(Tone::Warn, "Refused")) " " }
                    (capital(&note.text))
                }))
                (row_cell("Signal", html! {
                    @if let Some(signal) = note.signal_id { a href=(viewer.path(&format!("/signals/{signal}"))) { "Show" } }
                }))
            }
        }
    };
    table_card("What happened", &["When", "What", "Signal"], rows, html! {})
}

/// With a capital letter, as a sentence on a page begins.
fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
