//! Why a signal made somebody qualify for a segment, or why not.
//!
//! The conditions are those of the signal pipeline, in its order, asked again: is it a bot, who is it, does the segment speak of such,
//! does it announce, does its rule hold, was it announced already, who takes the event.
//! Promise: the first condition that does not hold is the answer; what is no longer known is said to be so, not guessed.
//! The history is cut at the signal's time; set-up, profile, lists and last announcements are those of now.
//! Not here: deciding (`beckon-intake`); this only looks.

mod evidence;
mod judge;

use beckon_domain::event::EventId;
use beckon_domain::id::{SegmentId, SignalId, WebhookId, WorkspaceId};
use beckon_domain::segment::evaluate::Finding;
use schemars::JsonSchema;
use serde::Serialize;

use crate::app::App;
use crate::problem::Problem;

/// Explains one signal and one segment.
pub(crate) async fn explain(
    app: &App,
    workspace: WorkspaceId,
    signal: SignalId,
    segment: SegmentId,
) -> Result<ExplanationView, Problem> {
    let record = app.store.get_signal(workspace, signal).await?;
    let segment = app.store.get_segment(workspace, segment).await?;
    let config = app.config.get(workspace).await?;
    let catalog = config.catalog();
    let evidence = evidence::gather(app, workspace, record, &catalog.needs_of(&segment.rule)).await?;
    Ok(judge::judge(&evidence, &segment, &catalog, &config.webhooks))
}

/// Why, or why not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "SignalExplanation")]
pub(crate) struct ExplanationView {
    /// The signal.
    pub(crate) signal_id: SignalId,
    /// The segment.
    pub(crate) segment_id: SegmentId,
    /// What the segment is called.
    pub(crate) segment_name: String,
    /// The event that was announced with the signal for the segment, if one was.
    #[schemars(with = "Option<String>")]
    pub(crate) event_id: Option<EventId>,
    /// The answer in a sentence.
    pub(crate) answer: String,
    /// Every condition, in the order in which they are asked.
    pub(crate) conditions: Vec<ConditionView>,
    /// What became of each part of the rule.
    pub(crate) rule: Finding,
    /// Which webhooks take such an event of the segment now, and why the others do not.
    pub(crate) webhooks: Vec<TakerView>,
}

/// A condition, and whether it holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "ExplainedCondition")]
pub(crate) struct ConditionView {
    /// Which.
    pub(crate) name: Condition,
    /// Whether it holds; null where that is no longer known.
    pub(crate) holds: Option<bool>,
    /// What was found.
    pub(crate) words: String,
}

/// The conditions, in the order in which they are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Condition {
    /// It is no bot's.
    NoBot,
    /// A person or an account is behind it.
    Recognised,
    /// It is an interest, or belongs to a visit.
    Occasion,
    /// The segment speaks of such: of contacts or of companies.
    Subject,
    /// The person is not suppressed.
    NotSuppressed,
    /// The segment is enabled.
    Enabled,
    /// The segment has the webhook action.
    Action,
    /// Its rule holds.
    Rule,
    /// Its frequency allows it.
    Frequency,
    /// A webhook takes the event.
    Webhooks,
}

impl Condition {
    /// The condition as people say it.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Condition::NoBot => "It is no bot's",
            Condition::Recognised => "Somebody was recognized",
            Condition::Occasion => "It is a visit or an intent",
            Condition::Subject => "The segment is about such visitors",
            Condition::NotSuppressed => "The person is not suppressed",
            Condition::Enabled => "The segment is enabled",
            Condition::Action => "The webhook action is on",
            Condition::Rule => "The rule holds",
            Condition::Frequency => "It was not announced already",
            Condition::Webhooks => "A webhook takes it",
        }
    }
}

/// A webhook, and whether it takes the event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "ExplainedWebhook")]
pub(crate) struct TakerView {
    /// Its id.
    pub(crate) id: WebhookId,
    /// Its description.
    pub(crate) description: String,
    /// Whether it takes it.
    pub(crate) takes: bool,
    /// Why it does not.
    pub(crate) reasons: Vec<String>,
}
