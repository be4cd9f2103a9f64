//! Attempts, as they are shown: one HTTP request of a delivery and what came of it.

use std::collections::BTreeMap;

use beckon_domain::delivery::{Attempt, FailureKind, Outcome, Timings, Trigger};
use beckon_domain::id::{AttemptId, DeliveryId, WebhookId};
use beckon_store::deliveries::AttemptsOf;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::app::App;
use crate::auth::Caller;
use crate::docs;
use crate::paging::{PageQuery, Paged};
use crate::problem::Problem;

/// One HTTP request of a delivery, and what came of it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "Attempt")]
pub(crate) struct AttemptView {
    /// Its id.
    pub(crate) id: AttemptId,
    /// The delivery whose request it was.
    pub(crate) delivery_id: DeliveryId,
    /// The webhook it went to.
    pub(crate) webhook_id: WebhookId,
    /// The event it carried; this is what was sent as `webhook-id`.
    pub(crate) event_id: String,
    /// The name of that event's type.
    pub(crate) event_type: String,
    /// Counts the delivery's requests from 1, whatever their trigger.
    pub(crate) number: u32,
    /// Why the request was made: the schedule, a resend, a test or a replay.
    pub(crate) trigger: Trigger,
    /// When the request was begun.
    #[schemars(schema_with = "docs::timestamp")]
    pub(crate) started_at: Timestamp,
    /// Whether the receiver took the event.
    pub(crate) outcome: OutcomeName,
    /// What kind of failure it was; null if it was delivered.
    pub(crate) failure_kind: Option<FailureKind>,
    /// The failure in words; null if it was delivered.
    pub(crate) message: Option<String>,
    /// The HTTP status code the receiver answered with; null if no answer began. How the delivery stands is its
    /// own `status`.
    pub(crate) status_code: Option<u16>,
    /// The webhook's URL at that moment, without user-info.
    pub(crate) url: String,
    /// The headers that were sent; values that may be secrets are shown as `***`.
    pub(crate) request_headers: BTreeMap<String, String>,
    /// The headers of the answer, in the order in which they came.
    pub(crate) response_headers: Vec<HeaderView>,
    /// The beginning of the answer's body as text; what is not UTF-8 is replaced.
    pub(crate) response_body: String,
    /// Whether the answer's body went on beyond what is shown.
    pub(crate) response_truncated: bool,
    /// How long each phase of the request took, in microseconds; null where there was none.
    pub(crate) timings: Timings,
    /// When the delivery is tried again, as decided after this attempt; null if it is not.
    #[schemars(schema_with = "docs::optional_timestamp")]
    pub(crate) next_attempt_at: Option<Timestamp>,
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OutcomeName {
    /// The receiver took it: 2xx.
    Delivered,
    /// It did not.
    Failed,
}

/// A header of a response.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "ResponseHeader")]
pub(crate) struct HeaderView {
    /// Its name.
    pub(crate) name: String,
    /// Its value.
    pub(crate) value: String,
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
pub(crate) async fn page(
    app: &App,
    caller: Caller,
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
