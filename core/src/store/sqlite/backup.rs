//! Copies of a database, made and looked at beside the server.
//!
//! A copy is written by `VACUUM INTO` from a connection that only reads: it sees the database as it was at one moment,
//! however much is written meanwhile, and is never begun anew as SQLite's page by page copy is under load.

use super::schema;
use crate::model::ErrorContext;
use crate::store::StoreError;
use rusqlite::Connection;
use std::fs::File;
use std::io;
use std::path::Path;

/// Which version a database is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DatabaseVersion {
    /// How many migrations it has seen.
    pub version: usize,
    /// How many this program knows.
    pub newest: usize,
}

/// Which version a database is of. Nothing of it is changed.
///
/// # Errors
/// When it belongs to another program, when it is of a version that this program does not know, or when it cannot be
/// read.
pub fn database_version(path: &Path) -> Result<DatabaseVersion, StoreError> {
    let connection = schema::open_to_read(path)?;
    Ok(DatabaseVersion { version: schema::known_version(&connection)?, newest: schema::NEWEST })
}

/// Writes all that a database holds into a new file that its owner alone may read. The server may go on meanwhile. The
/// file is there whole, and checked, or not at all.
///
/// # Errors
/// When the database is not ours or damaged, when there is no room, or when there is such a file already.
pub fn copy_database(from: &Path, to: &Path) -> Result<(), StoreError> {
    let connection = schema::open_to_read(from)?;
    schema::known_version(&connection)?;
    let folder = to.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // It goes when anything fails. Only its owner may read it from the beginning.
    let making =
        tempfile::Builder::new().prefix(".towpath-").tempfile_in(folder).map_err(|error| of(to, error))?;
    connection.execute("VACUUM INTO ?1", [making.path().to_string_lossy()])?;
    check(&schema::open_to_read(making.path())?)?;
    making.as_file().sync_all().map_err(|error| of(to, error))?;
    making.persist_noclobber(to).map_err(|error| of(to, error.error))?;
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(|error| of(to, error))
}

/// Whether every page and index is as it should be.
fn check(connection: &Connection) -> Result<(), StoreError> {
    match connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get::<_, String>(0))? {
        sound if sound == "ok" => Ok(()),
        damage => Err(StoreError::unexpected(format!("the database is damaged: {damage}"))),
    }
}

fn of(path: &Path, error: io::Error) -> StoreError {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            StoreError::Full
        }
        _ => StoreError::unavailable(ErrorContext::new(path.display().to_string(), error)),
    }
}
