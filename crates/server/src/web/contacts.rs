//! Contacts: search, one with its timeline, add, edit, suppress, erase, import.

mod act;
mod edit;
mod import;
mod show;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use axum::routing::{get, post};
use maud::{Markup, html};

use super::failure::Failure;
use super::form::Form;
use super::page::{Page, Place};
use super::parts::{Icon, Tone, badge, empty, further, icon, moment, row_cell, table_card};
use super::people::{self, ROWS};
use super::viewer::Viewer;
use crate::api::contacts::{self, ContactView, Wanted};
use crate::app::App;
use crate::extract::{Json, Listing};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/contacts", get(list).post(edit::create))
        .route("/contacts/new", get(edit::add))
        .route("/contacts/import", get(import::ask).post(import::take))
        .route("/contacts/import/template.csv", get(import::template))
        .route("/contacts/{id}", get(show::show))
        .route("/contacts/{id}/edit", get(edit::edit).post(edit::change))
        .route("/contacts/{id}/erase", get(act::ask_erase).post(act::erase))
        .route("/contacts/{id}/export", get(act::export))
        .route("/contacts/{id}/suppress", post(act::suppress))
        .route("/contacts/{id}/unsuppress", post(act::unsuppress))
}

async fn list(State(app): State<App>, viewer: Viewer, RawQuery(query): RawQuery) -> Result<Response, Failure> {
    let query = people::query(query.as_deref());
    let company_id = match query.given("company_id") {
        Some(id) => Some(id.parse().ok().ok_or_else(|| crate::problem::Problem::not_found("company"))?),
        None => None,
    };
    let text = query.given("text").map(str::to_owned);
    let is_filtered = text.is_some() || company_id.is_some();
    let listing = Listing { filter: Wanted { email: None, company_id, text }, page: people::page(&query) };
    let is_first = listing.page.cursor.is_none();
    let Json(found) = contacts::list(State(app), viewer.caller, listing).await?;
    let body = html! {
        (search(&viewer, &query))
        @if found.data.is_empty() && found.next_cursor.is_none() && is_first {
            section.card { (nobody(&viewer, is_filtered)) }
        } @else {
            (table_card(
                "Contacts",
                &["Contact", "Title", "Company", "Status", "Added"],
                html! { @for contact in &found.data { (row(&viewer, contact, true)) } },
                further(&viewer.here, found.data.len(), ROWS, found.next_cursor.as_deref(), is_first),
            ))
        }
    };
    let mut page = Page::new(&viewer, Place::Contacts, "Contacts")
        .lead(html! { "The people your other systems know. Nobody here was guessed." });
    if viewer.may_work() {
        page = page.actions(html! {
            a.button href=(viewer.path("/contacts/import")) { "Import CSV" }
            a.button.primary href=(viewer.path("/contacts/new")) { (icon(Icon::Plus)) "Add contact" }
        });
    }
    Ok(page.show(body))
}

fn search(viewer: &Viewer, query: &Form) -> Markup {
    html! {
        form.filters role="search" aria-label="Filter contacts" method="get" action=(viewer.path("/contacts")) data-filters {
            div.field {
                label for="search" { "Search contacts" }
                input #search type="search" name="text" value=(query.text("text")) placeholder="Name, address, title or company" autocomplete="off";
            }
            @if let Some(id) = query.given("company_id") {
                input type="hidden" name="company_id" value=(id);
                p.small { "Of one company. " a href=(viewer.path("/contacts")) { "Show all" } }
            }
            button { "Search" }
        }
    }
}

fn nobody(viewer: &Viewer, is_filtered: bool) -> Markup {
    if is_filtered {
        let text = html! { "Words are looked for at the beginning of names, addresses, titles and companies." };
        let all = html! { a.button href=(viewer.path("/contacts")) { "Show all contacts" } };
        return empty(Icon::Search, "Nobody found", text, Some(all));
    }
    let text = html! {
        "A contact is a person somebody told Beckon about: by import, by the API, or because they gave their address on your \
         website. When they come back, Beckon knows who it is."
    };
    let begin = viewer.may_work().then(|| {
        html! {
            a.button.primary href=(viewer.path("/contacts/import")) { "Import contacts" }
            a.button href=(viewer.path("/contacts/new")) { "Add one by hand" }
        }
    });
    empty(Icon::Contact, "No contacts yet", text, begin)
}

/// A row of a list; those of one company need not say which.
pub(super) fn row(viewer: &Viewer, contact: &ContactView, with_company: bool) -> Markup {
    let path = viewer.path(&format!("/contacts/{}", contact.id));
    let name = name(contact);
    let below = contact.email.as_deref().filter(|email| *email != name);
    html! {
        tr data-key=(contact.id) {
            (row_cell("Contact", html! { a href=(path) { (name) } @if let Some(email) = below { br; span.small.muted { (email) } } }))
            (row_cell("Title", html! { (contact.title.as_deref().unwrap_or_default()) }))
            @if with_company { (row_cell("Company", company(viewer, contact))) }
            (row_cell("Status", html! { @if contact.suppressed_at.is_some() { (badge(Tone::Warn, "Suppressed")) } }))
            (row_cell("Added", moment(contact.created_at, &viewer.zone)))
        }
    }
}

/// What to call somebody: their name, or what else identifies them.
pub(super) fn name(contact: &ContactView) -> String {
    let names = [&contact.first_name, &contact.last_name];
    let whole: Vec<&str> = names.into_iter().filter_map(|name| name.as_deref()).collect();
    if !whole.is_empty() {
        return whole.join(" ");
    }
    let known = contact.email.clone().or_else(|| contact.user_id.clone());
    known.unwrap_or_else(|| contact.id.to_string())
}

/// The account, as a link if there is one.
fn company(viewer: &Viewer, contact: &ContactView) -> Markup {
    let words = contact.company.as_deref().or(contact.company_domain.as_deref());
    html! {
        @match (contact.company_id, words) {
            (Some(id), words) => a href=(viewer.path(&format!("/companies/{id}"))) { (words.unwrap_or("Company")) },
            (None, Some(words)) => (words),
            (None, None) => {},
        }
    }
}
