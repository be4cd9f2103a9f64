//! Webhooks: where events go, and how.
//!
//! `view` shows one without its secrets; `form` reads and checks what people send; this file is the routes.
//! Promise: two changes at the same time never undo one another.

mod form;
mod test;
mod view;

use aide::axum::ApiRouter;
use aide::axum::routing::{get_with, post_with};
use axum::extract::State;
use beckon_domain::id::WebhookId;
use beckon_domain::webhook::Webhook;
use beckon_store::StoreError;
use beckon_store::deliveries::AttemptsOf;
use schemars::JsonSchema;
use serde::Serialize;

use super::attempts::{self, AttemptView};
use super::deliveries::{self, DeliveryView, WantedOfWebhook};
use crate::api::PREFIX;
use crate::app::App;
use crate::auth::ApiCaller;
use crate::docs::operation;
use crate::extract::{ById, Json, Listing, Path, Query};
use crate::paging::{PageQuery, Paged};
use crate::problem::Problem;
use crate::reply::{Created, NoContent, NotKept};
use form::{CreateWebhook, UpdateWebhook};
use view::WebhookView;

const TAG: &str = "Webhooks";
const LIST: &str = "webhooks";
/// How often a change is made again because another one came first.
const UPDATE_TRIES_MAX: usize = 10;

pub(super) fn routes() -> ApiRouter<App> {
    ApiRouter::new()
        .api_route(
            "/webhooks",
            post_with(create, operation("createWebhook", TAG, "Create a webhook"))
                .get_with(list, operation("listWebhooks", TAG, "List webhooks, newest first")),
        )
        .api_route(
            "/webhooks/{id}",
            get_with(get, operation("getWebhook", TAG, "Show a webhook"))
                .patch_with(update, operation("updateWebhook", TAG, "Change a webhook, from its next attempt on"))
                .delete_with(
                    delete,
                    operation("deleteWebhook", TAG, "Delete a webhook: it gets nothing any more; its history stays"),
                ),
        )
        .api_route(
            "/webhooks/{id}/secret",
            get_with(get_secret, operation("getWebhookSecret", TAG, "Show what a webhook's requests are signed with")),
        )
        .api_route(
            "/webhooks/{id}/test",
            post_with(test::send, operation("testWebhook", TAG, "Send a test event at once and get the attempt")),
        )
        .api_route(
            "/webhooks/{id}/deliveries",
            get_with(
                list_deliveries,
                operation("listWebhookDeliveries", TAG, "List a webhook's deliveries, newest first"),
            ),
        )
        .api_route(
            "/webhooks/{id}/attempts",
            get_with(list_attempts, operation("listWebhookAttempts", TAG, "List a webhook's attempts, newest first")),
        )
}

async fn create(
    State(app): State<App>,
    caller: ApiCaller,
    Json(form): Json<CreateWebhook>,
) -> Result<Created<WebhookView>, Problem> {
    let config = app.config.get(caller.workspace_id).await?;
    let webhook = form.webhook(&app, &config)?;
    app.store.create_webhook(&webhook).await?;
    Ok(Created { location: format!("{PREFIX}/webhooks/{}", webhook.id), value: webhook.into() })
}

async fn list(
    State(app): State<App>,
    caller: ApiCaller,
    Query(page): Query<PageQuery>,
) -> Result<Json<Paged<WebhookView>>, Problem> {
    let webhooks = app.store.list_webhooks(caller.workspace_id, page.request(LIST)?).await?;
    Ok(Json(Paged::of(LIST, webhooks, WebhookView::from)))
}

/// A webhook, unless it was deleted.
async fn find(app: &App, caller: ApiCaller, id: WebhookId) -> Result<Webhook, Problem> {
    let webhook = app.store.get_webhook(caller.workspace_id, id).await?;
    if webhook.deleted_at.is_some() {
        return Err(Problem::not_found("webhook"));
    }
    Ok(webhook)
}

async fn get(
    State(app): State<App>,
    caller: ApiCaller,
    Path(ById { id }): Path<ById<WebhookId>>,
) -> Result<Json<WebhookView>, Problem> {
    Ok(Json(find(&app, caller, id).await?.into()))
}

async fn update(
    State(app): State<App>,
    caller: ApiCaller,
    Path(ById { id }): Path<ById<WebhookId>>,
    Json(form): Json<UpdateWebhook>,
) -> Result<Json<WebhookView>, Problem> {
    let _turn = app.edit_turns().take((caller.workspace_id, id.to_string())).await;
    for _ in 0..UPDATE_TRIES_MAX {
        let stored = find(&app, caller, id).await?;
        let config = app.config.get(caller.workspace_id).await?;
        let mut changed = form.applied_to(&stored, &app, &config)?;
        if changed == stored {
            return Ok(Json(stored.into()));
        }
        changed.updated_at = app.ambient.now();
        match app.store.update_webhook(&changed).await {
            Err(StoreError::Stale(_)) => {}
            result => return Ok(Json(result?.into())),
        }
    }
    Err(Problem::conflict("the webhook is being changed by others all the time; try again"))
}

async fn delete(
    State(app): State<App>,
    caller: ApiCaller,
    Path(ById { id }): Path<ById<WebhookId>>,
) -> Result<NoContent, Problem> {
    app.store.delete_webhook(caller.workspace_id, id, app.ambient.now()).await?;
    Ok(NoContent)
}

/// What a webhook's requests are signed with.
#[derive(Serialize, JsonSchema)]
struct WebhookSecret {
    /// The newest signing secret, `whsec_` and base64.
    secret: String,
}

async fn get_secret(
    State(app): State<App>,
    caller: ApiCaller,
    Path(ById { id }): Path<ById<WebhookId>>,
) -> Result<NotKept<Json<WebhookSecret>>, Problem> {
    let webhook = find(&app, caller, id).await?;
    let secret = webhook.secrets.first().ok_or_else(|| Problem::not_found("secret"))?;
    Ok(NotKept(Json(WebhookSecret { secret: secret.expose() })))
}

async fn list_deliveries(
    State(app): State<App>,
    caller: ApiCaller,
    Path(ById { id }): Path<ById<WebhookId>>,
    listing: Listing<WantedOfWebhook>,
) -> Result<Json<Paged<DeliveryView>>, Problem> {
    // The history of a deleted webhook stays readable.
    app.store.get_webhook(caller.workspace_id, id).await?;
    deliveries::page(&app, caller, &listing.filter.filter(id), &listing.page).await.map(Json)
}

async fn list_attempts(
    State(app): State<App>,
    caller: ApiCaller,
    Path(ById { id }): Path<ById<WebhookId>>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Paged<AttemptView>>, Problem> {
    attempts::page(&app, caller, AttemptsOf::Webhook(id), &page).await.map(Json)
}
