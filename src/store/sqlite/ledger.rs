//! The whole ledger of a repository, for people who ask what was where.

use super::reads::{in_order_of_moves, tip_from};
use crate::flow::{BranchName, CommitId, PushedAt, RepositoryId};
use crate::store::{PushRow, StoreError, TipRow};
use rusqlite::{Connection, named_params};

const TIPS: &str = "
    SELECT repository, branch, moved_at, tip, previous, forced, actor, source FROM tips
    WHERE repository = :repository AND (:branch IS NULL OR branch = :branch)
    ORDER BY branch, moved_at, place";

const PUSHES: &str = "
    SELECT repository, branch, head, pushed_at, is_new FROM pushes WHERE repository = :repository
    ORDER BY branch, pushed_at";

pub(super) const PUSHED_AT: &str = "
    SELECT branch, head, pushed_at, is_new FROM pushes INDEXED BY pushes_head
    WHERE repository = :repository AND head IN (SELECT unhex(value) FROM json_each(:commits))";

pub(super) fn tips(
    connection: &Connection,
    repository: RepositoryId,
    branch: Option<&BranchName>,
) -> Result<Vec<TipRow>, StoreError> {
    let parameters = named_params! { ":repository": repository, ":branch": branch };
    let tips: Vec<TipRow> =
        connection.prepare_cached(TIPS)?.query_map(parameters, tip_from)?.collect::<Result<_, _>>()?;
    let branches = tips.chunk_by(|one, next| one.branch == next.branch);
    Ok(branches.flat_map(in_order_of_moves).collect())
}

pub(super) fn pushed_at(
    connection: &Connection,
    repository: RepositoryId,
    commits: &[CommitId],
) -> Result<Vec<(BranchName, PushedAt)>, StoreError> {
    let commits: Vec<String> = commits.iter().map(|commit| format!("\"{commit}\"")).collect();
    let commits = format!("[{}]", commits.join(","));
    let found = connection
        .prepare_cached(PUSHED_AT)?
        .query_map(named_params! { ":repository": repository, ":commits": commits }, |row| {
            Ok((row.get(0)?, PushedAt { commit: row.get(1)?, at: row.get(2)?, is_new: row.get(3)? }))
        })?
        .collect::<Result<_, _>>()?;
    Ok(found)
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
                is_new: row.get("is_new")?,
            })
        })?
        .collect::<Result<_, _>>()?;
    Ok(found)
}
