//! The places beside environments.

use super::StoreError;
use crate::model::{ActivePlaces, EnvironmentName, RepositoryId};
use async_trait::async_trait;

/// Questions about the places beside environments. They are written by [`super::Change::ActivePlaces`].
#[async_trait]
pub trait ActivePlaceStore {
    /// The places beside an environment, and who waits for one.
    async fn active_places(
        &self,
        repository: RepositoryId,
        environment: &str,
    ) -> Result<ActivePlaces, StoreError>;

    /// Those of every environment of a repository that has ever had any.
    async fn all_active_places(
        &self,
        repository: RepositoryId,
    ) -> Result<Vec<(EnvironmentName, ActivePlaces)>, StoreError>;
}
