//! What becomes of a verdict that git or GitHub left open: a check that says so, and work to be tried again.

use super::work_error::WorkError;
use crate::github::{ApiError, RetryAdvice};
use crate::lineage::GitError;
use crate::model::{Cause, ForPeople, Outcome, Undecided, Verdict, error_chain};

/// Why nothing was decided: what the check shows, and what is beneath it.
#[derive(Debug, Clone)]
pub(super) struct NotDecided {
    why: Undecided,
    error: Option<WorkError>,
}

impl NotDecided {
    /// git did not answer. It is logged here: the check shows less.
    pub(super) fn by_git(error: GitError) -> Self {
        tracing::error!(error = error_chain(&error), "git gave no answer");
        error.into()
    }

    /// The mirror could not be fetched. It is logged, too.
    pub(super) fn not_fetched(error: GitError) -> Self {
        tracing::error!(error = error_chain(&error), "the mirror could not be brought up to date");
        // What is too large may be another pull request, which is asked for no more.
        Self::from(error).like_any_failure()
    }

    /// GitHub did not answer.
    pub(super) fn by_github(error: ApiError) -> Self {
        Self { why: Undecided::GitHub { what: error.for_people() }, error: Some(error.into()) }
    }

    /// What else had to be known could not be asked for.
    pub(super) fn by(error: WorkError) -> Self {
        let what = error.failure.for_people();
        let error = WorkError { retry_advice: RetryAdvice::TryLater, ..error };
        Self { why: Undecided::Git { what }, error: Some(error) }
    }

    /// The same, to be tried again like any other failure, whatever GitHub has advised.
    pub(super) fn like_any_failure(mut self) -> Self {
        if let Some(error) = &mut self.error {
            error.retry_advice = RetryAdvice::TryLater;
        }
        self
    }

    /// The verdict that says so, and why it has to be tried again, where that can help.
    pub(super) fn verdict(self) -> (Verdict, Option<WorkError>) {
        let verdict = Verdict::undecided(self.why);
        let error = self.error.or_else(|| error_in(&verdict));
        (verdict, error)
    }
}

impl From<GitError> for NotDecided {
    fn from(error: GitError) -> Self {
        Self { why: Undecided::Git { what: error.for_people() }, error: Some(advised(error)) }
    }
}

impl From<Undecided> for NotDecided {
    fn from(why: Undecided) -> Self {
        Self { why, error: None }
    }
}

/// A verdict, and why it has to be tried again, where that can help.
pub(super) fn settled(outcome: Result<Verdict, NotDecided>) -> (Verdict, Option<WorkError>) {
    match outcome {
        Ok(verdict) => {
            let error = error_in(&verdict);
            (verdict, error)
        }
        Err(not) => not.verdict(),
    }
}

/// Another commit may do better than one that git will never take or cannot hold, and whoever pushes one is heard.
fn advised(error: GitError) -> WorkError {
    let retry_advice = if error.may_pass() { RetryAdvice::TryLater } else { RetryAdvice::GiveUp };
    WorkError { retry_advice, ..WorkError::from(error) }
}

/// Why a verdict has to be worked out again. What will pass by itself is tried again; a missing branch waits for the push
/// that makes it.
pub(super) fn error_in(verdict: &Verdict) -> Option<WorkError> {
    if verdict.outcome() != Outcome::Unknown {
        return None;
    }
    verdict.findings.iter().find_map(|finding| match &finding.cause {
        Cause::CouldNotDecide(Undecided::Git { what } | Undecided::GitHub { what }) => {
            Some(WorkError::later(what.as_str()))
        }
        Cause::CouldNotDecide(Undecided::CommitMissing { what }) => {
            Some(WorkError::later(format!("{what} cannot be read yet")))
        }
        _ => None,
    })
}
