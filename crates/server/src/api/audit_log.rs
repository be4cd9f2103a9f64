//! `/audit-log`: who changed what, and how it was before and after.
//!
//! Not here: noting changes (`audit.rs`), and how long they are kept (the settings).

use aide::axum::ApiRouter;
use aide::axum::routing::get_with;
use axum::extract::State;
use beckon_domain::audit::{Actor, AuditEntry};
use beckon_domain::id::AuditId;
use beckon_store::audit::AuditFilter;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::app::App;
use crate::auth::Caller;
use crate::docs;
use crate::extract::{Json, Listing};
use crate::paging::Paged;
use crate::problem::Problem;

const LIST: &str = "audit log";
/// The operation's tag.
pub(crate) const TAG: &str = "Audit log";

/// The routes below `/api/v1`.
pub(crate) fn routes() -> ApiRouter<App> {
    let about = docs::explained(
        "listAuditLog",
        TAG,
        "List changes, newest first",
        "What was set up or changed by people, API keys, portal links or Beckon itself, with how it was before and after. \
         Secrets are masked, as everywhere.",
    );
    ApiRouter::new().api_route("/audit-log", get_with(list, about))
}

/// Which changes. All conditions hold together.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AuditQuery {
    /// Only changes of this: its id or name.
    pub(crate) subject: Option<String>,
    /// Only actions that begin with this, such as `webhook.` or `webhook.created`.
    pub(crate) action: Option<String>,
}

/// A change.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "AuditEntry")]
pub(crate) struct AuditView {
    /// Its id.
    pub(crate) id: AuditId,
    /// When it was made.
    #[schemars(schema_with = "docs::timestamp")]
    pub(crate) at: Timestamp,
    /// Who made it.
    pub(crate) actor: Actor,
    /// What was done, such as `webhook.updated`.
    pub(crate) action: String,
    /// To what: its id or name.
    pub(crate) subject: String,
    /// How it was; null if it was not there.
    pub(crate) before: Option<Value>,
    /// How it is since; null if it is gone.
    pub(crate) after: Option<Value>,
}

impl From<AuditEntry> for AuditView {
    fn from(entry: AuditEntry) -> AuditView {
        let AuditEntry { id, workspace_id: _, at, actor, action, subject, before, after } = entry;
        AuditView { id, at, actor, action, subject, before, after }
    }
}

/// A page of the audit log.
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    Listing { filter, page }: Listing<AuditQuery>,
) -> Result<Json<Paged<AuditView>>, Problem> {
    let given = |text: Option<String>| text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let filter = AuditFilter { subject: given(filter.subject), action: given(filter.action) };
    let entries = app.store.list_audit(caller.workspace_id, &filter, page.request(LIST)?).await?;
    Ok(Json(Paged::of(LIST, entries, AuditView::from)))
}
