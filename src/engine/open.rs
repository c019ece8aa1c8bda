use super::clock::Clock;
use super::deploys::Deploying;
use super::room::{Random, Settings};
use super::{Engine, Parts};
use crate::flow::Flow;
use crate::github::{Api, ApiConfig, ApiError, AppKey, Secret};
use crate::store::{Options, SqliteStore, StoreError};
use std::fs::{File, TryLockError};
use std::io;
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
    pub flow: Flow,
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
    /// The folder cannot be used.
    #[error("{}: {source}", path.display())]
    Folder {
        /// Which file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The database cannot be used.
    #[error("{}: {source}", path.display())]
    Database {
        /// Which file.
        path: PathBuf,
        /// What the store says.
        source: StoreError,
    },
    /// The connection to GitHub cannot be set up.
    #[error(transparent)]
    Connection(#[from] ApiError),
}

impl Engine {
    /// Opens everything and starts the work.
    pub async fn open(config: Config) -> Result<Self, OpenError> {
        let locks = [lock_folder(&config.data_dir).await?, lock_database(&config.database).await?];
        let unusable = |source| OpenError::Database { path: config.database.clone(), source };
        let store = SqliteStore::open(&config.database, &Options::default()).map_err(unusable)?;
        let now = {
            let clock = Arc::clone(&config.clock);
            Arc::new(move || clock.now())
        };
        let api = Api::new(ApiConfig {
            base_url: config.api_url,
            key: config.key,
            timeout: config.call_within,
            now,
        })?;
        let parts = Parts {
            locks,
            store: Arc::new(store),
            api,
            data_dir: config.data_dir,
            flow: config.flow,
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

/// One server at a time works on a data folder: the mirrors in it are its own.
async fn lock_folder(folder: &Path) -> Result<File, OpenError> {
    let path = folder.join("towpath.lock");
    std::fs::create_dir_all(folder).map_err(|source| OpenError::Folder { path: path.clone(), source })?;
    let in_use = || OpenError::InUse { path: folder.to_owned(), setting: "TOWPATH_DATA_DIR" };
    lock(&path, in_use).await
}

/// And one on a database, which may lie elsewhere: at its start it takes over what the last one left.
async fn lock_database(database: &Path) -> Result<File, OpenError> {
    let mut path = database.as_os_str().to_owned();
    path.push(".lock");
    let in_use = || OpenError::InUse { path: database.to_owned(), setting: "DATABASE_URL" };
    lock(Path::new(&path), in_use).await
}

/// How often a lock is tried that somebody has, and how long is waited in between.
///
/// Where a server is killed while it starts a git, that has the lock too until it runs; and whoever restarts a server
/// may be faster than the last one's end.
const TRIES: u32 = 50;
const BETWEEN_TRIES: Duration = Duration::from_millis(20);

async fn lock(path: &Path, in_use: impl FnOnce() -> OpenError) -> Result<File, OpenError> {
    let unusable = |source| OpenError::Folder { path: path.to_owned(), source };
    let file = File::create(path).map_err(unusable)?;
    for _ in 0..TRIES {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => tokio::time::sleep(BETWEEN_TRIES).await,
            Err(TryLockError::Error(source)) => return Err(unusable(source)),
        }
    }
    Err(in_use())
}

/// A number from the system's randomness.
pub fn system_random() -> u32 {
    let mut bytes = [0; 4];
    // Without randomness retries only come less spread out.
    let _ = ring::rand::SecureRandom::fill(&ring::rand::SystemRandom::new(), &mut bytes);
    u32::from_ne_bytes(bytes)
}
