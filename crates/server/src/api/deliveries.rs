//! Deliveries: finding them, making one more request, ending them.
//!
//! `replay` sends again all that fit.

pub(crate) mod replay;

use aide::axum::ApiRouter;
use aide::axum::routing::{get_with, post_with};
use axum::extract::State;
use beckon_domain::channel::Channel;
use beckon_domain::delivery::{Delivery, DeliveryStatus};
use beckon_domain::event::EventId;
use beckon_domain::id::{DeliveryId, WebhookId};
use beckon_domain::invalid::Invalid;
use beckon_store::StoreError;
use beckon_store::deliveries::{AttemptsOf, DeliveryFilter};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::attempts::{self, AttemptView};
use super::fields;
use crate::app::App;
use crate::audit::{self, Change, as_shown};
use crate::auth::Caller;
use crate::docs::{self, explained, operation};
use crate::extract::{ById, Json, Listing, Path, Query};
use crate::paging::{PageQuery, Paged};
use crate::problem::{Code, Problem};
use crate::reply::Accepted;

const TAG: &str = "Deliveries";
/// What its cursors are bound to, whoever lists deliveries.
const LIST: &str = "deliveries";

pub(super) fn routes() -> ApiRouter<App> {
    ApiRouter::new()
        .api_route("/deliveries", get_with(list, operation("listDeliveries", TAG, "List deliveries, newest first")))
        .api_route("/deliveries/{id}", get_with(get, operation("getDelivery", TAG, "Show a delivery")))
        .api_route(
            "/deliveries/{id}/attempts",
            get_with(
                list_attempts,
                operation("listDeliveryAttempts", TAG, "List a delivery's attempts in the order they were made"),
            ),
        )
        .api_route(
            "/deliveries/{id}/resend",
            post_with(
                resend,
                explained(
                    "resendDelivery",
                    TAG,
                    "Make one more request, beside the schedule",
                    "The request is made at once: if the webhook is paused because its receiver failed, this ends the \
                     pause. If it fails, the schedule goes on as if nothing had happened; if it succeeds, the schedule \
                     ends. It passes the order of a FIFO webhook. 409 if the webhook is disabled or deleted.",
                ),
            ),
        )
        .api_route(
            "/deliveries/{id}/retry",
            post_with(
                retry,
                explained(
                    "retryDelivery",
                    TAG,
                    "Make the next scheduled request now, instead of when it is due",
                    "It counts as the schedule's next request, whereas a resend is one beside it. If the webhook is \
                     paused because its receiver failed, this ends the pause. 409 if the delivery has ended: then \
                     resend it.",
                ),
            ),
        )
        .api_route(
            "/deliveries/{id}/cancel",
            post_with(
                cancel,
                explained(
                    "cancelDelivery",
                    TAG,
                    "End a delivery: no more requests are made",
                    "Of a FIFO webhook this skips the delivery: what waits behind it goes on. 409 if it has ended.",
                ),
            ),
        )
        .api_route(
            "/deliveries/replay",
            post_with(
                replay::replay,
                explained(
                    "replayDeliveries",
                    TAG,
                    "Send again all deliveries that fit, in the background",
                    "The schedule of each begins anew, behind everything that has just happened. A dry run answers 200 \
                     with the count; otherwise a job is begun and the answer is 202. 409 if `webhook_id` is disabled \
                     or deleted, or too many jobs run.",
                ),
            ),
        )
}

/// One event owed to one webhook.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "Delivery")]
pub(crate) struct DeliveryView {
    /// Its id.
    pub(crate) id: DeliveryId,
    /// The event.
    pub(crate) event_id: String,
    /// The event's type.
    pub(crate) event_type: String,
    /// The event's channels.
    pub(crate) channels: Vec<Channel>,
    /// Where it goes.
    pub(crate) webhook_id: WebhookId,
    /// How it stands.
    pub(crate) status: DeliveryStatus,
    /// How many requests were made, of any trigger.
    pub(crate) attempt_count: u32,
    /// When the next request is due, if one is. It is later if its webhook's rate limit, its order or a pause of
    /// its webhook holds it up.
    #[schemars(schema_with = "docs::optional_timestamp")]
    pub(crate) next_attempt_at: Option<Timestamp>,
    /// When it was owed.
    #[schemars(schema_with = "docs::timestamp")]
    pub(crate) created_at: Timestamp,
    /// When its status last changed.
    #[schemars(schema_with = "docs::timestamp")]
    pub(crate) updated_at: Timestamp,
}

impl From<Delivery> for DeliveryView {
    fn from(delivery: Delivery) -> DeliveryView {
        DeliveryView {
            id: delivery.id,
            event_id: delivery.event_id.to_string(),
            event_type: delivery.event_type,
            channels: delivery.channels,
            webhook_id: delivery.webhook_id,
            status: delivery.status,
            attempt_count: delivery.attempt_count,
            next_attempt_at: delivery.next_attempt_at,
            created_at: delivery.created_at,
            updated_at: delivery.updated_at,
        }
    }
}

