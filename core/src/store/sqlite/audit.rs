//! The audit log.

use crate::model::{AuditEntry, AuditHash, AuditRow};
use crate::store::{AuditFilter, StoreError};
use rusqlite::types::{FromSql, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, OptionalExtension, Row, named_params};

pub(super) const NEWEST: &str = "
    SELECT number, text, previous, hash FROM audit WHERE number = (SELECT max(number) FROM audit)";

const APPEND: &str = "INSERT INTO audit (text, previous, hash) VALUES (:text, :previous, :hash)";

pub(super) const OF_REPOSITORY: &str = "
    SELECT number, text, previous, hash FROM audit
    WHERE repository = :repository AND at >= :since ORDER BY number";

const ALL: &str = "SELECT number, text, previous, hash FROM audit ORDER BY number";

impl ToSql for AuditHash {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.as_bytes().as_slice().into())
    }
}

impl FromSql for AuditHash {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        <[u8; 32]>::column_result(value).map(Self::from_bytes)
    }
}

fn row_from(row: &Row<'_>) -> rusqlite::Result<AuditRow> {
    Ok(AuditRow { number: row.get(0)?, text: row.get(1)?, previous: row.get(2)?, hash: row.get(3)? })
}

/// Appends an entry. Only one thread writes, so nothing comes between reading the newest hash and writing the next.
pub(super) fn append(connection: &Connection, entry: &AuditEntry) -> Result<(), StoreError> {
    let previous = newest(connection)?.map_or(AuditHash::NONE, |row| row.hash);
    let text = serde_json::to_string(entry).map_err(StoreError::unexpected)?;
    let hash = previous.then(&text);
    connection
        .prepare_cached(APPEND)?
        .execute(named_params! { ":text": text, ":previous": previous, ":hash": hash })?;
    Ok(())
}

pub(super) fn newest(connection: &Connection) -> Result<Option<AuditRow>, StoreError> {
    Ok(connection.prepare_cached(NEWEST)?.query_row([], row_from).optional()?)
}

pub(super) fn rows(connection: &Connection, filter: AuditFilter) -> Result<Vec<AuditRow>, StoreError> {
    let Some(repository) = filter.repository else {
        return Ok(connection.prepare(ALL)?.query_map([], row_from)?.collect::<Result<_, _>>()?);
    };
    let by = named_params! { ":repository": repository, ":since": filter.since };
    Ok(connection.prepare(OF_REPOSITORY)?.query_map(by, row_from)?.collect::<Result<_, _>>()?)
}
