//! How much there is.

use super::{SqliteStore, reads};
use crate::model::{PullNumber, RepositoryId, UnixMillis};
use crate::store::{InstallationState, RepositoryState, Statistics, StatisticsStore, StoreError};
use async_trait::async_trait;
use rusqlite::{Connection, named_params};

const STATISTICS: &str = "
    WITH open AS (SELECT due, leased FROM work_items WHERE dirty > done AND dead = 0)
    SELECT
        (SELECT count(*) FROM open WHERE leased = 0 AND due <= :now),
        (SELECT count(*) FROM open WHERE leased = 0 AND due > :now),
        (SELECT count(*) FROM work_items WHERE leased = 1),
        (SELECT count(*) FROM work_items WHERE dead = 1),
        (SELECT min(due) FROM open WHERE leased = 0 AND due <= :now),
        (SELECT received_at FROM deliveries ORDER BY id DESC LIMIT 1),
        (SELECT count(*) FROM installations WHERE state = :installed),
        (SELECT count(*) FROM repositories WHERE state = :active)";

#[async_trait]
impl StatisticsStore for SqliteStore {
    async fn statistics(&self, now: UnixMillis) -> Result<Statistics, StoreError> {
        self.readers.run(move |c| statistics(c, now)).await
    }

    async fn first_verdict(&self) -> Result<Option<(RepositoryId, PullNumber)>, StoreError> {
        self.readers.run(reads::first_verdict).await
    }
}

fn statistics(connection: &Connection, now: UnixMillis) -> Result<Statistics, StoreError> {
    let (installed, active) = (InstallationState::Active, RepositoryState::Active);
    let given = named_params! { ":now": now, ":installed": installed, ":active": active };
    let found = connection.prepare_cached(STATISTICS)?.query_row(given, |row| {
        Ok(Statistics {
            due: row.get(0)?,
            later: row.get(1)?,
            leased: row.get(2)?,
            given_up: row.get(3)?,
            oldest_due: row.get(4)?,
            last_delivery: row.get(5)?,
            installations: row.get(6)?,
            repositories: row.get(7)?,
        })
    })?;
    Ok(found)
}
