//! How a delivery stands, in words.

use beckon_domain::delivery::{DeliveryStatus, Trigger};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use maud::{Markup, html};

use crate::api::attempts::{AttemptView, OutcomeName};
use crate::api::deliveries::DeliveryView;
use crate::web::parts::{Tone, badge, duration, moment};

/// The first ordinals, as people say them.
const ORDINALS: [&str; 10] =
    ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"];

/// What a status is called.
pub(super) fn status_name(status: DeliveryStatus) -> &'static str {
    match status {
        DeliveryStatus::Pending => "Pending",
        DeliveryStatus::Retrying => "Retrying",
        DeliveryStatus::Delivered => "Delivered",
        DeliveryStatus::Failed => "Failed",
        DeliveryStatus::Canceled => "Canceled",
    }
}

fn tone(status: DeliveryStatus) -> Tone {
    match status {
        DeliveryStatus::Pending => Tone::Info,
        DeliveryStatus::Retrying => Tone::Warn,
        DeliveryStatus::Delivered => Tone::Good,
        DeliveryStatus::Failed => Tone::Bad,
        DeliveryStatus::Canceled => Tone::Plain,
    }
}

/// A status as a mark.
pub(in crate::web) fn status_badge(status: DeliveryStatus) -> Markup {
    badge(tone(status), status_name(status))
}

/// A status as a mark, with the next attempt if one is due.
pub(in crate::web) fn standing(delivery: &DeliveryView, zone: &TimeZone) -> Markup {
    html! {
        (status_badge(delivery.status))
        @if let Some(at) = delivery.next_attempt_at { " " span.small.muted { "next due " (moment(at, zone)) } }
    }
}

/// How a delivery stands, in a sentence. `attempts` are its attempts in their order.
pub(super) fn sentence(delivery: &DeliveryView, attempts: &[AttemptView], zone: &TimeZone) -> Markup {
    let next = delivery.next_attempt_at.map(|at| moment(at, zone));
    let last_failure = attempts.last().and_then(|attempt| attempt.message.as_deref());
    match delivery.status {
        DeliveryStatus::Delivered => match attempts.iter().rfind(|attempt| attempt.outcome == OutcomeName::Delivered) {
            Some(taken) => html! { (delivered(delivery.created_at, taken)) },
            None => html! { "Delivered." },
        },
        DeliveryStatus::Pending => html! {
            @if let Some(at) = next { "Waiting for its first attempt, due " (at) "." } @else { "Waiting for its first attempt." }
        },
        DeliveryStatus::Retrying => html! {
            (failed_so_far(attempts))
            @if let Some(at) = next { " Next attempt due " (at) "." }
        },
        DeliveryStatus::Failed => html! {
            "Failed for good after " (counted(delivery.attempt_count, "attempt")) "."
            @if let Some(why) = last_failure { " The last one: " (why) }
        },
        DeliveryStatus::Canceled => html! {
            "Canceled by a person, or because its webhook was disabled or deleted. No more attempts are made."
        },
    }
}

/// `Failed twice so far.`; what was replayed may have been delivered before.
fn failed_so_far(attempts: &[AttemptView]) -> String {
    let failed = attempts.iter().rev().take_while(|attempt| attempt.outcome == OutcomeName::Failed).count();
    let (count, before) = (u32::try_from(failed).unwrap_or(u32::MAX), failed < attempts.len());
    match (count, before) {
        (0, _) => "Waiting for its next attempt.".to_owned(),
        (count, false) => format!("Failed {} so far.", times(count)),
        (count, true) => format!("Delivered before; sent again since, and failed {} so far.", times(count)),
    }
}

/// `Delivered at the third attempt, 12 min after the event.`
fn delivered(owed_at: Timestamp, taken: &AttemptView) -> String {
    let begun = taken.started_at.duration_since(owed_at).unsigned_abs();
    let whole = begun.saturating_add(std::time::Duration::from_micros(taken.timings.total_us));
    format!("Delivered at the {} attempt, {} after the event.", ordinal(taken.number), duration(whole))
}

/// `third`, `12th`.
fn ordinal(number: u32) -> String {
    let index = usize::try_from(number).unwrap_or(usize::MAX).checked_sub(1);
    if let Some(word) = index.and_then(|index| ORDINALS.get(index)) {
        return (*word).to_owned();
    }
    let ending = match (number % 10, number % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}

/// `once`, `twice`, `3 times`.
fn times(count: u32) -> String {
    match count {
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        many => format!("{many} times"),
    }
}

/// `1 attempt`, `3 attempts`.
pub(in crate::web) fn counted(count: u32, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// Why an attempt was made.
pub(super) fn trigger_words(trigger: Trigger, number: u32) -> &'static str {
    match trigger {
        Trigger::Schedule if number == 1 => "first attempt",
        Trigger::Schedule => "retry of the schedule",
        Trigger::Resend => "resent by a person",
        Trigger::Test => "test",
        Trigger::Replay => "replay",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_said_as_people_say_them() {
        let said: Vec<_> = [1, 3, 10, 11, 12, 13, 21, 22, 23, 101, 111].map(ordinal).into();
        assert_eq!(said, ["first", "third", "tenth", "11th", "12th", "13th", "21st", "22nd", "23rd", "101st", "111th"]);
        assert_eq!([1, 2, 3].map(times), ["once", "twice", "3 times"]);
        assert_eq!([0, 1, 2].map(|count| counted(count, "attempt")), ["0 attempts", "1 attempt", "2 attempts"]);
    }
}
