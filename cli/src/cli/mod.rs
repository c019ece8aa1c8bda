//! The command line: what it takes, what it prints, how it exits.
//!
//! Lives here: the arguments of every subcommand and the printing of its answer, one file for each subcommand; the
//! settings of `serve` (`settings`, from the table in `variables`).
//!
//! Does not live here: deciding anything.
//!
//! Open first: this file, for the list of commands; then `check_pr.rs`.

mod active;
mod acts;
mod addresses;
mod audit;
mod backup;
mod calendar;
mod change_status;
mod check_carried;
mod check_commerce;
mod check_copy;
mod check_pr;
mod commits;
mod config;
mod credentials;
mod deliveries;
mod demo;
mod deploy;
mod doctor;
mod exit;
mod explain;
mod forecast;
mod freezes;
mod hook;
mod ledger;
mod local;
mod locks;
mod log;
mod manual;
mod moment;
mod opened;
mod preflight;
mod print;
mod problem;
mod process_variables;
mod release;
mod repair;
mod report;
mod repository_name;
mod rollback;
mod serve;
mod settings;
mod setup_link;
mod values;
mod variables;

pub use demo::{Demo, DemoWishes, Playing};

use crate::model::{ForPeople, UserMessage};
use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use crate::lineage::require_git;
use exit::Status;

const DEMO_EXAMPLE: &str =
    "  towpath demo                                       see it work; it needs nothing but git\n";

const EXAMPLES: &str =
    "  towpath check pr --base integration --head HEAD    check a branch before you open a pull request
  towpath serve                                      run the App; serve --help names its settings

Each command has examples of its own: towpath check pr --help";

/// Checks that every change goes integration → staging → production through pull requests.
#[derive(Debug, Parser)]
#[command(name = "towpath", version, about, propagate_version = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the App: receive webhooks, check pull requests, deploy what is merged
    Serve(serve::Arguments),
    /// Print the address of the set-up page, with a key that is good once
    SetupLink(setup_link::Arguments),
    /// See the whole product work on an embedded GitHub: no account, no network
    Demo(demo::Arguments),
    /// Check by the same rules as the App, in a repository on this machine
    #[command(
        subcommand,
        after_help = "\
Examples:
  towpath check pr --base integration --head HEAD
  towpath check carried --commit 1f0c2d7 --into staging"
    )]
    Check(Check),
    /// Check what you push: the pre-push hook
    #[command(
        subcommand,
        after_help = "\
Examples:
  towpath hook install             git push stops a topic that would fail, from now on
  towpath hook install --remove    no longer"
    )]
    Hook(hook::Command),
    /// Check or show the configuration of a repository, .github/towpath.yml
    #[command(
        subcommand,
        after_help = "\
Examples:
  towpath config check .github/towpath.yml    is it valid, and what environments does it describe?
  towpath config show                         the configuration in this work tree"
    )]
    Config(config::Command),
    /// Show when which environment is frozen, by a configuration
    Calendar(calendar::Arguments),
    /// Explain a finding by its code, a code of ece-tools, or what the log of a Commerce deploy tells
    Explain(explain::Arguments),
    /// Tell what a release will do to an Adobe Commerce shop
    Forecast(forecast::Arguments),
    /// Show what an environment's branch pointed at, and when
    #[command(
        subcommand,
        after_help = "\
Examples:
  towpath ledger show --repository acme/store --branch production --at \"2026-11-23 14:02\"
  towpath ledger export --repository acme/store > ledger.json

