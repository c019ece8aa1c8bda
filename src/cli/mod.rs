//! The command line: what it takes, what it prints, how it exits.
//!
//! Lives here: the arguments of every subcommand and the printing of its answer. Does not live here:
//! deciding anything.

mod check_pr;
mod print;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Keeps every change on the path integration → staging → production.
#[derive(Debug, Parser)]
#[command(name = "towpath", version, about, propagate_version = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Judge by the same rules as the App, in a repository on this machine
    #[command(subcommand)]
    Check(Check),
}

#[derive(Debug, Subcommand)]
enum Check {
    /// The verdict on a pull request
    Pr(check_pr::Arguments),
}

/// What a mistake in the arguments or in a file they name is answered with.
const USAGE_ERROR: u8 = 2;

/// A request that cannot be carried out as it was made: what, where, what to do.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct UsageError(String);

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return refuse(&UsageError(format!("the program could not start: {error}"))),
    };
    let Command::Check(Check::Pr(arguments)) = arguments.command;
    match runtime.block_on(check_pr::run(arguments)) {
        Ok(exit) => exit,
        Err(error) => refuse(&error),
    }
}

fn refuse(error: &UsageError) -> ExitCode {
    print::to_stderr(&format!("error: {error}\n"));
    ExitCode::from(USAGE_ERROR)
}
