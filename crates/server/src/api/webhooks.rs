//! Webhooks: where events go, and how.
//!
//! `view` shows one without its secrets; `form` reads and checks what people send; `secret` and `recover` are what
//! can be asked for beside; this file is the routes.
//! Promise: two changes at the same time never undo one another.

pub(crate) mod auth;
pub(crate) mod certificate;
pub(crate) mod channels;
pub(crate) mod form;
pub(crate) mod health;
pub(crate) mod masked;
pub(crate) mod recover;
pub(crate) mod secret;
pub(crate) mod test;
pub(crate) mod view;

use aide::axum::ApiRouter;
use aide::axum::routing::{get_with, post_with};
use axum::extract::State;
use beckon_domain::id::WebhookId;
use beckon_domain::invalid::Invalid;
use beckon_domain::webhook::Webhook;
use beckon_store::deliveries::AttemptsOf;
use beckon_store::{Page, StoreError, WorkspaceConfig};

use super::attempts::{self, AttemptView};
use super::deliveries::{self, DeliveryView, WantedOfWebhook};
use crate::api::PREFIX;
use crate::app::App;
use crate::audit::{self, Change, as_shown};
use crate::auth::Caller;
use crate::docs::{explained, operation};
use crate::extract::{ById, Json, Listing, Path, Query};
use crate::paging::{PageQuery, Paged};
use crate::problem::Problem;
use crate::reply::{Created, NoContent};
use form::{CreateWebhook, UpdateWebhook};
use view::WebhookView;

const TAG: &str = "Webhooks";
const LIST: &str = "webhooks";
/// How often a change is made again because another one came first.
const UPDATE_TRIES_MAX: usize = 10;

pub(crate) fn routes() -> ApiRouter<App> {
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
            get_with(secret::get, operation("getWebhookSecret", TAG, "Show what a webhook's requests are signed with")),
        )
        .api_route(
            "/webhooks/{id}/secret/rotate",
            post_with(
                secret::rotate,
                explained(
                    "rotateWebhookSecret",
                    TAG,
                    "Replace what a webhook's requests are signed with",
                    "Old and new sign every request side by side until the grace ends. At most five sign at a time. \
                     The answer has a secret in it and is not kept for an idempotency key: a repeat rotates again, \
                     unless `secret` says what to sign with.",
                ),
            ),
        )
        .api_route(
            "/webhooks/{id}/recover",
            post_with(
                recover::recover,
                explained(
                    "recoverWebhook",
                    TAG,
                    "Send again, in the background, what a webhook did not take",
                    "That is its deliveries that failed, or were canceled because it was disabled; not those that a \
                     person canceled. A dry run answers 200 with the count; otherwise a job is begun and the answer \
                     is 202. 409 if the webhook is disabled or deleted, or too many jobs run.",
                ),
            ),
        )
        .api_route(
            "/webhooks/{id}/replay-missing",
            post_with(
                recover::replay_missing,
                explained(
                    "replayMissingEvents",
                    TAG,
                    "Send, in the background, the events that a webhook never had",
                    "That is those it would get with its present event types and channels and that have no delivery \
                     to it; not test events. A dry run answers 200 with the count; otherwise a job is begun and the \
                     answer is 202. 409 if the webhook is disabled or deleted, or too many jobs run.",
                ),
            ),
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

pub(crate) async fn create(
    State(app): State<App>,
    caller: Caller,
    Json(form): Json<CreateWebhook>,
) -> Result<Created<WebhookView>, Problem> {
    let config = app.config.get(caller.workspace_id).await?;
    let webhook = form.webhook(&app, &config)?;
    app.store.create_webhook(&webhook).await?;
    note(&app, caller, "webhook.created", None, Some(&webhook)).await?;
    Ok(Created { location: format!("{PREFIX}/webhooks/{}", webhook.id), value: shown(&app, webhook).await? })
}

async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(page): Query<PageQuery>,
) -> Result<Json<Paged<WebhookView>>, Problem> {
    let webhooks = app.store.list_webhooks(caller.workspace_id, page.request(LIST)?).await?;
    let mut views = Vec::with_capacity(webhooks.rows.len());
    for webhook in webhooks.rows {
        views.push(shown(&app, webhook).await?);
    }
    Ok(Json(Paged::of(LIST, Page { rows: views, next: webhooks.next }, |view| view)))
}

