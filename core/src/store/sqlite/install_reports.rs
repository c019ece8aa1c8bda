//! What was found of repositories once the App was installed on them.

use super::SqliteStore;
use crate::model::{Found, InstallReport, RepositoryId};
use crate::store::{InstallReportStore, InstallReports, StoreError};
use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, named_params};

const STORE: &str = "
    INSERT INTO install_reports (repository, has_path, made_at, data)
    VALUES (:repository, :has_path, :made_at, :data)
    ON CONFLICT (repository) DO UPDATE SET has_path = excluded.has_path, made_at = excluded.made_at,
        data = excluded.data";

const DROP: &str = "DELETE FROM install_reports WHERE repository = :repository";

pub(super) const ONE: &str = "SELECT data FROM install_reports WHERE repository = :repository";

const FIRST: &str = "
    SELECT repository, data FROM install_reports
    ORDER BY has_path DESC, made_at DESC, repository LIMIT :limit";

const COUNT: &str = "SELECT count(*) FROM install_reports";

/// How many work items of a kind are to be done: `from` is its word with a colon, `to` what comes after all of its keys.
const WAITING: &str = "
    SELECT count(*) FROM work_items WHERE key >= :from AND key < :to AND dirty > done AND dead = 0";

/// Keeps a report; none lets go of the one that was kept.
pub(super) fn store(
    connection: &Connection,
    repository: RepositoryId,
    report: Option<&InstallReport>,
) -> Result<(), StoreError> {
    let Some(report) = report else {
        connection.prepare_cached(DROP)?.execute(named_params! { ":repository": repository })?;
        return Ok(());
    };
    connection.prepare_cached(STORE)?.execute(named_params! {
        ":repository": repository,
        ":has_path": matches!(report.found, Found::Path(_)),
        ":made_at": report.made_at,
        ":data": report,
    })?;
    Ok(())
}

#[async_trait]
impl InstallReportStore for SqliteStore {
    async fn install_report(&self, repository: RepositoryId) -> Result<Option<InstallReport>, StoreError> {
        let read = move |c: &Connection| {
            let by = named_params! { ":repository": repository };
            Ok(c.prepare_cached(ONE)?.query_row(by, |row| row.get(0)).optional()?)
        };
        self.readers.run(read).await
    }

    async fn install_reports(&self, limit: u32) -> Result<InstallReports, StoreError> {
        let read = move |c: &Connection| {
            let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
            let first: rusqlite::Result<Vec<_>> =
                c.prepare_cached(FIRST)?.query_map(named_params! { ":limit": limit }, row)?.collect();
            let made = c.prepare_cached(COUNT)?.query_row([], |row| row.get(0))?;
            let waiting = |from: &str, to: &str| -> rusqlite::Result<i64> {
                let by = named_params! { ":from": from, ":to": to };
                c.prepare_cached(WAITING)?.query_row(by, |row| row.get(0))
            };
            let number = |count: i64| usize::try_from(count).unwrap_or_default();
            Ok(InstallReports {
                first: first?,
                made: number(made),
                waiting: number(waiting("install-report:", "install-report;")?),
                proposing: number(waiting("propose-configuration:", "propose-configuration;")?),
            })
        };
        self.readers.run(read).await
    }
}