/// Which deliveries. All conditions hold together.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct Wanted {
    /// Only to this webhook.
    webhook_id: Option<WebhookId>,
    /// Only of this event.
    #[schemars(length(min = 1, max = 64), regex(pattern = r"^[A-Za-z0-9_-]+$"))]
    event_id: Option<String>,
    /// Only with this status.
    status: Option<DeliveryStatus>,
    /// Only of this event type.
    event_type: Option<String>,
    /// Only of events with this channel.
    channel: Option<Channel>,
    /// Only owed at or after this moment.
    #[schemars(schema_with = "docs::timestamp")]
    since: Option<Timestamp>,
    /// Only owed before this moment.
    #[schemars(schema_with = "docs::timestamp")]
    until: Option<Timestamp>,
    /// Only of events about contacts or companies that this text finds, as the lists of those do: the newest 200 of each.
    #[schemars(length(max = 200))]
    about: Option<String>,
}

/// Which deliveries of one webhook. All conditions hold together.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(super) struct WantedOfWebhook {
    /// Only with this status.
    status: Option<DeliveryStatus>,
    /// Only of this event type.
    event_type: Option<String>,
    /// Only of events with this channel.
    channel: Option<Channel>,
    /// Only owed at or after this moment.
    #[schemars(schema_with = "docs::timestamp")]
    since: Option<Timestamp>,
    /// Only owed before this moment.
    #[schemars(schema_with = "docs::timestamp")]
    until: Option<Timestamp>,
    /// Only of events about contacts or companies that this text finds, as the lists of those do: the newest 200 of each.
    #[schemars(length(max = 200))]
    about: Option<String>,
}

impl WantedOfWebhook {
    pub(super) fn filter(self, webhook: WebhookId) -> Result<DeliveryFilter, Invalid> {
        let WantedOfWebhook { status, event_type, channel, since, until, about } = self;
        let (webhook_id, about) = (Some(webhook), fields::search("about", about)?);
        Ok(DeliveryFilter { webhook_id, event_id: None, status, event_type, channel, since, until, about })
    }
}

impl Wanted {
    pub(crate) fn filter(self) -> Result<DeliveryFilter, Invalid> {
        let Wanted { webhook_id, event_id, status, event_type, channel, since, until, about } = self;
        let event_id = event_id.map(|text| EventId::parse(&text)).transpose();
        let event_id = event_id.map_err(|reason| Invalid::one("event_id", reason))?;
        let about = fields::search("about", about)?;
        Ok(DeliveryFilter { webhook_id, event_id, status, event_type, channel, since, until, about })
    }
}

async fn list(
    State(app): State<App>,
    caller: Caller,
    listing: Listing<Wanted>,
) -> Result<Json<Paged<DeliveryView>>, Problem> {
    page(&app, caller, &listing.filter.filter()?, &listing.page).await.map(Json)
}

/// A page of deliveries.
pub(crate) async fn page(
    app: &App,
    caller: Caller,
    filter: &DeliveryFilter,
    page: &PageQuery,
) -> Result<Paged<DeliveryView>, Problem> {
    let deliveries = app.store.list_deliveries(caller.workspace_id, filter, page.request(LIST)?).await?;
    Ok(Paged::of(LIST, deliveries, DeliveryView::from))
}

pub(crate) async fn get(
    State(app): State<App>,
    caller: Caller,
    Path(ById { id }): Path<ById<DeliveryId>>,
) -> Result<Json<DeliveryView>, Problem> {
    Ok(Json(app.store.get_delivery(caller.workspace_id, id).await?.into()))
}

pub(crate) async fn list_attempts(
    State(app): State<App>,
    caller: Caller,
    Path(ById { id }): Path<ById<DeliveryId>>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Paged<AttemptView>>, Problem> {
    attempts::page(&app, caller, AttemptsOf::Delivery(id), &page).await.map(Json)
}

pub(crate) async fn resend(
    State(app): State<App>,
    caller: Caller,
    Path(ById { id }): Path<ById<DeliveryId>>,
) -> Result<Accepted<DeliveryView>, Problem> {
    let resent = match app.delivery.resend(caller.workspace_id, id).await {
        Ok(delivery) => delivery.into(),
        Err(beckon_delivery::Error::Store(StoreError::Refused(why))) => {
            return Err(Problem::new(Code::WebhookDisabled, why));
        }
        Err(error) => return Err(error.into()),
    };
    note(&app, caller, "delivery.resent", &resent).await?;
    Ok(Accepted(resent))
}

pub(crate) async fn retry(
    State(app): State<App>,
    caller: Caller,
    Path(ById { id }): Path<ById<DeliveryId>>,
) -> Result<Accepted<DeliveryView>, Problem> {
    let due = app.delivery.retry_now(caller.workspace_id, id).await?.into();
    note(&app, caller, "delivery.retried", &due).await?;
    Ok(Accepted(due))
}

pub(crate) async fn cancel(
    State(app): State<App>,
    caller: Caller,
    Path(ById { id }): Path<ById<DeliveryId>>,
) -> Result<Json<DeliveryView>, Problem> {
    let ended = app.delivery.cancel(caller.workspace_id, id).await?.into();
    note(&app, caller, "delivery.canceled", &ended).await?;
    Ok(Json(ended))
}

async fn note(app: &App, caller: Caller, action: &'static str, after: &DeliveryView) -> Result<(), Problem> {
    let subject = after.id.to_string();
    audit::record(app, caller, Change { action, subject: &subject, before: Value::Null, after: as_shown(after) }).await
}
