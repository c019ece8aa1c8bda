//! The comments that quote logs.

use super::super::SqliteStore;
use crate::model::{Deploy, PullNumber, RepositoryId};
use crate::store::{QuotedLogStore, StoreError};
use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, named_params};
use std::collections::BTreeSet;

const STORE: &str = "
    INSERT INTO visibility (repository, is_private) VALUES (:repository, :is_private)
    ON CONFLICT (repository) DO UPDATE SET is_private = excluded.is_private";

pub(in crate::store::sqlite) const KNOWN: &str =
    "SELECT is_private FROM visibility WHERE repository = :repository";

pub(in crate::store::sqlite) const DEPLOYS: &str = "SELECT data FROM deploys WHERE repository = :repository";

pub(in crate::store::sqlite) fn store(
    connection: &Connection,
    repository: RepositoryId,
    is_private: bool,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(STORE)?
        .execute(named_params! { ":repository": repository, ":is_private": is_private })?;
    Ok(())
}

/// Deploys may be many: one is read at a time.
fn pulls_that_quote(
    connection: &Connection,
    repository: RepositoryId,
    on_platform: bool,
) -> Result<Vec<PullNumber>, StoreError> {
    let mut statement = connection.prepare_cached(DEPLOYS)?;
    let mut rows = statement.query(named_params! { ":repository": repository })?;
    let mut pulls = BTreeSet::new();
    while let Some(row) = rows.next()? {
        let deploy: Deploy = super::read(&row.get::<_, String>(0)?)?;
        if deploy.quotes_its_log() && (deploy.is_on_platform() || !on_platform) {
            pulls.extend(deploy.pulls.into_iter().chain(deploy.takes_back));
        }
    }
    Ok(pulls.into_iter().collect())
}

#[async_trait]
impl QuotedLogStore for SqliteStore {
    async fn was_private(&self, repository: RepositoryId) -> Result<Option<bool>, StoreError> {
        let read = move |c: &Connection| {
            let by = named_params! { ":repository": repository };
            Ok(c.prepare_cached(KNOWN)?.query_row(by, |row| row.get(0)).optional()?)
        };
        self.readers.run(read).await
    }

    async fn pulls_that_quote(
        &self,
        repository: RepositoryId,
        on_platform: bool,
    ) -> Result<Vec<PullNumber>, StoreError> {
        self.readers.run(move |c| pulls_that_quote(c, repository, on_platform)).await
    }
}
