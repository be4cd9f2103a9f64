//! Companies: search, one with its people and timeline, add, edit, erase, import.

mod edit;
mod erase;
mod import;
mod show;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use axum::routing::get;
use maud::{Markup, html};

use super::failure::Failure;
use super::page::{Page, Place};
use super::parts::{Icon, empty, further, icon, moment, number, row_cell, table_card};
use super::people::{self, ROWS};
use super::viewer::Viewer;
use crate::api::companies::{self, CompanyView, Wanted};
use crate::app::App;
use crate::extract::{Json, Listing};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/companies", get(list).post(edit::create))
        .route("/companies/new", get(edit::add))
        .route("/companies/import", get(import::ask).post(import::take))
        .route("/companies/import/template.csv", get(import::template))
        .route("/companies/{id}", get(show::show))
        .route("/companies/{id}/edit", get(edit::edit).post(edit::change))
        .route("/companies/{id}/erase", get(erase::ask).post(erase::erase))
}

async fn list(State(app): State<App>, viewer: Viewer, RawQuery(query): RawQuery) -> Result<Response, Failure> {
    let query = people::query(query.as_deref());
    let text = query.given("text").map(str::to_owned);
    let is_filtered = text.is_some();
    let listing = Listing { filter: Wanted { domain: None, text }, page: people::page(&query) };
    let is_first = listing.page.cursor.is_none();
    let Json(found) = companies::list(State(app), viewer.caller, listing).await?;
    let body = html! {
        form.filters role="search" aria-label="Filter companies" method="get" action=(viewer.path("/companies")) data-filters {
            div.field {
                label for="search" { "Search companies" }
                input #search type="search" name="text" value=(query.text("text")) placeholder="Name or domain" autocomplete="off";
            }
            button { "Search" }
        }
        @if found.data.is_empty() && found.next_cursor.is_none() && is_first {
            section.card { (none(&viewer, is_filtered)) }
        } @else {
            (table_card(
                "Companies",
                &["Company", "Industry", "Employees", "Country", "Added"],
                html! { @for company in &found.data { (row(&viewer, company)) } },
                further(&viewer.here, found.data.len(), ROWS, found.next_cursor.as_deref(), is_first),
            ))
        }
    };
    let mut page =
        Page::new(&viewer, Place::Companies, "Companies").lead(html! { "The accounts behind contacts and visitors." });
    if viewer.may_work() {
        page = page.actions(html! {
            a.button href=(viewer.path("/companies/import")) { "Import CSV" }
            a.button.primary href=(viewer.path("/companies/new")) { (icon(Icon::Plus)) "Add company" }
        });
    }
    Ok(page.show(body))
}

fn none(viewer: &Viewer, is_filtered: bool) -> Markup {
    if is_filtered {
        let text = html! { "Words are looked for at the beginning of names and domains." };
        let all = html! { a.button href=(viewer.path("/companies")) { "Show all companies" } };
        return empty(Icon::Search, "No company found", text, Some(all));
    }
    let text = html! {
        "A company comes with the work address of a contact, by import, or by the API. Its domain identifies it."
    };
    let begin = viewer.may_work().then(|| {
        html! {
            a.button.primary href=(viewer.path("/companies/import")) { "Import companies" }
            a.button href=(viewer.path("/companies/new")) { "Add one by hand" }
        }
    });
    empty(Icon::Company, "No companies yet", text, begin)
}

fn row(viewer: &Viewer, company: &CompanyView) -> Markup {
    let name = name(company);
    let below = company.domain.as_deref().filter(|domain| *domain != name);
    let path = viewer.path(&format!("/companies/{}", company.id));
    html! {
        tr data-key=(company.id) {
            (row_cell("Company", html! { a href=(path) { (name) } @if let Some(domain) = below { br; span.small.muted { (domain) } } }))
            (row_cell("Industry", html! { (company.industry.as_deref().unwrap_or_default()) }))
            (row_cell("Employees", html! { @if let Some(count) = company.employees { (number(count)) } }))
            (row_cell("Country", html! { (company.country.as_deref().unwrap_or_default()) }))
            (row_cell("Added", moment(company.created_at, &viewer.zone)))
        }
    }
}

/// What to call it: its name, or what else identifies it.
fn name(company: &CompanyView) -> String {
    let known = [&company.name, &company.domain, &company.group_id].into_iter().find_map(Option::as_ref);
    known.cloned().unwrap_or_else(|| company.id.to_string())
}
