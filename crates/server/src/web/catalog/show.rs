//! `/catalog/{name}`: one event type; deleting one's own.

use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use beckon_domain::catalog::{EventType, Origin};
use http::StatusCode;
use maud::{Markup, html};

use super::entry::{Shape, entry, origin};
use super::list::{listeners, may_define};
use crate::api::event_types::{self as api, ByName};
use crate::app::App;
use crate::extract::Path;
use crate::problem::{Code, Problem};
use crate::web::Failure;
use crate::web::page::{Page, Place};
use crate::web::parts::{Tone, copyable, facts, moment, note, post_button};
use crate::web::said::saying;
use crate::web::viewer::Viewer;

pub(super) async fn show(
    State(app): State<App>,
    viewer: Viewer,
    Path(ByName { name }): Path<ByName>,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let event_type = api::find(&app, viewer.caller, &name).await?;
    Ok(draw(&viewer, &event_type, Shape::of(query.as_deref()), None))
}

pub(super) async fn delete(
    State(app): State<App>,
    viewer: Viewer,
    Path(ByName { name }): Path<ByName>,
) -> Result<Response, Failure> {
    check_may_define(&viewer)?;
    let event_type = api::find(&app, viewer.caller, &name).await?;
    match api::delete(State(app.clone()), viewer.caller, Path(ByName { name })).await {
        Ok(_) => Ok(Redirect::to(&viewer.path(&saying("/catalog", "deleted"))).into_response()),
        Err(problem) if problem.code() == Code::Conflict => {
            Ok(draw(&viewer, &event_type, Shape::Example, Some(&problem)))
        }
        Err(problem) => Err(problem.into()),
    }
}

/// Refuses those who may not define event types.
pub(super) fn check_may_define(viewer: &Viewer) -> Result<(), Failure> {
    viewer.check_may_work()?;
    if viewer.is_portal() {
        return Err(Failure::forbidden("event types are defined by those who publish the events"));
    }
    Ok(())
}

fn draw(viewer: &Viewer, event_type: &EventType, shape: Shape, refused: Option<&Problem>) -> Response {
    let path = viewer.path(&format!("/catalog/{}", event_type.name));
    let own = event_type.origin == Origin::Workspace && may_define(viewer);
    let status = refused.map_or(StatusCode::OK, |problem| problem.code().status());
    let lead = html! {
        @if event_type.description.is_empty() { "No description was given." } @else { (event_type.description) }
    };
    Page::new(viewer, Place::Catalog, event_type.name.as_str())
        .below("Event catalog", "/catalog")
        .heading(html! { (event_type.name) " " (origin(event_type)) })
        .lead(lead)
        .actions(html! {
            a.button.quiet href=(viewer.path(&format!("/events?type={}", event_type.name))) { "Show its events" }
            @if own {
                a.button href={ (path) "/edit" } { "Edit" }
                (post_button(&format!("{path}/delete"), "danger", "Delete",
                    Some(&format!("Delete {}? Events of it stay; new ones are refused.", event_type.name))))
            }
        })
        .status(status)
        .show(html! {
            @if let Some(problem) = refused {
                (note(Tone::Bad, "This was not deleted", html! { (problem.body().detail) }, None))
            }
            section.card { h2 { "About" } (facts(told(viewer, event_type))) }
            (entry(event_type, shape, &path))
        })
}

fn told(viewer: &Viewer, event_type: &EventType) -> Vec<(&'static str, Markup)> {
    let mut all = vec![
        ("Name", copyable(&event_type.name, "the name")),
        ("Webhooks that listen", listeners(viewer, &event_type.name)),
    ];
    if event_type.origin == Origin::Workspace {
        all.push(("Defined", moment(event_type.created_at, &viewer.zone)));
        all.push(("Last change", moment(event_type.updated_at, &viewer.zone)));
    }
    all
}
