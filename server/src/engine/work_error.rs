//! Why work on a work item did not come to its end.

use crate::deploy::drivers::DriverError;
use crate::github::{ApiError, RetryAdvice};
use crate::lineage::GitError;
use crate::model::{SharedError, UnixMillis, shared_error};
use crate::store::{Change, StoreError};
use std::error::Error;

/// Work on a work item that did not come to its end. What it decided meanwhile is still stored.
#[derive(Debug, Clone)]
pub(super) struct WorkError {
    /// What went wrong.
    pub(super) failure: WorkFailure,
    /// What to do about it.
    pub(super) retry_advice: RetryAdvice,
    /// What is to be stored all the same.
    pub(super) changes: Vec<Change>,
}

/// What went wrong while a work item was worked on.
#[derive(Debug, Clone, thiserror::Error)]
pub(super) enum WorkFailure {
    /// GitHub did not do what was asked.
    #[error(transparent)]
    GitHub(#[from] ApiError),
    /// git did not.
    #[error(transparent)]
    Git(#[from] GitError),
    /// The store did not.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Whoever carries a deploy out did not.
    #[error(transparent)]
    Driver(#[from] DriverError),
    /// The work itself could not go on.
    #[error("{what}")]
    Here {
        /// Why, or during what.
        what: String,
        /// What is beneath it, where there is something.
        source: Option<SharedError>,
    },
}

impl WorkFailure {
    /// Whether GitHub did not answer, or git could not do what it mostly needs GitHub for.
    pub(super) fn is_no_answer(&self) -> bool {
        let error = match self {
            Self::GitHub(error) => Some(error),
            Self::Driver(DriverError::Later { source: Some(source), .. }) => source.downcast_ref(),
            Self::Git(_) => return true,
            _ => None,
        };
        matches!(error, Some(ApiError::NoAnswer { .. } | ApiError::Failed { .. }))
    }
}

impl WorkError {
    pub(super) fn give_up(what: impl Into<String>) -> Self {
        Self::here(what, RetryAdvice::GiveUp)
    }

    pub(super) fn not_before(at: UnixMillis, what: impl Into<String>) -> Self {
        Self::here(what, RetryAdvice::NotBefore(at))
    }

    pub(super) fn later(what: impl Into<String>) -> Self {
        Self::here(what, RetryAdvice::TryLater)
    }

    fn here(what: impl Into<String>, retry_advice: RetryAdvice) -> Self {
        Self {
            failure: WorkFailure::Here { what: what.into(), source: None },
            retry_advice,
            changes: Vec::new(),
        }
    }

    /// The same, because of an error.
    pub(super) fn caused_by(self, error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        let WorkFailure::Here { what, .. } = self.failure else { return self };
        Self { failure: WorkFailure::Here { what, source: Some(shared_error(error)) }, ..self }
    }

    fn try_later(failure: WorkFailure) -> Self {
        Self { failure, retry_advice: RetryAdvice::TryLater, changes: Vec::new() }
    }
}

impl From<ApiError> for WorkError {
    fn from(error: ApiError) -> Self {
        let retry_advice = error.retry_advice();
        Self { retry_advice, ..Self::try_later(error.into()) }
    }
}

impl From<GitError> for WorkError {
    fn from(error: GitError) -> Self {
        Self::try_later(error.into())
    }
}

impl From<StoreError> for WorkError {
    fn from(error: StoreError) -> Self {
        Self::try_later(error.into())
    }
}

impl From<DriverError> for WorkError {
    fn from(error: DriverError) -> Self {
        let retry_advice = match &error {
            DriverError::NotBefore(at) => RetryAdvice::NotBefore(*at),
            DriverError::Later { .. } | DriverError::Refused { .. } => RetryAdvice::TryLater,
        };
        Self { retry_advice, ..Self::try_later(error.into()) }
    }
}
