//! The list of webhooks: those that need somebody first.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::Response;
use beckon_domain::webhook::Webhook;
use beckon_store::stats::Tally;
use jiff::Timestamp;
use maud::{Markup, html};
use serde::Deserialize;

use super::figures::{self, Steps};
use super::names;
use super::standing::{FILTERS, Standing};
use crate::api::stats::Sums;
use crate::api::webhooks::masked::masked_url;
use crate::app::App;
use crate::web::Failure;
use crate::web::page::{Page, Place};
use crate::web::parts::{
    Field, Icon, dialog_link, empty, further, icon, menu, moment, number, post_button, row_cell, sparkline, table_card,
    tag,
};
use crate::web::viewer::Viewer;

/// Rows of a page.
const ROWS_MAX: u32 = 50;
/// Event types and segments shown in a row before the rest is only counted.
const NAMES_MAX: usize = 3;
/// Days the success rate looks back.
const DAYS: u32 = 7;

/// What is wanted, in the address.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    q: String,
    status: String,
    /// How many rows were shown before.
    cursor: Option<usize>,
}

/// A webhook, how it stands, and when it got something last.
struct Row {
    webhook: Arc<Webhook>,
    standing: Standing,
}

pub(super) async fn show(
    State(app): State<App>,
    viewer: Viewer,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Failure> {
    let now = app.ambient.now();
    let page = Page::new(&viewer, Place::Webhooks, "Webhooks")
        .lead(html! { "Where events go: Slack, your CRM, Clay, Zapier, a system of your own." });
    if viewer.workspace.webhooks.is_empty() {
        return Ok(page.show(nothing_yet(&viewer)));
    }
    let mut rows = rows(&app, &viewer, &wanted, now).await?;
    let all = rows.len();
    let skipped = wanted.cursor.unwrap_or(0).min(all);
    rows = rows.into_iter().skip(skipped).take(ROWS_MAX as usize).collect();
    let next = (skipped + rows.len() < all).then(|| (skipped + rows.len()).to_string());

    let workspace = viewer.caller.workspace_id;
    let steps = Steps::days(DAYS, now, &viewer.zone);
    let until = figures::until(now);
    let shown: Vec<_> = rows.iter().map(|row| row.webhook.id).collect();
    let tallies = app.store.list_attempt_tallies(workspace, &shown, steps.since(), until).await?;
    let last: HashMap<_, _> = app.store.list_last_deliveries(workspace).await?.into_iter().collect();

    let drawn = html! {
        @for row in &rows {
            (drawn(row, &viewer, &steps, tallies.get(&row.webhook.id), last.get(&row.webhook.id).copied()))
        }
    };
    let foot = further(&viewer.here, rows.len(), ROWS_MAX, next.as_deref(), skipped == 0);
    let columns = ["Webhook", "Status", "Listens to", "Success, 7 days", "Last delivery", ""];
    let body = html! {
        (filters(&viewer, &wanted))
        div #webhooks data-live {
            @if rows.is_empty() {
                section.card {
                    (empty(Icon::Search, "No webhook fits", html! { "None has this in its description or URL, and this status." },
                        Some(html! { a.button href=(viewer.path("/webhooks")) { "Show all webhooks" } })))
                }
            } @else {
                (table_card("Webhooks", &columns, drawn, foot))
            }
        }
    };
    let actions = if viewer.may_work() {
        add(&viewer)
    } else {
        html! {}
    };
    Ok(page.actions(actions).live().show(body))
}

fn add(viewer: &Viewer) -> Markup {
    html! { a.button.primary href=(viewer.path("/webhooks/new")) { (icon(Icon::Plus)) "Add webhook" } }
}

fn nothing_yet(viewer: &Viewer) -> Markup {
    let text = html! {
        "A webhook is an address that Beckon sends a message to the moment someone qualifies for a segment: no polling, no exports. \
         You need the URL of the system that is to get the events; Zapier, Make and Clay each show you one."
    };
    let action = viewer.may_work().then(|| add(viewer));
    html! { section.card { (empty(Icon::Webhook, "No webhooks yet", text, action)) } }
}

fn filters(viewer: &Viewer, wanted: &Wanted) -> Markup {
    html! {
        form.filters method="get" action=(viewer.path("/webhooks")) role="search" aria-label="Webhooks" data-filters {
            (Field::new("q", "Search").kind("search").value(&*wanted.q).placeholder("Description or URL").show())
            (Field::new("status", "Status").value(&*wanted.status).select(FILTERS.iter().copied()))
            button { "Search" }
        }
    }
}

