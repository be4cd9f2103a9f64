//! The signals that came last, as they come.

use axum::extract::State;
use axum::response::Response;
use beckon_domain::signal::SignalKind;
use beckon_store::intake::{SignalFilter, SignalRecord};
use beckon_store::page::PAGE_ROWS_DEFAULT;
use maud::{Markup, html};

use super::people::People;
use super::{KINDS, bot_badge, fired, kind_words, who};
use crate::api::signals::{self, reading};
use crate::app::App;
use crate::paging::{PageQuery, Paged};
use crate::web::failure::Failure;
use crate::web::form::Form;
use crate::web::page::{Page, Place};
use crate::web::parts::Tone;
use crate::web::parts::{Field, Icon, badge, empty, further, moment, row_cell, table_card};
use crate::web::viewer::Viewer;

const COLUMNS: [&str; 5] = ["When", "Kind", "What", "Who", "Made happen"];

pub(super) async fn show(State(app): State<App>, viewer: Viewer) -> Result<Response, Failure> {
    let query = viewer.here.split_once('?').map_or("", |(_, query)| query);
    let query = Form::of(url::form_urlencoded::parse(query.as_bytes()));
    let kind = KINDS.iter().map(|(kind, _)| *kind).find(|kind| kind.as_str() == query.text("kind"));
    let filter = SignalFilter { kind, contact_id: query.given("contact_id").and_then(|id| id.parse().ok()) };
    let page = PageQuery { limit: None, cursor: query.given("cursor").map(str::to_owned) };
    let workspace = viewer.caller.workspace_id;
    let Paged { data, next_cursor } = signals::latest(&app, workspace, &filter, &page).await?;
    let people = People::behind(&app, workspace, &data).await?;

    let rows = html! { @for record in &data { (row(&app, &viewer, record, &people)) } };
    let foot = further(&viewer.here, data.len(), PAGE_ROWS_DEFAULT, next_cursor.as_deref(), page.cursor.is_none());
    let nothing = data.is_empty() && next_cursor.is_none();
    let body = html! {
        (filters(&viewer, kind, query.text("contact_id")))
        div #signals data-live {
            @if nothing { section.card { (nothing_yet(&viewer, filter != SignalFilter::default())) } }
            @else { (table_card("Signals, newest first", &COLUMNS, rows, foot)) }
        }
    };
    Ok(Page::new(&viewer, Place::Signals, "Signals")
        .lead(html! { "Everything that comes in: who it was, why they were recognized, and what it made happen. Open one to ask why not." })
        .live()
        .show(body))
}

fn filters(viewer: &Viewer, kind: Option<SignalKind>, contact: &str) -> Markup {
    let kinds = std::iter::once(("", "Every kind")).chain(KINDS.iter().map(|(kind, words)| (kind.as_str(), *words)));
    html! {
        form.filters method="get" action=(viewer.path("/signals")) data-filters {
            @if !contact.is_empty() { input type="hidden" name="contact_id" value=(contact); }
            (Field::new("kind", "Kind").value(kind.map_or("", SignalKind::as_str)).select(kinds))
            button { "Show" }
            @if !contact.is_empty() { a.button.quiet href=(viewer.path("/signals")) { "Show everybody" } }
        }
    }
}

fn row(app: &App, viewer: &Viewer, record: &SignalRecord, people: &People) -> Markup {
    let path = viewer.path(&format!("/signals/{}", record.id));
    let what = reading::digest(record, &app.ambient).unwrap_or_else(|| "Show it".to_owned());
    html! {
        tr data-key=(record.id) {
            (row_cell(COLUMNS[0], moment(record.at, &viewer.zone)))
            (row_cell(COLUMNS[1], html! { (badge(Tone::Plain, kind_words(record.kind))) " " (bot_badge(record)) }))
            (row_cell(COLUMNS[2], html! { a href=(path) { (what) } }))
            (row_cell(COLUMNS[3], who(viewer, record, people)))
            (row_cell(COLUMNS[4], fired(viewer, &viewer.workspace, &record.story.fired)))
        }
    }
}

fn nothing_yet(viewer: &Viewer, filtered: bool) -> Markup {
    if filtered {
        let all = html! { a.button href=(viewer.path("/signals")) { "Show all signals" } };
        return empty(Icon::Signal, "No such signals", html! { "Nothing of this kind has come in." }, Some(all));
    }
    let start = html! { a.button.primary href=(viewer.path("/")) { "Install the pixel" } };
    empty(
        Icon::Signal,
        "No signals yet",
        html! { "Page views and intent show here the moment they come in. Put the pixel on your website to begin; your first page view appears here by itself." },
        Some(start),
    )
}
