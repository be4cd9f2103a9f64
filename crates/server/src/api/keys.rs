//! `/api-keys` and `/write-keys`: making, listing and revoking the keys that open the doors.
//!
//! Promise: an API key is shown once, in the answer that makes it, and kept as a hash; a revoked key opens
//! nothing from the moment that call returned. Nobody locks themselves out by revoking the key they hold.
//! Not here: what a key opens (`auth.rs`).

use aide::OperationOutput;
use aide::axum::ApiRouter;
use aide::axum::routing::{delete_with, get_with};
use aide::generate::GenContext;
use aide::openapi::{Operation, Response as ResponseDoc};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use beckon_domain::id::{ApiKeyId, WriteKeyId};
use beckon_domain::key::{ApiKey, WriteKey};
use http::HeaderValue;
use http::header::CACHE_CONTROL;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::fields;
use crate::app::App;
use crate::auth::{self, ApiCaller};
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
#[schemars(rename = "CreateKey")]
struct NewKey {
    /// What people will call it.
    #[schemars(length(min = 1, max = NAME_CHARS_MAX))]
    name: String,
}

/// An API key, without the key itself.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ApiKey")]
struct ApiKeyView {
    /// Its id.
    id: ApiKeyId,
    /// What people call it.
    name: String,
    /// The key's first characters.
    hint: String,
    /// When it was made.
    #[schemars(schema_with = "docs::timestamp")]
    created_at: Timestamp,
    /// When it was revoked; null while it opens.
    #[schemars(schema_with = "docs::optional_timestamp")]
    revoked_at: Option<Timestamp>,
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
struct NewApiKey {
    /// Its id.
    id: ApiKeyId,
    /// What people call it.
    name: String,
    /// The key, for `Authorization: Bearer`.
    key: String,
    /// The key's first characters, by which lists show it.
    hint: String,
    /// When it was made.
    #[schemars(schema_with = "docs::timestamp")]
    created_at: Timestamp,
}

async fn create_api_key(
    State(app): State<App>,
    caller: ApiCaller,
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
    let ApiKey { id, name, hint, created_at, .. } = record;
    let value = NewApiKey { id, name, key: text, hint, created_at };
    Ok(ShownOnce(Created { location: format!("/api/v1/api-keys/{id}"), value }))
}

/// 201 with a secret, which nobody in between may keep, ourselves included.
struct ShownOnce<T>(Created<T>);

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

async fn list_api_keys(
    State(app): State<App>,
    caller: ApiCaller,
    Query(page): Query<PageQuery>,
) -> Result<Json<Paged<ApiKeyView>>, Problem> {
    let keys = app.store.list_api_keys(caller.workspace_id, page.request(API_KEYS)?).await?;
    Ok(Json(Paged::of(API_KEYS, keys, ApiKeyView::from)))
}

async fn revoke_api_key(
    State(app): State<App>,
    caller: ApiCaller,
    Path(ById { id }): Path<ById<ApiKeyId>>,
) -> Result<NoContent, Problem> {
    if id == caller.key_id {
        return Err(Problem::conflict("this is the key you are using; revoke it with another one"));
    }
    app.store.revoke_api_key(caller.workspace_id, id, app.ambient.now()).await?;
    Ok(NoContent)
}

/// A write key. It is no secret: it stands in web pages, and can only add signals.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "WriteKey")]
struct WriteKeyView {
    /// Its id.
    id: WriteKeyId,
    /// What people call it.
    name: String,
    /// The key.
    key: String,
    /// When it was made.
    #[schemars(schema_with = "docs::timestamp")]
    created_at: Timestamp,
    /// When it was revoked; null while it opens.
    #[schemars(schema_with = "docs::optional_timestamp")]
    revoked_at: Option<Timestamp>,
}

impl From<WriteKey> for WriteKeyView {
    fn from(key: WriteKey) -> WriteKeyView {
        WriteKeyView {
            id: key.id,
            name: key.name,
            key: key.key,
            created_at: key.created_at,
            revoked_at: key.revoked_at,
        }
    }
}

async fn create_write_key(
    State(app): State<App>,
    caller: ApiCaller,
    Json(new): Json<NewKey>,
) -> Result<Created<WriteKeyView>, Problem> {
    let record = WriteKey {
        id: app.ambient.new_id(),
        workspace_id: caller.workspace_id,
        name: fields::name(&new.name, NAME_CHARS_MAX)?,
        key: auth::generate_write_key(&app.ambient),
        created_at: app.ambient.now(),
        revoked_at: None,
    };
    app.store.create_write_key(&record).await?;
    Ok(Created { location: format!("/api/v1/write-keys/{}", record.id), value: record.into() })
}

async fn list_write_keys(
    State(app): State<App>,
    caller: ApiCaller,
    Query(page): Query<PageQuery>,
) -> Result<Json<Paged<WriteKeyView>>, Problem> {
    let keys = app.store.list_write_keys(caller.workspace_id, page.request(WRITE_KEYS)?).await?;
    Ok(Json(Paged::of(WRITE_KEYS, keys, WriteKeyView::from)))
}

async fn revoke_write_key(
    State(app): State<App>,
    caller: ApiCaller,
    Path(ById { id }): Path<ById<WriteKeyId>>,
) -> Result<NoContent, Problem> {
    app.store.revoke_write_key(caller.workspace_id, id, app.ambient.now()).await?;
    Ok(NoContent)
}
