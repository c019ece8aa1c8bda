//! A copy of all that the server knows, and the way back from it.

use super::problem::Problem;
use super::process_variables::{self, Variables, file};
use super::variables::{APP_ID, KEY, KEY_PATH, SECRET};
use super::{UsageError, print, serve, settings};
use crate::engine::{PRIVATE, Places, RegisteredApp, give_to_owner_of_folder, write_whole_file};
use crate::model::{ForPeople, error_chain};
use crate::report::shell_word;
use crate::store::{DatabaseVersion, StoreError, copy_database, database_version};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  towpath backup /backups/towpath-2026-11-29.db
  towpath backup /backups/towpath.db --with-credentials

The server may run meanwhile: the file has what it knew at one moment. The file is readable for
its owner alone, is there whole or not at all, and holds none of the App's credentials. The database
is the one that the same variables name: TOWPATH_DATA_DIR [default: data] or DATABASE_URL.")]
pub(super) struct BackupArguments {
    /// The file to write; it must not be there yet
    file: PathBuf,
    /// Write the App's number, key and secrets, too, into FILE.credentials: a file that a shell can read
    #[arg(long)]
    with_credentials: bool,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  towpath restore /backups/towpath-2026-11-29.db
  towpath restore /backups/towpath-2026-11-29.db --replace

Stop the server first. The file is checked before anything is changed. With --replace the database
that is there stays beside the new one, as towpath.db.before-restore.")]
pub(super) struct RestoreArguments {
    /// The file that `towpath backup` has written
    file: PathBuf,
    /// Take the place of the database that is there
    #[arg(long)]
    replace: bool,
}

/// How the database is called that a restored one has taken the place of.
const BEFORE: &str = ".before-restore";

pub(super) fn back_up(arguments: &BackupArguments) -> Result<(), UsageError> {
    serve::survive_full_files()?;
    let BackupArguments { file, with_credentials } = arguments;
    let places = settings::places(&process_variables::of_process)?;
    if !places.database.exists() {
        let path = places.database.display();
        let hint = "no such file; set TOWPATH_DATA_DIR or DATABASE_URL as the server has them";
        return Err(UsageError::new(format!("{path}: {hint}")));
    }
    let beside = ended(file, ".credentials");
    Places::check_file("FILE", file)?;
    let all = [Some(file), with_credentials.then_some(&beside)];
    if let Some(there) = all.into_iter().flatten().find(|it| it.exists()) {
        return Err(UsageError::new(format!("{} is there already; name another file", there.display())));
    }
    let credentials = if *with_credentials { Some(credentials(&places)?) } else { None };
    copy_database(&places.database, file).map_err(|error| failed(file, &error))?;
    if let Some(credentials) = credentials
        && let Err(error) = write_whole_file(&beside, &credentials, PRIVATE)
    {
        // Half of what was asked for would be taken for all of it.
        let _ = std::fs::remove_file(file);
        return Err(UsageError::new(format!("{}: {}", beside.display(), error.for_people())));
    }
    let bytes = std::fs::metadata(file).map_or(0, |it| it.len());
    print::to_stdout(&format!(
        "{} has all of {}: {bytes} bytes\n",
        file.display(),
        places.database.display()
    ));
    if *with_credentials {
        print::to_stdout(&format!("{} has the App's credentials: keep it secret\n", beside.display()));
    }
    Ok(())
}

pub(super) async fn restore(arguments: &RestoreArguments) -> Result<(), UsageError> {
    serve::survive_full_files()?;
    let RestoreArguments { file, replace } = arguments;
    let places = settings::places(&process_variables::of_process)?;
    let DatabaseVersion { version, newest } = version_of_backup(file)?;
    places.check()?;
    // Held until the end: no server may begin meanwhile.
    let _held = places.hold().await?;
    if places.database.exists() && !replace {
        let path = places.database.display();
        return Err(UsageError::new(format!(
            "{path} is there already; --replace puts the backup in its place"
        )));
    }
    // Beside its place, so that whatever goes wrong until now leaves all as it was.
    let making = ended(&places.database, ".restoring");
    remove(&making).map_err(|error| UsageError::new(error.for_people().as_str()))?;
    copy_database(file, &making).map_err(|error| failed(file, &error))?;
    // Root may restore for a server that runs as another user.
    let moved = give_to_owner_of_folder(&making).and_then(|()| take_place(&places, &making));
    moved
        .map_err(|error| UsageError::new(format!("{}: {}", places.database.display(), error.for_people())))?;
    let (from, to) = (file.display(), places.database.display());
    let later = if version == newest {
        String::new()
    } else {
        format!(" It is of version {version}; the next start brings it to version {newest}.")
    };
    print::to_stdout(&format!("{to} holds what {from} has.{later} Start the server.\n"));
    Ok(())
}

/// The version of the database in a file that `towpath backup` has written.
fn version_of_backup(file: &Path) -> Result<DatabaseVersion, UsageError> {
    let is_none = |why: &str| {
        Err(UsageError::new(format!(
            "{} {why}; name the file that `towpath backup` has written",
            file.display()
        )))
    };
    if file.is_dir() {
        return is_none("is a folder");
    }
    if !file.exists() {
        return is_none("is not there");
    }
    database_version(file)
        .or_else(|error| is_none(&format!("cannot be used as a backup: {}", error.for_people())))
}

/// Puts the new database in its place. The one that was there is kept, with the log that belongs to it.
fn take_place(places: &Places, making: &Path) -> std::io::Result<()> {
    let database = &places.database;
    if database.exists() {
        let before = ended(database, BEFORE);
        for end in ["", "-wal", "-shm"] {
            remove(&ended(&before, end))?;
        }
        // The log first: without its database nobody takes it for another's.
        for end in ["-wal", ""] {
            rename(&ended(database, end), &ended(&before, end))?;
        }
    }
    for end in ["-wal", "-shm"] {
        remove(&ended(database, end))?;
    }
    std::fs::rename(making, database)?;
    let folder = database.parent().unwrap_or(Path::new("/"));
    std::fs::File::open(folder)?.sync_all()
}

/// What `serve` is told of the App, or what the set-up page has kept, as lines that a shell can read.
fn credentials(places: &Places) -> Result<String, UsageError> {
    let variables = Variables::new(&process_variables::of_process);
    if [APP_ID, KEY, KEY_PATH, SECRET].iter().all(|name| variables.raw(name).is_none()) {
        let kept = RegisteredApp::kept_in(&places.data_dir);
        if let Some(app) = kept.map_err(|error| UsageError::new(error_chain(&error)))? {
            return Ok(app
                .variables()
                .map(|(name, value)| format!("{name}={}\n", shell_word(&value)))
                .concat());
        }
    }
    let key = match (variables.text(KEY), variables.path(KEY_PATH)) {
        (Some(key), _) => Some(key),
        (None, Some(path)) => Some(file(KEY_PATH, &path)?),
        (None, None) => None,
    };
    let parts = [(APP_ID, variables.text(APP_ID)), (KEY, key), (SECRET, variables.text(SECRET))];
    let mut text = String::new();
    for (name, value) in parts {
        let value =
            value.ok_or_else(|| Problem::new(format!("{name} is not set, so there is none to write")))?;
        // Writing into a text does not fail.
        let _ = writeln!(text, "{name}={}", shell_word(value.trim_end()));
    }
    Ok(text)
}

fn ended(path: &Path, end: &str) -> PathBuf {
    let mut path = path.as_os_str().to_owned();
    path.push(end);
    path.into()
}

fn remove(path: &Path) -> std::io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn rename(from: &Path, to: &Path) -> std::io::Result<()> {
    match std::fs::rename(from, to) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn failed(path: &Path, error: &StoreError) -> UsageError {
    UsageError::new(format!("{}: {}", path.display(), error.for_people()))
}
