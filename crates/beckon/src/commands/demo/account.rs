//! The live account: what happens, one line a step, aligned; in colour on a terminal.

use std::fmt::Display;
use std::time::Duration;

use tokio::time::Instant;

use super::receiver::{Answer, Arrival};
use super::scene::{SUBSCRIBERS, introduce};
use super::stream::{Beat, Shown};
use super::tally::Noted;
use crate::commands::tell;

/// Tells the audience.
#[derive(Clone, Copy)]
pub(super) struct Account {
    colour: bool,
    begun: Instant,
}

/// How a piece of text is set off.
#[derive(Clone, Copy)]
pub(super) enum Tone {
    Plain,
    Bold,
    Dim,
    Good,
    Bad,
    Name,
}

impl Tone {
    /// The code that turns it on (ECMA-48, "select graphic rendition").
    fn code(self) -> &'static str {
        match self {
            Tone::Plain => "",
            Tone::Bold => "\x1b[1m",
            Tone::Dim => "\x1b[2m",
            Tone::Good => "\x1b[32m",
            Tone::Bad => "\x1b[31m",
            Tone::Name => "\x1b[36m",
        }
    }
}

impl Account {
    /// An account that begins now.
    pub(super) fn new(colour: bool) -> Account {
        Account { colour, begun: Instant::now() }
    }

    /// The same account with its clock at zero then.
    pub(super) fn begun_at(self, begun: Instant) -> Account {
        Account { begun, ..self }
    }

    /// `text` in a tone, padded to `width` first so that codes don't count.
    pub(super) fn paint(&self, tone: Tone, text: impl Display, width: usize) -> String {
        let padded = format!("{text:<width$}");
        match (self.colour, tone.code()) {
            (false, _) | (true, "") => padded,
            (true, code) => format!("{code}{padded}\x1b[0m"),
        }
    }

    /// A headline.
    pub(super) fn headline(&self, text: &str) {
        tell!("\n{}", self.paint(Tone::Bold, text, 0));
    }

    /// A line of the set-up.
    pub(super) fn setup(&self, what: &str, name: &str, words: &str) {
        tell!("  {what:<10} {} {}", self.paint(Tone::Name, name, 22), self.paint(Tone::Dim, words, 0));
    }

    /// A signal that is sent, after those before it.
    pub(super) fn signal(&self, beat: &Beat, before: &[Beat]) {
        let (kind, who, what) = match beat.signal {
            Shown::Page { visitor, user_id, path } => {
                ("page view", who_is(user_id.unwrap_or_else(|| known_as(visitor, before))), path.to_owned())
            }
            Shown::Identify { email, .. } => ("identify", who_is(email), "by e-mail address".to_owned()),
            Shown::Group { visitor, domain } => ("group", who_is(visitor), domain.to_owned()),
            Shown::Intent { email, topic, score } => ("intent", who_is(email), format!("{topic}, score {score}")),
        };
        let note = self.paint(Tone::Dim, beat.note, 0);
        tell!("{}  {}  {who:<29}  {what:<25}  {note}", self.clock(Instant::now()), self.paint(Tone::Bold, kind, 9));
    }

    /// A request at a receiver.
    pub(super) fn arrival(&self, arrival: &Arrival, noted: Noted) {
        let fact = &arrival.fact;
        let name = SUBSCRIBERS.get(arrival.webhook).map_or("?", |subscriber| subscriber.name);
        let (tone, mut outcome) = match &arrival.answer {
            Answer::Taken => (Tone::Good, "verified".to_owned()),
            Answer::TurnedAway => (Tone::Bad, "verified, answered 503: to be tried again".to_owned()),
            Answer::Unverified(reason) => (Tone::Bad, format!("NOT VERIFIED: {reason}")),
        };
        if let (Answer::Taken, Some(latency)) = (&arrival.answer, noted.latency) {
            outcome.push_str(&format!("  {}", in_words(latency)));
        }
        if noted.number > 1 {
            outcome.push_str(&format!("  (attempt {})", noted.number));
        }
        let who = introduce(&fact.who).unwrap_or(&fact.who).split(',').next().unwrap_or_default();
        tell!(
            "{}    {} {who:<17} {:<21} -> {} {}",
            self.clock(arrival.at),
            self.paint(Tone::Name, &fact.event_type, 16),
            fact.segment,
            self.paint(Tone::Plain, name, 15),
            self.paint(tone, outcome, 0),
        );
    }

    fn clock(&self, at: Instant) -> String {
        let since = format!("{:>6.2}s", at.saturating_duration_since(self.begun).as_secs_f64());
        self.paint(Tone::Dim, since, 0)
    }
}

fn who_is(id: &'static str) -> &'static str {
    introduce(id).unwrap_or("an anonymous visitor")
}

/// The address a browser was identified by, or else the browser.
fn known_as(visitor: &'static str, before: &[Beat]) -> &'static str {
    let identified = before.iter().find_map(|beat| match beat.signal {
        Shown::Identify { visitor: it, email } if it == visitor => Some(email),
        _ => None,
    });
    identified.unwrap_or(visitor)
}

/// A latency with as many digits as matter.
pub(super) fn in_words(latency: Duration) -> String {
    let millis = latency.as_secs_f64() * 1_000.0;
    if millis < 100.0 { format!("{millis:.1} ms") } else { format!("{:.2} s", millis / 1_000.0) }
}
