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
    /// The delivery whose request it was.
    delivery_id: DeliveryId,
    /// The webhook it went to.
    webhook_id: WebhookId,
    /// The event it carried; this is what was sent as `webhook-id`.
    event_id: String,
    /// The name of that event's type.
    event_type: String,
    /// Counts the delivery's requests from 1, whatever their trigger.
    number: u32,
    /// Why the request was made: the schedule, a resend, a test or a replay.
    trigger: Trigger,
    /// When the request was begun.
    #[schemars(schema_with = "docs::timestamp")]
    started_at: Timestamp,
    /// Whether the receiver took the event.
    outcome: OutcomeName,
    /// What kind of failure it was; null if it was delivered.
    failure_kind: Option<FailureKind>,
    /// The failure in words; null if it was delivered.
    message: Option<String>,
    /// The HTTP status code the receiver answered with; null if no answer began. How the delivery stands is its
    /// own `status`.
    status_code: Option<u16>,
    /// The webhook's URL at that moment, without user-info.
    url: String,
    /// The headers that were sent; values that may be secrets are shown as `***`.
    request_headers: BTreeMap<String, String>,
    /// The headers of the answer, in the order in which they came.
    response_headers: Vec<HeaderView>,
    /// The beginning of the answer's body as text; what is not UTF-8 is replaced.
    response_body: String,
    /// Whether the answer's body went on beyond what is shown.
    response_truncated: bool,
    /// How long each phase of the request took, in microseconds; null where there was none.
    timings: Timings,
    /// When the delivery is tried again, as decided after this attempt; null if it is not.
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
            status_code: exchange.status,
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
