//! `/events`: what was announced, about whom, and what became of it; live.

use std::collections::HashMap;

use axum::extract::{RawQuery, State};
use axum::response::Response;
use beckon_domain::delivery::DeliveryStatus;
use beckon_domain::event::EventId;
use beckon_store::deliveries::DeliveryFilter;
use beckon_store::page::PAGE_ROWS_DEFAULT;
use beckon_store::{PageRequest, StoreError};
use futures_util::{StreamExt, stream};
use http::StatusCode;
use maud::{Markup, html};

use crate::api::event_types;
use crate::api::events::{self as api, EventView, Wanted};
use crate::app::App;
use crate::extract::Listing;
use crate::paging::Paged;
use crate::problem::Problem;
use crate::web::Failure;
use crate::web::deliveries::{Filters, Narrowed, Whom, refused, segment_choices, segments_of, status_badge, whom};
use crate::web::form::Errors;
use crate::web::page::{Page, Place};
use crate::web::parts::{Field, Icon, Tone, badge, empty, further, moment, number, row_cell, table};
use crate::web::viewer::Viewer;

const PATH: &str = "/events";
const COLUMNS: [&str; 5] = ["Event type", "About", "Segment", "Deliveries", "Time"];
/// Most deliveries of an event that a row counts by status.
const DELIVERIES_COUNTED_MAX: u32 = 50;
/// How many events are looked into at once.
const READS_AT_ONCE: usize = 8;

pub(super) async fn show(
    State(app): State<App>,
    viewer: Viewer,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let filters = Filters::of(query.as_deref());
    let found = match filters.read::<Wanted>(app.ambient.now(), &viewer.zone) {
        Ok(listing) => find(&app, &viewer, listing).await,
        Err(problem) => Err(problem),
    };
    let (errors, list, status) = match found {
        Ok(found) => (Errors::default(), found.show(&viewer, &filters), StatusCode::OK),
        Err(problem) => {
            let errors = Errors::of(problem)?;
            let list = refused(&errors, &viewer.path(PATH));
            (errors, list, StatusCode::UNPROCESSABLE_ENTITY)
        }
    };
    let page = Page::new(&viewer, Place::Events, "Events")
        .lead(html! { "Each is one announcement, with the payload that every webhook gets." })
        .status(status);
    let page = if status == StatusCode::OK { page.live() } else { page };
    Ok(page.show(html! {
        (form(&viewer, &filters, &errors))
        (filters.tags(&viewer, PATH, &narrowed(&viewer, &filters)))
        (list)
    }))
}

/// A page of the list, with what its rows say beside the event.
struct Found {
    rows: Paged<EventView>,
    limit: u32,
    told: HashMap<String, Told>,
}

/// What a row says beside the event.
struct Told {
    about: Option<Whom>,
    /// How many deliveries have which status.
    outcomes: Vec<(DeliveryStatus, usize)>,
}

async fn find(app: &App, viewer: &Viewer, listing: Listing<Wanted>) -> Result<Found, Problem> {
    let limit = listing.page.limit.unwrap_or(PAGE_ROWS_DEFAULT);
    let rows = api::page(app, viewer.caller, listing).await?;
    let asked: Vec<_> = rows.data.iter().map(|row| (row.id.clone(), row.delivery_count)).collect();
    let found: Vec<_> = stream::iter(asked)
        .map(|(id, count)| async move {
            let told = tell(app, viewer, &id, count).await?;
            Ok::<_, Problem>(told.map(|told| (id, told)))
        })
        .buffered(READS_AT_ONCE)
        .collect()
        .await;
    let told = found.into_iter().filter_map(Result::transpose).collect::<Result<_, Problem>>()?;
    Ok(Found { rows, limit, told })
}

async fn tell(app: &App, viewer: &Viewer, id: &str, delivery_count: u32) -> Result<Option<Told>, Problem> {
    let Ok(id) = EventId::parse(id) else { return Ok(None) };
    let workspace = viewer.caller.workspace_id;
    let event = match app.store.get_event(workspace, &id).await {
        Ok(event) => event,
        Err(StoreError::NotFound(_)) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let about = Whom::of(&event.payload);
    let mut outcomes = vec![];
    if delivery_count > 0 {
        let filter = DeliveryFilter { event_id: Some(id), ..DeliveryFilter::default() };
        let page = PageRequest { limit: DELIVERIES_COUNTED_MAX, after: None };
        let deliveries = app.store.list_deliveries(workspace, &filter, page).await?.rows;
        let count = |status| deliveries.iter().filter(|delivery| delivery.status == status).count();
        outcomes = DeliveryStatus::ALL.into_iter().map(|status| (status, count(status))).collect();
        outcomes.retain(|(_, count)| *count > 0);
    }
    Ok(Some(Told { about, outcomes }))
}

impl Found {
    fn show(&self, viewer: &Viewer, filters: &Filters) -> Markup {
        let (shown, next) = (self.rows.data.len(), self.rows.next_cursor.as_deref());
        html! {
            section.card.flush #events data-live {
                @if shown == 0 && next.is_none() {
                    (nothing(viewer, filters))
                } @else {
                    (table("Events, newest first", &COLUMNS, html! {
                        @for row in &self.rows.data { (self.row(viewer, row)) }
                    }))
                    (further(&viewer.here, shown, self.limit, next, filters.is_first_page()))
                }
            }
        }
    }

    fn row(&self, viewer: &Viewer, row: &EventView) -> Markup {
        let path = viewer.path(&format!("{PATH}/{}", row.id));
        let told = self.told.get(&row.id);
        html! {
            tr data-key=(row.id) {
                (row_cell("Event type", html! {
                    a href=(path) { (row.event_type) }
                    @if row.source.test { " " (badge(Tone::Plain, "Test")) }
                }))
                (row_cell("About", whom(told.and_then(|told| told.about.as_ref()))))
                (row_cell("Segment", segments_of(viewer, &row.channels)))
                (row_cell("Deliveries", outcomes(row.delivery_count, told)))
                (row_cell("Time", moment(row.created_at, &viewer.zone)))
            }
        }
    }
}

