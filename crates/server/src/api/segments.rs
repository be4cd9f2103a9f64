//! `/segments`: named rules over contacts or companies.
//!
//! Promise: a change that two people make at once is made twice, one after the other; no field that somebody
//! else changed meanwhile falls back. A segment that others refer to can neither be deleted nor become one
//! about another subject.
//! Not here: the rule language (`beckon-domain`), and who is in a segment (`beckon-intake`).

mod form;
mod frequency;
pub(crate) mod preview;

use aide::axum::ApiRouter;
use aide::axum::routing::{get_with, post_with};
use axum::extract::State;
use beckon_domain::id::{SegmentId, WorkspaceId};
use beckon_domain::segment::Segment;
use beckon_store::{StoreError, WorkspaceConfig};

use serde_json::Value;

use crate::app::App;
use crate::audit::{self, Change, as_shown};
use crate::auth::Caller;
use crate::docs;
use crate::extract::{ById, Json, Path, Query};
use crate::paging::{PageQuery, Paged};
use crate::problem::Problem;
use crate::reply::{Created, NoContent};
use crate::turns::Turn;
pub(crate) use form::{NewSegment, SegmentChange, SegmentView};
pub(crate) use frequency::FrequencyForm;
pub(crate) use preview::{PreviewForm, PreviewView};

const LIST: &str = "segments";
const TAG: &str = "Segments";
/// How often a change is tried again because somebody else was quicker.
const CHANGE_TRIES_MAX: usize = 16;
/// What a preview is.
const PREVIEW_ABOUT: &str = "How many of the latest 10,000 contacts (or companies) it holds for now, and up to 20 of them. \
     `looked_at` and `more` say how far it looked: it gives up after two seconds. Nobody qualifies by it.";
/// How many segments a refusal names; it counts the others.
const NAMED_MAX: usize = 10;

/// The routes below `/api/v1`.
pub(crate) fn routes() -> ApiRouter<App> {
    ApiRouter::new()
        .api_route(
            "/segments",
            get_with(list, docs::operation("listSegments", TAG, "List segments, newest first"))
                .post_with(create, docs::operation("createSegment", TAG, "Make a segment")),
        )
        .api_route(
            "/segments/{id}",
            get_with(get, docs::operation("getSegment", TAG, "Get a segment"))
                .patch_with(change, docs::operation("updateSegment", TAG, "Change a segment"))
                .delete_with(delete, |operation| {
                    docs::operation("deleteSegment", TAG, "Delete a segment")(operation).description(
                        "Refused while the rule of another segment refers to it. Webhooks limited to it keep that limit.",
                    )
                }),
        )
        .api_route(
            "/segments/preview",
            post_with(
                preview_rule,
                docs::explained("previewSegment", TAG, "Look who a rule holds for", PREVIEW_ABOUT),
            ),
        )
        .api_route(
            "/segments/{id}/preview",
            post_with(
                preview_segment,
                docs::explained("previewStoredSegment", TAG, "Look who is in a segment", PREVIEW_ABOUT),
            ),
        )
}

pub(crate) async fn create(
    State(app): State<App>,
    caller: Caller,
    Json(new): Json<NewSegment>,
) -> Result<Created<SegmentView>, Problem> {
    let _turn = turn(&app, caller.workspace_id).await;
    let catalog = app.config.get(caller.workspace_id).await?.catalog();
    let segment = new.into_segment(&catalog, app.ambient.now())?;
    let segment = SegmentView::from(app.store.create_segment(caller.workspace_id, &segment).await?);
    note(&app, caller, "segment.created", segment.id, Value::Null, as_shown(&segment)).await?;
    Ok(Created { location: format!("/api/v1/segments/{}", segment.id), value: segment })
}

pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(page): Query<PageQuery>,
) -> Result<Json<Paged<SegmentView>>, Problem> {
    let page = app.store.list_segments(caller.workspace_id, page.request(LIST)?).await?;
    Ok(Json(Paged::of(LIST, page, SegmentView::from)))
}

pub(crate) async fn get(
    State(app): State<App>,
    caller: Caller,
    Path(ById { id }): Path<ById<SegmentId>>,
) -> Result<Json<SegmentView>, Problem> {
    Ok(Json(app.store.get_segment(caller.workspace_id, id).await?.into()))
}

pub(crate) async fn change(
    State(app): State<App>,
    caller: Caller,
    Path(ById { id }): Path<ById<SegmentId>>,
    Json(change): Json<SegmentChange>,
) -> Result<Json<SegmentView>, Problem> {
    let _turn = turn(&app, caller.workspace_id).await;
    for _ in 0..CHANGE_TRIES_MAX {
        match try_change(&app, caller.workspace_id, id, &change).await {
            Err(TryAgain::Stale) => {}
            Err(TryAgain::Never(problem)) => return Err(problem),
            Ok((before, after)) if before == after => return Ok(Json(after.into())),
            Ok((before, after)) => {
                let (before, after) = (SegmentView::from(before), SegmentView::from(after));
                note(&app, caller, "segment.updated", id, as_shown(&before), as_shown(&after)).await?;
                return Ok(Json(after));
            }
        }
    }
    Err(Problem::conflict("others keep changing this segment; try again"))
}

