//! What is asked for on an environment.

use super::{RequestedActRow, StoreError};
use crate::model::RepositoryId;
use async_trait::async_trait;

/// Questions about promotions.
#[async_trait]
pub trait PromotionStore {
    /// The acts on an environment that nobody has brought to their end, the oldest first.
    async fn open_acts(
        &self,
        repository: RepositoryId,
        environment: &str,
    ) -> Result<Vec<RequestedActRow>, StoreError>;
}
