//! Any comment, read for commands: `cargo +nightly fuzz run commands`.
//!
//! `cargo test` tries the same on texts made of what breaks comments.
#![no_main]

use libfuzzer_sys::fuzz_target;
use towpath::commands::ErrorKind;
use towpath::commands::grammar::{COMMANDS_MAX, Dialect, Invocation, parse};

#[path = "../../src/commands/grammar/tests/any_text.rs"]
mod any_text;

fuzz_target!(|text: &str| any_text::holds(text));
