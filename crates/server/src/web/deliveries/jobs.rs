//! `/jobs`: what sends again what was missed, and how far each has come; live.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use beckon_domain::delivery::DeliveryStatus;
use beckon_domain::id::JobId;
use beckon_domain::job::JobStatus;
use beckon_store::page::PAGE_ROWS_DEFAULT;
use http::StatusCode;
use maud::{Markup, html};

use super::filters::Filters;
use super::names::{Names, segment_name};
use super::words::status_name;
use crate::api::jobs::{self as api, JobKindName, JobView};
use crate::app::App;
use crate::extract::{ById, Json, Path, Query};
use crate::paging::PageQuery;
use crate::problem::{Code, Problem};
use crate::web::Failure;
use crate::web::page::{Page, Place};
use crate::web::parts::{
    Icon, Tone, badge, card, copyable, empty, facts, further, moment, moment_of, note, number, post_button, row_cell,
    table, tag,
};
use crate::web::said::saying;
use crate::web::viewer::Viewer;

pub(super) async fn list(
    State(app): State<App>,
    viewer: Viewer,
    axum::extract::RawQuery(query): axum::extract::RawQuery,
) -> Result<Response, Failure> {
    let filters = Filters::of(query.as_deref());
    let cursor = Some(filters.get("cursor").to_owned()).filter(|cursor| !cursor.is_empty());
    let Json(jobs) = api::list(State(app.clone()), viewer.caller, Query(PageQuery { limit: None, cursor })).await?;
    let names = Names::of(&app, &viewer, jobs.data.iter().filter_map(|job| job.filter.webhook_id).collect()).await?;
    let rows = html! {
        @for job in &jobs.data {
            tr data-key=(job.id) {
                (row_cell("What", html! { a href=(viewer.path(&format!("/jobs/{}", job.id))) { (kind(job.kind)) } }))
                (row_cell("Webhook", webhook(&viewer, &names, job)))
                (row_cell("Status", status_badge(job.status)))
                (row_cell("Progress", html! { (number(job.examined)) " of " (number(job.total)) }))
                (row_cell("Sent again", html! { (number(job.replayed)) }))
                (row_cell("Begun", moment(job.created_at, &viewer.zone)))
            }
        }
    };
    let (shown, next) = (jobs.data.len(), jobs.next_cursor.as_deref());
    Ok(Page::new(&viewer, Place::Deliveries, "Replays")
        .below("Deliveries", "/deliveries")
        .lead(html! { "Work in the background that sends again what was missed." })
        .live()
        .show(html! {
            section.card.flush #jobs data-live {
                @if shown == 0 && next.is_none() {
                    (empty(Icon::Delivery, "No replays yet",
                        html! { "Replay deliveries from their list, or recover what a webhook missed from its page." },
                        Some(html! { a.button href=(viewer.path("/deliveries")) { "Go to deliveries" } })))
                } @else {
                    (table("Replays, newest first", &["What", "Webhook", "Status", "Progress", "Sent again", "Begun"], rows))
                    (further(&viewer.here, shown, PAGE_ROWS_DEFAULT, next, filters.is_first_page()))
                }
            }
        }))
}

pub(super) async fn show(
    State(app): State<App>,
    viewer: Viewer,
    Path(ById { id }): Path<ById<JobId>>,
) -> Result<Response, Failure> {
    draw(&app, &viewer, id, None).await
}

pub(super) async fn cancel(
    State(app): State<App>,
    viewer: Viewer,
    Path(ById { id }): Path<ById<JobId>>,
) -> Result<Response, Failure> {
    viewer.check_may_work()?;
    match api::cancel(State(app.clone()), viewer.caller, Path(ById { id })).await {
        Ok(_) => Ok(Redirect::to(&viewer.path(&saying(&format!("/jobs/{id}"), "replay-canceled"))).into_response()),
        Err(problem) if problem.code() == Code::Conflict => draw(&app, &viewer, id, Some(problem)).await,
        Err(problem) => Err(problem.into()),
    }
}

