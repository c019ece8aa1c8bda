//! Adobe Commerce on cloud infrastructure: what its files and its deploys say.
//!
//! Lives here: the codes of ece-tools in words of ours ([`codes`]), the reader of a deploy's log ([`log`]), the readers of the
//! platform's files ([`read`]), the rules on what a change of them does to the shop ([`rules`]), and what a release will do
//! ([`forecast`]).
//!
//! Does not live here: calling the platform, files, time, anything async.
//!
//! Open first: `rules/mod.rs`; for logs `log/progress.rs`, then `codes/mod.rs`.
//!
//! Names of codes, stages, steps and lines are those of `magento/ece-tools`, of the platform and of Adobe's documentation.
//! What they mean, and what to do about them, is said in our own words.
//!
//! # Promises, and the tests that hold them
//!
//! - Every code of ece-tools is explained: `the_table_has_every_code_of_ece_tools_and_no_other`,
//!   `every_code_is_said_in_words_that_fit`.
//! - The first fatal code is the cause, and what follows from it is none; nothing that comes after it opens the shop:
//!   `what_ended_a_deploy_and_what_the_shop_does_now`, `of_two_applications_the_one_that_failed_counts`.
//! - Of several deploys in one log the last one counts: `hook_logs_of_many_deploys_are_told_apart`.
//! - A log is read alike in whatever pieces and dress it comes, in bounded memory:
//!   `any_bytes_in_any_pieces_are_read_alike_and_in_bounds`, `a_log_is_read_alike_in_every_dress`.
//! - What is shown of a log holds no secret: `the_last_lines_end_with_the_cause_and_hold_no_secret`,
//!   `what_opens_doors_is_left_out`.

pub mod codes;
pub mod forecast;
pub mod log;
pub mod platform;
pub mod read;
pub mod rules;
