//! `/signals`: what came in last.
//!
//! Not here: sending signals (`/v1`, `tracking.rs`), and how long they are kept (the store).

use aide::axum::ApiRouter;
use aide::axum::routing::get_with;
use axum::extract::State;
use beckon_domain::id::{CompanyId, ContactId, SignalId, VisitorId};
use beckon_store::intake::SignalRecord;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use crate::app::App;
use crate::auth::ApiCaller;
use crate::docs;
use crate::extract::{Json, Query};
use crate::paging::{PageQuery, Paged};
use crate::problem::Problem;

const LIST: &str = "signals";

/// The routes below `/api/v1`.
pub(crate) fn routes() -> ApiRouter<App> {
    let about = docs::operation("listSignals", "Signals", "List the signals that came in, newest first");
    ApiRouter::new().api_route("/signals", get_with(list, about))
}

async fn list(
    State(app): State<App>,
    caller: ApiCaller,
    Query(page): Query<PageQuery>,
) -> Result<Json<Paged<SignalView>>, Problem> {
    let page = app.store.list_signals(caller.workspace_id, page.request(LIST)?).await?;
    Ok(Json(Paged::of(LIST, page, SignalView::from)))
}

/// One thing that came in.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Signal")]
struct SignalView {
    /// Its id.
    id: SignalId,
    /// Its kind. A screen of an app is a page.
    #[schemars(extend("enum" = ["page", "identify", "track", "group", "alias", "intent"]))]
    kind: &'static str,
    /// When it happened, by the sender's clock as far as that can be trusted.
    #[schemars(schema_with = "docs::timestamp")]
    at: Timestamp,
    /// When it came.
    #[schemars(schema_with = "docs::timestamp")]
    received_at: Timestamp,
    /// The visitor, if it had one.
    visitor_id: Option<VisitorId>,
    /// The person, if known.
    contact_id: Option<ContactId>,
    /// The account, if known.
    company_id: Option<CompanyId>,
    /// The JSON as it came.
    #[schemars(with = "serde_json::Value")]
    body: Option<Box<RawValue>>,
}

impl From<SignalRecord> for SignalView {
    fn from(record: SignalRecord) -> SignalView {
        SignalView {
            id: record.id,
            kind: record.kind.as_str(),
            at: record.at,
            received_at: record.received_at,
            visitor_id: record.visitor_id,
            contact_id: record.contact_id,
            company_id: record.company_id,
            body: raw_json(record.raw),
        }
    }
}

/// What came, as it is; as a text, should it be no JSON.
fn raw_json(raw: String) -> Option<Box<RawValue>> {
    serde_json::from_str::<&RawValue>(&raw).map(ToOwned::to_owned).or_else(|_| to_raw_value(&raw)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_is_shown_as_it_came() {
        let shown = |raw: &str| raw_json(raw.to_owned()).unwrap().get().to_owned();
        assert_eq!(shown(r#"{"a":1e400, "a":2}"#), r#"{"a":1e400, "a":2}"#);
        assert_eq!(shown("{broken"), "\"{broken\"");
    }
}
