//! The manifest of a promotion as GitHub should show it.

use super::desired_check_run::digest;
use crate::engine::work_error::WorkError;
use crate::model::{PullNumber, RepositoryId, UnixMillis};
use crate::store::{Change, Desired, WorkItem};
use serde::{Deserialize, Serialize};

/// A manifest as it is stored to be shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct StoredManifest {
    /// Its text.
    pub(super) body: String,
    /// Whether it stands in a comment: the pull request is somebody else's, and so is its text.
    pub(super) in_comment: bool,
    /// When it was last worded anew.
    pub(super) worded_at: UnixMillis,
    /// Whether it tells that the promotion is merged: then it stays as it is.
    #[serde(default)]
    pub(super) merged: bool,
}

impl StoredManifest {
    pub(super) fn read(content: &str) -> Result<Self, WorkError> {
        serde_json::from_str(content)
            .map_err(|error| WorkError::give_up("the stored manifest cannot be read").caused_by(error))
    }

    /// By what one text is told from another one.
    pub(super) fn substance(&self) -> String {
        digest(&self.body)
    }

    /// It is to be shown on this pull request.
    pub(super) fn desired(&self, repository: RepositoryId, number: PullNumber) -> Result<Change, WorkError> {
        let content = serde_json::to_string(self)
            .map_err(|error| WorkError::give_up("the manifest cannot be written").caused_by(error))?;
        let (item, substance) = (WorkItem::Manifest(repository, number), self.substance());
        Ok(Change::Desire(Desired { item, content, substance, siblings: Vec::new() }))
    }
}