They read the database of the server, running or not, at the place that the same variables name:
TOWPATH_DATA_DIR [default: data] or DATABASE_URL."
    )]
    Ledger(ledger::Command),
    /// Show where a pull request or a commit is, or what runs in an environment, since when
    Where(change_status::Arguments),
    /// Show which branches are active beside environments, and who waits for a place
    Active(active::Arguments),
    /// Show what a release brought, who accepted it, and how it was deployed
    Release(release::ReleaseArguments),
    /// Show how often and how fast releases go live, and how often they fail
    Stats(release::StatsArguments),
    /// Deploy the tip of an environment's branch, or deploy it again
    Deploy(deploy::Arguments),
    /// Roll an environment back to what ran there before, and hold it
    Rollback(rollback::Arguments),
    /// End the deploy of an environment that is running
    Cancel(locks::CancelArguments),
    /// Keep an environment as it is: merges into it wait, and it is not deployed
    Lock(locks::LockArguments),
    /// Keep everything out of an environment for a while
    Freeze(freezes::FreezeArguments),
    /// End what freeze has frozen
    Thaw(freezes::ThawArguments),
    /// End the lock on an environment
    Unlock(locks::UnlockArguments),
    /// Show or lift the hold on an environment after a rollback
    #[command(
        subcommand,
        after_help = "\
Examples:
  towpath hold show --repository acme/store --environment production
  towpath hold lift --repository acme/store --environment production --reason \"repaired in #81\""
    )]
    Hold(rollback::HoldCommand),
    /// Show who made Towpath do what, and check that the record is as it was written
    Audit(audit::Arguments),
    /// Look whether Towpath is set up right, here and on GitHub, and repair what is not
    Doctor(doctor::Arguments),
    /// Show what the path of a repository seems to be, and what it would have stopped
    Report(report::Arguments),
    /// Show received webhooks, and process one again
    #[command(
        subcommand,
        after_help = "\
Examples:
  towpath deliveries list --state dead     what Towpath gave up, and why
  towpath deliveries show 4711             one delivery with its body
  towpath deliveries replay 4711           process it again

They read the database of the server, running or not, at the place that the same variables name:
TOWPATH_DATA_DIR [default: data] or DATABASE_URL."
    )]
    Deliveries(deliveries::Command),
    /// Copy all that the server knows into one file, while it runs
    Backup(backup::BackupArguments),
    /// Put a backup in the place of the server's database
    Restore(backup::RestoreArguments),
    /// Print the completions of a shell
    Completions(manual::CompletionsArguments),
    /// Write the pages for man
    Man(manual::ManArguments),
}

#[derive(Debug, Subcommand)]
enum Check {
    /// Check a pull request, or a branch before it is one
    Pr(check_pr::Arguments),
    /// Check whether the copy branch (master) is a copy of its environment (production)
    Copy(check_copy::Arguments),
    /// Tell whether a commit, such as a hotfix, is in a branch, and how Towpath knows
    Carried(check_carried::Arguments),
    /// Check the files of an Adobe Commerce project, or what a change does to the shop
    Commerce(check_commerce::Arguments),
}

/// A request that cannot be carried out as it was made: what, where, what to do.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct UsageError(UserMessage);

impl UsageError {
    fn new(words: impl AsRef<str>) -> Self {
        Self(UserMessage::new(words))
    }
}

impl<E: ForPeople> From<E> for UsageError {
    fn from(error: E) -> Self {
        Self(error.for_people())
    }
}

/// The command line as a program has it: the demo is not named where there is none.
fn command(has_demo: bool) -> clap::Command {
    let examples = format!("Examples:\n{}{EXAMPLES}", if has_demo { DEMO_EXAMPLE } else { "" });
    let command = Arguments::command().mut_subcommand("demo", |demo| demo.hide(!has_demo));
    with_exit_status(command).after_help(examples)
}

/// Says of each command how it exits, where it does not say so itself.
fn with_exit_status(command: clap::Command) -> clap::Command {
    let command = command.mut_subcommands(with_exit_status);
    let words = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    if command.is_subcommand_required_set() || words.contains("Exit status: ") {
        return command;
    }
    command.after_help(format!("{words}\n\nExit status: 0 done; 2 the request is wrong."))
}

/// Runs the command line of this process.
pub fn main(demo: Option<Demo>) -> ExitCode {
    let read = command(demo.is_some()).try_get_matches();
    let arguments = match read.and_then(|it| Arguments::from_arg_matches(&it)) {
        Ok(arguments) => arguments,
        Err(error) if error.use_stderr() && asks_for_json(std::env::args_os()) => {
            return refuse(&UsageError::new(words_of(&error)), true);
        }
        Err(error) => error.exit(),
    };
    let json = arguments.command.prints_json();
    let runtime = match &arguments.command {
        Command::Serve(_) | Command::Demo(_) => {
            tokio::runtime::Builder::new_multi_thread().enable_all().build()
        }
        _ => tokio::runtime::Builder::new_current_thread().enable_all().build(),
    };
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            return refuse(
                &UsageError::new(format!("the program could not start: {}", error.for_people())),
                json,
            );
        }
    };
    match runtime.block_on(run(arguments.command, demo)) {
        Ok(exit) => exit,
        Err(error) => refuse(&error, json),
    }
}

