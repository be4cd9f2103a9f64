//! Decides what follows from an attempt: for the delivery, and for its webhook.
//!
//! Pure: the dispatcher asks when an attempt has landed, and what is decided is recorded with the attempt in one
//! step. What happened meanwhile (a cancellation, a webhook disabled) is the store's to respect.
//! Not here: how a receiver's health changes (`beckon_domain::health`), and whom a notice goes to (`notices.rs`).

use beckon_domain::catalog::NOTICES;
use beckon_domain::delivery::{Attempt, DueAttempt, FailureKind, Outcome, Verdict};
use beckon_domain::health::{Consequences, Health, Seen};
use beckon_domain::retry::{RetrySchedule, next_attempt_at};
use jiff::{SignedDuration, Timestamp};

/// What follows from an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Decision {
    /// What becomes of the delivery.
    pub(crate) verdict: Verdict,
    /// Disable the webhook, for this reason, and announce that.
    pub(crate) disable_webhook: Option<String>,
    /// Announce that the delivery failed for good.
    pub(crate) exhausted: bool,
    /// Announce that the webhook is failing.
    pub(crate) failing: Option<Failing>,
    /// Announce that the webhook takes deliveries again; it had been failing since then.
    pub(crate) recovered_from: Option<Timestamp>,
}

/// A webhook that takes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Failing {
    /// Which stage, from 1.
    pub(crate) stage: u8,
    /// Nothing but failures since then.
    pub(crate) since: Timestamp,
    /// When it will be disabled.
    pub(crate) disabled_at: Timestamp,
}

impl Decision {
    /// That nothing else follows.
    pub(crate) fn only(verdict: Verdict) -> Decision {
        Decision { verdict, disable_webhook: None, exhausted: false, failing: None, recovered_from: None }
    }

    /// When the delivery is tried again, as far as this attempt decided it.
    pub(crate) fn next_attempt_at(&self) -> Option<Timestamp> {
        match self.verdict {
            Verdict::RetryAt(at) if self.disable_webhook.is_none() => Some(at),
            _ => None,
        }
    }

    /// Adds what follows for the webhook. `before` is how it was doing before the attempt, `after` how it is now.
    pub(crate) fn follow(
        &mut self,
        consequences: Consequences,
        before: &Health,
        after: &Health,
        disable_after: SignedDuration,
    ) {
        if let Some(since) = consequences.disable_failing_since {
            let since = since.strftime("%Y-%m-%dT%H:%M:%SZ");
            self.disable_webhook.get_or_insert_with(|| format!("Nothing but failures since {since}."));
        }
        if let (Some(stage), Some(since)) = (consequences.failing_stage, after.failing_since) {
            let disabled_at = since.checked_add(disable_after).unwrap_or(since);
            self.failing = Some(Failing { stage, since, disabled_at });
        }
        if consequences.recovered {
            self.recovered_from = before.failing_since;
        }
    }
}

/// Decides what follows from `outcome` for the delivery, and whether the receiver said that it wants nothing more.
///
/// `retry_after` is what the receiver asked for, `unit` a random number in `0.0..1.0` for the jitter.
pub(crate) fn decide(
    due: &DueAttempt,
    outcome: &Outcome,
    schedule: &RetrySchedule,
    retry_after: Option<SignedDuration>,
    now: Timestamp,
    unit: f64,
) -> Decision {
    let Outcome::Failed { kind, message } = outcome else { return Decision::only(Verdict::Delivered) };
    let gone = *kind == FailureKind::Gone;
    let verdict = if due.trigger.is_manual() {
        Verdict::ScheduleUnchanged
    } else if gone {
        Verdict::Failed
    } else {
        next_attempt_at(schedule, due.scheduled_attempts.saturating_add(1), retry_after, now, unit)
            .map_or(Verdict::Failed, |at| Verdict::RetryAt(to_millisecond(at)))
    };
    Decision {
        exhausted: !gone && verdict == Verdict::Failed && !is_notice(&due.event_type),
        disable_webhook: gone.then(|| message.clone()),
        ..Decision::only(verdict)
    }
}

