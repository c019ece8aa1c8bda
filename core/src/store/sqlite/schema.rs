//! Opening the file: its mode, the settings of each connection, and the way from older versions.

use super::Options;
use crate::model::ErrorContext;
use crate::store::StoreError;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

/// The tables as they are, for a new file: all the steps to them take several times as long.
const PRESENT: &str = include_str!("../schema.sql");

/// The steps from an empty file to the present version. None of them ever changes, and a new one goes into [`PRESENT`] too.
const MIGRATIONS: &[&str] = &[
    include_str!("../migrations/0001_first.sql"),
    include_str!("../migrations/0002_records.sql"),
    include_str!("../migrations/0003_deploys.sql"),
    include_str!("../migrations/0004_new_commits.sql"),
    include_str!("../migrations/0005_folded_names.sql"),
    include_str!("../migrations/0006_merge_settings.sql"),
    include_str!("../migrations/0007_cancelling.sql"),
    include_str!("../migrations/0008_operator_entries.sql"),
    include_str!("../migrations/0009_outcomes.sql"),
    include_str!("../migrations/0010_deploy_activity.sql"),
    include_str!("../migrations/0011_clone_urls.sql"),
    include_str!("../migrations/0012_bounds.sql"),
    include_str!("../migrations/0013_stacks.sql"),
    include_str!("../migrations/0014_starting_points.sql"),
    include_str!("../migrations/0015_plain_names.sql"),
    include_str!("../migrations/0016_details.sql"),
    include_str!("../migrations/0017_audit.sql"),
    include_str!("../migrations/0018_commands.sql"),
    include_str!("../migrations/0019_locks_and_overrides.sql"),
    include_str!("../migrations/0020_promotions.sql"),
    include_str!("../migrations/0021_grants.sql"),
    include_str!("../migrations/0022_topic_moves.sql"),
    include_str!("../migrations/0023_install_reports.sql"),
    include_str!("../migrations/0024_attestations.sql"),
    include_str!("../migrations/0025_freezes.sql"),
    include_str!("../migrations/0026_hotfixes.sql"),
    include_str!("../migrations/0027_active_places.sql"),
    include_str!("../migrations/0028_visibility.sql"),
    include_str!("../migrations/0029_outages.sql"),
];

/// The version that they lead to.
pub(super) const NEWEST: usize = MIGRATIONS.len();

/// `TOWP`: tells the file from those of other programs.
const APPLICATION_ID: i64 = 0x544f_5750;

const PAGE_BYTES: u64 = 4096;

/// How long to wait for another process that holds the file: the operator's command line, or the server.
const BUSY: Duration = Duration::from_secs(5);

/// The log is cut to this size when it starts anew after an uncommonly long run.
const LOG_BYTES_KEPT: u64 = 96 << 20;

/// Opens the one connection that writes, after bringing the file to the present version.
pub(super) fn open_to_write(path: &Path, options: &Options) -> Result<Connection, StoreError> {
    create_private(path)?;
    let mut connection = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    // Before anything is written: in a file of another program nothing may change.
    let version = version_of(&*connection.unchecked_transaction()?)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "journal_size_limit", LOG_BYTES_KEPT.cast_signed())?;
    connection.set_prepared_statement_cache_capacity(64);
    if let Some(bytes) = options.max_bytes {
        let pages = (bytes / PAGE_BYTES).clamp(1, u64::from(u32::MAX - 1));
        connection.pragma_update(None, "max_page_count", pages.cast_signed())?;
    }
    if version < MIGRATIONS.len() {
        migrate(&mut connection)?;
    }
    Ok(connection)
}

/// Opens a connection that only moves the log into the database.
pub(super) fn open_to_checkpoint(path: &Path) -> Result<Connection, StoreError> {
    open(path, OpenFlags::SQLITE_OPEN_READ_WRITE)
}

/// Opens a connection that can only read.
pub(super) fn open_to_read(path: &Path) -> Result<Connection, StoreError> {
    let connection = open(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    connection.set_prepared_statement_cache_capacity(32);
    // Half of the default: there are several of these, and each keeps its own.
    connection.pragma_update(None, "cache_size", -1024)?;
    Ok(connection)
}

fn open(path: &Path, access: OpenFlags) -> Result<Connection, StoreError> {
    // Each connection is used by one thread at a time, so SQLite need not lock it.
    let connection = Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(BUSY)?;
    // Otherwise each new value for a partial index's column makes SQLite plan the statement anew.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    // The statements keep the references themselves: each check is a look-up for every delivery, and the one whether a
    // work item may go would walk all deliveries.
    connection.pragma_update(None, "foreign_keys", false)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    // A checkpoint inside a commit would make its callers wait: they run on a thread of their own.
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    Ok(connection)
}

/// Makes the file readable for its owner alone; SQLite gives the files beside it the same mode.
///
/// An existing file is not even opened: closing it again would drop the locks that this process
/// holds on it through another store.
fn create_private(path: &Path) -> Result<(), StoreError> {
    let mut new = std::fs::OpenOptions::new();
    new.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut new, 0o600);
    match new.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) if error.kind() == ErrorKind::StorageFull => Err(StoreError::Full),
        Err(error) => Err(StoreError::unavailable(ErrorContext::new(path.display().to_string(), error))),
    }
}

