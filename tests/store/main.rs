//! What every database behind the `Store` trait must do, and what the SQLite one does besides.
//!
//! A scenario sees `dyn Store` alone. Another database joins with one more line of `suite!`.
#![allow(clippy::unwrap_used, reason = "all of this is tests, though the attribute is in a macro")]

mod bounds;
mod changes;
mod deploy_rows;
mod former_versions;
mod given;
mod hotfixes;
mod inbox;
mod install_reports;
mod kill;
mod locks;
mod misplaced;
mod model;
mod sqlite_file;
mod work_items;

macro_rules! scenarios {
    ($open:expr; $($subject:ident: $($name:ident),+;)+) => {$(
        mod $subject {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    let opened = $open.await;
                    crate::$subject::$name(std::sync::Arc::clone(&opened.store)).await;
                    opened.store.close().await;
                }
            )+
        }
    )+};
}

macro_rules! suite {
    ($database:ident, $open:expr) => {
        mod $database {
            scenarios! { $open;
                inbox:
                    the_same_delivery_again_changes_nothing,
                    the_same_delivery_again_revives_a_dead_work_item,
                    another_body_under_a_known_guid_is_refused,
                    a_delivery_for_work_that_waits_joins_it,
                    of_64_callers_with_one_guid_exactly_one_stores,
                    bodies_of_every_size_come_back_as_they_went,
                    the_inbox_is_in_order_of_arrival_and_bounded,
                    deliveries_of_a_dead_work_item_are_dead_until_taken_in,
                    listings_are_newest_first_by_state_and_without_bodies,
                    a_delivery_is_found_by_row_number_and_guid,
                    a_replayed_delivery_is_taken_in_again,
                    pruning_keeps_what_was_not_taken_in,
                    a_delivery_whose_body_was_dropped_is_repeated_but_not_replayed;
                work_items:
                    a_mark_during_the_work_leaves_the_work_item_dirty,
                    a_done_work_item_rests_until_it_is_marked,
                    a_mark_shortens_the_back_off_to_a_second,
                    waiting_as_asked_is_no_failure,
                    what_waits_for_github_is_brought_forward_by_the_end_of_an_outage_alone,
                    the_end_of_an_outage_brings_what_waits_for_it_and_nothing_else,
                    a_clock_that_was_set_back_keeps_nothing_waiting,
                    a_mark_revives_a_dead_work_item,
                    what_was_given_up_is_listed_until_it_is_marked,
                    a_mark_during_the_work_outlives_giving_up,
                    an_ended_lease_counts_as_a_failure,
                    no_clock_ends_a_lease,
                    an_old_token_changes_nothing,
                    a_settled_lease_is_over,
                    the_oldest_is_taken_first,
                    one_repository_has_a_bounded_number_out,
                    one_installation_has_a_bounded_number_out,
                    next_due_names_the_next_moment,
                    many_workers_never_share_a_work_item;
                bounds:
                    what_is_closed_for_long_is_forgotten_with_its_pushes,
                    comments_with_commands_are_forgotten_when_they_are_over_for_long,
                    the_last_merges_of_a_repository_are_kept_however_old,
                    work_that_rests_for_long_is_forgotten_and_can_be_marked_again,
                    what_waits_or_is_shown_keeps_its_work_item,
                    a_verdict_reads_a_bounded_part_of_the_ledger,
                    how_far_a_line_was_read_is_remembered;
                deploy_rows:
                    a_lane_has_what_the_next_deploy_depends_on,
                    what_quotes_a_log_is_found_however_many_came_since,
                    what_is_open_and_what_is_live_is_found_at_a_start,
                    an_environment_is_one_by_whatever_spelling,
                    what_is_noted_in_the_middle_of_work_holds_while_the_lease_does,
                    an_order_marks_its_environment_and_keeps_its_outcome,
                    the_newest_word_on_files_counts_in_whatever_order_it_comes,
                    a_work_item_that_waits_for_the_clock_is_taken_at_once_when_it_is_marked,
                    an_entry_is_for_the_first_repository_until_the_operator_says_otherwise,
                    a_starting_point_is_kept_for_an_environment_in_any_spelling,
                    what_was_read_first_counts_until_it_is_read_again;
                locks:
                    the_newest_lock_of_an_environment_is_found_by_whatever_spelling,
                    locks_that_a_pull_request_ends_are_found_until_they_have_ended,
                    a_lock_and_an_override_mark_whoever_rests_on_them,
                    overrides_are_kept_by_their_numbers_and_counted_by_their_times,
                    overrides_given_at_once_get_numbers_of_their_own,
                    of_two_overrides_of_one_finding_at_once_one_is_kept,
                    of_two_who_confirm_at_once_one_has,
                    a_budget_has_room_for_all_overrides_of_a_command_or_for_none,
                    overrides_go_with_their_pull_request_and_locks_stay;
                hotfixes:
                    a_hotfix_is_recorded_once_and_keeps_what_people_say_of_it;
                install_reports:
                    reports_with_a_path_come_first_and_go_with_their_repository;
                changes:
                    accounts_and_repositories_are_replaced,
                    older_news_of_a_pull_request_is_ignored,
                    a_verdict_raises_the_version_and_survives_news,
                    one_check_alone_says_of_a_pull_request_what_is_not_granted,
                    open_pulls_and_those_who_share_a_check,
                    tips_are_in_the_order_of_their_moves_however_they_arrive,
                    the_earliest_push_is_kept,
                    each_push_of_a_topic_is_kept_once_also_one_of_a_known_commit,
                    the_newest_pushes_of_each_topic_are_kept_until_they_are_old,
                    a_desire_is_marked_once_per_substance,
                    a_desire_that_nobody_works_on_is_marked_again,
                    what_github_shows_is_remembered_and_can_vanish,
                    pruning_lets_go_of_effects_that_nobody_asks_about,
                    a_check_worded_with_other_siblings_is_stale,
                    the_pull_requests_judged_in_the_list_are_no_siblings,
                    a_failing_change_takes_the_whole_list_back,
                    an_attempt_is_noted_while_the_lease_holds;
            }
        }
    };
}

suite!(sqlite, crate::given::sqlite());
