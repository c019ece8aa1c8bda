//! `towpath lock`, `towpath unlock` and `towpath cancel`: the operator does what the commands of those names do.

use super::UsageError;
use super::acts::{At, Telling, ask};
use super::moment::Moment;
use super::rollback::worth_telling;
use crate::store::RequestedAct;
use std::process::ExitCode;

/// What `towpath lock` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  towpath lock --repository acme/store --environment production --reason stocktaking
  towpath lock --repository acme/store --environment production --reason test --until 2026-12-20

Every pull request into a locked environment waits, and nobody can ask for a deploy of it. Rollbacks
still go. It is what the comment /lock does.

It asks the server, which has to run with the same data folder.

Exit status: 0 accepted; 1 no server answered; 2 the request is wrong; 6 refused.")]
pub(super) struct LockArguments {
    #[command(flatten)]
    at: At,
    /// Why; everybody sees this on each pull request that waits
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// When the lock ends by itself, in UTC [default: when somebody ends it]
    #[arg(long, value_name = "TIME")]
    until: Option<Moment>,
    /// Who asks; everybody sees this
    #[arg(long, value_name = "NAME", default_value = "operator")]
    by: String,
    #[command(flatten)]
    pub(super) telling: Telling,
}

/// What `towpath unlock` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  towpath unlock --repository acme/store --environment production

It ends whoever's lock it is. It is what the comment /unlock --force does.

Exit status: 0 accepted; 1 no server answered; 2 the request is wrong; 6 refused.")]
pub(super) struct UnlockArguments {
    #[command(flatten)]
    at: At,
    /// Who asks
    #[arg(long, value_name = "NAME", default_value = "operator")]
    by: String,
    #[command(flatten)]
    pub(super) telling: Telling,
}

/// What `towpath cancel` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  towpath cancel --repository acme/store --environment staging

It ends the deploy that is running, where whoever carries it out can be told to. It is what the
comment /cancel does.

Exit status: 0 accepted; 1 no server answered; 2 the request is wrong; 6 refused.")]
pub(super) struct CancelArguments {
    #[command(flatten)]
    at: At,
    /// Who asks; everybody sees this
    #[arg(long, value_name = "NAME", default_value = "operator")]
    by: String,
    #[command(flatten)]
    pub(super) telling: Telling,
}

/// Asks the server for a lock.
pub(super) async fn lock(arguments: LockArguments) -> Result<ExitCode, UsageError> {
    let LockArguments { at, reason, until, by, telling } = arguments;
    let until = until.map(|until| until.seconds().to_millis());
    let act =
        RequestedAct::Lock { by, by_id: None, reason: worth_telling(&reason)?, until, while_open: None };
    ask(&at, act, &telling).await
}

/// Asks the server to end a lock.
pub(super) async fn unlock(arguments: UnlockArguments) -> Result<ExitCode, UsageError> {
    let UnlockArguments { at, by, telling } = arguments;
    ask(&at, RequestedAct::Unlock { by, by_id: None, force: true }, &telling).await
}

/// Asks the server to end the deploy that is running.
pub(super) async fn cancel(arguments: CancelArguments) -> Result<ExitCode, UsageError> {
    let CancelArguments { at, by, telling } = arguments;
    ask(&at, RequestedAct::Cancel { by }, &telling).await
}
