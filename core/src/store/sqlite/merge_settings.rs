//! How repositories let pull requests be merged by their own settings.

use crate::model::{MergeMethods, MethodsFrom, RepositoryId, UnixMillis};
use crate::store::StoreError;
use rusqlite::{Connection, OptionalExtension, named_params};

const KEEP: &str = "
    INSERT INTO merge_settings (repository, merge, squash, rebase, seen_at)
    VALUES (:repository, :merge, :squash, :rebase, :at)
    ON CONFLICT (repository) DO UPDATE SET merge = excluded.merge, squash = excluded.squash,
        rebase = excluded.rebase, seen_at = excluded.seen_at
    WHERE excluded.seen_at >= merge_settings.seen_at";

const KNOWN: &str = "SELECT merge, squash, rebase FROM merge_settings WHERE repository = ?1";

/// Keeps what was seen, unless what is known was seen later.
pub(super) fn store(
    connection: &Connection,
    repository: RepositoryId,
    methods: MergeMethods,
    at: UnixMillis,
) -> Result<(), StoreError> {
    let MergeMethods { merge, squash, rebase, .. } = methods;
    connection.prepare_cached(KEEP)?.execute(named_params! {
        ":repository": repository, ":merge": merge, ":squash": squash, ":rebase": rebase, ":at": at,
    })?;
    Ok(())
}

pub(super) fn known(
    connection: &Connection,
    repository: RepositoryId,
) -> Result<Option<MergeMethods>, StoreError> {
    let found = connection.prepare_cached(KNOWN)?.query_row([repository], |row| {
        let from = MethodsFrom::Settings;
        Ok(MergeMethods { merge: row.get(0)?, squash: row.get(1)?, rebase: row.get(2)?, from })
    });
    Ok(found.optional()?)
}
