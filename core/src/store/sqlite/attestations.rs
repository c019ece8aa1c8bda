//! What people have vouched for.

use super::SqliteStore;
use crate::model::{Attestation, EnvironmentName, RepositoryId, Withdrawal};
use crate::store::{ATTESTATIONS_MAX, AttestationStore, StoreError, UNCOUNTED_MAX};
use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension as _, named_params};

/// What was given stands. Of what counts for nothing it may be found later that it counts.
const STORE: &str = "
    INSERT INTO attestations (repository, environment, command, given_at, data)
    VALUES (:repository, :environment, :command, :given_at, :data)
    ON CONFLICT (repository, environment, command) DO UPDATE SET given_at = excluded.given_at, data = excluded.data
        WHERE attestations.data ->> '$.what.not_counted' IS NOT NULL";

/// The first who takes it back has.
const WITHDRAW: &str = "
    UPDATE attestations SET data = json_set(data, '$.withdrawn', json(:withdrawn))
    WHERE repository = :repository AND environment = :environment AND command = :command
        AND data ->> 'withdrawn' IS NULL";

macro_rules! in_force {
    ($which:literal) => {
        concat!(
            "SELECT data FROM attestations INDEXED BY attestations_in_force
            WHERE repository = :repository AND environment = :environment AND data ->> 'withdrawn' IS NULL
                AND data ->> '$.what.not_counted' ",
            $which,
            " ORDER BY given_at DESC LIMIT :limit"
        )
    };
}

pub(super) const IN_FORCE: &str = in_force!("IS NULL");

/// Approving reviews that are no sign-offs: anybody may give one, and they must not push out what counts.
pub(super) const UNCOUNTED: &str = in_force!("IS NOT NULL");

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

fn in_force(
    connection: &Connection,
    (repository, environment): (RepositoryId, &EnvironmentName),
) -> Result<Vec<Attestation>, StoreError> {
    let mut all: Vec<Attestation> = Vec::new();
    for (sql, limit) in [(IN_FORCE, ATTESTATIONS_MAX), (UNCOUNTED, UNCOUNTED_MAX)] {
        let by = named_params! { ":repository": repository, ":environment": environment, ":limit": limit };
        let mut statement = connection.prepare_cached(sql)?;
        for row in statement.query_map(by, |row| row.get(0))? {
            all.push(row?);
        }
    }
    all.sort_by_key(|it| std::cmp::Reverse(it.at));
    Ok(all)
}

#[async_trait]
impl AttestationStore for SqliteStore {
    async fn attestations(
        &self,
        repository: RepositoryId,
        environment: &str,
    ) -> Result<Vec<Attestation>, StoreError> {
        let environment = EnvironmentName::from(environment);
        self.readers.run(move |c: &Connection| in_force(c, (repository, &environment))).await
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Attested, CommitId, PullNumber, TreeId, UnixMillis, UserId, WhyNoSignOff};
    use crate::store::sqlite::{Options, schema};

    fn approval(command: &str, not_counted: Option<WhyNoSignOff>, at: i64) -> Attestation {
        let roles = if not_counted.is_none() { vec!["admin".to_owned()] } else { Vec::new() };
        Attestation {
            command: command.to_owned(),
            what: Attested::Approval {
                number: PullNumber(7),
                to: "production".to_owned(),
                review: 1,
                roles,
                not_counted,
            },
            commit: CommitId::from_bytes([1; 20]),
            tree: TreeId::from_bytes([1; 20]),
            by: "ben".to_owned(),
            by_id: Some(UserId(2)),
            note: None,
            at: UnixMillis(at),
            withdrawn: None,
        }
    }

    fn database() -> (tempfile::TempDir, Connection) {
        let folder = tempfile::tempdir().unwrap();
        let database = schema::open_to_write(&folder.path().join("said.db"), &Options::default()).unwrap();
        (folder, database)
    }

    fn stored(database: &Connection, command: &str) -> Attestation {
        let by = named_params! { ":repository": 1, ":environment": "staging", ":command": command };
        database.query_row(ONE, by, |row| row.get(0)).unwrap()
    }

    #[test]
    fn what_counts_for_nothing_can_come_to_count_and_never_the_other_way() {
        let (_folder, database) = database();
        let staging = EnvironmentName::from("staging");
        let give = |not_counted, at| {
            store(&database, (RepositoryId(1), &staging), &approval("approval-7-1", not_counted, at))
                .unwrap();
            stored(&database, "approval-7-1")
        };
        assert_eq!(give(Some(WhyNoSignOff::NotLive), 1).at, UnixMillis(1));
        assert!(give(None, 2).signs_off("admin"));
        assert_eq!(give(Some(WhyNoSignOff::MissingRight), 3), approval("approval-7-1", None, 2));
        assert_eq!(give(None, 4).at, UnixMillis(2));
    }

    #[test]
    fn what_counts_for_nothing_pushes_nothing_out_that_counts() {
        let (_folder, database) = database();
        let staging = (RepositoryId(1), &EnvironmentName::from("staging"));
        store(&database, staging, &approval("approval-7-1", None, 1)).unwrap();
        for account in 0..=i64::from(ATTESTATIONS_MAX) {
            let why = Some(WhyNoSignOff::MissingRight);
            store(&database, staging, &approval(&format!("uncounted-7-{account}"), why, 2 + account))
                .unwrap();
        }
        let read = in_force(&database, staging).unwrap();
        assert_eq!(read.len(), 1 + UNCOUNTED_MAX as usize);
        assert_eq!(read.last(), Some(&approval("approval-7-1", None, 1)), "the newest first");
        assert_eq!(read[0].at, UnixMillis(2 + i64::from(ATTESTATIONS_MAX)));
    }
}
