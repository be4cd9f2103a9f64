//! The paths of other client libraries that speak the Segment format: those of RudderStack and of Jitsu.
//!
//! Their calls are those of `/v1`, and are taken in the same way; only the paths and the documents that tell a browser
//! library where to send are their own. They are in docs/signals.md and not in the OpenAPI document.

use axum::extract::{RawQuery, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::header::CACHE_CONTROL;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};

use super::failure::Failure;
use super::{Call, KINDS, Shape, find_workspace, settings, take, write_key};
use crate::app::App;

/// Jitsu's paths: those of browsers and those of servers.
const OF_JITSU: [&str; 2] = ["/api/s", "/api/s/s2s"];

/// The routes.
pub(super) fn routes() -> Router<App> {
    let take_batch = |State(app): State<App>, call: Call| take(app, Shape::Batch, call);
    let mut router = Router::new()
        .route("/projects/{key}/settings", get(settings::get))
        .route("/sourceConfig", get(source_config))
        .route("/sourceConfig/", get(source_config))
        .route("/beacon/v1/batch", post(take_batch));
    for prefix in OF_JITSU {
        router = router.route(&format!("{prefix}/batch"), post(take_batch));
        for (kind, name, letter) in KINDS {
            let take_one = move |State(app): State<App>, call: Call| take(app, Shape::One(kind), call);
            for name in [name, letter] {
                router = router.route(&format!("{prefix}/{name}"), post(take_one));
            }
        }
    }
    router
}

/// What RudderStack's browser library asks for before it sends: that its source is there, and sends nowhere else.
async fn source_config(
    State(app): State<App>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<([(HeaderName, HeaderValue); 1], Json<Value>), Failure> {
    let key = write_key::in_head(&headers, query.as_deref()).ok_or(Failure::KeyMissing)?;
    let workspace = find_workspace(&app, &key).await?;
    let off = json!({ "enabled": false });
    let document = json!({
        "source": {
            "id": workspace,
            "name": "Beckon",
            "writeKey": key,
            "enabled": true,
            "workspaceId": workspace,
            "destinations": [],
            "config": { "statsCollection": { "errors": off, "metrics": off } },
            "dataplanes": {},
        },
        "updatedAt": app.ambient.now(),
    });
    Ok(([(CACHE_CONTROL, settings::CACHE)], Json(document)))
}