/// `2 delivered, 1 retrying`; or that nobody wanted it.
fn outcomes(delivery_count: u32, told: Option<&Told>) -> Markup {
    let known = told.map(|told| told.outcomes.as_slice()).unwrap_or_default();
    let rest = (delivery_count as usize).saturating_sub(known.iter().map(|(_, count)| count).sum());
    html! {
        @match (delivery_count, known) {
            (0, _) => span.muted { "No webhook wanted it" },
            (1, [(status, 1)]) => (status_badge(*status)),
            _ => {
                span.tags {
                    @for (status, count) in known {
                        span { (number(*count as u64)) " " (status_badge(*status)) }
                    }
                    @if rest > 0 { span.muted { (number(rest as u64)) " more" } }
                }
            }
        }
    }
}

fn nothing(viewer: &Viewer, filters: &Filters) -> Markup {
    if !filters.is_empty() {
        let clear = html! { a.button href=(viewer.path(PATH)) { "Clear all" } };
        return empty(
            Icon::Search,
            "No event fits",
            html! { "Take a filter away, or choose a longer time." },
            Some(clear),
        );
    }
    let text = html! {
        "An event is announced when somebody qualifies for a segment with the webhook action, or when your own \
         systems publish one."
    };
    let action = if viewer.is_portal() {
        html! { a.button href=(viewer.path("/catalog")) { "See the event catalog" } }
    } else {
        html! { a.button href=(viewer.path("/segments")) { "Go to segments" } }
    };
    empty(Icon::Event, "No events yet", text, Some(action))
}

fn form(viewer: &Viewer, filters: &Filters, errors: &Errors) -> Markup {
    let config = &viewer.workspace;
    let segments = segment_choices(config, filters.get("channel"));
    let event_type = filters.get("type");
    let known = event_types::all(config).any(|known| known.name == event_type);
    let other = (!event_type.is_empty() && !known).then_some((event_type, event_type));
    let types = event_types::all(config).map(|known| (known.name.as_str(), known.name.as_str()));
    html! {
        form.filters method="get" action=(viewer.path(PATH)) role="search" aria-label="Filter events" data-filters {
            (Field::new("type", "Event type").value(event_type).errors(errors)
                .select([("", "Any type")].into_iter().chain(types).chain(other)))
            (Field::new("channel", "Segment").value(filters.get("channel")).errors(errors)
                .select([("", "Any segment")].into_iter().chain(segments.iter().map(|(id, name)| (id.as_str(), name.as_str())))))
            (Field::new("about", "Contact or company").kind("search").value(filters.get("about")).errors(errors)
                .placeholder("Name, e-mail or domain").autocomplete("off").show())
            (filters.time_fields(&viewer.zone, errors))
            button { "Filter" }
        }
    }
}

fn narrowed<'a>(viewer: &Viewer, filters: &'a Filters) -> Vec<Narrowed<'a>> {
    let mut on = vec![];
    for (name, label) in [("type", "Event type"), ("channel", "Segment"), ("about", "About")] {
        let value = filters.get(name);
        if value.is_empty() {
            continue;
        }
        let named = segment_choices(&viewer.workspace, value).into_iter().find(|(channel, _)| channel == value);
        let words = match named {
            Some((_, words)) if name == "channel" => words,
            _ => value.to_owned(),
        };
        on.push((name, label, words));
    }
    on.extend(filters.narrowed_time(&viewer.zone));
    on
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_became_of_an_event_is_counted_by_status() {
        let told = Told { about: None, outcomes: vec![(DeliveryStatus::Retrying, 1), (DeliveryStatus::Delivered, 2)] };
        let words = |count, told: Option<&Told>| {
            let text = outcomes(count, told).into_string();
            let bare = text.split('<').filter_map(|part| part.split_once('>')).map(|(_, words)| words.trim());
            bare.filter(|words| !words.is_empty()).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(words(3, Some(&told)), "1 Retrying 2 Delivered");
        assert_eq!(words(5, Some(&told)), "1 Retrying 2 Delivered 2 more");
        assert_eq!(words(0, None), "No webhook wanted it");
    }
}
