//! `/intent-signals`: interest that people showed elsewhere.
//!
//! Promise: an id is only given out for a signal that is on disk. In a batch of the right shape, a signal that
//! is wrong fails alone.
//! Not here: what an intent makes happen (`beckon-intake`).

use aide::axum::ApiRouter;
use aide::axum::routing::post_with;
use axum::extract::State;
use beckon_domain::ambient::Ambient;
use beckon_domain::id::SignalId;
use beckon_domain::invalid::{Findings, Invalid, InvalidField};
use beckon_domain::signal::Signal;
use beckon_intake::intent::{IntentReport, intent_signal};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::contacts::ContactForm;
use crate::app::App;
use crate::auth::Caller;
use crate::docs;
use crate::extract::{self, Exact, Json};
use crate::problem::{Problem, ProblemBody};
use crate::reply::Accepted;

/// Most signals in a batch.
const BATCH_SIGNALS_MAX: usize = 500;
const TAG: &str = "Intent signals";

/// The routes below `/api/v1`.
pub(crate) fn routes() -> ApiRouter<App> {
    ApiRouter::new()
        .api_route(
            "/intent-signals",
            post_with(create, docs::operation("createIntentSignal", TAG, "Report interest shown elsewhere")),
        )
        .api_route(
            "/intent-signals/batch",
            post_with(create_batch, |operation| {
                docs::operation("createIntentSignals", TAG, "Report several interests shown elsewhere")(operation)
                    .description(
                        "A body of another shape is refused whole. Else each signal is taken or refused on its own; the \
                         answers are in their order.",
                    )
            }),
        )
}

/// Interest somebody showed elsewhere.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct IntentSignal {
    /// Who: an `email` or a `user_id` at least. What else is said of the person is kept, as with `/contacts`.
    contact: ContactForm,
    /// What it is about.
    topic: String,
    /// How strong it is.
    #[schemars(range(min = 0, max = 100))]
    score: Option<f64>,
    /// Who observed it.
    source: Option<String>,
    /// When it was observed; now if not given. What lies in the future counts as now.
    #[serde(default)]
    #[schemars(schema_with = "docs::optional_timestamp")]
    observed_at: Option<Timestamp>,
}

