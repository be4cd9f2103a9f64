//! The simulation as tests: some hundreds of seeds always, one seed to look at, and as many as there is time for.

use std::hash::{BuildHasher, RandomState};

use tokio::time::Instant;

use super::trace::LINES_VARIABLE;
use super::*;

/// Seeds that are always simulated.
const SEEDS: std::ops::Range<u64> = 0..300;

/// Names the seed to be repeated.
const SEED_VARIABLE: &str = "BECKON_SIM_SEED";
/// For how many seconds to look for seeds that go wrong.
const SECONDS_VARIABLE: &str = "BECKON_SIM_SECONDS";

fn expect_kept(outcome: &Outcome) {
    if outcome.violations.is_empty() {
        return;
    }
    panic!(
        "{}\nthe last of {} lines:\n{}\n{}\nto repeat: {SEED_VARIABLE}={} cargo test -p beckon-delivery sim:: \
         ({LINES_VARIABLE}=1000000 for the whole trace)",
        outcome.violations[0],
        outcome.lines,
        outcome.tail,
        outcome.violations.join("\n"),
        outcome.seed
    );
}

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} is a number")))
}

// behaviour D1, D2, D3, D4, D7, F1, F4, T13, T14, L10, V10 (in part)
#[test]
fn every_promise_holds_in_every_simulated_world() {
    if let Some(seed) = number(SEED_VARIABLE) {
        return expect_kept(&simulate(seed));
    }
    let (mut requests, mut deliveries) = (0, 0);
    for seed in SEEDS {
        let outcome = simulate(seed);
        expect_kept(&outcome);
        requests += outcome.requests;
        deliveries += outcome.deliveries;
    }
    assert!(deliveries > 50_000 && requests > 50_000, "{deliveries} deliveries, {requests} requests: too quiet");
}

#[test]
fn the_same_seed_is_the_same_simulation() {
    for seed in [1, 2, 3] {
        let (one, two) = (simulate(seed), simulate(seed));
        assert_eq!((one.hash, one.lines), (two.hash, two.lines), "seed {seed}");
    }
    assert_ne!(simulate(1).hash, simulate(2).hash);
}

/// Does nothing unless it is told how long to look.
#[test]
fn open_ended() {
    let Some(seconds) = number(SECONDS_VARIABLE) else { return };
    let until = Instant::now() + Duration::from_secs(seconds);
    let first = RandomState::new().hash_one(0_u8) >> 16;
    let mut seeds = 0;
    while Instant::now() < until {
        expect_kept(&simulate(first + seeds));
        seeds += 1;
    }
    println!("{seeds} seeds from {first} on: every promise held");
}
