//! Locks, freezes and overrides.

use super::{CHANGE_BYTES, SqliteStore, work_items};
use crate::model::{
    EnvironmentName, Lock, ManualFreeze, Override, PullNumber, RepositoryId, UnixMillis, UserId,
};
use crate::store::{GivenOverrides, LockStore, OverridesLeft, StoreError, WorkItem};
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

const STORE_FREEZE: &str = "
    INSERT INTO freezes (repository, environment, id, data) VALUES (:repository, :environment, :id, :data)
    ON CONFLICT (repository, environment, id) DO UPDATE SET data = excluded.data";

pub(super) const FREEZES: &str = "
    SELECT environment, data FROM freezes WHERE repository = :repository AND data ->> 'ended' IS NULL
    ORDER BY environment, id";

const STORE_OVERRIDE: &str = "
    INSERT INTO overrides (repository, number, id, given_at, data)
    VALUES (:repository, :number, :id, :given_at, :data)
    ON CONFLICT (repository, number, id) DO UPDATE SET given_at = excluded.given_at, data = excluded.data
    WHERE overrides.data ->> 'ended' IS NULL";

/// By itself, so that a second person's word that comes in meanwhile is kept.
const END_OVERRIDE: &str = "
    UPDATE overrides SET data = json_set(data, '$.ended', :at)
    WHERE repository = :repository AND number = :number AND id = :id AND data ->> 'ended' IS NULL";

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

pub(super) fn store_freeze(
    connection: &Connection,
    (repository, environment): (RepositoryId, &EnvironmentName),
    freeze: &ManualFreeze,
    now: UnixMillis,
) -> Result<(), StoreError> {
    connection.prepare_cached(STORE_FREEZE)?.execute(named_params! {
        ":repository": repository, ":environment": environment, ":id": freeze.id.cast_signed(), ":data": freeze,
    })?;
    work_items::mark(connection, &WorkItem::Freeze(repository, environment.clone()), now).map(|_| ())
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

pub(super) fn end_override(
    connection: &Connection,
    (repository, number): (RepositoryId, PullNumber),
    id: u64,
    at: UnixMillis,
) -> Result<(), StoreError> {
    connection.prepare_cached(END_OVERRIDE)?.execute(named_params! {
        ":repository": repository, ":number": number, ":id": id.cast_signed(), ":at": at,
    })?;
    Ok(())
}

fn give_overrides(
    connection: &Connection,
    on @ (repository, _): (RepositoryId, PullNumber),
    given: &[Override],
    budget: Option<OverridesLeft>,
    now: UnixMillis,
) -> Result<GivenOverrides, StoreError> {
    let used = match budget {
        Some(budget) => given_since(connection, repository, budget.since)?,
        None => 0,
    };
    let known = overrides(connection, on)?;
    let first = known.iter().map(|it| it.id).max().unwrap_or_default() + 1;
    let command = given.first().and_then(|it| it.command.clone());
    let (before, others): (Vec<Override>, Vec<Override>) =
        known.into_iter().partition(|it| command.is_some() && it.command == command);
    if !before.is_empty() {
        return Ok(GivenOverrides::Kept { overrides: before, used });
    }
    let is_for_same = |it: &Override| !it.is_over(now) && given.iter().any(|one| one.is_for_same(it));
    if let Some(same) = others.into_iter().find(is_for_same) {
        return Ok(GivenOverrides::Known(Box::new(same)));
    }
    let more = u32::try_from(given.len()).unwrap_or(u32::MAX);
    if budget.is_some_and(|budget| used.saturating_add(more) > budget.count) {
        return Ok(GivenOverrides::UsedUp { used });
    }
    let numbered = given.iter().zip(first..).map(|(one, id)| Override { id, ..one.clone() });
    let numbered: Vec<Override> = numbered.collect();
    numbered.iter().try_for_each(|one| store_override(connection, on, one, now))?;
    let used = if budget.is_some() { used + more } else { 0 };
    Ok(GivenOverrides::Kept { overrides: numbered, used })
}

fn confirm_overrides(
    connection: &Connection,
    on: (RepositoryId, PullNumber),
    numbers: &[u64],
    (by, by_id): (&str, Option<UserId>),
    now: UnixMillis,
) -> Result<Vec<Override>, StoreError> {
    let mut asked = overrides(connection, on)?;
    asked.retain(|it| numbers.contains(&it.id));
    for one in asked.iter_mut().filter(|it| it.confirmed_by.is_none()) {
        one.confirmed_by = Some(by.to_owned());
        one.confirmed_by_id = by_id;
        store_override(connection, on, one, now)?;
    }
    Ok(asked)
}

fn overrides(
    connection: &Connection,
    (repository, number): (RepositoryId, PullNumber),
) -> Result<Vec<Override>, StoreError> {
    let by = named_params! { ":repository": repository, ":number": number };
    let mut statement = connection.prepare_cached(OVERRIDES)?;
    Ok(statement.query_map(by, |row| row.get(0))?.collect::<Result<_, _>>()?)
}

fn given_since(
    connection: &Connection,
    repository: RepositoryId,
    since: UnixMillis,
) -> Result<u32, StoreError> {
    let by = named_params! { ":repository": repository, ":since": since };
    Ok(connection.prepare_cached(GIVEN_SINCE)?.query_row(by, |row| row.get(0))?)
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

    async fn freezes(
        &self,
        repository: RepositoryId,
    ) -> Result<Vec<(EnvironmentName, ManualFreeze)>, StoreError> {
        let read = move |c: &Connection| {
            let by = named_params! { ":repository": repository };
            let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
            Ok(c.prepare_cached(FREEZES)?.query_map(by, row)?.collect::<Result<_, _>>()?)
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
        self.readers.run(move |c| overrides(c, (repository, number))).await
    }

    async fn give_overrides(
        &self,
        on: (RepositoryId, PullNumber),
        overrides: Vec<Override>,
        budget: Option<OverridesLeft>,
        now: UnixMillis,
    ) -> Result<GivenOverrides, StoreError> {
        let bytes = overrides.len() * CHANGE_BYTES;
        self.writer.run(bytes, move |c| give_overrides(c, on, &overrides, budget, now)).await
    }

    async fn confirm_overrides(
        &self,
        on: (RepositoryId, PullNumber),
        numbers: Vec<u64>,
        (by, by_id): (String, Option<UserId>),
        now: UnixMillis,
    ) -> Result<Vec<Override>, StoreError> {
        let bytes = numbers.len() * CHANGE_BYTES;
        self.writer.run(bytes, move |c| confirm_overrides(c, on, &numbers, (&by, by_id), now)).await
    }

    async fn overrides_since(&self, repository: RepositoryId, since: UnixMillis) -> Result<u32, StoreError> {
        self.readers.run(move |c| given_since(c, repository, since)).await
    }
}
