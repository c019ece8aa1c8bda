//! From where to where topics were pushed. Of each branch the newest moves are kept, for a comment that was just written asks
//! for no others.

use super::inbox::PRUNE_STEP;
use crate::model::{BranchName, Move, RepositoryId, TipSource, UnixMillis};
use crate::store::{StoreError, TopicMove};
use rusqlite::{Connection, Row, named_params};

/// How many moves of a branch are kept.
const KEPT: u32 = 50;

/// What one delivery tells is told once, however often it is taken in.
pub(super) const STORE: &str = "
    INSERT INTO topic_moves (repository, branch, delivery, previous, head, pushed_at)
    VALUES (:repository, :branch, :delivery, :previous, :head, :at)
    ON CONFLICT (repository, branch, delivery) DO NOTHING";

pub(super) const DROP_SURPLUS: &str = "
    DELETE FROM topic_moves WHERE id IN (SELECT id FROM topic_moves
        WHERE repository = :repository AND branch = :branch ORDER BY pushed_at DESC, id DESC LIMIT -1 OFFSET :kept)";

pub(super) const OF_BRANCH: &str = "
    SELECT previous, head, pushed_at FROM topic_moves WHERE repository = :repository AND branch = :branch ORDER BY id";

/// They stand in the order in which they were told, so the oldest are the first, but for a few.
pub(super) const DROP_OLD: &str = "
    DELETE FROM topic_moves
    WHERE id IN (SELECT id FROM topic_moves ORDER BY id LIMIT :limit) AND pushed_at < :before";

pub(super) fn store(connection: &Connection, row: &TopicMove) -> Result<(), StoreError> {
    let stored = connection.prepare_cached(STORE)?.execute(named_params! {
        ":repository": row.repository,
        ":branch": row.branch,
        ":delivery": row.delivery,
        ":previous": row.step.before,
        ":head": row.step.after,
        ":at": row.step.at,
    })?;
    if stored > 0 {
        let by = named_params! { ":repository": row.repository, ":branch": row.branch, ":kept": KEPT };
        connection.prepare_cached(DROP_SURPLUS)?.execute(by)?;
    }
    Ok(())
}

pub(super) fn of_branch(
    connection: &Connection,
    repository: RepositoryId,
    branch: &BranchName,
) -> Result<Vec<Move>, StoreError> {
    let by = named_params! { ":repository": repository, ":branch": branch };
    let read = |row: &Row<'_>| {
        let (before, after, at) = (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok(Move { before, after, at, source: TipSource::Push })
    };
    Ok(connection.prepare_cached(OF_BRANCH)?.query_map(by, read)?.collect::<Result<_, _>>()?)
}

/// Lets go of some of those from before `closed`; whether there may be more.
pub(super) fn drop_old(connection: &Connection, closed: UnixMillis) -> Result<bool, StoreError> {
    let by = named_params! { ":before": closed.to_seconds(), ":limit": PRUNE_STEP };
    let dropped = connection.prepare_cached(DROP_OLD)?.execute(by)?;
    Ok(dropped >= PRUNE_STEP as usize)
}
