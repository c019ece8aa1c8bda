//! How the command line exits.

use std::process::ExitCode;

use crate::model::{Outcome, Verdict};

/// The exit statuses beside 0 and 1, which scripts rely on.
pub(super) struct Status;

impl Status {
    /// What git is about to push would fail, or could not be checked.
    pub(super) const NOT_PUSHED: u8 = 1;
    /// A mistake in the arguments, or in a file that they name.
    pub(super) const USAGE_ERROR: u8 = 2;
    /// The verdict is wait.
    pub(super) const WAIT: u8 = 3;
    /// The server refused an act.
    pub(super) const REFUSED: u8 = 6;
}

/// The exit status that a verdict gives.
pub(super) fn exit_of(verdict: &Verdict) -> ExitCode {
    exit_of_outcome(verdict.outcome())
}

/// The exit status that an outcome gives.
pub(super) fn exit_of_outcome(outcome: Outcome) -> ExitCode {
    match outcome {
        Outcome::Pass | Outcome::Warn => ExitCode::SUCCESS,
        Outcome::Wait => ExitCode::from(Status::WAIT),
        Outcome::Unknown | Outcome::Fail => ExitCode::FAILURE,
    }
}
