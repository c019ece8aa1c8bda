use super::UsageError;
use super::settings::{AppSettings, LogFormat, Settings};
use crate::engine::{Clock, Engine, Parts, SystemClock};
use crate::flow::Flow;
use crate::github::{Api, ApiConfig};
use crate::store::{Options, SqliteStore};
use crate::web::{Limits, Server};
use std::fs::{File, TryLockError};
use std::io::IsTerminal as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// How long one call to GitHub may take.
const CALL_WITHIN: Duration = Duration::from_secs(10);

#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Environment:
  GITHUB_APP_ID                the App's number
  GITHUB_APP_PRIVATE_KEY       its private key (PEM), or
  GITHUB_APP_PRIVATE_KEY_PATH  the file that holds it
  GITHUB_WEBHOOK_SECRET        the webhook secret; while it is changed, both, with a comma between
  GITHUB_API_URL               the REST API [default: https://api.github.com]; on GitHub Enterprise
                               Server https://HOST/api/v3
  TOWPATH_DATA_DIR             where the database and the mirrors are kept [default: data]
  DATABASE_URL                 [default: sqlite://<data>/towpath.db]
  HOST, PORT                   where to listen [default: 0.0.0.0, 8080]
  RUST_LOG, LOG_FORMAT         what to log [default: info], and how: pretty or json

Without any of the App's settings the server starts in set-up mode and tells at /setup what to do.

Example:
  GITHUB_APP_ID=123456 GITHUB_APP_PRIVATE_KEY_PATH=key.pem GITHUB_WEBHOOK_SECRET=… towpath serve")]
pub(super) struct Arguments {}

/// Serves until it is told to stop.
pub(super) async fn run() -> Result<(), UsageError> {
    let settings = Settings::read(|name| std::env::var(name).ok()).map_err(UsageError::new)?;
    start_log(settings.log);
    raise_file_limit();
    let listener = Server::bind(&settings.host, settings.port).await.map_err(UsageError::new)?;
    let Some(app) = settings.app else {
        let server = Server::start_set_up(listener, &Limits::default()).map_err(UsageError::new)?;
        tracing::warn!(address = %server.address(), "set-up mode: no App is configured; see /setup");
        wait_for_stop().await?;
        server.stop().await;
        return Ok(());
    };
    let lock = lock(&settings.data_dir)?;
    let engine = start_engine(app, settings.api_url, &settings.data_dir, &settings.database).await?;
    let server = Server::start(listener, engine, Limits::default()).map_err(UsageError::new)?;
    tracing::info!(address = %server.address(), version = env!("CARGO_PKG_VERSION"), "ready");
    wait_for_stop().await?;
    tracing::info!("stopping");
    server.stop().await;
    drop(lock);
    tracing::info!("stopped");
    Ok(())
}

async fn start_engine(
    app: AppSettings,
    api_url: String,
    data_dir: &Path,
    database: &Path,
) -> Result<Engine, UsageError> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let store = SqliteStore::open(database, &Options::default())
        .map_err(|error| UsageError::new(format!("{}: {error}", database.display())))?;
    let now = {
        let clock = Arc::clone(&clock);
        Arc::new(move || clock.now())
    };
    let api = Api::new(ApiConfig { base_url: api_url, key: app.key, timeout: CALL_WITHIN, now });
    let parts = Parts {
        store: Arc::new(store),
        api: api.map_err(UsageError::new)?,
        mirrors: data_dir.join("mirrors"),
        flow: Flow::pro(),
        secrets: app.secrets,
        app_id: app.id,
        clock,
        random: Arc::new(random),
        settings: crate::engine::Settings::default(),
    };
    Engine::start(parts).await.map_err(UsageError::new)
}

/// One server at a time works on a data folder: at its start it takes over what the last one left.
fn lock(folder: &Path) -> Result<File, UsageError> {
    let path = folder.join("towpath.lock");
    let failed = |error: std::io::Error| UsageError::new(format!("{}: {error}", path.display()));
    std::fs::create_dir_all(folder).map_err(failed)?;
    let file = File::create(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(UsageError::new(format!(
            "{} is in use by another server; stop it, or set TOWPATH_DATA_DIR to another folder",
            folder.display()
        ))),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}

fn start_log(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    match format {
        LogFormat::Pretty => log.with_target(false).init(),
        LogFormat::Json => log.json().init(),
    }
}

/// Each open connection is an open file, and the usual limit of 1,024 is low for a public server.
fn raise_file_limit() {
    if let Err(error) = rlimit::increase_nofile_limit(u64::from(u16::MAX)) {
        tracing::warn!(%error, "the limit of open files could not be raised");
    }
}

fn random() -> u32 {
    let mut bytes = [0; 4];
    // Without randomness retries only come less spread out.
    let _ = ring::rand::SecureRandom::fill(&ring::rand::SystemRandom::new(), &mut bytes);
    u32::from_ne_bytes(bytes)
}

async fn wait_for_stop() -> Result<(), UsageError> {
    let mut terminate = signal(SignalKind::terminate()).map_err(UsageError::new)?;
    tokio::select! {
        _ = terminate.recv() => {}
        result = tokio::signal::ctrl_c() => result.map_err(UsageError::new)?,
    }
    Ok(())
}