/// What an attempt tells of the webhook's health; nothing if a person asked for it and it failed: somebody who tries
/// again and again does no harm.
pub(crate) fn seen(attempt: &Attempt, retry_after: Option<SignedDuration>) -> Option<Seen> {
    if attempt.outcome.is_delivered() {
        return Some(Seen::Success);
    }
    let too_much = matches!(attempt.exchange.status, Some(429 | 503));
    (!attempt.trigger.is_manual()).then_some(Seen::Failure { too_much, retry_after })
}

/// Cuts a moment to what stores keep, so that memory and store agree on when something is due.
fn to_millisecond(at: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at)
}

/// Whether events of that type tell of Beckon's own troubles: theirs are not announced in turn.
fn is_notice(event_type: &str) -> bool {
    NOTICES.contains(&event_type)
}

#[cfg(test)]
mod tests {
    use super::*;
    use beckon_domain::delivery::Trigger;
    use beckon_testkit::builders::a_due_attempt;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn due(trigger: Trigger, scheduled_attempts: u32) -> DueAttempt {
        DueAttempt { trigger, scheduled_attempts, ..a_due_attempt() }
    }

    fn failed(kind: FailureKind) -> Outcome {
        Outcome::Failed { kind, message: "Words.".to_owned() }
    }

    fn after(due: &DueAttempt, outcome: &Outcome) -> Decision {
        let schedule = RetrySchedule(vec![SignedDuration::from_secs(5), SignedDuration::from_secs(60)]);
        decide(due, outcome, &schedule, None, NOW, 0.5)
    }

    fn in_seconds(seconds: i64) -> Verdict {
        Verdict::RetryAt(Timestamp::from_second(seconds).unwrap())
    }

    #[test]
    fn a_success_ends_it_whatever_triggered_it() {
        for trigger in Trigger::ALL {
            let decision = after(&due(trigger, 1), &Outcome::Delivered);
            assert_eq!(decision, Decision::only(Verdict::Delivered), "{trigger:?}");
        }
    }

    // behaviour T8
    #[test]
    fn failures_walk_down_the_schedule_and_the_last_is_announced() {
        let down = failed(FailureKind::Status);
        assert_eq!(after(&due(Trigger::Schedule, 0), &down).verdict, in_seconds(5));
        assert_eq!(after(&due(Trigger::Schedule, 1), &down).verdict, in_seconds(60));
        let last = after(&due(Trigger::Schedule, 2), &down);
        assert_eq!(last, Decision { exhausted: true, ..Decision::only(Verdict::Failed) });
        assert_eq!(last.next_attempt_at(), None);
    }

    #[test]
    fn the_exhaustion_of_a_notice_is_not_announced() {
        for event_type in NOTICES {
            let due = DueAttempt { event_type: event_type.to_owned(), ..due(Trigger::Schedule, 2) };
            let decision = after(&due, &failed(FailureKind::Timeout));
            assert_eq!((decision.verdict, decision.exhausted), (Verdict::Failed, false), "{event_type}");
        }
    }

    // behaviour T7
    #[test]
    fn gone_stops_at_once_and_disables_the_webhook_without_an_exhaustion() {
        let gone = failed(FailureKind::Gone);
        let decision = after(&due(Trigger::Schedule, 0), &gone);
        let reason = Some("Words.".to_owned());
        assert_eq!(decision, Decision { disable_webhook: reason.clone(), ..Decision::only(Verdict::Failed) });
        for trigger in [Trigger::Resend, Trigger::Test] {
            let decision = after(&due(trigger, 0), &gone);
            let expected = Decision { disable_webhook: reason.clone(), ..Decision::only(Verdict::ScheduleUnchanged) };
            assert_eq!(decision, expected, "{trigger:?}");
        }
    }

    // behaviour T10
    #[test]
    fn a_failed_manual_attempt_leaves_the_schedule_alone_and_announces_nothing() {
        for trigger in [Trigger::Resend, Trigger::Test] {
            let decision = after(&due(trigger, 2), &failed(FailureKind::Refused));
            assert_eq!(decision, Decision::only(Verdict::ScheduleUnchanged), "{trigger:?}");
        }
    }

