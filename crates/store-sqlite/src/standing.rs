//! Decides how a delivery stands after an attempt, whatever happened to it meanwhile.
//!
//! Pure. What the delivery engine decided was decided before the request came back; between the two the
//! delivery may have been canceled, delivered by another request, or lost its webhook.

use beckon_domain::delivery::{DeliveryStatus, Trigger, Verdict};
use beckon_store::{Result, StoreError};
use jiff::Timestamp;

/// How a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) status: DeliveryStatus,
    pub(crate) attempt_count: u32,
    pub(crate) scheduled_attempts: u32,
    /// When the schedule's next request is due, while the schedule runs.
    pub(crate) schedule_due_at: Option<Timestamp>,
    /// When a request that a person asked for is due.
    pub(crate) resend_due_at: Option<Timestamp>,
    /// When a test is due.
    pub(crate) test_due_at: Option<Timestamp>,
}

impl Standing {
    /// When a request of that trigger is due.
    pub(crate) fn due_at(&self, trigger: Trigger) -> Option<Timestamp> {
        match trigger {
            Trigger::Schedule => self.schedule_due_at,
            Trigger::Resend => self.resend_due_at,
            Trigger::Test => self.test_due_at,
        }
    }

    /// When the next request is due, of any trigger.
    pub(crate) fn next_attempt_at(&self) -> Option<Timestamp> {
        [self.schedule_due_at, self.resend_due_at, self.test_due_at].into_iter().flatten().min()
    }

    /// How it stands after an attempt of that trigger.
    ///
    /// A success counts whenever it comes. A failure of the schedule changes only a delivery whose schedule
    /// still runs; a failure of a manual request only one that was waiting for nothing else.
    pub(crate) fn after(self, trigger: Trigger, verdict: &Verdict) -> Result<Standing> {
        let mut next = Standing { attempt_count: self.attempt_count.saturating_add(1), ..self };
        match trigger {
            Trigger::Schedule => {
                next.scheduled_attempts = self.scheduled_attempts.saturating_add(1);
                next.schedule_due_at = None;
            }
            Trigger::Resend => next.resend_due_at = None,
            Trigger::Test => next.test_due_at = None,
        }
        let manual = trigger != Trigger::Schedule;
        match verdict {
            Verdict::Delivered => {
                next.status = DeliveryStatus::Delivered;
                next.schedule_due_at = None;
            }
            Verdict::RetryAt(_) | Verdict::Failed | Verdict::ScheduleUnchanged if manual => {
                if self.status.is_open() && next.schedule_due_at.is_none() {
                    next.status = DeliveryStatus::Failed;
                }
            }
            Verdict::ScheduleUnchanged => {
                return Err(StoreError::Refused(
                    "a scheduled attempt must say what becomes of the schedule".to_owned(),
                ));
            }
            Verdict::RetryAt(at) if self.status.is_open() => {
                next.status = DeliveryStatus::Retrying;
                next.schedule_due_at = Some(*at);
            }
            Verdict::Failed if self.status.is_open() => next.status = DeliveryStatus::Failed,
            Verdict::RetryAt(_) | Verdict::Failed => {}
        }
        Ok(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use DeliveryStatus::{Canceled, Delivered, Failed, Pending, Retrying};
    use Trigger::{Resend, Schedule, Test};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn standing(status: DeliveryStatus) -> Standing {
        Standing {
            status,
            attempt_count: 3,
            scheduled_attempts: 2,
            schedule_due_at: status.is_open().then(|| at(10)),
            resend_due_at: None,
            test_due_at: None,
        }
    }

    #[test]
    fn an_open_delivery_goes_where_the_schedule_says() {
        let retried = standing(Pending).after(Schedule, &Verdict::RetryAt(at(20))).unwrap();
        assert_eq!((retried.status, retried.schedule_due_at), (Retrying, Some(at(20))));
        assert_eq!((retried.attempt_count, retried.scheduled_attempts), (4, 3));
        let failed = standing(Retrying).after(Schedule, &Verdict::Failed).unwrap();
        assert_eq!((failed.status, failed.schedule_due_at), (Failed, None));
        assert!(standing(Pending).after(Schedule, &Verdict::ScheduleUnchanged).is_err());
    }

    #[test]
    fn a_late_failure_changes_nothing_that_has_ended() {
        for status in [Delivered, Failed, Canceled] {
            for verdict in [Verdict::RetryAt(at(20)), Verdict::Failed] {
                let after = standing(status).after(Schedule, &verdict).unwrap();
                assert_eq!((after.status, after.next_attempt_at()), (status, None), "{verdict:?}");
            }
        }
    }

    #[test]
    fn a_success_counts_whenever_it_comes_and_ends_the_schedule() {
        for status in DeliveryStatus::ALL {
            for trigger in [Schedule, Resend, Test] {
                let after = standing(status).after(trigger, &Verdict::Delivered).unwrap();
                assert_eq!((after.status, after.schedule_due_at), (Delivered, None));
            }
        }
    }

    // behaviour T10
    #[test]
    fn a_failed_resend_leaves_the_schedule_as_it_is() {
        let waiting = Standing { resend_due_at: Some(at(5)), ..standing(Retrying) };
        assert_eq!(waiting.next_attempt_at(), Some(at(5)));
        for verdict in [Verdict::ScheduleUnchanged, Verdict::Failed, Verdict::RetryAt(at(99))] {
            let after = waiting.after(Resend, &verdict).unwrap();
            assert_eq!((after.status, after.next_attempt_at()), (Retrying, Some(at(10))));
            assert_eq!((after.attempt_count, after.scheduled_attempts), (4, 2));
        }
        for ended in [Delivered, Failed, Canceled] {
            let after = standing(ended).after(Resend, &Verdict::ScheduleUnchanged).unwrap();
            assert_eq!(after.status, ended);
        }
    }

    #[test]
    fn a_failed_test_has_no_schedule_to_fall_back_on() {
        let test = Standing { schedule_due_at: None, test_due_at: Some(at(5)), ..standing(Pending) };
        assert_eq!(test.after(Test, &Verdict::ScheduleUnchanged).unwrap().status, Failed);
    }
}
