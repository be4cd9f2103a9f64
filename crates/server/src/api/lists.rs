//! `/lists`: named lists of contacts or of companies, which rules of segments can ask for.
//!
//! Promise: a list that a rule asks for is not deleted, so that no rule comes to mean something else; who is put on a
//! list, or taken off it, counts from the next signal on.
//! Not here: putting the people of a file on a list (`imports.rs`), and what a rule makes of one (`beckon-domain`).

pub(crate) mod members;
mod onto;

use aide::axum::ApiRouter;
use aide::axum::routing::{get_with, put_with};
use axum::extract::State;
use beckon_domain::id::ListId;
use beckon_domain::list::{LIST_NAME_CHARS_MAX, List};
use beckon_domain::segment::Subject;
use beckon_store::lists::CountedList;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{fields, segments};
use crate::app::App;
use crate::audit::{self, Change, as_shown};
use crate::auth::Caller;
use crate::docs;
use crate::extract::{ById, Json, Listing, Path};
use crate::paging::Paged;
use crate::patch::Set;
use crate::problem::Problem;
use crate::reply::{Created, NoContent};
pub(crate) use onto::{Onto, find_or_make};

const LIST: &str = "lists";
pub(crate) const TAG: &str = "Lists";

/// The routes below `/api/v1`.
pub(crate) fn routes() -> ApiRouter<App> {
    ApiRouter::new()
        .api_route(
            "/lists",
            get_with(list, docs::operation("listLists", TAG, "List lists, newest first"))
                .post_with(create, docs::operation("createList", TAG, "Make an empty list")),
        )
        .api_route(
            "/lists/{id}",
            get_with(get, docs::operation("getList", TAG, "Get a list"))
                .patch_with(change, docs::operation("updateList", TAG, "Rename a list"))
                .delete_with(
                    delete,
                    docs::explained(
                        "deleteList",
                        TAG,
                        "Delete a list",
                        "Who was on it stays. Refused while the rule of a segment asks for it.",
                    ),
                ),
        )
        .api_route(
            "/lists/{id}/members",
            get_with(
                members::list,
                docs::explained(
                    "listListMembers",
                    TAG,
                    "List who is on a list",
                    "Those first who came to be known last.",
                ),
            ),
        )
        .api_route(
            "/lists/{id}/members/{member}",
            put_with(members::put, docs::operation("addListMember", TAG, "Put a contact or company on a list"))
                .delete_with(
                    members::delete,
                    docs::operation("removeListMember", TAG, "Take a contact or company off a list"),
                ),
        )
}

/// A list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "List")]
pub(crate) struct ListView {
    /// Its id.
    pub(crate) id: ListId,
    /// What people call it.
    pub(crate) name: String,
    /// Whether it holds contacts or companies.
    pub(crate) subject: Subject,
    /// How many are on it.
    pub(crate) members: u64,
    /// When it was made.
    #[schemars(schema_with = "docs::timestamp")]
    pub(crate) created_at: Timestamp,
    /// When it was last renamed.
    #[schemars(schema_with = "docs::timestamp")]
    pub(crate) updated_at: Timestamp,
}

impl From<CountedList> for ListView {
    fn from(CountedList { list, members }: CountedList) -> ListView {
        let List { id, name, subject, created_at, updated_at } = list;
        ListView { id, name, subject, members, created_at, updated_at }
    }
}

/// A list to make.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CreateList")]
pub(crate) struct NewList {
    /// What people will call it. No two lists of contacts, and no two of companies, have the same name.
    #[schemars(length(min = 1, max = LIST_NAME_CHARS_MAX))]
    name: String,
    /// Whether it holds contacts or companies; contacts if not given. This cannot change.
    #[serde(default = "of_contacts")]
    subject: Subject,
}

fn of_contacts() -> Subject {
    Subject::Contact
}

