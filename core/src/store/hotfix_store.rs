//! Hotfixes, and how they come back.

use super::StoreError;
use crate::model::{BranchName, CommitId, Hotfix, PullNumber, RepositoryId};
use async_trait::async_trait;

/// Questions about hotfixes. They are written by [`super::Change::HotfixRecorded`], [`super::Change::Hotfix`] and
/// [`super::Change::HotfixMended`].
#[async_trait]
pub trait HotfixStore {
    /// The hotfixes of a repository that are not over, the oldest first: at most [`HOTFIXES_MAX`].
    async fn hotfixes(&self, repository: RepositoryId) -> Result<Vec<Hotfix>, StoreError>;

    /// Whether a hotfix of a repository has this branch, or had it and is over.
    async fn has_hotfix_on(&self, repository: RepositoryId, branch: &BranchName) -> Result<bool, StoreError>;

    /// The hotfixes of a repository that have this pull request, or are carried back by it, whether they are over or not.
    async fn hotfixes_of(
        &self,
        repository: RepositoryId,
        pull: PullNumber,
    ) -> Result<Vec<Hotfix>, StoreError>;

    /// The newest hotfix of a repository that has brought this commit to its environment, whether it is over or not: of the
    /// last [`HOTFIXES_LOOKED_THROUGH`].
    async fn hotfix_that_brought(
        &self,
        repository: RepositoryId,
        commit: CommitId,
    ) -> Result<Option<Hotfix>, StoreError>;

    /// Whether a hotfix of a repository has this pull request, or had it and is over.
    async fn has_hotfix_of(&self, repository: RepositoryId, pull: PullNumber) -> Result<bool, StoreError>;
}

/// How many hotfixes that are not over are looked at.
pub const HOTFIXES_MAX: u32 = 100;

/// Among so many of the newest hotfixes it is looked for the one that has brought a commit.
pub const HOTFIXES_LOOKED_THROUGH: u32 = 1_000;
