//! The comments that quote logs: who could read them when they were worded, and where they are.

use super::StoreError;
use crate::model::{PullNumber, RepositoryId};
use async_trait::async_trait;

/// Questions about comments that quote logs. Who can read them is written by [`super::Change::Visibility`].
#[async_trait]
pub trait QuotedLogStore {
    /// Whether a repository was private when a comment was last worded that quotes a log, or would; `None` where none was.
    async fn was_private(&self, repository: RepositoryId) -> Result<Option<bool>, StoreError>;

    /// The pull requests of all deploys that are kept and quote their logs; of those on the platform of Adobe Commerce alone
    /// where `on_platform`.
    async fn pulls_that_quote(
        &self,
        repository: RepositoryId,
        on_platform: bool,
    ) -> Result<Vec<PullNumber>, StoreError>;
}
