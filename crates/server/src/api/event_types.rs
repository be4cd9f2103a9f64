//! The event catalog: built-in event types, which are read only, and those a workspace defines.

use std::sync::LazyLock;

use aide::axum::ApiRouter;
use aide::axum::routing::{get_with, post_with};
use axum::extract::State;
use beckon_domain::catalog::{self, EventType, Origin};
use beckon_domain::invalid::{Findings, Invalid};
use beckon_intake::schema::{self, Validators};
use beckon_store::{Cursor, Page, PageRequest, WorkspaceConfig};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::api::PREFIX;
use crate::app::App;
use crate::audit::{self, Change, as_shown};
use crate::auth::Caller;
use crate::docs::{self, operation};
use crate::extract::{Json, Path, Query};
use crate::paging::{PageQuery, Paged};
use crate::patch::Patch;
use crate::problem::Problem;
use crate::reply::{Created, NoContent};

const TAG: &str = "Event types";
const LIST: &str = "event types";

/// The built-in event types. Making them derives their schemas, so it is done once.
static BUILT_IN: LazyLock<Vec<EventType>> = LazyLock::new(catalog::built_in);

pub(super) fn routes() -> ApiRouter<App> {
    ApiRouter::new()
        .api_route(
            "/event-types",
            post_with(create, operation("createEventType", TAG, "Define an event type of the workspace's own"))
                .get_with(
                    list,
                    operation("listEventTypes", TAG, "List the built-in event types, then the workspace's own by name"),
                ),
        )
        .api_route(
            "/event-types/{name}",
            get_with(get, operation("getEventType", TAG, "Show an event type"))
                .patch_with(update, operation("updateEventType", TAG, "Change an event type of the workspace's own"))
                .delete_with(
                    delete,
                    operation("deleteEventType", TAG, "Delete an event type that no webhook lists any more"),
                ),
        )
}

/// Whether a workspace has an event type of that name, built in or its own.
pub(super) fn exists(name: &str, config: &WorkspaceConfig) -> bool {
    BUILT_IN.iter().chain(&config.event_types).any(|event_type| event_type.name == name)
}

/// Every event type of a workspace: built-in ones first, in their own order, then its own.
pub(crate) fn all(config: &WorkspaceConfig) -> impl Iterator<Item = &EventType> {
    BUILT_IN.iter().chain(&config.event_types)
}

/// An entry of the event catalog.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "EventType")]
pub(crate) struct EventTypeView {
    /// Its name, such as `contact.visited`.
    pub(crate) name: String,
    /// When it fires and what it is for.
    pub(crate) description: String,
    /// JSON Schema (draft 2020-12) its payloads satisfy; null means any JSON.
    pub(crate) schema: Value,
    /// An example payload, which test events send.
    pub(crate) example: Value,
    /// Who defines it.
    pub(crate) origin: Origin,
    /// When it was defined; the epoch for built-in ones.
    #[schemars(schema_with = "docs::timestamp")]
    pub(crate) created_at: Timestamp,
    /// When it last changed.
    #[schemars(schema_with = "docs::timestamp")]
    pub(crate) updated_at: Timestamp,
}

impl From<EventType> for EventTypeView {
    fn from(event_type: EventType) -> EventTypeView {
        EventTypeView {
            name: event_type.name,
            description: event_type.description,
            schema: event_type.schema.unwrap_or_default(),
            example: event_type.example.unwrap_or_default(),
            origin: event_type.origin,
            created_at: event_type.created_at,
            updated_at: event_type.updated_at,
        }
    }
}

/// An event type to define.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateEventType {
    /// Its name: 2 to 5 parts of lower-case letters, digits and `_`, joined by dots.
    #[schemars(length(max = 128), regex(pattern = r"^[a-z0-9_]+(\.[a-z0-9_]+){1,4}$"))]
    name: String,
    /// When it fires and what it is for.
    #[serde(default)]
    #[schemars(length(max = 2000))]
    description: Option<String>,
    /// JSON Schema (draft 2020-12) its payloads satisfy; null means any JSON.
    #[serde(default)]
    #[schemars(schema_with = "docs::json_schema_or_null")]
    schema: Option<Value>,
    /// An example payload, which test events send. It must satisfy the schema.
    #[serde(default)]
    example: Option<Value>,
}

