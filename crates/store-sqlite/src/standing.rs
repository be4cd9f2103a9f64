//! Decides how a delivery stands, whatever happened to it meanwhile, and where it waits.
//!
//! Pure. What the delivery engine decided was decided before the request came back; between the two the
//! delivery may have been canceled, delivered by another request, replayed, or lost its webhook.

use beckon_domain::delivery::{DeliveryStatus, Trigger, Verdict};
use beckon_store::deliveries::Lane;
use beckon_store::{Result, StoreError};
use jiff::Timestamp;

/// How a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) status: DeliveryStatus,
    pub(crate) attempt_count: u32,
    /// Requests of the present schedule.
    pub(crate) scheduled_attempts: u32,
    /// When the schedule's next request is due, while the schedule runs.
    pub(crate) schedule_due_at: Option<Timestamp>,
    /// When a request that a person asked for is due.
    pub(crate) resend_due_at: Option<Timestamp>,
    /// When a test is due.
    pub(crate) test_due_at: Option<Timestamp>,
    /// Whether its schedule is one that was begun anew.
    pub(crate) replay: bool,
    /// Whether it was canceled with its webhook, and not by a person.
    pub(crate) canceled_with_webhook: bool,
}

/// How the scheduled requests of a delivery's webhook are ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// Each in its lane.
    Lanes,
    /// FIFO: all in one lane, at the time of the event.
    Events {
        /// That time.
        created_at: Timestamp,
    },
}

/// A place in a webhook's queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) lane: Lane,
    /// What the lane is ordered by.
    pub(crate) at: Timestamp,
}

/// A request that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Waiting {
    pub(crate) place: Place,
    /// When it is due.
    pub(crate) due_at: Timestamp,
}

impl Standing {
    /// What waits: the request of the schedule, the one that a person asked for, the test.
    pub(crate) fn waiting(&self, order: Order) -> [Option<Waiting>; 3] {
        let at = |lane, at| Waiting { place: Place { lane, at }, due_at: at };
        let scheduled = self.schedule_due_at.map(|due_at| match order {
            Order::Lanes => at(self.schedule_lane(), due_at),
            Order::Events { created_at } => Waiting { place: Place { lane: Lane::First, at: created_at }, due_at },
        });
        let resend = self.resend_due_at.map(|due_at| at(Lane::Resend, due_at));
        [scheduled, resend, self.test_due_at.map(|due_at| at(Lane::Test, due_at))]
    }

    fn schedule_lane(&self) -> Lane {
        match (self.replay, self.scheduled_attempts) {
            (true, _) => Lane::Replay,
            (false, 0) => Lane::First,
            (false, _) => Lane::Retry,
        }
    }

    /// Whether the schedule's next request has to wait for its time: a first attempt is due whatever the clock says.
    pub(crate) fn waits_for_its_time(&self) -> bool {
        self.schedule_lane() != Lane::First
    }

    /// Why the schedule's requests are made.
    pub(crate) fn schedule_trigger(&self) -> Trigger {
        if self.replay { Trigger::Replay } else { Trigger::Schedule }
    }

    /// When the next request is due, of any trigger.
    pub(crate) fn next_attempt_at(&self) -> Option<Timestamp> {
        [self.schedule_due_at, self.resend_due_at, self.test_due_at].into_iter().flatten().min()
    }

    /// How it stands after an attempt of that trigger.
    ///
    /// A success counts whenever it comes. A failure of the schedule changes only a delivery whose schedule
    /// still runs, and is the one that the attempt was made for; a failure of a manual request only one that was waiting
    /// for nothing else.
    pub(crate) fn after(self, trigger: Trigger, verdict: &Verdict) -> Result<Standing> {
        let mut next = Standing { attempt_count: self.attempt_count.saturating_add(1), ..self };
        // An attempt that began before the schedule was begun anew is of a schedule that is gone.
        let of_schedule = trigger == self.schedule_trigger();
        match trigger {
            Trigger::Schedule | Trigger::Replay if of_schedule => {
                next.scheduled_attempts = self.scheduled_attempts.saturating_add(1);
                next.schedule_due_at = None;
            }
            Trigger::Schedule | Trigger::Replay => {}
            Trigger::Resend => next.resend_due_at = None,
            Trigger::Test => next.test_due_at = None,
        }
        match verdict {
            Verdict::Delivered => {
                next.status = DeliveryStatus::Delivered;
                next.schedule_due_at = None;
            }
            Verdict::RetryAt(_) | Verdict::Failed | Verdict::ScheduleUnchanged if trigger.is_manual() => {
                if self.status.is_open() && next.schedule_due_at.is_none() {
                    next.status = DeliveryStatus::Failed;
                }
            }
            Verdict::ScheduleUnchanged => {
                return Err(StoreError::Refused(
                    "a scheduled attempt must say what becomes of the schedule".to_owned(),
                ));
            }
            Verdict::RetryAt(at) if self.status.is_open() && of_schedule => {
                next.status = DeliveryStatus::Retrying;
                next.schedule_due_at = Some(*at);
            }
            Verdict::Failed if self.status.is_open() && of_schedule => next.status = DeliveryStatus::Failed,
            Verdict::RetryAt(_) | Verdict::Failed => {}
        }
        Ok(next)
    }

