//! Jobs: work in the background that sends what was missed. Starting one, following it, ending it.
//!
//! Not here: what each kind does (`beckon_domain::job`), and doing it (`beckon-delivery`).

use aide::OperationOutput;
use aide::axum::ApiRouter;
use aide::axum::routing::{get_with, post_with};
use aide::generate::GenContext;
use aide::openapi::{Operation, Response as ResponseDoc};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use beckon_domain::channel::Channel;
use beckon_domain::delivery::DeliveryStatus;
use beckon_domain::id::{JobId, WebhookId};
use beckon_domain::invalid::Findings;
use beckon_domain::job::{Job, JobKind, JobStatus, ReplayFilter};
use beckon_store::jobs::JobCount;
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;

use crate::api::PREFIX;
use crate::app::App;
use crate::auth::Caller;
use crate::docs::{self, operation};
use crate::extract::{ById, Json, Path, Query};
use crate::paging::{PageQuery, Paged};
use crate::problem::{Code, PROBLEM_JSON, Problem, ProblemBody};
use crate::reply::AcceptedAt;

/// The tag of these operations in the document.
const TAG: &str = "Jobs";
const LIST: &str = "jobs";

pub(crate) fn routes() -> ApiRouter<App> {
    ApiRouter::new()
        .api_route("/jobs", get_with(list, operation("listJobs", TAG, "List jobs, newest first")))
        .api_route("/jobs/{id}", get_with(get, operation("getJob", TAG, "Show a job and how far it has come")))
        .api_route(
            "/jobs/{id}/cancel",
            post_with(cancel, operation("cancelJob", TAG, "End a job; what it made due already is still sent")),
        )
}

/// A piece of work in the background.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "Job")]
pub(crate) struct JobView {
    /// Its id.
    pub(crate) id: JobId,
    /// What it does.
    pub(crate) kind: JobKindName,
    /// What it goes through. All conditions hold together.
    pub(crate) filter: JobFilter,
    /// How it stands.
    pub(crate) status: JobStatus,
    /// Why it failed, in words; null if it did not.
    pub(crate) error: Option<String>,
    /// How many deliveries or events it looks at, as counted when it began.
    pub(crate) total: u64,
    /// How many it has looked at.
    pub(crate) examined: u64,
    /// How many requests it made due. Whether they arrive, the deliveries show.
    pub(crate) replayed: u64,
    /// When it was asked for.
    #[schemars(schema_with = "docs::timestamp")]
    pub(crate) created_at: Timestamp,
    /// When it last came further.
    #[schemars(schema_with = "docs::timestamp")]
    pub(crate) updated_at: Timestamp,
}

/// What a job does.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "JobKind")]
pub(crate) enum JobKindName {
    /// Sends a webhook what it did not take: deliveries that failed, or were canceled because it was disabled.
    Recover,
    /// Sends a webhook what it never had: events it would get today, and of which there is no delivery to it.
    ReplayMissing,
    /// Sends again all deliveries that fit and do not wait for a request anyway.
    Replay,
}

/// What a job goes through; null where it is not limited.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct JobFilter {
    /// Only what is for this webhook.
    pub(crate) webhook_id: Option<WebhookId>,
    /// Only what is of this event.
    pub(crate) event_id: Option<String>,
    /// Only deliveries with this status.
    pub(crate) status: Option<DeliveryStatus>,
    /// Only what is of this event type.
    pub(crate) event_type: Option<String>,
    /// Only what is of events with this channel.
    pub(crate) channel: Option<Channel>,
    /// Only what was owed, or announced, at or after this moment.
    #[schemars(schema_with = "docs::optional_timestamp")]
    pub(crate) since: Option<Timestamp>,
    /// Only what was owed, or announced, before this moment.
    #[schemars(schema_with = "docs::timestamp")]
    pub(crate) until: Timestamp,
}

impl From<Job> for JobView {
    fn from(job: Job) -> JobView {
        let (kind, filter) = match job.kind {
            JobKind::Recover { webhook_id, since, until } => {
                (JobKindName::Recover, JobFilter::of_webhook(webhook_id, since, until))
            }
            JobKind::ReplayMissing { webhook_id, since, until } => {
                (JobKindName::ReplayMissing, JobFilter::of_webhook(webhook_id, since, until))
            }
            JobKind::Replay(filter) => (JobKindName::Replay, filter.into()),
        };
        JobView {
            id: job.id,
            kind,
            filter,
            status: job.status,
            error: job.error,
            total: job.total,
            examined: job.examined,
            replayed: job.replayed,
            created_at: job.created_at,
            updated_at: job.updated_at,
        }
    }
}

impl JobFilter {
    fn of_webhook(webhook_id: WebhookId, since: Timestamp, until: Timestamp) -> JobFilter {
        JobFilter {
            webhook_id: Some(webhook_id),
            event_id: None,
            status: None,
            event_type: None,
            channel: None,
            since: Some(since),
            until,
        }
    }
}

impl From<ReplayFilter> for JobFilter {
    fn from(filter: ReplayFilter) -> JobFilter {
        let ReplayFilter { webhook_id, event_id, status, event_type, channel, since, until } = filter;
        let event_id = event_id.map(|id| id.to_string());
        JobFilter { webhook_id, event_id, status, event_type, channel, since, until }
    }
}

/// What a job would do.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "JobCount")]
pub(crate) struct JobCountView {
    /// How many deliveries or events it would look at.
    pub(crate) examined: u64,
    /// How many requests it would make due.
    pub(crate) replayed: u64,
}

