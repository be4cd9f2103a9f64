//! The suite every engine passes: one function per fact, grouped by trait.
//!
//! An engine's test binary writes `beckon_store::conformance!(crate::make)` and gets one test per fact.
//! Every fact gets a store of its own, freshly made, and makes what it needs through the traits alone.
//! Not here: what only one engine has (files, locks, migrations).

#![expect(clippy::unwrap_used, reason = "these are tests")]

pub mod audit;
pub mod config;
pub mod deliveries;
pub mod events;
pub mod fifo;
pub mod finish;
mod given;
pub mod health;
pub mod idempotency;
pub mod identity;
pub mod intake;
pub mod jobs;
pub mod keys;
pub mod lanes;
pub mod lists;
pub mod mail;
pub mod members;
pub mod people;
pub mod queue;
pub mod segments;
pub mod settings;
pub mod stats;
pub mod suppressions;
pub mod webhooks;

pub use given::Given;

use std::collections::HashMap;
use std::time::Duration;

use beckon_domain::id::WebhookId;
use jiff::Timestamp;

use crate::page::PAGE_ROWS_MAX;
use crate::{Cursor, Page, PageRequest, Result, SharedStore, StoreError};

/// How long to wait for what a fact is sure of. Long, because a busy machine must not fail a test.
const PATIENCE: Duration = Duration::from_secs(30);

