//! `/catalog`: every event type, and which webhooks listen.

use axum::response::Response;
use beckon_domain::catalog::{EventType, Origin};
use maud::{Markup, html};

use super::entry::origin;
use crate::api::event_types;
use crate::web::deliveries::webhook_name;
use crate::web::page::{Page, Place};
use crate::web::parts::{Icon, icon, row_cell, table};
use crate::web::viewer::Viewer;

/// Most webhooks that a row names.
const NAMED_MAX: usize = 3;

pub(super) async fn show(viewer: Viewer) -> Response {
    let (built_in, own): (Vec<_>, Vec<_>) =
        event_types::all(&viewer.workspace).partition(|event_type| event_type.origin == Origin::BuiltIn);
    let public = viewer.workspace.settings.public_catalog && !viewer.is_portal();
    Page::new(&viewer, Place::Catalog, "Event catalog")
        .lead(html! { "What can be announced, and what each announcement says." })
        .actions(html! {
            @if public {
                a.button.quiet href=(format!("/public/{}/catalog", viewer.caller.workspace_id)) { "Public page" }
            }
            @if may_define(&viewer) { a.button.primary href=(viewer.path("/catalog/new")) { (icon(Icon::Plus)) "New event type" } }
        })
        .show(html! {
            (section(&viewer, "Built in", "Built-in event types", &built_in))
            section.card.flush {
                div.card-head { h2 { "Your own" } }
                @if own.is_empty() {
                    p.padded.muted {
                        "None yet. Define an event type to publish events from your own systems, such as "
                        code { "invoice.paid" } "; webhooks can then listen to it."
                    }
                } @else {
                    (rows(&viewer, "Your own event types", &own))
                }
            }
        })
}

/// Whoever came by a portal link receives events, and defines none.
pub(super) fn may_define(viewer: &Viewer) -> bool {
    viewer.may_work() && !viewer.is_portal()
}

fn section(viewer: &Viewer, title: &str, caption: &str, all: &[&EventType]) -> Markup {
    html! { section.card.flush { div.card-head { h2 { (title) } } (rows(viewer, caption, all)) } }
}

fn rows(viewer: &Viewer, caption: &str, all: &[&EventType]) -> Markup {
    table(
        caption,
        &["Event type", "When it fires", "Webhooks that listen"],
        html! {
            @for event_type in all {
                tr {
                    (row_cell("Event type", html! {
                        a href=(viewer.path(&format!("/catalog/{}", event_type.name))) { code { (event_type.name) } }
                        br; (origin(event_type))
                    }))
                    (row_cell("When it fires", html! { @if event_type.description.is_empty() { "–" } @else { (event_type.description) } }))
                    (row_cell("Webhooks that listen", listeners(viewer, &event_type.name)))
                }
            }
        },
    )
}

/// The webhooks that list an event type, by name.
pub(super) fn listeners(viewer: &Viewer, name: &str) -> Markup {
    let all: Vec<_> = viewer
        .workspace
        .webhooks
        .iter()
        .filter(|webhook| webhook.event_types.iter().any(|known| known == name))
        .collect();
    html! {
        @if all.is_empty() { span.muted { "None" } }
        @for (position, webhook) in all.iter().take(NAMED_MAX).enumerate() {
            @if position > 0 { ", " }
            a href=(viewer.path(&format!("/webhooks/{}", webhook.id))) { (webhook_name(webhook)) }
            @if !webhook.enabled { " " span.small.muted { "disabled" } }
        }
        @if all.len() > NAMED_MAX { " and " (all.len() - NAMED_MAX) " more" }
    }
}
