//! Who is on a list: listed, put on it, taken off it.

use std::collections::HashMap;

use axum::extract::State;
use beckon_domain::id::{CompanyId, ContactId, ListId};
use beckon_domain::segment::Subject;
use beckon_store::intake::SubjectId;
use beckon_store::lists::{ListMember, Listed};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::note;
use crate::api::segments::preview::MemberView;
use crate::app::App;
use crate::auth::Caller;
use crate::docs;
use crate::extract::{ById, Json, Path, Query};
use crate::paging::{PageQuery, Paged};
use crate::problem::Problem;
use crate::reply::NoContent;

const LIST: &str = "list members";

/// Somebody on a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "ListMember")]
pub(crate) struct ListMemberView {
    /// Who.
    #[serde(flatten)]
    pub(crate) who: MemberView,
    /// Since when they are on it.
    #[schemars(schema_with = "docs::timestamp")]
    pub(crate) added_at: Timestamp,
}

impl From<ListMember> for ListMemberView {
    fn from(ListMember { who, added_at }: ListMember) -> ListMemberView {
        let who = match who {
            Listed::Contact(contact) => MemberView::of_contact(&contact, &HashMap::new()),
            Listed::Company(company) => MemberView::of_company(&company),
        };
        ListMemberView { who, added_at }
    }
}

/// A list, and somebody on it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub(crate) struct Membership {
    /// The list's id.
    pub(crate) id: ListId,
    /// The id of a contact or of a company, as the list holds them.
    pub(crate) member: String,
}

/// Who is on a list.
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    Path(ById { id }): Path<ById<ListId>>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Paged<ListMemberView>>, Problem> {
    let page = app.store.list_listed(caller.workspace_id, id, page.request(LIST)?).await?;
    Ok(Json(Paged::of(LIST, page, ListMemberView::from)))
}

/// Puts somebody on a list.
pub(crate) async fn put(
    State(app): State<App>,
    caller: Caller,
    Path(Membership { id, member }): Path<Membership>,
) -> Result<NoContent, Problem> {
    let who = subject_of(&app, caller, id, &member).await?;
    if app.store.put_on_list(caller.workspace_id, id, who, app.ambient.now()).await? {
        note(&app, caller, "list.member_added", id, Value::Null, json!({ "member": member })).await?;
    }
    Ok(NoContent)
}

/// Takes somebody off a list.
pub(crate) async fn delete(
    State(app): State<App>,
    caller: Caller,
    Path(Membership { id, member }): Path<Membership>,
) -> Result<NoContent, Problem> {
    let who = subject_of(&app, caller, id, &member).await?;
    if !app.store.take_off_list(caller.workspace_id, id, who).await? {
        return Err(Problem::not_found("member of the list"));
    }
    note(&app, caller, "list.member_removed", id, json!({ "member": member }), Value::Null).await?;
    Ok(NoContent)
}

/// Whom an id names, in a list of that kind.
async fn subject_of(app: &App, caller: Caller, id: ListId, member: &str) -> Result<SubjectId, Problem> {
    let list = app.store.get_list(caller.workspace_id, id).await?.list;
    let (read, what) = match list.subject {
        Subject::Contact => (member.parse().ok().map(|id: ContactId| SubjectId::Contact(id)), "contact"),
        Subject::Company => (member.parse().ok().map(|id: CompanyId| SubjectId::Company(id)), "company"),
    };
    read.ok_or_else(|| Problem::not_found(what))
}
