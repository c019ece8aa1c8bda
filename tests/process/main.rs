#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    reason = "a test may end by unwrapping, and its modules are seen by nobody else"
)]
//! The program itself: `towpath serve` as a process against the embedded GitHub, started, fed, stopped,
//! killed and started anew.

mod backup;
mod closed;
mod demo;
mod disk;
mod doctor;
mod given_up;
mod http;
#[path = "../stories/in_memory.rs"]
mod in_memory;
mod input;
mod kill;
mod kill_rollback;
mod log;
mod memory;
mod misplaced;
mod numbers;
mod secrets;
mod server;
mod setup;
mod setup_link;
#[path = "../stories/shop.rs"]
mod shop;
mod start;
mod stop;
mod traces;
mod world;
