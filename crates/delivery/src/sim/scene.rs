//! What a simulation begins with, drawn from its seed.

use std::time::Duration;

use beckon_domain::ambient::Ambient;
use beckon_domain::catalog::NOTICES;
use beckon_domain::rate::{Period, RateLimit};
use beckon_domain::retry::RetrySchedule;
use beckon_domain::webhook::Webhook;
use beckon_testkit::builders::a_webhook;
use jiff::SignedDuration;

use super::dice::Dice;
use super::receivers::{Mood, TIMEOUT};
use crate::Options;

/// The event types that are published.
pub(super) const EVENT_TYPES: [&str; 2] = ["lead.scored", "deal.won"];

/// Moods that a receiver may begin with, and fall into.
pub(super) const MOODS: [Mood; 10] = [
    Mood::Well,
    Mood::Slow,
    Mood::Drips,
    Mood::Flaky,
    Mood::Down,
    Mood::Busy,
    Mood::Hangs,
    Mood::Refuses,
    Mood::Resets,
    Mood::Gone,
];

/// A webhook, and how its receiver is at first.
pub(super) struct Character {
    pub(super) webhook: Webhook,
    pub(super) mood: Mood,
    /// Whether it is well all the time, and left alone.
    pub(super) steady: bool,
}

/// What a simulation begins with.
pub(super) struct Scene {
    pub(super) characters: Vec<Character>,
    pub(super) options: Options,
    /// How long things happen, before the faults end.
    pub(super) lasts: Duration,
}

impl Scene {
    /// The scene of these dice.
    pub(super) fn draw(dice: &Dice, ambient: &Ambient) -> Scene {
        let count = dice.between(3, 7) as usize;
        let characters: Vec<Character> = (0..count).map(|n| character(n, dice, ambient)).collect();
        let in_flight_max = 3 * count + dice.between(4, 24) as usize;
        let options = Options {
            timeout: TIMEOUT,
            retry_schedule: schedule(dice),
            in_flight_max,
            in_flight_per_webhook_max: dice.between(2, 6) as usize,
            shutdown_grace: dice.millis(1_000, 20_000),
            disable_after: SignedDuration::from_mins(dice.between(10, 60) as i64),
            ..Options::default()
        };
        Scene { characters, options, lasts: dice.millis(30_000, 300_000) }
    }
}

fn character(n: usize, dice: &Dice, ambient: &Ambient) -> Character {
    // The first is steady and hears of the others' troubles.
    let steady = n == 0 || dice.percent(20);
    let notices = if n == 0 { &NOTICES[..] } else { &[] };
    let event_types = EVENT_TYPES.iter().filter(|_| dice.percent(70)).chain(notices).map(|name| (*name).to_owned());
    let mut event_types: Vec<String> = event_types.collect();
    if event_types.is_empty() {
        event_types.push(EVENT_TYPES[0].to_owned());
    }
    let webhook = Webhook {
        id: ambient.new_id(),
        event_types,
        fifo: !steady && dice.percent(30),
        rate_limit: (!steady && dice.percent(30)).then(|| rate(dice)),
        retry_schedule: (!steady && dice.percent(60)).then(|| schedule(dice)),
        ..a_webhook()
    };
    let mood = if steady || dice.percent(40) { Mood::Well } else { *dice.one_of(&MOODS) };
    Character { webhook, mood, steady }
}

pub(super) fn rate(dice: &Dice) -> RateLimit {
    let requests = dice.between(1, 12) as u32;
    RateLimit { requests, per: if dice.percent(80) { Period::Second } else { Period::Minute } }
}

fn schedule(dice: &Dice) -> RetrySchedule {
    let schedules: [&[i64]; 6] = [&[1, 5, 20], &[5, 30, 300], &[2, 2, 2, 2], &[10], &[], &[0, 1, 1]];
    let delays = dice.one_of(&schedules);
    RetrySchedule(delays.iter().map(|seconds| SignedDuration::from_secs(*seconds)).collect())
}
