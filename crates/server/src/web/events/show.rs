//! `/events/{id}`: one announcement: what it said, where it came from, and its deliveries; live.

use axum::extract::{RawQuery, State};
use axum::response::Response;
use beckon_domain::event::{Event, EventId};
use beckon_store::page::PAGE_ROWS_DEFAULT;
use maud::{Markup, html};

use super::payload;
use crate::api::deliveries::DeliveryView;
use crate::api::events as api;
use crate::app::App;
use crate::extract::{ById, Json, Path, Query};
use crate::paging::{PageQuery, Paged};
use crate::problem::Problem;
use crate::web::Failure;
use crate::web::deliveries::{Filters, Names, Whom, counted, segment_link, segments_of, standing, whom};
use crate::web::page::{Page, Place};
use crate::web::parts::{Tone, badge, card, copyable, facts, further, moment, moment_of, number, row_cell, table, tag};
use crate::web::viewer::Viewer;

const COLUMNS: [&str; 4] = ["Status", "Webhook", "Attempts", "Last change"];

pub(super) async fn show(
    State(app): State<App>,
    viewer: Viewer,
    Path(ById { id }): Path<ById<String>>,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let event_id = EventId::parse(&id).ok().ok_or_else(|| Problem::not_found("event"))?;
    let event = app.store.get_event(viewer.caller.workspace_id, &event_id).await?;
    let filters = Filters::of(query.as_deref());
    let cursor = Some(filters.get("cursor").to_owned()).filter(|cursor| !cursor.is_empty());
    let page = Query(PageQuery { limit: None, cursor });
    let Json(deliveries) = api::list_deliveries(State(app.clone()), viewer.caller, Path(ById { id }), page).await?;
    let names = Names::of(&app, &viewer, deliveries.data.iter().map(|row| row.webhook_id).collect()).await?;
    Ok(Page::new(&viewer, Place::Events, event.event_type.as_str())
        .below("Events", "/events")
        .heading(html! { (event.event_type) @if event.source.test { " " (badge(Tone::Plain, "Test")) } })
        .lead(html! { "Announced " (moment(event.created_at, &viewer.zone)) "." })
        .live()
        .show(html! {
            div.columns {
                div.stack {
                    (sent(&viewer, &names, &deliveries, filters.is_first_page()))
                    (payload::view(&viewer, &event))
                }
                (card("Facts", facts(told(&viewer, &event))))
            }
        }))
}

fn sent(viewer: &Viewer, names: &Names, deliveries: &Paged<DeliveryView>, is_first: bool) -> Markup {
    let (shown, next) = (deliveries.data.len(), deliveries.next_cursor.as_deref());
    let rows = html! {
        @for row in &deliveries.data {
            tr data-key=(row.id) {
                (row_cell("Status", standing(row, &viewer.zone)))
                (row_cell("Webhook", names.link(viewer, row.webhook_id)))
                (row_cell("Attempts", html! {
                    a href=(viewer.path(&format!("/deliveries/{}", row.id))) {
                        (counted(row.attempt_count, "attempt"))
                        span.visually-hidden { " of the delivery to " (names.name(row.webhook_id)) }
                    }
                }))
                (row_cell("Last change", moment(row.updated_at, &viewer.zone)))
            }
        }
    };
    html! {
        section.card.flush #deliveries data-live {
            div.card-head { h2 { "Deliveries" } }
            @if shown == 0 && next.is_none() {
                p.padded.muted { "No webhook wanted it: none listens to this event type and segment, or none was enabled." }
            } @else {
                (table("The event's deliveries", &COLUMNS, rows))
                @if next.is_some() || !is_first {
                    (further(&viewer.here, shown, PAGE_ROWS_DEFAULT, next, is_first))
                }
            }
        }
    }
}

fn told(viewer: &Viewer, event: &Event) -> Vec<(&'static str, Markup)> {
    let source = &event.source;
    let catalog = viewer.path(&format!("/catalog/{}", event.event_type));
    let person = Whom::of(&event.payload);
    let mut all = vec![
        ("Event", copyable(event.id.as_str(), "the event's id")),
        ("Event type", html! { a href=(catalog) { (tag(&event.event_type)) } }),
        ("Announced", moment_of(event.created_at, &viewer.zone)),
        ("About", whom(person.as_ref())),
    ];
    match source.segment_id {
        Some(segment) => all.push(("Segment", segment_link(viewer, segment))),
        None if !event.channels.is_empty() => all.push(("Channels", segments_of(viewer, &event.channels))),
        None => {}
    }
    if !viewer.is_portal() {
        let leading = |path: String, id: String| html! { a href=(viewer.path(&path)) { code { (id) } } };
        if let Some(id) = source.contact_id {
            all.push(("Contact", leading(format!("/contacts/{id}"), id.to_string())));
        }
        if let Some(id) = source.company_id {
            all.push(("Company", leading(format!("/companies/{id}"), id.to_string())));
        }
        if let Some(id) = source.visit_id {
            all.push(("Visit", copyable(&id.to_string(), "the visit's id")));
        }
    }
    if source.test {
        all.push(("Source", html! { "A test that a person sent." }));
    } else if source.segment_id.is_none() && source.contact_id.is_none() {
        all.push(("Source", html! { "Published directly, or a notice of Beckon itself." }));
    }
    all.push(("Webhooks", html! { (number(event.delivery_count.into())) }));
    all
}
