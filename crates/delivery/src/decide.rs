//! Decides what follows from an attempt.
//!
//! Pure: `attempt.rs` asks after each request, and what is decided is recorded with the attempt in one
//! step. What happened meanwhile (a cancellation, a webhook disabled) is the store's to respect.
//! Not here: whom a notice goes to (`notices.rs`).

use beckon_domain::catalog::payload::{DeliveryExhausted, Payload, WebhookDisabled};
use beckon_domain::delivery::{DueAttempt, FailureKind, Outcome, Trigger, Verdict};
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
}

impl Decision {
    /// When the delivery is tried again, as far as this attempt decided it.
    pub(crate) fn next_attempt_at(&self) -> Option<Timestamp> {
        match self.verdict {
            Verdict::RetryAt(at) => Some(at),
            Verdict::Delivered | Verdict::Failed | Verdict::ScheduleUnchanged => None,
        }
    }
}

/// Decides what follows from `outcome`.
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
    let nothing = |verdict| Decision { verdict, disable_webhook: None, exhausted: false };
    let Outcome::Failed { kind, message } = outcome else { return nothing(Verdict::Delivered) };
    let gone = *kind == FailureKind::Gone;
    let verdict = match due.trigger {
        Trigger::Resend | Trigger::Test => Verdict::ScheduleUnchanged,
        Trigger::Schedule if gone => Verdict::Failed,
        Trigger::Schedule => next_attempt_at(schedule, due.scheduled_attempts + 1, retry_after, now, unit)
            .map_or(Verdict::Failed, |at| Verdict::RetryAt(to_millisecond(at))),
    };
    Decision {
        exhausted: !gone && verdict == Verdict::Failed && !is_notice(&due.event_type),
        disable_webhook: gone.then(|| message.clone()),
        verdict,
    }
}

/// Cuts a moment to what stores keep, so that memory and store agree on when something is due.
fn to_millisecond(at: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at)
}

/// Whether events of that type tell of Beckon's own troubles: theirs are not announced in turn.
fn is_notice(event_type: &str) -> bool {
    [DeliveryExhausted::EVENT_TYPE, WebhookDisabled::EVENT_TYPE].contains(&event_type)
}

#[cfg(test)]
mod tests {
    use super::*;
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
        for trigger in [Trigger::Schedule, Trigger::Resend, Trigger::Test] {
            let decision = after(&due(trigger, 1), &Outcome::Delivered);
            let expected = Decision { verdict: Verdict::Delivered, disable_webhook: None, exhausted: false };
            assert_eq!(decision, expected, "{trigger:?}");
        }
    }

    // behaviour T8
    #[test]
    fn failures_walk_down_the_schedule_and_the_last_is_announced() {
        let down = failed(FailureKind::Status);
        assert_eq!(after(&due(Trigger::Schedule, 0), &down).verdict, in_seconds(5));
        assert_eq!(after(&due(Trigger::Schedule, 1), &down).verdict, in_seconds(60));
        let last = after(&due(Trigger::Schedule, 2), &down);
        assert_eq!(last, Decision { verdict: Verdict::Failed, disable_webhook: None, exhausted: true });
        assert_eq!(last.next_attempt_at(), None);
    }

    #[test]
    fn the_exhaustion_of_a_notice_is_not_announced() {
        for event_type in ["delivery.exhausted", "webhook.disabled"] {
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
        assert_eq!(decision, Decision { verdict: Verdict::Failed, disable_webhook: reason.clone(), exhausted: false });
        for trigger in [Trigger::Resend, Trigger::Test] {
            let decision = after(&due(trigger, 0), &gone);
            let expected =
                Decision { verdict: Verdict::ScheduleUnchanged, disable_webhook: reason.clone(), exhausted: false };
            assert_eq!(decision, expected, "{trigger:?}");
        }
    }

    // behaviour T10
    #[test]
    fn a_failed_manual_attempt_leaves_the_schedule_alone_and_announces_nothing() {
        for trigger in [Trigger::Resend, Trigger::Test] {
            let decision = after(&due(trigger, 2), &failed(FailureKind::Refused));
            let expected = Decision { verdict: Verdict::ScheduleUnchanged, disable_webhook: None, exhausted: false };
            assert_eq!(decision, expected, "{trigger:?}");
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
}
