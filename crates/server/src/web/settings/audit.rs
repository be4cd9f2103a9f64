//! `/settings/audit`: who changed what and when, with the fields that are different since.
//!
//! Only admins and owners see it: it shows what people did.
//! Not here: noting changes (`crate::audit`).

mod difference;

use std::collections::HashMap;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use beckon_domain::audit::Actor;
use beckon_domain::id::ApiKeyId;
use beckon_store::PageRequest;
use beckon_store::page::PAGE_ROWS_MAX;
use http::{StatusCode, Uri};
use maud::{Markup, html};

use super::page;
use crate::api::audit_log::{self, AuditQuery, AuditView};
use crate::app::App;
use crate::extract::{Json, Listing};
use crate::paging::PageQuery;
use crate::problem::Problem;
use crate::web::failure::Failure;
use crate::web::form::Form;
use crate::web::parts::{Field, Icon, empty, further, moment, row_cell, table_card, tag};
use crate::web::viewer::Viewer;
use difference::difference;

const PATH: &str = "/settings/audit";
/// Changes a page shows.
const ROWS: u32 = 50;
/// What actions begin with, and what people call it.
const KINDS: &[(&str, &str)] = &[
    ("", "Everything"),
    ("webhook.", "Webhooks"),
    ("delivery.", "Deliveries"),
    ("event_type.", "Event types"),
    ("segment.", "Segments"),
    ("contact.", "Contacts"),
    ("company.", "Companies"),
    ("list.", "Lists"),
    ("contacts.imported", "Imports of contacts"),
    ("companies.imported", "Imports of companies"),
    ("settings.", "Settings"),
    ("api_key.", "API keys"),
    ("write_key.", "Write keys"),
    ("member.", "Members"),
    ("invitation.", "Invitations"),
    ("portal_link.", "Portal links"),
];

pub(super) fn routes() -> Router<App> {
    Router::new().route(PATH, get(show))
}

async fn show(State(app): State<App>, viewer: Viewer, uri: Uri) -> Result<Response, Failure> {
    viewer.check_may_administer()?;
    let pairs = url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    let asked = Form::of(pairs.map(|(name, value)| (name.into_owned(), value.into_owned())));
    let given = |name: &str| asked.given(name).map(str::to_owned);
    let (filter, cursor) = (AuditQuery { subject: given("subject"), action: given("action") }, given("cursor"));
    let is_filtered = filter.subject.is_some() || filter.action.is_some();
    let listing = Listing { filter, page: PageQuery { limit: Some(ROWS), cursor: cursor.clone() } };
    let Json(found) = audit_log::list(State(app.clone()), viewer.caller, listing).await?;
    let keys = key_names(&app, &viewer).await?;
    let rows = html! { @for entry in &found.data { (row(&viewer, &keys, entry)) } };
    let foot = further(&viewer.here, found.data.len(), ROWS, found.next_cursor.as_deref(), cursor.is_none());
    let nothing = found.data.is_empty() && found.next_cursor.is_none() && cursor.is_none();
    let body = html! {
        (filters(&asked))
        @if nothing && is_filtered {
            section.card { (empty(Icon::Search, "No such change", html! { "Nothing in the log fits this filter." },
                Some(html! { a.button href=(PATH) { "Show everything" } }))) }
        } @else if nothing {
            section.card { (empty(Icon::Open, "No changes yet", html! {
                "Whatever somebody sets up or changes stands here, with how it was before: people, API keys, portal links."
            }, None)) }
        } @else {
            (table_card("Changes, newest first", &["When", "Who", "What", "To what", "Different"], rows, foot))
        }
    };
    Ok(page(&viewer, PATH, StatusCode::OK, body))
}

fn filters(asked: &Form) -> Markup {
    let action = asked.text("action");
    let is_known = KINDS.iter().any(|(known, _)| *known == action);
    let other = (!is_known).then_some((action, action));
    html! {
        form.filters method="get" action=(PATH) data-filters {
            (Field::new("action", "Kind of change").value(action).select(KINDS.iter().copied().chain(other)))
            (Field::new("subject", "Of what").kind("search").value(asked.text("subject")).placeholder("An id, such as wh_…").show())
            button { "Show" }
            @if !action.is_empty() || !asked.text("subject").is_empty() { a.button.quiet href=(PATH) { "Everything" } }
        }
    }
}

/// What API keys are called, the newest of them.
async fn key_names(app: &App, viewer: &Viewer) -> Result<HashMap<ApiKeyId, String>, Problem> {
    let page = PageRequest { limit: PAGE_ROWS_MAX, after: None };
    let keys = app.store.list_api_keys(viewer.caller.workspace_id, page).await?;
    Ok(keys.rows.into_iter().map(|key| (key.id, key.name)).collect())
}

fn row(viewer: &Viewer, keys: &HashMap<ApiKeyId, String>, entry: &AuditView) -> Markup {
    html! {
        tr data-key=(entry.id) {
            (row_cell("When", moment(entry.at, &viewer.zone)))
            (row_cell("Who", who(keys, &entry.actor)))
            (row_cell("What", tag(&entry.action)))
            (row_cell("To what", of_subject(&entry.subject)))
            (row_cell("Different", difference(entry.before.as_ref(), entry.after.as_ref())))
        }
    }
}

/// Who did it. Of a portal link, its own entry says for whom it was.
fn who(keys: &HashMap<ApiKeyId, String>, actor: &Actor) -> Markup {
    html! {
        @match actor {
            Actor::System => "Beckon",
            Actor::Member { email, .. } => span.wrap-anywhere { (email) },
            Actor::ApiKey { id } => {
                "API key "
                @match keys.get(id) { Some(name) => strong { (name) }, None => code { (id) } }
            }
            Actor::Portal { id } => { "Portal link " (of_subject(&id.to_string())) }
        }
    }
}

/// A name that leads to all that was done to it.
fn of_subject(subject: &str) -> Markup {
    let query: String = url::form_urlencoded::byte_serialize(subject.as_bytes()).collect();
    html! { a.mono.wrap-anywhere href={ (PATH) "?subject=" (query) } { (subject) } }
}
