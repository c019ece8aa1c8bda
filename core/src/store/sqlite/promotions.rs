//! What is asked for on an environment, and the merges that come of it.

use super::{SqliteStore, deploy_tables};
use crate::model::{EnvironmentName, RepositoryId};
use crate::store::{PromotionStore, RequestedActId, RequestedActRow, RequestedMerge, StoreError};
use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, named_params};

const STORE_MERGE: &str = "
    INSERT INTO requested_merges (act, data) VALUES (:act, :data)
    ON CONFLICT (act) DO UPDATE SET data = excluded.data";

pub(super) const MERGE: &str = "SELECT data FROM requested_merges WHERE act = :act";

pub(super) fn store_merge(
    connection: &Connection,
    act: RequestedActId,
    merge: &RequestedMerge,
) -> Result<(), StoreError> {
    let by = named_params! { ":act": act.0, ":data": merge };
    connection.prepare_cached(STORE_MERGE)?.execute(by)?;
    Ok(())
}

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

    async fn requested_merge(&self, act: RequestedActId) -> Result<Option<RequestedMerge>, StoreError> {
        let read = move |c: &Connection| {
            let by = named_params! { ":act": act.0 };
            Ok(c.prepare_cached(MERGE)?.query_row(by, |row| row.get(0)).optional()?)
        };
        self.readers.run(read).await
    }
}
