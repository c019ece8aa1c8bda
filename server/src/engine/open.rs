use super::clock::Clock;
use super::context::{Random, Settings};
use super::deploy_drivers::Deploying;
use super::full_disk;
use super::whole_file::{folder_of, give_to_owner_of, open_no_link};
use super::{Engine, Parts};
use crate::github::{Api, ApiConfig, ApiError, AppKey, Secret};
use crate::metrics::Metrics;
use crate::model::{PromotionPath, error_chain};
use crate::store::{Options, SqliteStore, StoreError};
use rustix::fs::OFlags;
use std::fs::{DirBuilder, File, Permissions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// How long one call to GitHub may take unless set otherwise.
pub const CALL_WITHIN: Duration = Duration::from_secs(10);

/// What an engine is opened with.
pub struct Config {
    /// The App's number.
    pub app_id: u64,
    /// Its private key.
    pub key: AppKey,
    /// The webhook secrets, any of which may have signed.
    pub secrets: Vec<Secret>,
    /// Where GitHub's REST API is.
    pub api_url: String,
    /// How long one call to it may take.
    pub call_within: Duration,
    /// Where the lock and the mirrors are kept. Made if it is not there.
    pub data_dir: PathBuf,
    /// The SQLite database. Made if it is not there.
    pub database: PathBuf,
    /// The path that changes have to take.
    pub path: PromotionPath,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Spreads retries.
    pub random: Random,
    /// The bounds.
    pub settings: Settings,
    /// What the operator allows and holds for deploys.
    pub deploying: Deploying,
}

/// Why an engine could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another server works on this folder or database.
    #[error("{} is in use by another server; stop it, or set {setting} to another place", path.display())]
    InUse {
        /// What is in use.
        path: PathBuf,
        /// The setting that says which.
        setting: &'static str,
    },
    /// Nothing can be kept there.
    #[error("{setting} is {}", shown(path))]
    Unusable {
        /// The setting that says which.
        setting: &'static str,
        /// Which file or folder.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        fault: PlaceFault,
    },
    /// The connection to GitHub cannot be set up.
    #[error(transparent)]
    Connection(#[from] ApiError),
}

/// What is wrong with a file or folder of the server's.
#[derive(Debug, thiserror::Error)]
pub enum PlaceFault {
    /// Its path is relative to a folder that is gone.
    #[error("and from where that counts cannot be told")]
    FromNowhere(#[source] io::Error),
    /// It should be a folder.
    #[error("which is a file and should be a folder")]
    IsFile,
    /// It should be a file.
    #[error("which is a folder and should be a file")]
    IsFolder,
    /// There is none.
    #[error("which is not there and cannot be made")]
    NotMade(#[source] io::Error),
    /// The folder that it should be in is missing.
    #[error("but there is no folder {}; make it, or name another place", shown(.0))]
    NoFolder(PathBuf),
    /// Nothing can be written there.
    #[error("where nothing can be written")]
    NotWritable(#[source] io::Error),
    /// The lock cannot be had, though nobody has it.
    #[error("but {} cannot be locked", shown(lock))]
    NotLocked {
        /// The file that is locked.
        lock: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// It is no database that can be used.
    #[error("which cannot be used as the database")]
    NoDatabase(#[source] StoreError),
}

impl PlaceFault {
    /// Whether it is room that is missing.
    pub(super) fn is_of_room(&self) -> bool {
        matches!(self, Self::NotWritable(error) if full_disk::is_of_room(error))
    }
}

pub(super) fn shown(path: &Path) -> String {
    format!("{:?}", path.display().to_string())
}

impl Engine {
    /// Opens everything and starts the work.
    pub async fn open(config: Config) -> Result<Self, OpenError> {
        let places = Places::new(&config.data_dir, &config.database)?;
        let locks = places.take().await?;
        places.make_room();
        let now = {
            let clock = Arc::clone(&config.clock);
            Arc::new(move || clock.now())
        };
        let metrics: Arc<Metrics> = Arc::default();
        let api = Api::new(ApiConfig {
            base_url: config.api_url,
            key: config.key,
            timeout: config.call_within,
            now,
        })?;
        let api = Arc::new(api.counted_in(Arc::clone(&metrics)));
        let unusable = |error: StoreError| places.no_database(error);
        let parts = Parts {
            locks,
            store: Arc::new(SqliteStore::open(&places.database, &Options::default()).map_err(unusable)?),
            api,
            data_dir: places.data_dir.clone(),
            database: places.database.clone(),
            metrics,
            path: config.path,
            secrets: config.secrets,
            app_id: config.app_id,
            clock: config.clock,
            random: config.random,
            settings: config.settings,
            deploying: config.deploying,
        };
        Self::start(parts).await.map_err(unusable)
    }
}

/// Keeps other servers off places as long as it is kept.
#[derive(Debug)]
pub struct PlacesLock {
    _files: [File; 2],
}

/// The file in the data folder that a server has locked while it runs.
const LOCK: &str = "towpath.lock";

/// The settings that say where things are kept.
const DATA_DIR: &str = "TOWPATH_DATA_DIR";
const DATABASE_URL: &str = "DATABASE_URL";

/// Where a server keeps what it knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    /// The folder of the lock, the mirrors, logs and slugs, by its whole path.
    pub data_dir: PathBuf,
    /// The SQLite database, by its whole path.
    pub database: PathBuf,
}

impl Places {
    /// Makes the paths whole, since git and the operator's programs run in other folders than the server.
    ///
    /// # Errors
    /// When a path is relative and the folder that this process runs in is gone.
    pub fn new(data_dir: &Path, database: &Path) -> Result<Self, OpenError> {
        let whole = |path: &Path, setting| {
            std::path::absolute(path).map_err(|error| OpenError::Unusable {
                setting,
                path: path.to_owned(),
                fault: PlaceFault::FromNowhere(error),
            })
        };
        Ok(Self { data_dir: whole(data_dir, DATA_DIR)?, database: whole(database, DATABASE_URL)? })
    }

    /// Makes the data folder where it is missing, and looks whether files can be written where they have to be.
    ///
    /// # Errors
    /// Names the setting, what it holds and what it should.
    pub fn check(&self) -> Result<(), OpenError> {
        self.look_at(private_folder)
    }

    /// Looks at the same, and leaves a data folder that is missing to the start.
    ///
    /// # Errors
    /// Those that [`Places::check`] would give.
    pub fn look(&self) -> Result<(), OpenError> {
        self.look_at(could_be_made)
    }

    fn look_at(&self, made: fn(&Path) -> io::Result<()>) -> Result<(), OpenError> {
        let unusable =
            |setting, path: &Path, fault| Err(OpenError::Unusable { setting, path: path.to_owned(), fault });
        let folder = self.data_dir.as_path();
        match made(folder) {
            Ok(()) => {}
            Err(_) if folder.exists() => {
                return unusable(DATA_DIR, folder, PlaceFault::IsFile);
            }
            Err(error) => return unusable(DATA_DIR, folder, PlaceFault::NotMade(error)),
        }
        let is_there = folder.exists();
        if let Some(error) = is_there.then(|| try_to_write(folder).err()).flatten() {
            return unusable(DATA_DIR, folder, PlaceFault::NotWritable(error));
        }
        let (setting, file) = (self.setting_of_database(), self.database.as_path());
        if !is_there && setting == DATA_DIR {
            return Ok(());
        }
        Self::check_file(setting, file)
    }

    /// Looks whether a file can be written, and others beside it, as a database and whatever is to be whole need them.
    ///
    /// # Errors
    /// Names the setting that says which file, and what is wrong with it.
    pub fn check_file(setting: &'static str, file: &Path) -> Result<(), OpenError> {
        let unusable = |fault| Err(OpenError::Unusable { setting, path: file.to_owned(), fault });
        if file.is_dir() {
            return unusable(PlaceFault::IsFolder);
        }
        let beside = folder_of(file);
        if !beside.is_dir() {
            return unusable(PlaceFault::NoFolder(beside.to_owned()));
        }
        let written = try_to_write(beside).and_then(|()| match File::options().append(true).open(file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        });
        written.or_else(|error| unusable(PlaceFault::NotWritable(error)))
    }

    /// Takes them for this server: nobody else looks into them, and no other server works on them as long as the answer
    /// is kept.
    ///
    /// # Errors
    /// When they cannot be used, or another server has them.
    pub async fn take(&self) -> Result<PlacesLock, OpenError> {
        self.check()?;
        self.close_to_others();
        self.lock().await
    }

    /// Takes from others what an earlier version, or whoever made the folder, has left them: payloads, logs and mirrors are
    /// nobody else's to read. Of what is in a database's own folder only its files are ours.
    fn close_to_others(&self) {
        let mut closed = 0;
        let mut close = |path: &Path| match closed_to_others(path) {
            Ok(was_open) => closed += u32::from(was_open),
            Err(error) => {
                let (error, path) = (error_chain(&error), path.display());
                tracing::warn!(error, "{path} can be read by others, and that cannot be changed");
            }
        };
        close(&self.data_dir);
        // git makes what is in it, by the umask.
        if let Err(error) = private_folder(&self.data_dir.join("mirrors")) {
            tracing::warn!(error = error_chain(&error), "the folder of the mirrors cannot be made");
        }
        for entry in std::fs::read_dir(&self.data_dir).into_iter().flatten().flatten() {
            // What a link leads to was put there by somebody who wants it elsewhere.
            if entry.file_type().is_ok_and(|it| !it.is_symlink()) {
                close(&entry.path());
            }
        }
        for end in ["", "-wal", "-shm", ".lock"] {
            let mut beside = self.database.as_os_str().to_owned();
            beside.push(end);
            close(Path::new(&beside));
        }
        if closed > 0 {
            let folder = self.data_dir.display();
            tracing::warn!(closed, "{folder} could be read by others and is closed to them from now on");
        }
    }

    /// One server at a time works on a data folder: the mirrors in it are its own. And one on a database, which may
    /// lie elsewhere: at its start it takes over what the last one left.
    async fn lock(&self) -> Result<PlacesLock, OpenError> {
        let mut beside = self.database.as_os_str().to_owned();
        beside.push(".lock");
        let (folder, database) = (&self.data_dir, &self.database);
        Ok(PlacesLock {
            _files: [
                lock(&folder.join(LOCK), folder, DATA_DIR).await?,
                lock(Path::new(&beside), database, DATABASE_URL).await?,
            ],
        })
    }

    /// Whether a server works on the data folder now.
    ///
    /// # Errors
    /// [`io::ErrorKind::NotFound`] where none ever did; others where that cannot be seen.
    pub fn has_server(&self) -> io::Result<bool> {
        let file = File::open(self.data_dir.join(LOCK))?;
        match file.try_lock_shared() {
            Ok(()) => Ok(false),
            Err(TryLockError::WouldBlock) => Ok(true),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Where nothing more fits, the mirrors go: they come back when they are needed, and what the database is told does
    /// not.
    fn make_room(&self) {
        let beside = self.database.parent().unwrap_or(Path::new("/"));
        let has_room = || full_disk::has_room(&self.data_dir) && full_disk::has_room(beside);
        if has_room() {
            return;
        }
        let taken = full_disk::take_mirrors_away(&self.data_dir.join("mirrors"), has_room);
        let folder = self.data_dir.display();
        tracing::warn!(
            mirrors = taken,
            "the disk of {folder} has no room; mirrors were taken away to make some"
        );
    }

    /// Keeps servers off as long as the answer is kept.
    ///
    /// # Errors
    /// [`OpenError::InUse`] where one runs.
    pub async fn hold(&self) -> Result<PlacesLock, OpenError> {
        self.lock().await
    }

    fn setting_of_database(&self) -> &'static str {
        if self.database.parent() == Some(&self.data_dir) { DATA_DIR } else { DATABASE_URL }
    }

    fn no_database(&self, error: StoreError) -> OpenError {
        let (setting, path) = (self.setting_of_database(), self.database.clone());
        OpenError::Unusable { setting, path, fault: PlaceFault::NoDatabase(error) }
    }
}

/// Makes a folder that nobody else may look into, with those above it, where it is not there.
fn private_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Whether a folder is there or could be made.
fn could_be_made(path: &Path) -> io::Result<()> {
    if path.exists() {
        let is_folder = path.is_dir();
        return is_folder.then_some(()).ok_or_else(|| io::ErrorKind::NotADirectory.into());
    }
    let above = path.ancestors().skip(1).find(|it| it.exists()).unwrap_or(Path::new("/"));
    tempfile::Builder::new().prefix(".towpath-").tempdir_in(above).map(drop)
}

/// Takes all rights of others away from a file or a folder of ours; answers whether they had any.
fn closed_to_others(path: &Path) -> io::Result<bool> {
    let metadata = match std::fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        metadata => metadata?,
    };
    let mode = metadata.permissions().mode() & 0o7777;
    let is_ours = metadata.is_file() || metadata.is_dir();
    let for_others = mode & 0o077;
    if !is_ours || for_others == 0 {
        return Ok(false);
    }
    std::fs::set_permissions(path, Permissions::from_mode(mode & 0o7700)).map(|()| true)
}

fn try_to_write(folder: &Path) -> io::Result<()> {
    tempfile::Builder::new().prefix(".towpath-").tempfile_in(folder).map(drop)
}

/// How often a lock is tried that somebody has, and how long is waited in between.
///
/// Where a server is killed while it starts a git, that has the lock too until it runs; and whoever restarts a server
/// may be faster than the last one's end.
const TRIES: u32 = 50;
const BETWEEN_TRIES: Duration = Duration::from_millis(20);

async fn lock(path: &Path, of: &Path, setting: &'static str) -> Result<File, OpenError> {
    let unusable = |source| OpenError::Unusable {
        setting,
        path: of.to_owned(),
        fault: PlaceFault::NotLocked { lock: path.to_owned(), source },
    };
    let file = open_no_link(path, OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC).map_err(unusable)?;
    // Root may have made it, for a server that is somebody else. Where it cannot be given, whoever has locked it works.
    let _ = give_to_owner_of(folder_of(path), &file);
    for _ in 0..TRIES {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => tokio::time::sleep(BETWEEN_TRIES).await,
            Err(TryLockError::Error(error)) => return Err(unusable(error)),
        }
    }
    Err(OpenError::InUse { path: of.to_owned(), setting })
}

/// A number from the system's randomness.
pub fn system_random() -> u32 {
    let mut bytes = [0; 4];
    // Without randomness retries only come less spread out.
    let _ = ring::rand::SecureRandom::fill(&ring::rand::SystemRandom::new(), &mut bytes);
    u32::from_ne_bytes(bytes)
}