/// An intent signal, word for word: it is kept as it came.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(transparent)]
struct AsItCame(#[schemars(with = "IntentSignal")] Box<RawValue>);

impl AsItCame {
    fn read(self, ambient: &Ambient, now: Timestamp) -> Result<Signal, Problem> {
        let signal: IntentSignal = extract::read_json(self.0.get().as_bytes())?;
        Ok(check(signal, String::from(Box::<str>::from(self.0)), ambient, now)?)
    }
}

/// The signal, or everything that is wrong with it.
fn check(signal: IntentSignal, raw: String, ambient: &Ambient, now: Timestamp) -> Result<Signal, Invalid> {
    let mut findings = Findings::default();
    let person = findings.take(signal.contact.into_traits().map_err(under_contact));
    let is_person_wrong = person.is_none();
    let report = IntentReport {
        message_id: None,
        person: person.unwrap_or_default(),
        topic: signal.topic,
        score: signal.score,
        source: signal.source,
        observed_at: signal.observed_at,
        raw,
    };
    let signal = intent_signal(report, now, ambient).map_err(|Invalid(mut fields)| {
        // That the person is not known follows from what was wrong with the contact.
        fields.retain(|wrong| !(is_person_wrong && wrong.field == "contact"));
        Invalid(fields)
    });
    let signal = findings.take(signal);
    findings.into_result(())?;
    signal.ok_or_else(|| Invalid::one("", "the signal cannot be read"))
}

fn under_contact(Invalid(fields): Invalid) -> Invalid {
    let under = |InvalidField { field, reason }| InvalidField { field: format!("contact/{field}"), reason };
    Invalid(fields.into_iter().map(under).collect())
}

/// A signal that is on disk.
#[derive(Debug, Serialize, JsonSchema)]
struct IntentSignalTaken {
    /// Its id.
    id: SignalId,
}

async fn create(
    State(app): State<App>,
    caller: Caller,
    Json(signal): Json<AsItCame>,
) -> Result<Accepted<IntentSignalTaken>, Problem> {
    let signal = signal.read(&app.ambient, app.ambient.now())?;
    let id = signal.id;
    app.intake.submit(caller.workspace_id, vec![signal]).await?;
    Ok(Accepted(IntentSignalTaken { id }))
}

/// Intent signals to report.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "IntentSignals")]
struct Batch {
    /// The signals.
    #[schemars(length(min = 1, max = BATCH_SIGNALS_MAX))]
    signals: Vec<AsItCame>,
}

/// What became of each signal, in their order.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "IntentSignalsAnswer")]
struct BatchAnswer {
    /// One for each signal.
    signals: Vec<Outcome>,
}

/// What became of a signal.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "IntentSignalOutcome")]
enum Outcome {
    /// It is on disk.
    Taken {
        /// Its id.
        id: SignalId,
    },
    /// It was refused.
    Refused {
        /// Why.
        error: ProblemBody,
    },
}

async fn create_batch(
    State(app): State<App>,
    caller: Caller,
    Exact(Batch { signals }): Exact<Batch>,
) -> Result<Json<BatchAnswer>, Problem> {
    if signals.is_empty() || signals.len() > BATCH_SIGNALS_MAX {
        return Err(Problem::field(
            "signals",
            format!("between 1 and {BATCH_SIGNALS_MAX}, these are {}", signals.len()),
        ));
    }
    let now = app.ambient.now();
    let read: Vec<Result<Signal, Problem>> = signals.into_iter().map(|signal| signal.read(&app.ambient, now)).collect();
    let mut taken = Vec::new();
    let outcomes = read.into_iter().map(|signal| match signal {
        Ok(signal) => {
            let id = signal.id;
            taken.push(signal);
            Outcome::Taken { id }
        }
        Err(problem) => Outcome::Refused { error: problem.body() },
    });
    let outcomes = outcomes.collect();
    if !taken.is_empty() {
        app.intake.submit(caller.workspace_id, taken).await?;
    }
    Ok(Json(BatchAnswer { signals: outcomes }))
}

#[cfg(test)]
mod tests {
    use beckon_domain::signal::SignalBody;
    use beckon_testkit::fake_ambient;

    use super::*;

    fn read(json: &str) -> Result<Signal, Problem> {
        let ambient = fake_ambient();
        extract::read_json::<AsItCame>(json.as_bytes())?.read(&ambient, "2026-01-02T03:04:05Z".parse().unwrap())
    }

    fn wrong(json: &str) -> Vec<String> {
        read(json).unwrap_err().body().errors.into_iter().map(|error| error.field).collect()
    }

    #[test]
    fn an_intent_is_kept_as_it_came() {
        let json = r#"{"contact": {"email": "Jane@acme.com", "title": "CMO"}, "topic":"crm",  "score": 80.5,
            "observed_at": "2026-01-01T00:00:00+01:00"}"#;
        let signal = read(json).unwrap();
        assert_eq!(signal.raw, json);
        let SignalBody::Intent(said) = signal.body else { panic!("{:?}", signal.body) };
        assert_eq!(said.person.email.unwrap().as_str(), "jane@acme.com");
        assert_eq!(said.person.profile.title.as_deref(), Some("CMO"));
        assert_eq!((said.intent.topic.as_str(), said.intent.score), ("crm", Some(80.5)));
        assert_eq!(said.intent.observed_at.to_string(), "2025-12-31T23:00:00Z");
    }

    // behaviour A6
    #[test]
    fn every_wrong_field_is_named_at_once() {
        assert_eq!(
            wrong(r#"{"contact": {"email": "jane"}, "topic": " ", "score": 101}"#),
            ["contact/email", "topic", "score"]
        );
        assert_eq!(wrong(r#"{"contact": {"title": "CMO"}, "topic": "crm"}"#), ["contact"]);
        assert_eq!(wrong(r#"{"contact": {"name": "J"}, "topic": 7, "x": 1}"#), ["contact/name", "topic", "x"]);
    }
}
