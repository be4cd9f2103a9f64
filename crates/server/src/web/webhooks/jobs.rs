//! What is being sent again in the background: on the webhook's page, and on a page of its own.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use beckon_domain::id::{JobId, WebhookId};
use beckon_domain::job::JobStatus;
use beckon_store::PageRequest;
use maud::{Markup, html};
use serde::Deserialize;

use super::frame::Shown;
use crate::api::jobs::{self, JobKindName, JobView};
use crate::app::App;
use crate::extract::{ById, Json, Path};
use crate::problem::Problem;
use crate::web::Failure;
use crate::web::parts::{Tone, badge, card, facts, moment, moment_of, number, post_button};
use crate::web::said::saying;
use crate::web::viewer::Viewer;

/// How many jobs of the workspace are looked through for those of the webhook.
const LOOKED_AT_MAX: u32 = 50;
/// Jobs shown on the webhook's page, beside all that run.
const SHOWN_MAX: usize = 3;

/// A job of a webhook, in the path.
#[derive(Debug, Deserialize)]
pub(super) struct OfWebhook {
    id: WebhookId,
    job: JobId,
}

/// The webhook's running and latest jobs; nothing if there are none.
pub(super) async fn of_webhook(app: &App, viewer: &Viewer, shown: &Shown) -> Result<Markup, Failure> {
    let request = PageRequest { limit: LOOKED_AT_MAX, after: None };
    let jobs = app.store.list_jobs(viewer.caller.workspace_id, request).await?.rows;
    let of_webhook = jobs.into_iter().filter(|job| job.kind.webhook_id() == Some(shown.view.id)).map(JobView::from);
    let (running, ended): (Vec<_>, Vec<_>) = of_webhook.partition(|job| job.status == JobStatus::Running);
    let jobs: Vec<_> = running.into_iter().chain(ended.into_iter().take(SHOWN_MAX)).collect();
    Ok(html! {
        div #jobs data-live {
            @if !jobs.is_empty() {
                (card_of(&jobs, viewer, shown))
            }
        }
    })
}

fn card_of(jobs: &[JobView], viewer: &Viewer, shown: &Shown) -> Markup {
    card(
        "Sent again",
        html! {
            @for job in jobs {
                div.stack-s {
                    div.spread {
                        span {
                            (status(job.status)) " "
                            a href={ (shown.path) "/jobs/" (job.id) } { (words(job.kind)) }
                            " " span.small.muted { "asked for " (moment(job.created_at, &viewer.zone)) }
                        }
                        (cancel_button(job, viewer, shown))
                    }
                    (progress(job))
                }
            }
        },
    )
}

pub(super) async fn show(
    State(app): State<App>,
    viewer: Viewer,
    Path(OfWebhook { id, job }): Path<OfWebhook>,
) -> Result<Response, Failure> {
    let shown = Shown::find(&app, &viewer, id).await?;
    let job = find(&app, &viewer, id, job).await?;
    let zone = &viewer.zone;
    let body = html! {
        div #job.stack data-live {
            (card(words(job.kind), html! {
                div.spread { (status(job.status)) (cancel_button(&job, &viewer, &shown)) }
                (progress(&job))
                @if let Some(error) = &job.error { p { strong { "It could not go on: " } (error) } }
                (facts([
                    ("Since", html! { @match job.filter.since { Some(since) => (moment_of(since, zone)), None => "The beginning" } }),
                    ("Until", moment_of(job.filter.until, zone)),
                    ("Asked for", moment(job.created_at, zone)),
                    ("Last step", moment(job.updated_at, zone)),
                ]))
                p.muted { "What was made due is sent behind everything that has just happened. Whether it arrives, "
                    a href=(viewer.path(&format!("/deliveries?webhook_id={id}"))) { "the deliveries" } " show." }
            }))
        }
        div.actions { a.button href=(shown.path) { "Back to the webhook" } }
    };
    Ok(shown.below(&viewer, words(job.kind)).live().show(body))
}

pub(super) async fn cancel(
    State(app): State<App>,
    viewer: Viewer,
    Path(OfWebhook { id, job }): Path<OfWebhook>,
) -> Result<Response, Failure> {
    viewer.check_may_work()?;
    find(&app, &viewer, id, job).await?;
    jobs::cancel(State(app), viewer.caller, Path(ById { id: job })).await?;
    Ok(Redirect::to(&viewer.path(&saying(&format!("/webhooks/{id}/jobs/{job}"), "job-canceled"))).into_response())
}

/// A job, if it is one of that webhook.
async fn find(app: &App, viewer: &Viewer, id: WebhookId, job: JobId) -> Result<JobView, Failure> {
    let Json(job) = jobs::get(State(app.clone()), viewer.caller, Path(ById { id: job })).await?;
    if job.filter.webhook_id != Some(id) {
        return Err(Problem::not_found("job").into());
    }
    Ok(job)
}

fn words(kind: JobKindName) -> &'static str {
    match kind {
        JobKindName::Recover => "Recover failed",
        JobKindName::ReplayMissing => "Replay missing",
        JobKindName::Replay => "Replay",
    }
}

fn status(status: JobStatus) -> Markup {
    match status {
        JobStatus::Running => badge(Tone::Info, "Running"),
        JobStatus::Done => badge(Tone::Good, "Done"),
        JobStatus::Canceled => badge(Tone::Plain, "Canceled"),
        JobStatus::Failed => badge(Tone::Bad, "Failed"),
    }
}

fn progress(job: &JobView) -> Markup {
    // Nothing to look at is all of it looked at.
    let (value, max) = if job.total == 0 { (1, 1) } else { (job.examined.min(job.total), job.total) };
    html! {
        div.progress {
            @if job.status == JobStatus::Running { progress value=(value) max=(max) aria-label={ (words(job.kind)) ", progress" } {} }
            span.small {
                (number(job.examined)) " of " (number(job.total)) " looked at, "
                strong { (number(job.replayed)) } " made due again"
            }
        }
    }
}

fn cancel_button(job: &JobView, viewer: &Viewer, shown: &Shown) -> Markup {
    if job.status != JobStatus::Running || !viewer.may_work() {
        return html! {};
    }
    let path = format!("{}/jobs/{}/cancel", shown.path, job.id);
    post_button(&path, "small", "Cancel", Some("End this? What it made due already is still sent."))
}
