//! Which repositories the entries of the operator's file are for.

use crate::model::RepositoryId;
use crate::store::StoreError;
use rusqlite::{Connection, named_params};
use std::collections::BTreeMap;

const ENTRIES: &str = "SELECT name, repository FROM operator_entries";

const SEEN: &str = "
    INSERT INTO operator_entries (name, repository) VALUES (:name, :repository) ON CONFLICT (name) DO NOTHING";

const WRITTEN: &str = "
    INSERT INTO operator_entries (name, repository) VALUES (:name, :repository)
    ON CONFLICT (name) DO UPDATE SET repository = excluded.repository";

const ENTRY: &str = "SELECT repository FROM operator_entries WHERE name = :name";

pub(super) fn entries(connection: &Connection) -> Result<BTreeMap<String, RepositoryId>, StoreError> {
    let mut statement = connection.prepare_cached(ENTRIES)?;
    Ok(statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?)
}

pub(super) fn seen(
    connection: &Connection,
    name: &str,
    repository: RepositoryId,
) -> Result<RepositoryId, StoreError> {
    let parameters = named_params! { ":name": name, ":repository": repository };
    connection.prepare_cached(SEEN)?.execute(parameters)?;
    Ok(connection.prepare_cached(ENTRY)?.query_row(named_params! { ":name": name }, |row| row.get(0))?)
}

pub(super) fn written(
    connection: &Connection,
    name: &str,
    repository: RepositoryId,
) -> Result<(), StoreError> {
    let parameters = named_params! { ":name": name, ":repository": repository };
    connection.prepare_cached(WRITTEN)?.execute(parameters)?;
    Ok(())
}
