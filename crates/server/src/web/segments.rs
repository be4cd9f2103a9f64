//! Segments: the list, the rule builder with its preview, and the page of one.
//!
//! Promise: what a page checks and says is what the API checks and says. Without scripts the rule is edited as JSON, and
//! who is in a segment is a page of its own; with them (`assets/rule.js`, `assets/load.js`) both are on the spot.
//! Not here: the rule language and its sentence (`beckon-domain`), and looking who matches (`api/segments/preview.rs`).

mod delete;
mod form;
mod list;
mod members;
mod show;
mod switch;
mod template;
mod words;

use axum::Router;
use axum::routing::{get, post};
use beckon_domain::catalog::payload::{CompanyVisited, ContactIntent, ContactVisited, Payload};
use beckon_domain::channel::Channel;
use beckon_domain::id::SegmentId;
use beckon_domain::routing;
use beckon_domain::segment::{Frequency, Segment, Subject};
use beckon_domain::webhook::Webhook;
use beckon_store::WorkspaceConfig;
use maud::{Markup, html};

use super::failure::Failure;
use super::parts::{Tone, badge};
use super::viewer::Viewer;
use crate::api::segments::FrequencyForm;
use crate::app::App;
use crate::problem::Problem;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/segments", get(list::show))
        .route("/segments/new", get(form::blank).post(form::create))
        .route("/segments/preview", post(form::preview))
        .route("/segments/{id}", get(show::show))
        .route("/segments/{id}/edit", get(form::edit).post(form::change))
        .route("/segments/{id}/members", get(members::show))
        .route("/segments/{id}/enable", post(switch::enable))
        .route("/segments/{id}/disable", post(switch::disable))
        .route("/segments/{id}/webhook-action/on", post(switch::add_action))
        .route("/segments/{id}/webhook-action/off", post(switch::remove_action))
        .route("/segments/{id}/delete", get(delete::ask).post(delete::delete))
}

/// The segment of that number, or that there is none.
fn find(config: &WorkspaceConfig, id: SegmentId) -> Result<&Segment, Failure> {
    let found = config.segments.iter().find(|segment| segment.id == id);
    found.ok_or_else(|| Problem::not_found("segment").into())
}

/// The rule of a segment in words.
fn sentence(config: &WorkspaceConfig, segment: &Segment) -> String {
    segment.rule.sentence(config)
}

/// Links to the segments that rely on something, one per line.
pub(super) fn used_by<'a>(viewer: &Viewer, segments: impl Iterator<Item = &'a Segment>) -> Markup {
    html! {
        ul.plain {
            @for segment in segments {
                li { a href=(viewer.path(&format!("/segments/{}", segment.id))) { (segment.name) } " " (status(segment)) }
            }
        }
    }
}

/// What a segment is called.
pub(super) fn name_of(config: &WorkspaceConfig, id: SegmentId) -> Option<String> {
    config.segments.iter().find(|segment| segment.id == id).map(|segment| segment.name.clone())
}

/// Which event types a segment about that subject announces.
fn event_types(subject: Subject) -> &'static [&'static str] {
    match subject {
        Subject::Contact => &[ContactVisited::EVENT_TYPE, ContactIntent::EVENT_TYPE],
        Subject::Company => &[CompanyVisited::EVENT_TYPE],
    }
}

/// The webhooks that get what a segment announces.
fn listeners<'a>(config: &'a WorkspaceConfig, segment: &Segment) -> impl Iterator<Item = &'a Webhook> {
    let (channel, types) = ([Channel::of_segment(segment.id)], event_types(segment.subject));
    let wants = move |webhook: &&Webhook| types.iter().any(|name| routing::wants(webhook, name, &channel));
    config.webhooks.iter().map(AsRef::as_ref).filter(wants)
}

/// The webhooks that are limited to a segment, enabled or not.
fn limited_to(config: &WorkspaceConfig, id: SegmentId) -> impl Iterator<Item = &Webhook> {
    let channel = Channel::of_segment(id);
    config.webhooks.iter().map(AsRef::as_ref).filter(move |webhook| webhook.channels.contains(&channel))
}

/// What people know a webhook by. Its URL may be a secret, so of that only the host.
pub(super) fn webhook_name(webhook: &Webhook) -> String {
    match webhook.description.trim() {
        "" => webhook.url.host_str().unwrap_or("Webhook").to_owned(),
        description => description.to_owned(),
    }
}

fn status(segment: &Segment) -> Markup {
    html! {
        @if segment.enabled { (badge(Tone::Good, "On")) } @else { (badge(Tone::Plain, "Disabled")) }
    }
}

fn subject_words(subject: Subject) -> &'static str {
    match subject {
        Subject::Contact => "Contacts",
        Subject::Company => "Companies",
    }
}

fn frequency_words(frequency: Frequency) -> String {
    match frequency {
        Frequency::EveryVisit => "Every visit".to_owned(),
        Frequency::FirstVisit => "Only the first time".to_owned(),
        Frequency::Cooldown(_) => {
            let length = FrequencyForm::from(frequency);
            format!("Not again for {}", length.cooldown().unwrap_or_default())
        }
    }
}
