//! What people have vouched for.

use super::SqliteStore;
use crate::model::{Attestation, EnvironmentName, RepositoryId, Withdrawal};
use crate::store::{ATTESTATIONS_MAX, AttestationStore, StoreError};
use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension as _, named_params};

const STORE: &str = "
    INSERT INTO attestations (repository, environment, command, given_at, data)
    VALUES (:repository, :environment, :command, :given_at, :data)
    ON CONFLICT (repository, environment, command) DO NOTHING";

/// The first who takes it back has.
const WITHDRAW: &str = "
    UPDATE attestations SET data = json_set(data, '$.withdrawn', json(:withdrawn))
    WHERE repository = :repository AND environment = :environment AND command = :command
        AND data ->> 'withdrawn' IS NULL";

pub(super) const IN_FORCE: &str = "
    SELECT data FROM attestations INDEXED BY attestations_in_force
    WHERE repository = :repository AND environment = :environment AND data ->> 'withdrawn' IS NULL
    ORDER BY given_at DESC LIMIT :limit";

pub(super) const ONE: &str = "
    SELECT data FROM attestations
    WHERE repository = :repository AND environment = :environment AND command = :command";

pub(super) fn store(
    connection: &Connection,
    (repository, environment): (RepositoryId, &EnvironmentName),
    attestation: &Attestation,
) -> Result<(), StoreError> {
    connection.prepare_cached(STORE)?.execute(named_params! {
        ":repository": repository, ":environment": environment, ":command": attestation.command,
        ":given_at": attestation.at, ":data": attestation,
    })?;
    Ok(())
}

pub(super) fn withdraw(
    connection: &Connection,
    (repository, environment): (RepositoryId, &EnvironmentName),
    (command, withdrawal): (&str, &Withdrawal),
) -> Result<(), StoreError> {
    connection.prepare_cached(WITHDRAW)?.execute(named_params! {
        ":repository": repository, ":environment": environment, ":command": command, ":withdrawn": withdrawal,
    })?;
    Ok(())
}

#[async_trait]
impl AttestationStore for SqliteStore {
    async fn attestations(
        &self,
        repository: RepositoryId,
        environment: &str,
    ) -> Result<Vec<Attestation>, StoreError> {
        let environment = EnvironmentName::from(environment);
        let read = move |c: &Connection| {
            let by = named_params! {
                ":repository": repository, ":environment": environment, ":limit": ATTESTATIONS_MAX,
            };
            let mut statement = c.prepare_cached(IN_FORCE)?;
            Ok(statement.query_map(by, |row| row.get(0))?.collect::<Result<_, _>>()?)
        };
        self.readers.run(read).await
    }

    async fn attestation(
        &self,
        repository: RepositoryId,
        environment: &str,
        command: &str,
    ) -> Result<Option<Attestation>, StoreError> {
        let (environment, command) = (EnvironmentName::from(environment), command.to_owned());
        let read = move |c: &Connection| {
            let by = named_params! {
                ":repository": repository, ":environment": environment, ":command": command,
            };
            Ok(c.prepare_cached(ONE)?.query_row(by, |row| row.get(0)).optional()?)
        };
        self.readers.run(read).await
    }
}
