//! Why something was not done that somebody has asked for.

use crate::engine::work_error::WorkError;
use crate::github::ApiError;
use crate::lineage::GitError;
use crate::model::UserMessage;

/// Why nothing was.
pub(super) enum NotDone {
    /// It will not come of trying again.
    Refused(UserMessage),
    /// It may.
    WorkError(WorkError),
}

impl NotDone {
    pub(super) fn refused(why: impl AsRef<str>) -> Self {
        Self::Refused(UserMessage::new(why))
    }
}

impl From<WorkError> for NotDone {
    fn from(error: WorkError) -> Self {
        Self::WorkError(error)
    }
}

impl From<GitError> for NotDone {
    fn from(error: GitError) -> Self {
        Self::WorkError(error.into())
    }
}

/// What GitHub does not allow is told to whoever pressed, who may know whom to ask.
impl From<ApiError> for NotDone {
    fn from(error: ApiError) -> Self {
        match error {
            ApiError::Forbidden { message, .. } | ApiError::Refused { message, .. } => {
                Self::refused(format!("GitHub does not allow it: {message}"))
            }
            error => Self::WorkError(error.into()),
        }
    }
}
