//! Home: the last 24 hours, what needs a look, and the first steps of a new workspace.
//!
//! Not here: counting. The figures are counted as things happen, and summed in `figures.rs`.

mod figures;
pub(super) mod pixel;
mod steps;
mod trouble;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use beckon_domain::event::Event;
use beckon_store::PageRequest;
use beckon_store::events::EventFilter;
use beckon_store::stats::TalliesOf;
use http::HeaderMap;
use maud::{Markup, html};

use super::failure::Failure;
use super::page::{Page, Place};
use super::parts::{
    Bars, Icon, Series, Tone, bars, card, duration, empty, moment, number, of_requests, row_cell, stat, table, tags,
};
use super::viewer::Viewer;
use crate::api::stats::Span;
use crate::app::App;
use figures::{Figures, percent};
use steps::Steps;

/// How many events are shown.
const EVENTS_SHOWN: u32 = 8;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/", get(show)).route("/first-steps", get(first_steps))
}

async fn show(State(app): State<App>, viewer: Viewer, headers: HeaderMap) -> Result<Response, Failure> {
    let workspace = viewer.caller.workspace_id;
    let span = Span::new(None, None, app.ambient.now())?;
    let tallies = app.store.list_tallies(workspace, TalliesOf::Workspace, span.since, span.until).await?;
    let figures = Figures::of(&tallies, span);
    let latest = PageRequest { limit: EVENTS_SHOWN, after: None };
    let events = app.store.list_events(workspace, &EventFilter::default(), latest).await?.rows;
    let steps = Steps::look(&app, &viewer).await?;
    let troubles = trouble::notes(&app, &viewer, span).await?;
    let body = html! {
        div.stack #troubles data-live { (troubles) }
        @if !steps.are_done() { (steps::checklist(&app, &viewer, &headers, &steps).await?) }
        div.stack #figures data-live { (last_hours(&viewer, &figures)) }
        div #latest-events data-live { (latest_events(&viewer, &events)) }
        @if steps.are_done() { p.small.muted { a href=(viewer.path("/first-steps")) { "Show the first steps again" } } }
    };
    let lead = html! { "The last 24 hours of " (viewer.workspace.name) "." };
    Ok(Page::new(&viewer, Place::Home, "Home").lead(lead).live().show(body))
}

async fn first_steps(State(app): State<App>, viewer: Viewer, headers: HeaderMap) -> Result<Response, Failure> {
    let steps = Steps::look(&app, &viewer).await?;
    let body = steps::checklist(&app, &viewer, &headers, &steps).await?;
    Ok(Page::new(&viewer, Place::Home, "First steps").below("Home", "/").live().show(body))
}

fn last_hours(viewer: &Viewer, figures: &Figures) -> Markup {
    let given_up = (figures.all.failed > 0).then(|| format!("and {} given up", number(figures.all.failed)));
    let bots = (figures.all.bot_signals > 0).then(|| format!("{} of bots", number(figures.all.bot_signals)));
    let success = figures.success_percent().map_or("–".to_owned(), percent);
    let time = figures.time_to_deliver().map_or("–".to_owned(), duration);
    html! {
        dl.stats {
            (stat("Signals in", &number(figures.all.signals), bots.as_deref()))
            (stat("Events", &number(figures.all.events), None))
            (stat("Delivered", &number(figures.all.delivered), given_up.as_deref()))
            (stat("Success rate", &success, Some(&of_requests(figures.requests()))))
            (stat("Time to deliver, 95 %", &time, None))
        }
        (card("Deliveries by hour", if figures.is_quiet() { quiet() } else { chart(viewer, figures) }))
    }
}

fn quiet() -> Markup {
    html! { p.muted { "Nothing was delivered in the last 24 hours. Deliveries and failed requests will show here, hour by hour." } }
}

fn chart(viewer: &Viewer, figures: &Figures) -> Markup {
    let columns = figures
        .hours
        .iter()
        .map(|(begins, _)| begins.to_zoned_datetime(viewer.zone.clone()).strftime("%H:%M").to_string());
    let delivered = figures.hours.iter().map(|(_, sums)| sums.delivered).collect();
    let failed = figures.hours.iter().map(|(_, sums)| sums.attempts_failed).collect();
    bars(&Bars {
        title: "Deliveries and failed requests by hour",
        columns: columns.collect(),
        series: vec![
            Series { name: "Delivered", tone: Tone::Good, values: delivered },
            Series { name: "Failed requests", tone: Tone::Bad, values: failed },
        ],
    })
}

fn latest_events(viewer: &Viewer, events: &[Event]) -> Markup {
    if events.is_empty() {
        let text = html! { "When somebody qualifies for a segment, an event is announced to your webhooks. The latest will be here." };
        return html! { section.card { (empty(Icon::Event, "No events yet", text, None)) } };
    }
    let rows = html! {
        @for event in events {
            tr data-key=(event.id) {
                (row_cell("Event", html! { a href=(viewer.path(&format!("/events/{}", event.id))) { (event.event_type) } }))
                (row_cell("Channels", tags(event.channels.iter().map(|channel| channel.as_str()))))
                (row_cell("Webhooks", html! { (event.delivery_count) }))
                (row_cell("Announced", moment(event.created_at, &viewer.zone)))
            }
        }
    };
    html! {
        section.card.flush {
            div.card-head { h2 { "Latest events" } div.actions { a.button.small href=(viewer.path("/events")) { "All events" } } }
            (table("Latest events", &["Event", "Channels", "Webhooks", "Announced"], rows))
        }
    }
}
