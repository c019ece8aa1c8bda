use super::Arguments;
use crate::cli::{UsageError, log, print, process_variables, settings};
use crate::demo::{self, Screen};
use crate::model::ForPeople;
use std::process::ExitCode;
use tokio::signal::unix::{SignalKind, signal};

/// More than this is hard to read, however wide the terminal is.
const COLUMNS_MAX: u16 = 96;

pub(in crate::cli) async fn run(arguments: Arguments) -> Result<ExitCode, UsageError> {
    if std::env::var_os("RUST_LOG").is_some() {
        let filter = settings::log_filter(&process_variables::of_process)?;
        log::start(filter, settings::LogFormat::Pretty, None);
    }
    let screen = Screen { colour: print::colour(), columns: columns() };
    match demo::run(arguments.once, screen, stop()?).await {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(error) => {
            print::to_stderr(&format!("\n✗ {}\n", error.for_people()));
            Ok(ExitCode::FAILURE)
        }
    }
}

/// How many characters a line may have.
fn columns() -> usize {
    let terminal = terminal_size::terminal_size_of(std::io::stdout());
    terminal.map_or(COLUMNS_MAX, |(terminal_size::Width(columns), _)| columns.min(COLUMNS_MAX)).into()
}

/// Ctrl-C, a polite kill, or the terminal's closing: each has to leave time for tidying up.
fn stop() -> Result<impl Future<Output = ()>, UsageError> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hang_up.recv() => {}
        }
    })
}
