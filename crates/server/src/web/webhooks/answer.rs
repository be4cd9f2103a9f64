//! What a receiver answered, in the words of the person who has to mend it.
//!
//! Not here: deciding what is a failure (`beckon-delivery`).

use std::time::Duration;

use beckon_domain::delivery::{Attempt, FailureKind, Outcome, Timings};
use maud::{Markup, PreEscaped, html};

use crate::web::parts::{Tone, badge, code_block, copyable, duration, facts, moment, note};
use crate::web::viewer::Viewer;

/// How an attempt ended, in a word, with the status if there was one.
pub(super) fn badge_of(attempt: &Attempt) -> Markup {
    let status = attempt.exchange.status.map(|status| format!(" {status}")).unwrap_or_default();
    match attempt.outcome {
        Outcome::Delivered => badge(Tone::Good, &format!("Delivered{status}")),
        Outcome::Failed { .. } => badge(Tone::Bad, &format!("Failed{status}")),
    }
}

/// Why it failed, in the engine's words.
pub(super) fn short_reason(attempt: &Attempt) -> Option<&str> {
    match &attempt.outcome {
        Outcome::Delivered => None,
        Outcome::Failed { message, .. } => Some(message),
    }
}

/// How long it took altogether.
pub(super) fn took(attempt: &Attempt) -> String {
    duration(Duration::from_micros(attempt.exchange.timings.total_us))
}

/// Everything about the answer to a test.
pub(super) fn whole(attempt: &Attempt, viewer: &Viewer) -> Markup {
    let exchange = &attempt.exchange;
    html! {
        (verdict(attempt))
        (facts([
            ("Sent", moment(attempt.started_at, &viewer.zone)),
            ("Took", html! { (took(attempt)) }),
            ("webhook-id", copyable(attempt.event_id.as_str(), "the message's id")),
            ("Delivery", html! { a href=(viewer.path(&format!("/deliveries/{}", attempt.delivery_id))) { (attempt.delivery_id) } }),
        ]))
        (phases(&exchange.timings))
        @if exchange.status.is_some() {
            div.stack-s {
                h3 { "Response body" }
                @if exchange.response_body.is_empty() { p.muted { "Empty." } }
                @else { (code_block(&exchange.response_body, "Response body")) }
                @if exchange.response_truncated { p.small.muted { "The answer went on; only its beginning is kept." } }
            }
            (headers("Response headers", exchange.response_headers.iter().map(|(name, value)| (name.as_str(), value.as_str()))))
        }
        (headers("Request headers", exchange.request_headers.iter().map(|(name, value)| (name.as_str(), value.as_str()))))
    }
}

fn verdict(attempt: &Attempt) -> Markup {
    match &attempt.outcome {
        Outcome::Delivered => {
            let status = attempt.exchange.status.unwrap_or_default();
            note(
                Tone::Good,
                &format!("Delivered: the receiver answered {status}"),
                html! { "It took the test event. Real events will arrive the same way." },
                None,
            )
        }
        Outcome::Failed { kind, message } => note(
            Tone::Bad,
            "Not delivered",
            html! {
                p { (message) }
                p { strong { "What to check: " } (what_to_check(*kind, attempt.exchange.status)) }
            },
            None,
        ),
    }
}

/// What whoever set the webhook up can do about a failure.
pub(in crate::web) fn what_to_check(kind: FailureKind, status: Option<u16>) -> &'static str {
    match kind {
        FailureKind::Status => of_status(status.unwrap_or_default()),
        FailureKind::Redirect => {
            "The address has moved, and Beckon does not follow redirects, so that nothing is sent where you did not say. \
             Put the final address into the URL: often https:// instead of http://, or with www."
        }
        FailureKind::Gone => {
            "The receiver says that it wants nothing more from this address. Make a new one there and put it into the URL."
        }
        FailureKind::Dns => {
            "Is the host name spelled right? If it is new, it may take some minutes until it is known everywhere."
        }
        FailureKind::AddressNotAllowed => {
            "Beckon only sends to the public internet. For a system in your own network, ask whoever operates Beckon to allow that network."
        }
        FailureKind::Refused => {
            "The host is there, but nothing listens at this port. Is the receiver running, and is the port in the URL right?"
        }
        FailureKind::Reset => {
            "The connection broke off. Often a firewall or a proxy in front of the receiver does that; try again, then ask whoever runs it."
        }
        FailureKind::Tls => {
            "The encrypted connection could not be set up. Is the certificate valid, for this host name and complete? \
             For a certificate of your own authority, add that authority under Advanced."
        }
        FailureKind::Timeout => "The receiver took too long. It should answer at once and do its work afterwards.",
        FailureKind::TooLarge => "The answer is larger than Beckon reads. A receiver should answer with a short 200.",
        FailureKind::Protocol => {
            "What answered does not speak HTTP. Is the port in the URL right, and https instead of http?"
        }
        FailureKind::Auth => {
            "No access token could be had. Check token URL, client id, client secret and scope under Authentication."
        }
        FailureKind::Proxy => {
            "The proxy that all requests go through did not let it pass. Whoever operates Beckon can see why."
        }
    }
}

