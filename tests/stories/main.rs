#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    reason = "a test may end by unwrapping, and its modules are seen by nobody else"
)]
//! Stories: the real server over HTTP against the embedded GitHub, told as people live them.
//!
//! A story ends with `stage.end()`, which fails if anything was said that the story did not read, if
//! an error was logged that it did not expect, or if anything that went over the wire is not as GitHub
//! describes it.

mod acceptance;
mod accepted;
mod active_places;
mod active_places_acts;
mod aftercare;
mod answers;
mod audit;
mod backfill;
mod bad_luck;
mod buttons;
mod calls;
mod cancelling;
mod carried_out;
mod change_status;
mod clock;
mod command_cost;
mod commands;
mod commands_before_the_verdict;
mod commands_in_odd_places;
mod commands_in_order;
mod commands_that_act;
mod commands_that_ask;
mod commands_unseen;
mod commerce;
mod commerce_bad_luck;
mod commerce_cloud;
mod commerce_logs;
mod commerce_push;
mod commerce_rollback;
mod commerce_sshd;
mod configuration;
mod copy;
mod cost;
mod decisions;
mod deploy_after_merge;
mod deploy_again;
mod deploy_histories;
mod doctor;
mod dormant;
mod errors_kept;
mod faults;
mod fewer_rights;
mod folded;
mod forecast;
mod foreign;
mod found_by_looking;
mod freeze_commands;
mod freezes;
mod healing;
mod held_up;
mod hotfix_way_home;
mod hotfixes;
mod hotfixes_asked_for;
mod hotfixes_missed;
mod hotfixes_refused;
mod hotfixes_told;
#[path = "../process/http.rs"]
#[allow(dead_code, reason = "not all of it is needed here")]
mod http;
mod install_report;
mod interrupted;
mod kept_up;
mod ledger;
mod manifest;
mod mirrors;
mod moved_since;
mod names;
mod operator_entries;
mod order;
mod outages;
mod overrides;
mod path;
mod payloads;
mod people;
mod pressed;
mod printed;
mod programs;
mod promote;
mod promote_refused;
mod queue;
mod rebuilt;
mod release_log;
mod renamed;
mod renewal;
mod reviews;
mod rights;
mod rollback;
mod rules_first;
mod said;
mod shop;
mod snapshot;
mod stacks;
mod stage;
mod strangers;
mod taken_back;
mod told;
mod trouble;
mod undone;
mod verified;
