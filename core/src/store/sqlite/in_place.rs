//! Whether the database's files are still where they were opened.
//!
//! SQLite goes on writing into a file that was deleted, or whose place another one has taken, and all of that is gone
//! with the process. So each transaction is told to whoever waits for it only after a look at the place. What the file
//! holds is still there at that moment, and is saved.

use crate::model::{SharedError, shared_error};
use crate::store::StoreError;
use rusqlite::Connection;
use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// A file, whatever its name is by now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Identity {
    device: u64,
    inode: u64,
}

/// What has become of a file, and why what it held could not be saved, if so.
type Lost = (String, Option<SharedError>);

/// The database's file and the log beside it.
#[derive(Debug)]
pub(super) struct InPlace {
    path: PathBuf,
    file: Option<Identity>,
    /// There is none before something is written.
    log: Option<Identity>,
    lost: Option<StoreError>,
}

impl InPlace {
    /// Of a database that was opened just now.
    pub(super) fn of(path: &Path) -> Self {
        Self { path: path.to_owned(), file: identity(path), log: None, lost: None }
    }

    /// Why nothing can be stored any more, if that was found.
    pub(super) fn lost(&self) -> Option<&StoreError> {
        self.lost.as_ref()
    }

    /// Looks after a transaction. Where the files are not in place, what they hold is saved, and it was not stored.
    pub(super) fn check(&mut self, connection: &Connection) -> Result<(), StoreError> {
        let (file, log) = (identity(&self.path), identity(&self.beside("-wal")));
        let (what, unsaved) = if file != self.file {
            self.save(connection, file.is_none())
        } else if self.log.is_some() && log != self.log {
            self.bring_in_the_log(connection)
        } else {
            self.log = log;
            return Ok(());
        };
        let lost = StoreError::Replaced { what, source: unsaved };
        self.lost = Some(lost.clone());
        Err(lost)
    }

    fn beside(&self, ending: &str) -> PathBuf {
        let mut path = OsString::from(&self.path);
        path.push(ending);
        path.into()
    }

    /// Writes all that was stored into a new file: at the old one's place if that is free, beside it otherwise.
    fn save(&self, connection: &Connection, is_free: bool) -> Lost {
        let path = self.path.display();
        let to = if is_free { self.path.clone() } else { self.beside(".replaced") };
        let saved = self.copy(connection, &to, is_free);
        let what = if is_free { "was deleted" } else { "was replaced by another file" };
        let become_of_it = match &saved {
            Ok(()) if is_free => "; what it held is at its place again".to_owned(),
            Ok(()) => format!("; what it held is in {}", to.display()),
            Err(_) => ", and what it held could not be saved".to_owned(),
        };
        (format!("the database {path} {what} while the server ran{become_of_it}"), saved.err())
    }

    fn copy(&self, connection: &Connection, to: &Path, is_free: bool) -> Result<(), SharedError> {
        let making = self.beside(".saving");
        remove(&making).map_err(shared_error)?;
        // An empty file is taken, and so it is readable for its owner alone.
        File::options().write(true).create_new(true).mode(0o600).open(&making).map_err(shared_error)?;
        let copied = connection.execute("VACUUM INTO ?1", [making.to_string_lossy()]);
        copied.map_err(shared_error)?;
        File::open(&making).and_then(|file| file.sync_all()).map_err(shared_error)?;
        if is_free || (self.log.is_some() && identity(&self.beside("-wal")) == self.log) {
            // They belong to the file that is not there any more; the new one would be read together with them.
            for ending in ["-wal", "-shm"] {
                remove(&self.beside(ending)).map_err(shared_error)?;
            }
        }
        std::fs::rename(&making, to).map_err(shared_error)?;
        match self.path.parent() {
            Some(folder) => File::open(folder).and_then(|folder| folder.sync_all()).map_err(shared_error),
            None => Ok(()),
        }
    }

    /// What was stored is partly in a log that nobody would find: it is brought into the file, which is in place.
    fn bring_in_the_log(&self, connection: &Connection) -> Lost {
        let path = self.path.display();
        let moved = connection.query_row("PRAGMA wal_checkpoint(FULL)", [], |row| row.get::<_, i64>(0));
        let become_of_it = match &moved {
            Ok(0) => format!("; what it held is in {path} now"),
            Ok(_) => ", and is in use by somebody else".to_owned(),
            Err(_) => ", and what it held could not be saved".to_owned(),
        };
        let unsaved = moved.err().map(shared_error);
        (format!("the log {path}-wal was deleted while the server ran{become_of_it}"), unsaved)
    }
}

fn identity(path: &Path) -> Option<Identity> {
    let found = std::fs::metadata(path).ok()?;
    Some(Identity { device: found.dev(), inode: found.ino() })
}

fn remove(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