fn of_status(status: u16) -> &'static str {
    match status {
        400 | 422 => {
            "The receiver did not understand the message. Does it expect the fields of this event type? The response below often says what it misses."
        }
        401 | 403 => {
            "The receiver wants to know who sends. Check the authentication and headers of the webhook, and that the receiver verifies with the present secret."
        }
        404 => "There is nothing at this path. Is the URL complete, and is the receiving workflow switched on?",
        405 => {
            "The address does not take POST requests. It is probably a page for people, not the address for webhooks."
        }
        413 => "The message is larger than the receiver takes.",
        429 => {
            "The receiver gets more than it wants. Set a rate limit under Advanced: what comes on top waits and is not lost."
        }
        500..=599 => {
            "The receiver has a fault of its own. Its log at this time says more; Beckon tries real events again by itself."
        }
        _ => "The receiver must answer with a status from 200 to 299. The response below may say why it did not.",
    }
}

/// How long each phase took: drawn, and in words.
fn phases(timings: &Timings) -> Markup {
    let all = [
        ("Look-up", timings.dns_us, "bar-plain"),
        ("Connect", timings.connect_us, "bar-wait"),
        ("TLS", timings.tls_us, "bar-bad"),
        ("Waiting for the answer", timings.first_byte_us, "bar-good"),
        ("Reading it", timings.body_us, "bar-plain"),
    ];
    let known: Vec<_> = all.into_iter().filter_map(|(name, micros, class)| Some((name, micros?, class))).collect();
    let total = known.iter().map(|(_, micros, _)| micros).sum::<u64>().max(1) as f64;
    let mut drawn = String::new();
    let mut from = 0.0;
    for (_, micros, class) in &known {
        let width = 100.0 * *micros as f64 / total;
        drawn.push_str(&format!(r#"<rect class="{class}" x="{from:.2}" width="{width:.2}" height="8"/>"#));
        from += width;
    }
    html! {
        @if !known.is_empty() {
            div.stack-s {
                h3 { "Time by phase" }
                svg.phases viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true" { (PreEscaped(drawn)) }
                ul.legend {
                    @for (name, micros, class) in &known {
                        li {
                            svg viewBox="0 0 10 10" aria-hidden="true" { rect class=(class) width="10" height="10" rx="2" {} }
                            (name) ": " (duration(Duration::from_micros(*micros)))
                        }
                    }
                }
            }
        }
    }
}

fn headers<'a>(title: &str, headers: impl Iterator<Item = (&'a str, &'a str)>) -> Markup {
    let lines: Vec<_> = headers.map(|(name, value)| format!("{name}: {value}")).collect();
    html! {
        details.more data-kept-open {
            summary { (title) " (" (lines.len()) ")" }
            (code_block(&lines.join("\n"), title))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_fail_says_what_to_check() {
        let kinds = [
            FailureKind::Redirect,
            FailureKind::Gone,
            FailureKind::Dns,
            FailureKind::AddressNotAllowed,
            FailureKind::Refused,
            FailureKind::Reset,
            FailureKind::Tls,
            FailureKind::Timeout,
            FailureKind::TooLarge,
            FailureKind::Protocol,
            FailureKind::Auth,
            FailureKind::Proxy,
        ];
        let mut all: Vec<_> = kinds.into_iter().map(|kind| what_to_check(kind, None)).collect();
        all.extend(
            [400, 401, 404, 405, 413, 429, 500, 599, 418]
                .map(|status| what_to_check(FailureKind::Status, Some(status))),
        );
        let before = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), before - 1, "only 500 and 599 share their words");
    }
}
