//! `/api-keys` and `/write-keys`: making, listing and revoking the keys that open the doors.
//!
//! Promise: an API key is shown once, in the answer that makes it, and kept as a hash; a revoked key opens
//! nothing from the moment that call returned. Nobody locks themselves out by revoking the key they hold. The audit log
//! says who made and revoked which.
//! Not here: what a key opens (`auth.rs`).

use aide::OperationOutput;
use aide::axum::ApiRouter;
use aide::axum::routing::{delete_with, get_with};
use aide::generate::GenContext;
use aide::openapi::{Operation, Response as ResponseDoc};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use beckon_domain::id::{ApiKeyId, WriteKeyId};
use beckon_domain::key::{ApiKey, WriteKey, WriteKeyKind};
use http::HeaderValue;
use http::header::CACHE_CONTROL;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::fields;
use crate::app::App;
use crate::audit::{self, Change, as_shown};
use crate::auth::{self, Caller, Who};
use crate::docs;
use crate::extract::{ById, Json, Path, Query};
use crate::paging::{PageQuery, Paged};
use crate::problem::Problem;
use crate::reply::{Created, NoContent};

/// Longest name of a key, in characters.
const NAME_CHARS_MAX: usize = 200;
const API_KEYS: &str = "API keys";
const WRITE_KEYS: &str = "write keys";
const TAG: &str = "Keys";

/// The routes below `/api/v1`.
pub(crate) fn routes() -> ApiRouter<App> {
    ApiRouter::new()
        .api_route(
            "/api-keys",
            get_with(
                list_api_keys,
                docs::operation("listApiKeys", TAG, "List API keys, newest first, revoked ones too"),
            )
            .post_with(
                create_api_key,
                docs::operation("createApiKey", TAG, "Make an API key, which is shown this once"),
            ),
        )
        .api_route(
            "/api-keys/{id}",
            delete_with(revoke_api_key, |operation| {
                docs::operation("revokeApiKey", TAG, "Revoke an API key")(operation)
                    .description("It opens nothing any more at once. The key that asks cannot revoke itself.")
            }),
        )
        .api_route(
            "/write-keys",
            get_with(
                list_write_keys,
                docs::operation("listWriteKeys", TAG, "List write keys, newest first, revoked ones too"),
            )
            .post_with(create_write_key, docs::operation("createWriteKey", TAG, "Make a write key")),
        )
        .api_route(
            "/write-keys/{id}",
            delete_with(revoke_write_key, docs::operation("revokeWriteKey", TAG, "Revoke a write key")),
        )
}

/// A key to make.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CreateApiKey")]
pub(crate) struct NewKey {
    /// What people will call it.
    #[schemars(length(min = 1, max = NAME_CHARS_MAX))]
    pub(crate) name: String,
}

/// An API key, without the key itself.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ApiKey")]
pub(crate) struct ApiKeyView {
    /// Its id.
    pub(crate) id: ApiKeyId,
    /// What people call it.
    pub(crate) name: String,
    /// The key's first characters.
    pub(crate) hint: String,
    /// When it was made.
    #[schemars(schema_with = "docs::timestamp")]
    pub(crate) created_at: Timestamp,
    /// When it was revoked; null while it opens.
    #[schemars(schema_with = "docs::optional_timestamp")]
    pub(crate) revoked_at: Option<Timestamp>,
}

impl From<ApiKey> for ApiKeyView {
    fn from(key: ApiKey) -> ApiKeyView {
        ApiKeyView {
            id: key.id,
            name: key.name,
            hint: key.hint,
            created_at: key.created_at,
            revoked_at: key.revoked_at,
        }
    }
}

/// A new API key. The key is shown this once.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct NewApiKey {
    /// Its id.
    pub(crate) id: ApiKeyId,
    /// What people call it.
    pub(crate) name: String,
    /// The key, for `Authorization: Bearer`.
    pub(crate) key: String,
    /// The key's first characters, by which lists show it.
    pub(crate) hint: String,
    /// When it was made.
    #[schemars(schema_with = "docs::timestamp")]
    pub(crate) created_at: Timestamp,
}

pub(crate) async fn create_api_key(
    State(app): State<App>,
    caller: Caller,
    Json(new): Json<NewKey>,
) -> Result<ShownOnce<NewApiKey>, Problem> {
    let text = auth::generate(&app.ambient);
    let record = ApiKey {
        id: app.ambient.new_id(),
        workspace_id: caller.workspace_id,
        name: fields::name(&new.name, NAME_CHARS_MAX)?,
        hint: auth::hint(&text),
        created_at: app.ambient.now(),
        revoked_at: None,
    };
    app.store.create_api_key(&record, auth::hash(&text)).await?;
    note_made(&app, caller, "api_key.created", &record.id.to_string(), &ApiKeyView::from(record.clone())).await?;
    let ApiKey { id, name, hint, created_at, .. } = record;
    let value = NewApiKey { id, name, key: text, hint, created_at };
    Ok(ShownOnce(Created { location: format!("/api/v1/api-keys/{id}"), value }))
}

/// 201 with a secret, which nobody in between may keep, ourselves included.
pub(crate) struct ShownOnce<T>(pub(crate) Created<T>);

impl<T: Serialize> IntoResponse for ShownOnce<T> {
    fn into_response(self) -> Response {
        let mut response = self.0.into_response();
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}

impl<T: JsonSchema> OperationOutput for ShownOnce<T> {
    type Inner = T;

