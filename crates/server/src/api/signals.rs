//! `/signals`: what came in last.
//!
//! Not here: sending signals (`/v1`, `tracking.rs`), and how long they are kept (the store).

pub(crate) mod explain;
pub(crate) mod reading;

use aide::axum::ApiRouter;
use aide::axum::routing::get_with;
use axum::extract::State;
use beckon_domain::bot::BotReason;
use beckon_domain::event::EventId;
use beckon_domain::id::{CompanyId, ContactId, SegmentId, SignalId, VisitId, VisitorId, WorkspaceId};
use beckon_domain::signal::{RecognisedBy, SignalKind, SignalStory};
use beckon_store::intake::{SignalFilter, SignalRecord};
use jiff::Timestamp;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};

use crate::app::App;
use crate::auth::Caller;
use crate::docs;
use crate::extract::{ById, Json, Listing, Path, Query};
use crate::paging::{PageQuery, Paged};
use crate::problem::Problem;

const LIST: &str = "signals";
const TAG: &str = "Signals";

/// The routes below `/api/v1`.
pub(crate) fn routes() -> ApiRouter<App> {
    let (about, one) = (
        docs::operation("listSignals", TAG, "List the signals that came in, newest first"),
        docs::operation("getSignal", TAG, "Show a signal, and what became of it"),
    );
    let why = docs::explained(
        "explainSignal",
        TAG,
        "Say why a signal made somebody qualify for a segment, or why not",
        "The conditions in the order in which they are asked; the first that does not hold is the answer. The set-up, the \
         profile and what was announced are those of now, the history is that of the signal's time.",
    );
    ApiRouter::new()
        .api_route("/signals", get_with(list, about))
        .api_route("/signals/{id}", get_with(get, one))
        .api_route("/signals/{id}/explain", get_with(explain, why))
}

/// Which signals. All conditions hold together.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Wanted {
    /// Only of this kind.
    #[schemars(schema_with = "kinds")]
    kind: Option<SignalKind>,
    /// Only of this person.
    contact_id: Option<ContactId>,
}

async fn list(
    State(app): State<App>,
    caller: Caller,
    Listing { filter: Wanted { kind, contact_id }, page }: Listing<Wanted>,
) -> Result<Json<Paged<SignalView>>, Problem> {
    let filter = SignalFilter { kind, contact_id };
    let Paged { data, next_cursor } = latest(&app, caller.workspace_id, &filter, &page).await?;
    Ok(Json(Paged { data: data.into_iter().map(SignalView::from).collect(), next_cursor }))
}

/// A page of the signals that came last.
pub(crate) async fn latest(
    app: &App,
    workspace: WorkspaceId,
    filter: &SignalFilter,
    page: &PageQuery,
) -> Result<Paged<SignalRecord>, Problem> {
    let page = app.store.list_signals(workspace, filter, page.request(LIST)?).await?;
    Ok(Paged::of(LIST, page, |record| record))
}

/// For which segment.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct About {
    /// The segment's number.
    segment: Option<SegmentId>,
}

async fn explain(
    State(app): State<App>,
    caller: Caller,
    Path(ById { id }): Path<ById<SignalId>>,
    Query(About { segment }): Query<About>,
) -> Result<Json<explain::ExplanationView>, Problem> {
    let segment = segment.ok_or_else(|| Problem::field("segment", "give the number of a segment"))?;
    Ok(Json(explain::explain(&app, caller.workspace_id, id, segment).await?))
}

async fn get(
    State(app): State<App>,
    caller: Caller,
    Path(ById { id }): Path<ById<SignalId>>,
) -> Result<Json<SignalView>, Problem> {
    Ok(Json(app.store.get_signal(caller.workspace_id, id).await?.into()))
}

fn kinds(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "string", "enum": ["page", "identify", "track", "group", "alias", "intent"]})
}

/// One thing that came in.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Signal")]
pub(crate) struct SignalView {
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
    /// How the person was recognised: the signal gave their address or their id in your own system, or the browser was
    /// known to be theirs. `network`: nobody by name, but the address is in the network of the company.
    #[schemars(extend("enum" = ["email", "user_id", "visitor", "network", null]))]
    recognised_by: Option<&'static str>,
    /// The visit it belongs to, if to one.
    visit_id: Option<VisitId>,
    /// Why it was taken for a bot's, if it was: then it is kept and counted, and means nothing. Its user agent is a known
    /// crawler's or tool's, or missing in a browser's call; a program drives the browser; it came from a data center and
    /// nobody is known behind it; there were more page views in a minute than a person makes.
    #[schemars(extend("enum" = ["user_agent", "no_user_agent", "webdriver", "hosting", "rate", null]))]
    bot: Option<&'static str>,
    /// What it made somebody qualify for.
    fired: Vec<FiredView>,
    /// The JSON as it came.
    #[schemars(with = "serde_json::Value")]
    body: Option<Box<RawValue>>,
}

/// A segment that somebody qualified for with a signal.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Fired")]
struct FiredView {
    /// The segment.
    segment_id: SegmentId,
    /// The event that was announced.
    event_id: String,
}

impl From<SignalRecord> for SignalView {
    fn from(record: SignalRecord) -> SignalView {
        let SignalStory { recognised_by, visit_id, bot, fired } = record.story;
        let shown = |(segment_id, event): (SegmentId, EventId)| FiredView { segment_id, event_id: event.to_string() };
        SignalView {
            id: record.id,
            kind: record.kind.as_str(),
            at: record.at,
            received_at: record.received_at,
            visitor_id: record.visitor_id,
            contact_id: record.contact_id,
            company_id: record.company_id,
            recognised_by: recognised_by.map(|by| match by {
                RecognisedBy::Email => "email",
                RecognisedBy::UserId => "user_id",
                RecognisedBy::EmailSha256 => "email_sha256",
                RecognisedBy::LinkedinUrl => "linkedin_url",
                RecognisedBy::EmailLink => "email_link",
                RecognisedBy::Visitor => "visitor",
                RecognisedBy::Network => "network",
            }),
            visit_id,
            bot: bot.map(BotReason::as_str),
            fired: fired.into_iter().map(shown).collect(),
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
