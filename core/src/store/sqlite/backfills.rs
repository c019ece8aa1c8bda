//! How far the lines of branches were read into the ledger.

use crate::model::{BranchName, CommitId, RepositoryId, TipSource, UnixSeconds};
use crate::store::{Backfill, StoreError};
use rusqlite::{Connection, OptionalExtension, named_params};

const UNDER_WAY: &str =
    "SELECT tip, filled, newest FROM backfills WHERE repository = :repository AND branch = :branch";

const IS_DONE: &str = "
    SELECT 1 FROM tips WHERE repository = :repository AND branch = :branch AND source = :source LIMIT 1";

const KEEP: &str = "
    INSERT INTO backfills (repository, branch, tip, filled, newest)
    VALUES (:repository, :branch, :tip, :filled, :newest)
    ON CONFLICT (repository, branch) DO UPDATE SET
        tip = excluded.tip, filled = excluded.filled, newest = excluded.newest";

const DONE: &str = "DELETE FROM backfills WHERE repository = :repository AND branch = :branch";

pub(super) fn backfill(
    connection: &Connection,
    repository: RepositoryId,
    branch: &BranchName,
) -> Result<Backfill, StoreError> {
    let moment = connection.unchecked_transaction()?;
    let by = named_params! { ":repository": repository, ":branch": branch };
    let under_way = moment
        .prepare_cached(UNDER_WAY)?
        .query_row(by, |row| {
            let filled = row.get::<_, i64>(1)?.cast_unsigned();
            Ok(Backfill::UnderWay { tip: row.get(0)?, filled, newest: row.get(2)? })
        })
        .optional()?;
    if let Some(under_way) = under_way {
        return Ok(under_way);
    }
    let of_line =
        named_params! { ":repository": repository, ":branch": branch, ":source": TipSource::Backfill };
    let is_done = moment.prepare_cached(IS_DONE)?.exists(of_line)?;
    Ok(if is_done { Backfill::Done } else { Backfill::NotBegun })
}

pub(super) fn store(
    connection: &Connection,
    repository: RepositoryId,
    branch: &BranchName,
    reached: Option<(CommitId, u64, UnixSeconds)>,
) -> Result<(), StoreError> {
    if let Some((tip, filled, newest)) = reached {
        connection.prepare_cached(KEEP)?.execute(named_params! {
            ":repository": repository, ":branch": branch, ":tip": tip, ":filled": filled.cast_signed(),
            ":newest": newest,
        })?;
    } else {
        let by = named_params! { ":repository": repository, ":branch": branch };
        connection.prepare_cached(DONE)?.execute(by)?;
    }
    Ok(())
}
