//! One signal: what it was, who it was, what it made happen, and why it did not make something else happen.

use axum::extract::State;
use axum::response::Response;
use beckon_domain::bot::BotReason;
use beckon_domain::id::{SegmentId, SignalId};
use beckon_store::intake::SignalRecord;
use maud::{Markup, html};

use super::people::People;
use super::{bot_badge, explained, fired, kind_words, who};
use crate::api::signals::explain::{ExplanationView, explain};
use crate::api::signals::reading;
use crate::app::App;
use crate::extract::{ById, Path};
use crate::web::failure::Failure;
use crate::web::form::Form;
use crate::web::page::{Page, Place};
use crate::web::parts::{Field, card, copyable, facts, json_block, moment_of};
use crate::web::viewer::Viewer;

pub(super) async fn show(
    State(app): State<App>,
    viewer: Viewer,
    Path(ById { id }): Path<ById<SignalId>>,
) -> Result<Response, Failure> {
    let workspace = viewer.caller.workspace_id;
    let record = app.store.get_signal(workspace, id).await?;
    let people = People::behind(&app, workspace, std::slice::from_ref(&record)).await?;
    let query = viewer.here.split_once('?').map_or("", |(_, query)| query);
    let asked: Option<SegmentId> = Form::of(url::form_urlencoded::parse(query.as_bytes())).text("segment").parse().ok();
    let explanation = match asked {
        Some(segment) => Some(explain(&app, workspace, id, segment).await?),
        None => None,
    };
    let what = reading::digest(&record, &app.ambient);
    let title = match &what {
        Some(what) => format!("{}: {what}", kind_words(record.kind)),
        None => kind_words(record.kind).to_owned(),
    };
    let body = html! {
        div.columns {
            div.stack {
                (why(&viewer, &record, asked, explanation.as_ref()))
                (card("As it came", json_block(record.raw.as_bytes(), "the signal")))
            }
            (card("About it", html! { div.narrow { (about(&viewer, &record, &people)) } }))
        }
    };
    Ok(Page::new(&viewer, Place::Signals, title).below("Signals", "/signals").show(body))
}

fn about(viewer: &Viewer, record: &SignalRecord, people: &People) -> Markup {
    let id_of = |id: Option<String>, what: &str, nobody: &str| match id {
        Some(id) => copyable(&id, what),
        None => html! { span.muted { (nobody) } },
    };
    let bot = record.story.bot.map_or("Nothing speaks for one", BotReason::words);
    facts([
        ("Who", who(viewer, record, people)),
        ("Made happen", fired(viewer, &viewer.workspace, &record.story.fired)),
        ("Bot", html! { (bot_badge(record)) " " (bot) }),
        ("Happened", moment_of(record.at, &viewer.zone)),
        ("Came in", moment_of(record.received_at, &viewer.zone)),
        ("Signal", copyable(&record.id.to_string(), "the id of the signal")),
        (
            "Visitor",
            match record.visitor_id {
                Some(id) => html! { a href=(viewer.path(&format!("/visitors/{id}"))) { (id) } },
                None => html! { span.muted { "None" } },
            },
        ),
        ("Visit", id_of(record.story.visit_id.map(|id| id.to_string()), "the id of the visit", "On no visit")),
    ])
}

fn why(
    viewer: &Viewer,
    record: &SignalRecord,
    asked: Option<SegmentId>,
    explanation: Option<&ExplanationView>,
) -> Markup {
    let asked = asked.map(|id| id.to_string()).unwrap_or_default();
    let segments: Vec<(String, String)> = viewer
        .workspace
        .segments
        .iter()
        .map(|segment| (segment.id.to_string(), format!("{} ({})", segment.name, segment.id)))
        .collect();
    let choose = std::iter::once(("", "Choose a segment"));
    let choose = choose.chain(segments.iter().map(|(id, name)| (id.as_str(), name.as_str())));
    card(
        "Why not?",
        html! {
            p.muted { "Choose a segment, and every condition between this signal and its webhooks is asked again." }
            @if segments.is_empty() {
                p { "There are no segments yet. " a href=(viewer.path("/segments")) { "Make one" } "." }
            } @else {
                form.filters method="get" action=(viewer.path(&format!("/signals/{}", record.id))) {
                    (Field::new("segment", "Segment").value(asked).required().select(choose))
                    button.primary { "Explain" }
                }
            }
            @if let Some(explanation) = explanation { (explained::show(viewer, explanation)) }
        },
    )
}
