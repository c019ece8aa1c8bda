use super::problem::{Problem, Problems};
use super::settings::{Reading, Settings};
use super::{UsageError, log, process_variables, variables};
use crate::engine::{self, CALL_WITHIN, Config, Engine, SystemClock, system_random};
use crate::lineage::require_git;
use crate::model::{PromotionPath, error_chain};
use crate::web::{Limits, Server};
use rustix::process::{DumpableBehavior, set_dumpable_behavior};
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

#[derive(Debug, clap::Args)]
#[command(after_help = variables::help())]
pub(super) struct Arguments {}

/// Serves until it is told to stop.
pub(super) async fn run() -> Result<(), UsageError> {
    let kept = keep_from_others();
    survive_full_files()?;
    let (settings, listener) = prepare().await?;
    log::start(settings.filter, settings.log);
    if let Err(error) = kept {
        tracing::warn!(
            error = error_chain(&error),
            "other processes of this user can read this one's memory and environment"
        );
    }
    raise_file_limit();
    let Some(app) = settings.app else {
        let server = Server::start_set_up(listener, &Limits::default())?;
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
        data_dir: settings.places.data_dir,
        database: settings.places.database,
        path: PromotionPath::pro(),
        clock: Arc::new(SystemClock),
        random: Arc::new(system_random),
        settings: engine::Settings {
            mirrors: settings.mirrors,
            docs: settings.docs,
            lists_lag: settings.lists_lag,
            ..engine::Settings::default()
        },
        deploying: settings.deploying,
    });
    let engine = engine.await?;
    let server = Server::start(listener, engine, Limits::default())?;
    tracing::info!(address = %server.address(), version = env!("CARGO_PKG_VERSION"), "ready");
    let failed = tokio::select! {
        stop = wait_for_stop() => stop.map(|()| None)?,
        failure = server.failed() => Some(failure),
    };
    tracing::info!("stopping");
    server.stop().await;
    tracing::info!("stopped");
    failed.map_or(Ok(()), |failure| Err(failure.into()))
}

/// Reads the settings and looks at what they name, so that all that is wrong is told in one go.
async fn prepare() -> Result<(Settings, TcpListener), UsageError> {
    let Reading { settings, places, listen, mut problems } = Reading::of(&process_variables::of_process);
    problems.extend(require_git().await.err().map(|error| Problem::told(&error)));
    problems.extend(places.and_then(|places| places.check().err()).map(|error| Problem::told(&error)));
    let listener = match listen {
        None => None,
        Some((host, port)) => match Server::bind(&host, port).await {
            Ok(listener) => Some(listener),
            Err(error) => {
                problems.push(Problem::told(&error));
                None
            }
        },
    };
    settings
        .zip(listener)
        .filter(|_| problems.is_empty())
        .ok_or_else(|| UsageError::new(Problems(&problems).to_string()))
}

/// The environment holds secrets, and programs run as the same user: without this they would find them under `/proc`.
fn keep_from_others() -> std::io::Result<()> {
    Ok(set_dumpable_behavior(DumpableBehavior::NotDumpable)?)
}

/// A file that may not become larger, as `ulimit -f` has it, is an error for whoever writes it: by itself the system would
/// end the process.
fn survive_full_files() -> Result<(), UsageError> {
    // Whoever listened once is never again ended by it.
    Ok(signal(SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw())).map(drop)?)
}

/// Each open connection is an open file, and the usual limit of 1,024 is low for a public server.
fn raise_file_limit() {
    if let Err(error) = rlimit::increase_nofile_limit(u64::from(u16::MAX)) {
        tracing::warn!(error = error_chain(&error), "the limit of open files could not be raised");
    }
}

async fn wait_for_stop() -> Result<(), UsageError> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = terminate.recv() => {}
        result = tokio::signal::ctrl_c() => result?,
    }
    Ok(())
}
