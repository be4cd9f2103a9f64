//! What a contact or company did, and what was announced of them, latest first.

use aide::axum::ApiRouter;
use aide::axum::routing::get_with;
use axum::extract::State;
use beckon_domain::id::{CompanyId, ContactId, SegmentId, VisitId};
use beckon_domain::invalid::Invalid;
use beckon_domain::signal::Intent;
use beckon_store::intake::SubjectId;
use beckon_store::people::Happening;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::auth::Caller;
use crate::docs;
use crate::extract::{ById, Json, Path, Query};
use crate::problem::Problem;

/// Most entries of an answer.
pub(crate) const ENTRIES_MAX: u32 = 250;
/// Entries of an answer when nobody says.
const ENTRIES_DEFAULT: u32 = 50;

/// The routes below `/api/v1`.
pub(super) fn routes() -> ApiRouter<App> {
    ApiRouter::new()
        .api_route(
            "/contacts/{id}/timeline",
            get_with(
                of_contact,
                docs::operation("getContactTimeline", "Contacts", "What a contact did, and was announced of them"),
            ),
        )
        .api_route(
            "/companies/{id}/timeline",
            get_with(
                of_company,
                docs::operation("getCompanyTimeline", "Companies", "What a company did, and was announced of it"),
            ),
        )
}

/// Which part.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Part {
    /// Only what happened before this: `next_before` of the answer before.
    #[schemars(schema_with = "docs::timestamp")]
    pub(crate) before: Option<Timestamp>,
    /// Most entries wanted; 50 if not given.
    #[schemars(range(min = 1, max = ENTRIES_MAX))]
    pub(crate) limit: Option<u32>,
}

/// A part of a timeline.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(crate) struct Timeline {
    /// What happened, latest first.
    pub(crate) data: Vec<Entry>,
    /// Give this as `before` to get what happened earlier; null if there is nothing.
    #[schemars(schema_with = "docs::optional_timestamp")]
    pub(crate) next_before: Option<Timestamp>,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[schemars(rename = "TimelineEntry")]
pub(crate) enum Entry {
    /// A page was looked at.
    PageView {
        /// When.
        #[schemars(schema_with = "docs::timestamp")]
        at: Timestamp,
        /// In which visit.
        visit_id: VisitId,
        /// The page's path.
        path: String,
    },
    /// Interest was shown elsewhere.
    Intent {
        /// When it was observed.
        #[schemars(schema_with = "docs::timestamp")]
        at: Timestamp,
        /// What it is about.
        topic: String,
        /// How strong, from 0 to 100, if the source says.
        score: Option<f64>,
        /// Who observed it.
        source: Option<String>,
    },
    /// An event was announced.
    Event {
        /// When.
        #[schemars(schema_with = "docs::timestamp")]
        at: Timestamp,
        /// Its id.
        id: String,
        /// Its type.
        #[serde(rename = "type")]
        event_type: String,
        /// For which segment.
        segment_id: Option<SegmentId>,
    },
}

impl Entry {
    /// When it happened.
    pub(crate) fn at(&self) -> Timestamp {
        match self {
            Entry::PageView { at, .. } | Entry::Intent { at, .. } | Entry::Event { at, .. } => *at,
        }
    }
}

impl From<Happening> for Entry {
    fn from(happening: Happening) -> Entry {
        match happening {
            Happening::PageView { at, visit_id, path } => Entry::PageView { at, visit_id, path },
            Happening::Intent(Intent { topic, score, source, observed_at }) => {
                Entry::Intent { at: observed_at, topic, score, source }
            }
            Happening::Event { at, id, event_type, segment_id } => {
                Entry::Event { at, id: id.to_string(), event_type, segment_id }
            }
        }
    }
}

/// What a contact did.
pub(crate) async fn of_contact(
    State(app): State<App>,
    caller: Caller,
    Path(ById { id }): Path<ById<ContactId>>,
    Query(part): Query<Part>,
) -> Result<Json<Timeline>, Problem> {
    read(&app, caller, SubjectId::Contact(id), part).await
}

/// What a company did.
pub(crate) async fn of_company(
    State(app): State<App>,
    caller: Caller,
    Path(ById { id }): Path<ById<CompanyId>>,
    Query(part): Query<Part>,
) -> Result<Json<Timeline>, Problem> {
    read(&app, caller, SubjectId::Company(id), part).await
}

async fn read(app: &App, caller: Caller, of: SubjectId, part: Part) -> Result<Json<Timeline>, Problem> {
    let limit = part.limit.unwrap_or(ENTRIES_DEFAULT);
    if !(1..=ENTRIES_MAX).contains(&limit) {
        return Err(Invalid::one("limit", format!("between 1 and {ENTRIES_MAX}, this is {limit}")).into());
    }
    // One more than is shown, of each kind, so that it is known whether there is more.
    let found = app.store.list_happenings(caller.workspace_id, of, part.before, limit + 1).await?;
    Ok(Json(cut(found.into_iter().map(Entry::from).collect(), limit as usize)))
}

/// The first `limit` entries. What happened at the same moment is not torn apart: what is earlier is asked for by time,
/// and the rest of that moment would be lost. (Unless one moment alone is longer than that.)
fn cut(mut data: Vec<Entry>, limit: usize) -> Timeline {
    let Some(first_left) = data.get(limit).map(Entry::at) else { return Timeline { data, next_before: None } };
    let whole = data.iter().take_while(|entry| entry.at() > first_left).count();
    data.truncate(if whole == 0 { limit } else { whole });
    let next_before = data.last().map(Entry::at);
    Timeline { data, next_before }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(second: i64, path: &str) -> Entry {
        let at = Timestamp::from_second(second).unwrap();
        Entry::PageView { at, visit_id: VisitId::from(uuid::Uuid::from_u128(1)), path: path.to_owned() }
    }

    #[test]
    fn a_moment_is_not_torn_apart() {
        let all = vec![seen(9, "/a"), seen(8, "/b"), seen(7, "/c"), seen(7, "/d"), seen(6, "/e")];
        let first = cut(all.clone(), 3);
        assert_eq!(first.data, all[..2]);
        assert_eq!(first.next_before, Some(all[1].at()), "the whole of the seventh second comes next");
        let whole = cut(all.clone(), 5);
        assert_eq!((whole.data, whole.next_before), (all.clone(), None));
        let one_moment = cut(all[2..].to_vec(), 1);
        assert_eq!((one_moment.data.len(), one_moment.next_before), (1, Some(all[2].at())));
    }

    #[test]
    fn an_entry_says_what_it_is() {
        let shown = serde_json::to_value(seen(0, "/a")).unwrap();
        assert_eq!((&shown["kind"], &shown["at"]), (&"page_view".into(), &"1970-01-01T00:00:00Z".into()));
    }
}
