//! Why work on a work item did not come to its end, and when it is to be tried again.

use crate::github::{ApiError, RetryAdvice};
use crate::lineage::GitError;
use crate::model::Millis;
use crate::store::{Change, StoreError};

/// Work on a work item that did not come to its end. What it decided meanwhile is still stored.
#[derive(Debug, Clone)]
pub(super) struct WorkError {
    /// What went wrong, for the operator.
    pub(super) what: String,
    /// What to do about it.
    pub(super) retry_advice: RetryAdvice,
    /// What is to be stored all the same.
    pub(super) changes: Vec<Change>,
}

impl WorkError {
    pub(super) fn give_up(what: impl Into<String>) -> Self {
        Self { what: what.into(), retry_advice: RetryAdvice::GiveUp, changes: Vec::new() }
    }

    pub(super) fn not_before(at: Millis, what: impl Into<String>) -> Self {
        Self { what: what.into(), retry_advice: RetryAdvice::NotBefore(at), changes: Vec::new() }
    }

    pub(super) fn later(what: impl Into<String>) -> Self {
        Self { what: what.into(), retry_advice: RetryAdvice::TryLater, changes: Vec::new() }
    }
}

impl From<ApiError> for WorkError {
    fn from(error: ApiError) -> Self {
        Self { what: error.to_string(), retry_advice: error.retry_advice(), changes: Vec::new() }
    }
}

impl From<GitError> for WorkError {
    fn from(error: GitError) -> Self {
        Self::later(error.to_string())
    }
}

impl From<StoreError> for WorkError {
    fn from(error: StoreError) -> Self {
        Self::later(error.to_string())
    }
}
