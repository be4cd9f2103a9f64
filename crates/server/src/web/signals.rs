//! Signals: what came in, who it was, what it matched and what not.
//!
//! Not here: explaining (`api/signals/explain.rs`), and what a signal means (`beckon-intake`).

mod explained;
mod list;
mod people;
mod show;

use axum::Router;
use axum::routing::get;
use beckon_domain::event::EventId;
use beckon_domain::id::SegmentId;
use beckon_domain::signal::{RecognisedBy, SignalKind};
use beckon_store::WorkspaceConfig;
use beckon_store::intake::SignalRecord;
use maud::{Markup, html};

use super::parts::{Tone, badge};
use super::segments::name_of;
use super::viewer::Viewer;
use crate::app::App;
use people::People;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/signals", get(list::show)).route("/signals/{id}", get(show::show))
}

/// The kinds, as people choose them.
const KINDS: [(SignalKind, &str); 6] = [
    (SignalKind::Page, "Page view"),
    (SignalKind::Identify, "Identify"),
    (SignalKind::Track, "Track"),
    (SignalKind::Group, "Group"),
    (SignalKind::Alias, "Alias"),
    (SignalKind::Intent, "Intent"),
];

fn kind_words(kind: SignalKind) -> &'static str {
    KINDS.iter().find(|(known, _)| *known == kind).map_or("Signal", |(_, words)| words)
}

/// Who it was, and how that is known.
fn who(viewer: &Viewer, record: &SignalRecord, people: &People) -> Markup {
    let why = match record.story.recognised_by {
        Some(RecognisedBy::Email) => "by the address in the signal",
        Some(RecognisedBy::UserId) => "by the user id in the signal",
        Some(RecognisedBy::EmailSha256) => "by the hash of the address in the signal",
        Some(RecognisedBy::LinkedinUrl) => "by the LinkedIn profile in the signal",
        Some(RecognisedBy::EmailLink) => "by the link in a mail that they followed",
        Some(RecognisedBy::Visitor) => "by a browser known from before",
        Some(RecognisedBy::Network) => "by the network of the address",
        None => "",
    };
    html! {
        @if let Some(id) = record.contact_id {
            a href=(viewer.path(&format!("/contacts/{id}"))) { (people.contact(id)) }
            @if let Some(company) = people.company_of(record) { span.muted { ", " (company) } }
            @if !why.is_empty() { br; span.muted.small { (why) } }
        } @else if let Some(id) = record.company_id {
            "Unknown visitor from "
            a href=(viewer.path(&format!("/companies/{id}"))) { (people.company(id)) }
            @if !why.is_empty() { br; span.muted.small { (why) } }
        } @else {
            span.muted { "Anonymous visitor" }
        }
    }
}

/// Says that it was taken for a bot's, if it was.
fn bot_badge(record: &SignalRecord) -> Markup {
    html! {
        @if let Some(reason) = record.story.bot {
            span title=(format!("Taken for a bot: {}", reason.words())) { (badge(Tone::Warn, "Bot")) }
        }
    }
}

/// What somebody qualified for with it.
fn fired(viewer: &Viewer, config: &WorkspaceConfig, fired: &[(SegmentId, EventId)]) -> Markup {
    html! {
        @if fired.is_empty() { span.muted { "Nothing" } }
        @else {
            ul.plain {
                @for (segment, event) in fired {
                    li {
                        a href=(viewer.path(&format!("/events/{event}"))) {
                            (name_of(config, *segment).unwrap_or_else(|| format!("Segment {segment}")))
                        }
                    }
                }
            }
        }
    }
}
