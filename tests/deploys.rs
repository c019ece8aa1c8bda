//! Deploys, carried out.
#![allow(missing_docs, reason = "tests explain themselves by their names")]
#![allow(clippy::unwrap_used, reason = "in a test a panic is an answer")]

#[path = "deploys/command.rs"]
mod command;
#[path = "deploys/command_attacks.rs"]
mod command_attacks;
#[path = "deploys/command_settings.rs"]
mod command_settings;
#[path = "deploys/command_slugs.rs"]
mod command_slugs;
#[path = "deploys/yard.rs"]
mod yard;
