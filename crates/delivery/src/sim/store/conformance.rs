//! The model store against the suite that every engine passes, as far as the delivery engine asks for it.

use std::sync::Arc;

use beckon_domain::retry::RetrySchedule;
use beckon_store::{SharedStore, conformance};

use super::{Model, SimStore, Weather};
use crate::sim::clock::SimClock;
use crate::sim::dice::Dice;
use crate::sim::receivers::Receivers;
use crate::sim::run::Run;
use crate::sim::watch::{Limits, Watch};
use crate::sim::world::{Shared, World};

async fn make() -> (SharedStore, ()) {
    tokio::time::pause();
    let limits = Limits { in_flight_max: 1, in_flight_per_webhook_max: 1, retry_schedule: RetrySchedule::default() };
    let world = Shared::new(World {
        model: Model::default(),
        weather: Weather::Calm,
        receivers: Receivers::default(),
        watch: Watch::new(limits),
    });
    let store = SimStore::new(world, Arc::new(SimClock::new()), Run::new(1), Dice::of(1, "store"));
    (Arc::new(store), ())
}

conformance!(@family crate::sim::store::conformance::make, webhooks:
    a_webhook_is_read_back_with_its_secrets,
    a_webhook_id_is_used_once,
    an_update_needs_the_latest_revision,
    a_disabled_webhook_gets_nothing_more,
    a_deleted_webhook_gets_nothing_more_and_its_history_stays,
    a_webhook_of_another_workspace_is_not_found,
);

conformance!(@family crate::sim::store::conformance::make, deliveries:
    a_delivery_begins_pending_and_due,
    what_is_of_another_workspace_is_not_found,
);

conformance!(@family crate::sim::store::conformance::make, queue:
    what_is_due_comes_earliest_first_and_bounded,
    what_is_skipped_is_left_out_and_not_next,
    every_webhook_with_work_is_listed_with_its_first_time,
    a_resend_is_one_more_request_beside_the_schedule,
    a_resend_on_a_disabled_or_deleted_webhook_is_refused,
    a_canceled_delivery_is_not_due_and_cannot_be_canceled_again,
    a_waiting_resend_of_an_ended_delivery_can_be_canceled,
    a_test_delivery_is_due_at_once_whatever_the_webhook_wants,
    a_test_needs_a_webhook_that_is_enabled,
    many_publish_at_once_and_all_is_there,
);

conformance!(@family crate::sim::store::conformance::make, lanes:
    what_is_due_comes_lane_by_lane,
    each_lane_is_bounded_by_itself,
    only_later_attempts_wait_for_their_time,
    a_replay_runs_the_schedule_anew_in_its_lane,
    a_retry_can_be_made_due_at_once,
    what_has_ended_cannot_be_made_due_at_once,
);

conformance!(@family crate::sim::store::conformance::make, fifo:
    a_retry_holds_up_what_stands_behind_it,
    what_was_held_up_goes_on_once_the_first_has_ended,
    what_a_person_asks_for_passes,
    a_replay_takes_its_place_in_the_order,
    a_webhook_that_becomes_fifo_has_what_waits_put_in_order,
);

conformance!(@family crate::sim::store::conformance::make, finish:
    a_success_ends_a_delivery,
    a_failure_is_retried_when_it_says_so,
    an_exhausted_delivery_has_failed_and_is_announced,
    what_was_canceled_meanwhile_stays_canceled_unless_delivered,
    a_webhook_disabled_meanwhile_gets_no_retry,
    a_failed_resend_leaves_the_schedule,
    a_successful_resend_ends_the_schedule,
    a_late_failure_after_a_success_changes_nothing,
    a_resend_revives_what_had_failed,
    a_failed_test_has_failed,
    an_attempt_can_disable_its_webhook_once,
    notices_go_only_to_webhooks_that_are_live,
    an_attempt_is_recorded_once_however_often_it_is_told,
    one_that_fails_does_not_touch_the_others,
    attempts_of_another_workspace_are_not_found,
);

conformance!(@family crate::sim::store::conformance::make, health:
    health_is_recorded_with_the_attempt_that_changed_it,
    a_webhook_that_is_no_longer_live_has_no_health,
    the_health_of_another_workspace_is_not_found,
);

conformance!(@family crate::sim::store::conformance::make, jobs:
    recovering_replays_what_a_webhook_did_not_take,
    what_a_person_cancels_after_a_replay_stays_canceled,
    replaying_what_is_missing_makes_the_deliveries_that_never_were,
    a_replay_takes_all_that_fit_and_have_ended,
    a_job_goes_on_where_it_stopped_and_replays_nothing_twice,
    a_canceled_job_goes_no_further,
    a_job_for_a_webhook_that_is_disabled_or_deleted_fails,
    only_so_many_jobs_run_at_once,
    jobs_of_another_workspace_are_not_found,
);

conformance!(@family crate::sim::store::conformance::make, mail:
    a_notice_is_in_the_outbox_until_it_was_told,
    only_what_was_announced_for_mailing_is_in_the_outbox,
);

conformance!(@family crate::sim::store::conformance::make, config:
    a_store_says_that_it_can_be_written,
    a_config_cache_is_never_older_than_the_last_acknowledged_change,
    all_who_ask_a_config_cache_at_once_wait_for_one_reading,
);
