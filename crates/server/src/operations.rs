//! Whether this process is alive, and whether it can take and deliver work.

use std::time::Duration;

use aide::OperationOutput;
use aide::axum::ApiRouter;
use aide::axum::routing::get_with;
use aide::generate::GenContext;
use aide::openapi::{Operation, Response as ResponseDoc};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;

use crate::app::App;
use crate::docs::{self, operation};
use crate::extract::Json;

/// The tag of these operations in the document.
pub(crate) const TAG: &str = "Operations";
/// Longest time the database may take to show that it can be written.
const WRITE_CHECK_TIMEOUT: Duration = Duration::from_secs(2);

pub(crate) fn routes() -> ApiRouter<App> {
    ApiRouter::new()
        .api_route("/healthz", get_with(healthz, operation("getHealth", TAG, "Say that the process is alive")))
        .api_route(
            "/readyz",
            get_with(readyz, operation("getReadiness", TAG, "Say whether the process can take and deliver work")),
        )
}

/// How the process is.
#[derive(Debug, Serialize, JsonSchema)]
struct Health {
    /// `ok`.
    status: &'static str,
}

async fn healthz() -> Json<Health> {
    Json(Health { status: "ok" })
}

/// Whether work can be taken and delivered.
#[derive(Debug, Serialize, JsonSchema)]
struct Readiness {
    /// `ready` or `not_ready`.
    status: ReadinessStatus,
    /// What is wrong; empty when ready.
    reasons: Vec<String>,
}

#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum ReadinessStatus {
    Ready,
    NotReady,
}

async fn readyz(State(app): State<App>) -> Readiness {
    let mut reasons = vec![];
    match tokio::time::timeout(WRITE_CHECK_TIMEOUT, app.store.check_writable()).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            tracing::warn!(%error, "not ready: the store cannot be written");
            reasons.push(format!("store: {error}"));
        }
        Err(_elapsed) => reasons.push(format!("store: no write within {} s", WRITE_CHECK_TIMEOUT.as_secs())),
    }
    if !app.intake.is_running() {
        reasons.push("intake: not running".to_owned());
    }
    reasons.extend(trouble_of(&app.delivery.health()));
    let status = if reasons.is_empty() { ReadinessStatus::Ready } else { ReadinessStatus::NotReady };
    Readiness { status, reasons }
}

/// What is wrong with the delivery engine, if something is.
fn trouble_of(engine: &beckon_delivery::Health) -> Option<String> {
    if !engine.running {
        return Some("delivery: not running".to_owned());
    }
    let stalled = engine.stalled?;
    Some(format!("delivery: nothing has been delivered for {} s although something is due", stalled.as_secs()))
}

impl IntoResponse for Readiness {
    fn into_response(self) -> Response {
        let ready = self.status == ReadinessStatus::Ready;
        let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
        (status, Json(self)).into_response()
    }
}

impl OperationOutput for Readiness {
    type Inner = Readiness;

    fn operation_response(ctx: &mut GenContext, _: &mut Operation) -> Option<ResponseDoc> {
        Some(docs::response::<Readiness>(ctx, docs::JSON, "Work can be taken and delivered."))
    }

    fn inferred_responses(ctx: &mut GenContext, _: &mut Operation) -> Vec<(Option<u16>, ResponseDoc)> {
        vec![
            (Some(200), docs::response::<Readiness>(ctx, docs::JSON, "Work can be taken and delivered.")),
            (Some(503), docs::response::<Readiness>(ctx, docs::JSON, "Something is wrong; `reasons` says what.")),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // behaviour V8 (in part)
    #[test]
    fn an_engine_that_stands_still_is_not_ready_and_says_for_how_long() {
        let well = beckon_delivery::Health { running: true, in_flight: 1, stalled: None, wakes: 1, looks: 1 };
        assert_eq!(trouble_of(&well), None);
        let stalled = beckon_delivery::Health { stalled: Some(Duration::from_secs(75)), ..well };
        assert!(trouble_of(&stalled).unwrap().contains("75 s"));
        assert_eq!(trouble_of(&beckon_delivery::Health { running: false, ..well }).unwrap(), "delivery: not running");
    }
}