/// Answers whoever asked for a job.
pub(crate) enum JobAnswer {
    /// It was only counted what it would do.
    Counted(JobCountView),
    /// It is under way.
    Begun(Box<AcceptedAt<JobView>>),
}

/// Starts a job, or on a `dry_run` only counts what it would do.
pub(crate) async fn start(app: &App, caller: Caller, kind: JobKind, dry_run: bool) -> Result<JobAnswer, Problem> {
    check_live(app, caller, &kind).await?;
    if dry_run {
        let JobCount { examined, replayed } = app.store.count_job(caller.workspace_id, &kind).await?;
        return Ok(JobAnswer::Counted(JobCountView { examined, replayed }));
    }
    let job = app.delivery.start_job(caller.workspace_id, kind).await?;
    let accepted = AcceptedAt { location: format!("{PREFIX}/jobs/{}", job.id), value: job.into() };
    Ok(JobAnswer::Begun(Box::new(accepted)))
}

/// Refuses what cannot be sent anyway: the store refuses it too, but does not say so in a way of its own.
async fn check_live(app: &App, caller: Caller, kind: &JobKind) -> Result<(), Problem> {
    let Some(id) = kind.webhook_id() else { return Ok(()) };
    let webhook = app.store.get_webhook(caller.workspace_id, id).await?;
    if webhook.deleted_at.is_some() {
        return Err(Problem::new(Code::WebhookDisabled, "the webhook was deleted: nothing can be sent to it"));
    }
    if !webhook.enabled {
        return Err(Problem::new(Code::WebhookDisabled, "the webhook is disabled: enable it to send it anything"));
    }
    Ok(())
}

/// Checks the bounds in time of what was missed, and gives the later one.
///
/// Nothing was missed after `now`; but what came in the same millisecond, before it was asked, was.
pub(crate) fn check_window(
    since: Option<Timestamp>,
    until: Option<Timestamp>,
    now: Timestamp,
    findings: &mut Findings,
) -> Timestamp {
    if since.is_some_and(|since| since > now) {
        findings.add("since", "is in the future: nothing was missed since then");
    }
    if let (Some(since), Some(until)) = (since, until)
        && until <= since
    {
        findings.add("until", "must be after since");
    }
    let end = now.checked_add(SignedDuration::from_millis(1)).unwrap_or(now);
    until.unwrap_or(end).min(end)
}

pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(page): Query<PageQuery>,
) -> Result<Json<Paged<JobView>>, Problem> {
    let jobs = app.store.list_jobs(caller.workspace_id, page.request(LIST)?).await?;
    Ok(Json(Paged::of(LIST, jobs, JobView::from)))
}

pub(crate) async fn get(
    State(app): State<App>,
    caller: Caller,
    Path(ById { id }): Path<ById<JobId>>,
) -> Result<Json<JobView>, Problem> {
    Ok(Json(app.store.get_job(caller.workspace_id, id).await?.into()))
}

pub(crate) async fn cancel(
    State(app): State<App>,
    caller: Caller,
    Path(ById { id }): Path<ById<JobId>>,
) -> Result<Json<JobView>, Problem> {
    Ok(Json(app.delivery.cancel_job(caller.workspace_id, id).await?.into()))
}

impl IntoResponse for JobAnswer {
    fn into_response(self) -> Response {
        match self {
            JobAnswer::Counted(count) => Json(count).into_response(),
            JobAnswer::Begun(accepted) => accepted.into_response(),
        }
    }
}

impl OperationOutput for JobAnswer {
    type Inner = JobView;

    fn operation_response(ctx: &mut GenContext, operation: &mut Operation) -> Option<ResponseDoc> {
        AcceptedAt::<JobView>::operation_response(ctx, operation)
    }

    fn inferred_responses(ctx: &mut GenContext, operation: &mut Operation) -> Vec<(Option<u16>, ResponseDoc)> {
        let mut responses = AcceptedAt::<JobView>::inferred_responses(ctx, operation);
        let counted = "A dry run: what would be done, and nothing was.";
        responses.push((Some(200), docs::response::<JobCountView>(ctx, docs::JSON, counted)));
        // The webhook may be named in the body, of which `openapi.rs` knows nothing.
        let unknown = "There is no such webhook in this workspace: `not_found`.";
        responses.push((Some(404), docs::response::<ProblemBody>(ctx, PROBLEM_JSON, unknown)));
        responses
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn checked(since: Option<i64>, until: Option<i64>) -> Result<Timestamp, Vec<String>> {
        let mut findings = Findings::default();
        let until = check_window(since.map(at), until.map(at), at(100), &mut findings);
        findings.into_result(until).map_err(|invalid| invalid.0.into_iter().map(|wrong| wrong.field).collect())
    }

    // behaviour A6
    #[test]
    fn a_window_in_the_future_or_backwards_is_refused_by_field() {
        let end = Timestamp::from_millisecond(100_001).unwrap();
        assert_eq!(checked(None, None), Ok(end));
        assert_eq!(checked(Some(10), Some(20)), Ok(at(20)));
        assert_eq!(checked(Some(10), Some(200)), Ok(end), "nothing was missed after now");
        assert_eq!(checked(Some(101), None), Err(vec!["since".to_owned()]));
        assert_eq!(checked(Some(20), Some(20)), Err(vec!["until".to_owned()]));
        assert_eq!(checked(Some(101), Some(10)), Err(vec!["since".to_owned(), "until".to_owned()]));
    }
}
