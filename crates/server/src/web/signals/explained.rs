//! An explanation: the answer first, then every condition, the rule as a tree, and the webhooks.

use beckon_domain::segment::evaluate::{Finding, FindingKind};
use maud::{Markup, html};

use crate::api::signals::explain::{ConditionView, ExplanationView, TakerView};
use crate::web::parts::{Tone, note};
use crate::web::viewer::Viewer;

pub(super) fn show(viewer: &Viewer, explanation: &ExplanationView) -> Markup {
    let tone = if explanation.event_id.is_some() { Tone::Good } else { Tone::Info };
    let event = explanation.event_id.as_ref().map(|id| {
        html! { a.button.small href=(viewer.path(&format!("/events/{id}"))) { "Show the event" } }
    });
    let segment = viewer.path(&format!("/segments/{}", explanation.segment_id));
    html! {
        div.stack #explanation {
            (note(tone, &explanation.answer, html! {
                "For the segment " a href=(segment) { (explanation.segment_name) } ". Profile, set-up and earlier announcements are those of now; the history is that of the signal's time."
            }, event))
            h3 { "The conditions, in their order" }
            ol.tree { @for condition in &explanation.conditions { (line(condition)) } }
            h3 { "The rule" }
            ul.tree { (finding(&explanation.rule)) }
            h3 { "The webhooks" }
            @if explanation.webhooks.is_empty() { p.muted { "There are none." } }
            @else { ul.tree { @for taker in &explanation.webhooks { (webhook(viewer, taker)) } } }
        }
    }
}

/// Whether something holds, as a sign with words for those who do not see it.
fn mark(holds: Option<bool>) -> Markup {
    html! {
        @match holds {
            Some(true) => { span.mark-yes { span aria-hidden="true" { "✓" } span.visually-hidden { "Yes:" } } }
            Some(false) => { span.mark-no { span aria-hidden="true" { "✗" } span.visually-hidden { "No:" } } }
            None => { span.muted { span aria-hidden="true" { "?" } span.visually-hidden { "Not known:" } } }
        }
    }
}

fn line(condition: &ConditionView) -> Markup {
    html! {
        li { (mark(condition.holds)) " " strong { (condition.name.title()) } ": " (condition.words) }
    }
}

fn finding(found: &Finding) -> Markup {
    let is_group = matches!(found.is, FindingKind::All | FindingKind::Any | FindingKind::Not);
    html! {
        li {
            (mark(Some(found.holds))) " "
            @if is_group { strong { (found.wanted) } } @else { (found.wanted) }
            @if let Some(what) = &found.found { br; span.muted.small { "Found: " (what) } }
            @if !found.parts.is_empty() { ul.tree { @for part in &found.parts { (finding(part)) } } }
        }
    }
}

fn webhook(viewer: &Viewer, taker: &TakerView) -> Markup {
    let name = if taker.description.trim().is_empty() { "Webhook without a description" } else { &taker.description };
    html! {
        li {
            (mark(Some(taker.takes))) " "
            a href=(viewer.path(&format!("/webhooks/{}", taker.id))) { (name) }
            @if !taker.reasons.is_empty() { ": " (taker.reasons.join("; ")) }
        }
    }
}
