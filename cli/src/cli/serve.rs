use super::credentials::Credentials;
use super::problem::{Problem, Problems};
use super::settings::{Reading, Settings};
use super::{UsageError, log, print, process_variables, variables};
use crate::engine::{
    self, CALL_WITHIN, Clock, Config, Engine, OpenError, Places, PlacesLock, RegisteredApp, SetupAddress,
    SetupKey, SystemClock, system_random, system_random_bytes,
};
use crate::lineage::require_git;
use crate::model::{ErrorContext, ForPeople, PromotionPath, error_chain};
use crate::traces::Exporter;
use crate::web::{BindError, Limits, OpenEngine, Server, SetUp};
use rustix::process::{DumpableBehavior, set_dumpable_behavior};
use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};

#[derive(Debug, clap::Args)]
#[command(after_help = variables::help())]
pub(super) struct Arguments {
    /// Where the set-up page writes the App's credentials, as variables, instead of keeping them in the data folder
    #[arg(long, value_name = "FILE")]
    pub(super) print_credentials: Option<PathBuf>,
    /// Only look whether it would run: settings, places, address, database, credentials
    #[arg(long)]
    pub(super) check: bool,
}

/// Serves until it is told to stop.
pub(super) async fn run(arguments: Arguments) -> Result<(), UsageError> {
    let kept = keep_from_others();
    survive_full_files()?;
    let (mut settings, listener) = prepare(arguments.print_credentials.as_deref()).await?;
    let traces = match &settings.otlp_endpoint {
        Some(endpoint) => Some(Exporter::start(endpoint, SystemClock.now(), system_random())?),
        None => None,
    };
    let (exporter, layer) = traces.unzip();
    log::start(settings.filter.clone(), settings.log, layer);
    if let Err(error) = kept {
        tracing::warn!(
            error = error_chain(&error),
            "other processes of this user can read this one's memory and environment"
        );
    }
    raise_file_limit();
    let is_registered = settings.app.is_some();
    let (engine, held) = match settings.app.take() {
        Some(app) => (Some(Engine::open(config(&settings, app)).await?), None),
        None => (None, Some(settings.places.take().await?)),
    };
    let settings = Arc::new(settings);
    let set_up = SetUp {
        data_dir: settings.places.data_dir.clone(),
        public_url: settings.deploying.public_url.clone(),
        print_credentials: arguments.print_credentials,
        by_variables: is_registered && settings.registered.is_none(),
        app: settings.registered.clone(),
        open: opening(&settings, held),
        clock: Arc::new(SystemClock),
        random: Arc::new(system_random_bytes),
        metrics_token: settings.metrics_token.clone(),
    };
    // Whoever has read the line below may ask for the stop at once.
    let terminate = signal(SignalKind::terminate())?;
    let server = Server::start_with_set_up(listener, engine, &Limits::of_this_machine(), set_up)?;
    keep_address(&settings, server.address());
    let version = env!("CARGO_PKG_VERSION");
    if is_registered {
        tracing::info!(address = %server.address(), version, "ready");
    } else {
        tracing::warn!(address = %server.address(), version, "set-up mode: no App is registered");
        lead_to_set_up(&settings);
    }
    let failed = tokio::select! {
        stop = wait_for_stop(terminate) => stop.map(|()| None)?,
        failure = server.failed() => Some(failure),
    };
    tracing::info!("stopping");
    server.stop().await;
    tracing::info!("stopped");
    if let Some(exporter) = exporter {
        exporter.stop().await;
    }
    failed.map_or(Ok(()), |failure| Err(failure.into()))
}

/// What an engine is opened with.
fn config(settings: &Settings, app: Credentials) -> Config {
    Config {
        app_id: app.id,
        key: app.key,
        secrets: app.secrets,
        api_url: settings.api_url.clone(),
        call_within: CALL_WITHIN,
        data_dir: settings.places.data_dir.clone(),
        database: settings.places.database.clone(),
        path: PromotionPath::pro(),
        clock: Arc::new(SystemClock),
        random: Arc::new(system_random),
        settings: engine::Settings {
            mirrors: settings.mirrors,
            docs: settings.docs.clone(),
            lists_lag: settings.lists_lag,
            ..engine::Settings::default()
        },
        deploying: settings.deploying.clone(),
    }
}

/// Opens the engine once the App is registered. Until then its places are held for it, and again where it cannot be opened.
fn opening(settings: &Arc<Settings>, held: Option<PlacesLock>) -> OpenEngine {
    let (settings, held) = (Arc::clone(settings), Arc::new(Mutex::new(held)));
    let keep = |held: &Mutex<_>, lock| *held.lock().unwrap_or_else(PoisonError::into_inner) = lock;
    Arc::new(move |app| {
        let (settings, held) = (Arc::clone(&settings), Arc::clone(&held));
        Box::pin(async move {
            keep(&held, None);
            let opened = opened(&settings, &app).await;
            if opened.is_err() {
                keep(&held, settings.places.hold().await.ok());
            }
            opened
        })
    })
}