/// A webhook as it is shown.
pub(crate) async fn shown(app: &App, webhook: Webhook) -> Result<WebhookView, Problem> {
    let health = health::find(app, &webhook).await?;
    Ok(WebhookView::of(webhook, health))
}

/// A webhook, unless it was deleted.
pub(crate) async fn find(app: &App, caller: Caller, id: WebhookId) -> Result<Webhook, Problem> {
    let webhook = app.store.get_webhook(caller.workspace_id, id).await?;
    if webhook.deleted_at.is_some() {
        return Err(Problem::not_found("webhook"));
    }
    Ok(webhook)
}

pub(crate) async fn get(
    State(app): State<App>,
    caller: Caller,
    Path(ById { id }): Path<ById<WebhookId>>,
) -> Result<Json<WebhookView>, Problem> {
    let webhook = find(&app, caller, id).await?;
    shown(&app, webhook).await.map(Json)
}

pub(crate) async fn update(
    State(app): State<App>,
    caller: Caller,
    Path(ById { id }): Path<ById<WebhookId>>,
    Json(form): Json<UpdateWebhook>,
) -> Result<Json<WebhookView>, Problem> {
    let edit = |stored: &Webhook, config: &WorkspaceConfig| form.applied_to(stored, &app, config);
    let changed = change(&app, caller, id, "webhook.updated", edit).await?;
    shown(&app, changed).await.map(Json)
}

/// Changes a webhook as `edit` says, when it is its turn, and notes that as `action`. `edit` is asked again if something
/// changed meanwhile.
async fn change(
    app: &App,
    caller: Caller,
    id: WebhookId,
    action: &'static str,
    edit: impl Fn(&Webhook, &WorkspaceConfig) -> Result<Webhook, Invalid>,
) -> Result<Webhook, Problem> {
    let _turn = app.edit_turns().take((caller.workspace_id, id.to_string())).await;
    for _ in 0..UPDATE_TRIES_MAX {
        let stored = find(app, caller, id).await?;
        let config = app.config.get(caller.workspace_id).await?;
        let mut changed = edit(&stored, &config)?;
        if changed == stored {
            return Ok(stored);
        }
        changed.updated_at = app.ambient.now();
        match app.store.update_webhook(&changed).await {
            Err(StoreError::Stale(_)) => {}
            result => {
                let changed = result?;
                note(app, caller, action, Some(&stored), Some(&changed)).await?;
                return Ok(changed);
            }
        }
    }
    Err(Problem::conflict("the webhook is being changed by others all the time; try again"))
}

pub(crate) async fn delete(
    State(app): State<App>,
    caller: Caller,
    Path(ById { id }): Path<ById<WebhookId>>,
) -> Result<NoContent, Problem> {
    let stored = app.store.get_webhook(caller.workspace_id, id).await?;
    app.store.delete_webhook(caller.workspace_id, id, app.ambient.now()).await?;
    note(&app, caller, "webhook.deleted", Some(&stored), None).await?;
    Ok(NoContent)
}

/// Notes a change of a webhook, without its secrets.
async fn note(
    app: &App,
    caller: Caller,
    action: &'static str,
    before: Option<&Webhook>,
    after: Option<&Webhook>,
) -> Result<(), Problem> {
    let subject = after.or(before).map(|webhook| webhook.id.to_string()).unwrap_or_default();
    let view = |webhook: &Webhook| as_shown(&WebhookView::of(webhook.clone(), None));
    let (before, after) = (before.map(view).unwrap_or_default(), after.map(view).unwrap_or_default());
    audit::record(app, caller, Change { action, subject: &subject, before, after }).await
}

async fn list_deliveries(
    State(app): State<App>,
    caller: Caller,
    Path(ById { id }): Path<ById<WebhookId>>,
    listing: Listing<WantedOfWebhook>,
) -> Result<Json<Paged<DeliveryView>>, Problem> {
    // The history of a deleted webhook stays readable.
    app.store.get_webhook(caller.workspace_id, id).await?;
    deliveries::page(&app, caller, &listing.filter.filter(id)?, &listing.page).await.map(Json)
}

async fn list_attempts(
    State(app): State<App>,
    caller: Caller,
    Path(ById { id }): Path<ById<WebhookId>>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Paged<AttemptView>>, Problem> {
    attempts::page(&app, caller, AttemptsOf::Webhook(id), &page).await.map(Json)
}
