//! `/deliveries`: what was sent, to whom it was about, and how it went; live.

use axum::extract::{RawQuery, State};
use axum::response::Response;
use beckon_domain::delivery::DeliveryStatus;
use beckon_store::page::PAGE_ROWS_DEFAULT;
use http::StatusCode;
use maud::{Markup, html};

use super::filters::{self, Filters, Narrowed};
use super::names::{Names, segment_choices, webhook_name};
use super::whom::{self, whom};
use super::words::{standing, status_name};
use crate::api::deliveries::{self as api, DeliveryView, Wanted};
use crate::api::event_types;
use crate::app::App;
use crate::extract::Listing;
use crate::paging::Paged;
use crate::web::Failure;
use crate::web::form::Errors;
use crate::web::page::{Page, Place};
use crate::web::parts::{Field, Icon, dialog_link, empty, further, moment, number, row_cell, table};
use crate::web::viewer::Viewer;

const PATH: &str = "/deliveries";
const COLUMNS: [&str; 6] = ["Status", "Event type", "About", "Webhook", "Attempts", "Time"];

pub(super) async fn show(
    State(app): State<App>,
    viewer: Viewer,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let filters = Filters::of(query.as_deref());
    let found = match filters.read::<Wanted>(app.ambient.now(), &viewer.zone) {
        Ok(listing) => find(&app, &viewer, listing).await,
        Err(problem) => Err(problem.into()),
    };
    let (errors, list, status) = match found {
        Ok(found) => (Errors::default(), found.show(&viewer, &filters), StatusCode::OK),
        Err(Failure::Problem(problem)) => {
            let errors = Errors::of(problem)?;
            let list = filters::refused(&errors, &viewer.path(PATH));
            (errors, list, StatusCode::UNPROCESSABLE_ENTITY)
        }
        Err(failure) => return Err(failure),
    };
    let page = Page::new(&viewer, Place::Deliveries, "Deliveries")
        .lead(html! { "Each is one event owed to one webhook, with every attempt to bring it there." })
        .actions(html! {
            a.button.quiet href=(viewer.path("/jobs")) { "Replays" }
            @if viewer.may_work() { (dialog_link("button", &replay_path(&viewer, &filters), "Replay…")) }
        })
        .status(status);
    let page = if status == StatusCode::OK { page.live() } else { page };
    Ok(page.show(html! {
        (form(&viewer, &filters, &errors))
        (filters.tags(&viewer, PATH, &narrowed(&viewer, &filters)))
        (list)
    }))
}

fn replay_path(viewer: &Viewer, filters: &Filters) -> String {
    filters.on(&viewer.path("/deliveries/replay"))
}

/// A page of the list, with the names of what it is about.
struct Found {
    rows: Paged<DeliveryView>,
    limit: u32,
    about: std::collections::HashMap<String, whom::Whom>,
    names: Names,
}

async fn find(app: &App, viewer: &Viewer, listing: Listing<Wanted>) -> Result<Found, Failure> {
    let limit = listing.page.limit.unwrap_or(PAGE_ROWS_DEFAULT);
    let rows = api::page(app, viewer.caller, &listing.filter.filter()?, &listing.page).await?;
    let about = whom::of_events(app, viewer.caller, rows.data.iter().map(|row| row.event_id.clone()).collect()).await?;
    let names = Names::of(app, viewer, rows.data.iter().map(|row| row.webhook_id).collect()).await?;
    Ok(Found { rows, limit, about, names })
}

impl Found {
    fn show(&self, viewer: &Viewer, filters: &Filters) -> Markup {
        let shown = self.rows.data.len();
        let next = self.rows.next_cursor.as_deref();
        html! {
            section.card.flush #deliveries data-live {
                @if shown == 0 && next.is_none() {
                    (nothing(viewer, filters))
                } @else {
                    (table("Deliveries, newest first", &COLUMNS, html! {
                        @for row in &self.rows.data { (self.row(viewer, row)) }
                    }))
                    (further(&viewer.here, shown, self.limit, next, filters.is_first_page()))
                }
            }
        }
    }

    fn row(&self, viewer: &Viewer, row: &DeliveryView) -> Markup {
        let path = viewer.path(&format!("{PATH}/{}", row.id));
        html! {
            tr data-key=(row.id) {
                (row_cell("Status", standing(row, &viewer.zone)))
                (row_cell("Event type", html! { a href=(path) { (row.event_type) } }))
                (row_cell("About", whom(self.about.get(&row.event_id))))
                (row_cell("Webhook", self.names.link(viewer, row.webhook_id)))
                (row_cell("Attempts", html! { (number(row.attempt_count.into())) }))
                (row_cell("Time", moment(row.created_at, &viewer.zone)))
            }
        }
    }
}