    fn operation_response(ctx: &mut GenContext, operation: &mut Operation) -> Option<ResponseDoc> {
        Created::<T>::operation_response(ctx, operation)
    }

    fn inferred_responses(ctx: &mut GenContext, operation: &mut Operation) -> Vec<(Option<u16>, ResponseDoc)> {
        Created::<T>::inferred_responses(ctx, operation)
    }
}

pub(crate) async fn list_api_keys(
    State(app): State<App>,
    caller: Caller,
    Query(page): Query<PageQuery>,
) -> Result<Json<Paged<ApiKeyView>>, Problem> {
    let keys = app.store.list_api_keys(caller.workspace_id, page.request(API_KEYS)?).await?;
    Ok(Json(Paged::of(API_KEYS, keys, ApiKeyView::from)))
}

pub(crate) async fn revoke_api_key(
    State(app): State<App>,
    caller: Caller,
    Path(ById { id }): Path<ById<ApiKeyId>>,
) -> Result<NoContent, Problem> {
    if caller.who == Who::Key(id) {
        return Err(Problem::conflict("this is the key you are using; revoke it with another one"));
    }
    let key = app.store.revoke_api_key(caller.workspace_id, id, app.ambient.now()).await?;
    note_revoked(&app, caller, "api_key.revoked", &id.to_string(), &ApiKeyView::from(key)).await?;
    Ok(NoContent)
}

/// A write key to make.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CreateWriteKey")]
pub(crate) struct NewWriteKey {
    /// What people call it.
    #[schemars(length(min = 1, max = NAME_CHARS_MAX))]
    pub(crate) name: String,
    /// Where it is kept. What a server says of people with a key of its own is verified; what browsers say is claimed, and
    /// takes no place of what was verified.
    #[serde(default)]
    pub(crate) kind: WriteKeyKind,
}

/// A write key. One for browsers is no secret: it stands in web pages. Either can only add signals.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "WriteKey")]
pub(crate) struct WriteKeyView {
    /// Its id.
    pub(crate) id: WriteKeyId,
    /// What people call it.
    pub(crate) name: String,
    /// The key.
    pub(crate) key: String,
    /// Where it is kept.
    pub(crate) kind: WriteKeyKind,
    /// When it was made.
    #[schemars(schema_with = "docs::timestamp")]
    pub(crate) created_at: Timestamp,
    /// When it was revoked; null while it opens.
    #[schemars(schema_with = "docs::optional_timestamp")]
    pub(crate) revoked_at: Option<Timestamp>,
}

impl From<WriteKey> for WriteKeyView {
    fn from(key: WriteKey) -> WriteKeyView {
        WriteKeyView {
            id: key.id,
            name: key.name,
            key: key.key,
            kind: key.kind,
            created_at: key.created_at,
            revoked_at: key.revoked_at,
        }
    }
}

pub(crate) async fn create_write_key(
    State(app): State<App>,
    caller: Caller,
    Json(new): Json<NewWriteKey>,
) -> Result<Created<WriteKeyView>, Problem> {
    let record = WriteKey {
        id: app.ambient.new_id(),
        workspace_id: caller.workspace_id,
        name: fields::name(&new.name, NAME_CHARS_MAX)?,
        key: auth::generate_write_key(&app.ambient),
        created_at: app.ambient.now(),
        kind: new.kind,
        revoked_at: None,
    };
    app.store.create_write_key(&record).await?;
    note_made(&app, caller, "write_key.created", &record.id.to_string(), &WriteKeyView::from(record.clone())).await?;
    Ok(Created { location: format!("/api/v1/write-keys/{}", record.id), value: record.into() })
}

pub(crate) async fn list_write_keys(
    State(app): State<App>,
    caller: Caller,
    Query(page): Query<PageQuery>,
) -> Result<Json<Paged<WriteKeyView>>, Problem> {
    let keys = app.store.list_write_keys(caller.workspace_id, page.request(WRITE_KEYS)?).await?;
    Ok(Json(Paged::of(WRITE_KEYS, keys, WriteKeyView::from)))
}

pub(crate) async fn revoke_write_key(
    State(app): State<App>,
    caller: Caller,
    Path(ById { id }): Path<ById<WriteKeyId>>,
) -> Result<NoContent, Problem> {
    let key = app.store.revoke_write_key(caller.workspace_id, id, app.ambient.now()).await?;
    note_revoked(&app, caller, "write_key.revoked", &id.to_string(), &WriteKeyView::from(key)).await?;
    Ok(NoContent)
}

async fn note_made(
    app: &App,
    caller: Caller,
    action: &'static str,
    subject: &str,
    key: &impl Serialize,
) -> Result<(), Problem> {
    audit::record(app, caller, Change { action, subject, before: Value::Null, after: as_shown(key) }).await
}

/// `key` as it is since.
async fn note_revoked(
    app: &App,
    caller: Caller,
    action: &'static str,
    subject: &str,
    key: &impl Serialize,
) -> Result<(), Problem> {
    let after = as_shown(key);
    let mut before = after.clone();
    if let Some(revoked_at) = before.get_mut("revoked_at") {
        revoked_at.take();
    }
    audit::record(app, caller, Change { action, subject, before, after }).await
}
