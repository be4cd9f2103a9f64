//! Deliveries: finding them, making one more request, ending them.
//!
//! `replay` sends again all that fit.

mod replay;

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

use super::attempts::{self, AttemptView};
use crate::app::App;
use crate::auth::ApiCaller;
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
pub(super) struct DeliveryView {
    /// Its id.
    id: DeliveryId,
    /// The event.
    event_id: String,
    /// The event's type.
    event_type: String,
    /// The event's channels.
    channels: Vec<Channel>,
    /// Where it goes.
    webhook_id: WebhookId,
    /// How it stands.
    status: DeliveryStatus,
    /// How many requests were made, of any trigger.
    attempt_count: u32,
    /// When the next request is due, if one is. It is later if its webhook's rate limit, its order or a pause of
    /// its webhook holds it up.
    #[schemars(schema_with = "docs::optional_timestamp")]
    next_attempt_at: Option<Timestamp>,
    /// When it was owed.
    #[schemars(schema_with = "docs::timestamp")]
    created_at: Timestamp,
    /// When its status last changed.
    #[schemars(schema_with = "docs::timestamp")]
    updated_at: Timestamp,
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
struct Wanted {
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
}

impl WantedOfWebhook {
    pub(super) fn filter(self, webhook: WebhookId) -> DeliveryFilter {
        let WantedOfWebhook { status, event_type, channel, since, until } = self;
        DeliveryFilter { webhook_id: Some(webhook), event_id: None, status, event_type, channel, since, until }
    }
}

async fn list(
    State(app): State<App>,
    caller: ApiCaller,
    listing: Listing<Wanted>,
) -> Result<Json<Paged<DeliveryView>>, Problem> {
    let Wanted { webhook_id, event_id, status, event_type, channel, since, until } = listing.filter;
    let event_id = event_id.map(|text| EventId::parse(&text)).transpose();
    let event_id = event_id.map_err(|reason| Invalid::one("event_id", reason))?;
    let filter = DeliveryFilter { webhook_id, event_id, status, event_type, channel, since, until };
    page(&app, caller, &filter, &listing.page).await.map(Json)
}

/// A page of deliveries.
pub(super) async fn page(
    app: &App,
    caller: ApiCaller,
    filter: &DeliveryFilter,
    page: &PageQuery,
) -> Result<Paged<DeliveryView>, Problem> {
    let deliveries = app.store.list_deliveries(caller.workspace_id, filter, page.request(LIST)?).await?;
    Ok(Paged::of(LIST, deliveries, DeliveryView::from))
}

async fn get(
    State(app): State<App>,
    caller: ApiCaller,
    Path(ById { id }): Path<ById<DeliveryId>>,
) -> Result<Json<DeliveryView>, Problem> {
    Ok(Json(app.store.get_delivery(caller.workspace_id, id).await?.into()))
}

async fn list_attempts(
    State(app): State<App>,
    caller: ApiCaller,
    Path(ById { id }): Path<ById<DeliveryId>>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Paged<AttemptView>>, Problem> {
    attempts::page(&app, caller, AttemptsOf::Delivery(id), &page).await.map(Json)
}

async fn resend(
    State(app): State<App>,
    caller: ApiCaller,
    Path(ById { id }): Path<ById<DeliveryId>>,
) -> Result<Accepted<DeliveryView>, Problem> {
    match app.delivery.resend(caller.workspace_id, id).await {
        Ok(delivery) => Ok(Accepted(delivery.into())),
        Err(beckon_delivery::Error::Store(StoreError::Refused(why))) => Err(Problem::new(Code::WebhookDisabled, why)),
        Err(error) => Err(error.into()),
    }
}

async fn retry(
    State(app): State<App>,
    caller: ApiCaller,
    Path(ById { id }): Path<ById<DeliveryId>>,
) -> Result<Accepted<DeliveryView>, Problem> {
    Ok(Accepted(app.delivery.retry_now(caller.workspace_id, id).await?.into()))
}

async fn cancel(
    State(app): State<App>,
    caller: ApiCaller,
    Path(ById { id }): Path<ById<DeliveryId>>,
) -> Result<Json<DeliveryView>, Problem> {
    Ok(Json(app.delivery.cancel(caller.workspace_id, id).await?.into()))
}