/// Why a change was not made.
enum TryAgain {
    /// Somebody else changed the segment meanwhile.
    Stale,
    /// It cannot be made.
    Never(Problem),
}

impl<P: Into<Problem>> From<P> for TryAgain {
    fn from(problem: P) -> TryAgain {
        TryAgain::Never(problem.into())
    }
}

/// Gives back the segment as it was and as it is.
async fn try_change(
    app: &App,
    workspace: WorkspaceId,
    id: SegmentId,
    change: &SegmentChange,
) -> Result<(Segment, Segment), TryAgain> {
    let before = app.store.get_segment(workspace, id).await?;
    let config = app.config.get(workspace).await?;
    let after = change.apply(&before, &config.catalog(), app.ambient.now())?;
    if after.subject != before.subject
        && let Some(referring) = referring(&config, id)
    {
        let detail = format!("its subject cannot change, because the rules of other segments refer to it: {referring}");
        return Err(Problem::conflict(detail).into());
    }
    if same_but_for_the_time(&after, &before) {
        return Ok((before.clone(), before));
    }
    match app.store.update_segment(workspace, &after).await {
        Err(StoreError::Stale(_)) => Err(TryAgain::Stale),
        other => Ok((before, other?)),
    }
}

pub(crate) async fn delete(
    State(app): State<App>,
    caller: Caller,
    Path(ById { id }): Path<ById<SegmentId>>,
) -> Result<NoContent, Problem> {
    let _turn = turn(&app, caller.workspace_id).await;
    let segment = app.store.get_segment(caller.workspace_id, id).await?;
    if let Some(referring) = referring(&*app.config.get(caller.workspace_id).await?, id) {
        return Err(Problem::conflict(format!("the rules of other segments refer to it: {referring}")));
    }
    app.store.delete_segment(caller.workspace_id, id, app.ambient.now()).await?;
    note(&app, caller, "segment.deleted", id, as_shown(&SegmentView::from(segment)), Value::Null).await?;
    Ok(NoContent)
}

/// Notes a change in the audit log.
async fn note(
    app: &App,
    caller: Caller,
    action: &'static str,
    id: SegmentId,
    before: Value,
    after: Value,
) -> Result<(), Problem> {
    audit::record(app, caller, Change { action, subject: &id.to_string(), before, after }).await
}

async fn preview_rule(
    State(app): State<App>,
    caller: Caller,
    Json(form): Json<PreviewForm>,
) -> Result<Json<PreviewView>, Problem> {
    Ok(Json(preview_of(&app, caller.workspace_id, None, &form).await?))
}

/// Looks who a rule holds for that is to become that of the segment `id`, or of a new one.
pub(crate) async fn preview_of(
    app: &App,
    workspace: WorkspaceId,
    id: Option<SegmentId>,
    form: &PreviewForm,
) -> Result<PreviewView, Problem> {
    let catalog = app.config.get(workspace).await?.catalog();
    let rule = form.read(id, &catalog)?;
    preview::preview(app, workspace, &catalog, form.subject, &rule).await
}

pub(crate) async fn preview_segment(
    State(app): State<App>,
    caller: Caller,
    Path(ById { id }): Path<ById<SegmentId>>,
) -> Result<Json<PreviewView>, Problem> {
    let segment = app.store.get_segment(caller.workspace_id, id).await?;
    let catalog = app.config.get(caller.workspace_id).await?.catalog();
    Ok(Json(preview::preview(&app, caller.workspace_id, &catalog, segment.subject, &segment.rule).await?))
}

/// Segments change one after the other, so that two changes together cannot close a circle of references, or
/// refer to what is being deleted.
pub(super) async fn turn(app: &App, workspace: WorkspaceId) -> Turn<'_> {
    app.edit_turns().take((workspace, "segments".to_owned())).await
}

fn same_but_for_the_time(after: &Segment, before: &Segment) -> bool {
    *after == Segment { updated_at: after.updated_at, ..before.clone() }
}

/// The other segments whose rules refer to `id`, in words; `None` if there are none.
pub(crate) fn referring(config: &WorkspaceConfig, id: SegmentId) -> Option<String> {
    let refers = |segment: &&Segment| segment.id != id && segment.rule.references().contains(&id);
    named(config.segments.iter().filter(refers))
}

/// Segments in words; `None` if there are none.
pub(super) fn named<'a>(segments: impl Iterator<Item = &'a Segment>) -> Option<String> {
    let referring: Vec<&Segment> = segments.collect();
    if referring.is_empty() {
        return None;
    }
    let mut names: Vec<String> =
        referring.iter().take(NAMED_MAX).map(|segment| format!("{} ({})", segment.id, segment.name)).collect();
    if referring.len() > NAMED_MAX {
        names.push(format!("and {} more", referring.len() - NAMED_MAX));
    }
    Some(names.join(", "))
}

#[cfg(test)]
mod tests;
