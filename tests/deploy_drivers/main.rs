//! Deploys, carried out.
#![allow(missing_docs, reason = "tests explain themselves by their names")]
#![allow(clippy::unwrap_used, reason = "in a test a panic is an answer")]

#[path = "../stories/in_memory.rs"]
mod in_memory;
mod program_attacks;
mod program_settings;
mod program_slugs;
mod programs;
mod yard;