async fn draw(app: &App, viewer: &Viewer, id: JobId, refused: Option<Problem>) -> Result<Response, Failure> {
    let Json(job) = api::get(State(app.clone()), viewer.caller, Path(ById { id })).await?;
    let names = Names::of(app, viewer, job.filter.webhook_id.into_iter().collect()).await?;
    let status = refused.as_ref().map_or(StatusCode::OK, |problem| problem.code().status());
    let title = kind(job.kind);
    Ok(Page::new(viewer, Place::Deliveries, title)
        .below("Deliveries", "/deliveries")
        .below("Replays", "/jobs")
        .heading(html! { (title) " " span #status data-live { (status_badge(job.status)) } })
        .live()
        .status(status)
        .show(html! {
            @if let Some(problem) = &refused {
                (note(Tone::Bad, "This was not done", html! { (problem.body().detail) }, None))
            }
            (progress(viewer, &job))
            (card("What it goes through", facts(conditions(viewer, &names, &job))))
        }))
}

fn progress(viewer: &Viewer, job: &JobView) -> Markup {
    let running = job.status == JobStatus::Running;
    // What came in meanwhile can make it more than was counted.
    let total = job.total.max(job.examined).max(1);
    html! {
        section.card #progress data-live {
            h2 { "Progress" }
            div.progress {
                progress value=(if running { job.examined } else if job.status == JobStatus::Done { total } else { job.examined })
                    max=(total) aria-label="Progress" {}
                span { (number(job.examined)) " of " (number(job.total.max(job.examined))) " looked at, "
                    strong { (number(job.replayed)) } " sent again" }
            }
            p.muted { (meaning(job.status)) }
            @if let Some(error) = &job.error { p { (error) } }
            @if running && viewer.may_work() {
                div.actions {
                    (post_button(&viewer.path(&format!("/jobs/{}/cancel", job.id)), "danger", "Cancel replay",
                        Some("Cancel this replay? What it has sent already stays sent.")))
                }
            }
            div.actions { a.button href=(deliveries(viewer, job)) { "Show the deliveries" } }
        }
    }
}

/// The list of what it goes through.
fn deliveries(viewer: &Viewer, job: &JobView) -> String {
    let filter = &job.filter;
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    let mut add = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            query.append_pair(name, &value);
        }
    };
    add("webhook_id", filter.webhook_id.map(|id| id.to_string()));
    add("event_id", filter.event_id.clone());
    add("event_type", filter.event_type.clone());
    add("channel", filter.channel.as_ref().map(ToString::to_string));
    add("since", filter.since.map(|at| at.to_string()));
    add("until", Some(filter.until.to_string()));
    viewer.path(&format!("/deliveries?{}", query.finish()))
}

fn conditions<'a>(viewer: &Viewer, names: &Names, job: &JobView) -> Vec<(&'a str, Markup)> {
    let filter = &job.filter;
    let mut all = vec![("Id", copyable(&job.id.to_string(), "the id"))];
    if filter.webhook_id.is_some() {
        all.push(("Webhook", webhook(viewer, names, job)));
    }
    if let Some(event) = &filter.event_id {
        all.push(("Event", html! { a href=(viewer.path(&format!("/events/{event}"))) { code { (event) } } }));
    }
    if let Some(status) = filter.status {
        all.push(("Status", html! { (named(status)) }));
    }
    if let Some(event_type) = &filter.event_type {
        all.push(("Event type", tag(event_type)));
    }
    if let Some(channel) = &filter.channel {
        let name = channel.segment().and_then(|id| segment_name(&viewer.workspace, id));
        all.push(("Segment", html! { @if let Some(name) = name { (name) " " } (tag(channel.as_str())) }));
    }
    if let Some(since) = filter.since {
        all.push(("From", moment_of(since, &viewer.zone)));
    }
    all.push(("Until", moment_of(filter.until, &viewer.zone)));
    all.push(("Begun", moment(job.created_at, &viewer.zone)));
    all.push(("Last step", moment(job.updated_at, &viewer.zone)));
    all
}

fn named(status: DeliveryStatus) -> &'static str {
    status_name(status)
}

fn webhook(viewer: &Viewer, names: &Names, job: &JobView) -> Markup {
    match job.filter.webhook_id {
        Some(id) => names.link(viewer, id),
        None => html! { span.muted { "Any" } },
    }
}

fn kind(kind: JobKindName) -> &'static str {
    match kind {
        JobKindName::Recover => "Recover failed deliveries",
        JobKindName::ReplayMissing => "Replay missing events",
        JobKindName::Replay => "Replay deliveries",
    }
}

fn status_badge(status: JobStatus) -> Markup {
    match status {
        JobStatus::Running => badge(Tone::Info, "Running"),
        JobStatus::Done => badge(Tone::Good, "Done"),
        JobStatus::Canceled => badge(Tone::Plain, "Canceled"),
        JobStatus::Failed => badge(Tone::Bad, "Failed"),
    }
}

fn meaning(status: JobStatus) -> &'static str {
    match status {
        JobStatus::Running => "It goes on by itself, also if you leave this page, and over restarts of Beckon.",
        JobStatus::Done => "Everything was made due. Whether it arrives, the deliveries show.",
        JobStatus::Canceled => "Ended by a person. What it had made due is still sent.",
        JobStatus::Failed => "It could not go on.",
    }
}
