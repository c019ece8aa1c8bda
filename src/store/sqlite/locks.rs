//! Locks and overrides.

use super::{SqliteStore, work_items};
use crate::model::{EnvironmentName, Lock, Override, PullNumber, RepositoryId, UnixMillis};
use crate::store::{LockStore, StoreError, WorkItem};
use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, named_params};

const STORE_LOCK: &str = "
    INSERT INTO locks (repository, environment, id, while_open, data)
    VALUES (:repository, :environment, :id, :while_open, :data)
    ON CONFLICT (repository, environment, id) DO UPDATE SET while_open = excluded.while_open, data = excluded.data";

pub(super) const LOCK: &str = "
    SELECT data FROM locks WHERE repository = :repository AND environment = :environment
    ORDER BY id DESC LIMIT 1";

pub(super) const WHILE_OPEN: &str = "
    SELECT DISTINCT environment FROM locks WHERE repository = :repository AND while_open = :number
    ORDER BY environment";

const STORE_OVERRIDE: &str = "
    INSERT INTO overrides (repository, number, id, given_at, data)
    VALUES (:repository, :number, :id, :given_at, :data)
    ON CONFLICT (repository, number, id) DO UPDATE SET given_at = excluded.given_at, data = excluded.data";

pub(super) const OVERRIDES: &str = "
    SELECT data FROM overrides WHERE repository = :repository AND number = :number ORDER BY id";

pub(super) const GIVEN_SINCE: &str = "
    SELECT count(*) FROM overrides WHERE repository = :repository AND given_at >= :since";

pub(super) fn store_lock(
    connection: &Connection,
    (repository, environment): (RepositoryId, &EnvironmentName),
    lock: &Lock,
    now: UnixMillis,
) -> Result<(), StoreError> {
    connection.prepare_cached(STORE_LOCK)?.execute(named_params! {
        ":repository": repository, ":environment": environment, ":id": lock.id.cast_signed(),
        ":while_open": lock.while_open.filter(|_| lock.ended.is_none()), ":data": lock,
    })?;
    work_items::mark(connection, &WorkItem::Lock(repository, environment.clone()), now).map(|_| ())
}

pub(super) fn store_override(
    connection: &Connection,
    (repository, number): (RepositoryId, PullNumber),
    given: &Override,
    now: UnixMillis,
) -> Result<(), StoreError> {
    connection.prepare_cached(STORE_OVERRIDE)?.execute(named_params! {
        ":repository": repository, ":number": number, ":id": given.id.cast_signed(),
        ":given_at": given.at, ":data": given,
    })?;
    work_items::mark(connection, &WorkItem::PullRequest(repository, number), now).map(|_| ())
}

#[async_trait]
impl LockStore for SqliteStore {
    async fn lock(&self, repository: RepositoryId, environment: &str) -> Result<Option<Lock>, StoreError> {
        let environment = EnvironmentName::from(environment);
        let read = move |c: &Connection| {
            let by = named_params! { ":repository": repository, ":environment": environment };
            Ok(c.prepare_cached(LOCK)?.query_row(by, |row| row.get(0)).optional()?)
        };
        self.readers.run(read).await
    }

    async fn locks_while_open(
        &self,
        repository: RepositoryId,
        number: PullNumber,
    ) -> Result<Vec<EnvironmentName>, StoreError> {
        let read = move |c: &Connection| {
            let by = named_params! { ":repository": repository, ":number": number };
            let mut statement = c.prepare_cached(WHILE_OPEN)?;
            Ok(statement.query_map(by, |row| row.get(0))?.collect::<Result<_, _>>()?)
        };
        self.readers.run(read).await
    }

    async fn overrides(
        &self,
        repository: RepositoryId,
        number: PullNumber,
    ) -> Result<Vec<Override>, StoreError> {
        let read = move |c: &Connection| {
            let by = named_params! { ":repository": repository, ":number": number };
            let mut statement = c.prepare_cached(OVERRIDES)?;
            Ok(statement.query_map(by, |row| row.get(0))?.collect::<Result<_, _>>()?)
        };
        self.readers.run(read).await
    }

    async fn overrides_since(&self, repository: RepositoryId, since: UnixMillis) -> Result<u32, StoreError> {
        let read = move |c: &Connection| {
            let by = named_params! { ":repository": repository, ":since": since };
            Ok(c.prepare_cached(GIVEN_SINCE)?.query_row(by, |row| row.get(0))?)
        };
        self.readers.run(read).await
    }
}
