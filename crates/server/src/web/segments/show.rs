//! The page of a segment.

use axum::extract::State;
use axum::response::Response;
use beckon_domain::channel::Channel;
use beckon_domain::event::Event;
use beckon_domain::id::SegmentId;
use beckon_domain::segment::{Action, Segment};
use beckon_domain::webhook::Webhook;
use beckon_store::PageRequest;
use beckon_store::events::EventFilter;
use maud::{Markup, html};

use super::{event_types, find, frequency_words, limited_to, listeners, sentence, status, subject_words, webhook_name};
use crate::app::App;
use crate::extract::{ById, Path};
use crate::web::failure::Failure;
use crate::web::page::{Page, Place};
use crate::web::parts::{
    Tone, badge, card, card_with, copyable, dialog_link, facts, json_block, moment, note, post_button, row_cell, table,
    tags,
};
use crate::web::viewer::Viewer;

/// How many of its latest events the page shows.
const EVENTS_SHOWN: u32 = 10;

pub(super) async fn show(
    State(app): State<App>,
    viewer: Viewer,
    Path(ById { id }): Path<ById<SegmentId>>,
) -> Result<Response, Failure> {
    let segment = find(&viewer.workspace, id)?;
    let filter = EventFilter { channel: Some(Channel::of_segment(id)), ..EventFilter::default() };
    let page = PageRequest { limit: EVENTS_SHOWN, after: None };
    let events = app.store.list_events(viewer.caller.workspace_id, &filter, page).await?.rows;
    let body = html! {
        (warnings(&viewer, segment))
        div.columns {
            div.stack {
                (rule(&viewer, segment))
                (card("Who is in it now", members(&viewer, segment)))
                (latest_events(&viewer, segment, &events))
            }
            div.stack {
                (about(&viewer, segment))
                (takers(&viewer, segment))
            }
        }
    };
    Ok(Page::new(&viewer, Place::Segments, &segment.name)
        .below("Segments", "/segments")
        .heading(html! { (segment.name) " " (status(segment)) })
        .lead(html! { (subject_words(segment.subject)) " · number " (segment.id) })
        .actions(actions(&viewer, segment))
        .live()
        .show(body))
}

fn actions(viewer: &Viewer, segment: &Segment) -> Markup {
    let path = viewer.path(&format!("/segments/{}", segment.id));
    html! {
        @if viewer.may_work() {
            @if segment.enabled { (post_button(&format!("{path}/disable"), "", "Disable", None)) }
            @else { (post_button(&format!("{path}/enable"), "primary", "Enable", None)) }
            a.button href={ (path) "/edit" } { "Edit" }
            (dialog_link("button danger", &format!("{path}/delete"), "Delete"))
        }
    }
}

/// Why nothing would be sent, if that is so.
fn warnings(viewer: &Viewer, segment: &Segment) -> Markup {
    let add = viewer.path(&format!("/webhooks/new?channels={}", Channel::of_segment(segment.id)));
    html! {
        @if !segment.enabled {
            (note(Tone::Info, "It is disabled", html! { "Nobody qualifies for it until it is enabled." }, None))
        } @else if !segment.actions.contains(&Action::Webhook) {
            (note(Tone::Warn, "It does nothing", html! { "Its webhook action is off, so whoever qualifies makes no event." }, None))
        } @else if listeners(&viewer.workspace, segment).next().is_none() {
            (note(Tone::Warn, "No webhook listens to it", html! { "Its events are kept, but sent nowhere." },
                viewer.may_work().then(|| html! { a.button href=(add) { "Add a webhook" } })))
        }
    }
}

fn rule(viewer: &Viewer, segment: &Segment) -> Markup {
    let json = segment.rule.to_json().to_string();
    card(
        "Rule",
        html! {
            p.rule-sentence { (sentence(&viewer.workspace, segment)) }
            details.more { summary { "As JSON" } (json_block(json.as_bytes(), "the rule")) }
        },
    )
}