impl Command {
    /// Whether a program reads the answer, and so the error as well.
    fn prints_json(&self) -> bool {
        match self {
            Self::Check(Check::Pr(arguments)) => arguments.json,
            Self::Check(Check::Copy(arguments)) => arguments.json,
            Self::Check(Check::Carried(arguments)) => arguments.json,
            Self::Check(Check::Commerce(arguments)) => arguments.json,
            Self::Calendar(arguments) => arguments.json,
            Self::Explain(arguments) => arguments.json,
            Self::Forecast(arguments) => arguments.json,
            Self::Where(arguments) => arguments.json,
            Self::Active(arguments) => arguments.json,
            Self::Release(arguments) => arguments.json,
            Self::Stats(arguments) => arguments.json,
            Self::Deploy(arguments) => arguments.telling.json,
            Self::Rollback(arguments) => arguments.telling.json,
            Self::Cancel(arguments) => arguments.telling.json,
            Self::Lock(arguments) => arguments.telling.json,
            Self::Freeze(arguments) => arguments.telling.json,
            Self::Thaw(arguments) => arguments.telling.json,
            Self::Unlock(arguments) => arguments.telling.json,
            Self::Hold(rollback::HoldCommand::Lift { telling, .. }) => telling.json,
            Self::Ledger(command) => command.prints_json(),
            Self::Audit(arguments) => arguments.asked.json,
            Self::Doctor(arguments) => arguments.json,
            Self::Report(arguments) => arguments.json,
            _ => false,
        }
    }
}

/// Whether arguments that could not be read have `--json` among them.
fn asks_for_json(arguments: impl Iterator<Item = std::ffi::OsString>) -> bool {
    arguments.take_while(|it| it != "--").any(|it| it == "--json")
}

/// What clap says, without the word that begins an error, and without its hint at the help.
fn words_of(error: &clap::Error) -> String {
    let said = error.render().to_string();
    let said = said.split("\n\nFor more information").next().unwrap_or_default();
    said.trim().trim_start_matches("error: ").to_owned()
}