    #[test]
    fn the_next_time_is_one_that_stores_keep() {
        let schedule = RetrySchedule(vec![SignedDuration::from_secs(7)]);
        let due = due(Trigger::Schedule, 0);
        let decision = decide(&due, &failed(FailureKind::Status), &schedule, None, NOW, 0.123_456_789);
        let at = decision.next_attempt_at().unwrap();
        assert_eq!(at.subsec_nanosecond() % 1_000_000, 0, "{at}");
    }

    // behaviour T5
    #[test]
    fn a_receiver_can_ask_for_a_longer_wait() {
        let schedule = RetrySchedule(vec![SignedDuration::from_secs(5)]);
        let wait = |asked: i64| {
            let asked = Some(SignedDuration::from_secs(asked));
            decide(&due(Trigger::Schedule, 0), &failed(FailureKind::Status), &schedule, asked, NOW, 0.5).verdict
        };
        assert_eq!(wait(90), in_seconds(90));
        assert_eq!(wait(1), in_seconds(5), "never shorter");
    }

    #[test]
    fn a_replay_walks_down_its_schedule_like_any_other() {
        let down = failed(FailureKind::Status);
        assert_eq!(after(&due(Trigger::Replay, 0), &down).verdict, in_seconds(5));
        let last = after(&due(Trigger::Replay, 2), &down);
        assert_eq!(last, Decision { exhausted: true, ..Decision::only(Verdict::Failed) });
    }

    // behaviour T14 (in part)
    #[test]
    fn a_webhook_that_only_fails_is_disabled_with_the_reason_and_nothing_is_announced_as_coming() {
        let (since, disable_after) = (Timestamp::from_second(1_767_225_600).unwrap(), SignedDuration::from_hours(120));
        let mut decision = Decision::only(in_seconds(5));
        let consequences = Consequences { disable_failing_since: Some(since), ..Consequences::default() };
        decision.follow(consequences, &Health::default(), &Health::default(), disable_after);
        let reason = decision.disable_webhook.as_deref();
        assert_eq!(reason, Some("Nothing but failures since 2026-01-01T00:00:00Z."));
        assert_eq!(decision.next_attempt_at(), None);
    }

    #[test]
    fn stages_and_recovery_are_told_with_their_times() {
        let disable_after = SignedDuration::from_secs(1_000);
        let mut failing = Health::default();
        (failing.failing_since, failing.notices) = (Some(NOW), 2);
        let mut decision = Decision::only(Verdict::Failed);
        let consequences = Consequences { failing_stage: Some(2), ..Consequences::default() };
        decision.follow(consequences, &Health::default(), &failing, disable_after);
        let disabled_at = Timestamp::from_second(1_000).unwrap();
        assert_eq!(decision.failing, Some(Failing { stage: 2, since: NOW, disabled_at }));

        let mut decision = Decision::only(Verdict::Delivered);
        let consequences = Consequences { recovered: true, ..Consequences::default() };
        decision.follow(consequences, &failing, &Health::default(), disable_after);
        assert_eq!(decision.recovered_from, Some(NOW));
    }

    #[test]
    fn a_person_can_help_a_webhook_but_not_harm_it() {
        let attempt = |trigger, outcome, status| {
            let mut attempt = Attempt::begun(beckon_testkit::fake_ambient().new_id(), &due(trigger, 0), NOW);
            (attempt.outcome, attempt.exchange.status) = (outcome, status);
            attempt
        };
        let down = || failed(FailureKind::Status);
        let failure = |too_much| Some(Seen::Failure { too_much, retry_after: None });
        for trigger in Trigger::ALL {
            assert_eq!(seen(&attempt(trigger, Outcome::Delivered, Some(200)), None), Some(Seen::Success));
        }
        assert_eq!(seen(&attempt(Trigger::Resend, down(), Some(500)), None), None);
        assert_eq!(seen(&attempt(Trigger::Test, down(), None), None), None);
        assert_eq!(seen(&attempt(Trigger::Replay, down(), None), None), failure(false));
        for (status, too_much) in [(429, true), (503, true), (500, false)] {
            assert_eq!(seen(&attempt(Trigger::Schedule, down(), Some(status)), None), failure(too_much), "{status}");
        }
    }
}