fn members(viewer: &Viewer, segment: &Segment) -> Markup {
    let path = viewer.path(&format!("/segments/{}/members", segment.id));
    html! {
        div.stack data-load=(path) data-load-part="members" { p { a href=(path) { "Count members" } } }
    }
}

fn about(viewer: &Viewer, segment: &Segment) -> Markup {
    let path = viewer.path(&format!("/segments/{}/webhook-action", segment.id));
    let acts = segment.actions.contains(&Action::Webhook);
    let action = html! {
        span.switch {
            @if acts { (badge(Tone::Good, "On")) } @else { (badge(Tone::Warn, "Off")) }
            @if viewer.may_work() {
                @if acts { (post_button(&format!("{path}/off"), "small", "Turn webhook action off", None)) }
                @else { (post_button(&format!("{path}/on"), "small primary", "Turn webhook action on", None)) }
            }
        }
    };
    let known = facts([
        ("Webhook action", action),
        ("Channel", copyable(Channel::of_segment(segment.id).as_str(), "the channel")),
        ("Announces", tags(event_types(segment.subject).iter().copied())),
        ("How often", html! { (frequency_words(segment.frequency)) }),
        ("Made", moment(segment.created_at, &viewer.zone)),
        ("Changed", moment(segment.updated_at, &viewer.zone)),
    ]);
    card("About it", html! { div.narrow { (known) } })
}

fn takers(viewer: &Viewer, segment: &Segment) -> Markup {
    let listening: Vec<&Webhook> = listeners(&viewer.workspace, segment).collect();
    let deaf: Vec<&Webhook> = limited_to(&viewer.workspace, segment.id)
        .filter(|webhook| !listening.iter().any(|other| other.id == webhook.id))
        .collect();
    card(
        "Webhooks that listen",
        html! {
            @if listening.is_empty() { p.muted { "None." } }
            ul.plain {
                @for webhook in listening {
                    li {
                        (link(viewer, webhook)) " "
                        span.muted.small { @if webhook.channels.is_empty() { "hears every segment" } @else { "limited to it" } }
                    }
                }
                @for webhook in deaf {
                    li {
                        (link(viewer, webhook)) " "
                        @if webhook.enabled { span.muted.small { "limited to it, but lists none of its event types" } }
                        @else { (badge(Tone::Plain, "Disabled")) }
                    }
                }
            }
        },
    )
}

fn link(viewer: &Viewer, webhook: &Webhook) -> Markup {
    html! { a href=(viewer.path(&format!("/webhooks/{}", webhook.id))) { (webhook_name(webhook)) } }
}

fn latest_events(viewer: &Viewer, segment: &Segment, events: &[Event]) -> Markup {
    let all = viewer.path(&format!("/events?channel={}", Channel::of_segment(segment.id)));
    let rows = html! {
        @for event in events {
            tr data-key=(event.id) {
                (row_cell("Event", html! { a href=(viewer.path(&format!("/events/{}", event.id))) { (event.event_type) } }))
                (row_cell("Who", html! { (who(viewer, event)) }))
                (row_cell("When", moment(event.created_at, &viewer.zone)))
                (row_cell("Webhooks", html! { (event.delivery_count) }))
            }
        }
    };
    html! {
        div #latest-events data-live {
            (card_with("Latest events", html! { a.button.small href=(all) { "All events" } }, html! {
                @if events.is_empty() {
                    p.muted { "None yet. The next one comes when somebody who fits the rule is on the website or shows intent." }
                } @else {
                    (table("Latest events", &["Event", "Who", "When", "Webhooks"], rows))
                }
            }))
        }
    }
}

fn who(viewer: &Viewer, event: &Event) -> Markup {
    let source = &event.source;
    html! {
        @if let Some(id) = source.contact_id { a href=(viewer.path(&format!("/contacts/{id}"))) { "Contact" } }
        @else if let Some(id) = source.company_id { a href=(viewer.path(&format!("/companies/{id}"))) { "Company" } }
        @else { "–" }
    }
}