    /// How it stands when nothing more is to be sent, because a person said so. One that has ended and only waits for a
    /// resend keeps how it ended.
    pub(crate) fn canceled(self) -> Standing {
        let status = if self.status.is_open() { DeliveryStatus::Canceled } else { self.status };
        Standing { status, schedule_due_at: None, resend_due_at: None, test_due_at: None, ..self }
    }

    /// How it stands when its schedule does not wait any longer than until `at`.
    pub(crate) fn hurried(self, at: Timestamp) -> Standing {
        if !self.waits_for_its_time() {
            return self;
        }
        Standing { schedule_due_at: self.schedule_due_at.map(|due_at| due_at.min(at)), ..self }
    }

    /// How it stands when its schedule begins anew at `at`.
    pub(crate) fn replayed(self, at: Timestamp) -> Standing {
        let status = if self.attempt_count == 0 { DeliveryStatus::Pending } else { DeliveryStatus::Retrying };
        Standing {
            status,
            scheduled_attempts: 0,
            schedule_due_at: Some(at),
            replay: true,
            canceled_with_webhook: false,
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use DeliveryStatus::{Canceled, Delivered, Failed, Pending, Retrying};
    use Trigger::{Replay, Resend, Schedule, Test};

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
            replay: false,
            canceled_with_webhook: false,
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

    #[test]
    fn a_replay_begins_the_schedule_anew_and_goes_on_in_its_lane() {
        let missed = Standing { canceled_with_webhook: true, ..standing(Canceled) };
        let replayed = missed.replayed(at(50));
        assert_eq!((replayed.status, replayed.scheduled_attempts), (Retrying, 0));
        assert_eq!((replayed.next_attempt_at(), replayed.canceled_with_webhook), (Some(at(50)), false));
        let never_tried = Standing { attempt_count: 0, ..missed }.replayed(at(50));
        assert_eq!(never_tried.status, Pending);
        let failed_again = replayed.after(Replay, &Verdict::RetryAt(at(60))).unwrap();
        assert_eq!(
            (failed_again.status, failed_again.scheduled_attempts, failed_again.attempt_count),
            (Retrying, 1, 4)
        );
        let place = Place { lane: Lane::Replay, at: at(60) };
        assert_eq!(failed_again.waiting(Order::Lanes)[0], Some(Waiting { place, due_at: at(60) }));
        assert_eq!(failed_again.after(Replay, &Verdict::Failed).unwrap().status, Failed);
        assert!(replayed.after(Replay, &Verdict::ScheduleUnchanged).is_err());
    }

    #[test]
    fn a_failure_of_the_schedule_before_a_replay_leaves_the_replay_alone() {
        let replayed = standing(Canceled).replayed(at(50));
        for verdict in [Verdict::RetryAt(at(99)), Verdict::Failed] {
            let after = replayed.after(Schedule, &verdict).unwrap();
            assert_eq!(after, Standing { attempt_count: 4, ..replayed }, "{verdict:?}");
        }
        assert_eq!(replayed.after(Schedule, &Verdict::Delivered).unwrap().next_attempt_at(), None);
    }

    #[test]
    fn of_a_fifo_webhook_all_that_is_scheduled_stands_at_the_time_of_its_event() {
        let order = Order::Events { created_at: at(1) };
        let first = Standing { scheduled_attempts: 0, schedule_due_at: Some(at(1)), ..standing(Pending) };
        for standing in [first, standing(Retrying), standing(Failed).replayed(at(7))] {
            let waiting = standing.waiting(order)[0].unwrap();
            assert_eq!(waiting.place, Place { lane: Lane::First, at: at(1) });
            assert_eq!(Some(waiting.due_at), standing.schedule_due_at);
        }
        let manual = Standing { resend_due_at: Some(at(8)), ..standing(Failed) };
        assert_eq!(manual.waiting(order)[1].unwrap().place, Place { lane: Lane::Resend, at: at(8) });
    }

    #[test]
    fn hurrying_makes_a_retry_due_and_leaves_what_is_due_anyway() {
        assert_eq!(standing(Retrying).hurried(at(4)).schedule_due_at, Some(at(4)));
        assert_eq!(standing(Retrying).hurried(at(11)).schedule_due_at, Some(at(10)), "never later");
        let first = Standing { scheduled_attempts: 0, ..standing(Pending) };
        assert_eq!(first.hurried(at(4)), first);
    }
}
