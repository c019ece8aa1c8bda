//! Hotfixes, and how they come back.

use super::{SqliteStore, work_items};
use crate::model::{BranchName, CommitId, Hotfix, Mended, PullNumber, RepositoryId, UnixMillis};
use crate::store::{HOTFIXES_LOOKED_THROUGH, HOTFIXES_MAX, HotfixStore, StoreError, WorkItem};
use async_trait::async_trait;
use rusqlite::{Connection, named_params};

const RECORD: &str = "
    INSERT INTO hotfixes (repository, key, since, data) VALUES (:repository, :key, :since, :data)
    ON CONFLICT (repository, key) DO NOTHING";

/// What people have said meanwhile of how it was mended stays.
const STORE: &str = "
    INSERT INTO hotfixes (repository, key, since, data) VALUES (:repository, :key, :since, :data)
    ON CONFLICT (repository, key) DO UPDATE
    SET data = json_set(excluded.data, '$.mended', json(hotfixes.data -> '$.mended'))";

const MEND: &str = "
    UPDATE hotfixes SET data = json_insert(data, '$.mended[#]', json(:mended))
    WHERE repository = :repository AND key = :key";

pub(super) const OPEN: &str = "
    SELECT data FROM hotfixes INDEXED BY hotfixes_open
    WHERE repository = :repository AND data ->> 'over' IS NULL ORDER BY since LIMIT :limit";

const ON_BRANCH: &str = "
    SELECT EXISTS (SELECT 1 FROM hotfixes WHERE repository = :repository AND data ->> 'branch' = :branch)";

const WITH_PULL: &str = "
    SELECT data FROM hotfixes WHERE repository = :repository
        AND :pull IN (data ->> 'pull', data ->> '$.carry_back.stage.pull') ORDER BY since";

/// Those of the newest that name this commit where they tell what they brought.
pub(super) const WITH_COMMIT: &str = "
    SELECT data FROM (
        SELECT data, since FROM hotfixes WHERE repository = :repository ORDER BY since DESC LIMIT :limit
    ) WHERE instr(data ->> 'landed', :commit) ORDER BY since DESC";

const OF_PULL: &str = "
    SELECT EXISTS (SELECT 1 FROM hotfixes WHERE repository = :repository AND data ->> 'pull' = :pull)";

/// Stores one that is not known yet, and has it looked at.
pub(super) fn record(
    connection: &Connection,
    repository: RepositoryId,
    hotfix: &Hotfix,
    now: UnixMillis,
) -> Result<(), StoreError> {
    put(connection, RECORD, repository, hotfix)?;
    work_items::mark(connection, &WorkItem::Hotfixes(repository), now).map(|_| ())
}

/// Stores it as it is now.
pub(super) fn store(
    connection: &Connection,
    repository: RepositoryId,
    hotfix: &Hotfix,
) -> Result<(), StoreError> {
    put(connection, STORE, repository, hotfix)
}

/// Notes that somebody says that it was mended in another way, and has it looked at.
pub(super) fn mend(
    connection: &Connection,
    (repository, key): (RepositoryId, &str),
    mended: &Mended,
    now: UnixMillis,
) -> Result<(), StoreError> {
    connection.prepare_cached(MEND)?.execute(named_params! {
        ":repository": repository, ":key": key, ":mended": mended,
    })?;
    work_items::mark(connection, &WorkItem::Hotfixes(repository), now).map(|_| ())
}

fn put(
    connection: &Connection,
    statement: &str,
    repository: RepositoryId,
    hotfix: &Hotfix,
) -> Result<(), StoreError> {
    connection.prepare_cached(statement)?.execute(named_params! {
        ":repository": repository, ":key": hotfix.key, ":since": hotfix.since, ":data": hotfix,
    })?;
    Ok(())
}

#[async_trait]
impl HotfixStore for SqliteStore {
    async fn hotfixes(&self, repository: RepositoryId) -> Result<Vec<Hotfix>, StoreError> {
        let read = move |c: &Connection| {
            let by = named_params! { ":repository": repository, ":limit": HOTFIXES_MAX };
            let mut statement = c.prepare_cached(OPEN)?;
            Ok(statement.query_map(by, |row| row.get(0))?.collect::<Result<_, _>>()?)
        };
        self.readers.run(read).await
    }

    async fn has_hotfix_on(&self, repository: RepositoryId, branch: &BranchName) -> Result<bool, StoreError> {
        let branch = branch.clone();
        let read = move |c: &Connection| {
            let by = named_params! { ":repository": repository, ":branch": branch };
            Ok(c.prepare_cached(ON_BRANCH)?.query_row(by, |row| row.get(0))?)
        };
        self.readers.run(read).await
    }

    async fn hotfixes_of(
        &self,
        repository: RepositoryId,
        pull: PullNumber,
    ) -> Result<Vec<Hotfix>, StoreError> {
        let read = move |c: &Connection| {
            let by = named_params! { ":repository": repository, ":pull": pull };
            let mut statement = c.prepare_cached(WITH_PULL)?;
            Ok(statement.query_map(by, |row| row.get(0))?.collect::<Result<_, _>>()?)
        };
        self.readers.run(read).await
    }

    async fn hotfix_that_brought(
        &self,
        repository: RepositoryId,
        commit: CommitId,
    ) -> Result<Option<Hotfix>, StoreError> {
        let read = move |c: &Connection| {
            let (limit, named) = (HOTFIXES_LOOKED_THROUGH, commit.to_string());
            let by = named_params! { ":repository": repository, ":limit": limit, ":commit": named };
            let mut statement = c.prepare_cached(WITH_COMMIT)?;
            let found = statement.query_map(by, |row| row.get(0))?.collect::<Result<Vec<Hotfix>, _>>()?;
            Ok(found.into_iter().find(|it| it.has_brought(commit)))
        };
        self.readers.run(read).await
    }

    async fn has_hotfix_of(&self, repository: RepositoryId, pull: PullNumber) -> Result<bool, StoreError> {
        let read = move |c: &Connection| {
            let by = named_params! { ":repository": repository, ":pull": pull };
            Ok(c.prepare_cached(OF_PULL)?.query_row(by, |row| row.get(0))?)
        };
        self.readers.run(read).await
    }
}
