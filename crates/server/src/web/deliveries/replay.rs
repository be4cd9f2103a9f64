//! `/deliveries/replay`: sending again all deliveries that fit, after saying how many those are.

use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use jiff::Timestamp;
use maud::{Markup, html};
use serde_json::{Map, Value};

use super::filters::Filters;
use super::list::narrowed;
use crate::api::deliveries::replay::{self as api, ReplayDeliveries};
use crate::api::jobs::{JobAnswer, JobCountView};
use crate::app::App;
use crate::extract::Json;
use crate::problem::Problem;
use crate::web::Failure;
use crate::web::form::{self, Errors, Form};
use crate::web::page::{Page, Place};
use crate::web::parts::{Tone, dialog_body, note, number};
use crate::web::said::saying;
use crate::web::viewer::Viewer;

/// What a replay is narrowed with.
const FIELDS: [&str; 7] = ["webhook_id", "event_id", "status", "event_type", "channel", "since", "until"];

/// What is to be sent again; how many those are is counted apart, because it can take a while.
pub(super) async fn show(
    State(app): State<App>,
    viewer: Viewer,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    viewer.check_may_work()?;
    let filters = Filters::of(query.as_deref());
    match wanted(&filters, app.ambient.now(), &viewer) {
        Ok(_) => Ok(draw(&viewer, &filters, StatusCode::OK, counting(&viewer, &filters))),
        Err(problem) => refuse(&viewer, &filters, problem),
    }
}

/// How many deliveries fit, and the button that sends them again.
pub(super) async fn counted(
    State(app): State<App>,
    viewer: Viewer,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    viewer.check_may_work()?;
    let filters = Filters::of(query.as_deref());
    let counted = match wanted(&filters, app.ambient.now(), &viewer) {
        Ok(pairs) => count(&app, &viewer, &pairs).await.map(|count| ask(&viewer, &filters, &pairs, &count)),
        Err(problem) => Err(problem),
    };
    match counted {
        Ok(asked) => Ok(draw(&viewer, &filters, StatusCode::OK, asked)),
        Err(problem) => refuse(&viewer, &filters, problem),
    }
}

/// The filters as the API takes them, if it does.
fn wanted(filters: &Filters, now: Timestamp, viewer: &Viewer) -> Result<Vec<(String, String)>, Problem> {
    let mut pairs = filters.as_api(now, &viewer.zone)?;
    if pairs.iter().any(|(name, _)| name == "about") {
        let why = "a replay cannot be limited to a contact or company: take this filter away first";
        return Err(Problem::field("about", why));
    }
    read(&pairs, true)?.filter(now)?;
    // What comes in from now on is not part of what was counted.
    if pairs.iter().all(|(name, _)| name != "until") {
        pairs.push(("until".to_owned(), now.to_string()));
    }
    Ok(pairs)
}

pub(super) async fn begin(State(app): State<App>, viewer: Viewer, given: Form) -> Result<Response, Failure> {
    viewer.check_may_work()?;
    let pairs: Vec<_> = FIELDS
        .into_iter()
        .filter_map(|name| given.given(name).map(|value| (name.to_owned(), value.to_owned())))
        .collect();
    match ask_api(&app, &viewer, &pairs, false).await {
        Ok(JobAnswer::Begun(job)) => {
            let path = saying(&format!("/jobs/{}", job.value.id), "replaying");
            Ok(Redirect::to(&viewer.path(&path)).into_response())
        }
        Ok(JobAnswer::Counted(_)) => Ok(Redirect::to(&viewer.path("/deliveries")).into_response()),
        Err(problem) => {
            let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&pairs).finish();
            refuse(&viewer, &Filters::of(Some(&query)), problem)
        }
    }
}

async fn count(app: &App, viewer: &Viewer, pairs: &[(String, String)]) -> Result<JobCountView, Problem> {
    match ask_api(app, viewer, pairs, true).await? {
        JobAnswer::Counted(count) => Ok(count),
        JobAnswer::Begun(_) => Ok(JobCountView { examined: 0, replayed: 0 }),
    }
}

