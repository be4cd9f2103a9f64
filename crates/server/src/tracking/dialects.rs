//! The paths of other client libraries that speak the Segment format: those of RudderStack and of Jitsu.
//!
//! Their calls are those of `/v1`, and are taken in the same way; only the paths and the documents that tell a browser
//! library where to send are their own.

use aide::axum::ApiRouter;
use aide::axum::routing::{get_with, post_with};
use axum::Json;
use axum::extract::{RawQuery, State};
use http::header::CACHE_CONTROL;
use http::{HeaderMap, HeaderName, HeaderValue};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::docs::{self, Of};
use super::failure::Failure;
use super::{Call, KINDS, Shape, find_key, settings, take, write_key};
use crate::app::App;

/// Jitsu's paths: those of browsers and those of servers.
const OF_JITSU: [(&str, Of); 2] = [("/api/s", Of::Jitsu), ("/api/s/s2s", Of::JitsuServer)];

/// The routes.
pub(super) fn routes() -> ApiRouter<App> {
    let take_batch = |State(app): State<App>, call: Call| take(app, Shape::Batch, call);
    let batch = |of| post_with(take_batch, move |operation| docs::batch(operation, of, false));
    let mut router = ApiRouter::new()
        .api_route(
            "/projects/{key}/settings",
            get_with(settings::get, |operation| docs::settings(operation, Of::Jitsu)),
        )
        .api_route("/sourceConfig/", get_with(source_config, |operation| docs::source_config(operation, false)))
        .api_route("/sourceConfig", get_with(source_config, |operation| docs::source_config(operation, true)))
        .api_route("/beacon/v1/batch", batch(Of::RudderStack));
    for (prefix, of) in OF_JITSU {
        router = router.api_route(&format!("{prefix}/batch"), batch(of));
        for (kind, name, letter) in KINDS {
            let take_one = move |State(app): State<App>, call: Call| take(app, Shape::One(kind), call);
            for (part, is_short) in [(name, false), (letter, true)] {
                let route = post_with(take_one, move |operation| docs::single(operation, name, of, is_short));
                router = router.api_route(&format!("{prefix}/{part}"), route);
            }
        }
    }
    router
}

/// The source of a write key, in the form in which RudderStack's browser library expects it.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(transparent)]
pub(super) struct SourceConfig(Map<String, Value>);

/// What RudderStack's browser library asks for before it sends: that its source is there, and sends nowhere else.
async fn source_config(
    State(app): State<App>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<([(HeaderName, HeaderValue); 1], Json<SourceConfig>), Failure> {
    let key = write_key::in_head(&headers, query.as_deref()).ok_or(Failure::KeyMissing)?;
    let workspace = find_key(&app, &key).await?.workspace_id;
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
    let document = match document {
        Value::Object(document) => SourceConfig(document),
        _ => SourceConfig(Map::new()),
    };
    Ok(([(CACHE_CONTROL, settings::CACHE)], Json(document)))
}