fn nothing(viewer: &Viewer, filters: &Filters) -> Markup {
    if !filters.is_empty() {
        let clear = html! { a.button href=(viewer.path(PATH)) { "Clear all" } };
        let text = html! { "Take a filter away, or choose a longer time." };
        return empty(Icon::Search, "No delivery fits", text, Some(clear));
    }
    let action = viewer.may_work().then(|| html! { a.button href=(viewer.path("/webhooks")) { "Go to webhooks" } });
    let text = html! {
        "As soon as an event is announced that a webhook listens to, its delivery stands here, with every attempt. \
         Send a test from a webhook's page to see one now."
    };
    empty(Icon::Delivery, "No deliveries yet", text, action)
}

fn form(viewer: &Viewer, filters: &Filters, errors: &Errors) -> Markup {
    let config = &viewer.workspace;
    let statuses = DeliveryStatus::ALL.map(|status| (status.as_str(), status_name(status)));
    let (webhooks, types) = (webhook_choices(viewer, filters.get("webhook_id")), event_types::all(config));
    let segments = segment_choices(config, filters.get("channel"));
    let event_type = filters.get("event_type");
    let known = event_types::all(config).any(|known| known.name == event_type);
    let other = (!event_type.is_empty() && !known).then_some((event_type, event_type));
    let any = |words| [("", words)].into_iter();
    html! {
        form.filters method="get" action=(viewer.path(PATH)) role="search" aria-label="Filter deliveries" data-filters {
            (Field::new("status", "Status").value(filters.get("status")).errors(errors)
                .select(any("Any status").chain(statuses)))
            (Field::new("webhook_id", "Webhook").value(filters.get("webhook_id")).errors(errors)
                .select(any("Any webhook").chain(webhooks.iter().map(|(id, name)| (id.as_str(), name.as_str())))))
            (Field::new("event_type", "Event type").value(event_type).errors(errors)
                .select(any("Any type").chain(types.map(|kind| (kind.name.as_str(), kind.name.as_str()))).chain(other)))
            (Field::new("channel", "Segment").value(filters.get("channel")).errors(errors)
                .select(any("Any segment").chain(segments.iter().map(|(id, name)| (id.as_str(), name.as_str())))))
            (Field::new("about", "Contact or company").kind("search").value(filters.get("about")).errors(errors)
                .placeholder("Name, e-mail or domain").autocomplete("off").show())
            (filters.time_fields(&viewer.zone, errors))
            @if !filters.get("event_id").is_empty() {
                input type="hidden" name="event_id" value=(filters.get("event_id"));
            }
            button { "Filter" }
        }
    }
}

/// Every webhook by its name. The one chosen is among them, even if it was deleted.
fn webhook_choices(viewer: &Viewer, chosen: &str) -> Vec<(String, String)> {
    let webhooks = viewer.workspace.webhooks.iter();
    let mut choices: Vec<_> = webhooks.map(|webhook| (webhook.id.to_string(), webhook_name(webhook))).collect();
    choices.sort_by_cached_key(|(_, name)| name.to_lowercase());
    if !chosen.is_empty() && choices.iter().all(|(id, _)| id != chosen) {
        choices.push((chosen.to_owned(), chosen.to_owned()));
    }
    choices
}

/// The filters that are on, in words.
pub(super) fn narrowed<'a>(viewer: &Viewer, filters: &'a Filters) -> Vec<Narrowed<'a>> {
    let named = |choices: Vec<(String, String)>, value: &str| {
        choices.into_iter().find(|(known, _)| known == value).map_or_else(|| value.to_owned(), |(_, name)| name)
    };
    let mut on = vec![];
    for (name, label) in [
        ("status", "Status"),
        ("webhook_id", "Webhook"),
        ("event_id", "Event"),
        ("event_type", "Event type"),
        ("channel", "Segment"),
        ("about", "About"),
    ] {
        let value = filters.get(name);
        if value.is_empty() {
            continue;
        }
        let words = match name {
            "status" => {
                DeliveryStatus::parse(value).map_or_else(|| value.to_owned(), |status| status_name(status).to_owned())
            }
            "webhook_id" => named(webhook_choices(viewer, value), value),
            "channel" => named(segment_choices(&viewer.workspace, value), value),
            _ => value.to_owned(),
        };
        on.push((name, label, words));
    }
    on.extend(filters.narrowed_time(&viewer.zone));
    on
}
