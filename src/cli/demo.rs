use super::UsageError;
use crate::demo;
use std::io::IsTerminal as _;
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  towpath demo --once\n\nRUST_LOG=info shows the server's log as well.")]
pub(super) struct Arguments {
    /// End after the story; the exit status is 1 if any step came out otherwise than told
    #[arg(long)]
    once: bool,
}

pub(super) async fn run(arguments: Arguments) -> Result<ExitCode, UsageError> {
    if std::env::var_os("RUST_LOG").is_some() {
        super::serve::start_log(super::settings::LogFormat::Pretty);
    }
    match demo::run(arguments.once, std::io::stdout().is_terminal()).await {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(error) => {
            super::print::to_stderr(&format!("\n✗ {error}\n"));
            Ok(ExitCode::FAILURE)
        }
    }
}
