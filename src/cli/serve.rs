use super::UsageError;
use super::settings::{LogFormat, Settings};
use crate::engine::{self, CALL_WITHIN, Config, Engine, SystemClock, system_random};
use crate::flow::Flow;
use crate::web::{Limits, Server};
use std::io::IsTerminal as _;
use std::sync::Arc;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Settings come from the environment:
  GITHUB_APP_ID                the App's number
  GITHUB_APP_PRIVATE_KEY       its private key (PEM), or
  GITHUB_APP_PRIVATE_KEY_PATH  the file that holds it
  GITHUB_WEBHOOK_SECRET        the webhook secret; while it is changed, both, with a comma between
  GITHUB_API_URL               the REST API [default: https://api.github.com]; on GitHub Enterprise
                               Server https://HOST/api/v3
  TOWPATH_DATA_DIR             where the database and the mirrors are kept [default: data]
  DATABASE_URL                 the database [default: sqlite://<data>/towpath.db]
  TOWPATH_MIRRORS_MAX_BYTES    how much the mirrors may take, as 500MB [default: 20GB]; those not
                               needed for longest go first, and come back when they are
  HOST, PORT                   where to listen [default: 0.0.0.0, 8080]
  RUST_LOG                     what to log: error, warn, info, debug [default: info]
  LOG_FORMAT                   how to log: pretty or json [default: pretty]

It answers at /webhooks/github for GitHub, at /healthz and /readyz for probes. Without the App's
number, key and secret it starts in set-up mode, and /setup tells what to do.

Examples:
  towpath serve
  GITHUB_APP_ID=123456 GITHUB_APP_PRIVATE_KEY_PATH=key.pem GITHUB_WEBHOOK_SECRET=… towpath serve

It ends on SIGTERM or Ctrl-C, and goes on where it was when it is started again.")]
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
    let engine = Engine::open(Config {
        app_id: app.id,
        key: app.key,
        secrets: app.secrets,
        api_url: settings.api_url,
        call_within: CALL_WITHIN,
        data_dir: settings.data_dir,
        database: settings.database,
        flow: Flow::pro(),
        clock: Arc::new(SystemClock),
        random: Arc::new(system_random),
        settings: engine::Settings { mirrors: settings.mirrors, ..engine::Settings::default() },
        deploying: settings.deploying,
    });
    let engine = engine.await.map_err(UsageError::new)?;
    let server = Server::start(listener, engine, Limits::default()).map_err(UsageError::new)?;
    tracing::info!(address = %server.address(), version = env!("CARGO_PKG_VERSION"), "ready");
    wait_for_stop().await?;
    tracing::info!("stopping");
    server.stop().await;
    tracing::info!("stopped");
    Ok(())
}

pub(super) fn start_log(format: LogFormat) {
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

async fn wait_for_stop() -> Result<(), UsageError> {
    let mut terminate = signal(SignalKind::terminate()).map_err(UsageError::new)?;
    tokio::select! {
        _ = terminate.recv() => {}
        result = tokio::signal::ctrl_c() => result.map_err(UsageError::new)?,
    }
    Ok(())
}
