//! What is asked for on an environment.

use super::{SqliteStore, deploy_tables};
use crate::model::{EnvironmentName, RepositoryId};
use crate::store::{PromotionStore, RequestedActRow, StoreError};
use async_trait::async_trait;

#[async_trait]
impl PromotionStore for SqliteStore {
    async fn open_acts(
        &self,
        repository: RepositoryId,
        environment: &str,
    ) -> Result<Vec<RequestedActRow>, StoreError> {
        let environment = EnvironmentName::from(environment);
        self.readers.run(move |c| deploy_tables::requested_acts(c, repository, &environment)).await
    }
}
