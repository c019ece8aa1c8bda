//! What is asked for on an environment, and the merges that come of it.

use super::{RequestedActId, RequestedActRow, StoreError};
use crate::model::{CommitId, PullNumber, RepositoryId, UnixMillis};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

/// A merge that an act has asked GitHub for, or was about to ask for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestedMerge {
    /// The pull request.
    pub number: PullNumber,
    /// The head that was to be merged.
    pub head: CommitId,
    /// When it was begun.
    pub begun_at: UnixMillis,
    /// What GitHub calls it; `None` as long as GitHub has not answered.
    #[serde(default)]
    pub uuid: Option<String>,
}

/// Questions about promotions. Merges are written by [`super::Change::RequestedMerge`].
#[async_trait]
pub trait PromotionStore {
    /// The acts on an environment that nobody has brought to their end, the oldest first.
    async fn open_acts(
        &self,
        repository: RepositoryId,
        environment: &str,
    ) -> Result<Vec<RequestedActRow>, StoreError>;

    /// The merge that an act has asked for.
    async fn requested_merge(&self, act: RequestedActId) -> Result<Option<RequestedMerge>, StoreError>;
}
