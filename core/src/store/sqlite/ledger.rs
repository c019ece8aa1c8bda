//! The whole ledger of a repository, for people who ask what was where.

use super::reads::{in_order_of_moves, tip_from};
use crate::model::{BranchName, CommitId, LedgerEntry, LedgerTip, PushedAt, RepositoryId, UnixSeconds};
use crate::store::StoreError;
use rusqlite::{Connection, Row, named_params};

const TIPS: &str = "
    SELECT repository, branch, moved_at, tip, previous, forced, actor, source FROM tips
    WHERE repository = :repository AND (:branch IS NULL OR branch = :branch)
    ORDER BY branch, moved_at, place";

/// More moves than these are not looked through.
const SINCE_AT_MOST: u32 = 10_000;

pub(super) const TIPS_SINCE: &str = "
    SELECT repository, branch, moved_at, tip, previous, forced, actor, source FROM tips
    WHERE repository = :repository AND branch = :branch AND moved_at >= :since AND source <> 'backfill'
    ORDER BY moved_at DESC, place DESC LIMIT :limit";

pub(super) const TIPS_AT: &str = "
    SELECT branch, tip, moved_at, source FROM tips INDEXED BY tips_moved
    WHERE repository = :repository AND source <> 'backfill'
        AND tip IN (SELECT unhex(value) FROM json_each(:commits))";

const PUSHES: &str = "
    SELECT branch, head, pushed_at, is_new FROM pushes WHERE repository = :repository
    ORDER BY branch, pushed_at";

pub(super) const PUSHED_AT: &str = "
    SELECT branch, head, pushed_at, is_new FROM pushes INDEXED BY pushes_head
    WHERE repository = :repository AND head IN (SELECT unhex(value) FROM json_each(:commits))";

pub(super) fn tips(
    connection: &Connection,
    repository: RepositoryId,
    branch: Option<&BranchName>,
) -> Result<Vec<LedgerEntry>, StoreError> {
    let parameters = named_params! { ":repository": repository, ":branch": branch };
    let tips: Vec<LedgerEntry> =
        connection.prepare_cached(TIPS)?.query_map(parameters, tip_from)?.collect::<Result<_, _>>()?;
    let branches = tips.chunk_by(|one, next| one.branch == next.branch);
    Ok(branches.flat_map(in_order_of_moves).collect())
}

/// Where a branch was moved to since a moment, in order.
pub(super) fn tips_since(
    connection: &Connection,
    repository: RepositoryId,
    branch: &BranchName,
    since: UnixSeconds,
) -> Result<Vec<LedgerEntry>, StoreError> {
    let by = named_params! {
        ":repository": repository, ":branch": branch, ":since": since, ":limit": SINCE_AT_MOST,
    };
    let mut tips: Vec<LedgerEntry> =
        connection.prepare_cached(TIPS_SINCE)?.query_map(by, tip_from)?.collect::<Result<_, _>>()?;
    tips.reverse();
    Ok(in_order_of_moves(&tips))
}

pub(super) fn tips_at(
    connection: &Connection,
    repository: RepositoryId,
    commits: &[CommitId],
) -> Result<Vec<(BranchName, LedgerTip)>, StoreError> {
    let by = named_params! { ":repository": repository, ":commits": as_json(commits) };
    let read = |row: &Row<'_>| {
        let (commit, at, source) = (row.get(1)?, row.get(2)?, row.get(3)?);
        Ok((row.get(0)?, LedgerTip { commit, at, source }))
    };
    Ok(connection.prepare_cached(TIPS_AT)?.query_map(by, read)?.collect::<Result<_, _>>()?)
}

fn as_json(commits: &[CommitId]) -> String {
    let commits: Vec<String> = commits.iter().map(|commit| format!("\"{commit}\"")).collect();
    format!("[{}]", commits.join(","))
}

pub(super) fn pushed_at(
    connection: &Connection,
    repository: RepositoryId,
    commits: &[CommitId],
) -> Result<Vec<(BranchName, PushedAt)>, StoreError> {
    let found = connection
        .prepare_cached(PUSHED_AT)?
        .query_map(named_params! { ":repository": repository, ":commits": as_json(commits) }, |row| {
            Ok((row.get(0)?, PushedAt { commit: row.get(1)?, at: row.get(2)?, is_new: row.get(3)? }))
        })?
        .collect::<Result<_, _>>()?;
    Ok(found)
}

pub(super) fn pushes(
    connection: &Connection,
    repository: RepositoryId,
) -> Result<Vec<(BranchName, PushedAt)>, StoreError> {
    let found = connection
        .prepare_cached(PUSHES)?
        .query_map(named_params! { ":repository": repository }, |row| {
            Ok((row.get(0)?, PushedAt { commit: row.get(1)?, at: row.get(2)?, is_new: row.get(3)? }))
        })?
        .collect::<Result<_, _>>()?;
    Ok(found)
}
