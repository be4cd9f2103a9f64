//! Noting who changed what.
//!
//! Promise: a change that was acknowledged is in the audit log. A process that dies between the two leaves a change
//! that was neither acknowledged nor noted.

use beckon_domain::audit::{Actor, AuditEntry};
use beckon_domain::id::WorkspaceId;
use beckon_store::StoreError;
use serde::Serialize;
use serde_json::Value;

use crate::app::App;
use crate::auth::{Caller, Who};
use crate::problem::Problem;

/// Stands in the place of the address of somebody who was removed while their change was made.
const REMOVED: &str = "(removed)";

/// A change to note.
pub(crate) struct Change<'a> {
    /// What was done, such as `webhook.updated`.
    pub(crate) action: &'static str,
    /// To what: its id or name.
    pub(crate) subject: &'a str,
    /// How it was, as the API shows it. [`Value::Null`] if it was not there.
    pub(crate) before: Value,
    /// How it is since. [`Value::Null`] if it is gone.
    pub(crate) after: Value,
}

/// How a thing stands in the log: as the API shows it.
pub(crate) fn as_shown(view: &impl Serialize) -> Value {
    serde_json::to_value(view).unwrap_or_default()
}

/// Notes a change.
pub(crate) async fn record(app: &App, caller: Caller, change: Change<'_>) -> Result<(), Problem> {
    let actor = actor(app, caller).await?;
    record_by(app, caller.workspace_id, actor, change).await
}

/// Notes a change that somebody made who may be gone since.
pub(crate) async fn record_by(
    app: &App,
    workspace_id: WorkspaceId,
    actor: Actor,
    change: Change<'_>,
) -> Result<(), Problem> {
    let some = |value: Value| (!value.is_null()).then_some(value);
    let entry = AuditEntry {
        id: app.ambient.new_id(),
        workspace_id,
        at: app.ambient.now(),
        actor,
        action: change.action.to_owned(),
        subject: change.subject.to_owned(),
        before: some(change.before),
        after: some(change.after),
    };
    Ok(app.store.record_audit(&entry).await?)
}

/// Who that is, as the log names them.
pub(crate) async fn actor(app: &App, caller: Caller) -> Result<Actor, Problem> {
    Ok(match caller.who {
        Who::Key(id) => Actor::ApiKey { id },
        Who::Portal(id) => Actor::Portal { id },
        Who::Member(id) => {
            let email = match app.store.get_member(caller.workspace_id, id).await {
                Ok(member) => member.email.to_string(),
                // What they did is noted all the same.
                Err(StoreError::NotFound(_)) => REMOVED.to_owned(),
                Err(error) => return Err(error.into()),
            };
            Actor::Member { id, email }
        }
    })
}
