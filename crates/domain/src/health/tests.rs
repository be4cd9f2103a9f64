use super::*;
use crate::rate::Meter;
use uuid::Uuid;

const DAY: SignedDuration = SignedDuration::from_hours(24);
const FAILURE: Seen = Seen::Failure { too_much: false, retry_after: None };

fn at(milliseconds: i64) -> Timestamp {
    Timestamp::from_millisecond(1_000_000_000 + milliseconds).unwrap()
}

fn delivery(n: u128) -> DeliveryId {
    DeliveryId::from(Uuid::from_u128(n))
}

/// Notes what came of a request that took no time.
fn note(health: &mut Health, n: u128, seen: Seen, now: Timestamp) -> Consequences {
    health.note(delivery(n), seen, now, DISABLE_AFTER_DEFAULT, now, 0.5)
}

fn tripped() -> Health {
    let mut health = Health::default();
    (0..10).for_each(|n| {
        note(&mut health, n, FAILURE, at(0));
    });
    health
}

// behaviour T13 (in part)
#[test]
fn ten_deliveries_that_fail_in_a_row_trip_it_and_one_that_fails_often_does_not() {
    let mut health = Health::default();
    for n in 0..50 {
        note(&mut health, 1, FAILURE, at(n));
    }
    assert_eq!(health.state, HealthState::Healthy, "its own schedule slows it down");
    for n in 2..10 {
        note(&mut health, n, FAILURE, at(50));
    }
    assert_eq!(health.state, HealthState::Healthy);
    note(&mut health, 10, FAILURE, at(50));
    assert_eq!(health.state, HealthState::Tripped { since: at(50), until: at(1_050), pauses: 1 });
}

// behaviour T13 (in part)
#[test]
fn a_tripped_webhook_is_probed_by_one_request_at_a_time_with_growing_pauses() {
    let mut health = tripped();
    assert_eq!(health.pace(at(0)).opens_at, Some(at(1_000)));
    let mut now = at(1_000);
    let mut pauses = vec![];
    for n in 10..18 {
        assert_eq!(health.pace(now), Pace { opens_at: None, in_flight_max: Some(1), rate: None });
        note(&mut health, n, FAILURE, now);
        let opens_at = health.pace(now).opens_at.unwrap();
        pauses.push(opens_at.duration_since(now).as_secs());
        now = opens_at;
    }
    assert_eq!(pauses, [2, 4, 8, 16, 32, 60, 60, 60]);
}

#[test]
fn what_was_under_way_when_it_tripped_does_not_lengthen_the_pause() {
    let mut health = tripped();
    let before = health.clone();
    let late = at(400);
    health.note(delivery(9), FAILURE, at(-10), DISABLE_AFTER_DEFAULT, late, 0.5);
    assert_eq!(health.state, before.state);
    assert_eq!(health.last_failure_at, Some(late));
}

// behaviour T13 (in part)
#[test]
fn one_success_begins_a_ramp_that_doubles_every_second() {
    let mut health = tripped();
    note(&mut health, 9, Seen::Success, at(2_000));
    let rate = |health: &Health, now| health.pace(now).rate.map(|rate| rate.requests);
    let rates: Vec<_> = (0..9).map(|second| rate(&health, at(2_000 + second * 1_000))).collect();
    let doubled = [10, 20, 40, 80, 160, 320, 640, 1_280].map(Some);
    assert_eq!(rates[..8], doubled);
    assert_eq!(rates[8], None);
    assert_eq!(health.pace(at(4_500)).in_flight_max, Some(4));
    note(&mut health, 10, Seen::Success, at(9_999));
    assert!(matches!(health.state, HealthState::Ramping { .. }));
    note(&mut health, 11, Seen::Success, at(10_000));
    assert!(health.is_well());
}

#[test]
fn a_receiver_that_falls_back_at_once_is_paused_longer_and_one_that_held_on_is_not() {
    let fall_back_after = |milliseconds: i64, failures: u128| {
        let mut health = tripped();
        note(&mut health, 20, FAILURE, at(1_000));
        note(&mut health, 21, Seen::Success, at(3_000));
        for n in 0..failures {
            note(&mut health, 30 + n, FAILURE, at(3_000 + milliseconds));
        }
        match health.state {
            HealthState::Tripped { since, until, .. } => Some(until.duration_since(since).as_secs()),
            _ => None,
        }
    };
    assert_eq!(fall_back_after(100, 2), None, "two are no pattern");
    assert_eq!(fall_back_after(100, 3), Some(4));
    assert_eq!(fall_back_after(1_500, 9), None);
    assert_eq!(fall_back_after(1_500, 10), Some(2));
    assert_eq!(fall_back_after(5_000, 10), Some(1));
}

