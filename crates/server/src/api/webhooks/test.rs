//! Trying a webhook: one event, one request, its answer.

use axum::extract::State;
use beckon_domain::delivery::Attempt;
use beckon_domain::id::WebhookId;
use beckon_domain::invalid::Invalid;
use beckon_intake::Refusal;
use beckon_store::StoreError;
use bytes::Bytes;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::find;
use crate::api::attempts::AttemptView;
use crate::api::events;
use crate::app::App;
use crate::auth::Caller;
use crate::docs;
use crate::extract::{ById, Json, Path};
use crate::problem::{Code, Problem};

/// A test event to send.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TestWebhook {
    /// The event type's name; the webhook need not list it.
    #[schemars(length(max = 128))]
    pub(crate) event_type: String,
    /// What to send, byte for byte; the catalog's example if absent or null.
    #[serde(default)]
    #[schemars(schema_with = "docs::any_json")]
    pub(crate) payload: Option<Box<RawValue>>,
}

pub(super) async fn send(
    State(app): State<App>,
    caller: Caller,
    Path(ById { id }): Path<ById<WebhookId>>,
    Json(test): Json<TestWebhook>,
) -> Result<Json<AttemptView>, Problem> {
    try_out(&app, caller, id, test).await.map(|attempt| Json(attempt.into()))
}

/// Sends a test event at once, and gives the attempt.
pub(crate) async fn try_out(app: &App, caller: Caller, id: WebhookId, test: TestWebhook) -> Result<Attempt, Problem> {
    let webhook = find(app, caller, id).await?;
    if !webhook.enabled {
        return Err(disabled("the webhook is disabled: enable it to send it anything"));
    }
    let payload = test.payload.map(|raw| Bytes::from(String::from(Box::<str>::from(raw))));
    let event = app.publisher.test_event(caller.workspace_id, &webhook, &test.event_type, payload).await?;
    let event = event.map_err(|refusal| events::refused(in_our_words(refusal)))?;
    match app.delivery.send_test(event).await {
        Ok(attempt) => Ok(attempt),
        Err(beckon_delivery::Error::Store(StoreError::Refused(why))) => Err(disabled(&why)),
        Err(error) => Err(error.into()),
    }
}

fn disabled(why: &str) -> Problem {
    Problem::new(Code::WebhookDisabled, why)
}

/// The publisher calls the event's type `type`; here it came as `event_type`.
fn in_our_words(refusal: Refusal) -> Refusal {
    let Refusal::Invalid(Invalid(mut fields)) = refusal else { return refusal };
    for field in fields.iter_mut().filter(|field| field.field == "type") {
        field.field = "event_type".to_owned();
    }
    Refusal::Invalid(Invalid(fields))
}
