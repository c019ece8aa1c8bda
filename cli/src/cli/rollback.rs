//! `towpath rollback` and `towpath hold`: the operator takes an environment back, and lets it go on.

use super::acts::{At, Telling, ask, operators_name};
use super::opened::{environment, path_of};
use super::values::pull_number;
use super::{UsageError, commits, opened, print};
use crate::deploy::release_of;
use crate::model::{CommitId, Hold};
use crate::report;
use crate::store::{RequestedAct, Store};
use std::fmt::Write as _;
use std::process::ExitCode;

/// What `towpath rollback` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  towpath rollback production --repository acme/store --reason \"checkout is broken\"
  towpath rollback staging 1f0c2d7 --repository acme/store --reason \"tests fail\"
  towpath rollback staging '#81' --repository acme/store --reason \"tests fail\"

Without a commit it goes back to the last good release before the present trouble: before a deploy
that failed, hangs or is running, else before what runs now. Towpath cancels a running deploy first.
You can go back only to what was deployed there successfully; Towpath reuses its build if it still
has it.

From then on the environment is held: promotions into it wait, and Towpath does not deploy what
people merge anyway, until towpath hold lift.

It asks the server, which has to run with the same data folder, and returns once the server has
accepted or refused.

Exit status: 0 accepted, with --wait: succeeded; 1 no server answered, with --wait: failed; 2 the
request is wrong; 6 refused.")]
pub(super) struct Arguments {
    #[command(flatten)]
    at: At,
    /// What to go back to: a commit, in full or by its first digits, or the release that brought a pull request [default:
    /// the last good release]
    #[arg(value_name = "SHA|#N", conflicts_with = "to")]
    revision: Option<String>,
    /// The same as SHA|#N
    #[arg(long, value_name = "SHA|#N")]
    to: Option<String>,
    /// Why; everybody sees this on the next promotion
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Who asks; everybody sees this
    #[arg(long, value_name = "NAME", default_value = "operator", value_parser = operators_name)]
    by: String,
    #[command(flatten)]
    pub(super) telling: Telling,
}

#[derive(Debug, clap::Subcommand)]
pub(super) enum HoldCommand {
    /// Show the present hold, or the last one
    #[command(after_help = "\
Example:
  towpath hold show production --repository acme/store")]
    Show {
        #[command(flatten)]
        at: HoldAt,
    },
    /// Let promotions go on after a rollback
    #[command(after_help = "\
Example:
  towpath hold lift production --repository acme/store --reason \"repaired in #81\"

Towpath then deploys the newest of what people merged meanwhile; --wait follows that deploy.

Exit status: 0 accepted, with --wait: succeeded; 1 no server answered, with --wait: failed; 2 the
request is wrong; 6 refused.")]
    Lift {
        #[command(flatten)]
        at: HoldAt,
        /// Why; everybody sees this on the next promotion
        #[arg(long, value_name = "TEXT")]
        reason: String,
        /// Who asks; everybody sees this
        #[arg(long, value_name = "NAME", default_value = "operator", value_parser = operators_name)]
        by: String,
        #[command(flatten)]
        telling: Telling,
    },
}

/// Where.
#[derive(Debug, clap::Args)]
pub(super) struct HoldAt {
    #[command(flatten)]
    at: At,
}

/// How many deploys an abbreviated commit is looked for among.
const LOOKED_AT: u32 = 10_000;

/// Asks the server for a rollback.
pub(super) async fn run(arguments: Arguments) -> Result<ExitCode, UsageError> {
    let Arguments { mut at, revision, to, reason, by, telling } = arguments;
    let to = match to.or(revision) {
        None => at.beside_flag(),
        named => named,
    };
    let to = match to {
        Some(to) => Some(deployed(&at, &to).await?),
        None => None,
    };
    ask(&at, RequestedAct::Rollback { to, by, reason: worth_telling(&reason)? }, &telling).await
}

/// The commit that is named, among those that were deployed to the environment; by `#N` the release that brought that
/// pull request.
async fn deployed(at: &At, to: &str) -> Result<CommitId, UsageError> {
    let (_, store) = opened::open()?;
    let row = opened::repository(&store, &at.repository).await?;
    let path = path_of(&store, &row).await?;
    let name = environment(&path, at.environment()?)?.name.clone();
    let deploys = store.newest_deploys(row.id, &name, LOOKED_AT).await?;
    store.close().await;
    if to.starts_with('#')
        && let Ok(number) = pull_number(to)
    {
        let never = || UsageError::new(format!("no deploy that brought #{number} to {name} has succeeded"));
        return release_of(&deploys, number).ok_or_else(never);
    }
    let known = deploys.iter().map(|deploy| deploy.commit);
    commits::named(to, known).map_err(|why| UsageError::new(format!("{to:?} {why}")))
}

/// Shows a hold, or asks the server to lift it.
pub(super) async fn run_hold(command: HoldCommand) -> Result<ExitCode, UsageError> {
    match command {
        HoldCommand::Lift { at, reason, by, telling } => {
            ask(&at.at, RequestedAct::LiftHold { by, reason: worth_telling(&reason)? }, &telling).await
        }
        HoldCommand::Show { at } => {
            let (_, store) = opened::open()?;
            let row = opened::repository(&store, &at.at.repository).await?;
            let path = path_of(&store, &row).await?;
            let environment = environment(&path, at.at.environment()?)?;
            let hold = store.hold(row.id, &environment.name).await?;
            store.close().await;
            print::to_stdout(&shown(&environment.name, hold.as_ref()));
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn shown(name: &str, hold: Option<&Hold>) -> String {
    let Some(hold) = hold else { return format!("{name} is not held and never was\n") };
    let Hold { from, to, by, reason, .. } = hold;
    let since = report::moment(hold.since.to_seconds());
    let (from, to) = (from.short(), to.short());
    let mut text = match hold.to_merge() {
        None => format!("{by} rolled {name} back from {from} to {to} on {since}: {reason}\n"),
        Some(revert) => format!(
            "{by} asked on {since} for {name} to be rolled back from {from} to {to}: {reason}\n{}\n",
            report::back_by_merge(revert.number)
        ),
    };
    match &hold.lifted {
        None => text.push_str("it is held\n"),
        Some(lifted) => {
            let at = report::moment(lifted.at.to_seconds());
            // Writing into a text does not fail.
            let _ = writeln!(text, "{} lifted the hold on {at}: {}", lifted.by, lifted.reason);
        }
    }
    text
}

pub(super) fn worth_telling(reason: &str) -> Result<String, UsageError> {
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > 200 || reason.chars().any(char::is_control) {
        return Err(UsageError::new(
            "--reason: write one line of up to 200 characters; people read it on the check",
        ));
    }
    Ok(reason.to_owned())
}