pub(crate) async fn create(
    State(app): State<App>,
    caller: Caller,
    Json(new): Json<CreateEventType>,
) -> Result<Created<EventTypeView>, Problem> {
    let now = app.ambient.now();
    let event_type = EventType {
        name: new.name,
        description: new.description.unwrap_or_default(),
        schema: new.schema,
        example: new.example,
        origin: Origin::Workspace,
        created_at: now,
        updated_at: now,
    };
    check(&event_type)?;
    app.store.create_event_type(caller.workspace_id, &event_type).await?;
    let value = EventTypeView::from(event_type);
    note(&app, caller, "event_type.created", &value.name, Value::Null, as_shown(&value)).await?;
    Ok(Created { location: format!("{PREFIX}/event-types/{}", value.name), value })
}

/// Checks an event type of a workspace, its schema and its example included.
pub(crate) fn check(event_type: &EventType) -> Result<(), Invalid> {
    let mut findings = Findings::default();
    findings.take(event_type.check());
    if let Some(schema) = &event_type.schema
        && findings.take(schema::check_schema(schema)).is_some()
        && let Some(example) = &event_type.example
        && let Err(Invalid(violations)) = Validators::default().validate(schema, example.to_string().as_bytes())
    {
        for violation in violations {
            // The checker speaks of a payload; this one is the example.
            let place = violation.field.trim_start_matches('/').trim_start_matches("payload");
            findings.add(format!("example{place}"), violation.reason);
        }
    }
    findings.into_result(())
}

async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(page): Query<PageQuery>,
) -> Result<Json<Paged<EventTypeView>>, Problem> {
    let request = page.request(LIST)?;
    let mut own = app.store.list_event_types(caller.workspace_id).await?;
    own.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(Json(Paged::of(LIST, page_of(&BUILT_IN, own, &request), EventTypeView::from)))
}

/// The page of the whole catalog that begins behind the name in the cursor.
///
/// Built-in types come first in their own order; a name that is none of theirs is a place among the others.
fn page_of(built_in: &[EventType], own: Vec<EventType>, request: &PageRequest) -> Page<EventType> {
    let skipped = request.after.as_ref().map_or(0, |Cursor(name)| {
        let is_it = |event_type: &EventType| event_type.name.as_bytes() == name.as_slice();
        match built_in.iter().position(is_it) {
            Some(position) => position + 1,
            None => built_in.len() + own.partition_point(|event_type| event_type.name.as_bytes() <= name.as_slice()),
        }
    });
    let limit = request.limit as usize;
    let mut rows: Vec<EventType> = built_in.iter().cloned().chain(own).skip(skipped).take(limit + 1).collect();
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| more).map(|last| Cursor(last.name.clone().into_bytes()));
    Page { rows, next }
}

/// The path parameter `name`.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct ByName {
    /// Its name.
    pub(crate) name: String,
}

pub(crate) async fn get(
    State(app): State<App>,
    caller: Caller,
    Path(ByName { name }): Path<ByName>,
) -> Result<Json<EventTypeView>, Problem> {
    find(&app, caller, &name).await.map(|event_type| Json(event_type.into()))
}

pub(crate) async fn find(app: &App, caller: Caller, name: &str) -> Result<EventType, Problem> {
    if let Some(built_in) = BUILT_IN.iter().find(|event_type| event_type.name == name) {
        return Ok(built_in.clone());
    }
    let own = app.store.list_event_types(caller.workspace_id).await?;
    own.into_iter().find(|event_type| event_type.name == name).ok_or_else(|| Problem::not_found("event type"))
}

