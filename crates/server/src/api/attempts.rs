//! Attempts, as they are shown: one HTTP request of a delivery and what came of it.

use std::collections::BTreeMap;

use beckon_domain::delivery::{Attempt, FailureKind, Outcome, Timings, Trigger};
use beckon_domain::id::{AttemptId, DeliveryId, WebhookId};
use beckon_store::deliveries::AttemptsOf;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::app::App;
use crate::auth::ApiCaller;
use crate::docs;
use crate::paging::{PageQuery, Paged};
use crate::problem::Problem;

/// One HTTP request of a delivery, and what came of it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "Attempt")]
pub(super) struct AttemptView {
    /// Its id.
    id: AttemptId,
    /// Of which delivery.
    delivery_id: DeliveryId,
    /// To which webhook.
    webhook_id: WebhookId,
    /// The event.
    event_id: String,
    /// The event's type.
    event_type: String,
    /// Counts the delivery's requests from 1.
    number: u32,
    /// Why it was made.
    trigger: Trigger,
    /// When it was begun.
    #[schemars(schema_with = "docs::timestamp")]
    started_at: Timestamp,
    /// How it ended.
    outcome: OutcomeName,
    /// What kind of failure, if it failed.
    failure_kind: Option<FailureKind>,
    /// The failure in words.
    message: Option<String>,
    /// HTTP status, if an answer began.
    status: Option<u16>,
    /// The URL as it was at that moment, without user-info.
    url: String,
    /// Request headers; values that are secrets are masked.
    request_headers: BTreeMap<String, String>,
    /// Response headers, in order.
    response_headers: Vec<HeaderView>,
    /// The beginning of the response body as text.
    response_body: String,
    /// Whether the response body went on beyond that.
    response_truncated: bool,
    /// How long each phase took.
    timings: Timings,
    /// When the delivery is tried again, as decided after this attempt.
    #[schemars(schema_with = "docs::optional_timestamp")]
    next_attempt_at: Option<Timestamp>,
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum OutcomeName {
    /// The receiver took it: 2xx.
    Delivered,
    /// It did not.
    Failed,
}

/// A header of a response.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "ResponseHeader")]
struct HeaderView {
    /// Its name.
    name: String,
    /// Its value.
    value: String,
}

impl From<Attempt> for AttemptView {
    fn from(attempt: Attempt) -> AttemptView {
        let (outcome, failure_kind, message) = match attempt.outcome {
            Outcome::Delivered => (OutcomeName::Delivered, None, None),
            Outcome::Failed { kind, message } => (OutcomeName::Failed, Some(kind), Some(message)),
        };
        let exchange = attempt.exchange;
        let headers = exchange.response_headers.into_iter();
        AttemptView {
            id: attempt.id,
            delivery_id: attempt.delivery_id,
            webhook_id: attempt.webhook_id,
            event_id: attempt.event_id.to_string(),
            event_type: attempt.event_type,
            number: attempt.number,
            trigger: attempt.trigger,
            started_at: attempt.started_at,
            outcome,
            failure_kind,
            message,
            status: exchange.status,
            url: exchange.url,
            request_headers: exchange.request_headers,
            response_headers: headers.map(|(name, value)| HeaderView { name, value }).collect(),
            response_body: exchange.response_body,
            response_truncated: exchange.response_truncated,
            timings: exchange.timings,
            next_attempt_at: attempt.next_attempt_at,
        }
    }
}

/// A page of attempts, of a delivery or of a webhook.
pub(super) async fn page(
    app: &App,
    caller: ApiCaller,
    of: AttemptsOf,
    page: &PageQuery,
) -> Result<Paged<AttemptView>, Problem> {
    let list = match of {
        AttemptsOf::Delivery(_) => "attempts of a delivery",
        AttemptsOf::Webhook(_) => "attempts of a webhook",
    };
    let attempts = app.store.list_attempts(caller.workspace_id, of, page.request(list)?).await?;
    Ok(Paged::of(list, attempts, AttemptView::from))
}