async fn run(command: Command, demo: Option<Demo>) -> Result<ExitCode, UsageError> {
    let asks_git = matches!(
        command,
        Command::Check(_)
            | Command::Hook(_)
            | Command::Demo(_)
            | Command::Report(_)
            | Command::Where(_)
            | Command::Forecast(_)
    );
    if asks_git {
        require_git().await?;
    }
    match command {
        Command::Serve(serve::Arguments { check: true, print_credentials }) => {
            preflight::run(print_credentials.as_deref()).await
        }
        Command::Serve(arguments) => serve::run(arguments).await.map(|()| ExitCode::SUCCESS),
        Command::SetupLink(arguments) => setup_link::run(&arguments).map(|()| ExitCode::SUCCESS),
        Command::Demo(arguments) => demo::run(arguments, demo).await,
        Command::Check(Check::Pr(arguments)) => check_pr::run(arguments).await,
        Command::Check(Check::Copy(arguments)) => check_copy::run(arguments).await,
        Command::Check(Check::Carried(arguments)) => check_carried::run(arguments).await,
        Command::Check(Check::Commerce(arguments)) => check_commerce::run(arguments).await,
        Command::Hook(command) => hook::run(command).await,
        Command::Config(command) => config::run(&command),
        Command::Calendar(arguments) => calendar::run(&arguments),
        Command::Explain(arguments) => explain::run(&arguments).map(|()| ExitCode::SUCCESS),
        Command::Forecast(arguments) => forecast::run(arguments).await,
        Command::Ledger(command) => {
            print::to_stdout(&ledger::run(command).await?);
            Ok(ExitCode::SUCCESS)
        }
        Command::Where(arguments) => change_status::run(arguments).await,
        Command::Deploy(arguments) => deploy::run(arguments).await,
        Command::Rollback(arguments) => rollback::run(arguments).await,
        Command::Cancel(arguments) => locks::cancel(arguments).await,
        Command::Active(arguments) => active::run(arguments).await,
        Command::Release(arguments) => release::release(arguments).await,
        Command::Stats(arguments) => release::stats(arguments).await,
        Command::Lock(arguments) => locks::lock(arguments).await,
        Command::Freeze(arguments) => freezes::freeze(arguments).await,
        Command::Thaw(arguments) => freezes::thaw(arguments).await,
        Command::Unlock(arguments) => locks::unlock(arguments).await,
        Command::Hold(command) => rollback::run_hold(command).await,
        Command::Backup(arguments) => backup::back_up(&arguments).map(|()| ExitCode::SUCCESS),
        Command::Restore(arguments) => backup::restore(&arguments).await.map(|()| ExitCode::SUCCESS),
        Command::Audit(arguments) => audit::run(arguments).await,
        Command::Doctor(arguments) => doctor::run(arguments).await,
        Command::Report(arguments) => report::run(arguments).await,
        Command::Completions(arguments) => {
            manual::completions(&arguments, self::command(demo.is_some()));
            Ok(ExitCode::SUCCESS)
        }
        Command::Man(arguments) => {
            manual::pages(&arguments, self::command(demo.is_some())).map(|()| ExitCode::SUCCESS)
        }
        Command::Deliveries(command) => {
            print::to_stdout(&deliveries::run(command).await?);
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn refuse(error: &UsageError, json: bool) -> ExitCode {
    if json {
        print::to_stdout(&print::error(error.0.as_str()));
    } else {
        print::to_stderr(&format!("error: {error}\n"));
    }
    ExitCode::from(Status::USAGE_ERROR)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn looks_at(command: &clap::Command, path: &str) {
        let path = format!("{path} {}", command.get_name());
        let words = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        assert!(words.contains("Example"), "{path} has no example");
        for line in words.lines() {
            assert!(line.chars().count() <= 100, "{path}: {line}");
        }
        for inner in command.get_subcommands() {
            looks_at(inner, &path);
        }
    }

    #[test]
    fn every_command_has_an_example() {
        let command = command(true);
        command.clone().debug_assert();
        looks_at(&command, "");
    }

    fn says_how_it_exits(command: &clap::Command) {
        for inner in command.get_subcommands() {
            says_how_it_exits(inner);
        }
        if !command.is_subcommand_required_set() {
            let words = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
            let (_, status) = words.split_once("Exit status: 0 ").unwrap_or_else(|| panic!("{words}"));
            assert!(status.contains("; 2 the request is wrong"), "{}: {status}", command.get_name());
        }
    }

    #[test]
    fn every_command_says_how_it_exits_in_the_same_words() {
        says_how_it_exits(&command(true));
    }

    #[test]
    fn what_begins_no_deploy_is_not_waited_for() {
        let command = command(true);
        for (name, waits) in [
            ("deploy", true),
            ("cancel", true),
            ("lock", false),
            ("unlock", false),
            ("freeze", false),
            ("thaw", false),
        ] {
            let of_it = command.find_subcommand(name).unwrap();
            let flags: Vec<_> = of_it.get_arguments().map(|it| it.get_id().as_str()).collect();
            assert_eq!(flags.contains(&"wait") && flags.contains(&"timeout"), waits, "{name}: {flags:?}");
        }
    }

    #[test]
    fn a_program_without_the_demo_does_not_name_it() {
        for has_demo in [true, false] {
            let help = command(has_demo).render_long_help().to_string();
            assert_eq!(help.contains("demo"), has_demo, "{help}");
            assert!(help.contains("Examples:\n") && help.contains("\n  towpath check pr --base"), "{help}");
        }
    }

    #[test]
    fn shells_and_man_know_every_command() {
        fn pages(command: &clap::Command, before: &str, found: &mut Vec<String>) {
            let name = format!("{before}{}", command.get_name());
            let inner = command.get_subcommands().filter(|it| it.get_name() != "help" && !it.is_hide_set());
            inner.for_each(|it| pages(it, &format!("{name}-"), found));
            found.push(format!("{name}.1"));
        }
        let mut expected = Vec::new();
        pages(&command(true), "", &mut expected);
        let folder = tempfile::tempdir().unwrap();
        clap_mangen::generate_to(command(true), folder.path()).unwrap();
        for page in &expected {
            let text = std::fs::read_to_string(folder.path().join(page)).unwrap_or_default();
            assert!(text.contains(".SH SYNOPSIS"), "{page}");
        }
        assert!(expected.contains(&"towpath-check-pr.1".to_owned()));
        for shell in [clap_complete::Shell::Bash, clap_complete::Shell::Zsh, clap_complete::Shell::Fish] {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut command(true), "towpath", &mut script);
            let script = String::from_utf8(script).unwrap();
            for page in &expected {
                let last = page.trim_end_matches(".1").rsplit('-').next().unwrap();
                assert!(script.contains(last), "{shell}: {page}");
            }
        }
    }
}
