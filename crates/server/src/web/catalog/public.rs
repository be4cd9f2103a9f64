//! `/public/{workspace}/catalog`: the event catalog for anybody, read only, where the workspace says so.
//!
//! Promise: a workspace that does not say so is not told apart from one that is not there. It shows what the catalog says
//! and the workspace's name, and nothing else of it.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::{Html, IntoResponse, Response};
use beckon_domain::id::WorkspaceId;
use beckon_store::WorkspaceConfig;
use http::HeaderMap;
use maud::html;
use serde::Deserialize;

use super::entry::{Shape, entry, origin};
use crate::api::event_types;
use crate::app::App;
use crate::extract::Path;
use crate::problem::{Code, Problem};
use crate::web::Failure;
use crate::web::page;
use crate::web::parts::{row_cell, table};
use crate::web::viewer::theme;

#[derive(Debug, Deserialize)]
pub(super) struct OfWorkspace {
    workspace: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct OfEntry {
    workspace: String,
    name: String,
}

pub(super) async fn list(
    State(app): State<App>,
    Path(OfWorkspace { workspace }): Path<OfWorkspace>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let config = find(&app, &workspace).await?;
    let title = format!("Event catalog of {}", config.name);
    let rows = html! {
        @for event_type in event_types::all(&config) {
            tr {
                (row_cell("Event type", html! {
                    a href=(format!("/public/{}/catalog/{}", config.workspace_id, event_type.name)) { code { (event_type.name) } }
                }))
                (row_cell("When it fires", html! { (event_type.description) }))
            }
        }
    };
    let body = html! {
        div.head { div { h1 { (title) } p.muted { "What its webhooks can be told, and what each event says." } } }
        section.card.flush { (table("Event types", &["Event type", "When it fires"], rows)) }
    };
    Ok(Html(page::bare(&title, theme(&headers), body).into_string()).into_response())
}

pub(super) async fn show(
    State(app): State<App>,
    Path(OfEntry { workspace, name }): Path<OfEntry>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let config = find(&app, &workspace).await?;
    let found = event_types::all(&config).find(|event_type| event_type.name == name);
    let event_type = found.ok_or_else(|| Problem::not_found("event type"))?;
    let list = format!("/public/{}/catalog", config.workspace_id);
    let path = format!("{list}/{name}");
    let body = html! {
        nav.crumbs aria-label="Breadcrumbs" {
            a href=(list) { "Event catalog of " (config.name) } span aria-hidden="true" { "/" } span aria-current="page" { (name) }
        }
        div.head { div { h1 { (name) " " (origin(event_type)) } p.muted { (event_type.description) } } }
        (entry(event_type, Shape::of(query.as_deref()), &path))
    };
    Ok(Html(page::bare(&name, theme(&headers), body).into_string()).into_response())
}

/// The workspace, if it is there and its catalog is for anybody.
async fn find(app: &App, workspace: &str) -> Result<Arc<WorkspaceConfig>, Problem> {
    let nothing = || Problem::new(Code::NotFound, "there is no public event catalog at this address");
    let id: WorkspaceId = workspace.parse().ok().ok_or_else(nothing)?;
    // Only what is there is asked of the cache: it keeps something of everything it is asked for.
    let all = app.store.list_workspaces().await?;
    all.iter().find(|known| known.id == id).ok_or_else(nothing)?;
    let config = app.config.get(id).await?;
    if config.settings.public_catalog { Ok(config) } else { Err(nothing()) }
}
