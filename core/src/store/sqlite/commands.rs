//! Comments with commands.

use super::{CHANGE_BYTES, SqliteStore, deploy_tables, reads, topic_moves};
use crate::model::{BranchName, CommentKey, Move, PullNumber, PushedAt, RepositoryId, UnixMillis};
use crate::store::{CommandRow, CommandStore, RequestedActId, RequestedActRow, StoreError};
use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, Row, named_params};

const STORE: &str = "
    INSERT INTO commands (repository, number, comment, author, created_at, replied_at, open, state)
    VALUES (:repository, :number, :comment, :author, :created_at, :replied_at, :open, :state)
    ON CONFLICT (repository, number, comment) DO UPDATE SET
        replied_at = excluded.replied_at, open = excluded.open, state = excluded.state";

pub(super) const ONE: &str = "
    SELECT repository, number, comment, author, created_at, replied_at, open, state FROM commands
    WHERE repository = :repository AND number = :number AND comment = :comment";

pub(super) const OPEN: &str = "
    SELECT number, comment FROM commands INDEXED BY commands_open
    WHERE repository = :repository AND open = 1 ORDER BY number, comment";

pub(super) const REPLIED: &str = "
    SELECT count(*) FROM commands INDEXED BY commands_replied
    WHERE repository = :repository AND author = :author AND replied_at >= :since";

pub(super) const WRITTEN: &str = "
    SELECT count(*) FROM commands INDEXED BY commands_written
    WHERE repository = :repository AND author = :author AND created_at >= :since";

pub(super) fn store(connection: &Connection, row: &CommandRow) -> Result<(), StoreError> {
    connection.prepare_cached(STORE)?.execute(named_params! {
        ":repository": row.repository,
        ":number": row.number,
        ":comment": row.comment,
        ":author": row.author,
        ":created_at": row.created_at,
        ":replied_at": row.replied_at,
        ":open": row.open,
        ":state": row.state,
    })?;
    Ok(())
}

fn row_from(row: &Row<'_>) -> rusqlite::Result<CommandRow> {
    Ok(CommandRow {
        repository: row.get(0)?,
        number: row.get(1)?,
        comment: row.get(2)?,
        author: row.get(3)?,
        created_at: row.get(4)?,
        replied_at: row.get(5)?,
        open: row.get(6)?,
        state: row.get(7)?,
    })
}

pub(super) fn one(
    connection: &Connection,
    repository: RepositoryId,
    number: PullNumber,
    comment: CommentKey,
) -> Result<Option<CommandRow>, StoreError> {
    let by = named_params! { ":repository": repository, ":number": number, ":comment": comment };
    Ok(connection.prepare_cached(ONE)?.query_row(by, row_from).optional()?)
}

pub(super) fn open(
    connection: &Connection,
    repository: RepositoryId,
) -> Result<Vec<(PullNumber, CommentKey)>, StoreError> {
    let mut statement = connection.prepare_cached(OPEN)?;
    let by = named_params! { ":repository": repository };
    let rows = statement.query_map(by, |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// How many comments of somebody are counted by [`REPLIED`] or [`WRITTEN`].
pub(super) fn count(
    connection: &Connection,
    sql: &str,
    repository: RepositoryId,
    (author, since): (&str, UnixMillis),
) -> Result<u32, StoreError> {
    let by = named_params! { ":repository": repository, ":author": author, ":since": since };
    Ok(connection.prepare_cached(sql)?.query_row(by, |row| row.get(0))?)
}

#[async_trait]
impl CommandStore for SqliteStore {
    async fn request_act(&self, row: RequestedActRow) -> Result<RequestedActId, StoreError> {
        let stored =
            self.writer.run(CHANGE_BYTES, move |c| deploy_tables::store_requested_act(c, &row)).await?;
        stored.ok_or_else(|| StoreError::unexpected("a command asks by its own work item"))
    }

    async fn requested_act(&self, id: RequestedActId) -> Result<Option<RequestedActRow>, StoreError> {
        self.readers.run(move |c| deploy_tables::one_requested_act(c, id)).await
    }

    async fn act_of_command(
        &self,
        repository: RepositoryId,
        key: &str,
    ) -> Result<Option<RequestedActRow>, StoreError> {
        let key = key.to_owned();
        self.readers.run(move |c| deploy_tables::act_of_command(c, repository, &key)).await
    }

    async fn command(
        &self,
        repository: RepositoryId,
        number: PullNumber,
        comment: CommentKey,
    ) -> Result<Option<CommandRow>, StoreError> {
        self.readers.run(move |c| one(c, repository, number, comment)).await
    }

    async fn open_commands(
        &self,
        repository: RepositoryId,
    ) -> Result<Vec<(PullNumber, CommentKey)>, StoreError> {
        self.readers.run(move |c| open(c, repository)).await
    }

    async fn replies_since(
        &self,
        repository: RepositoryId,
        author: &str,
        since: UnixMillis,
    ) -> Result<u32, StoreError> {
        let author = author.to_owned();
        let asked = move |c: &Connection| count(c, REPLIED, repository, (&author, since));
        self.readers.run(asked).await
    }

    async fn commands_since(
        &self,
        repository: RepositoryId,
        author: &str,
        since: UnixMillis,
    ) -> Result<u32, StoreError> {
        let author = author.to_owned();
        let asked = move |c: &Connection| count(c, WRITTEN, repository, (&author, since));
        self.readers.run(asked).await
    }

    async fn topic_pushes(
        &self,
        repository: RepositoryId,
        branch: &BranchName,
    ) -> Result<Vec<PushedAt>, StoreError> {
        let branch = branch.clone();
        self.readers.run(move |c| reads::topic_pushes(c, repository, &branch)).await
    }

    async fn topic_moves(
        &self,
        repository: RepositoryId,
        branch: &BranchName,
    ) -> Result<Vec<Move>, StoreError> {
        let branch = branch.clone();
        self.readers.run(move |c| topic_moves::of_branch(c, repository, &branch)).await
    }
}
