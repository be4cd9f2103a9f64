//! Sending a webhook what it missed: what failed or was canceled while it was disabled, and what it never had.
//!
//! Not here: doing it (`beckon-delivery`'s jobs), and replaying by other conditions (`api/deliveries/replay.rs`).

use axum::extract::State;
use beckon_domain::id::WebhookId;
use beckon_domain::invalid::Findings;
use beckon_domain::job::JobKind;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::api::jobs::{self, JobAnswer};
use crate::app::App;
use crate::auth::Caller;
use crate::docs;
use crate::extract::{ById, Json, Path};
use crate::problem::Problem;

/// From when to when something was missed.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("examples" = [{"since": "2024-04-15T14:32:00Z", "dry_run": true}]))]
pub(crate) struct Missed {
    /// At or after this moment; not in the future.
    #[schemars(schema_with = "docs::timestamp")]
    pub(crate) since: Timestamp,
    /// Before this moment; now if not given or in the future.
    #[serde(default)]
    #[schemars(schema_with = "docs::optional_timestamp")]
    pub(crate) until: Option<Timestamp>,
    /// Only count what would be done, and do nothing.
    #[serde(default)]
    pub(crate) dry_run: Option<bool>,
}

impl Missed {
    /// Starts, or counts, the job that `kind` makes of what was missed from the first moment on until before the second.
    async fn start(
        self,
        app: &App,
        caller: Caller,
        kind: impl FnOnce(Timestamp, Timestamp) -> JobKind,
    ) -> Result<JobAnswer, Problem> {
        let mut findings = Findings::default();
        let until = jobs::check_window(Some(self.since), self.until, app.ambient.now(), &mut findings);
        findings.into_result(())?;
        jobs::start(app, caller, kind(self.since, until), self.dry_run.unwrap_or(false)).await
    }
}

pub(crate) async fn recover(
    State(app): State<App>,
    caller: Caller,
    Path(ById { id }): Path<ById<WebhookId>>,
    Json(missed): Json<Missed>,
) -> Result<JobAnswer, Problem> {
    missed.start(&app, caller, |since, until| JobKind::Recover { webhook_id: id, since, until }).await
}

pub(crate) async fn replay_missing(
    State(app): State<App>,
    caller: Caller,
    Path(ById { id }): Path<ById<WebhookId>>,
    Json(missed): Json<Missed>,
) -> Result<JobAnswer, Problem> {
    missed.start(&app, caller, |since, until| JobKind::ReplayMissing { webhook_id: id, since, until }).await
}