/// The version of a file of ours.
pub(super) fn known_version(connection: &Connection) -> Result<usize, StoreError> {
    match version_of(connection)? {
        0 => Err(StoreError::unexpected("the file belongs to no Towpath")),
        version => Ok(version),
    }
}

/// The version of the file, zero for an empty one; an error when it is not ours or too new.
pub(super) fn version_of(connection: &Connection) -> Result<usize, StoreError> {
    let number = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let (application, version) = (number("application_id")?, number("user_version")?);
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if application != APPLICATION_ID && (application, version, tables) != (0, 0, 0) {
        return Err(StoreError::unexpected("the file belongs to another program"));
    }
    match usize::try_from(version) {
        Ok(version) if version <= MIGRATIONS.len() => Ok(version),
        _ => Err(StoreError::unexpected(format!(
            "the database is of version {version}, and this Towpath knows versions up to {}",
            MIGRATIONS.len()
        ))),
    }
}

/// Takes all steps or none, and so waits for the disk once.
fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    // The version is read again under the lock: another process may have been here first.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version = version_of(&transaction)?;
    match version {
        0 => transaction.execute_batch(PRESENT)?,
        _ => MIGRATIONS[version..].iter().try_for_each(|step| transaction.execute_batch(step))?,
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    let reached = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    transaction.pragma_update(None, "user_version", reached)?;
    transaction.commit()?;
    Ok(())
}

/// Writes something, and says when no new page could be had although that worked.
pub(super) fn probe(connection: &Connection) -> Result<(), StoreError> {
    connection.prepare_cached("UPDATE probe SET count = count + 1 WHERE id = 1")?.execute([])?;
    let number = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    if number("freelist_count")? == 0 && number("page_count")? >= number("max_page_count")? {
        return Err(StoreError::Full);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    /// Without what says nothing: comments, quotes, and how it is laid out.
    fn bare(sql: &str) -> String {
        let lines = sql.lines().map(|line| line.split("--").next().unwrap_or_default());
        let words = lines.flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ").replace('"', "");
        ["(", ")", ","].iter().fold(words, |text, mark| {
            text.replace(&format!(" {mark}"), mark).replace(&format!("{mark} "), mark)
        })
    }

    /// All that the statements make: how it is made and, of tables, how many rows they hold.
    fn made_by(statements: &[&str]) -> BTreeMap<String, (String, i64)> {
        let connection = Connection::open_in_memory().unwrap();
        for sql in statements {
            connection.execute_batch(sql).unwrap();
        }
        let mut all = connection.prepare("SELECT type, name, coalesce(sql, '') FROM sqlite_schema").unwrap();
        let all = all.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
        let all = all.collect::<Result<Vec<(String, String, String)>, _>>().unwrap();
        let rows = |kind: &str, name: &str| match kind {
            "table" => {
                let count = format!("SELECT count(*) FROM {name}");
                connection.query_row(&count, [], |row| row.get(0)).unwrap()
            }
            _ => 0,
        };
        all.into_iter().map(|(kind, name, sql)| (name.clone(), (bare(&sql), rows(&kind, &name)))).collect()
    }

    #[test]
    fn a_new_file_has_what_the_steps_lead_to() {
        let (present, reached) = (made_by(&[PRESENT]), made_by(MIGRATIONS));
        assert!(present.len() > 60 && present.contains_key("work_items_due"), "{present:?}");
        assert_eq!(present.keys().collect::<Vec<_>>(), reached.keys().collect::<Vec<_>>());
        for (name, made) in &present {
            assert_eq!(made, &reached[name], "{name}");
        }
    }

    #[test]
    fn connections_are_durable_and_leave_checkpoints_to_their_thread() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("towpath.db");
        let writer = open_to_write(&path, &Options::default()).unwrap();
        for connection in [writer, open_to_checkpoint(&path).unwrap(), open_to_read(&path).unwrap()] {
            let setting = |name| -> rusqlite::types::Value {
                connection.pragma_query_value(None, name, |row| row.get(0)).unwrap()
            };
            assert_eq!(setting("journal_mode"), "wal".to_owned().into());
            // 2 is FULL: each commit is synced.
            for (name, value) in [("synchronous", 2), ("foreign_keys", 0), ("wal_autocheckpoint", 0)] {
                assert_eq!(setting(name), i64::from(value).into(), "{name}");
            }
            let indexes = connection.query_row("PRAGMA integrity_check", [], |row| row.get::<_, String>(0));
            assert_eq!(indexes.unwrap(), "ok");
        }
        assert!(open_to_read(&path).unwrap().execute("UPDATE probe SET count = 0", []).is_err());
    }
}