/// Makes a test of each fact.
///
/// `$make` is the path, from the crate's root, of an `async fn() -> (SharedStore, impl Sized)`: a store with
/// nothing in it, and what must be kept until the test is over.
#[macro_export]
macro_rules! conformance {
    ($make:path) => {
        $crate::conformance!(@family $make, config:
            a_change_of_the_set_up_counts_up_its_version,
            a_loaded_config_holds_what_is_set_up_and_nothing_deleted,
            an_unknown_workspace_has_no_config,
            a_store_says_that_it_can_be_written,
            a_config_cache_is_never_older_than_the_last_acknowledged_change,
            all_who_ask_a_config_cache_at_once_wait_for_one_reading,
        );
        $crate::conformance!(@family $make, suppressions:
            entries_are_added_once_listed_and_taken_off,
            who_is_on_the_list_is_told_with_a_batch,
        );
        $crate::conformance!(@family $make, identity:
            a_contact_is_found_by_everything_it_is_known_by,
            a_browser_that_waits_for_an_address_is_found_with_it,
            visitors_are_read_by_id_and_by_person,
            what_happened_to_an_identity_is_noted,
            who_is_merged_leaves_everything_to_who_stays,
            a_merge_that_is_undone_gives_back_what_was_theirs,
            who_comes_back_takes_nothing_from_others,
            merges_are_undone_from_the_last_on,
            who_is_erased_is_erased_as_everybody_they_were,
            what_is_much_moves_in_steps,
        );
        $crate::conformance!(@family $make, webhooks:
            a_webhook_is_read_back_with_its_secrets,
            a_webhook_id_is_used_once,
            an_update_needs_the_latest_revision,
            a_disabled_webhook_gets_nothing_more,
            a_deleted_webhook_gets_nothing_more_and_its_history_stays,
            webhooks_are_listed_newest_first_without_deleted_ones,
            a_webhook_of_another_workspace_is_not_found,
        );
        $crate::conformance!(@family $make, segments:
            segments_are_numbered_from_1001_and_never_alike,
            a_segment_update_needs_the_latest_revision,
            a_deleted_segment_is_gone,
            segments_are_listed_newest_first,
            a_segment_of_another_workspace_is_not_found,
            an_event_type_is_kept_under_its_name,
            an_event_type_that_a_webhook_lists_cannot_be_deleted,
            event_types_of_workspaces_are_apart,
        );
        $crate::conformance!(@family $make, keys:
            workspaces_are_listed_oldest_first,
            an_api_key_is_found_by_its_hash_until_it_is_revoked,
            a_write_key_is_found_by_its_text,
            keys_are_listed_newest_first,
            a_key_is_there_once,
            keys_of_workspaces_are_apart,
        );
        $crate::conformance!(@family $make, members:
            a_member_is_read_back_and_found_by_address,
            the_last_owner_can_not_be_removed,
            an_address_is_of_one_member,
            an_invitation_is_used_once,
            an_invitation_takes_the_place_of_the_one_before,
            an_invitation_to_reset_changes_a_password_and_ends_all_sessions,
            links_end_with_what_they_were_made_by,
            a_session_ends_when_the_password_changes_but_the_one_that_changed_it_stays,
            a_session_is_found_until_it_ends,
            a_workspace_has_room_for_so_many_members,
            members_of_another_workspace_are_not_found,
        );
        $crate::conformance!(@family $make, audit:
            an_entry_is_read_back_as_it_was_recorded,
            entries_are_listed_newest_first_by_every_filter,
            entries_of_workspaces_are_apart,
        );
        $crate::conformance!(@family $make, settings:
            settings_are_part_of_the_set_up,
            old_signals_go_with_what_came_of_them_and_young_ones_stay,
            signals_of_another_workspace_stay,
            an_old_event_goes_with_its_deliveries_and_attempts,
            what_is_forgotten_takes_nothing_with_it_that_is_still_waiting,
            a_notice_that_is_still_to_be_mailed_is_not_forgotten,
            events_of_another_workspace_stay,
            the_audit_log_is_forgotten_from_its_old_end,
        );
        $crate::conformance!(@family $make, events:
            a_published_event_is_read_back_byte_for_byte,
            an_id_that_is_taken_stores_nothing,
            an_id_can_be_taken_in_each_workspace,
            what_was_routed_with_an_old_config_is_stale,
            an_event_of_another_workspace_is_refused,
            an_event_without_takers_costs_no_queue_work,
            events_are_listed_by_every_combination_of_filters,
            events_are_paged_completely_while_more_arrive,
            an_event_of_another_workspace_is_not_found,
        );
        $crate::conformance!(@family $make, deliveries:
            a_delivery_begins_pending_and_due,
            deliveries_are_listed_by_every_combination_of_filters,
            deliveries_are_paged_completely_while_more_arrive,
            deliveries_with_a_label_are_paged_completely,
            deliveries_about_somebody_are_paged_completely_while_more_arrive,
            a_cursor_of_nowhere_is_refused,
            attempts_are_listed_of_a_delivery_in_order_and_of_a_webhook_newest_first,
            what_is_of_another_workspace_is_not_found,
            what_is_about_people_of_another_workspace_is_not_listed,
        );
        $crate::conformance!(@family $make, queue:
            what_is_due_comes_earliest_first_and_bounded,
            what_is_skipped_is_left_out_and_not_next,
            every_webhook_with_work_is_listed_with_its_first_time,
            the_bell_rings_for_what_was_published,
            what_the_bell_carries_is_what_the_queue_says,
            a_resend_is_one_more_request_beside_the_schedule,
            a_resend_on_a_disabled_or_deleted_webhook_is_refused,
            a_canceled_delivery_is_not_due_and_cannot_be_canceled_again,
            a_waiting_resend_of_an_ended_delivery_can_be_canceled,
            a_test_delivery_is_due_at_once_whatever_the_webhook_wants,
            a_test_needs_a_webhook_that_is_enabled,
            many_publish_at_once_and_all_is_there,
        );
        $crate::conformance!(@family $make, finish:
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
        $crate::conformance!(@family $make, lanes:
            what_is_due_comes_lane_by_lane,
            each_lane_is_bounded_by_itself,
            only_later_attempts_wait_for_their_time,
            a_replay_runs_the_schedule_anew_in_its_lane,
            a_retry_can_be_made_due_at_once,
            what_has_ended_cannot_be_made_due_at_once,
        );
        $crate::conformance!(@family $make, fifo:
            a_retry_holds_up_what_stands_behind_it,
            what_was_held_up_goes_on_once_the_first_has_ended,
            what_a_person_asks_for_passes,
            a_replay_takes_its_place_in_the_order,
            a_webhook_that_becomes_fifo_has_what_waits_put_in_order,
        );
        $crate::conformance!(@family $make, health:
            health_is_recorded_with_the_attempt_that_changed_it,
            a_webhook_that_is_no_longer_live_has_no_health,
            the_health_of_another_workspace_is_not_found,
        );
        $crate::conformance!(@family $make, jobs:
            a_job_is_read_back_and_listed_newest_first,
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
        $crate::conformance!(@family $make, mail:
            a_notice_is_in_the_outbox_until_it_was_told,
            only_what_was_announced_for_mailing_is_in_the_outbox,
        );
        $crate::conformance!(@family $make, intake:
            a_batch_is_read_back_by_every_key,
            a_batch_replaces_what_it_changed,
            addresses_can_move_between_contacts_of_a_batch,
            an_address_belongs_to_one_contact,
            history_begins_where_it_was_asked_for_and_is_bounded,
            page_views_of_a_visit_can_be_claimed_once,
            a_message_id_is_seen_until_it_is_forgotten,
            events_of_a_batch_are_due,
            a_batch_is_stored_whole_or_not_at_all,
            a_batch_decided_with_an_old_config_is_stale,
            workspaces_see_nothing_of_each_other,
            signals_are_listed_newest_first,
            the_company_in_whose_network_a_visit_is_comes_along,
            a_signal_is_read_back_with_its_story,
            signals_are_listed_by_kind_and_person,
        );
        $crate::conformance!(@family $make, people:
            contacts_are_listed_newest_first_or_by_address,
            companies_are_listed_newest_first_or_by_domain,
            an_erased_contact_leaves_no_trace,
            somebody_who_did_much_is_erased_in_steps,
            what_a_crash_left_to_be_sent_of_who_was_erased_is_not_sent,
            an_erased_company_belongs_to_nobody,
            people_of_another_workspace_are_not_found,
            contacts_are_found_by_the_beginnings_of_their_words,
            contacts_are_listed_by_every_combination_of_filters,
            companies_are_found_by_the_beginnings_of_their_words,
            who_changes_is_found_by_what_they_are_now,
            what_somebody_did_is_listed_latest_first,
        );
        $crate::conformance!(@family $make, lists:
            a_list_is_part_of_the_set_up,
            a_name_is_of_one_list_of_a_subject,
            a_workspace_has_room_for_so_many_lists,
            lists_are_listed_newest_first,
            somebody_is_put_on_a_list_and_taken_off,
            members_of_a_list_are_listed_a_page_at_a_time,
            a_batch_puts_people_on_lists_and_reads_which,
            who_is_erased_is_on_no_list,
            a_deleted_list_has_no_members_left,
            a_list_of_another_workspace_is_not_found,
        );
        $crate::conformance!(@family $make, stats:
            tallies_equal_the_attempts_they_summarise,
            what_is_not_stored_is_not_counted,
            what_bots_send_is_counted,
            tallies_are_read_by_the_hour,
            the_last_delivery_of_each_webhook_is_known,
            the_last_firing_of_each_segment_is_known,
            activity_moves_whenever_something_changes,
        );
        $crate::conformance!(@family $make, idempotency:
            the_first_answer_stays,
            an_old_answer_is_as_good_as_none,
            answers_of_workspaces_are_apart,
        );
    };
    (@family $make:path, $family:ident: $($fact:ident,)+) => {
        mod $family {
            $(
                #[tokio::test]
                async fn $fact() {
                    let (store, _kept) = $make().await;
                    $crate::conformance::$family::$fact(&store).await;
                }
            )+
        }
    };
}

/// Follows a list to its end, `limit` rows at a time.
async fn walk<T>(limit: u32, mut list: impl AsyncFnMut(PageRequest) -> Result<Page<T>>) -> Vec<T> {
    let mut rows = Vec::new();
    let mut after = None;
    loop {
        let page = list(PageRequest { limit, after }).await.unwrap();
        assert!(page.rows.len() <= limit as usize, "a page of {} rows where {limit} were wanted", page.rows.len());
        rows.extend(page.rows);
        after = page.next;
        if after.is_none() {
            return rows;
        }
    }
}

/// What the bell says, which has rung or is about to.
async fn heard(store: &SharedStore) -> HashMap<WebhookId, Timestamp> {
    let bell = store.due_bell();
    let rung = tokio::time::timeout(PATIENCE, bell.heard()).await.expect("the bell rings");
    rung.into_iter().filter_map(|(webhook, rung)| Some((webhook, rung.first_at()?))).collect()
}

/// A page that holds everything a fact makes.
fn everything() -> PageRequest {
    PageRequest { limit: PAGE_ROWS_MAX, after: None }
}

fn garbage() -> [Cursor; 3] {
    [Cursor(vec![]), Cursor(b"garbage".to_vec()), Cursor(vec![0xff; 64])]
}

#[track_caller]
fn assert_not_found<T: std::fmt::Debug>(answer: Result<T>) {
    assert!(matches!(answer, Err(StoreError::NotFound(_))), "{answer:?}");
}

#[track_caller]
fn assert_refused<T: std::fmt::Debug>(answer: Result<T>) {
    assert!(matches!(answer, Err(StoreError::Refused(_))), "{answer:?}");
}

#[track_caller]
fn assert_stale<T: std::fmt::Debug>(answer: Result<T>) {
    assert!(matches!(answer, Err(StoreError::Stale(_))), "{answer:?}");
}

#[track_caller]
fn assert_exists<T: std::fmt::Debug>(answer: Result<T>) {
    assert!(matches!(answer, Err(StoreError::Exists(_))), "{answer:?}");
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_fact_is_in_the_list_that_engines_run() {
        let list = include_str!("conformance.rs");
        for family in [
            include_str!("conformance/audit.rs"),
            include_str!("conformance/config.rs"),
            include_str!("conformance/deliveries.rs"),
            include_str!("conformance/events.rs"),
            include_str!("conformance/fifo.rs"),
            include_str!("conformance/finish.rs"),
            include_str!("conformance/health.rs"),
            include_str!("conformance/idempotency.rs"),
            include_str!("conformance/intake.rs"),
            include_str!("conformance/jobs.rs"),
            include_str!("conformance/keys.rs"),
            include_str!("conformance/lanes.rs"),
            include_str!("conformance/lists.rs"),
            include_str!("conformance/mail.rs"),
            include_str!("conformance/members.rs"),
            include_str!("conformance/people.rs"),
            include_str!("conformance/queue.rs"),
            include_str!("conformance/segments.rs"),
            include_str!("conformance/settings.rs"),
            include_str!("conformance/stats.rs"),
            include_str!("conformance/webhooks.rs"),
        ] {
            let facts = family.lines().filter_map(|line| line.strip_prefix("pub async fn ")?.split('(').next());
            for fact in facts {
                assert!(list.contains(&format!(" {fact},\n")), "{fact} is not in the list");
            }
        }
    }
}
