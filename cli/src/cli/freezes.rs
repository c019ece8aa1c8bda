//! `towpath freeze` and `towpath thaw`: the operator does what the commands of those names do, and may keep the reason back.

use super::UsageError;
use super::acts::{At, TellingAtOnce, ask, operators_name};
use super::locks::{ends, moment_of};
use super::rollback::worth_telling;
use super::values::pull_number;
use crate::commands::spec::Until;
use crate::model::PullNumber;
use crate::store::RequestedAct;
use std::process::ExitCode;

/// What `towpath freeze` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  towpath freeze production --repository acme/store --until 3d --reason \"peak season\"
  towpath freeze staging --repository acme/store --until \"2026-12-27 08:00\" --reason test
  towpath freeze production --repository acme/store --until 2h --reason test --allow 412
  towpath freeze production --repository acme/store --until 3d --reason audit --hotfixes
  towpath freeze production --repository acme/store --until 3d --reason takeover --private

Every pull request into a frozen environment waits, and what is merged all the same is deployed at
the end. Rollbacks still go. It is what the comment /freeze does; but a day and a time are those of
UTC here, and in a comment those of the project's clocks.

It asks the server, which has to run with the same data folder.

Exit status: 0 accepted; 1 no server answered; 2 the request is wrong; 6 refused.")]
pub(super) struct FreezeArguments {
    #[command(flatten)]
    at: At,
    /// When it ends: so long from now on (30m, 2h, 3d), a day, or a day and a time, in UTC
    #[arg(long, value_name = "TIME", value_parser = ends)]
    until: Until,
    /// Why; everybody sees this on each pull request that waits, unless --private
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Keep the reason to the operator: it stands in the audit log alone
    #[arg(long)]
    private: bool,
    /// A pull request that is not kept back, by its number; may be given several times
    #[arg(long, value_name = "NUMBER", value_parser = pull_number)]
    allow: Vec<PullNumber>,
    /// Hotfixes are not kept back, where the environment admits some
    #[arg(long)]
    hotfixes: bool,
    /// Who asks; everybody sees this
    #[arg(long, value_name = "NAME", default_value = "operator", value_parser = operators_name)]
    by: String,
    #[command(flatten)]
    pub(super) telling: TellingAtOnce,
}

/// What `towpath thaw` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  towpath thaw production --repository acme/store

It ends what freeze has frozen; freezes of the configuration go on. It is what the comment /thaw
does.

Exit status: 0 accepted; 1 no server answered; 2 the request is wrong; 6 refused.")]
pub(super) struct ThawArguments {
    #[command(flatten)]
    at: At,
    /// Who asks
    #[arg(long, value_name = "NAME", default_value = "operator", value_parser = operators_name)]
    by: String,
    #[command(flatten)]
    pub(super) telling: TellingAtOnce,
}

/// Asks the server for a freeze.
pub(super) async fn freeze(arguments: FreezeArguments) -> Result<ExitCode, UsageError> {
    let FreezeArguments { at, until, reason, private, allow, hotfixes, by, telling } = arguments;
    let act = RequestedAct::Freeze {
        by,
        by_id: None,
        reason: worth_telling(&reason)?,
        private,
        until: moment_of(until),
        allow,
        hotfixes,
    };
    ask(&at, act, &telling.into()).await
}

/// Asks the server to end what was frozen so.
pub(super) async fn thaw(arguments: ThawArguments) -> Result<ExitCode, UsageError> {
    let ThawArguments { at, by, telling } = arguments;
    ask(&at, RequestedAct::Thaw { by, by_id: None, reason: None }, &telling.into()).await
}
