//! The two switches of a segment: whether it is on, and whether it tells webhooks.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use beckon_domain::id::SegmentId;
use serde_json::{Value, json};

use crate::api::segments::{self, SegmentChange};
use crate::app::App;
use crate::extract::{ById, Json, Path};
use crate::web::failure::Failure;
use crate::web::form::read;
use crate::web::said::saying;
use crate::web::viewer::Viewer;

type Id = Path<ById<SegmentId>>;

pub(super) async fn enable(state: State<App>, viewer: Viewer, id: Id) -> Result<Response, Failure> {
    set(state, viewer, id, &json!({"enabled": true}), "segment-on").await
}

pub(super) async fn disable(state: State<App>, viewer: Viewer, id: Id) -> Result<Response, Failure> {
    set(state, viewer, id, &json!({"enabled": false}), "segment-off").await
}

pub(super) async fn add_action(state: State<App>, viewer: Viewer, id: Id) -> Result<Response, Failure> {
    set(state, viewer, id, &json!({"actions": ["webhook"]}), "segment-tells").await
}

pub(super) async fn remove_action(state: State<App>, viewer: Viewer, id: Id) -> Result<Response, Failure> {
    set(state, viewer, id, &json!({"actions": []}), "segment-silent").await
}

async fn set(state: State<App>, viewer: Viewer, id: Id, change: &Value, said: &str) -> Result<Response, Failure> {
    viewer.check_may_work()?;
    let Path(ById { id: segment }) = id;
    let change: SegmentChange = read(change)?;
    let _changed = segments::change(state, viewer.caller, id, Json(change)).await?;
    Ok(Redirect::to(&viewer.path(&saying(&format!("/segments/{segment}"), said))).into_response())
}