async fn ask_api(app: &App, viewer: &Viewer, pairs: &[(String, String)], dry_run: bool) -> Result<JobAnswer, Problem> {
    api::replay(State(app.clone()), viewer.caller, Json(read(pairs, dry_run)?)).await
}

fn read(pairs: &[(String, String)], dry_run: bool) -> Result<ReplayDeliveries, Problem> {
    let known = pairs.iter().filter(|(name, _)| FIELDS.contains(&name.as_str()));
    let mut wanted: Map<String, Value> = known.map(|(name, value)| (name.clone(), value.as_str().into())).collect();
    wanted.insert("dry_run".to_owned(), dry_run.into());
    form::read(&Value::Object(wanted))
}

/// Stands there until it is counted.
fn counting(viewer: &Viewer, filters: &Filters) -> Markup {
    let path = filters.on(&viewer.path("/deliveries/replay/count"));
    html! {
        div.stack data-load=(path) data-load-part="count" {
            p { "All deliveries that fit will be sent again:" }
            (conditions(viewer, filters))
            div.form-foot {
                a.button.primary href=(path) { "Count them" }
                a.button.quiet href=(filters.on(&viewer.path("/deliveries"))) data-close { "Back" }
            }
        }
    }
}

fn ask(viewer: &Viewer, filters: &Filters, pairs: &[(String, String)], count: &JobCountView) -> Markup {
    let back = filters.on(&viewer.path("/deliveries"));
    html! {
        div.stack data-part="count" {
        p {
            strong { (number(count.replayed)) }
            @if count.replayed == 1 { " delivery will be sent again" } @else { " deliveries will be sent again" }
            ", of " (number(count.examined)) " that fit:"
        }
        (conditions(viewer, filters))
        p.muted {
            "Those that wait for an attempt anyway are left alone, and those of webhooks that are disabled or deleted. \
             The schedule of each begins anew, behind everything that is live."
        }
        @if count.replayed == 0 {
            div.form-foot { a.button href=(back) data-close { "Back" } }
        } @else {
            form method="post" action=(viewer.path("/deliveries/replay")) {
                @for (name, value) in pairs.iter().filter(|(name, _)| FIELDS.contains(&name.as_str())) {
                    input type="hidden" name=(name) value=(value);
                }
                div.form-foot {
                    button.primary { "Send " (number(count.replayed)) " again" }
                    a.button.quiet href=(back) data-close { "Back" }
                }
            }
        }
        }
    }
}

fn conditions(viewer: &Viewer, filters: &Filters) -> Markup {
    html! { ul { @for (_, label, value) in narrowed(viewer, filters) { li { (label) ": " strong { (value) } } } } }
}

/// The same page with the reason.
fn refuse(viewer: &Viewer, filters: &Filters, problem: Problem) -> Result<Response, Failure> {
    let status = problem.code().status();
    let errors = Errors::of(problem)?;
    let reasons = html! {
        @if let Some(detail) = &errors.detail { p { (detail) } }
        @for error in errors.all() { p { @if !error.field.is_empty() { code { (error.field) } ": " } (error.reason) } }
    };
    let body = html! {
        (note(Tone::Bad, "These deliveries cannot be sent again", reasons, None))
        (conditions(viewer, filters))
        p.muted { "Choose with the filters of the list which deliveries to send again, then come back here." }
        div.form-foot { a.button href=(filters.on(&viewer.path("/deliveries"))) data-close { "Back" } }
    };
    Ok(draw(viewer, filters, status, body))
}

fn draw(viewer: &Viewer, filters: &Filters, status: StatusCode, body: Markup) -> Response {
    Page::new(viewer, Place::Deliveries, "Send deliveries again")
        .below("Deliveries", filters.on("/deliveries"))
        .status(status)
        .show(html! { section.card { (dialog_body("Send deliveries again", body)) } })
}
