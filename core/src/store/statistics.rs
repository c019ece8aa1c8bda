//! How much there is, for whoever watches the server.

use super::StoreError;
use crate::model::{PullNumber, RepositoryId, UnixMillis};
use async_trait::async_trait;

/// How much there is at a moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Work items that could be taken.
    pub due: u32,
    /// Work items that wait for a moment to come.
    pub later: u32,
    /// Work items that are worked on.
    pub leased: u32,
    /// Work items that were given up.
    pub given_up: u32,
    /// Since when the one could be taken that has waited longest.
    pub oldest_due: Option<UnixMillis>,
    /// When the newest stored delivery came.
    pub last_delivery: Option<UnixMillis>,
    /// Accounts with the App installed.
    pub installations: u32,
    /// Repositories that the App can see.
    pub repositories: u32,
}

/// Questions about the whole of the store. Each walks through the work items, so it is not for every event.
#[async_trait]
pub trait StatisticsStore {
    /// How much there is.
    async fn statistics(&self, now: UnixMillis) -> Result<Statistics, StoreError>;

    /// The pull request that was judged first among those that are known.
    async fn first_verdict(&self) -> Result<Option<(RepositoryId, PullNumber)>, StoreError>;
}