/// The webhooks that are wanted: those that need somebody first, then the newest.
async fn rows(app: &App, viewer: &Viewer, wanted: &Wanted, now: Timestamp) -> Result<Vec<Row>, Failure> {
    let unwell = app.delivery.list_unwell_webhooks(viewer.caller.workspace_id).await?;
    let text = wanted.q.trim().to_lowercase();
    let fits = |webhook: &Webhook| {
        webhook.description.to_lowercase().contains(&text) || masked_url(&webhook.url).to_lowercase().contains(&text)
    };
    let webhooks = viewer.workspace.webhooks.iter().filter(|webhook| text.is_empty() || fits(webhook));
    let mut rows: Vec<Row> = webhooks
        .map(|webhook| Row { standing: Standing::of(webhook, unwell.get(&webhook.id), now), webhook: webhook.clone() })
        .filter(|row| wanted.status.is_empty() || row.standing.filter() == wanted.status)
        .collect();
    rows.sort_by_key(|row| (row.standing.rank(), std::cmp::Reverse((row.webhook.created_at, row.webhook.id))));
    Ok(rows)
}

fn drawn(
    Row { webhook, standing }: &Row,
    viewer: &Viewer,
    steps: &Steps,
    tallies: Option<&Vec<Tally>>,
    last: Option<Timestamp>,
) -> Markup {
    let url = masked_url(&webhook.url);
    let path = viewer.path(&format!("/webhooks/{}", webhook.id));
    let title = names::title(&webhook.description, &url);
    html! {
        tr data-key=(webhook.id) {
            (row_cell("Webhook", html! {
                a href=(path) { strong { (title) } } br;
                span.small.muted.clip title=(url) { (url) }
            }))
            (row_cell("Status", html! { (standing.badge()) br; span.small.muted { (standing.aside(viewer)) } }))
            (row_cell("Listens to", html! {
                (some_of(webhook.event_types.iter().map(|name| tag(name)).collect()))
                span.small { (segments(webhook, viewer)) }
            }))
            (row_cell("Success, 7 days", success(&title, steps, tallies)))
            (row_cell("Last delivery", html! {
                @match last { Some(at) => (moment(at, &viewer.zone)), None => span.muted { "None yet" } }
            }))
            (row_cell("", more(webhook, viewer, &path, &title)))
        }
    }
}

/// The first few, and how many more there are.
fn some_of(names: Vec<Markup>) -> Markup {
    let more = names.len().saturating_sub(NAMES_MAX);
    html! {
        span.tags {
            @for name in names.iter().take(NAMES_MAX) { (name) }
            @if more > 0 { span.small.muted { "and " (more) " more" } }
        }
    }
}

fn segments(webhook: &Webhook, viewer: &Viewer) -> Markup {
    if webhook.channels.is_empty() {
        return html! { span.muted { "of every segment" } };
    }
    let name = |channel| match names::segment(&viewer.workspace, channel) {
        Ok(name) => html! { span title=(channel.as_str()) { (name) } },
        Err(instead) => html! { span { code { (channel.as_str()) } " " em.small.muted { (instead) } } },
    };
    some_of(webhook.channels.iter().map(name).collect())
}

fn success(title: &str, steps: &Steps, tallies: Option<&Vec<Tally>>) -> Markup {
    let days = steps.sums(tallies.into_iter().flatten());
    let all = Sums::of(tallies.into_iter().flatten());
    let Some(rate) = figures::success_rate(&all) else { return html! { span.muted { "No requests" } } };
    let good: Vec<_> = days.iter().map(|day| day.attempts_succeeded).collect();
    let bad: Vec<_> = days.iter().map(|day| day.attempts_failed).collect();
    let label = format!(
        "{title}, {DAYS} days: {} requests succeeded, {} failed",
        number(all.attempts_succeeded),
        number(all.attempts_failed)
    );
    html! { strong { (rate) } " " span.small.muted { "of " (number(figures::attempts(&all))) } (sparkline(&label, &good, &bad)) }
}

fn more(webhook: &Webhook, viewer: &Viewer, path: &str, title: &str) -> Markup {
    let deliveries = viewer.path(&format!("/deliveries?webhook_id={}", webhook.id));
    let items = html! {
        a href=(deliveries) { "Deliveries" }
        @if viewer.may_work() {
            a href={ (path) "/testing" } { "Send test" }
            a href={ (path) "/edit" } { "Edit" }
            @if webhook.enabled { (dialog_link("", &format!("{path}/disable"), "Disable")) }
            @else { (post_button(&format!("{path}/enable"), "", "Enable", None)) }
            a href=(viewer.path(&format!("/webhooks/new?from={}", webhook.id))) { "Duplicate" }
            (dialog_link("danger", &format!("{path}/delete"), "Delete"))
        }
    };
    html! { div aria-label={ "Actions of " (title) } role="group" { (menu("More", items)) } }
}
