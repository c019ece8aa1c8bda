use super::{UsageError, print, process_variables, settings};
use crate::demo::{self, Screen};
use crate::model::ForPeople;
use std::process::ExitCode;
use tokio::signal::unix::{SignalKind, signal};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  towpath demo                      the story, then a page to try things by hand; Ctrl-C ends it
  towpath demo --once               the story only
  RUST_LOG=info towpath demo        with the server's log

It needs git and nothing else, listens on free ports of 127.0.0.1, and leaves nothing behind.
NO_COLOR=1 turns colours off.

Exit status: 0 everything came out as expected, 1 something did not.")]
pub(super) struct Arguments {
    /// End after the story
    #[arg(long)]
    once: bool,
}

pub(super) async fn run(arguments: Arguments) -> Result<ExitCode, UsageError> {
    if std::env::var_os("RUST_LOG").is_some() {
        let filter = settings::log_filter(&process_variables::of_process)?;
        super::log::start(filter, settings::LogFormat::Pretty, None);
    }
    let screen = Screen { colour: print::colour(), columns: print::columns() };
    match demo::run(arguments.once, screen, stop()?).await {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(error) => {
            print::to_stderr(&format!("\n✗ {}\n", error.for_people()));
            Ok(ExitCode::FAILURE)
        }
    }
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
