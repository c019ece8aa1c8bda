//! What people have locked, and which findings they have overridden.

use super::StoreError;
use crate::model::{EnvironmentName, Lock, Override, PullNumber, RepositoryId, UnixMillis};
use async_trait::async_trait;

/// Questions about locks and overrides, in force or over. They are written by [`super::Change::Lock`] and
/// [`super::Change::Override`].
#[async_trait]
pub trait LockStore {
    /// The newest lock of an environment, in force or over.
    async fn lock(&self, repository: RepositoryId, environment: &str) -> Result<Option<Lock>, StoreError>;

    /// The environments with locks that the end of this pull request ends, and that nobody has ended.
    async fn locks_while_open(
        &self,
        repository: RepositoryId,
        number: PullNumber,
    ) -> Result<Vec<EnvironmentName>, StoreError>;

    /// Every override that was given on a pull request, in order of their numbers.
    async fn overrides(
        &self,
        repository: RepositoryId,
        number: PullNumber,
    ) -> Result<Vec<Override>, StoreError>;

    /// How many overrides were given in a repository since a moment, that one included.
    async fn overrides_since(&self, repository: RepositoryId, since: UnixMillis) -> Result<u32, StoreError>;
}
