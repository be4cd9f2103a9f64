//! Trying a webhook: one event of any type, edited at will, and the receiver's answer on the same page.

use axum::extract::{Query, State};
use axum::response::Response;
use beckon_domain::catalog::EventType;
use beckon_domain::delivery::Attempt;
use beckon_domain::id::WebhookId;
use http::StatusCode;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::answer;
use super::frame::{Shown, Tab};
use crate::api::event_types;
use crate::api::webhooks::test::{TestWebhook, try_out};
use crate::app::App;
use crate::extract::{ById, Path};
use crate::problem::Problem;
use crate::web::Failure;
use crate::web::form::{Errors, Form};
use crate::web::parts::{Field, Icon, card, empty, error_summary};
use crate::web::viewer::Viewer;

/// What is wanted, in the address.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    event_type: Option<String>,
}

/// What came of a test.
enum Tried {
    NotYet,
    Answered(Box<Attempt>),
    Refused(Errors),
}

pub(super) async fn show(
    State(app): State<App>,
    viewer: Viewer,
    Path(ById { id }): Path<ById<WebhookId>>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Failure> {
    let shown = Shown::find(&app, &viewer, id).await?;
    let types = types(&viewer, &shown);
    let named = wanted.event_type.as_deref();
    let chosen = types.iter().find(|known| Some(&*known.name) == named).or(types.first()).copied();
    let payload = chosen.map(sample).unwrap_or_default();
    Ok(page(&viewer, &shown, &types, chosen.map_or("", |chosen| &chosen.name), &payload, &Tried::NotYet))
}

pub(super) async fn send(
    State(app): State<App>,
    viewer: Viewer,
    Path(ById { id }): Path<ById<WebhookId>>,
    form: Form,
) -> Result<Response, Failure> {
    viewer.check_may_work()?;
    let shown = Shown::find(&app, &viewer, id).await?;
    let types = types(&viewer, &shown);
    let tried = match tried(&app, &viewer, id, &form).await {
        Ok(attempt) => Tried::Answered(Box::new(attempt)),
        Err(problem) => Tried::Refused(Errors::of(problem)?),
    };
    Ok(page(&viewer, &shown, &types, form.text("event_type"), form.raw("payload"), &tried))
}

async fn tried(app: &App, viewer: &Viewer, id: WebhookId, form: &Form) -> Result<Attempt, Problem> {
    // Byte for byte what was typed: it is read, and not written anew.
    let payload = match form.given("payload") {
        None => None,
        Some(text) => {
            let raw = RawValue::from_string(text.to_owned());
            Some(raw.map_err(|error| Problem::field("payload", format!("this is not JSON: {error}")))?)
        }
    };
    let test = TestWebhook { event_type: form.text("event_type").to_owned(), payload };
    try_out(app, viewer.caller, id, test).await
}

/// The webhook's own event types, then all others.
fn types<'a>(viewer: &'a Viewer, shown: &Shown) -> Vec<&'a EventType> {
    let mut types: Vec<_> = event_types::all(&viewer.workspace).collect();
    types.sort_by_key(|event_type| !shown.view.event_types.contains(&event_type.name));
    types
}

fn sample(event_type: &EventType) -> String {
    let example = event_type.example.as_ref().and_then(|example| serde_json::to_string_pretty(example).ok());
    example.unwrap_or_else(|| "{}".to_owned())
}

fn page(viewer: &Viewer, shown: &Shown, types: &[&EventType], chosen: &str, payload: &str, tried: &Tried) -> Response {
    let none = Errors::default();
    let errors = if let Tried::Refused(errors) = tried { errors } else { &none };
    let body = html! {
        div #test.stack {
            (card("Send a test event", html! {
                p.muted { "One request, made at once, signed like a real one. Tests are not retried and do not count in the figures." }
                @if !shown.view.enabled { p { strong { "The webhook is disabled." } " Enable it to send it anything." } }
                @else if viewer.may_work() { (choose(shown, types, chosen)) (form(shown, chosen, payload, errors)) }
                @else { p { "Viewers cannot send tests." } }
            }))
            section.card #answer tabindex="-1" aria-live="polite" {
                div.card-head { h2 { "The receiver's answer" } }
                @match tried {
                    Tried::NotYet => (empty(Icon::Delivery, "Nothing sent yet", html! { "Status, time, headers and body of the answer show here." }, None)),
                    Tried::Refused(_) => p { "Nothing was sent: see above." },
                    Tried::Answered(attempt) => (answer::whole(attempt, viewer)),
                }
            }
        }
    };
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let (page, body) = shown.page(viewer, Tab::Testing, body);
    page.status(status).show(body)
}

fn choose(shown: &Shown, types: &[&EventType], chosen: &str) -> Markup {
    let listed = |event_type: &EventType| shown.view.event_types.contains(&event_type.name);
    html! {
        form.filters method="get" action={ (shown.path) "/testing" } data-filters {
            div.field {
                label for="event_type" { "Event type" }
                select #event_type name="event_type" {
                    optgroup label="This webhook's events" {
                        @for event_type in types.iter().filter(|known| listed(known)) { (option(event_type, chosen)) }
                    }
                    optgroup label="Other events" {
                        @for event_type in types.iter().filter(|known| !listed(known)) { (option(event_type, chosen)) }
                    }
                }
            }
            button { "Show sample" }
        }
    }
}

fn option(event_type: &EventType, chosen: &str) -> Markup {
    html! { option value=(event_type.name) selected[event_type.name == chosen] { (event_type.name) } }
}

fn form(shown: &Shown, chosen: &str, payload: &str, errors: &Errors) -> Markup {
    let path = format!("{}/testing", shown.path);
    let reset = url::form_urlencoded::Serializer::new(String::new()).append_pair("event_type", chosen).finish();
    html! {
        form method="post" action=(path) data-exchange="test" data-then="answer" {
            (error_summary(errors))
            input type="hidden" name="event_type" value=(chosen);
            (Field::new("payload", "Payload (JSON)").value(payload).errors(errors).code().lines(16)
                .hint(html! { "The sample of " code { (chosen) } ". Change it as you like." }).show())
            div.form-foot {
                button.primary { "Send test" }
                a.button.quiet href={ (path) "?" (reset) } { "Reset to sample" }
            }
        }
    }
}
