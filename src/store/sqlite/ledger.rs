//! The whole ledger of a repository, for people who ask what was where.

use super::reads::tip_from;
use crate::flow::{BranchName, RepositoryId};
use crate::store::{PushRow, StoreError, TipRow};
use rusqlite::{Connection, named_params};

const TIPS: &str = "
    SELECT repository, branch, moved_at, tip, previous, forced, actor, source FROM tips
    WHERE repository = :repository AND (:branch IS NULL OR branch = :branch)
    ORDER BY branch, moved_at, place";

const PUSHES: &str = "
    SELECT repository, branch, head, pushed_at FROM pushes WHERE repository = :repository
    ORDER BY branch, pushed_at";

pub(super) fn tips(
    connection: &Connection,
    repository: RepositoryId,
    branch: Option<&BranchName>,
) -> Result<Vec<TipRow>, StoreError> {
    let parameters = named_params! { ":repository": repository, ":branch": branch };
    Ok(connection.prepare_cached(TIPS)?.query_map(parameters, tip_from)?.collect::<Result<_, _>>()?)
}

pub(super) fn pushes(connection: &Connection, repository: RepositoryId) -> Result<Vec<PushRow>, StoreError> {
    let found = connection
        .prepare_cached(PUSHES)?
        .query_map(named_params! { ":repository": repository }, |row| {
            Ok(PushRow {
                repository: row.get("repository")?,
                branch: row.get("branch")?,
                commit: row.get("head")?,
                at: row.get("pushed_at")?,
            })
        })?
        .collect::<Result<_, _>>()?;
    Ok(found)
}
