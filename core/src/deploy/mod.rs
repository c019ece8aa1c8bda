//! Deploys: when one is made, which goes next, what reports on it change, who carries it out.
//!
//! Lives here: the state machine of an environment's deploys ([`DeployQueue`], pure), what a build is known by
//! ([`slug`]), what the operator allows ([`operator`]), and one file for each way to carry a deploy out ([`drivers`]).
//!
//! Does not live here: when to look and what to store (`engine`), words (`report`), GitHub's REST (`github`): drivers
//! that need GitHub ask for it by a trait.
//!
//! Open first: `deploy_queue.rs`; then `drivers/mod.rs` for the trait, and `drivers/deployment.rs`, the smallest
//! driver.
//!
//! # The way of a deploy
//!
//! One work item of the engine handles all deploys of one environment, so two never begin at once. It reads what was
//! reported, asks [`DeployQueue`] what the branch's tip asks for and whose turn it is, makes the GitHub Deployment,
//! starts the driver, and has GitHub show the state. What must not begin twice is noted before it begins, in a
//! transaction in the middle of the work. After a restart, a note without an end is looked for first: the Deployment
//! by its payload, the run by its title, the process group by its number and start time. What follows from a change (a
//! promotion that may go on, a copy branch that may follow) is stored in the same transaction as the change.
//!
//! A driver is told once, then asked or listened to, and may be told to cancel. It knows GitHub by a trait of its own
//! ([`drivers::forge::Forge`]) and the operator's file by what it is given. What is being cancelled keeps its
//! environment until its end is confirmed. Reports may come twice, late and in any order: the queue counts what is
//! newer than what it knows.
//!
//! # Promises, and the tests that hold them
//!
//! - A merge is deployed once, whatever is lost, doubled or killed:
//!   `whatever_is_lost_or_doubled_a_merge_is_deployed_once`, `killed_at_any_request_it_ends_as_if_undisturbed`,
//!   `a_deploy_that_a_restart_cuts_off_is_run_again_and_ends`.
//! - One deploy at a time for each environment, never backwards: `one_at_a_time_and_never_backwards`,
//!   `an_older_deploy_that_finishes_last_does_not_win`, `what_waits_and_is_taken_off_the_branch_is_not_deployed`,
//!   `what_waited_behind_a_hold_is_live_once_it_has_gone`,
//!   `a_run_that_was_given_up_is_cancelled_before_the_next_one_begins`,
//!   `nothing_begins_unasked_beside_one_that_may_still_run`,
//!   `what_hangs_keeps_its_environment_until_its_end_is_confirmed`.
//! - A rollback goes back to the last release that ran well, and nothing rolled back returns unasked:
//!   `it_goes_back_to_what_ran_last_and_well_before_the_trouble`, `a_rollback_never_brings_back_what_was_taken_back`,
//!   `a_rollback_that_fails_is_told_and_tried_again_and_goes_no_further_back`.
//! - What Towpath says is what customers see, whatever happens to deploys:
//!   `customers_see_what_they_must_whatever_happens_to_deploys`.
//! - No report that is lost, early or late keeps an environment busy:
//!   `an_end_that_github_told_nobody_is_found_by_the_regular_look`,
//!   `a_status_that_comes_before_its_deployment_is_known_keeps_nothing_waiting`,
//!   `a_deploy_that_github_lets_nobody_make_for_a_while_goes_later`,
//!   `a_run_that_is_gone_does_not_keep_its_environment`.
//! - A job that only names an environment makes nothing live:
//!   `a_job_that_names_production_for_its_secrets_does_not_make_it_live`.
//! - On the platform of Adobe Commerce nothing counts as deployed before the trees that run there are git's, and no answer
//!   that fails is an end: `success_is_not_said_while_the_platform_runs_other_files`,
//!   `tokens_end_and_answers_fail_and_the_deploy_is_seen_to_its_end`,
//!   `an_activity_that_vanishes_ends_the_deploy_with_words`,
//!   `a_build_past_its_time_is_cancelled_and_a_deploy_is_not`,
//!   `nothing_is_begun_where_the_operator_or_the_platform_says_otherwise`.
//! - It is pushed to by nobody else's key, to no server that the operator does not know, and never by force:
//!   `a_merge_and_a_rollback_go_over_a_real_sshd`, `a_real_sshd_that_is_not_known_or_does_not_know_us_gets_nothing`,
//!   `nothing_is_pushed_by_force`, `a_push_that_is_refused_ends_with_what_where_and_what_to_do`,
//!   `a_server_that_ends_in_the_middle_of_a_push_finds_it_again`.
//! - Repository configuration makes the server run no program and call no address that the operator has not allowed:
//!   `an_address_that_the_operator_has_not_allowed_is_not_called`,
//!   `what_leads_into_a_private_network_is_not_called_however_it_is_named`.
//! - What the operator allows a repository goes along with its number, and to none that takes over its name:
//!   `programs_go_along_with_a_rename`, `a_successor_under_the_old_name_gets_nothing`,
//!   `however_a_rename_is_told_its_successor_gets_nothing`, `after_a_lost_database_only_a_written_number_tells`.
//! - What a repository sets reaches the build alone, under names that change no program:
//!   `settings_reach_the_build_alone`, `no_setting_changes_how_programs_are_loaded`.
//! - Whatever a build leaves behind, the server goes on: `folders_deeper_than_any_path_are_refused_and_removed`,
//!   `a_hole_in_a_file_counts_as_what_it_says`, `a_work_tree_that_is_replaced_by_a_link_is_refused`.
//! - Secrets are in no log, no error, no page, no process argument: `secrets_are_seen_nowhere`,
//!   `what_was_built_once_is_promoted_as_the_same_bits`, `a_secret_is_known_in_the_forms_that_programs_write`.

mod aftercare;
mod allowed_addresses;
mod branch_deploys;
mod cloud_project;
mod delivery_stats;
mod deploy_queue;
pub mod drivers;
mod endpoint;
pub mod operator;
mod phase_lengths;
mod report;
mod setting_names;
pub mod slug;
mod soak;

pub use aftercare::{NextCheck, aftercare_end, next_check, overtaken_by};
pub use branch_deploys::{refuses_branch, refuses_branches};
pub use cloud_project::CloudProject;
pub use delivery_stats::delivery_stats;
pub use deploy_queue::{CancelAnswer, CarriedOutBy, DeployQueue, Limits, RollbackPlan, Wanted, release_of};
pub use endpoint::Endpoint;
pub use phase_lengths::{deploy_record, phase_lengths};
pub use report::{DeployReport, ReportedState};
pub use setting_names::{AllowedNames, PREFIX as SETTING_PREFIX};
pub use soak::{LiveTime, live_time};

#[cfg(test)]
mod samples;
