//! Commands in comments: how they are written, what each takes, and who may give them.
//!
//! Lives here: reading commands out of a comment's Markdown and printing them again ([`grammar`]), what a command says of
//! itself and what it was given ([`spec`]), and the right that it needs ([`rights`]).
//!
//! Does not live here: what a command does, reactions and replies (`engine`), asking GitHub who somebody is (`github`),
//! escaping what people wrote when it is shown (`report`), time, anything async. The same text gives the same commands,
//! always.
//!
//! Open first: `grammar/mod.rs`, for [`grammar::parse`]; then `spec/mod.rs`, which is the form of a command.
//!
//! # Promises, and the tests that hold them
//!
//! - What is printed is read as what it was: `what_is_printed_is_read_as_it_was`.
//! - Nothing in code, quotes, comments, links or mail that is answered is a command:
//!   `nothing_is_a_command_where_no_plain_text_is`.
//! - No text ends the server or takes longer than its length allows: `any_text_is_read_to_its_end`,
//!   `the_longest_comments_are_read_once`.
//! - A right that is not known is not there: `whoever_is_not_known_to_have_a_right_has_none`.

mod command_error;
mod did_you_mean;
pub mod grammar;
pub mod rights;
pub mod spec;

pub use command_error::{CommandError, ErrorKind};
pub use did_you_mean::did_you_mean;