/// A change of a list. What is absent is kept.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "UpdateList")]
pub(crate) struct ListChange {
    /// What people call it.
    #[serde(default)]
    #[schemars(length(min = 1, max = LIST_NAME_CHARS_MAX))]
    name: Set<String>,
}

/// Which lists are wanted.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    /// Only those of contacts, or of companies.
    pub(crate) subject: Option<Subject>,
}

/// Lists, newest first.
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    Listing { filter, page }: Listing<Wanted>,
) -> Result<Json<Paged<ListView>>, Problem> {
    let page = app.store.list_lists(caller.workspace_id, filter.subject, page.request(LIST)?).await?;
    Ok(Json(Paged::of(LIST, page, ListView::from)))
}

/// Makes a list.
pub(crate) async fn create(
    State(app): State<App>,
    caller: Caller,
    Json(NewList { name, subject }): Json<NewList>,
) -> Result<Created<ListView>, Problem> {
    let list = make(&app, caller, fields::name(&name, LIST_NAME_CHARS_MAX)?, subject).await?;
    let view = ListView::from(CountedList { list, members: 0 });
    Ok(Created { location: format!("/api/v1/lists/{}", view.id), value: view })
}

/// Makes an empty list of that name, which has been checked.
async fn make(app: &App, caller: Caller, name: String, subject: Subject) -> Result<List, Problem> {
    let now = app.ambient.now();
    let list = List { id: app.ambient.new_id(), name, subject, created_at: now, updated_at: now };
    app.store.create_list(caller.workspace_id, &list).await?;
    let after = as_shown(&ListView::from(CountedList { list: list.clone(), members: 0 }));
    note(app, caller, "list.created", list.id, Value::Null, after).await?;
    Ok(list)
}

/// A list.
pub(crate) async fn get(
    State(app): State<App>,
    caller: Caller,
    Path(ById { id }): Path<ById<ListId>>,
) -> Result<Json<ListView>, Problem> {
    Ok(Json(app.store.get_list(caller.workspace_id, id).await?.into()))
}

/// Renames a list.
pub(crate) async fn change(
    State(app): State<App>,
    caller: Caller,
    Path(ById { id }): Path<ById<ListId>>,
    Json(change): Json<ListChange>,
) -> Result<Json<ListView>, Problem> {
    let before = ListView::from(app.store.get_list(caller.workspace_id, id).await?);
    let Set::Value(name) = &change.name else { return Ok(Json(before)) };
    let name = fields::name(name, LIST_NAME_CHARS_MAX)?;
    if name == before.name {
        return Ok(Json(before));
    }
    let after = app.store.rename_list(caller.workspace_id, id, &name, app.ambient.now()).await?;
    let after = ListView::from(after);
    note(&app, caller, "list.updated", id, as_shown(&before), as_shown(&after)).await?;
    Ok(Json(after))
}

/// Deletes a list that no rule asks for.
pub(crate) async fn delete(
    State(app): State<App>,
    caller: Caller,
    Path(ById { id }): Path<ById<ListId>>,
) -> Result<NoContent, Problem> {
    // No segment changes meanwhile, so none comes to ask for it.
    let _turn = segments::turn(&app, caller.workspace_id).await;
    let before = ListView::from(app.store.get_list(caller.workspace_id, id).await?);
    if let Some(asking) = segments::named(app.config.get(caller.workspace_id).await?.segments_with_list(id)) {
        return Err(Problem::conflict(format!("the rules of segments ask for it: {asking}")));
    }
    app.store.delete_list(caller.workspace_id, id).await?;
    note(&app, caller, "list.deleted", id, as_shown(&before), Value::Null).await?;
    Ok(NoContent)
}

/// Notes a change in the audit log.
async fn note(
    app: &App,
    caller: Caller,
    action: &'static str,
    id: ListId,
    before: Value,
    after: Value,
) -> Result<(), Problem> {
    audit::record(app, caller, Change { action, subject: &id.to_string(), before, after }).await
}