async fn opened(settings: &Settings, app: &RegisteredApp) -> Result<Engine, String> {
    let (app, place) = settings.of_registered(app).map_err(|error| error.to_string())?;
    let mut config = config(settings, app);
    (config.api_url, config.deploying.public_url) = place;
    Engine::open(config).await.map_err(|error| error.for_people().into())
}

/// Leads whoever has started the server to the set-up page. The key of the link is shown on a terminal alone: logs are
/// kept, and read by others.
fn lead_to_set_up(settings: &Settings) {
    if !std::io::stdout().is_terminal() {
        tracing::warn!(
            "to set it up, run `towpath setup-link` beside the server, and open the address that it prints"
        );
        return;
    }
    match set_up_link(&settings.places) {
        Ok(link) => {
            print::to_stdout(&format!("\nTo set Towpath up, open within an hour:\n\n  {link}\n\n"));
        }
        Err(error) => tracing::error!(error = error_chain(&error), "no link to the set-up page can be made"),
    }
}

/// Keeps where the set-up page is for `towpath setup-link`, which need not have the server's settings.
fn keep_address(settings: &Settings, address: SocketAddr) {
    let here = || format!("http://localhost:{}", address.port());
    // What a browser on this machine has used names the port that the server had then.
    let registered = settings.registered.as_ref().map(|app| &app.address);
    let is_of_here = |url: &String| url.starts_with("http://") && registered == Some(url);
    let said = settings.deploying.public_url.clone().filter(|url| !is_of_here(url));
    let from_outside = said.unwrap_or_else(here);
    if let Err(error) = SetupAddress::of(&settings.places.data_dir).keep(&from_outside) {
        tracing::error!(error = error_chain(&error), "no link to the set-up page can be made");
    }
}

/// The address of the set-up page of the server with these places, with a new key.
pub(super) fn set_up_link(places: &Places) -> Result<String, ErrorContext> {
    let key = SetupKey::of(&places.data_dir);
    let key = key.make(&(Arc::new(system_random_bytes) as _), SystemClock.now())?;
    SetupAddress::of(&places.data_dir).link(&key)
}

/// Reads the settings and looks at what they name, so that all that is wrong is told in one go.
async fn prepare(print_credentials: Option<&Path>) -> Result<(Settings, TcpListener), UsageError> {
    let mut reading = Reading::of(&process_variables::of_process);
    let listener = look_at_named(&mut reading, Places::check, print_credentials).await;
    let Reading { settings, mut problems, .. } = reading;
    let listener = listener.and_then(|it| it.map_err(|error| problems.push(Problem::told(&error))).ok());
    settings
        .zip(listener)
        .filter(|_| problems.is_empty())
        .ok_or_else(|| UsageError::new(Problems(&problems).to_string()))
}

/// Looks at git, and at what the settings name: where things are kept, and the address, which is answered.
pub(super) async fn look_at_named(
    reading: &mut Reading,
    usable: fn(&Places) -> Result<(), OpenError>,
    print_credentials: Option<&Path>,
) -> Option<Result<TcpListener, BindError>> {
    let Reading { settings, places, listen, problems, .. } = reading;
    problems.extend(require_git().await.err().map(|error| Problem::told(&error)));
    problems.extend(places.as_ref().and_then(|it| usable(it).err()).map(|error| Problem::told(&error)));
    let registers = settings.as_ref().is_none_or(|it| it.app.is_none());
    let wanted = print_credentials.filter(|_| registers);
    let unwritable = wanted.and_then(|file| Places::check_file("--print-credentials", file).err());
    problems.extend(unwritable.map(|error| Problem::told(&error)));
    match listen {
        None => None,
        Some((host, port)) => Some(Server::bind(host, *port).await),
    }
}

/// The environment holds secrets, and programs run as the same user: without this they would find them under `/proc`.
fn keep_from_others() -> std::io::Result<()> {
    Ok(set_dumpable_behavior(DumpableBehavior::NotDumpable)?)
}

/// A file that may not become larger, as `ulimit -f` has it, is an error for whoever writes it: by itself the system would
/// end the process.
pub(super) fn survive_full_files() -> Result<(), UsageError> {
    // Whoever listened once is never again ended by it.
    Ok(signal(SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw())).map(drop)?)
}

/// Each open connection is an open file, and the usual limit of 1,024 is low for a public server.
fn raise_file_limit() {
    if let Err(error) = rlimit::increase_nofile_limit(u64::from(u16::MAX)) {
        tracing::warn!(error = error_chain(&error), "the limit of open files could not be raised");
    }
}

async fn wait_for_stop(mut terminate: Signal) -> Result<(), UsageError> {
    tokio::select! {
        _ = terminate.recv() => {}
        result = tokio::signal::ctrl_c() => result?,
    }
    Ok(())
}