// behaviour T13 (in part)
#[test]
fn a_receiver_that_fails_one_in_five_is_hardly_slowed_down() {
    let (mut health, mut now, mut paused) = (tripped(), at(1_000), 0);
    note(&mut health, 0, Seen::Success, now);
    let mut meter = Meter::default();
    // As many requests as it may get for half a minute, failing by a fixed shuffle (a linear congruential generator).
    let mut dice: u64 = 7;
    for n in 0..30_000 {
        now += SignedDuration::from_millis(1);
        let pace = health.pace(now);
        paused += usize::from(pace.opens_at.is_some());
        if pace.opens_at.is_some() || pace.rate.is_some_and(|rate| meter.allowed_at(&rate, now) > now) {
            continue;
        }
        pace.rate.inspect(|rate| meter.count(rate, now));
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let seen = if (dice >> 33).is_multiple_of(5) { FAILURE } else { Seen::Success };
        note(&mut health, 100 + n, seen, now);
    }
    assert!(paused < 3_000, "paused for {paused} of 30000 ms");
}

// behaviour T6 (in part)
#[test]
fn too_much_pauses_the_whole_webhook_at_once_for_as_long_as_asked_up_to_an_hour() {
    let too_much =
        |seconds: Option<i64>| Seen::Failure { too_much: true, retry_after: seconds.map(SignedDuration::from_secs) };
    let pause = |seen| {
        let mut health = Health::default();
        note(&mut health, 1, seen, at(0));
        health.pace(at(0)).opens_at.map(|until| until.duration_since(at(0)).as_secs())
    };
    assert_eq!(pause(too_much(None)), Some(1));
    assert_eq!(pause(too_much(Some(120))), Some(120));
    assert_eq!(pause(too_much(Some(86_400))), Some(3_600));
    assert_eq!(pause(Seen::Failure { too_much: false, retry_after: Some(SignedDuration::from_secs(9)) }), None);
}

// behaviour T14 (in part)
#[test]
fn five_days_of_nothing_but_failures_disable_it_and_are_announced_in_stages() {
    let mut health = Health::default();
    let mut told = vec![];
    for hour in 0..=120 {
        let now = at(0) + SignedDuration::from_hours(hour);
        let consequences = note(&mut health, hour as u128, FAILURE, now);
        told.extend(consequences.failing_stage.map(|stage| (hour, stage)));
        assert_eq!(consequences.disable_failing_since, (hour == 120).then_some(at(0)), "hour {hour}");
        // As a restart would find it.
        health = serde_json::from_str(&serde_json::to_string(&health).unwrap()).unwrap();
    }
    assert_eq!(told, [(1, 1), (60, 2), (96, 3)]);
}

// behaviour T14 (in part)
#[test]
fn one_success_resets_the_clock_and_is_announced_if_the_failing_was() {
    let mut health = Health::default();
    for hour in 0..119 {
        note(&mut health, 1, FAILURE, at(0) + SignedDuration::from_hours(hour));
    }
    assert!(note(&mut health, 1, Seen::Success, at(0) + DAY * 5).recovered);
    assert!(!note(&mut health, 1, Seen::Success, at(0) + DAY * 5).recovered);
    let consequences = note(&mut health, 1, FAILURE, at(0) + DAY * 6);
    assert_eq!(consequences, Consequences::default());
}

#[test]
fn two_failures_with_a_long_silence_between_them_do_not_disable() {
    let mut health = Health::default();
    note(&mut health, 1, FAILURE, at(0));
    assert_eq!(note(&mut health, 2, FAILURE, at(0) + DAY * 6), Consequences::default());
    assert_eq!(health.failing_since, Some(at(0) + DAY * 6));
}

// behaviour D7
#[test]
fn a_clock_set_back_neither_lengthens_a_pause_nor_disables() {
    let mut health = tripped();
    let earlier = at(0) - DAY;
    assert_eq!(health.pace(earlier).opens_at, None);
    assert_eq!(note(&mut health, 9, FAILURE, earlier).disable_failing_since, None);
    assert_eq!(health.failing_since, Some(earlier));
    assert_eq!(
        health.pace(earlier).opens_at,
        Some(earlier + SignedDuration::from_secs(2)),
        "the probe was learnt from"
    );
}

#[test]
fn who_wants_to_know_now_ends_the_pause() {
    let mut health = tripped();
    health.probe_now(at(10));
    assert_eq!(health.pace(at(10)).opens_at, None);
    assert_eq!(health.pace(at(10)).in_flight_max, Some(1));
}
