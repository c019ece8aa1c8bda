//! The places beside environments.

use super::super::SqliteStore;
use crate::model::{ActivePlaces, EnvironmentName, RepositoryId};
use crate::store::{ActivePlaceStore, StoreError};
use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, named_params};

const STORE: &str = "
    INSERT INTO active_places (repository, environment, data) VALUES (:repository, :environment, :data)
    ON CONFLICT (repository, environment) DO UPDATE SET data = excluded.data";

pub(in crate::store::sqlite) const ONE: &str =
    "SELECT data FROM active_places WHERE repository = :repository AND environment = :environment";

pub(in crate::store::sqlite) const ALL: &str =
    "SELECT environment, data FROM active_places WHERE repository = :repository ORDER BY environment";

pub(in crate::store::sqlite) fn store(
    connection: &Connection,
    (repository, environment): (RepositoryId, &EnvironmentName),
    places: &ActivePlaces,
) -> Result<(), StoreError> {
    connection.prepare_cached(STORE)?.execute(named_params! {
        ":repository": repository, ":environment": environment, ":data": places,
    })?;
    Ok(())
}

#[async_trait]
impl ActivePlaceStore for SqliteStore {
    async fn active_places(
        &self,
        repository: RepositoryId,
        environment: &str,
    ) -> Result<ActivePlaces, StoreError> {
        let environment = EnvironmentName::from(environment);
        let read = move |c: &Connection| {
            let by = named_params! { ":repository": repository, ":environment": environment };
            let known = c.prepare_cached(ONE)?.query_row(by, |row| row.get(0)).optional()?;
            Ok(known.unwrap_or_default())
        };
        self.readers.run(read).await
    }

    async fn all_active_places(
        &self,
        repository: RepositoryId,
    ) -> Result<Vec<(EnvironmentName, ActivePlaces)>, StoreError> {
        let read = move |c: &Connection| {
            let by = named_params! { ":repository": repository };
            let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
            Ok(c.prepare_cached(ALL)?.query_map(by, row)?.collect::<Result<_, _>>()?)
        };
        self.readers.run(read).await
    }
}
