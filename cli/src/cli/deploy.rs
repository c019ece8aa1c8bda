//! `towpath deploy`: the operator deploys the tip of an environment's branch.

use super::UsageError;
use super::acts::{At, Telling, ask, operators_name};
use super::rollback::worth_telling;
use crate::store::RequestedAct;
use std::process::ExitCode;

/// What `towpath deploy` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  towpath deploy staging --repository acme/store
  towpath deploy staging --repository acme/store --again --wait

It deploys the tip of the environment's branch if nobody has deployed it yet, such as what was there
before you installed Towpath. With --again it deploys what failed for outside reasons, or what
already runs, once more. It also starts beside a deploy whose end nobody has confirmed; a merge
would wait.

It asks the server, which has to run with the same data folder, and returns once the server has
accepted or refused.

Exit status: 0 accepted, with --wait: succeeded; 1 no server answered, with --wait: failed; 2 the
request is wrong; 6 refused.")]
pub(super) struct Arguments {
    #[command(flatten)]
    at: At,
    /// Deploy it even if it was tried or deployed before
    #[arg(long)]
    again: bool,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Who asks
    #[arg(long, value_name = "NAME", default_value = "operator", value_parser = operators_name)]
    by: String,
    #[command(flatten)]
    pub(super) telling: Telling,
}

/// Asks the server for a deploy.
pub(super) async fn run(arguments: Arguments) -> Result<ExitCode, UsageError> {
    let Arguments { at, again, reason, by, telling } = arguments;
    let reason = reason.as_deref().map(worth_telling).transpose()?;
    ask(&at, RequestedAct::Deploy { again, by, reason, tip: None }, &telling).await
}
