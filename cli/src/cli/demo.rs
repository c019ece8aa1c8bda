use super::{UsageError, log, print, process_variables, settings};
use crate::model::UserMessage;
use crate::report::shell_word;
use std::pin::Pin;
use std::process::ExitCode;
use tokio::signal::unix::{SignalKind, signal};

/// More than this is hard to read, however wide the terminal is.
const COLUMNS_MAX: u16 = 96;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  towpath demo                      the story, then a page to try things by hand; Ctrl-C ends it
  towpath demo --once               the story only
  RUST_LOG=info towpath demo        with the server's log

It needs git and nothing else, listens on free ports of 127.0.0.1, and leaves nothing behind.
NO_COLOR=1 turns colours off.

Exit status: 0 everything came out as expected; 1 something did not; 2 the request is wrong.")]
pub(super) struct Arguments {
    /// End after the story
    #[arg(long)]
    once: bool,
}

/// What plays the demo, in a program that has the embedded GitHub.
pub type Demo = fn(DemoWishes) -> Playing;

/// The demo while it is played. It ends with what went wrong, if anything did.
pub type Playing = Pin<Box<dyn Future<Output = Result<(), UserMessage>>>>;

/// How somebody wants to see the demo.
pub struct DemoWishes {
    /// End after the story, instead of staying up to be tried by hand.
    pub once: bool,
    /// Whether to print colours.
    pub colour: bool,
    /// How many characters a line may have.
    pub columns: usize,
    /// This program as whoever has begun it types it in any folder.
    pub program: String,
    /// Ends when the demo is to end, however far it is.
    pub stop: Pin<Box<dyn Future<Output = ()>>>,
}

pub(super) async fn run(arguments: Arguments, demo: Option<Demo>) -> Result<ExitCode, UsageError> {
    let Some(play) = demo else {
        return Err(UsageError::new(
            "this program has no demo, since it was built without the embedded GitHub; the container image has one, and so have \
             the sources: cargo run -- demo",
        ));
    };
    if std::env::var_os("RUST_LOG").is_some() {
        let filter = settings::log_filter(&process_variables::of_process)?;
        log::start(filter, settings::LogFormat::Pretty, None);
    }
    let stop = Box::pin(stop()?);
    let (colour, columns, program) = (print::colour(), columns(), program());
    let wishes = DemoWishes { once: arguments.once, colour, columns, program, stop };
    match play(wishes).await {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(words) => {
            print::to_stderr(&format!("\n✗ {words}\n"));
            Ok(ExitCode::FAILURE)
        }
    }
}

/// By its name where a shell has found it so, else by its path: cargo may have begun it, with nothing installed.
fn program() -> String {
    let by_name = std::env::args_os().next().is_some_and(|word| word == "towpath");
    match std::env::current_exe() {
        Ok(path) if !by_name => shell_word(&path.display().to_string()),
        _ => "towpath".to_owned(),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_runs_though_nothing_was_installed() {
        let whole = std::env::current_exe().unwrap();
        assert_eq!(program(), shell_word(&whole.display().to_string()));
    }
}
