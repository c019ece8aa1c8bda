//! `towpath check copy`

use std::path::PathBuf;
use std::process::ExitCode;

use super::check_pr::{nothing, read_ledger};
use super::exit::exit_of;
use super::local::{Local, Named, RepositoryArguments};
use super::{UsageError, print};
use crate::engine::judge::judge_copy;
use crate::lineage::Ledger;
use crate::model::{Base, BranchName, CopyBranch, Head, PromotionPath, PullEnds};
use crate::report::{self, Basis, ConfigSource, LocalCheck};

/// What `towpath check copy` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  towpath check copy --repo .             is master a copy of production?
  towpath check copy --repo . --json

It passes if the files are the same. It ignores differences in .github/, or in the paths that the
configuration names.

It checks what you last fetched, and says when that was: run git fetch first. It uses the
configuration on the default branch, as the App does; --config names another file.

Exit status: 0 pass or warn (an earlier state); 1 fail or unknown; 2 the request is wrong; 3 wait.")]
pub(super) struct Arguments {
    #[command(flatten)]
    place: RepositoryArguments,
    /// A tip ledger (JSON): which commits the branches have pointed at, and when
    #[arg(long, value_name = "FILE")]
    ledger: Option<PathBuf>,
    /// A configuration file, in place of the one on the default branch
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Print one JSON object: the verdict, its findings with their codes, and what was checked
    #[arg(long)]
    pub(super) json: bool,
}

/// Judges and prints.
pub(super) async fn run(arguments: Arguments) -> Result<ExitCode, UsageError> {
    let config = Named::read(arguments.config.as_deref())?;
    let ledger = arguments.ledger.as_deref().map_or_else(|| Ok(Ledger::default()), read_ledger)?;
    let local = arguments.place.open(None, &[]).await?;
    let rules = local.rules(config, None).await;
    let path = &rules.path;
    let Some(copy) = &path.copy else {
        return Err(UsageError::new(
            "the configuration names no copy branch, so there is nothing to compare",
        ));
    };
    let (pull, basis) = ends(&local, path, copy, rules.source.clone()).await?;
    let verdict = match &rules.instead {
        Some(instead) => instead.clone(),
        None => judge_copy(&local.repository, path, copy, &ledger).await,
    };
    let remote = local.repository.tracked_remote();
    let check = LocalCheck { path, pull: &pull, remote, basis: Some(&basis) };
    print::to_stdout(&if arguments.json {
        print::json(&check, &verdict)
    } else {
        report::copy_on_terminal(&check, &verdict, print::colour())
    });
    Ok(exit_of(&verdict))
}

/// The environment and its copy, as if the one was to be merged into the other.
async fn ends(
    local: &Local,
    path: &PromotionPath,
    copy: &CopyBranch,
    configuration: ConfigSource,
) -> Result<(PullEnds, Basis), UsageError> {
    let original: &BranchName = path.environment(&copy.of).map_or(&copy.branch, |it| &it.branch);
    let (mut commits, mut seen) = (Vec::new(), Vec::new());
    for branch in [original, &copy.branch] {
        let tip = local.repository.tip(branch).await.map_err(|error| local.failed(&error))?;
        commits.push(tip.as_ref().map_or_else(nothing, |tip| tip.commit));
        seen.push(match &tip {
            Some(tip) => Some(local.seen(tip).await?),
            None => None,
        });
    }
    let (base, head) = (seen.pop().flatten(), seen.pop().flatten());
    let pull = PullEnds {
        head: Head { branch: Some(original.clone()), commit: commits[0], fork: false },
        base: Base { branch: copy.branch.clone(), commit: commits[1] },
    };
    Ok((pull, Basis { head, base, pushed: None, configuration, now: local.now }))
}