/// An event type of the workspace's own; built-in ones cannot be changed.
async fn find_own(app: &App, caller: Caller, name: &str) -> Result<EventType, Problem> {
    let event_type = find(app, caller, name).await?;
    match event_type.origin {
        Origin::Workspace => Ok(event_type),
        Origin::BuiltIn => Err(Problem::conflict(format!("{name} is built in: it can be neither changed nor deleted"))),
    }
}

/// What to change about an event type.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateEventType {
    /// When it fires and what it is for.
    #[serde(default)]
    #[schemars(length(max = 2000))]
    description: Patch<String>,
    /// JSON Schema (draft 2020-12) its payloads satisfy; null means any JSON.
    #[serde(default)]
    #[schemars(schema_with = "docs::json_schema_or_null")]
    schema: Patch<Value>,
    /// An example payload, which test events send. It must satisfy the schema.
    #[serde(default)]
    example: Patch<Value>,
}

pub(crate) async fn update(
    State(app): State<App>,
    caller: Caller,
    Path(ByName { name }): Path<ByName>,
    Json(change): Json<UpdateEventType>,
) -> Result<Json<EventTypeView>, Problem> {
    let _turn = app.edit_turns().take((caller.workspace_id, name.clone())).await;
    let mut event_type = find_own(&app, caller, &name).await?;
    let before = as_shown(&EventTypeView::from(event_type.clone()));
    change.description.apply(&mut event_type.description);
    change.schema.apply_optional(&mut event_type.schema);
    change.example.apply_optional(&mut event_type.example);
    event_type.updated_at = app.ambient.now();
    check(&event_type)?;
    app.store.update_event_type(caller.workspace_id, &event_type).await?;
    let value = EventTypeView::from(event_type);
    note(&app, caller, "event_type.updated", &name, before, as_shown(&value)).await?;
    Ok(Json(value))
}

pub(crate) async fn delete(
    State(app): State<App>,
    caller: Caller,
    Path(ByName { name }): Path<ByName>,
) -> Result<NoContent, Problem> {
    let gone = EventTypeView::from(find_own(&app, caller, &name).await?);
    app.store.delete_event_type(caller.workspace_id, &name).await?;
    note(&app, caller, "event_type.deleted", &name, as_shown(&gone), Value::Null).await?;
    Ok(NoContent)
}

async fn note(
    app: &App,
    caller: Caller,
    action: &'static str,
    name: &str,
    before: Value,
    after: Value,
) -> Result<(), Problem> {
    audit::record(app, caller, Change { action, subject: name, before, after }).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn own(name: &str) -> EventType {
        EventType {
            name: name.to_owned(),
            description: String::new(),
            schema: Some(json!({"type": "object", "properties": {"amount": {"type": "number"}}})),
            example: Some(json!({"amount": 5})),
            origin: Origin::Workspace,
            created_at: Timestamp::UNIX_EPOCH,
            updated_at: Timestamp::UNIX_EPOCH,
        }
    }

    // behaviour A4
    #[test]
    fn pages_show_the_whole_catalog_once_even_if_a_type_goes_meanwhile() {
        let names = ["a.a", "b.b", "c.c"];
        let mut seen: Vec<String> = vec![];
        let mut request = PageRequest { limit: 2, after: None };
        loop {
            // It goes once it was shown, wherever the page ended.
            let gone = |name: &str| name == "a.a" && seen.contains(&name.to_owned());
            let own = names.iter().filter(|name| !gone(name)).map(|name| own(name)).collect();
            let page = page_of(&BUILT_IN, own, &request);
            seen.extend(page.rows.into_iter().map(|row| row.name));
            request.after = page.next;
            if request.after.is_none() {
                break;
            }
        }
        let expected: Vec<_> = BUILT_IN.iter().map(|built_in| built_in.name.as_str()).chain(names).collect();
        assert_eq!(seen, expected);
    }

    #[test]
    fn an_example_that_violates_its_schema_is_refused_by_place() {
        assert_eq!(check(&own("invoice.paid")), Ok(()));
        let bad = EventType { example: Some(json!({"amount": "five"})), ..own("invoice.paid") };
        assert_eq!(check(&bad).unwrap_err().0[0].field, "example/amount");
    }
}
