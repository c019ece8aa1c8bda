//! HTTP: the webhook, the probes, and the server under them.
//!
//! Lives here: reading requests within bounds of size and time, and turning what the engine says into statuses; who may
//! read numbers (`watching`); the page of a deploy's log (`log_page`). Uses `engine`, and counts in `metrics`.
//!
//! Does not live here: verification, storage, decisions.
//!
//! Open first: `routes.rs`; then `body.rs` for the bounds on a body (25 MB, 20 s, 8 s of silence, 256 MB for all
//! bodies together, by what has arrived; a body that stands still gives way).
//!
//! # Promises, and the tests that hold them
//!
//! - Nobody keeps large deliveries out or fills the memory: `what_is_announced_and_does_not_come_takes_nobodys_room`,
//!   `a_body_that_stands_still_gives_way_to_one_that_goes_on`,
//!   `readers_of_a_log_who_do_not_read_cost_little_and_are_cut_off`, `a_signed_push_of_25_mb_costs_a_few_of_it`.
//! - Stalled connections keep no good delivery waiting:
//!   `a_thousand_stalled_connections_keep_no_good_delivery_waiting`.
//! - Numbers are for this machine and for whoever has the token, and name nobody:
//!   `what_a_proxy_hands_on_does_not_come_from_this_machine`, `numbers_are_told_to_this_machine_and_name_nobody`.
//! - What the log of a public repository's deploy says is for the operator alone:
//!   `in_a_public_repository_the_log_is_the_operators_alone`.
//! - Strangers learn nothing and write nothing:
//!   `an_unsigned_report_is_answered_the_same_where_there_is_a_service_and_where_there_is_none`,
//!   `nothing_that_is_logged_makes_a_line_of_its_own`.

mod body;
mod body_memory;
mod connection;
mod file_body;
mod live;
mod log_page;
mod manifest;
mod markup;
mod metrics_token;
mod routes;
mod server;
mod setup;
mod shared;
mod style;
mod watching;

pub use body::Limits;
pub use metrics_token::MetricsToken;
pub use server::{BindError, Server};
pub use setup::{OpenEngine, SetUp};
