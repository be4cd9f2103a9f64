//! The attempts of a delivery in their order: when, why, how it ended, what was sent and what came back.

use maud::{Markup, html};

use super::curl::curl;
use super::phases::phases;
use super::words::trigger_words;
use crate::api::attempts::{AttemptView, OutcomeName};
use crate::web::parts::{copyable, facts, moment, moment_of};
use crate::web::viewer::Viewer;
use crate::web::webhooks::what_to_check;

/// Draws them; the last one opened. `payload` is what each carried.
pub(super) fn timeline(viewer: &Viewer, attempts: &[AttemptView], payload: Option<&[u8]>) -> Markup {
    html! {
        ol.timeline {
            @for (position, attempt) in attempts.iter().enumerate() {
                (entry(viewer, attempt, payload, position + 1 == attempts.len()))
            }
        }
    }
}

fn entry(viewer: &Viewer, attempt: &AttemptView, payload: Option<&[u8]>, opened: bool) -> Markup {
    let delivered = attempt.outcome == OutcomeName::Delivered;
    let class = if delivered { "good" } else { "bad" };
    html! {
        li class=(class) data-key=(attempt.id) {
            div.stack-s {
                h3 { "Attempt " (attempt.number) ": " (outcome(attempt)) }
                p.small.muted {
                    (moment(attempt.started_at, &viewer.zone)) ", " (trigger_words(attempt.trigger, attempt.number))
                    @if let Some(at) = attempt.next_attempt_at { ", next attempt at " (moment_of(at, &viewer.zone)) }
                }
                @if let Some(message) = &attempt.message { p { (message) } }
                @if let Some(kind) = attempt.failure_kind {
                    p.small { strong { "What to check: " } (what_to_check(kind, attempt.status_code)) }
                }
                (phases(&attempt.timings))
                details.more #{ "of-" (attempt.id) } data-kept-open open[opened] {
                    summary { "Request and response" span.visually-hidden { " of attempt " (attempt.number) } }
                    div.stack { (request(attempt, payload)) (response(attempt)) }
                }
            }
        }
    }
}

/// `delivered, 200` or `failed, 503`, or `failed` where no answer began.
fn outcome(attempt: &AttemptView) -> String {
    let word = if attempt.outcome == OutcomeName::Delivered { "delivered" } else { "failed" };
    match attempt.status_code {
        Some(code) => match http::StatusCode::from_u16(code).ok().and_then(|code| code.canonical_reason()) {
            Some(reason) => format!("{word}, {code} {reason}"),
            None => format!("{word}, {code}"),
        },
        None => format!("{word}, no answer"),
    }
}

fn request(attempt: &AttemptView, payload: Option<&[u8]>) -> Markup {
    html! {
        (facts([
            ("Attempt id", copyable(&attempt.id.to_string(), "the attempt's id")),
            ("URL", html! { code { "POST " (safe(&attempt.url)) } }),
        ]))
        (headers("Request headers", attempt.request_headers.iter().map(|(name, value)| (name.as_str(), value.as_str()))))
        @if let Some(payload) = payload {
            div { button.small type="button" data-copy=(curl(attempt, payload)) { "Copy as curl" } }
        }
    }
}

fn response(attempt: &AttemptView) -> Markup {
    let Some(code) = attempt.status_code else {
        return html! { p.muted { "No answer came." } };
    };
    let given = attempt.response_headers.iter().map(|header| (header.name.as_str(), header.value.as_str()));
    let body = safe(&attempt.response_body);
    html! {
        (facts([("Response status", html! { (code) })]))
        (headers("Response headers", given))
        div.stack-s {
            h4.small { "Response body" }
            @if body.is_empty() { p.muted { "Empty." } }
            @else { pre tabindex="0" role="region" aria-label={ "Response body of attempt " (attempt.number) } { (body) } }
            @if attempt.response_truncated { p.small.muted { "It went on; only the beginning is kept." } }
        }
    }
}

fn headers<'a>(title: &str, all: impl Iterator<Item = (&'a str, &'a str)>) -> Markup {
    let mut all = all.peekable();
    html! {
        div.stack-s {
            h4.small { (title) }
            @if all.peek().is_none() { p.muted { "None." } }
            dl.headers { @for (name, value) in all { dt { (safe(name)) } dd { code { (safe(value)) } } } }
        }
    }
}

/// A text somebody else wrote, so that all of it is seen: control characters as pictures (U+2400…), and what turns the
/// direction of writing, or cannot be seen, by its number.
fn safe(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\n' | '\t' => shown.push(letter),
            '\u{0}'..='\u{1f}' => shown.push(char::from_u32(0x2400 + u32::from(letter)).unwrap_or('\u{fffd}')),
            '\u{7f}' => shown.push('\u{2421}'),
            '\u{80}'..='\u{9f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2069}'
            | '\u{feff}' => {
                shown.push_str(&format!("⟨U+{:04X}⟩", u32::from(letter)));
            }
            _ => shown.push(letter),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_shown_all_the_same() {
        assert_eq!(safe("a\0b\r\n\tc\u{1b}[31m\u{7f}"), "a␀b␍\n\tc␛[31m␡");
        assert_eq!(safe("x\u{202e}txt.exe\u{fffd}"), "x⟨U+202E⟩txt.exe\u{fffd}");
        assert_eq!(safe("Grüße 日本語"), "Grüße 日本語");
    }
}
