//! `/segments`: named rules over contacts or companies.
//!
//! Promise: a change that two people make at once is made twice, one after the other; no field that somebody
//! else changed meanwhile falls back. A segment that others refer to can neither be deleted nor become one
//! about another subject.
//! Not here: the rule language (`beckon-domain`), and who is in a segment (`beckon-intake`).

mod form;
mod frequency;

use aide::axum::ApiRouter;
use aide::axum::routing::get_with;
use axum::extract::State;
use beckon_domain::id::{SegmentId, WorkspaceId};
use beckon_domain::segment::Segment;
use beckon_domain::segment::evaluate::SegmentCatalog;
use beckon_store::{StoreError, WorkspaceConfig};

use crate::app::App;
use crate::auth::ApiCaller;
use crate::docs;
use crate::extract::{ById, Json, Path, Query};
use crate::paging::{PageQuery, Paged};
use crate::problem::Problem;
use crate::reply::{Created, NoContent};
use crate::turns::Turn;
use form::{NewSegment, SegmentChange, SegmentView};

const LIST: &str = "segments";
const TAG: &str = "Segments";
/// How often a change is tried again because somebody else was quicker.
const CHANGE_TRIES_MAX: usize = 16;
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
}

async fn create(
    State(app): State<App>,
    caller: ApiCaller,
    Json(new): Json<NewSegment>,
) -> Result<Created<SegmentView>, Problem> {
    let _turn = turn(&app, caller.workspace_id).await;
    let catalog = catalog(&*app.config.get(caller.workspace_id).await?);
    let segment = new.into_segment(&catalog, app.ambient.now())?;
    let segment = app.store.create_segment(caller.workspace_id, &segment).await?;
    Ok(Created { location: format!("/api/v1/segments/{}", segment.id), value: SegmentView::from(segment) })
}

async fn list(
    State(app): State<App>,
    caller: ApiCaller,
    Query(page): Query<PageQuery>,
) -> Result<Json<Paged<SegmentView>>, Problem> {
    let page = app.store.list_segments(caller.workspace_id, page.request(LIST)?).await?;
    Ok(Json(Paged::of(LIST, page, SegmentView::from)))
}

async fn get(
    State(app): State<App>,
    caller: ApiCaller,
    Path(ById { id }): Path<ById<SegmentId>>,
) -> Result<Json<SegmentView>, Problem> {
    Ok(Json(app.store.get_segment(caller.workspace_id, id).await?.into()))
}

async fn change(
    State(app): State<App>,
    caller: ApiCaller,
    Path(ById { id }): Path<ById<SegmentId>>,
    Json(change): Json<SegmentChange>,
) -> Result<Json<SegmentView>, Problem> {
    let _turn = turn(&app, caller.workspace_id).await;
    for _ in 0..CHANGE_TRIES_MAX {
        match try_change(&app, caller.workspace_id, id, &change).await {
            Err(TryAgain::Stale) => {}
            Err(TryAgain::Never(problem)) => return Err(problem),
            Ok(segment) => return Ok(Json(segment.into())),
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

async fn try_change(
    app: &App,
    workspace: WorkspaceId,
    id: SegmentId,
    change: &SegmentChange,
) -> Result<Segment, TryAgain> {
    let before = app.store.get_segment(workspace, id).await?;
    let config = app.config.get(workspace).await?;
    let after = change.apply(&before, &catalog(&config), app.ambient.now())?;
    if after.subject != before.subject
        && let Some(referring) = referring(&config, id)
    {
        let detail = format!("its subject cannot change, because the rules of other segments refer to it: {referring}");
        return Err(Problem::conflict(detail).into());
    }
    if same_but_for_the_time(&after, &before) {
        return Ok(before);
    }
    match app.store.update_segment(workspace, &after).await {
        Err(StoreError::Stale(_)) => Err(TryAgain::Stale),
        other => Ok(other?),
    }
}

async fn delete(
    State(app): State<App>,
    caller: ApiCaller,
    Path(ById { id }): Path<ById<SegmentId>>,
) -> Result<NoContent, Problem> {
    let _turn = turn(&app, caller.workspace_id).await;
    app.store.get_segment(caller.workspace_id, id).await?;
    if let Some(referring) = referring(&*app.config.get(caller.workspace_id).await?, id) {
        return Err(Problem::conflict(format!("the rules of other segments refer to it: {referring}")));
    }
    app.store.delete_segment(caller.workspace_id, id, app.ambient.now()).await?;
    Ok(NoContent)
}

/// Segments change one after the other, so that two changes together cannot close a circle of references, or
/// refer to what is being deleted.
async fn turn(app: &App, workspace: WorkspaceId) -> Turn<'_> {
    app.edit_turns().take((workspace, "segments".to_owned())).await
}

fn catalog(config: &WorkspaceConfig) -> SegmentCatalog {
    SegmentCatalog::new(config.segments.clone())
}

fn same_but_for_the_time(after: &Segment, before: &Segment) -> bool {
    *after == Segment { updated_at: after.updated_at, ..before.clone() }
}

/// The other segments whose rules refer to `id`, in words; `None` if there are none.
fn referring(config: &WorkspaceConfig, id: SegmentId) -> Option<String> {
    let referring: Vec<&Segment> =
        config.segments.iter().filter(|segment| segment.id != id && segment.rule.references().contains(&id)).collect();
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
